//! A request's body on its way into TLS: piece by piece, and hashed as it is handed over.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use glasshouse_contract::Digest;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

/// What is handed over at once: four of TLS' records, so that what moves is seen to move.
const PIECE: usize = 64 * 1024;

/// How far the body of one request got.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    handed: AtomicU64,
    whole: OnceLock<Digest>,
}

impl Progress {
    /// How many bytes were handed over.
    pub(crate) fn handed(&self) -> u64 {
        self.handed.load(Relaxed)
    }

    /// The digest of all that was handed over, once it is all.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.whole.get().copied()
    }
}

/// The body.
pub(crate) struct Outgoing {
    rest: Bytes,
    hash: Sha256,
    progress: Arc<Progress>,
}

impl Outgoing {
    /// A body behind this head; the digest is over both.
    pub(crate) fn new(head: &[u8], body: Bytes, progress: Arc<Progress>) -> Self {
        let outgoing = Self { rest: body, hash: Sha256::new_with_prefix(head), progress };
        // Of an empty body no piece is ever asked for.
        outgoing.see_whether_whole();
        outgoing
    }

    fn see_whether_whole(&self) {
        if self.rest.is_empty() {
            let digest = Digest::from_bytes(self.hash.clone().finalize().into());
            // The first is the only one: nothing is handed over after the last piece.
            let _ = self.progress.whole.set(digest);
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = PIECE.min(self.rest.len());
        let piece = self.rest.split_to(length);
        self.hash.update(&piece);
        self.progress.handed.fetch_add(length as u64, Relaxed);
        self.see_whether_whole();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
