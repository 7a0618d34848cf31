//! A rule that computes with numbers that are none, of other signs and payloads. Processors disagree
//! on what comes out, so that a value could tell on which machine it was made, or carry what it
//! should not. The sandbox lets one bit pattern out of arithmetic, on every processor.

use std::sync::Arc;

use glasshouse_contract::{
    Batch, Column, ColumnBuilder, ColumnType, DataClass, Digest, Field, Kind, Manifest, Schema,
};
use glasshouse_sandbox::{Compiler, Sandbox, Settings};

use crate::harness::{SANDBOX, component, context, keys, manifest, still_serves};

/// The one that WebAssembly calls canonical.
const CANONICAL: u64 = 0x7ff8_0000_0000_0000;
/// Each row is another way to get there.
const WAYS: u32 = 8;

fn ratios() -> Batch {
    let field = |name: &str, kind, class| Field { name: name.parse().unwrap(), kind, nullable: true, class };
    let schema = Schema::new(vec![
        field("Name", ColumnType::Text, DataClass::Identifier),
        field("Ratio", ColumnType::Float, DataClass::Measure),
    ]);
    let mut name = ColumnBuilder::new(ColumnType::Text, WAYS as usize);
    let mut ratio = ColumnBuilder::new(ColumnType::Float, WAYS as usize);
    for _ in 0..WAYS {
        name.push_null();
        ratio.push_float(0.5);
    }
    Batch::new(Arc::new(schema.unwrap()), WAYS, vec![name.finish(), ratio.finish()]).unwrap()
}

fn computed(sandbox: &Sandbox, manifest: &Arc<Manifest>, component: &[u8]) -> Batch {
    let plugin = sandbox.load(manifest.clone(), &manifest.asks(), Digest::of(component), component).unwrap();
    plugin.redact(&context(), &keys(), &ratios()).unwrap().batch
}

#[test]
fn arithmetic_on_numbers_that_are_none_gives_one_bit_pattern_on_every_processor() {
    let need = "[[rule.need]]\ncolumns = [\"Ratio\"]\ntype = \"float\"\naccess = \"replace\"";
    let manifest = manifest(Kind::Rule, "", need);
    let component = component(Kind::Rule, include_str!("nan_payloads/guest.wat"));

    let here = computed(&SANDBOX, &manifest, &component);
    let Some(Column::Float(ratio)) = here.column("Ratio") else { panic!("{here:?}") };
    let bits: Vec<u64> = ratio.values().iter().map(|value| value.to_bits()).collect();
    assert_eq!(bits, [CANONICAL; WAYS as usize], "{bits:#x?}");

    let settings = Settings { compiler: Compiler::InProcess, cache: None };
    let least = Sandbox::for_least_cpu(settings).unwrap();
    assert_eq!(computed(&least, &manifest, &component).digest(), here.digest());
    still_serves();
}
