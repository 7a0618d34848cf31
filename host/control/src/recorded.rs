//! Recorded tables on their way in and out of a trial.

use std::sync::Arc;

use glasshouse_contract::{Fault, FaultKind, RecordedTable, Table};

/// All of them together are held to what one may have: they are in memory at the same time.
pub(crate) fn read_tables(texts: &[String]) -> Result<Vec<Table>, Fault> {
    let mut cells = 0;
    texts
        .iter()
        .map(|text| {
            let table = read_table(text)?;
            cells += table.rows() * table.schema.fields().len() as u64;
            if cells > RecordedTable::MOST_CELLS {
                return Err(Fault::new(
                    FaultKind::Malformed,
                    "the recorded tables",
                    format!("they have more than {} cells together", RecordedTable::MOST_CELLS),
                    "try fewer rows at a time",
                ));
            }
            Ok(table)
        })
        .collect()
}

fn read_table(text: &str) -> Result<Table, Fault> {
    let RecordedTable { table: name, batch } = RecordedTable::parse(text).map_err(|error| {
        Fault::new(
            FaultKind::Malformed,
            "a recorded table",
            error,
            "see `glasshouse try --help` for the format",
        )
    })?;
    Ok(Table { name, schema: Arc::clone(batch.schema()), batches: vec![batch] })
}

/// One recorded table after the other, one header for all batches.
pub(crate) fn write_table(table: &Table) -> String {
    let mut text = String::new();
    for (number, batch) in table.batches.iter().enumerate() {
        let recorded = RecordedTable { table: table.name.clone(), batch: batch.clone() }.to_text();
        let rows = recorded.split_once('\n').map_or("", |(_, rows)| rows);
        text.push_str(if number == 0 { &recorded } else { rows });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request of a megabyte must not become tables of gigabytes.
    #[test]
    fn tables_have_a_size_together() {
        let column = |n| format!(r#"{{"name":"C{n}","type":"int","nullable":true,"class":"measure"}}"#);
        let columns = (0..1000).map(column).collect::<Vec<_>>().join(",");
        let text = format!("{{\"table\":\"t\",\"columns\":[{columns}]}}\n{}", "{}\n".repeat(6000));
        assert_eq!(read_tables(std::slice::from_ref(&text)).unwrap().len(), 1);
        let fault = read_tables(&[text.clone(), text.clone(), text]).unwrap_err();
        assert_eq!(fault.cause, "they have more than 16777216 cells together");
    }
}
