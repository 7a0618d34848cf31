//! The tripwire over what a run keeps and sends: what the run read that identifies, the words that a query's own text
//! has, and the finds that an administrator allows.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek, Write},
};

use glasshouse_contract::{Batch, Column, ColumnName, DataClass, Manifest, Name, PluginId, Request, Schema};
use glasshouse_detect::Detectors;
use glasshouse_guard::Printed;
use glasshouse_ledger::{Allowance, Find};
use glasshouse_tripwire::{ColumnRule, Hit, HitKind, KnownValues, Tripwire, Words};

/// What a run remembers in memory before values go to a file. A million names with their parts take less.
const KNOWN_BYTES: usize = 128 << 20;
/// What it remembers at most, in memory and file. A hierarchy of a million devices and as many users stays below.
const KNOWN_TOTAL: u64 = 4 << 30;

/// What a run looks for, and what it may find.
#[derive(Debug)]
pub struct Scan {
    known: KnownValues,
    detectors: Detectors,
    allowed: BTreeSet<Find>,
}

/// What was found in one column of a table, or in a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub column: ColumnName,
    /// In a word of the host's.
    pub kind: String,
    pub count: u64,
    /// Whether an administrator allows it.
    pub allowed: bool,
}

/// What cells were looked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    pub cells: u64,
    pub bytes: u64,
}

/// The words of a query's own text, which tell nothing of a site.
#[derive(Clone, Debug, Default)]
pub struct QueryWords {
    /// Everything that the author wrote: literals, names of statements, tables, columns and views.
    pub all: Words,
    /// The literals of its SQL.
    pub literals: Vec<String>,
}

impl Scan {
    /// A scan of a run that has read nothing yet. The keys are random, differ, and are of this run alone; the file is
    /// empty and takes, sealed, what is too much for memory.
    pub fn new(
        [key, sealing]: [[u8; 32]; 2],
        spill: impl Read + Write + Seek + Send + 'static,
        allowances: Vec<Allowance>,
    ) -> Self {
        let known = KnownValues::new(key, KNOWN_BYTES).spill_to(spill, sealing, KNOWN_TOTAL);
        Self::with_known(known, allowances)
    }

    /// A scan for what is known already.
    pub fn with_known(known: KnownValues, allowances: Vec<Allowance>) -> Self {
        let allowed = allowances.into_iter().map(|allowance| allowance.find).collect();
        Self { known, detectors: Detectors::new(), allowed }
    }

    /// Remembers what identifies in rows that the site gave. `classes` are what the columns count as, by what they
    /// are made from. Where there is no more room, tables that are scanned from then on are held.
    pub fn remember(&self, batch: &Batch, classes: &[DataClass]) {
        if let Err(full) = self.known.take(batch, classes) {
            tracing::warn!("{full}: the tables that follow are held");
        }
    }

    /// Whether everything that was to be remembered is.
    pub fn is_complete(&self) -> bool {
        self.known.is_complete()
    }

    /// Looks through the cells of a batch. `rules` are in its columns' order.
    pub fn cells(
        &self,
        words: &Words,
        (query, table): (&PluginId, &Name),
        batch: &Batch,
        rules: &[ColumnRule<'_>],
    ) -> Vec<Found> {
        let tripwire = Tripwire::new(&self.known, self.detectors.clone()).own_words(words);
        let mut found: BTreeMap<(ColumnName, String), u64> = BTreeMap::new();
        for hit in tripwire.scan(batch, rules) {
            let Hit { column: Some(column), kind, count, .. } = hit else { continue };
            *found.entry((column, word(kind))).or_default() += count;
        }
        found
            .into_iter()
            .map(|((column, kind), count)| {
                let find = Find {
                    query: query.clone(),
                    table: table.clone(),
                    column: column.clone(),
                    kind: kind.clone(),
                };
                Found { column, kind, count, allowed: self.allowed.contains(&find) }
            })
            .collect()
    }

    /// How often the bytes of a rendered request hold what the run knows to identify. Patterns are not looked for:
    /// cells were looked through already, column by column, and a target adds nothing of the data to them. Of a
    /// route whose ceiling lets identifiers by they are there on purpose: it is not scanned.
    pub fn known_in(&self, words: &Words, request: &Request) -> u64 {
        let tripwire = Tripwire::new(&self.known, self.detectors.clone()).own_words(words);
        let hits = tripwire.scan_bytes(&request.bytes());
        hits.iter().filter(|hit| !matches!(hit.kind, HitKind::Pattern(_))).map(|hit| hit.count).sum()
    }
}

/// Whether finds of that name are of the kind that requests are looked through for.
pub fn may_be_known(kind: &str) -> bool {
    [HitKind::Known, HitKind::NotConfirmed, HitKind::NotAllRead].into_iter().any(|known| word(known) == kind)
}

/// What a find is called in records and allowances.
fn word(kind: HitKind) -> String {
    match kind {
        HitKind::Known => "known-value".to_owned(),
        HitKind::NotConfirmed => "not-confirmed".to_owned(),
        HitKind::Pattern(kind) => kind.as_str().to_owned(),
        HitKind::NotAllRead => "too-much-encoded".to_owned(),
    }
}

impl Looked {
    /// What there is to look through in a batch.
    pub fn of(batch: &Batch) -> Self {
        let rows = batch.rows();
        let mut looked = Self::default();
        for column in batch.columns() {
            let bytes = match column {
                Column::Text(texts) => texts.data().len(),
                Column::Int(numbers) => numbers.values().len() * 8,
                Column::Float(_) | Column::Boolean(_) | Column::Timestamp(_) => continue,
            };
            looked.cells += u64::from(rows - column.validity().nulls(rows));
            looked.bytes += bytes as u64;
        }
        looked
    }

    pub fn add(&mut self, more: Self) {
        self.cells += more.cells;
        self.bytes += more.bytes;
    }
}

impl QueryWords {
    /// The words of a query that runs these statements.
    pub fn of<'a>(manifest: &Manifest, printed: impl Iterator<Item = &'a Printed>) -> Self {
        let mut literals = Vec::new();
        let mut names = Vec::new();
        for printed in printed {
            literals.extend(literals_of(printed.as_str()));
            names.extend(printed.objects().iter().map(ToString::to_string));
        }
        if let Some(query) = manifest.query() {
            let outputs = query.outputs.iter().map(|output| (&output.name, &output.columns));
            let statements = query.statements.iter().map(|statement| (&statement.name, &statement.columns));
            for (name, columns) in statements.chain(outputs) {
                names.push(name.to_string());
                names.extend(columns.iter().map(|column| column.name.to_string()));
            }
        }
        let all = Words::new(literals.iter().chain(&names).map(String::as_str));
        Self { all, literals }
    }
}

/// The texts between quotes in what the host sends. Its own printing has no comments, and no quote elsewhere.
fn literals_of(sql: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = sql;
    while let Some((_, after)) = rest.split_once('\'') {
        let mut literal = String::new();
        rest = after;
        loop {
            let Some((text, after)) = rest.split_once('\'') else { return literals };
            literal.push_str(text);
            // Two quotes in a row are one of the text.
            match after.strip_prefix('\'') {
                Some(more) => {
                    literal.push('\'');
                    rest = more;
                }
                None => {
                    rest = after;
                    break;
                }
            }
        }
        literals.push(literal);
    }
    literals
}

/// How the columns of a batch are to be looked at: verified where a format or a shape was held, and with words that a
/// category may have because the query or an administrator wrote them.
pub fn column_rules<'a>(
    schema: &Schema,
    verified: impl Fn(usize, &ColumnName) -> bool,
    own: &'a Words,
) -> Vec<ColumnRule<'a>> {
    let rule = |(place, field): (usize, &glasshouse_contract::Field)| ColumnRule {
        verified: verified(place, &field.name),
        own: (field.class == DataClass::Category).then_some(own),
    };
    schema.fields().iter().enumerate().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use std::{io::Cursor, sync::Arc};

    use glasshouse_contract::{Body, ColumnBuilder, ColumnType, Field};
    use jiff::Timestamp;

    use super::*;

    fn texts(column: &str, class: DataClass, values: &[&str]) -> Batch {
        let field =
            Field { name: ColumnName::new(column).unwrap(), kind: ColumnType::Text, nullable: false, class };
        let mut built = ColumnBuilder::new(ColumnType::Text, values.len());
        values.iter().for_each(|value| built.push_text(value));
        let schema = Arc::new(Schema::new(vec![field]).unwrap());
        Batch::new(schema, values.len() as u32, vec![built.finish()]).unwrap()
    }

    #[test]
    fn leave_for_a_pattern_is_no_leave_for_a_known_value() {
        for kind in [HitKind::Known, HitKind::NotConfirmed, HitKind::NotAllRead] {
            assert!(may_be_known(&word(kind)), "{kind:?}");
        }
        for pattern in ["ipv4", "email", "mac"] {
            assert!(!may_be_known(pattern), "{pattern}");
        }
    }

    fn query() -> PluginId {
        PluginId::new("contoso.devices").unwrap()
    }

    fn table() -> Name {
        Name::new("machines").unwrap()
    }

    fn find(column: &str, kind: &str) -> Find {
        Find {
            query: query(),
            table: table(),
            column: ColumnName::new(column).unwrap(),
            kind: kind.to_owned(),
        }
    }

    fn scan(allowed: &[Find]) -> Scan {
        let allowance = |find: &Find| Allowance {
            find: find.clone(),
            since: Timestamp::UNIX_EPOCH,
            actor: "uid 7".to_owned(),
            reason: "a product".to_owned(),
        };
        let scan =
            Scan::new([[7; 32], [8; 32]], Cursor::new(Vec::new()), allowed.iter().map(allowance).collect());
        let names = texts("Name", DataClass::Identifier, &["PC-BERLIN-07"]);
        scan.remember(&names, &[DataClass::Identifier]);
        scan
    }

    fn found(scan: &Scan, batch: &Batch, words: &Words) -> Vec<(String, u64, bool)> {
        let rules = column_rules(batch.schema(), |_, _| false, words);
        let found = scan.cells(words, (&query(), &table()), batch, &rules);
        found.into_iter().map(|found| (found.kind, found.count, found.allowed)).collect()
    }

    #[test]
    fn what_the_run_read_is_found_in_another_column_and_so_is_what_looks_like_an_identifier() {
        let scan = scan(&[]);
        let batch = texts("Note", DataClass::Category, &["on pc-berlin-07", "mail ada@contoso.com", "fine"]);
        let kinds = found(&scan, &batch, &Words::default());
        assert_eq!(kinds, [("email".to_owned(), 1, false), ("known-value".to_owned(), 1, false)]);
    }

    #[test]
    fn what_is_allowed_is_counted_and_marked() {
        let scan = scan(&[find("Note", "known-value")]);
        let batch = texts("Note", DataClass::Category, &["PC-BERLIN-07"]);
        assert_eq!(found(&scan, &batch, &Words::default()), [("known-value".to_owned(), 1, true)]);
        let other = texts("Other", DataClass::Category, &["PC-BERLIN-07"]);
        assert_eq!(found(&scan, &other, &Words::default()), [("known-value".to_owned(), 1, false)]);
    }

    #[test]
    fn a_word_of_the_query_itself_is_none() {
        let scan = scan(&[]);
        let batch = texts("Kind", DataClass::Category, &["PC-BERLIN-07"]);
        assert_eq!(found(&scan, &batch, &Words::new(["PC-BERLIN-07"])), []);
    }

    #[test]
    fn requests_are_looked_through_as_they_are_sent() {
        let scan = scan(&[]);
        let request = |body: &str, header: &str| Request {
            endpoint: Name::new("ingest").unwrap(),
            method: "POST".to_owned(),
            url: "https://telemetry.contoso.example/v1".to_owned(),
            headers: vec![("x-note".to_owned(), header.to_owned())],
            body: Body(body.as_bytes().to_vec()),
        };
        let requests = [
            request("{\"a\":1}", ""),
            request("{\"a\":\"pc-berlin-07\"}", ""),
            // The same in Base64.
            request("{}", "UEMtQkVSTElOLTA3"),
        ];
        let found = |words: &Words| requests.each_ref().map(|request| scan.known_in(words, request));
        assert_eq!(found(&Words::default()), [0, 1, 1]);
        assert_eq!(found(&Words::new(["PC-BERLIN-07"])), [0, 0, 0]);
    }

    #[test]
    fn literals_are_the_texts_between_quotes() {
        let sql = "SELECT CASE WHEN [A] = N'it''s' THEN 'Boundary Group' ELSE '' END AS [B] FROM [T]";
        assert_eq!(literals_of(sql), ["it's", "Boundary Group", ""]);
        assert!(literals_of("SELECT [A] FROM [T]").is_empty());
    }
}
