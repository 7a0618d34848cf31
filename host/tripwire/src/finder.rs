//! Known values in bytes: layer by layer, the bytes as they are, then what is encoded in them.

use std::collections::BTreeMap;

use crate::{
    arena::Same,
    canonical::{ATOMS, after_gap, atom_end, next_atom, push, push_atom, push_gap},
    decode::{self, Part, Unescaped},
    hit::Encoding,
    known::Kept,
    runs::{atom, base64, runs},
    words::Words,
};

/// Layers under the bytes as they are. A value as Base64 of UTF-16 is two; in JSON in JSON, in a body that is
/// Base64 in lines in JSON, it has six.
const LAYERS: usize = 6;
/// How many bytes may be decoded for each byte of a text, over all layers. Text that people and programs write
/// takes less than three, and more where all of it is encoded again; whoever writes text to keep the host busy, or the value unseen, is told of.
const DECODED: usize = 32;

/// The longest atom that is looked for in the middle of another, in bytes.
const WORD: usize = 512;
/// The shortest whole line of Base64: MIME has 76 characters, PEM 64.
const LINE: usize = 48;

/// Looks for known values, and counts what it finds by how it was written.
pub struct Finder<'a> {
    known: &'a Kept,
    words: Option<&'a Words>,
    pub found: BTreeMap<Encoding, u64>,
    /// How many have a known value's fingerprint and could not be compared with it.
    pub not_confirmed: u64,
    /// How many texts had more encoded in them than was decoded.
    pub not_all_read: u64,
    left: usize,
    exhausted: bool,
    gap: Vec<u8>,
    folded: Vec<u8>,
}

/// Bytes that are looked at.
#[derive(Clone, Copy)]
struct Layer<'a> {
    bytes: &'a [u8],
    /// How the outermost of the layers above was written.
    outer: Option<Encoding>,
    /// Where the bytes differ from the layer above; elsewhere they were looked at already.
    changed: Option<&'a Unescaped>,
    depth: usize,
    /// Whether the bytes are a cell, in which short values count where they are all of it.
    cell: bool,
}

impl Layer<'_> {
    /// How what is here is written; `None` where it was looked at in the layer above.
    fn written(&self, start: usize, end: usize) -> Option<Encoding> {
        self.written_after(start, start, end)
    }

    /// The same for what has to do with an escape that begins at `from`, before it.
    fn written_after(&self, from: usize, start: usize, end: usize) -> Option<Encoding> {
        match self.changed {
            Some(changed) if !changed.only_here(start, end) => None,
            Some(changed) => changed.touched(from, end).map(|inner| self.outer.unwrap_or(inner)),
            None => Some(self.outer.unwrap_or(Encoding::Plain)),
        }
    }
}

impl<'a> Finder<'a> {
    pub const fn new(known: &'a Kept, words: Option<&'a Words>) -> Self {
        Self {
            known,
            words,
            found: BTreeMap::new(),
            not_confirmed: 0,
            not_all_read: 0,
            left: 0,
            exhausted: false,
            gap: Vec::new(),
            folded: Vec::new(),
        }
    }

    /// Looks through a text. `cell`: short values count where they are all of it.
    pub fn look(&mut self, bytes: &[u8], cell: bool) {
        self.left = bytes.len().saturating_mul(DECODED);
        self.exhausted = false;
        self.layer(Layer { bytes, outer: None, changed: None, depth: 0, cell });
        self.not_all_read += u64::from(self.exhausted);
    }

    /// Looks whether a number is known.
    pub fn look_at_number(&mut self, number: i64) {
        let mut digits = [0; 20];
        let mut from = digits.len();
        let mut left = number.unsigned_abs();
        loop {
            from -= 1;
            if let Some(digit) = digits.get_mut(from) {
                *digit = b'0' + (left % 10) as u8;
            }
            left /= 10;
            if left == 0 {
                break;
            }
        }
        let layer = Layer {
            bytes: digits.get(from..).unwrap_or_default(),
            outer: None,
            changed: None,
            depth: LAYERS,
            cell: true,
        };
        self.atoms(layer);
    }

    fn layer(&mut self, layer: Layer<'_>) {
        self.atoms(layer);
        if layer.depth == LAYERS {
            return;
        }
        let partial = layer.changed.is_some_and(Unescaped::is_partial);
        decode::escaped(layer.bytes, |part| {
            self.glued(layer, part);
            for unescaped in part.readings(partial) {
                if self.may_decode(unescaped.text.len()) {
                    let below = Layer { changed: Some(&unescaped), bytes: &unescaped.text, ..layer };
                    self.layer(Layer { depth: layer.depth + 1, cell: false, ..below });
                }
            }
        });
        // What is read in part was read for the sake of values that hold a stroke, which these cannot.
        if partial {
            return;
        }
        let mut lines = Lines::default();
        runs(layer.bytes, base64, |start, end| {
            if end - start >= decode::BASE64 && layer.written(start, end).is_some() {
                self.encoded(layer, start, end);
            }
            if !lines.go_on(layer.bytes, start, end) {
                if !lines.joined.is_empty() {
                    self.joined(layer, &lines);
                    lines.joined.clear();
                }
                (lines.from, lines.to, lines.last) = (start, end, start);
            }
        });
        if !lines.joined.is_empty() {
            self.joined(layer, &lines);
        }
        // Escapes are made of paths too: `bin\\x86` holds a byte that is no text.
        let least = if layer.changed.is_some() { 3 } else { 1 };
        decode::maybe_utf16(layer.bytes, least, |bytes| {
            for (from, big) in [(0, false), (0, true), (1, false), (1, true)] {
                if self.may_decode(bytes.len()) {
                    self.below(layer, Encoding::Utf16, &decode::utf16(bytes, from, big));
                }
            }
        });
    }

    /// Values that hold what could be an escape and is none, behind what is one: `\nCONTOSO\nina`.
    fn glued(&mut self, layer: Layer<'_>, part: &Part<'_>) {
        for (escape, start) in part.glued() {
            let end = atom_end(layer.bytes, start);
            if end > start {
                self.folded.clear();
                push_atom(layer.bytes.get(start..end).unwrap_or_default(), &mut self.folded);
                let fingerprint = self.known.key().atom(&self.folded);
                if self.known.may_begin(fingerprint)
                    && let Some((end, confirmed)) = self.longest(layer, start, end, fingerprint)
                    && part.has_one(start, end)
                    && let Some(encoding) = layer.written_after(escape, start, end)
                {
                    self.count(layer, start, end, encoding, confirmed);
                }
            }
        }
    }

    /// What was decoded out of a layer is the next one.
    fn below(&mut self, layer: Layer<'_>, encoding: Encoding, bytes: &[u8]) {
        let outer = Some(layer.outer.unwrap_or(encoding));
        self.layer(Layer { bytes, outer, changed: None, depth: layer.depth + 1, cell: false });
    }

    fn may_decode(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => self.exhausted = true,
        }
        !self.exhausted
    }

    #[inline(always)]
    fn atoms(&mut self, layer: Layer<'_>) {
        let mut done = 0;
        runs(layer.bytes, atom, |start, end| {
            if start < done {
                return;
            }
            match self.known.key().plain_atom(layer.bytes, start, end) {
                Some(fingerprint) if !self.known.may_begin(fingerprint) => {}
                Some(fingerprint) => done = self.follow(layer, start, end, fingerprint).unwrap_or(done),
                None => done = self.folded_atoms(layer, start, end),
            }
        });
    }

    /// Atoms that are long or not of ASCII alone. Characters outside of ASCII that are no letters part them.
    #[cold]
    fn folded_atoms(&mut self, layer: Layer<'_>, from: usize, to: usize) -> usize {
        let mut at = from;
        let run = layer.bytes.get(..to).unwrap_or_default();
        while let Some(start) = next_atom(run, at) {
            let end = atom_end(layer.bytes, start);
            self.folded.clear();
            push_atom(layer.bytes.get(start..end).unwrap_or_default(), &mut self.folded);
            let fingerprint = self.known.key().atom(&self.folded);
            at = end;
            if self.known.may_begin(fingerprint) {
                at = self.follow(layer, start, end, fingerprint).unwrap_or(end);
            }
        }
        at
    }

    /// Counts what `longest` finds, and says where it ends.
    fn follow(&mut self, layer: Layer<'_>, start: usize, end: usize, fingerprint: u64) -> Option<usize> {
        let (end, confirmed) = self.longest(layer, start, end, fingerprint)?;
        if let Some(encoding) = layer.written(start, end) {
            self.count(layer, start, end, encoding, confirmed);
        }
        Some(end)
    }

    fn count(&mut self, layer: Layer<'_>, start: usize, end: usize, encoding: Encoding, confirmed: bool) {
        let own = |words: &Words| words.cover(layer.bytes, start, end) && !is_all_of(layer, start, end);
        if self.words.is_some_and(own) {
            return;
        }
        match confirmed {
            true => *self.found.entry(encoding).or_default() += 1,
            false => self.not_confirmed += 1,
        }
    }

    /// Follows the text from its atom at `start` on, as long as a value goes on with it: where the longest one
    /// ends that counts here, and whether it could be compared.
    fn longest(
        &mut self,
        layer: Layer<'_>,
        start: usize,
        end: usize,
        fingerprint: u64,
    ) -> Option<(usize, bool)> {
        let known = self.known;
        let (mut end, mut fingerprint) = (end, fingerprint);
        // How far values go on is known from their first two atoms.
        let mut furthest = 0;
        let mut longest = None;
        for atoms in 1..=ATOMS {
            if atoms <= 2 {
                furthest = 0;
            }
            for entry in known.entries(fingerprint) {
                furthest = furthest.max(entry.goes_on().filter(|_| atoms <= 2).unwrap_or_default());
                if entry.is_value() && (!entry.is_whole_only() || is_all_of(layer, start, end)) {
                    self.folded.clear();
                    push(layer.bytes, start, end, &mut self.folded);
                    match known.is(entry, &self.folded) {
                        Same::Yes => longest = Some((end, true)),
                        Same::Unread => longest = Some((end, false)),
                        Same::No => {}
                    }
                }
            }
            if furthest <= atoms {
                break;
            }
            let Some(next) = after_gap(layer.bytes, end) else { break };
            self.gap.clear();
            push_gap(layer.bytes.get(end..next).unwrap_or_default(), &mut self.gap);
            end = atom_end(layer.bytes, next);
            self.folded.clear();
            push_atom(layer.bytes.get(next..end).unwrap_or_default(), &mut self.folded);
            fingerprint = known.key().chain(fingerprint, &self.gap, known.key().atom(&self.folded));
        }
        longest
    }

    /// What could be Base64 or hex. Characters that part words are of Base64 too: each part is looked at
    /// by itself, and from each part on to the end, which is decoded in four ways at most.
    fn encoded(&mut self, layer: Layer<'_>, start: usize, end: usize) {
        let Some(run) = layer.bytes.get(start..end) else { return };
        let joint = |byte: &u8| !byte.is_ascii_alphanumeric();
        let mut decoded: [Option<(usize, Vec<u8>)>; 4] = [const { None }; 4];
        let mut from = 0;
        while from < run.len() {
            let rest = run.get(from..).unwrap_or_default();
            let len = rest.iter().position(joint).unwrap_or(rest.len());
            let part = rest.get(..len).unwrap_or_default();
            if len >= decode::HEX
                && let Some(bytes) = decode::hex(part).filter(|bytes| self.may_decode(bytes.len()))
            {
                self.below(layer, Encoding::Hex, &bytes);
            }
            if len >= decode::BASE64
                && len < rest.len()
                && let Some(bytes) = decode::base64(part).filter(|bytes| self.may_decode(bytes.len()))
            {
                self.below(layer, Encoding::Base64, &bytes);
            }
            if rest.len() >= decode::BASE64 {
                self.rest_of_run(layer, rest, from, &mut decoded);
            }
            from += len + 1;
        }
    }

    /// What could be Base64 that was cut into lines. Each line was looked at by itself, and goes on in the next.
    fn joined(&mut self, layer: Layer<'_>, lines: &Lines) {
        if layer.written(lines.from, lines.to).is_some()
            && let Some(bytes) = decode::base64(&lines.joined).filter(|bytes| self.may_decode(bytes.len()))
        {
            self.below(layer, Encoding::Base64, &bytes);
        }
    }

    fn rest_of_run(
        &mut self,
        layer: Layer<'_>,
        rest: &[u8],
        from: usize,
        decoded: &mut [Option<(usize, Vec<u8>)>; 4],
    ) {
        let Some(decoded) = decoded.get_mut(from % 4) else { return };
        if let Some((begun, bytes)) = decoded {
            // Looked through already, but for what is no beginning of an atom there and is one here.
            let at = (from - *begun) / 4 * 3;
            let below = Layer {
                bytes,
                outer: Some(layer.outer.unwrap_or(Encoding::Base64)),
                changed: None,
                depth: layer.depth + 1,
                cell: false,
            };
            // No further than a word can be: there may be as many strokes in one as it has letters.
            let near = bytes.get(..bytes.len().min(at + WORD)).unwrap_or_default();
            let end = atom_end(near, at);
            let glued = at.checked_sub(1).is_some_and(|before| atom_end(near, before) == end);
            if glued && (at + 1..at + WORD).contains(&end) {
                self.folded.clear();
                push_atom(bytes.get(at..end).unwrap_or_default(), &mut self.folded);
                let fingerprint = self.known.key().atom(&self.folded);
                self.follow(below, at, end, fingerprint);
            }
        } else if let Some(bytes) = decode::base64(rest).filter(|bytes| self.may_decode(bytes.len())) {
            self.below(layer, Encoding::Base64, &bytes);
            *decoded = Some((from, bytes));
        }
    }
}

/// Lines of Base64 without what parts them.
#[derive(Default)]
struct Lines {
    from: usize,
    to: usize,
    /// Where the last line begins.
    last: usize,
    /// Nothing, where there is one line.
    joined: Vec<u8>,
}

impl Lines {
    /// Takes in a run, where it is on the line after a whole one.
    fn go_on(&mut self, bytes: &[u8], start: usize, end: usize) -> bool {
        let len = self.to - self.last;
        let next = len >= LINE
            && len.is_multiple_of(4)
            && matches!(bytes.get(self.to..start), Some(b"\n" | b"\r\n"));
        if next {
            if self.joined.is_empty() {
                self.joined.extend(bytes.get(self.last..self.to).unwrap_or_default());
            }
            self.joined.extend(bytes.get(start..end).unwrap_or_default());
            (self.last, self.to) = (start, end);
        }
        next
    }
}

/// Whether from the first atom of a cell to its last.
fn is_all_of(layer: Layer<'_>, start: usize, end: usize) -> bool {
    // The end first: it is told by the next character but for the last atom, whatever comes before the first.
    layer.cell && next_atom(layer.bytes, end).is_none() && next_atom(layer.bytes, 0) == Some(start)
}
