//! What the receiver's answers mean.

use glasshouse_sdk::prelude::*;

/// For a receiver that says "later" and not when: the host knows how often it was tried, and waits longer each time.
const LATER_S: u32 = 0;
/// A token that is not known is mended by people.
const TOKEN_S: u32 = 3600;

pub fn outcome(response: &Response) -> Outcome {
    let rejected = |why: &str| Outcome::Rejected(why.to_owned());
    match response.status {
        200 if is_receipt(&response.body) => Outcome::Accepted,
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

/// Whether a body could be a receipt: a note that calls itself one, with a signature line under it. This tells it from
/// the page of a proxy and from an error; whether it is of the receiver's key and over this request the host looks at.
fn is_receipt(body: &[u8]) -> bool {
    str::from_utf8(body)
        .is_ok_and(|text| text.starts_with("glasshouse receipt ") && text.contains("\n\n\u{2014} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_an_error_and_another_note_are_no_receipt() {
        assert!(is_receipt("glasshouse receipt 1\nstored\n\n\u{2014} receiver.example AAAA\n".as_bytes()));
        for other in [
            "",
            "<html>\n\n- all is well\n",
            "{\"error\":\"the disk is full\"}",
            "glasshouse receipt 1\nstored\n\u{2014} receiver.example AAAA\n",
            "glasshouse/0123\n7\nAAAA\n\n\u{2014} glasshouse/0123 AAAA\n",
        ] {
            assert!(!is_receipt(other.as_bytes()), "{other}");
        }
    }
}
