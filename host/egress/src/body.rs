//! A request's body on its way into TLS, piece by piece, and what of it was handed over.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use glasshouse_contract::{Digest, Request};
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

use crate::request::sealed_head;

/// What is handed over at once: four of TLS' records, so that what moves is seen to move.
const PIECE: usize = 64 * 1024;

/// How far the body of one request got.
#[derive(Default)]
pub(crate) struct Progress {
    handed: AtomicU64,
    /// What was handed over. They share their memory with the body.
    pieces: Mutex<Vec<Bytes>>,
}

impl Progress {
    /// How many bytes were handed over.
    pub(crate) fn handed(&self) -> u64 {
        self.handed.load(Relaxed)
    }

    fn hand_over(&self, piece: Bytes) {
        self.handed.fetch_add(piece.len() as u64, Relaxed);
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
    }

    /// What was handed over behind this head, if it is all.
    pub(crate) fn into_whole(self: Arc<Self>, head: Vec<u8>, length: usize) -> Option<Handed> {
        let pieces = std::mem::take(&mut *self.pieces.lock().unwrap_or_else(PoisonError::into_inner));
        let handed: usize = pieces.iter().map(Bytes::len).sum();
        (handed == length).then_some(Handed { head, pieces })
    }
}

/// The bytes of a request that were handed to TLS, in the form in which they are sealed, without the credential.
///
/// Hashing a body takes as long as sending it over a fast network, so it is done when it is asked for; whoever has the
/// sealed request at hand compares the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Handed {
    head: Vec<u8>,
    pieces: Vec<Bytes>,
}

impl Handed {
    /// Their digest: that of the sealed request, if they are the same.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new_with_prefix(&self.head);
        self.pieces.iter().for_each(|piece| hash.update(piece));
        Digest::from_bytes(hash.finalize().into())
    }

    /// Whether they are the bytes of this request.
    #[must_use]
    pub fn is(&self, request: &Request) -> bool {
        let mut rest = request.body.0.as_slice();
        let same = self.pieces.iter().all(|piece| match rest.split_at_checked(piece.len()) {
            Some((part, after)) => {
                rest = after;
                part == piece
            }
            None => false,
        });
        same && rest.is_empty() && self.head == sealed_head(request)
    }
}

impl fmt::Debug for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body: usize = self.pieces.iter().map(Bytes::len).sum();
        f.debug_struct("Handed").field("head", &self.head.len()).field("body", &body).finish()
    }
}

/// The body.
pub(crate) struct Outgoing {
    rest: Bytes,
    progress: Arc<Progress>,
}

impl Outgoing {
    pub(crate) const fn new(body: Bytes, progress: Arc<Progress>) -> Self {
        Self { rest: body, progress }
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
        self.progress.hand_over(piece.clone());
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use glasshouse_contract::{Body, Name};

    use super::*;

    fn request(body: &[u8]) -> Request {
        Request {
            endpoint: Name::new("ingest").unwrap(),
            method: "POST".to_owned(),
            url: "https://a.example/".to_owned(),
            headers: vec![("x".to_owned(), "y".to_owned())],
            body: Body(body.to_vec()),
        }
    }

    #[test]
    fn what_was_handed_over_is_the_request_or_not() {
        let sealed = request(b"abcdef");
        let handed = |pieces: &[&'static [u8]]| {
            let progress = Arc::new(Progress::default());
            pieces.iter().for_each(|piece| progress.hand_over(Bytes::from_static(piece)));
            progress.into_whole(sealed_head(&sealed), sealed.body.0.len())
        };
        for pieces in [&[&b"abcdef"[..]][..], &[b"abc", b"def"], &[b"", b"a", b"bcdef", b""]] {
            let handed = handed(pieces).unwrap();
            assert!(handed.is(&sealed) && handed.digest() == sealed.digest());
            assert!(!handed.is(&request(b"abcde")) && !handed.is(&request(b"abcdefg")));
            assert!(!handed.is(&Request { headers: Vec::new(), ..sealed.clone() }));
        }
        let other = handed(&[b"abc", b"deg"]).unwrap();
        assert!(!other.is(&sealed) && other.digest() != sealed.digest());
        assert_eq!(handed(&[b"abc"]), None);
    }
}
