//! The running host's side: takes requests one connection each and has them answered.

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_ledger::Actor;
use tokio::{
    io::{
        AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
        BufReader,
    },
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};
use tracing::{debug, info, warn};

use crate::{
    Access, Reply, Request,
    endpoint::Listening,
    frame::{self, Line},
};

/// Whatever answers requests: the service of a state directory, or a test's stand-in.
pub trait Answers: Send + Sync + 'static {
    /// Does what is asked; may take long, and says meanwhile what it is doing.
    ///
    /// # Errors
    /// When it cannot be done; the asker sees the fault.
    fn answer(&self, request: Request, actor: &Actor, progress: &dyn Fn(&str)) -> Result<Reply, Fault>;
}

/// The control socket of one state directory.
pub struct Listener {
    listening: Listening,
}

/// More than these at once wait until one of them has its answer or is given up.
const CONNECTIONS: usize = 256;

/// Requests with a plugin file or tables in them that are in memory at once. All others, above all those
/// that stop a plugin, wait neither for these nor for whoever is slow to say what he wants.
const LARGE: usize = 8;

/// No request without a file in it is longer.
const SMALL_BYTES: u64 = 64 << 10;

/// A request is written in one go by the asker; only a peer that means harm is slower.
const READ_TIME: Duration = Duration::from_secs(30);

/// An asker that does not read its answer is given up.
const WRITE_TIME: Duration = Duration::from_secs(30);

/// How long a host that stops waits for what it is still answering.
const DRAIN_TIME: Duration = Duration::from_secs(20);

impl Listener {
    /// Opens the socket. Whoever calls this holds the state directory's lock.
    ///
    /// # Errors
    /// When the socket cannot be made, or the configured group does not exist.
    pub fn bind(state_dir: &Path, access: &Access) -> Result<Self, Fault> {
        Ok(Self { listening: Listening::bind(state_dir, access)? })
    }

    /// Where it listens.
    #[must_use]
    pub fn place(&self) -> String {
        self.listening.place()
    }

    /// Answers until `stop` is done, then lets what was begun come to its end.
    pub async fn serve(mut self, answers: Arc<dyn Answers>, stop: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let large = Arc::new(Semaphore::new(LARGE));
        let mut running = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let place = tokio::select! {
                () = &mut stop => break,
                Ok(place) = Arc::clone(&places).acquire_owned() => place,
            };
            let (stream, who) = tokio::select! {
                () = &mut stop => break,
                accepted = self.listening.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        warn!("control socket: {error}");
                        // Too many open files, most likely: do not spin until some are closed.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let (answers, large) = (Arc::clone(&answers), Arc::clone(&large));
            running.spawn(async move {
                converse(stream, who, answers, large).await;
                drop(place);
            });
            while running.try_join_next().is_some() {}
        }
        drop(self.listening);
        let all = async { while running.join_next().await.is_some() {} };
        if timeout(DRAIN_TIME, all).await.is_err() {
            warn!("control socket: gave up on a request that is still running");
        }
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send,
    who: Result<Actor, Fault>,
    answers: Arc<dyn Answers>,
    large: Arc<Semaphore>,
) {
    let (read, mut write) = tokio::io::split(stream);
    let last = match who {
        Err(fault) => {
            warn!("control socket: {}", fault.cause);
            Line::Fault(fault)
        }
        Ok(actor) => match receive(read, large).await {
            Ok(None) => return,
            Ok(Some((request, _place))) => {
                if request.only_looks() {
                    debug!("{actor} asks: {}", request.verb());
                } else {
                    info!("{actor} asks: {}", request.verb());
                }
                work(&mut write, request, actor, answers).await
            }
            Err(fault) => Line::Fault(fault),
        },
    };
    if !send(&mut write, &last).await {
        debug!("control socket: the asker left before its answer");
    }
}

/// Reads the request line, and takes a place for it where it is a large one; nothing where the asker
/// only looked whether somebody listens.
async fn receive(
    read: impl AsyncRead + Unpin,
    large: Arc<Semaphore>,
) -> Result<Option<(Request, Option<OwnedSemaphorePermit>)>, Fault> {
    let mut read = BufReader::new(read);
    let mut line = Vec::new();
    receive_line(&mut read, SMALL_BYTES, &mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    let mut place = None;
    if line.len() as u64 == SMALL_BYTES && line.last() != Some(&b'\n') {
        place = place_in(&large).await;
        // One byte above the cap shows that there was more.
        receive_line(&mut read, frame::REQUEST_BYTES + 1 - SMALL_BYTES, &mut line).await?;
    }
    let request = frame::read_request(&line)?;
    if place.is_none() && request.may_be_large() {
        place = place_in(&large).await;
    }
    Ok(Some((request, place)))
}

/// Reads on to the line's end, or up to `most` bytes.
async fn receive_line(
    read: &mut (impl AsyncBufRead + Unpin),
    most: u64,
    line: &mut Vec<u8>,
) -> Result<(), Fault> {
    let fault = |cause: String| Fault::new(FaultKind::Malformed, "the control socket", cause, "");
    match timeout(READ_TIME, read.take(most).read_until(b'\n', line)).await {
        Err(_) => Err(fault(format!("no whole request within {} s", READ_TIME.as_secs()))),
        Ok(Err(error)) => Err(fault(error.to_string())),
        Ok(Ok(_)) => Ok(()),
    }
}

/// The semaphore is never closed, so that there is always a place in the end.
async fn place_in(large: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(large).acquire_owned().await.ok()
}

/// Has the request answered on a thread that may block, and passes its progress on meanwhile.
async fn work(
    write: &mut (impl AsyncWrite + Unpin),
    request: Request,
    actor: Actor,
    answers: Arc<dyn Answers>,
) -> Line {
    let (said, mut heard) = mpsc::channel::<String>(64);
    let answer = tokio::task::spawn_blocking(move || {
        // Progress that nobody reads in time is dropped: the work never waits for its audience.
        let progress = |text: &str| drop(said.try_send(text.to_owned()));
        answers.answer(request, &actor, &progress)
    });
    let mut reads = true;
    while let Some(text) = heard.recv().await {
        reads = reads && send(write, &Line::Progress(text)).await;
    }
    match answer.await {
        Ok(Ok(reply)) => Line::Done(Box::new(reply)),
        Ok(Err(fault)) => Line::Fault(fault),
        Err(error) => {
            warn!("control socket: a request ended badly: {error}");
            Line::Fault(Fault::new(
                FaultKind::Finding,
                "the running host",
                "the request broke off by a fault in the host itself",
                "look into the host's log",
            ))
        }
    }
}

async fn send(write: &mut (impl AsyncWrite + Unpin), line: &Line) -> bool {
    let bytes = match frame::write_line(line).or_else(|fault| frame::write_line(&Line::Fault(fault))) {
        Ok(bytes) => bytes,
        Err(_) => return false,
    };
    let written = async {
        write.write_all(&bytes).await?;
        write.flush().await
    };
    matches!(timeout(WRITE_TIME, written).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests;
