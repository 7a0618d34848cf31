//! Masking in place: one pass over a column's bytes, each identifier replaced by a stand-in that
//! is never longer.

use std::ops::Range;

use crate::{
    EMAIL, IP,
    block::{BLOCK, Lane, lanes, last_block},
    email, ip,
};

/// Kinds of identifiers to mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patterns {
    /// E-mail addresses.
    pub email: bool,
    /// IPv4 addresses.
    pub ipv4: bool,
    /// IPv6 addresses.
    pub ipv6: bool,
}

/// Masks a text column in place and returns how many identifiers there were.
///
/// `offsets` and `data` are a column in Arrow layout: row i is `data[offsets[i]..offsets[i + 1]]`.
/// Offsets that are no such thing give a wrong result but no panic.
pub fn mask(offsets: &mut [u32], data: &mut Vec<u8>, what: Patterns) -> u64 {
    // The scan is compiled once for each of the usual sets, so that its inner loop asks nothing.
    match what {
        Patterns { email: true, ipv4: true, ipv6: false } => mask_set::<true, true, false>(offsets, data),
        Patterns { email: true, ipv4: false, ipv6: false } => mask_set::<true, false, false>(offsets, data),
        Patterns { email: false, ipv4: true, ipv6: false } => mask_set::<false, true, false>(offsets, data),
        Patterns { email: true, ipv4: true, ipv6: true } => mask_set::<true, true, true>(offsets, data),
        Patterns { email: true, ipv4: false, ipv6: true } => mask_set::<true, false, true>(offsets, data),
        Patterns { email: false, ipv4: true, ipv6: true } => mask_set::<false, true, true>(offsets, data),
        Patterns { email: false, ipv4: false, ipv6: true } => mask_set::<false, false, true>(offsets, data),
        Patterns { email: false, ipv4: false, ipv6: false } => 0,
    }
}

fn mask_set<const EMAILS: bool, const V4: bool, const V6: bool>(
    offsets: &mut [u32],
    data: &mut Vec<u8>,
) -> u64 {
    let (len, found) = mask_slice::<EMAILS, V4, V6>(offsets, data);
    data.truncate(len);
    found
}

/// The same on slices: a write to the bytes cannot change where they are, which spares the loops a
/// look. Says how long the data is then, and how many identifiers there were.
fn mask_slice<const EMAILS: bool, const V4: bool, const V6: bool>(
    offsets: &mut [u32],
    data: &mut [u8],
) -> (usize, u64) {
    let mut rewrite = Rewrite { write: 0, read: 0, row: 0, row_start: 0, found: 0 };
    let mut digit_before = 0;
    for block in (0..data.len()).step_by(BLOCK) {
        let lanes = match data.get(block..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            Some(bytes) => lanes(bytes),
            None => lanes(&last_block(data, block)),
        };
        let ask = |question: fn(Lane) -> u32| {
            let [a, b, c, d] = lanes;
            let low = question(a) | question(b) << 16;
            u64::from(low) | u64::from(question(c) | question(d) << 16) << 32
        };
        let ats = if EMAILS { ask(|lane| lane.is(b'@')) } else { 0 };
        let colons = if V6 { ask(|lane| lane.is(b':')) } else { 0 };
        let mut dots = 0;
        if V4 {
            // A dot counts only behind a digit, which spares every sentence and domain.
            let digits = ask(Lane::digits);
            dots = ask(|lane| lane.is(b'.')) & (digits << 1 | digit_before);
            digit_before = digits >> 63;
        }
        let mut bits = ats | colons | dots;
        while bits != 0 {
            let at = block + bits.trailing_zeros() as usize;
            let bit = bits & bits.wrapping_neg();
            bits ^= bit;
            if at < rewrite.read {
                continue;
            }
            let row = rewrite.row_of(offsets, at);
            if !row.contains(&at) || row.end > data.len() {
                continue;
            }
            let found = if ats & bit != 0 {
                email::around(data, at, &row).map(|found| (found, StandIn::EMAIL))
            } else if dots & bit != 0 {
                ip::v4_around(data, at, &row).map(|found| (found, StandIn::IP))
            } else if V6 {
                ip::v6_around(data, at, &row).map(|found| (found, StandIn::IP))
            } else {
                None
            };
            if let Some((found, stand_in)) = found {
                rewrite.replace(data, found, stand_in);
            }
        }
    }
    rewrite.finish(offsets, data)
}

/// A stand-in as one word, to be written in one go.
#[derive(Clone, Copy)]
struct StandIn {
    bytes: [u8; 8],
    len: usize,
}

impl StandIn {
    const EMAIL: Self = Self::new(EMAIL);
    const IP: Self = Self::new(IP);

    const fn new(text: &str) -> Self {
        let mut bytes = [0; 8];
        let (head, _) = bytes.split_at_mut(text.len());
        head.copy_from_slice(text.as_bytes());
        Self { bytes, len: text.len() }
    }
}

/// The column while it is rewritten: `..write` is done, `write..read` is free, `read..` is as it
/// came. `write` never passes `read`.
struct Rewrite {
    write: usize,
    read: usize,
    /// The row at hand; its offset and those before are rewritten already.
    row: usize,
    /// Where the row began before it was rewritten.
    row_start: usize,
    found: u64,
}

impl Rewrite {
    /// What is left of the row that `at` lies in, as it came.
    ///
    /// Four rows at once and without a branch for each: how many rows there are from one find to the
    /// next cannot be guessed.
    #[inline(always)]
    fn row_of(&mut self, offsets: &mut [u32], at: usize) -> Range<usize> {
        let moved = (self.read - self.write) as u32;
        let ends = offsets.get_mut(self.row + 1..).and_then(|rest| rest.first_chunk_mut::<4>());
        if let Some(ends) = ends {
            let mut passed = 0;
            for end in ends.iter_mut() {
                let is_passed = (*end as usize) <= at;
                self.row_start = if is_passed { *end as usize } else { self.row_start };
                *end = end.wrapping_sub(if is_passed { moved } else { 0 });
                passed += usize::from(is_passed);
            }
            self.row += passed;
            if let Some(end) = ends.get(passed) {
                return self.row_start.max(self.read)..*end as usize;
            }
        }
        self.row_far_off(offsets, at)
    }

    /// The same for a row further on, and for the last ones.
    #[cold]
    fn row_far_off(&mut self, offsets: &mut [u32], at: usize) -> Range<usize> {
        let moved = (self.read - self.write) as u32;
        while let Some(end) = offsets.get_mut(self.row + 1) {
            if *end as usize > at {
                return self.row_start.max(self.read)..*end as usize;
            }
            self.row += 1;
            self.row_start = *end as usize;
            *end = end.wrapping_sub(moved);
        }
        at..at
    }

    #[inline(always)]
    fn replace(&mut self, data: &mut [u8], found: Range<usize>, stand_in: StandIn) {
        self.move_down(data, found.start);
        // All eight bytes at once, where what is too much lies in what was found.
        let room = data.get_mut(self.write..found.end).unwrap_or_default();
        match room.first_chunk_mut::<8>() {
            Some(room) => *room = stand_in.bytes,
            None => room.iter_mut().zip(stand_in.bytes).take(stand_in.len).for_each(|(to, byte)| *to = byte),
        }
        self.write += stand_in.len;
        self.read = found.end;
        self.found += 1;
    }

    /// Moves `read..to` down to `write`.
    ///
    /// In strides of constant length, because a call to memmove costs more than to copy these few
    /// bytes. What is copied too far stays inside the gap, which is a stride wide.
    #[inline(always)]
    fn move_down(&mut self, data: &mut [u8], to: usize) {
        let gap = self.read - self.write;
        let len = to - self.read;
        if gap >= 64 && len <= 256 && to + 64 <= data.len() {
            strides::<64>(data, self.read, self.write, len);
        } else if gap >= 16 && len <= 256 && to + 16 <= data.len() {
            strides::<16>(data, self.read, self.write, len);
        } else if gap > 0 {
            data.copy_within(self.read..to, self.write);
        }
        self.write += len;
        self.read = to;
    }

    /// Moves the rest down; says how long the data is then, and how much was found.
    fn finish(mut self, offsets: &mut [u32], data: &mut [u8]) -> (usize, u64) {
        let moved = (self.read - self.write) as u32;
        if let Some(rest) = offsets.get_mut(self.row + 1..) {
            for offset in rest {
                *offset = offset.wrapping_sub(moved);
            }
        }
        self.move_down(data, data.len());
        (self.write, self.found)
    }
}

#[inline(always)]
fn strides<const STRIDE: usize>(data: &mut [u8], from: usize, to: usize, len: usize) {
    // Most often one is enough, and then there is no loop.
    stride::<STRIDE>(data, from, to);
    if len > STRIDE {
        for done in (STRIDE..len).step_by(STRIDE) {
            stride::<STRIDE>(data, from + done, to + done);
        }
    }
}

#[inline(always)]
fn stride<const STRIDE: usize>(data: &mut [u8], from: usize, to: usize) {
    let stride = data.get(from..).and_then(|rest| rest.first_chunk::<STRIDE>()).copied();
    let place = data.get_mut(to..).and_then(|rest| rest.first_chunk_mut::<STRIDE>());
    if let (Some(stride), Some(place)) = (stride, place) {
        *place = stride;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Patterns = Patterns { email: true, ipv4: true, ipv6: true };

    fn masked(rows: &[&str], what: Patterns) -> (Vec<String>, u64) {
        let mut data = Vec::new();
        let mut offsets = vec![0];
        for row in rows {
            data.extend_from_slice(row.as_bytes());
            offsets.push(data.len() as u32);
        }
        let found = mask(&mut offsets, &mut data, what);
        let text = String::from_utf8(data).unwrap();
        let rows = offsets.windows(2).map(|w| text[w[0] as usize..w[1] as usize].to_owned()).collect();
        (rows, found)
    }

    fn one(row: &str) -> String {
        masked(&[row], ALL).0.remove(0)
    }

    #[test]
    fn identifiers_are_replaced() {
        assert_eq!(one("from ann.b+x@mail.example.com to 192.0.2.17."), "from [mail] to [ip].");
        assert_eq!(one("a@b.cc"), "[mail]");
        assert_eq!(one("<ann@example.co.uk>;bob@example.org,"), "<[mail]>;[mail],");
        assert_eq!(
            one("a-very-long-local-part.of-an.address@and-a-very-long-domain.example.org!"),
            "[mail]!"
        );
        assert_eq!(one("ping 2001:db8::7, fe80::1 and 2001:db8:0:0:0:0:0:9."), "ping [ip], [ip] and [ip].");
        assert_eq!(one("http://192.0.2.1:8080/x"), "http://[ip]:8080/x");
        assert_eq!(one("ann@example.com2"), "[mail]2");
    }

    #[test]
    fn technical_text_stays() {
        for text in [
            "5.00.9135.1000",
            "10.0.19045.3803.1",
            "v1.2.3.4",
            "1.2.3",
            "1.2.3.256",
            "1.2.3.4567",
            "12:34:56",
            "std::string",
            "::",
            "::1",
            "user@host",
            "@example.com",
            "a@.com",
            "a@b.c",
            "",
            "00:11:22:33:44:55",
            "x.1.2.3.4",
            "1..2.3.4",
            "half 0.5",
            "C:\\a.b@",
            "é@",
            "{4ec5a9b2-1::}",
        ] {
            assert_eq!(one(text), text);
        }
    }

    #[test]
    fn an_identifier_never_crosses_rows() {
        let rows = ["ann", "@example.com", "192.0.", "2.1", "bob@example", ".com"];
        assert_eq!(masked(&rows, ALL).0, rows);
    }

    /// Whoever names a device chooses what is scanned: the time must grow with the text and no faster.
    #[test]
    fn no_text_takes_more_than_its_length() {
        let begun = std::time::Instant::now();
        for part in
            ["@", "a@", "a.", "1.", "255.255.255.", ":", "::", "a:", "1:2:", "::ffff:1.2.3.4", "0:0:0:0:"]
        {
            let text = part.repeat((1 << 19) / part.len());
            masked(&[&text, &format!("x{text}")], ALL);
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
        let address = "2001:db8:aaaa:bbbb:cccc:dddd:255.255.255.255";
        assert_eq!(one(&format!("{address}.")), "[ip].");
        let nine = "1:2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff";
        assert_eq!(one(nine), nine);
        assert_eq!(one(&format!("2001:db8::7{}", ".".repeat(100))), format!("[ip]{}", ".".repeat(100)));
    }

    #[test]
    fn only_what_was_asked_for_is_masked() {
        let text = "ann@example.com 192.0.2.1 2001:db8::1";
        let with = |email, ipv4, ipv6| masked(&[text], Patterns { email, ipv4, ipv6 }).0.remove(0);
        assert_eq!(with(false, false, false), text);
        assert_eq!(with(true, false, false), "[mail] 192.0.2.1 2001:db8::1");
        assert_eq!(with(false, true, false), "ann@example.com [ip] 2001:db8::1");
        assert_eq!(with(false, false, true), "ann@example.com 192.0.2.1 [ip]");
    }

    proptest! {
        /// A column is masked as its rows are one by one, wherever rows and blocks meet.
        #[test]
        fn rows_do_not_matter_to_each_other(rows in proptest::collection::vec("([a-c@.:1-3 é-]{0,12}|ann@example.com|192.0.2.1|2001:db8::1){0,8}", 0..30)) {
            let texts: Vec<&str> = rows.iter().map(String::as_str).collect();
            let (together, found) = masked(&texts, ALL);
            let alone: Vec<(Vec<String>, u64)> = texts.iter().map(|text| masked(&[text], ALL)).collect();
            prop_assert_eq!(together, alone.iter().map(|(rows, _)| rows[0].clone()).collect::<Vec<_>>());
            prop_assert_eq!(found, alone.iter().map(|(_, found)| found).sum::<u64>());
        }

        #[test]
        fn arbitrary_offsets_never_panic(mut offsets: Vec<u32>, mut data in proptest::collection::vec(prop_oneof![Just(b'@'), Just(b'.'), Just(b'1'), Just(b':'), any::<u8>()], 0..200)) {
            mask(&mut offsets, &mut data, ALL);
        }
    }
}
