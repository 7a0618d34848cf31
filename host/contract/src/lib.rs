//! What the host and its plugins agree on: tables, classes, levels, manifests, names.
//!
//! Everything here is a value that was parsed at the border and cannot be wrong afterwards.
//! What may not come in: wasmtime, SQL, files, sockets, clocks. This crate imports none of
//! the other rooms.

#![forbid(unsafe_code)]

mod api;
mod asks;
mod batch;
mod class;
mod column;
mod digest;
mod endpoint;
mod fault;
mod leaf;
mod level;
mod limits;
mod manifest;
mod name;
mod one_way;
mod pin;
mod recording;
mod run;
mod shown;

pub use api::{API, Api, ApiMismatch};
pub use asks::{Ask, Asks, BadAsk};
pub use batch::{Batch, BatchError, ColumnType, Field, Schema, Table};
pub use class::DataClass;
pub use column::{
    BooleanColumn, Column, ColumnBuilder, FloatColumn, IntColumn, LayoutError, TextColumn, Validity,
};
pub use digest::{BadDigest, Digest, hex_digits};
pub use endpoint::{BadHost, Endpoint, EndpointHosts};
pub use fault::{Fault, FaultKind};
pub use leaf::{BadLeaf, LEAF_LEN, Leaf, LeafKind, words_digest};
pub use level::Level;
pub use limits::{LimitName, Limits};
pub use manifest::{
    Access, Becomes, ColumnSpec, Kind, KindSpec, Manifest, ManifestError, Need, Output, QuerySpec, RuleSpec,
    Sample, Scope, SettingSpec, Statement, TargetSpec,
};
pub use name::{BadName, ColumnName, Name, PluginId, PseudonymKeyId};
pub use one_way::{one_way_digest, one_way_hash};
pub use pin::{BadPin, Pin};
pub use recording::{RecordedTable, RecordingError};
pub use run::{
    Body, CHECKPOINT_HEADER, Context, ID_HEADER, Outcome, Request, Response, TRANSPORT_HEADERS, sealed_bytes,
};
pub use shown::{is_hidden, shown};

/// The name of the custom section that holds a plugin's manifest.
pub const MANIFEST_SECTION: &str = "glasshouse:manifest";
/// The name of the custom section that holds a plugin's signatures; always the last one.
pub const SIGNATURES_SECTION: &str = "glasshouse:signatures";
