//! The rule in the Vector Remap Language, run by its own crate without Vector around it.
//!
//! VRL takes a row as one event, a tree of values. Events are made before the clock runs and dropped
//! after it: what is timed is the program alone, which is the kindest way to look at it.

use std::collections::BTreeMap;

use glasshouse_contract::{Batch, Column, ColumnBuilder};
use vrl::{
    compiler::{Program, TargetValue, TimeZone, compile, runtime::Runtime},
    value::{KeyString, Secrets, Value},
};

use crate::{Failed, native::KEY};

const MASK: &str = r#"
if is_string(.message) {
    message = redact(string!(.message),
        filters: [r'[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}'],
        redactor: {"type": "text", "replacement": "[mail]"})
    .message = redact(message,
        filters: [r'\b(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\b'],
        redactor: {"type": "text", "replacement": "[ip]"})
}
del(.bytes)
"#;
const PSEUDONYMIZE: &str = r#"
if is_string(.user) {
    .user = slice!(encode_base16(hmac(string!(.user), "KEY", algorithm: "SHA-256")), 0, 32)
}
"#;

/// A compiled program.
pub struct Remap {
    program: Program,
    runtime: Runtime,
    timezone: TimeZone,
}

impl Remap {
    pub fn mask() -> Result<Self, Failed> {
        Self::new(MASK)
    }

    pub fn full() -> Result<Self, Failed> {
        let key = std::str::from_utf8(&KEY)?;
        Self::new(&format!("{MASK}{}", PSEUDONYMIZE.replace("KEY", key)))
    }

    fn new(source: &str) -> Result<Self, Failed> {
        let compiled = compile(source, &vrl::stdlib::all())
            .map_err(|diagnostics| format!("VRL refuses the program: {diagnostics:?}"))?;
        Ok(Self { program: compiled.program, runtime: Runtime::default(), timezone: TimeZone::default() })
    }

    /// Changes one event.
    fn apply(&mut self, event: &mut TargetValue) -> Result<(), Failed> {
        self.runtime.clear();
        match self.runtime.resolve(event, &self.program, &self.timezone) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("the VRL program fails: {error}").into()),
        }
    }

    /// The rule's result as a table, to compare.
    pub fn table(mut self, batch: &Batch) -> Result<Batch, Failed> {
        let mut events = events(batch);
        for event in &mut events {
            self.apply(event)?;
        }
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (field, column) in batch.iter() {
            let name = field.name.as_str();
            if events.iter().all(|event| value(event, name).is_none()) {
                continue;
            }
            fields.push(field.clone());
            let Column::Text(_) = column else {
                columns.push(column.clone());
                continue;
            };
            let mut builder = ColumnBuilder::new(field.kind, events.len());
            for event in &events {
                match value(event, name).and_then(Value::to_str_lossy) {
                    Some(text) => builder.push_text(&text),
                    None => builder.push_null(),
                }
            }
            columns.push(builder.finish());
        }
        Ok(Batch::new(glasshouse_contract::Schema::new(fields)?.into(), batch.rows(), columns)?)
    }

    /// The same rows, `passes` times over.
    pub fn over(self, batch: &Batch, passes: usize) -> Passes {
        let waiting = (0..passes).map(|_| events(batch)).collect();
        Passes { remap: self, waiting, done: Vec::with_capacity(passes), failed: None }
    }
}

/// Rows to be changed, copy by copy.
pub struct Passes {
    remap: Remap,
    waiting: Vec<Vec<TargetValue>>,
    done: Vec<Vec<TargetValue>>,
    failed: Option<Failed>,
}

impl Passes {
    /// Changes all rows of one copy.
    pub fn pass(&mut self) {
        let Some(mut events) = self.waiting.pop() else {
            self.failed = Some("there are fewer copies of the events than rounds".into());
            return;
        };
        for event in &mut events {
            if let Err(error) = self.remap.apply(event) {
                self.failed = Some(error);
            }
        }
        self.done.push(events);
    }

    /// Whether all of it worked.
    pub fn end(self) -> Result<(), Failed> {
        self.failed.map_or(Ok(()), Err)
    }
}

fn value<'a>(event: &'a TargetValue, name: &str) -> Option<&'a Value> {
    event.value.as_object().and_then(|object| object.get(name))
}

fn events(batch: &Batch) -> Vec<TargetValue> {
    (0..batch.rows() as usize)
        .map(|row| {
            let fields = batch.iter().map(|(field, column)| {
                let value = match column {
                    Column::Text(column) => column.get(row).map(Value::from),
                    Column::Int(column) | Column::Timestamp(column) => column.get(row).map(Value::from),
                    Column::Float(column) => column.get(row).map(Value::from_f64_or_zero),
                    Column::Boolean(column) => column.get(row).map(Value::from),
                };
                (KeyString::from(field.name.as_str()), value.unwrap_or(Value::Null))
            });
            TargetValue {
                value: Value::Object(fields.collect()),
                metadata: Value::Object(BTreeMap::new()),
                secrets: Secrets::default(),
            }
        })
        .collect()
}
