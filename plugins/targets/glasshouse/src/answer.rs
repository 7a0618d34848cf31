//! What the receiver's answers mean.

use glasshouse_sdk::prelude::*;

/// What a receiver that says "later" and not when is given.
const LATER_S: u32 = 60;
/// A token that is not known is mended by people.
const TOKEN_S: u32 = 3600;

pub fn outcome(response: &Response) -> Outcome {
    let rejected = |why: &str| Outcome::Rejected(why.to_owned());
    match response.status {
        200 if is_signed(&response.body) => Outcome::Accepted,
        401 | 403 => Outcome::RetryAfterS(TOKEN_S),
        409 => rejected("the receiver has another request under the same id"),
        413 => rejected("the request is larger than the receiver takes"),
        415 => rejected("the receiver does not know how the request is encoded"),
        422 => rejected("the receiver finds the request malformed"),
        // Also a 200 without a receipt: somebody else answered.
        _ => {
            let after = response.header("retry-after").and_then(|text| text.trim().parse().ok());
            Outcome::RetryAfterS(after.unwrap_or(LATER_S))
        }
    }
}

/// Whether a body could be a receipt: a note with a signature line under it. The host verifies it; this only
/// tells it from the page of a proxy.
fn is_signed(body: &[u8]) -> bool {
    str::from_utf8(body).is_ok_and(|text| text.contains("\n\n\u{2014} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_no_receipt() {
        assert!(is_signed("facts\n\n\u{2014} receiver.example AAAA\n".as_bytes()));
        for other in ["", "<html>\n\n- all is well\n", "facts\n\u{2014} receiver.example AAAA\n"] {
            assert!(!is_signed(other.as_bytes()), "{other}");
        }
    }
}
