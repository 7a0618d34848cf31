use std::fmt;

use serde::{Deserialize, Serialize};

/// What is limited. One name for the manifest, the error and the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitName {
    /// Mebibytes of all memories and tables of an instance together.
    MemoryMib,
    /// Milliseconds of processor time in one call.
    CpuMs,
    /// Milliseconds from the start of a call to its end.
    WallMs,
    /// Calls from the plugin to the host in one call.
    HostCalls,
    /// Rows given back in one run.
    RowsOut,
    /// Mebibytes that the host keeps for a plugin at one time: handed over, whether or not they are
    /// given back in the end, and not taken further yet.
    OutMib,
    /// Handles held at one time.
    Handles,
    /// Columns of one batch.
    Columns,
    /// Kibibytes of state carried to the next run.
    StateKib,
    /// Diagnostic lines in one run.
    LogLines,
    /// Requests rendered in one run.
    Requests,
    /// Mebibytes of one request's body.
    BodyMib,
    /// Steps that `interpret` may take for one delivery.
    Steps,
}

/// How much a plugin may use. A manifest asks for other numbers where these do not fit; what a
/// plugin gets is what its grant covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// See [`LimitName::MemoryMib`].
    pub memory_mib: u64,
    /// See [`LimitName::CpuMs`].
    pub cpu_ms: u64,
    /// See [`LimitName::WallMs`].
    pub wall_ms: u64,
    /// See [`LimitName::HostCalls`].
    pub host_calls: u64,
    /// See [`LimitName::RowsOut`].
    pub rows_out: u64,
    /// See [`LimitName::OutMib`].
    pub out_mib: u64,
    /// See [`LimitName::Handles`].
    pub handles: u64,
    /// See [`LimitName::Columns`].
    pub columns: u64,
    /// See [`LimitName::StateKib`].
    pub state_kib: u64,
    /// See [`LimitName::LogLines`].
    pub log_lines: u64,
    /// See [`LimitName::Requests`].
    pub requests: u64,
    /// See [`LimitName::BodyMib`].
    pub body_mib: u64,
    /// See [`LimitName::Steps`].
    pub steps: u64,
}

impl Limits {
    /// What a plugin gets without asking. An 8,192-row batch needs about 2 MiB and 1 ms; these
    /// leave two orders of magnitude and still end a runaway before anybody notices.
    pub const DEFAULT: Self = Self {
        memory_mib: 64,
        cpu_ms: 2_000,
        wall_ms: 10_000,
        host_calls: 100_000,
        rows_out: 10_000_000,
        out_mib: 1_024,
        handles: 1_024,
        columns: 256,
        state_kib: 256,
        log_lines: 200,
        requests: 1_000,
        body_mib: 16,
        steps: 10_000,
    };

    /// What no manifest can ask for more than. Memory: JavaScript and Python guests need 256 MiB;
    /// the pool reserves slots of this size.
    pub const CEILING: Self = Self {
        memory_mib: 1_024,
        cpu_ms: 60_000,
        wall_ms: 300_000,
        host_calls: 10_000_000,
        rows_out: 100_000_000,
        out_mib: 16_384,
        handles: 65_536,
        columns: 1_024,
        state_kib: 16_384,
        log_lines: 10_000,
        requests: 100_000,
        body_mib: 256,
        steps: 1_000_000,
    };

    /// Each limit with its value.
    #[must_use]
    pub const fn each(&self) -> [(LimitName, u64); 13] {
        [
            (LimitName::MemoryMib, self.memory_mib),
            (LimitName::CpuMs, self.cpu_ms),
            (LimitName::WallMs, self.wall_ms),
            (LimitName::HostCalls, self.host_calls),
            (LimitName::RowsOut, self.rows_out),
            (LimitName::OutMib, self.out_mib),
            (LimitName::Handles, self.handles),
            (LimitName::Columns, self.columns),
            (LimitName::StateKib, self.state_kib),
            (LimitName::LogLines, self.log_lines),
            (LimitName::Requests, self.requests),
            (LimitName::BodyMib, self.body_mib),
            (LimitName::Steps, self.steps),
        ]
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MemoryMib => "memory_mib",
            Self::CpuMs => "cpu_ms",
            Self::WallMs => "wall_ms",
            Self::HostCalls => "host_calls",
            Self::RowsOut => "rows_out",
            Self::OutMib => "out_mib",
            Self::Handles => "handles",
            Self::Columns => "columns",
            Self::StateKib => "state_kib",
            Self::LogLines => "log_lines",
            Self::Requests => "requests",
            Self::BodyMib => "body_mib",
            Self::Steps => "steps",
        })
    }
}
