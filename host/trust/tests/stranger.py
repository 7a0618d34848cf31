"""Verifies a plugin's signatures with securesystemslib, which knows nothing of Glasshouse.

usage: stranger.py PLUGIN PUBLIC_KEY_HEX...

Finds the last section with a few lines of its own, checks every signature over the DSSE envelope
in it, and compares the in-toto subject's digest with the SHA-256 of the bytes before the section.
"""

import hashlib
import json
import sys

from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def length_at(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def signatures_section(data: bytes) -> tuple[int, bytes]:
    at = 8
    while at < len(data):
        start, section = at, data[at]
        size, content = length_at(data, at + 1)
        at = content + size
        if section == 0:
            length, name = length_at(data, content)
            if data[name : name + length] == b"glasshouse:signatures":
                assert at == len(data), "the signatures are not last"
                return start, data[name + length : at]
    raise AssertionError("there are no signatures")


def main(path: str, keys: list[str]) -> None:
    with open(path, "rb") as file:
        data = file.read()
    signed, section = signatures_section(data)
    envelope = Envelope.from_dict(json.loads(section))
    trusted = [
        SSlibKey(hashlib.sha256(bytes.fromhex(key)).hexdigest(), "ed25519", "ed25519", {"public": key})
        for key in keys
    ]
    accepted = envelope.verify(trusted, threshold=len(trusted))
    assert envelope.payload_type == "application/vnd.in-toto+json"
    statement = json.loads(envelope.payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    [subject] = statement["subject"]
    assert subject["digest"] == {"sha256": hashlib.sha256(data[:signed]).hexdigest()}, "another file was signed"
    print(f"{subject['name']}: {len(accepted)} signatures verify")


main(sys.argv[1], sys.argv[2:])
