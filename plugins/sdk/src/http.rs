//! Requests in one line, and what HTTP answers usually mean.

use crate::{Body, Header, Outcome, Request, Response};

/// For a receiver that says "later" and not when: the host knows how often it was tried, and waits longer each time.
const LATER_S: u32 = 0;

impl Request {
    /// A request to one of the manifest's endpoints; `path` comes after the endpoint's path prefix.
    #[must_use]
    pub fn new(endpoint: &str, path: &str, body: Body) -> Self {
        Self { endpoint: endpoint.to_owned(), path: path.to_owned(), headers: Vec::new(), body }
    }

    /// Adds a header, its name in lower case.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(Header { name: name.to_owned(), value: value.to_owned() });
        self
    }
}

impl Response {
    /// The value of the header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }

    /// What the answer means by HTTP's own rules: 2xx is accepted, 408, 425, 429 and 5xx ask for a
    /// later try (when, if `retry-after` says a number of seconds), anything else is a refusal.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.status {
            200..=299 => Outcome::Accepted,
            408 | 425 | 429 | 500..=599 => {
                let after = self.header("retry-after").and_then(|text| text.trim().parse().ok());
                Outcome::RetryAfterS(after.unwrap_or(LATER_S))
            }
            status => Outcome::Rejected(format!("the receiver answered {status}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, retry_after: Option<&str>) -> Outcome {
        let headers = retry_after
            .map(|value| Header { name: "retry-after".into(), value: value.into() })
            .into_iter()
            .collect();
        Response { status, headers, body: Vec::new() }.outcome()
    }

    #[test]
    fn answers_mean_what_http_says() {
        assert!(matches!(outcome(204, None), Outcome::Accepted));
        assert!(matches!(outcome(429, Some(" 7 ")), Outcome::RetryAfterS(7)));
        assert!(matches!(outcome(503, Some("Wed, 21 Oct 2026 07:28:00 GMT")), Outcome::RetryAfterS(LATER_S)));
        assert!(matches!(outcome(302, None), Outcome::Rejected(why) if why == "the receiver answered 302"));
    }
}
