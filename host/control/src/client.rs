//! The asker's side: a host that runs is asked over its socket.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
};

use glasshouse_contract::{Fault, FaultKind};

use crate::{
    Reply, Request,
    endpoint::{self, Stream},
    frame::{self, Line},
};

/// Longer than a host needs to compile the largest plugin that it takes and to try it.
#[cfg(unix)]
const ANSWER_TIME: std::time::Duration = std::time::Duration::from_secs(300);

/// Why a host gave no reply.
#[derive(Debug, PartialEq)]
pub(crate) enum NoReply {
    /// It ended while it was asked. What it did before that is not known.
    Ended(Fault),
    /// It answered with this, or with what cannot be read.
    Fault(Fault),
}

impl From<Fault> for NoReply {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<NoReply> for Fault {
    fn from(none: NoReply) -> Self {
        match none {
            NoReply::Ended(fault) | NoReply::Fault(fault) => fault,
        }
    }
}

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
    pub(crate) fn ask(mut self, request: &Request, progress: &dyn Fn(&str)) -> Result<Reply, NoReply> {
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
            if line.last() != Some(&b'\n') {
                let cause = match written.and(read) {
                    Ok(_) => "it closed the connection without an answer".to_owned(),
                    Err(error) => format!("the connection broke: {error}"),
                };
                return Err(NoReply::Ended(unreachable(cause)));
            }
            match frame::read_line(&line)? {
                Line::Progress(text) => progress(&text),
                Line::Done(reply) => return Ok(*reply),
                Line::Fault(fault) => return Err(fault.into()),
            }
        }
    }
}

fn unreachable(cause: impl std::fmt::Display) -> Fault {
    let mend = "look whether it is still running and what its log says";
    Fault::new(FaultKind::Unreachable, "the running host", cause, mend)
}
