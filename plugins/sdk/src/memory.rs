//! Memory for a plugin that lives for one batch.
//!
//! A rule's instance is made, changes one batch and is thrown away. What it allocates comes from the
//! memory that it begins with, one piece after the other: asking the host for more costs more than
//! the work. What does not fit there goes to the usual allocator, so an instance that lives for a
//! whole run, as a query's does, can allocate and free as it likes.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ptr,
};

/// Pieces that were freed before the ones behind them. A column has three buffers and is freed from
/// the front; two columns and their text fit. What does not fit here is not used again.
const HOLES: usize = 8;

/// One piece after the other, from the memory that the module begins with.
pub struct HeadStart {
    next: Cell<usize>,
    end: Cell<usize>,
    /// Where freed pieces begin and end; both 0 where there is none.
    holes: [Cell<(usize, usize)>; HOLES],
}

// SAFETY: a plugin has one thread.
unsafe impl Sync for HeadStart {}

impl HeadStart {
    /// Nothing taken yet.
    pub const fn new() -> Self {
        Self { next: Cell::new(0), end: Cell::new(0), holes: [const { Cell::new((0, 0)) }; HOLES] }
    }

    /// From the end of the module's own data to the end of the memory that it begins with.
    fn begin(&self) {
        unsafe extern "C" {
            static __heap_base: u8;
        }
        self.next.set((&raw const __heap_base).addr());
        self.end.set(core::arch::wasm32::memory_size(0) << 16);
    }

    fn is_ours(&self, piece: *mut u8) -> bool {
        piece.addr() < self.end.get()
    }

    /// Takes a piece back: at once where it is the last one, later where others are behind it.
    fn free(&self, start: usize, end: usize) {
        if end != self.next.get() {
            if let Some(hole) = self.holes.iter().find(|hole| hole.get() == (0, 0)) {
                hole.set((start, end));
            }
            return;
        }
        self.next.set(start);
        while let Some(hole) = self.holes.iter().find(|hole| hole.get().1 == self.next.get()) {
            self.next.set(hole.take().0);
        }
    }
}

// SAFETY: pieces of the head start do not overlap: `next` goes past each when it is taken, and back
// only over pieces that were freed. Everything else is the usual allocator's.
unsafe impl GlobalAlloc for HeadStart {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.end.get() == 0 {
            self.begin();
        }
        let start = self.next.get().next_multiple_of(layout.align());
        match start.checked_add(layout.size()) {
            Some(end) if end <= self.end.get() => {
                self.next.set(end);
                ptr::with_exposed_provenance_mut(start)
            }
            // SAFETY: the same layout.
            _ => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        if self.is_ours(piece) {
            self.free(piece.addr(), piece.addr() + layout.size());
        } else {
            // SAFETY: it came from there.
            unsafe { System.dealloc(piece, layout) };
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !self.is_ours(piece) {
            // SAFETY: it came from there.
            return unsafe { System.realloc(piece, layout, size) };
        }
        let is_last = piece.addr() + layout.size() == self.next.get();
        if is_last && size <= self.end.get() - piece.addr() {
            self.next.set(piece.addr() + size);
            return piece;
        }
        // SAFETY: a new piece, which does not overlap the old one; at most the old one's bytes.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                ptr::copy_nonoverlapping(piece, new, layout.size().min(size));
                self.dealloc(piece, layout);
            }
            new
        }
    }
}
