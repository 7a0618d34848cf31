//! The rule that the benchmarks run, natively and in the sandbox with the same scanner.

use glasshouse_detect as detect;
use glasshouse_sdk::prelude::*;
use serde_json::{Map, Value};

const SCANNED: detect::Patterns = detect::Patterns { email: true, ipv4: true, ipv6: false };

enum Work {
    Nothing,
    Touch,
    Mask,
    Full,
    Json,
}

struct BenchRule(Work);

impl Rule for BenchRule {
    fn begin(run: &Context) -> Result<Self> {
        Ok(Self(match run.setting("work").unwrap_or_default() {
            "nothing" => Work::Nothing,
            "touch" => Work::Touch,
            "mask" => Work::Mask,
            "json" => Work::Json,
            _ => Work::Full,
        }))
    }

    fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
        match self.0 {
            Work::Nothing => return Ok(()),
            Work::Json => return json(batch, targets),
            Work::Full => {
                for column in targets.of(0) {
                    kernels::pseudonymize(batch, column, "default", 32)?;
                }
            }
            Work::Mask | Work::Touch => {}
        }
        for column in targets.of(1) {
            let mut text = batch.read_text(column)?;
            if !matches!(self.0, Work::Touch) {
                detect::mask(&mut text.offsets, &mut text.data, SCANNED);
            }
            batch.write_text(column, &text)?;
        }
        for column in targets.of(2) {
            batch.drop_column(column)?;
        }
        Ok(())
    }
}

/// The same masking with rows as JSON texts, as most plugin systems pass them.
fn json(batch: &Batch, targets: &Targets) -> Result<()> {
    for column in targets.of(1) {
        batch.map_text(column, |text, row| {
            let mut object: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
            if let Some(Value::String(message)) = object.get_mut("message") {
                let mut data = std::mem::take(message).into_bytes();
                let mut offsets = [0, data.len() as u32];
                detect::mask(&mut offsets, &mut data, SCANNED);
                *message = String::from_utf8(data).unwrap_or_default();
            }
            object.remove("bytes");
            row.push(&Value::Object(object).to_string());
        })?;
    }
    Ok(())
}

glasshouse_sdk::rule!(BenchRule);
