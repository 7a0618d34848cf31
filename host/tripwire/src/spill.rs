//! Pages of values in a file that others may see: sealed each by itself, under a key that is never stored.

use std::{
    collections::VecDeque,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Mutex, PoisonError},
};

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, Key, KeyInit, Nonce, Tag};

/// What is sealed together. Larger than any value in canonical form, and read in a few microseconds.
pub const PAGE: usize = 16 << 10;
const TAG: usize = 16;
/// So many pages that were read stay open: tables of one site tell of the same devices, in the same order.
const OPEN: usize = 32;
/// What they take.
pub const MEMORY: usize = OPEN * PAGE;

/// What pages can be put aside into.
trait File: Read + Write + Seek + Send {}
impl<T: Read + Write + Seek + Send> File for T {}

/// The file. Each page is written once, so its number is a nonce that no other page has.
pub struct Spill(Mutex<Inner>);

struct Inner {
    file: Box<dyn File>,
    cipher: ChaCha20Poly1305,
    /// The pages that were read last, the last one first.
    open: VecDeque<(u32, Box<[u8]>)>,
}

impl Spill {
    pub fn new(file: impl Read + Write + Seek + Send + 'static, key: [u8; 32]) -> Self {
        let cipher = ChaCha20Poly1305::new(&Key::from(key));
        Self(Mutex::new(Inner { file: Box::new(file), cipher, open: VecDeque::new() }))
    }

    /// Puts a page aside.
    pub fn write(&self, number: u32, page: &[u8]) -> io::Result<()> {
        let inner = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sealed = vec![0; PAGE];
        sealed.iter_mut().zip(page).for_each(|(to, byte)| *to = *byte);
        let tag = inner
            .cipher
            .encrypt_inout_detached(&nonce(number), &[], sealed.as_mut_slice().into())
            .map_err(|_| io::ErrorKind::InvalidData)?;
        sealed.extend(tag.as_slice());
        inner.file.seek(SeekFrom::Start(place(number)))?;
        inner.file.write_all(&sealed)
    }

    /// Hands a page to `with`.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written.
    pub fn read<T>(&self, number: u32, with: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let inner = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = match inner.open.iter().position(|(open, _)| *open == number) {
            Some(at) => inner.open.remove(at),
            None => Some((number, inner.page(number)?)),
        };
        let page = page.ok_or(io::ErrorKind::NotFound)?;
        let told = with(&page.1);
        inner.open.truncate(OPEN - 1);
        inner.open.push_front(page);
        Ok(told)
    }
}

impl Inner {
    fn page(&mut self, number: u32) -> io::Result<Box<[u8]>> {
        let mut page = vec![0; PAGE];
        let mut tag = [0; TAG];
        self.file.seek(SeekFrom::Start(place(number)))?;
        self.file.read_exact(&mut page)?;
        self.file.read_exact(&mut tag)?;
        self.cipher
            .decrypt_inout_detached(&nonce(number), &[], page.as_mut_slice().into(), &Tag::from(tag))
            .map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(page.into())
    }
}

fn place(number: u32) -> u64 {
    u64::from(number) * (PAGE + TAG) as u64
}

fn nonce(number: u32) -> Nonce {
    let [a, b, c, d] = number.to_le_bytes();
    Nonce::from([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0])
}
