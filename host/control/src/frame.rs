//! One request and its answer as JSON lines.
//!
//! The asker writes one line and reads lines until the last one, which is `done` or `fault`:
//!
//! ```text
//! > {"protocol":1,"request":{"verb":"list"}}
//! < {"progress":"compiling contoso.devices 1.2.0"}
//! < {"done":{"list":[..]}}
//! ```

use glasshouse_contract::{Fault, FaultKind};
use serde::{Deserialize, Serialize};

use crate::{Reply, Request};

/// Raised when a line changes its meaning; both sides say it and neither guesses.
const PROTOCOL: u32 = 1;

/// The largest request is a plugin file of 32 MiB in base64, which takes a third more.
pub(crate) const REQUEST_BYTES: u64 = 48 << 20;

/// The largest answer is a trial's tables; a flow keeps what it shows below this.
pub(crate) const ANSWER_BYTES: u64 = 256 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked<R> {
    protocol: u32,
    request: R,
}

/// Only the version, so that another version's request is refused for the right reason.
#[derive(Deserialize)]
struct AskedVersion {
    protocol: u32,
}

/// One line of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Line {
    /// What is being done; any number of these come first.
    Progress(String),
    /// The answer.
    Done(Box<Reply>),
    /// Why there is none.
    Fault(Fault),
}

/// A request as the line that asks for it.
pub(crate) fn write_request(request: &Request) -> Result<Vec<u8>, Fault> {
    line_of(&Asked { protocol: PROTOCOL, request })
}

/// Reads the line that a request came in.
pub(crate) fn read_request(line: &[u8]) -> Result<Request, Fault> {
    let malformed =
        |cause: String| Fault::new(FaultKind::Malformed, "the request on the control socket", cause, "");
    if line.len() as u64 > REQUEST_BYTES {
        return Err(malformed(format!("it is longer than {REQUEST_BYTES} bytes")));
    }
    if line.last() != Some(&b'\n') {
        return Err(malformed("it ends before its line does".to_owned()));
    }
    let AskedVersion { protocol } =
        serde_json::from_slice(line).map_err(|error| malformed(error.to_string()))?;
    if protocol != PROTOCOL {
        return Err(Fault::new(
            FaultKind::Malformed,
            "the request on the control socket",
            format!("it speaks protocol {protocol}, this host speaks {PROTOCOL}"),
            "use the command of the same version as the running host",
        ));
    }
    let asked: Asked<Request> = serde_json::from_slice(line).map_err(|error| malformed(error.to_string()))?;
    Ok(asked.request)
}

/// One line of an answer as bytes.
pub(crate) fn write_line(line: &Line) -> Result<Vec<u8>, Fault> {
    line_of(line)
}

/// Reads one line of an answer.
pub(crate) fn read_line(line: &[u8]) -> Result<Line, Fault> {
    serde_json::from_slice(line).map_err(|error| {
        Fault::new(
            FaultKind::Unreachable,
            "the running host",
            format!("its answer cannot be read: {error}"),
            "use the command of the same version as the running host",
        )
    })
}

fn line_of(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    let mut line = serde_json::to_vec(value).map_err(|error| {
        Fault::new(FaultKind::Malformed, "the control socket", format!("cannot write: {error}"), "")
    })?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back_from_its_line() {
        let line = write_request(&Request::List).unwrap();
        assert_eq!(line, b"{\"protocol\":1,\"request\":{\"verb\":\"list\"}}\n");
        assert!(matches!(read_request(&line), Ok(Request::List)));
    }

    #[test]
    fn another_protocol_is_named_even_where_its_request_is_unknown() {
        let fault =
            read_request(b"{\"protocol\":2,\"request\":{\"verb\":\"dance\"},\"more\":1}\n").unwrap_err();
        assert_eq!(fault.cause, "it speaks protocol 2, this host speaks 1");
    }

    #[test]
    fn near_misses_are_malformed_requests() {
        for line in [
            &b"\n"[..],
            b"{}\n",
            b"{\"protocol\":1}\n",
            b"{\"protocol\":1,\"request\":{\"verb\":\"dance\"}}\n",
            b"{\"protocol\":1,\"request\":{\"verb\":\"list\"},\"more\":1}\n",
            b"{\"protocol\":1,\"request\":{\"verb\":\"install\",\"name\":\"x\",\"file\":\"!\"}}\n",
            b"{\"protocol\":1,\"request\":{\"verb\":\"list\"}}",
        ] {
            let fault = read_request(line).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Malformed, "{}", String::from_utf8_lossy(line));
        }
    }
}
