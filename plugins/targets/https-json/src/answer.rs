//! What a receiver's answers mean. HTTP's own rules count, but where an answer contradicts itself: a body that says
//! that it went wrong is believed more than a status that says that all is well.

use glasshouse_sdk::prelude::*;

/// A credential that is not taken is mended by people. Until then every request would fare alike: none goes aside.
const CREDENTIAL_S: u32 = 3600;

pub fn outcome(response: &Response) -> Outcome {
    match response.status {
        // The host knows how often it was tried, and waits longer each time.
        200..=299 if is_page(&response.body) || says_error(&response.body) => Outcome::RetryAfterS(0),
        // Redirects are not followed: somebody in between wants a login, or the receiver has moved.
        300..=399 => Outcome::RetryAfterS(0),
        401 | 403 => Outcome::RetryAfterS(CREDENTIAL_S),
        _ => response.outcome(),
    }
}

/// Whether a body is a page for people: gateways that want a login, and portals, answer with one in the receiver's
/// place.
fn is_page(body: &[u8]) -> bool {
    let begin = body.trim_ascii_start();
    [&b"<!doctype html"[..], b"<html"]
        .iter()
        .any(|tag| begin.get(..tag.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(tag)))
}

/// Whether a body is a JSON object with a member by which receivers say that they did not take a request, or not all
/// of it.
fn says_error(body: &[u8]) -> bool {
    members(body).any(|(name, value)| match name.to_ascii_lowercase().as_slice() {
        b"error" | b"errors" => !matches!(value, b"null" | b"false" | b"0" | b"\"\"" | b"[]" | b"{}"),
        b"ok" | b"success" => value == b"false",
        b"status" => matches!(value, b"\"error\"" | b"\"fail\"" | b"\"failed\"" | b"\"failure\""),
        _ => false,
    })
}

/// The members of the outermost object, names without quotes, values as they are written. In what is no JSON there
/// may be some as well.
fn members(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = body.trim_ascii().strip_prefix(b"{").unwrap_or_default();
    let all = std::iter::from_fn(move || {
        let (member, after) = rest.split_at(end_of_member(rest));
        rest = after.strip_prefix(b",").unwrap_or_default();
        Some(member.trim_ascii()).filter(|member| !member.is_empty())
    });
    all.filter_map(|member| {
        let quoted = member.strip_prefix(b"\"")?;
        let (name, after) = quoted.split_at_checked(quoted.iter().position(|byte| *byte == b'"')?)?;
        let value = after.strip_prefix(b"\"")?.trim_ascii_start().strip_prefix(b":")?;
        Some((name, value.trim_ascii()))
    })
}

/// Where the first member ends: at its comma, or at the bracket that closes the object.
fn end_of_member(text: &[u8]) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    let end = text.iter().position(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b',' => return depth == 0,
            b'}' | b']' if depth == 0 => return true,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        false
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_says_that_it_went_wrong_is_believed() {
        for body in [
            r#"{"error":"no such index"}"#,
            r#" { "took": 3, "Errors" : true, "items": [{"error": null}] } "#,
            r#"{"message":"a \"quoted\", word","errors":[{"code":7}]}"#,
            r#"{"a":{"b":[1,2,{"c":"}"}]},"success":false}"#,
            r#"{"ok":false}"#,
            r#"{"status":"fail"}"#,
            r#"{"error":{"code":500}"#,
        ] {
            assert!(says_error(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_body_that_says_so_of_something_else_or_not_at_all_is_not() {
        for body in [
            "",
            "ok",
            "{",
            "{}",
            "[]",
            "error",
            r#""error""#,
            r#"{"errors":false,"error":null,"success":true,"ok":1}"#,
            r#"{"errors":[],"error":"","failed":0}"#,
            r#"{"items":[{"error":"in here it is about something else"}]}"#,
            r#"{"text":"{\"error\":1}"}"#,
            r#"{"no \"error":1}"#,
            r#"{"status":"failover done"}"#,
            r#"[{"error":"a list"}]"#,
        ] {
            assert!(!says_error(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn bytes_that_are_no_json_have_an_end() {
        for byte in 0..=u8::MAX {
            for body in [vec![b'{', byte], vec![b'{', byte, byte, b',', byte], vec![byte; 99]] {
                assert!(!says_error(&body), "{body:?}");
            }
        }
    }

    #[test]
    fn a_page_is_no_answer_of_a_receiver_and_an_ok_is() {
        for page in ["<!DOCTYPE html><p>Please log in", "\r\n<html>", "<HTML lang=\"en\">"] {
            assert!(is_page(page.as_bytes()), "{page}");
        }
        for other in ["", "ok", "<ok/>", "<?xml version=\"1.0\"?><done/>", "<"] {
            assert!(!is_page(other.as_bytes()), "{other}");
        }
    }
}
