//! The values themselves, end to end in pages: the first pages in a file once memory is short, the others here.

use std::{collections::VecDeque, io};

use crate::spill::{self, PAGE, Spill};

/// The length of a value, before its bytes.
const LEN: usize = size_of::<u16>();

/// What a look at a value tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    Yes,
    No,
    /// The page on which it lies cannot be read.
    Unread,
}

/// All values in canonical form. An offset counts the bytes of all pages, and no value lies on two.
pub struct Arena {
    /// How many pages are in the file.
    spilled: usize,
    /// Those after them, the last one being the one that is written on.
    pages: VecDeque<Vec<u8>>,
    spill: Option<Spill>,
}

impl Arena {
    pub const fn new() -> Self {
        Self { spilled: 0, pages: VecDeque::new(), spill: None }
    }

    pub fn spill_to(&mut self, spill: Spill) {
        self.spill = Some(spill);
    }

    /// What it takes of memory.
    pub fn in_memory(&self) -> usize {
        let open = self.spill.as_ref().map_or(0, |_| spill::MEMORY.min(self.spilled * PAGE));
        self.pages.len() * PAGE + open
    }

    /// What it takes of the file.
    pub const fn in_file(&self) -> u64 {
        (self.spilled * PAGE) as u64
    }

    /// What it takes more with a value of `len` bytes.
    pub fn more_with(&self, len: usize) -> usize {
        if self.pages.back().is_some_and(|page| page.len() + LEN + len <= PAGE) { 0 } else { PAGE }
    }

    /// Puts the oldest page aside. Tells whether there was one that is no longer written on, and a file for it.
    pub fn put_aside(&mut self) -> io::Result<bool> {
        let (Some(spill), Some(page), 2..) = (&self.spill, self.pages.front(), self.pages.len()) else {
            return Ok(false);
        };
        let number = u32::try_from(self.spilled).map_err(|_| io::ErrorKind::FileTooLarge)?;
        spill.write(number, page)?;
        self.spilled += 1;
        self.pages.pop_front();
        Ok(true)
    }

    /// Adds a value and says where; `None` where no more offsets are left.
    pub fn push(&mut self, value: &[u8]) -> Option<u32> {
        let len = u16::try_from(value.len()).ok()?.to_le_bytes();
        if self.more_with(value.len()) > 0 {
            self.pages.push_back(Vec::with_capacity(PAGE));
        }
        let number = self.spilled + self.pages.len().checked_sub(1)?;
        let page = self.pages.back_mut()?;
        let offset = u32::try_from(number * PAGE + page.len()).ok()?;
        page.extend(len);
        page.extend(value);
        Some(offset)
    }

    /// Whether the value at this offset is this one.
    pub fn is(&self, offset: u32, value: &[u8]) -> Same {
        let (number, at) = (offset as usize / PAGE, offset as usize % PAGE);
        let is = |page: &[u8]| {
            let there = page.get(at..).and_then(|rest| rest.split_first_chunk::<LEN>());
            let there = there.and_then(|(len, rest)| rest.get(..usize::from(u16::from_le_bytes(*len))));
            if there == Some(value) { Same::Yes } else { Same::No }
        };
        match number.checked_sub(self.spilled) {
            Some(here) => self.pages.get(here).map_or(Same::Unread, |page| is(page)),
            None => {
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                let read = self.spill.as_ref().and_then(|spill| spill.read(number, is).ok());
                read.unwrap_or(Same::Unread)
            }
        }
    }
}
