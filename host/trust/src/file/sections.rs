//! The sections of a WebAssembly binary, one after the other, without looking into them.

use std::ops::Range;

/// `\0asm`, version 13, layer 1: a component.
pub(super) const COMPONENT_HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";
/// `\0asm`, version 1, layer 0: a core module.
pub(super) const MODULE_HEADER: [u8; 8] = *b"\0asm\x01\0\0\0";

pub(super) const CUSTOM: u8 = 0;
pub(super) const CORE_MODULE: u8 = 1;
pub(super) const COMPONENT: u8 = 4;
pub(super) const IMPORT: u8 = 10;
pub(super) const EXPORT: u8 = 11;

/// How a length may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lengths {
    /// In as few bytes as it takes.
    Shortest,
    /// Padded with zeros too, as LLVM does in the core modules that it writes.
    Padded,
}

/// One section; positions are those in the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) id: u8,
    /// Where its id is.
    pub(super) start: usize,
    /// Where its content is.
    pub(super) content: Range<usize>,
}

/// Why there is no further section where there should be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadSection {
    /// It goes on for so many bytes more than there are.
    PastEnd { start: usize, missing: usize },
    /// Its length is not written in as few bytes as it takes.
    PaddedLength { start: usize },
    /// Its length has more than 32 bits.
    LongLength { start: usize },
}

/// The sections within a range of a file.
#[derive(Clone, Debug)]
pub(super) struct Sections<'a> {
    bytes: &'a [u8],
    at: usize,
    lengths: Lengths,
}

impl<'a> Sections<'a> {
    /// The sections in `bytes[range]`; the range begins after the header.
    pub(super) fn new(bytes: &'a [u8], range: Range<usize>, lengths: Lengths) -> Self {
        Self { bytes: bytes.get(..range.end).unwrap_or(bytes), at: range.start, lengths }
    }

    /// The next section; `None` at the end. After an error there is none.
    pub(super) fn next(&mut self) -> Option<Result<Section, BadSection>> {
        let start = self.at;
        let id = *self.bytes.get(start)?;
        let section = read_u32(self.bytes, start + 1, self.lengths)
            .map_err(|bad| match bad {
                BadLength::PastEnd => BadSection::PastEnd { start, missing: 1 },
                BadLength::Padded => BadSection::PaddedLength { start },
                BadLength::Long => BadSection::LongLength { start },
            })
            .and_then(|(length, content)| {
                let length = length as usize;
                let left = self.bytes.len().saturating_sub(content);
                match length.checked_sub(left) {
                    None | Some(0) => Ok(Section { id, start, content: content..content + length }),
                    Some(missing) => Err(BadSection::PastEnd { start, missing }),
                }
            });
        self.at = section.as_ref().map_or(self.bytes.len(), |section| section.content.end);
        Some(section)
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadLength {
    PastEnd,
    Padded,
    Long,
}

/// An unsigned LEB128 number of at most 32 bits, and where it ends.
pub(super) fn read_u32(bytes: &[u8], at: usize, lengths: Lengths) -> Result<(u32, usize), BadLength> {
    let mut value = 0_u32;
    for index in 0..5_usize {
        let byte = *bytes.get(at + index).ok_or(BadLength::PastEnd)?;
        let bits = u32::from(byte & 0x7f);
        // The fifth byte has room for the last four bits.
        if index == 4 && byte > 0x0f {
            return Err(BadLength::Long);
        }
        value |= bits << (7 * index);
        if byte & 0x80 == 0 {
            let padded = index > 0 && bits == 0;
            return match (padded, lengths) {
                (true, Lengths::Shortest) => Err(BadLength::Padded),
                _ => Ok((value, at + index + 1)),
            };
        }
    }
    Err(BadLength::Long)
}

/// A custom section's name and where its content begins; `None` where the name cannot be read.
pub(super) fn custom_name<'a>(
    bytes: &'a [u8],
    section: &Section,
    lengths: Lengths,
) -> Option<(&'a str, Range<usize>)> {
    let within = bytes.get(..section.content.end)?;
    let (length, name_at) = read_u32(within, section.content.start, lengths).ok()?;
    let name_end = name_at.checked_add(length as usize)?;
    let name = str::from_utf8(within.get(name_at..name_end)?).ok()?;
    Some((name, name_end..section.content.end))
}

/// Writes a custom section at the end.
pub(super) fn append_custom(bytes: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut named = Vec::with_capacity(content.len() + name.len() + 5);
    push_length(&mut named, name.len());
    named.extend_from_slice(name.as_bytes());
    named.extend_from_slice(content);
    bytes.push(CUSTOM);
    push_length(bytes, named.len());
    bytes.append(&mut named);
}

/// A length in as few bytes as it takes. One beyond 32 bits is refused when it is read back.
fn push_length(bytes: &mut Vec<u8>, mut length: usize) {
    loop {
        let bits = (length & 0x7f) as u8;
        length >>= 7;
        if length == 0 {
            bytes.push(bits);
            return;
        }
        bytes.push(bits | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_length_reads_back(length: u32) {
            let mut bytes = Vec::new();
            push_length(&mut bytes, length as usize);
            prop_assert_eq!(read_u32(&bytes, 0, Lengths::Shortest), Ok((length, bytes.len())));
            for end in 0..bytes.len() {
                prop_assert_eq!(read_u32(&bytes[..end], 0, Lengths::Padded), Err(BadLength::PastEnd));
            }
        }

        #[test]
        fn sections_read_back(contents in prop::collection::vec(("[a-z:]{0,9}", prop::collection::vec(any::<u8>(), 0..300)), 0..8)) {
            let mut bytes = COMPONENT_HEADER.to_vec();
            for (name, content) in &contents {
                append_custom(&mut bytes, name, content);
            }
            let mut sections = Sections::new(&bytes, 8..bytes.len(), Lengths::Shortest);
            let mut end = 8;
            for (name, content) in &contents {
                let section = sections.next().unwrap().unwrap();
                prop_assert_eq!(section.start, end);
                let (found, range) = custom_name(&bytes, &section, Lengths::Shortest).unwrap();
                prop_assert_eq!((found, &bytes[range.clone()]), (name.as_str(), content.as_slice()));
                end = range.end;
            }
            prop_assert_eq!(sections.next(), None);
        }

        /// Whatever the bytes are: sections follow each other without gaps, within the range, and
        /// the scan ends.
        #[test]
        fn any_bytes_give_adjacent_sections_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), padded: bool) {
            let lengths = if padded { Lengths::Padded } else { Lengths::Shortest };
            let mut sections = Sections::new(&bytes, 0..bytes.len(), lengths);
            let mut end = 0;
            while let Some(next) = sections.next() {
                match next {
                    Ok(section) => {
                        prop_assert_eq!(section.start, end);
                        prop_assert!(section.content.start > section.start && section.content.end <= bytes.len());
                        end = section.content.end;
                    }
                    Err(_) => {
                        prop_assert_eq!(sections.next(), None);
                        return Ok(());
                    }
                }
            }
            prop_assert_eq!(end, bytes.len());
        }
    }

    #[test]
    fn a_padded_length_is_read_only_where_it_may_be() {
        assert_eq!(read_u32(&[0x81, 0x00], 0, Lengths::Shortest), Err(BadLength::Padded));
        assert_eq!(read_u32(&[0x81, 0x00], 0, Lengths::Padded), Ok((1, 2)));
        assert_eq!(read_u32(&[0xff, 0xff, 0xff, 0xff, 0x0f], 0, Lengths::Shortest), Ok((u32::MAX, 5)));
        assert_eq!(read_u32(&[0xff, 0xff, 0xff, 0xff, 0x1f], 0, Lengths::Shortest), Err(BadLength::Long));
        assert_eq!(read_u32(&[0x80; 6], 0, Lengths::Padded), Err(BadLength::Long));
    }
}
