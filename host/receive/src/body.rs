//! Taking a body in: so much as it comes, so much unpacked, so long, and so much of all at one time.

use std::{
    collections::HashMap,
    io::Read as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Incoming};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::{answer::Answer, sealed::Malformed};

/// How much of a stranger's body is read that nobody wants.
const OF_STRANGERS: usize = 1 << 20;
const STRANGERS_TIME: Duration = Duration::from_secs(2);
/// How much of a tenant's: no target renders a larger body.
const OF_TENANTS: usize = 256 << 20;
/// How long a body waits for others to be done.
const TURN: Duration = Duration::from_secs(5);

/// How much is taken.
#[derive(Clone, Debug)]
pub struct Caps {
    /// Bytes as they come.
    pub bytes: usize,
    /// Bytes of a compressed body when it is unpacked.
    pub unpacked: usize,
    /// The time for all of it.
    pub time: Duration,
    /// KiB of all bodies at one time.
    memory: Arc<Semaphore>,
    /// KiB of the bodies of one tenant at one time: who sends slowly, or nothing, keeps nobody else out.
    share: usize,
    shares: Arc<Mutex<HashMap<i64, Arc<Semaphore>>>>,
}

/// A body's place in its tenant's share, and in the memory of all.
pub type Place = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Plain,
    Gzip,
}

/// A body in memory, and its place there, which others get when it is dropped.
pub struct Taken {
    pub bytes: Vec<u8>,
    pub place: Place,
}

impl Caps {
    pub fn new(body_mib: u32, unpacked_mib: u32, memory_mib: u32, time: Duration) -> Self {
        let memory = ((memory_mib as usize) << 10).min(Semaphore::MAX_PERMITS);
        let largest = ((body_mib + unpacked_mib) as usize) << 10;
        Self {
            bytes: (body_mib as usize) << 20,
            unpacked: (unpacked_mib as usize) << 20,
            time,
            memory: Arc::new(Semaphore::new(memory)),
            share: largest.max(memory / 2),
            shares: Arc::default(),
        }
    }

    /// Takes a body of a tenant in.
    pub async fn take(&self, tenant: i64, body: &mut Incoming, encoding: Encoding) -> Result<Taken, Answer> {
        let announced = body.size_hint();
        if announced.lower() > self.bytes as u64 {
            return Err(Answer::Large);
        }
        // What is not announced may become as much as is allowed.
        let most = announced.upper().map_or(self.bytes, |upper| usize::try_from(upper).unwrap_or(self.bytes));
        let unpacked = if encoding == Encoding::Gzip { self.unpacked } else { 0 };
        let place = self.place(tenant, most.min(self.bytes) + unpacked).await?;
        let bytes = self.read(body, most.min(self.bytes)).await?;
        match encoding {
            Encoding::Plain => Ok(Taken { bytes, place }),
            Encoding::Gzip => {
                let most = self.unpacked;
                // Seconds of work at worst: not on a thread that others are served on.
                // The place goes along: a sender that hangs up ends this call, and not that work.
                let unpacked = move || Ok(Taken { bytes: unpack(&bytes, most)?, place });
                tokio::task::spawn_blocking(unpacked).await.map_err(|_| Answer::Failed)?
            }
        }
    }

    /// Reads to its end a tenant's body that is not wanted: the sender has to learn that it never will be.
    pub async fn drain(&self, body: &mut Incoming) {
        drain(body, OF_TENANTS, self.time).await;
    }

    async fn place(&self, tenant: i64, bytes: usize) -> Result<Place, Answer> {
        let kib = u32::try_from(bytes.div_ceil(1 << 10)).map_err(|_| Answer::Large)?;
        let (share, memory) = (self.share_of(tenant), Arc::clone(&self.memory));
        let both = async {
            // The tenant's own first: what waits for that stands in nobody else's way.
            let own = share.acquire_many_owned(kib).await?;
            Ok::<_, AcquireError>((own, memory.acquire_many_owned(kib).await?))
        };
        match timeout(TURN, both).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Answer::Busy),
        }
    }

    fn share_of(&self, tenant: i64) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shares.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(self.share))))
    }

    async fn read(&self, body: &mut Incoming, expected: usize) -> Result<Vec<u8>, Answer> {
        let deadline = Instant::now() + self.time;
        // Room is made as bytes come: to announce much costs a stranger nothing.
        let mut bytes = Vec::with_capacity(expected.min(64 << 10));
        loop {
            let data = match timeout_at(deadline, next(body)).await {
                Err(_) => return Err(Answer::Slow),
                Ok(None) => return Ok(bytes),
                Ok(Some(data)) => data?,
            };
            if bytes.len() + data.len() > self.bytes {
                return Err(Answer::Large);
            }
            bytes.extend_from_slice(&data);
        }
    }
}

/// Reads what a stranger sends on, for a moment, so that the answer arrives: a connection that is closed over unread
/// bytes is reset, and its sender never learns why.
pub async fn drain_strangers(body: &mut Incoming) {
    drain(body, OF_STRANGERS, STRANGERS_TIME).await;
}

async fn drain(body: &mut Incoming, most: usize, time: Duration) {
    let deadline = Instant::now() + time;
    let mut read = 0;
    while read < most {
        match timeout_at(deadline, next(body)).await {
            Ok(Some(Ok(data))) => read += data.len(),
            _ => return,
        }
    }
}

async fn next(body: &mut Incoming) -> Option<Result<Bytes, Answer>> {
    loop {
        match body.frame().await? {
            Err(_) => return Some(Err(Answer::Broken)),
            // Trailers say nothing that is wanted.
            Ok(frame) => match frame.into_data() {
                Ok(data) => return Some(Ok(data)),
                Err(_) => continue,
            },
        }
    }
}

fn unpack(bytes: &[u8], most: usize) -> Result<Vec<u8>, Answer> {
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(most as u64 + 1).read_to_end(&mut unpacked);
    match read {
        Ok(_) if unpacked.len() > most => Err(Answer::Large),
        Ok(_) => Ok(unpacked),
        Err(_) => Err(Answer::Malformed(Malformed("the body is not the gzip that it is said to be"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn what_is_unpacked_has_an_end() {
        assert_eq!(unpack(&gzip(b"rows"), 4), Ok(b"rows".to_vec()));
        assert_eq!(unpack(&gzip(b"rows!"), 4), Err(Answer::Large));
        // A megabyte of nothing is a kilobyte of gzip.
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100 << 10);
        assert_eq!(unpack(&bomb, 1 << 20), Err(Answer::Large));
    }

    #[test]
    fn what_is_cut_or_changed_is_no_gzip() {
        let good = gzip(b"some rows of data, and some more");
        for end in 0..good.len() {
            assert!(matches!(unpack(&good[..end], 100), Err(Answer::Malformed(_))), "{end}");
        }
        let mut other = good.clone();
        let checksum = other.len() - 8;
        other[checksum] ^= 1;
        assert!(matches!(unpack(&other, 100), Err(Answer::Malformed(_))));
        assert!(matches!(unpack(&[good.as_slice(), b"more"].concat(), 100), Err(Answer::Malformed(_))));
    }
}
