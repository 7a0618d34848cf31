//! The same rule natively, in the sandbox, and over JSON.

use std::hint::black_box;

use glasshouse_contract::{Batch, Column, ColumnBuilder, ColumnType, Context, Field, Level, Name, Schema};
use glasshouse_sandbox::{Keys, Plugin, measure::EmptyCall};
use serde_json::{Map, Value};

use crate::{
    Failed, data,
    native::{KEY, Native},
    report::Figures,
    rounds::{Candidate, run},
};

const ROUNDS: usize = 61;

pub fn measure(
    figures: &mut Figures,
    plugin: &Plugin,
    sandbox: &glasshouse_sandbox::Sandbox,
) -> Result<(), Failed> {
    let batch = data::table()?;
    let keys = Keys::new().with(Name::new("default")?, &KEY);
    let native = Native::new(&batch)?;
    let (full, mask) = (context("full"), context("mask"));
    let (touch, nothing) = (context("touch"), context("nothing"));

    // What is timed does the same work: the outputs are equal.
    let redacted = plugin.redact(&full, &keys, &batch)?.batch;
    native.full().agrees(&redacted)?;

    let mut reused = plugin.redactor(&full, &keys)?;
    let mut mask_reused = plugin.redactor(&mask, &keys)?;
    let mut touch_reused = plugin.redactor(&context("touch"), &keys)?;
    let rounds = run(
        ROUNDS,
        4,
        vec![
            Candidate { name: "native full", run: Box::new(|| drop(black_box(native.full()))) },
            Candidate {
                name: "full fresh",
                run: Box::new(|| drop(black_box(plugin.redact(&full, &keys, &batch)))),
            },
            Candidate { name: "full reused", run: Box::new(|| drop(black_box(reused.apply(&batch)))) },
            Candidate { name: "native mask", run: Box::new(|| drop(black_box(native.mask()))) },
            Candidate { name: "mask reused", run: Box::new(|| drop(black_box(mask_reused.apply(&batch)))) },
            Candidate { name: "touch reused", run: Box::new(|| drop(black_box(touch_reused.apply(&batch)))) },
            Candidate {
                name: "touch fresh",
                run: Box::new(|| drop(black_box(plugin.redact(&touch, &keys, &batch)))),
            },
            Candidate {
                name: "nothing fresh",
                run: Box::new(|| drop(black_box(plugin.redact(&nothing, &keys, &batch)))),
            },
            Candidate {
                name: "mask fresh",
                run: Box::new(|| drop(black_box(plugin.redact(&mask, &keys, &batch)))),
            },
        ],
    );
    figures.ratio("rule.full.fresh", rounds.ratio("full fresh", "native full"), Some(1.10));
    figures.ratio("rule.full.reused", rounds.ratio("full reused", "native full"), None);
    figures.ratio("rule.mask.reused", rounds.ratio("mask reused", "native mask"), Some(1.20));
    figures.ratio("rule.mask.fresh", rounds.ratio("mask fresh", "native mask"), Some(1.30));
    for name in [
        "native full",
        "full fresh",
        "native mask",
        "mask reused",
        "mask fresh",
        "touch reused",
        "touch fresh",
        "nothing fresh",
    ] {
        figures.micros(&format!("rule.us.{}", name.replace(' ', ".")), rounds.micros(name), None);
    }
    calls(figures, plugin, sandbox, &batch, &keys)?;
    // Last: a place in the pool where a guest grew by tens of MiB makes its next instances 10 us dearer.
    json(figures, plugin, &keys, &batch, &native)
}

/// The same rule where a plugin system passes rows as JSON texts: to JSON, in, out, and back.
fn json(
    figures: &mut Figures,
    plugin: &Plugin,
    keys: &Keys,
    batch: &Batch,
    native: &Native,
) -> Result<(), Failed> {
    let context = context("json");
    let mut redactor = plugin.redactor(&context, keys)?;
    let columns = from_json(&plugin.redact(&context, keys, &to_json(batch)?)?.batch)?;
    if !columns.iter().any(|column| native.mask().masks_to(column)) {
        return Err("the rule over JSON gives other messages than the native one".into());
    }
    let mut failed = None;
    let rounds = run(
        9,
        1,
        vec![
            Candidate { name: "native", run: Box::new(|| drop(black_box(native.mask()))) },
            Candidate {
                name: "json",
                run: Box::new(|| {
                    let result = to_json(batch).and_then(|rows| {
                        let redacted = redactor.apply(&rows)?.batch;
                        from_json(&redacted)
                    });
                    match result {
                        Ok(columns) => drop(black_box(columns)),
                        Err(error) => failed = Some(error),
                    }
                }),
            },
        ],
    );
    figures.ratio("rule.mask.json", rounds.ratio("json", "native"), None);
    failed.map_or(Ok(()), Err)
}

fn calls(
    figures: &mut Figures,
    plugin: &Plugin,
    sandbox: &glasshouse_sandbox::Sandbox,
    batch: &Batch,
    keys: &Keys,
) -> Result<(), Failed> {
    let mut empty = EmptyCall::new(sandbox, plugin)?;
    let nothing = context("nothing");
    let mut redactor = plugin.redactor(&nothing, keys)?;
    let rounds =
        run(31, 20_000, vec![Candidate { name: "empty", run: Box::new(|| drop(black_box(empty.call()))) }]);
    figures.micros("call.empty_us", rounds.micros("empty"), Some(0.12));
    let rounds = run(
        31,
        1_000,
        vec![
            Candidate { name: "fresh", run: Box::new(|| drop(black_box(plugin.instantiate_and_drop()))) },
            Candidate { name: "batch", run: Box::new(|| drop(black_box(redactor.apply(batch)))) },
        ],
    );
    figures.micros("instance.fresh_us", rounds.micros("fresh"), Some(6.0));
    figures.micros("call.batch_us", rounds.micros("batch"), None);
    Ok(())
}

pub fn context(work: &str) -> Context {
    Context {
        run: "bench".to_owned(),
        scheduled_us: 0,
        level: Level::Enhanced,
        site: "site".to_owned(),
        hierarchy: "hierarchy".to_owned(),
        settings: Name::new("work").map(|name| (name, work.to_owned())).into_iter().collect(),
        state: Vec::new(),
    }
}

fn to_json(batch: &Batch) -> Result<Batch, Failed> {
    let mut builder = ColumnBuilder::new(ColumnType::Text, batch.rows() as usize);
    for row in 0..batch.rows() as usize {
        let mut object = Map::new();
        for (field, column) in batch.iter() {
            let value = match column {
                Column::Text(column) => column.get(row).map(Value::from),
                Column::Int(column) | Column::Timestamp(column) => column.get(row).map(Value::from),
                Column::Float(column) => column.get(row).map(Value::from),
                Column::Boolean(column) => column.get(row).map(Value::from),
            };
            object.insert(field.name.to_string(), value.unwrap_or(Value::Null));
        }
        builder.push_text(&Value::Object(object).to_string());
    }
    let field = Field {
        name: "json".parse()?,
        kind: ColumnType::Text,
        nullable: false,
        class: glasshouse_contract::DataClass::Text,
    };
    Ok(Batch::new(Schema::new(vec![field])?.into(), batch.rows(), vec![builder.finish()])?)
}

/// Back to columns, as the host would have to.
fn from_json(batch: &Batch) -> Result<Vec<Column>, Failed> {
    let kinds = [
        ("user", ColumnType::Text),
        ("message", ColumnType::Text),
        ("path", ColumnType::Text),
        ("latency", ColumnType::Int),
        ("ratio", ColumnType::Float),
        ("ok", ColumnType::Boolean),
        ("at", ColumnType::Timestamp),
    ];
    let Some(Column::Text(rows)) = batch.column("json") else { return Err("there is no JSON".into()) };
    let mut builders: Vec<_> =
        kinds.iter().map(|(name, kind)| (*name, ColumnBuilder::new(*kind, batch.rows() as usize))).collect();
    for row in 0..batch.rows() as usize {
        let object: Map<String, Value> = serde_json::from_str(rows.get(row).unwrap_or_default())?;
        for (name, builder) in &mut builders {
            match object.get(*name) {
                Some(Value::String(text)) => builder.push_text(text),
                Some(Value::Bool(value)) => builder.push_boolean(*value),
                Some(Value::Number(number)) => match number.as_i64() {
                    Some(value) => builder.push_int(value),
                    None => builder.push_float(number.as_f64().unwrap_or_default()),
                },
                _ => builder.push_null(),
            }
        }
    }
    Ok(builders.into_iter().map(|(_, builder)| builder.finish()).collect())
}
