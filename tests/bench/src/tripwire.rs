//! The tripwire with 100,000 known values over what a request may hold: log lines of clients as cells, and the
//! same as one body.

use std::{hint::black_box, sync::Arc};

use glasshouse_contract::{Batch, ColumnBuilder, ColumnName, ColumnType, DataClass, Field, Schema};
use glasshouse_detect::{Detectors, Kinds};
use glasshouse_tripwire::{ColumnRule, KnownValues, Tripwire};

use crate::{
    Failed,
    data::Dice,
    detect,
    report::Figures,
    rounds::{Candidate, run},
};

const KNOWN: u64 = 100_000;
const CAP: usize = 64 << 20;
/// One cell of so many holds a known value: as many as a rule that lets some by.
const PLANTED: usize = 500;

pub fn measure(figures: &mut Figures) -> Result<(), Failed> {
    let mut dice = Dice::new();
    let known = KnownValues::new([42; 32], CAP);
    while known.len() < KNOWN {
        known.take_value(&device(&mut dice))?;
        known.take_value(&format!("FABRIKAM\\{}", dice.mail().replace('@', ".at.")))?;
    }
    let (log, _) = detect::log();
    let mut lines: Vec<String> = log.lines().map(str::to_owned).collect();
    let planted = lines.iter_mut().step_by(PLANTED).fold(0, |count, line| {
        line.push_str(" PC-000000A");
        count + 1
    });
    known.take_value("PC-000000A")?;
    let body = lines.join("\n");
    let batch = cells(&lines)?;
    let tripwire = Tripwire::new(&known, Detectors::of(Kinds::NONE));
    let rules = [ColumnRule { verified: true, ..ColumnRule::default() }];
    // A fast tripwire that finds nothing, or everything, is none.
    for hits in [tripwire.scan(&batch, &rules), tripwire.scan_bytes(body.as_bytes())] {
        let found: u64 = hits.iter().map(|hit| hit.count).sum();
        if found != planted {
            return Err(format!("{found} known values are found, and {planted} are there").into());
        }
    }
    let rounds = run(
        21,
        1,
        vec![
            Candidate { name: "cells", run: Box::new(|| drop(black_box(tripwire.scan(&batch, &rules)))) },
            Candidate {
                name: "bytes",
                run: Box::new(|| drop(black_box(tripwire.scan_bytes(body.as_bytes())))),
            },
        ],
    );
    let rate = |name| body.len() as f64 / rounds.micros(name);
    figures.at_least("tripwire.mbps", rate("cells").min(rate("bytes")), "MB/s", 200.0);
    Ok(())
}

fn device(dice: &mut Dice) -> String {
    format!("PC-{:07X}.corp.contoso.example", 16 + dice.roll(1 << 28))
}

fn cells(lines: &[String]) -> Result<Batch, Failed> {
    let mut column = ColumnBuilder::new(ColumnType::Text, lines.len());
    lines.iter().for_each(|line| column.push_text(line));
    let name = ColumnName::new("Line")?;
    let field = Field { name, kind: ColumnType::Text, nullable: false, class: DataClass::Category };
    Ok(Batch::new(Arc::new(Schema::new(vec![field])?), u32::try_from(lines.len())?, vec![column.finish()])?)
}
