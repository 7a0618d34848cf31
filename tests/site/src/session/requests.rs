//! The loop of a session: takes requests, sends answers, and hears in the midst of one that it shall end.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::{Bytes, BytesMut};
use tds_protocol::PacketType;
use tokio::{io::AsyncWriteExt, pin, select, sync::mpsc, task::spawn_blocking};

use super::{
    answering::{Out, Piece, State},
    connecting::{Reading, Writing},
};
use crate::{
    log::What,
    wire::{DoneKind, Ended, Message, Packets, Request, WireError, put_done, read_message},
};

/// Pieces that may wait for the socket: enough that neither waits for the other all the time.
const WAITING: usize = 4;

/// A client that has logged in.
pub(super) struct Session {
    state: State,
    reading: Reading,
    writing: Writing,
}

impl Session {
    pub(super) fn new(state: State, reading: Reading, writing: Writing) -> Self {
        Self { state, reading, writing }
    }

    /// Until the client goes.
    pub(super) async fn run(self) -> Result<(), WireError> {
        let Self { state, mut reading, writing } = self;
        let (log, client) = (state.server.log.clone(), Arc::clone(&state.client));
        let (outbox, inbox) = mpsc::channel(1);
        // Reading goes on while an answer is sent, so that an attention is heard. A client that is gone, or
        // cannot be understood, ends the session wherever it is.
        let read = async move {
            loop {
                let message = read_message(&mut reading).await?;
                if outbox.send(message).await.is_err() {
                    return Ok(());
                }
            }
        };
        let line = Line { writing, inbox, cancelled: Arc::default(), attention: false };
        let ended = select! {
            ended = read => ended,
            ended = line.answer_all(state) => ended,
        };
        log.push(&client, What::Closed);
        ended
    }
}

/// The connection while answers are on their way.
struct Line {
    writing: Writing,
    inbox: mpsc::Receiver<Message>,
    /// Tells the thread that makes the answer.
    cancelled: Arc<AtomicBool>,
    /// The client has asked that the answer end.
    attention: bool,
}

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Request,
    Close,
}

impl Line {
    async fn answer_all(mut self, mut state: State) -> Result<(), WireError> {
        while let Some(message) = self.inbox.recv().await {
            let packets = Packets::new(state.packet_size, state.client.session);
            let reset = message.reset;
            self.attention = false;
            let request = Request::decode(message)?;
            if request == Request::Attention {
                // What it meant to end has ended by itself. It is answered all the same.
                state.server.log.push(&state.client, What::Attention);
                self.attention = true;
                self.finish(packets).await?;
                continue;
            }
            self.cancelled = Arc::default();
            let (sender, pieces) = mpsc::channel(WAITING);
            let mut out = Out::new(sender, Arc::clone(&self.cancelled));
            let work = spawn_blocking(move || {
                state.answer(request, reset, &mut out);
                state
            });
            let next = self.send(pieces, packets).await?;
            state = work.await.map_err(|_| WireError::Other("an answer could not be made".to_owned()))?;
            if self.attention {
                state.server.log.push(&state.client, What::Attention);
            }
            if next == Next::Close {
                break;
            }
        }
        Ok(self.writing.shutdown().await?)
    }

    /// Sends an answer as it is made.
    async fn send(
        &mut self,
        mut pieces: mpsc::Receiver<Piece>,
        mut packets: Packets,
    ) -> Result<Next, WireError> {
        loop {
            let piece = select! {
                piece = pieces.recv() => piece,
                message = self.inbox.recv(), if !self.attention => {
                    self.hear(message)?;
                    continue;
                }
            };
            match piece {
                Some(Piece::Tokens(tokens)) => self.write(packets.push(&tokens)).await?,
                Some(Piece::Packets(whole)) => {
                    self.write(packets.flush()).await?;
                    self.write(whole).await?;
                }
                Some(Piece::Stall) => {
                    self.write(packets.flush()).await?;
                    self.writing.flush().await?;
                    if !self.attention {
                        let message = self.inbox.recv().await;
                        self.hear(message)?;
                    }
                }
                Some(Piece::Close) => {
                    self.write(packets.flush()).await?;
                    self.writing.flush().await?;
                    return Ok(Next::Close);
                }
                Some(Piece::Last) => {
                    self.finish(packets).await?;
                    return Ok(Next::Close);
                }
                None => break,
            }
        }
        self.finish(packets).await?;
        Ok(Next::Request)
    }

    /// The end of an answer; that of one which was to end says so.
    async fn finish(&mut self, mut packets: Packets) -> Result<(), WireError> {
        if self.attention {
            let mut done = BytesMut::new();
            put_done(&mut done, DoneKind::Batch, Ended { attention: true, ..Ended::default() });
            self.write(packets.push(&done)).await?;
        }
        self.write(packets.finish()).await?;
        Ok(self.writing.flush().await?)
    }

    /// The one thing that a client may send in the midst of an answer.
    fn hear(&mut self, message: Option<Message>) -> Result<(), WireError> {
        match message {
            Some(Message { kind: PacketType::Attention, .. }) => {
                self.attention = true;
                self.cancelled.store(true, Ordering::Relaxed);
                Ok(())
            }
            Some(_) => Err(WireError::Other("a request in the midst of an answer".to_owned())),
            None => Err(WireError::Other("the client is gone".to_owned())),
        }
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), WireError> {
        let cancelled = Arc::clone(&self.cancelled);
        let mut heard = None;
        {
            let write = self.writing.write_all(&bytes);
            pin!(write);
            loop {
                select! {
                    written = &mut write => break written?,
                    // The client may wait for nothing but that its attention is heard.
                    message = self.inbox.recv(), if !self.attention && heard.is_none() => {
                        cancelled.store(true, Ordering::Relaxed);
                        heard = Some(message);
                    }
                }
            }
        }
        match heard {
            Some(message) => self.hear(message),
            None => Ok(()),
        }
    }
}
