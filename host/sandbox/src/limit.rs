use glasshouse_contract::{LimitName, Limits};

/// A plugin asked for more than it may use. Every limit is reported by this one error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limit `{name}` is {limit}: {current} in use and {requested} more asked for")]
pub struct LimitExceeded {
    /// Which limit.
    pub name: LimitName,
    /// How much is allowed.
    pub limit: u64,
    /// How much was in use.
    pub current: u64,
    /// How much more was asked for.
    pub requested: u64,
}

/// Adds `requested` to `used`, unless that is more than the limit allows.
pub(crate) fn take(name: LimitName, limit: u64, used: &mut u64, requested: u64) -> Result<(), LimitExceeded> {
    match used.checked_add(requested) {
        Some(sum) if sum <= limit => {
            *used = sum;
            Ok(())
        }
        _ => Err(LimitExceeded { name, limit, current: *used, requested }),
    }
}

/// Bytes of all memories and tables of one store together.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limit_mib: u64,
    used: u64,
}

const MIB: u64 = 1 << 20;

impl MemoryMeter {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self { limit_mib: limits.memory_mib, used: 0 }
    }

    fn grow(&mut self, from: usize, to: usize, unit: u64) -> wasmtime::Result<bool> {
        let requested = (to.saturating_sub(from) as u64).saturating_mul(unit);
        let sum = self.used.saturating_add(requested);
        if sum > self.limit_mib * MIB {
            // A trap rather than a -1: a guest that hides the shortage would fail later, and worse.
            return Err(LimitExceeded {
                name: LimitName::MemoryMib,
                limit: self.limit_mib,
                current: self.used.div_ceil(MIB),
                requested: requested.div_ceil(MIB),
            }
            .into());
        }
        self.used = sum;
        Ok(true)
    }
}

impl wasmtime::ResourceLimiter for MemoryMeter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.grow(current, desired, 1)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // A table's element is a pointer.
        self.grow(current, desired, 8)
    }
}
