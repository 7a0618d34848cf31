"""A redaction rule: names become pseudonyms by the host's kernel, which never shows them here;
paths are read, changed and written back."""

import re
from typing import List

from wit_world.exports import redaction
from wit_world.imports import kernels, run, table

NAME = 0  # The needs of plugin.toml, by their places.
HOME = re.compile(rb"(\\Users\\|/home/)[^\\/]+")


class Redactor:
    def __init__(self, context: run.Context) -> None:
        self.stand_in = next(s.value for s in context.settings if s.name == "stand-in").encode()

    def apply(self, batch: table.Batch, targets: List[redaction.Target]) -> None:
        for target in targets:
            if target.need == NAME:
                kernels.pseudonymize(batch, target.column, "default", 32)
            else:
                batch.write_text(target.column, self.without_users(batch.read_text(target.column)))

    def finish(self, tables: table.Tables, targets: List[redaction.Target]) -> None:
        for number in range(len(tables.names())):
            for index in range(tables.batches(number)):
                # Leaving the block drops the handle, which is what gives the changes back.
                with tables.open(number, index) as batch:
                    self.apply(batch, targets)

    def without_users(self, paths: table.TextColumn) -> table.TextColumn:
        rows, offsets = [], [0]
        for start, end in zip(paths.offsets, paths.offsets[1:]):
            row = HOME.sub(lambda found: found[1] + self.stand_in, paths.data[start:end])
            rows.append(row)
            offsets.append(offsets[-1] + len(row))
        return table.TextColumn(paths.validity, offsets, b"".join(rows))
