//! The records of `wit/` as they cross the border.
//!
//! Written by hand rather than generated: columns go in from shared buffers without a copy on the
//! host's side, which generated types cannot express.

use std::sync::Arc;

use glasshouse_contract::{ColumnType, Context, DataClass, Field, LayoutError, Level};
use wasmtime::component::{ComponentType, Lift, Lower, Resource};

/// Marks a handle to a batch.
pub enum BatchHandle {}
/// Marks a handle to a builder.
pub enum BuilderHandle {}
/// Marks a handle to tables.
pub enum TablesHandle {}
/// Marks a handle to a request body.
pub enum BodyHandle {}

macro_rules! wire_enum {
    ($wire:ident, $ours:ident, $($case:ident $name:literal),+) => {
        #[derive(Clone, Copy, ComponentType, Lift, Lower)]
        #[component(enum)]
        #[repr(u8)]
        pub enum $wire {
            $(#[component(name = $name)] $case),+
        }

        impl From<$ours> for $wire {
            fn from(value: $ours) -> Self {
                match value { $($ours::$case => Self::$case),+ }
            }
        }
    };
}

wire_enum!(WireType, ColumnType, Text "text", Int "int", Float "float", Boolean "boolean", Timestamp "timestamp");
wire_enum!(WireClass, DataClass, Measure "measure", Category "category", Pseudonym "pseudonym",
    Identifier "identifier", Text "text", Secret "secret");
wire_enum!(WireLevel, Level, Basic "basic", Enhanced "enhanced", Full "full");

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct WireField {
    pub name: String,
    pub kind: WireType,
    pub nullable: bool,
    pub class: WireClass,
}

impl From<&Field> for WireField {
    fn from(field: &Field) -> Self {
        Self {
            name: field.name.to_string(),
            kind: field.kind.into(),
            nullable: field.nullable,
            class: field.class.into(),
        }
    }
}

/// `table.error`: what a guest is told when the host refuses, and how a guest says that it gives up.
#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub enum Refusal {
    #[component(name = "no-such-column")]
    NoSuchColumn(String),
    #[component(name = "wrong-type")]
    WrongType(String),
    #[component(name = "not-declared")]
    NotDeclared(String),
    #[component(name = "bad-layout")]
    BadLayout(String),
    #[component(name = "no-such-key")]
    NoSuchKey(String),
    #[component(name = "no-such-output")]
    NoSuchOutput(String),
    #[component(name = "limit")]
    Limit(String),
    #[component(name = "other")]
    Other(String),
}

impl Refusal {
    /// The refusal in words, for the person who looks at a run.
    pub fn words(&self) -> String {
        match self {
            Self::NoSuchColumn(text) => format!("no such column: {text}"),
            Self::WrongType(text) => format!("wrong type: {text}"),
            Self::NotDeclared(text) => format!("not declared: {text}"),
            Self::BadLayout(text) => format!("bad layout: {text}"),
            Self::NoSuchKey(text) => format!("no such key: {text}"),
            Self::NoSuchOutput(text) => format!("no such output: {text}"),
            Self::Limit(text) => format!("limit: {text}"),
            Self::Other(text) => text.clone(),
        }
    }
}

impl From<LayoutError> for Refusal {
    fn from(error: LayoutError) -> Self {
        Self::BadLayout(error.to_string())
    }
}

// Columns on their way in: the guest's memory is written straight from the shared buffers.

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct TextIn {
    pub validity: Arc<Vec<u8>>,
    pub offsets: Arc<Vec<u32>>,
    pub data: Arc<Vec<u8>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct IntIn {
    pub validity: Arc<Vec<u8>>,
    pub values: Arc<Vec<i64>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct FloatIn {
    pub validity: Arc<Vec<u8>>,
    pub values: Arc<Vec<f64>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct BooleanIn {
    pub validity: Arc<Vec<u8>>,
    pub bits: Arc<Vec<u8>>,
}

// Columns on their way out: one copy, then checked and kept.

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct TextOut {
    pub validity: Vec<u8>,
    pub offsets: Vec<u32>,
    pub data: Vec<u8>,
}

impl TextOut {
    pub fn size(&self) -> usize {
        self.validity.len() + size_of_val(&*self.offsets) + self.data.len()
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct IntOut {
    pub validity: Vec<u8>,
    pub values: Vec<i64>,
}

impl IntOut {
    pub fn size(&self) -> usize {
        self.validity.len() + size_of_val(&*self.values)
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct FloatOut {
    pub validity: Vec<u8>,
    pub values: Vec<f64>,
}

impl FloatOut {
    pub fn size(&self) -> usize {
        self.validity.len() + size_of_val(&*self.values)
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct BooleanOut {
    pub validity: Vec<u8>,
    pub bits: Vec<u8>,
}

impl BooleanOut {
    pub fn size(&self) -> usize {
        self.validity.len() + self.bits.len()
    }
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct WireSetting {
    pub name: String,
    pub value: String,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct WireContext {
    pub run: String,
    #[component(name = "scheduled-us")]
    pub scheduled_us: i64,
    pub level: WireLevel,
    pub site: String,
    pub hierarchy: String,
    pub settings: Vec<WireSetting>,
    pub state: Vec<u8>,
}

impl From<&Context> for WireContext {
    fn from(context: &Context) -> Self {
        Self {
            run: context.run.clone(),
            scheduled_us: context.scheduled_us,
            level: context.level.into(),
            site: context.site.clone(),
            hierarchy: context.hierarchy.clone(),
            settings: context
                .settings
                .iter()
                .map(|(name, value)| WireSetting { name: name.to_string(), value: value.clone() })
                .collect(),
            state: context.state.clone(),
        }
    }
}

#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub struct WireTarget {
    pub need: u32,
    pub column: u32,
}

#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "made by lifting it out of a guest")]
pub enum WireSeverity {
    #[component(name = "info")]
    Info,
    #[component(name = "warning")]
    Warning,
}

#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "made by lifting it out of a guest")]
pub enum WireFormat {
    #[component(name = "json")]
    Json,
    #[component(name = "ndjson")]
    Ndjson,
    #[component(name = "csv")]
    Csv,
}

wasmtime::component::flags! {
    WirePatterns {
        #[component(name = "email")]
        const EMAIL;
        #[component(name = "ipv4")]
        const IPV4;
        #[component(name = "ipv6")]
        const IPV6;
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct WireSearch {
    pub kinds: Vec<String>,
    pub domains: Vec<String>,
    #[component(name = "host-prefixes")]
    pub host_prefixes: Vec<String>,
}

#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub struct WireHeader {
    pub name: String,
    pub value: String,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct WireRequest {
    pub endpoint: String,
    pub path: String,
    pub headers: Vec<WireHeader>,
    pub body: Resource<BodyHandle>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct WireResponse {
    pub status: u16,
    pub headers: Vec<WireHeader>,
    pub body: Vec<u8>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub enum WireOutcome {
    #[component(name = "accepted")]
    Accepted,
    #[component(name = "retry-after-s")]
    RetryAfter(u32),
    #[component(name = "rejected")]
    Rejected(String),
    #[component(name = "next")]
    Next(u32),
}
