//! The asker's side: a host that runs is asked over its socket.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    time::Duration,
};

use glasshouse_contract::{Fault, FaultKind};

use crate::{
    Reply, Request,
    endpoint::{self, Stream},
    frame::{self, Line},
};

/// Longer than a host needs to compile the largest plugin that it takes and to try it.
const ANSWER_TIME: Duration = Duration::from_secs(300);

/// A connection to a host that runs.
pub(crate) struct Host {
    stream: Stream,
}

impl Host {
    /// Connects to the host of a state directory; `None` where none runs.
    pub(crate) fn find(state_dir: &Path) -> Result<Option<Self>, Fault> {
        Ok(endpoint::connect(state_dir)?.map(|stream| Self { stream }))
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask(mut self, request: Request, progress: &dyn Fn(&str)) -> Result<Reply, Fault> {
        #[cfg(unix)]
        self.stream.set_read_timeout(Some(ANSWER_TIME)).map_err(unreachable)?;
        let request = frame::write_request(request)?;
        // A host that refuses before it has read everything says why, then closes: look for its
        // words before complaining that it did not listen.
        let written = self.stream.write_all(&request).and_then(|()| self.stream.flush());
        let mut lines = BufReader::new(self.stream.take(frame::ANSWER_BYTES));
        loop {
            let mut line = Vec::new();
            let read = lines.read_until(b'\n', &mut line);
            if line.is_empty() {
                written.map_err(unreachable)?;
                read.map_err(unreachable)?;
                return Err(Fault::new(
                    FaultKind::Unreachable,
                    "the running host",
                    "it closed the connection without an answer",
                    "look whether it is still running and what its log says",
                ));
            }
            match frame::read_line(&line)? {
                Line::Progress(text) => progress(&text),
                Line::Done(reply) => return Ok(*reply),
                Line::Fault(fault) => return Err(fault),
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to map_err by name")]
fn unreachable(error: std::io::Error) -> Fault {
    Fault::new(
        FaultKind::Unreachable,
        "the running host",
        format!("the connection broke: {error}"),
        "look whether it is still running and what its log says",
    )
}
