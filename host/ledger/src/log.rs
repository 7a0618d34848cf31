//! Whether SQLite's write-ahead log is whole.
//!
//! SQLite reads its log up to the first frame whose checksum is wrong, and takes what follows for the rest of
//! a write that a power cut ended. So a bit that flips in the log silently takes back all transactions after
//! it. But a transaction is begun only when the one before it is on disk: where whole transactions follow
//! a wrong frame's, it was no power cut. In the last transaction of a log the two cannot be told apart.
//!
//! The format is <https://sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::{
    fs::File,
    io::{BufReader, ErrorKind, Read},
    path::Path,
};

use crate::{LedgerError, repair::with_suffix};

const HEADER: usize = 32;
const FRAME: usize = 24;
/// What SQLite takes where nothing is said.
const USUAL_PAGE: usize = 4096;

/// How many transactions the log of a ledger that nobody has open has lost to damage.
pub fn lost_transactions(ledger: &Path) -> Result<u64, LedgerError> {
    let path = with_suffix(ledger, "-wal");
    match File::open(&path) {
        Ok(file) => {
            let page = page_of(ledger).map_err(|source| LedgerError::file(ledger, source))?;
            count(&mut BufReader::new(file), page).map_err(|source| LedgerError::file(&path, source))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(LedgerError::file(&path, error)),
    }
}

/// How long the pages of a ledger are, by its own header.
fn page_of(ledger: &Path) -> std::io::Result<usize> {
    let mut header = [0; 18];
    let [high, low] = match fill(&mut File::open(ledger)?, &mut header)? {
        true => [header[16], header[17]],
        false => [0; 2],
    };
    Ok(match u16::from_be_bytes([high, low]) {
        // As SQLite writes 65,536.
        1 => 1 << 16,
        size if size.is_power_of_two() && size >= 512 => size.into(),
        _ => USUAL_PAGE,
    })
}

fn count(log: &mut impl Read, page_of_ledger: usize) -> std::io::Result<u64> {
    let mut header = [0; HEADER];
    if !fill(log, &mut header)? {
        return Ok(0);
    }
    let [magic, _, page, _, salt_1, salt_2, sum_1, sum_2] = words::<8>(&header);
    let big_endian = magic & 1 == 1;
    let mut sum = (0, 0);
    add(&mut sum, header.get(..HEADER - 8).unwrap_or_default(), big_endian);
    let header_is_whole = sum == (sum_1, sum_2) && magic & !1 == 0x377f_0682;
    // A header that is wrong may be wrong in this as well.
    let page = if header_is_whole { page as usize } else { page_of_ledger };
    let mut salts = header_is_whole.then_some((salt_1, salt_2));
    let (mut whole, mut after_damage) = (header_is_whole, 0);
    let mut frame = vec![0; FRAME + page];
    while fill(log, &mut frame)? {
        let (head, content) = frame.split_at(FRAME);
        let [number, size, frame_salt_1, frame_salt_2, sum_1, sum_2] = words::<6>(head);
        let of_this_log = *salts.get_or_insert((frame_salt_1, frame_salt_2)) == (frame_salt_1, frame_salt_2);
        let sum_with = |size: u32| {
            let mut sum = sum;
            add(&mut sum, &[number.to_be_bytes(), size.to_be_bytes()].concat(), big_endian);
            add(&mut sum, content, big_endian);
            sum
        };
        let mut ends_a_transaction = of_this_log && size != 0;
        if whole {
            let is_right = |size: u32| sum_with(size) == (sum_1, sum_2);
            whole = of_this_log && is_right(size);
            if !whole {
                // Here SQLite stops. What is wrong may be what says that a transaction ends: the sum tells, which
                // leaves the salts out.
                let was_commit = (0..32).any(|bit| is_right(size ^ 1 << bit) && size ^ 1 << bit != 0);
                let was_none = size.is_power_of_two() && is_right(0);
                ends_a_transaction =
                    (ends_a_transaction && !was_none) || was_commit || (is_right(size) && size != 0);
            }
            sum = sum_with(size);
        }
        after_damage += u64::from(!whole && ends_a_transaction);
    }
    // The first of them is the one with the damage, and may be what a power cut left.
    Ok(if after_damage > 1 { after_damage } else { 0 })
}

/// The checksum of SQLite's log, over words of four bytes.
fn add(sum: &mut (u32, u32), bytes: &[u8], big_endian: bool) {
    for pair in bytes.chunks_exact(8) {
        let [a, b] = if big_endian { words::<2>(pair) } else { words::<2>(pair).map(u32::swap_bytes) };
        sum.0 = sum.0.wrapping_add(a).wrapping_add(sum.1);
        sum.1 = sum.1.wrapping_add(b).wrapping_add(sum.0);
    }
}

fn words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    words
}

/// Whether there was as much.
fn fill(log: &mut impl Read, bytes: &mut [u8]) -> std::io::Result<bool> {
    match log.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
