//! Whether a receiver vouches for a request: by a receipt that its key signed, over just this request.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use glasshouse_audit::{BadReceiverKeys, Checkpoint, Deed, Receipt, ReceiverKeys};
use glasshouse_contract::{CHECKPOINT_HEADER, Digest, Fault, FaultKind, Name, PluginId, Request, Response};
use glasshouse_egress::TargetConfig;
use glasshouse_ledger::SealedRequest;

/// A receipt has some hundred bytes.
const MOST_BYTES: usize = 8 * 1024;

/// The answer has no receipt in it.
pub const NO_RECEIPT: &str = "no-receipt";
/// It has one that another key signed, or over something else than what was sent.
pub const NOT_GENUINE: &str = "receipt-not-genuine";

/// A `receiver_key` that cannot be used. Nothing is sent to its target: no answer could be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receiver_key of [[target]] `{target}` cannot be used: {why}")]
pub struct BadReceiverKey {
    target: PluginId,
    why: String,
}

impl BadReceiverKey {
    /// For the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::new(
            FaultKind::Malformed,
            self.target.to_string(),
            self,
            "write what `glasshouse receive init` printed as the verifier, or the name of a file that has it",
        )
    }
}

/// The keys that receipts of a target are held against, where the configuration names any. `base` is what a file's name
/// is relative to.
///
/// # Errors
/// When they cannot be read, or are none.
pub fn receiver_keys(target: &TargetConfig, base: &Path) -> Result<Option<ReceiverKeys>, BadReceiverKey> {
    let bad = |why: String| BadReceiverKey { target: target.plugin.clone(), why };
    let text = target.receiver_key_text(base).map_err(&bad)?;
    text.map(|text| text.parse().map_err(|error: BadReceiverKeys| bad(error.to_string()))).transpose()
}

/// The receipt in an answer, where nothing says whose receipts count. It proves nothing, and an answer without one may
/// be a yes; what calls itself a receipt and is none for this request is not.
pub fn unproved(
    response: &Response,
    request: Digest,
    digest: Digest,
) -> Result<Option<Vec<u8>>, &'static str> {
    if !Receipt::claims(&response.body) {
        return Ok(None);
    }
    let receipt = text_of(response).and_then(|text| Receipt::read(text).ok());
    let is_this = receipt.is_some_and(|receipt| {
        receipt.deed == Deed::Stored && receipt.request == request && receipt.digest == digest
    });
    if is_this { Ok(Some(response.body.clone())) } else { Err(NOT_GENUINE) }
}

/// What a receipt has to say, and who has to say it.
#[derive(Debug)]
pub struct Expected {
    keys: ReceiverKeys,
    tenant: Option<Name>,
    request: Digest,
    digest: Digest,
    checkpoint: Option<Checkpoint>,
}

impl Expected {
    /// A receipt for a sealed request.
    pub fn of(keys: ReceiverKeys, tenant: Option<Name>, sealed: &SealedRequest) -> Self {
        let (request, digest) = (sealed.row.id.digest(), sealed.row.digest);
        Self { keys, tenant, request, digest, checkpoint: checkpoint_of(&sealed.request) }
    }

    /// The receipt in an answer, where it is that one; else a word for why the answer does not count.
    pub fn receipt_in(&self, response: &Response) -> Result<Vec<u8>, &'static str> {
        let text = text_of(response).filter(|text| Receipt::read(text).is_ok()).ok_or(NO_RECEIPT)?;
        let receipt = self.keys.open(text).map_err(|_| NOT_GENUINE)?;
        let is_this = receipt.deed == Deed::Stored
            && receipt.request == self.request
            && receipt.digest == self.digest
            && receipt.checkpoint == self.checkpoint
            && self.tenant.as_ref().is_none_or(|tenant| *tenant == receipt.tenant);
        if is_this { Ok(response.body.clone()) } else { Err(NOT_GENUINE) }
    }
}

fn text_of(response: &Response) -> Option<&str> {
    std::str::from_utf8(&response.body).ok().filter(|text| (1..=MOST_BYTES).contains(&text.len()))
}

/// What the request says of our own log; the receipt has to say the same.
fn checkpoint_of(request: &Request) -> Option<Checkpoint> {
    let (_, value) = request.headers.iter().find(|(name, _)| name == CHECKPOINT_HEADER)?;
    let note = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    Checkpoint::read(&note).ok()
}

#[cfg(test)]
mod tests {
    use glasshouse_audit::Signer;
    use glasshouse_contract::Body;

    use super::*;

    fn signer(seed: u8) -> Signer {
        Signer::from_seed("receiver.test", &[seed; 32]).unwrap()
    }

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn checkpoint(size: u64) -> Checkpoint {
        let log = Signer::from_seed("glasshouse/0123", &[1; 32]).unwrap();
        Checkpoint::new(log.verifier(), size, Digest::of(b"root"))
    }

    fn good() -> Receipt {
        Receipt {
            deed: Deed::Stored,
            tenant: name("contoso"),
            request: Digest::of(b"id"),
            digest: Digest::of(b"request"),
            at: "2026-03-01T12:00:00Z".parse().unwrap(),
            checkpoint: Some(checkpoint(7)),
        }
    }

    fn judged(body: &[u8], tenant: Option<&str>) -> Result<Vec<u8>, &'static str> {
        let expected = Expected {
            keys: signer(3).verifier().to_string().parse().unwrap(),
            tenant: tenant.map(name),
            request: Digest::of(b"id"),
            digest: Digest::of(b"request"),
            checkpoint: Some(checkpoint(7)),
        };
        expected.receipt_in(&Response { status: 200, headers: Vec::new(), body: body.to_vec() })
    }

    #[test]
    fn a_receipt_counts_that_the_key_signed_over_just_this_request() {
        let note = good().sign(&signer(3)).into_bytes();
        for tenant in [None, Some("contoso")] {
            assert_eq!(judged(&note, tenant), Ok(note.clone()));
        }
        assert_eq!(judged(&note, Some("fabrikam")), Err(NOT_GENUINE));
    }

    #[test]
    fn a_receipt_of_another_key_or_over_something_else_does_not_count() {
        assert_eq!(judged(good().sign(&signer(4)).as_bytes(), None), Err(NOT_GENUINE));
        for (what, other) in [
            ("deed", Receipt { deed: Deed::Deleted, ..good() }),
            ("request", Receipt { request: Digest::of(b"other"), ..good() }),
            ("digest", Receipt { digest: Digest::of(b"other"), ..good() }),
            ("an older checkpoint", Receipt { checkpoint: Some(checkpoint(6)), ..good() }),
            ("no checkpoint", Receipt { checkpoint: None, ..good() }),
        ] {
            assert_eq!(judged(other.sign(&signer(3)).as_bytes(), None), Err(NOT_GENUINE), "{what}");
        }
    }

    #[test]
    fn without_a_key_a_receipt_for_something_else_is_no_yes_either() {
        let judged = |body: &[u8]| {
            let response = Response { status: 200, headers: Vec::new(), body: body.to_vec() };
            unproved(&response, Digest::of(b"id"), Digest::of(b"request"))
        };
        let note = good().sign(&signer(4)).into_bytes();
        assert_eq!(judged(&note), Ok(Some(note.clone())), "whoever signed it");
        for other in [
            Receipt { deed: Deed::Deleted, ..good() },
            Receipt { request: Digest::of(b"other"), ..good() },
            Receipt { digest: Digest::of(b"other"), ..good() },
        ] {
            assert_eq!(judged(other.sign(&signer(3)).as_bytes()), Err(NOT_GENUINE));
        }
        let long = [&note[..], &[b'x'; MOST_BYTES]].concat();
        for spoilt in [&note[..note.len() / 2], &long] {
            assert_eq!(judged(spoilt), Err(NOT_GENUINE));
        }
        for other in [&b""[..], b"ok", b"{}", b"a receipt"] {
            assert_eq!(judged(other), Ok(None));
        }
    }

    #[test]
    fn an_answer_without_a_receipt_does_not_count() {
        let long = vec![b'x'; MOST_BYTES + 1];
        for body in [&b""[..], b"ok", b"{\"accepted\":true}", b"\xff\xfe", &long] {
            assert_eq!(judged(body, None), Err(NO_RECEIPT));
        }
    }

    #[test]
    fn the_checkpoint_that_is_expected_is_the_one_in_the_request() {
        let log = Signer::from_seed("glasshouse/0123", &[1; 32]).unwrap();
        let with = |headers: Vec<(String, String)>| Request {
            endpoint: name("ingest"),
            method: "POST".to_owned(),
            url: "https://receiver.test/".to_owned(),
            headers,
            body: Body::default(),
        };
        let header = (CHECKPOINT_HEADER.to_owned(), STANDARD.encode(checkpoint(7).sign(&log)));
        assert_eq!(checkpoint_of(&with(vec![header])), Some(checkpoint(7)));
        assert_eq!(checkpoint_of(&with(Vec::new())), None);
    }
}
