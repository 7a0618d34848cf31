//! The revocation list: who may sign it, and that no old one comes back.

#![cfg(test)]

mod support;

use glasshouse_contract::Digest;
use glasshouse_trust::{RevocationError, Revocations, TrustStore};
use support::{key, sign_payload, time, trust_text};

const NOW: &str = "2026-06-01T00:00:00Z";

/// `k1` may sign rules, `k2` and `k3` may revoke too.
fn trust() -> TrustStore {
    let text = trust_text(&[1, 2, 3]);
    let (head, tail) = text.split_once("name = \"k2\"").unwrap();
    let revoking = tail.replace("kinds = [\"rule\"]", "revoke = true");
    TrustStore::parse(&format!("{head}name = \"k2\"{revoking}")).unwrap()
}

fn list() -> Revocations {
    let mut list = Revocations::following(None, time("2026-05-01T00:00:00Z"), time("2026-07-01T00:00:00Z"));
    list.keys.push(key(1).id());
    list.digests.push(Digest::of(b"bad"));
    list.plugins.push("contoso.mask".parse().unwrap());
    list
}

fn verify(bytes: &[u8]) -> Result<Revocations, RevocationError> {
    Revocations::verify(bytes, &trust(), None, time(NOW))
}

#[test]
fn a_list_signed_by_a_revoke_key_is_followed() {
    assert_eq!(verify(&list().signed_with(&[&key(2)])), Ok(list()));
    assert_eq!(verify(&list().signed_with(&[&key(1), &key(9), &key(3)])), Ok(list()));
}

#[test]
fn no_other_key_can_revoke() {
    for seeds in [&[][..], &[1], &[9], &[1, 9]] {
        let keys: Vec<_> = seeds.iter().copied().map(key).collect();
        let bytes = list().signed_with(&keys.iter().collect::<Vec<_>>());
        assert_eq!(verify(&bytes), Err(RevocationError::NotSigned), "{seeds:?}");
    }
}

#[test]
fn a_list_with_any_bit_flipped_is_refused() {
    let bytes = list().signed_with(&[&key(2)]);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(verify(&flipped).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_signature_by_a_plugin_statement_is_none_for_a_list() {
    let payload = serde_json::to_vec(&list()).unwrap();
    let as_statement = sign_payload("application/vnd.in-toto+json", &payload, &[2]);
    let error = verify(&as_statement.to_bytes()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the envelope holds `application/vnd.in-toto+json` where `application/vnd.glasshouse.revocations+json` belongs"
    );
}

#[test]
fn a_list_has_one_spelling_and_known_fields() {
    let signed = |text: &str| {
        let envelope = sign_payload("application/vnd.glasshouse.revocations+json", text.as_bytes(), &[2]);
        verify(&envelope.to_bytes()).unwrap_err()
    };
    let text = serde_json::to_string(&list()).unwrap();
    assert_eq!(signed(&text.replace("\"version\":1", "\"version\": 1")), RevocationError::Spelling);
    assert_eq!(signed(&text.replace("2026-07-01", "2026-04-01")), RevocationError::NeverValid);
    assert!(matches!(signed(&text.replace("\"version\":1", "\"version\":-1")), RevocationError::Syntax(_)));
    assert!(matches!(
        signed(&text.replace("{\"version\"", "{\"names\":[],\"version\"")),
        RevocationError::Syntax(_)
    ));
}

#[test]
fn an_old_list_replayed_is_refused() {
    let first = list();
    let second =
        Revocations::following(Some(&first), time("2026-06-01T00:00:00Z"), time("2026-08-01T00:00:00Z"));
    assert_eq!((second.version, &second.keys), (2, &first.keys));
    assert_eq!(second.check_not_older(2), Ok(()));
    let error = first.check_not_older(2).unwrap_err();
    assert_eq!(error, RevocationError::Older { found: 1, seen: 2 });
    assert_eq!(
        error.fault("revocations.json").to_string(),
        "revocations.json: it has version 1, and version 2 was seen already\n  \
         mend: get the newest list; somebody may be replaying an old one"
    );
}

#[test]
fn a_revoked_key_cannot_take_its_own_revocation_back() {
    let mut in_force = list();
    in_force.keys.push(key(2).id());
    let mut next = Revocations::following(Some(&in_force), time(NOW), time("2026-08-01T00:00:00Z"));
    next.keys.clear();
    let by =
        |seed| Revocations::verify(&next.signed_with(&[&key(seed)]), &trust(), Some(&in_force), time(NOW));
    assert_eq!(by(2).unwrap_err().to_string(), "the key `k2` that signed it was revoked");
    assert_eq!(by(3), Ok(next.clone()));
}

#[test]
fn an_expired_key_cannot_revoke() {
    let text = format!(
        "version = 1\n[[key]]\nname = \"k2\"\npublic = \"{}\"\nrevoke = true\nexpires = \"{NOW}\"\n",
        key(2).public()
    );
    let trust = TrustStore::parse(&text).unwrap();
    let bytes = list().signed_with(&[&key(2)]);
    let error = Revocations::verify(&bytes, &trust, None, time(NOW)).unwrap_err();
    assert_eq!(error.to_string(), "the key `k2` that signed it has expired");
}
