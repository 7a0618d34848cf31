use std::{collections::BTreeSet, fmt::Write as _, path::PathBuf, time::Duration};

use clap::Args;
use glasshouse_contract::{ColumnName, Fault, FaultKind, Name, RecordedTable};
use glasshouse_control::{Dictionary, Guesses, Reply, Request, ResultsReport, Wanted, guess};
use serde_json::{Map, Value, json};

use super::{Output, read_file, unexpected};
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// How many rows are asked for at a time.
const PAGE: u32 = 50_000;

/// More is no list of words, or of values, that somebody made for this.
const MOST_BYTES: u64 = 64 << 20;

/// Shows how much a hash without a key hides: tries to find a column's values from their hashes
///
/// A hash cannot be computed backwards, and it need not be. Whoever has the rows hashes everything that
/// a value could be and looks up which of these hashes occur. There are 46,656 site codes, which are
/// hashed in a few hundredths of a second; names of tables are documented; names of machines follow a
/// scheme. So a hash without a key, such as Configuration Manager's own, hides only what cannot be
/// listed. It is good for comparing, and it makes nobody anonymous.
///
/// This is that attack, on a column of what was collected or on values in a file. It runs in this
/// command and needs no secret: anybody who gets the rows can do the same, for longer and with better
/// lists. A pseudonym under a key (glasshouse.rules.keyed-pseudonym) is not found so: who does not have
/// the key cannot make the hashes.
#[derive(Debug, Args)]
#[command(after_help = "\
Tried, in this order: the words of --words; all site codes; documented names of tables, views and columns;
SMS00001 and its like; collections and packages of the codes that were found; names of machines by common
patterns (PC-0042, SRV01); the first collections and packages of every site code.

Exits with 1 where a value was found, with 0 where none was. None found is no proof: another list may do better.

Examples:
  glasshouse explain Hash_SiteCode
  glasshouse explain largest-tables.Hash_TableName --seconds 60 --words our-names.txt
  glasshouse explain --value-file hashes.txt --show
  glasshouse explain Hash_SiteCode --value-file cases/first/expected/sites.ndjson")]
pub struct Explain {
    /// The column, or TABLE.COLUMN
    #[arg(value_name = "COLUMN", required_unless_present = "value_file", value_parser = wanted)]
    column: Option<WantedColumn>,
    /// Take the values from a file: one on each line, or a recorded table
    #[arg(long, value_name = "FILE", conflicts_with_all = ["site", "run"])]
    value_file: Option<PathBuf>,
    /// The site; where none is named, the one that was collected from last
    #[arg(long, value_name = "NAME")]
    site: Option<Name>,
    /// The run; where none is named, the newest that is over
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Words to try before all else, one on each line
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// How long to try
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: u32,
    /// Show the values that were found
    #[arg(long)]
    show: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// `COLUMN` or `TABLE.COLUMN`.
#[derive(Clone, Debug)]
struct WantedColumn {
    table: Option<Name>,
    column: ColumnName,
}

fn wanted(text: &str) -> Result<WantedColumn, String> {
    let (table, column) = match text.split_once('.') {
        Some((table, column)) => (Some(Name::new(table).map_err(|error| error.to_string())?), column),
        None => (None, text),
    };
    Ok(WantedColumn { table, column: ColumnName::new(column).map_err(|error| error.to_string())? })
}

/// The different values of a column, and where they are from.
struct Values {
    of: String,
    distinct: BTreeSet<String>,
}

impl Explain {
    pub fn run(self, place: impl Fn() -> Result<Place, Fault>) -> Result<Ended, Fault> {
        let words = match &self.words {
            Some(path) => lines(&read_text(path)?),
            None => Vec::new(),
        };
        let values = match (&self.value_file, &self.column) {
            (Some(path), column) => in_file(path, column.as_ref())?,
            (None, Some(column)) => self.collected(&place()?, column)?,
            // clap asks for one of them.
            (None, None) => return Ok(Ended::WithFindings),
        };
        let guesses = guess(&values.distinct, &words, Duration::from_secs(self.seconds.into()));
        match self.output {
            Output::Json => screen::print_json(&self.json(&values.of, &guesses)),
            Output::Text => screen::print(&self.text(&values.of, &guesses)),
        }
        Ok(if guesses.recovered.is_empty() { Ended::Well } else { Ended::WithFindings })
    }

    /// The column wherever it was kept in a run.
    fn collected(&self, place: &Place, wanted: &WantedColumn) -> Result<Values, Fault> {
        let mut ask = Wanted {
            site: self.site.clone(),
            run: self.run.clone(),
            table: wanted.table.clone(),
            ..Wanted::default()
        };
        let first = results(place, &ask)?;
        // A run that ends meanwhile is not mixed with this one.
        ask.run = Some(first.receipt.run.clone());
        let mut distinct = BTreeSet::new();
        let mut tables = Vec::new();
        for table in &first.tables {
            if table.columns.fields().iter().any(|field| field.name == wanted.column) {
                tables.push(table.table.to_string());
                ask.query = Some(table.query.clone());
                ask.table = Some(table.table.clone());
                ask.rows = PAGE;
                ask.from = 0;
                loop {
                    let page = results(place, &ask)?;
                    let rows: Vec<&String> = page.tables.iter().flat_map(|table| &table.rows).collect();
                    distinct.extend(rows.iter().filter_map(|row| text_of(row, &wanted.column)));
                    match u32::try_from(rows.len()) {
                        Ok(0) | Err(_) => break,
                        Ok(read) => ask.from += read,
                    }
                }
            }
        }
        if tables.is_empty() {
            return Err(not_there(&first, wanted));
        }
        Ok(Values { of: format!("column {} of {}", wanted.column, tables.join(", ")), distinct })
    }

    fn text(&self, of: &str, guesses: &Guesses) -> String {
        let mut text = format!(
            "{}: {} distinct values, {} of them written as a hash\n",
            screen::line(of),
            guesses.distinct,
            guesses.look_like_hashes
        );
        let _ = writeln!(
            text,
            "got back {} of {} in {:.2} s: {} hashes, {:.0} a second",
            guesses.recovered.len(),
            guesses.distinct,
            guesses.took.as_secs_f64(),
            guesses.hashes,
            guesses.per_second()
        );
        if !guesses.tried.is_empty() {
            let mut columns = Columns::new(&["TRIED", "HASHES", "GOT BACK", ""]);
            for tried in &guesses.tried {
                let part = if tried.whole { "" } else { "in part" };
                columns.row([
                    words_for(tried.from),
                    &tried.hashes.to_string(),
                    &tried.recovered.to_string(),
                    part,
                ]);
            }
            let _ = write!(text, "\n{}", columns.text());
        }
        if self.show && !guesses.recovered.is_empty() {
            let mut columns = Columns::new(&["HASH", "VALUE"]);
            for found in &guesses.recovered {
                columns.row([&found.hash, &found.value]);
            }
            let _ = write!(text, "\n{}", columns.text());
        }
        text.push_str(if guesses.recovered.is_empty() {
            "\nNone was found in this time. Of hashes without a key that proves nothing: --seconds and --words go \
             further. Pseudonyms under a key are not found so by anybody who does not have the key.\n"
        } else {
            "\nAnybody who has these rows can do the same, for the hash has no key. Unless they are to be compared \
             with Microsoft's hashes, make them with glasshouse.rules.keyed-pseudonym.\n"
        });
        text
    }

    fn json(&self, of: &str, guesses: &Guesses) -> Value {
        let mut report = json!({
            "of": of,
            "distinct": guesses.distinct,
            "look_like_hashes": guesses.look_like_hashes,
            "recovered": guesses.recovered.len(),
            "hashes": guesses.hashes,
            "seconds": guesses.took.as_secs_f64(),
            "hashes_per_second": guesses.per_second(),
            "tried": guesses.tried,
        });
        if let (true, Some(report)) = (self.show, report.as_object_mut()) {
            report.insert("values".to_owned(), json!(guesses.recovered));
        }
        report
    }
}

fn words_for(dictionary: Dictionary) -> &'static str {
    match dictionary {
        Dictionary::Words => "words of --words",
        Dictionary::SiteCodes => "all site codes",
        Dictionary::Names => "documented names",
        Dictionary::BuiltInIds => "ids that every site has",
        Dictionary::IdsOfFoundCodes => "ids of the codes found",
        Dictionary::HostNames => "names of machines",
        Dictionary::IdsOfAllCodes => "first ids of all codes",
    }
}

fn results(place: &Place, wanted: &Wanted) -> Result<ResultsReport, Fault> {
    match place.ask("reading the results", Request::Results(wanted.clone()))? {
        Reply::Results(report) => Ok(report),
        _ => Err(unexpected()),
    }
}

fn text_of(row: &str, column: &ColumnName) -> Option<String> {
    let row: Map<String, Value> = serde_json::from_str(row).ok()?;
    row.get(column.as_str())?.as_str().map(str::to_owned)
}

fn not_there(report: &ResultsReport, wanted: &WantedColumn) -> Fault {
    let left_out = report.tables.iter().any(|table| table.left_out.contains_key(&wanted.column));
    let (cause, mend) = if left_out {
        (
            "it is above `pseudonym`, so no value of it was kept",
            "there is nothing to find; try a column that was kept",
        )
    } else {
        ("no table of this run has such a column", "`glasshouse show TABLE` shows the columns of a table")
    };
    Fault::new(FaultKind::Malformed, format!("column `{}`", wanted.column), cause, mend)
}

/// The values of a file: a recorded table where its first line says so, else one on each line.
fn in_file(path: &std::path::Path, wanted: Option<&WantedColumn>) -> Result<Values, Fault> {
    let text = read_text(path)?;
    let object = path.display().to_string();
    let first = text.lines().find(|line| !line.is_empty() && !line.starts_with("//")).unwrap_or_default();
    if !first.starts_with('{') {
        return match wanted {
            Some(_) => Err(Fault::new(
                FaultKind::Malformed,
                object,
                "it is no recorded table, so it has no columns",
                "leave the column out: each line is a value",
            )),
            None => Ok(Values { of: object, distinct: lines(&text).into_iter().collect() }),
        };
    }
    let recorded = RecordedTable::parse(&text).map_err(|error| {
        Fault::new(FaultKind::Malformed, &object, error, "see `glasshouse try --help` for the format")
    })?;
    let fields = recorded.batch.schema().fields();
    let meant = |name: &ColumnName| wanted.is_none_or(|wanted| wanted.column == *name);
    if !fields.iter().any(|field| meant(&field.name)) {
        let name = wanted.map_or_else(String::new, |wanted| wanted.column.to_string());
        return Err(Fault::new(
            FaultKind::Malformed,
            format!("column `{name}`"),
            format!("{} has no such column", recorded.table),
            "the first line of the file names its columns",
        ));
    }
    let columns = recorded.batch.columns().iter().zip(fields).filter(|(_, field)| meant(&field.name));
    let rows = recorded.batch.rows() as usize;
    let mut distinct = BTreeSet::new();
    for (column, _) in columns {
        if let glasshouse_contract::Column::Text(texts) = column {
            distinct.extend((0..rows).filter_map(|row| texts.get(row)).map(str::to_owned));
        }
    }
    Ok(Values { of: object, distinct })
}

fn read_text(path: &std::path::Path) -> Result<String, Fault> {
    String::from_utf8(read_file(path, MOST_BYTES)?).map_err(|_| {
        Fault::new(FaultKind::Malformed, path.display(), "it is not text in UTF-8", "name the right file")
    })
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}
