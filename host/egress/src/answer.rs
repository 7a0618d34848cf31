//! What a receiver answers, as far as it is read.

use glasshouse_contract::Response;
use tokio::time::timeout;

use crate::{
    destination::Patience,
    error::{Cause, Stage},
};

/// Lines of an answer's head.
pub(crate) const MOST_HEADERS: usize = 64;
/// All of an answer's headers together; servers and proxies send one or two KiB.
const HEADER_BYTES: usize = 32 * 1024;
/// A receipt has one KiB, and a page that says what is wrong a hundred. A plugin gets it as it is: an answer
/// that is compressed is not unpacked, so that none is larger than it came.
const BODY_BYTES: usize = 1024 * 1024;

/// An answer's head, without its body.
pub(crate) fn head(response: &reqwest::Response) -> Result<Response, Cause> {
    let bytes: usize =
        response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > HEADER_BYTES {
        return Err(Cause::TooLarge { what: "headers", limit: "32 KiB" });
    }
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    Ok(Response { status: response.status().as_u16(), headers, body: Vec::new() })
}

/// An answer's body, piece by piece, each in time.
pub(crate) async fn body(response: &mut reqwest::Response, patience: &Patience) -> Result<Vec<u8>, Cause> {
    let mut body = Vec::new();
    loop {
        let piece = timeout(patience.read, response.chunk())
            .await
            .map_err(|_| Cause::Timeout { stage: Stage::Body, after: patience.read })?
            .map_err(|error| Cause::of(error, patience.connect))?;
        let Some(piece) = piece else { return Ok(body) };
        if body.len() + piece.len() > BODY_BYTES {
            return Err(Cause::TooLarge { what: "body", limit: "1 MiB" });
        }
        body.extend_from_slice(&piece);
    }
}
