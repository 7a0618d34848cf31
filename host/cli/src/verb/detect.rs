use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_detect::{Detectors, Found, Kind, Kinds};
use serde_json::json;

use super::Output;
use crate::{Ended, screen};

/// How much is read before it is looked at.
const CHUNK_BYTES: usize = 1 << 20;

/// A line that is longer is looked at in pieces of this size.
const LINE_BYTES: u64 = 16 << 20;

/// Finds identifiers and secrets in a text, line by line
///
/// To see what the detectors find before trusting them: on a log, an export, a page of yours.
/// Nothing is sent or kept. What was found is shown as its form alone (letters as x, digits
/// as 9; secrets as stars), so that the answer can be passed on; --show shows it as it stands.
/// Versions, error codes, GUIDs of products, hashes of files and ordinary paths are left alone.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Kinds:
  connection-string jwt token secret bitlocker-key product-key sms-unique-id entra-id
  certificate-thumbprint certificate-subject distinguished-name sid gmsa domain-user upn email
  unc-path profile-path mac cidr ipv6 ipv4 fqdn host-name iban payment-card
  and where somebody asks for them: national-id phone

A host name without a domain is any word. It is found by its form (SRV01, PC-0042,
DESKTOP-AB12CD3), by the name before it (ComputerName=..), or by --host-prefix.

JSON has one object a line: line (from 1), start and end (bytes in the line, from 0), type; with
--show also text. With --stats it is one object.

Exits with 1 where something was found, with 0 where nothing was.

Examples:
  glasshouse detect ccmexec.log --domain contoso.example
  glasshouse detect export.csv --output json | jq -r .type | sort | uniq -c
  Get-Content app.log | glasshouse detect - --kinds email,ipv4 --show
  glasshouse detect versions.txt --column DriverVersion0
  glasshouse detect big.log --kinds all --stats")]
pub struct Detect {
    /// The text, in UTF-8; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to look for, separated by commas; `all` is every kind, also national-id and phone
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = wanted)]
    kinds: Vec<Wanted>,
    /// A domain of yours: its hosts and accounts are found however they are written; may be given more than once
    #[arg(long = "domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// What names of your hosts begin with; may be given more than once
    #[arg(long = "host-prefix", value_name = "PREFIX")]
    host_prefixes: Vec<String>,
    /// Each line is a cell of the column of this name: in a version no address is found, a password is one as a whole
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// Show what was found as it stands in the text
    #[arg(long)]
    show: bool,
    /// Show how many of each kind there are and how fast they were found, and not each of them
    #[arg(long)]
    stats: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// One word of `--kinds`.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    All,
    One(Kind),
}

fn wanted(name: &str) -> Result<Wanted, String> {
    match name {
        "all" => Ok(Wanted::All),
        _ => Kind::named(name).map(Wanted::One).ok_or_else(|| {
            let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            format!("there is no such kind; there are all, {}", kinds.join(", "))
        }),
    }
}

impl Detect {
    pub fn run(self) -> Result<Ended, Fault> {
        let detectors = self.detectors();
        let input: Box<dyn Read> = if self.file.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(&self.file).map_err(|error| self.unreadable(error))?)
        };
        let mut input = BufReader::with_capacity(CHUNK_BYTES, input);
        let beginning = input.fill_buf().map_err(|error| self.unreadable(error))?;
        if beginning.starts_with(&[0xff, 0xfe]) || beginning.starts_with(&[0xfe, 0xff]) {
            return Err(self.is_utf_16());
        }
        let mut stats = Stats::default();
        let mut found = Vec::new();
        let mut place = Place { line: 1, column: 0 };
        while let Some(chunk) = next_chunk(&mut input).map_err(|error| self.unreadable(error))? {
            let text = readable(&chunk);
            let begun = Instant::now();
            match &self.column {
                Some(column) => find_in_cells(&detectors, column, &text, &mut found),
                None => detectors.find(&text, &mut found),
            }
            stats.add(chunk.len(), begun.elapsed(), &found);
            if self.stats {
                continue;
            }
            let mut out = String::new();
            for (start, found) in place.of_each(&chunk, &found) {
                self.write(&mut out, start, found, &text, &chunk);
            }
            if !out.is_empty() {
                screen::print(&out);
            }
        }
        if self.stats {
            match self.output {
                Output::Json => screen::print(&stats.json()),
                Output::Text => screen::print(&stats.text()),
            }
        }
        Ok(if stats.found.is_empty() { Ended::Well } else { Ended::WithFindings })
    }

    fn detectors(&self) -> Detectors {
        let kinds = match self.kinds.as_slice() {
            [] => Kinds::usual(),
            wanted => wanted.iter().fold(Kinds::NONE, |kinds, wanted| match wanted {
                Wanted::All => Kinds::all(),
                Wanted::One(kind) => kinds.with(*kind),
            }),
        };
        let detectors = Detectors::of(kinds);
        let detectors = self.domains.iter().fold(detectors, |detectors, name| detectors.domain(name));
        self.host_prefixes.iter().fold(detectors, |detectors, prefix| detectors.host_prefix(prefix))
    }

    /// One line of the answer.
    fn write(&self, out: &mut String, at: Place, found: &Found, text: &str, chunk: &[u8]) {
        let (start, end) = (at.column, at.column + found.range.len());
        let kind = found.kind.as_str();
        let original = || String::from_utf8_lossy(chunk.get(found.range.clone()).unwrap_or_default());
        match self.output {
            Output::Json => {
                let mut line = json!({ "line": at.line, "start": start, "end": end, "type": kind });
                if self.show
                    && let Some(fields) = line.as_object_mut()
                {
                    fields.insert("text".to_owned(), original().into());
                }
                let _ = writeln!(out, "{}", screen::harmless_json(&line.to_string()));
            }
            Output::Text => {
                let place = format!("{}:{start}-{end}", at.line);
                let shown = if self.show {
                    screen::line(&original())
                } else {
                    screen::line(&form(found.kind, text.get(found.range.clone()).unwrap_or_default()))
                };
                let _ = writeln!(out, "{place:<16} {kind:<22} {shown}");
            }
        }
    }

    fn unreadable(&self, error: io::Error) -> Fault {
        let mend = "check the path and that this account may read it";
        Fault::new(FaultKind::Unreachable, self.file.display(), error, mend)
    }

    fn is_utf_16(&self) -> Fault {
        let mend = "convert it first: Get-Content FILE | Set-Content -Encoding utf8 COPY";
        Fault::new(FaultKind::Malformed, self.file.display(), "it is UTF-16 and not UTF-8", mend)
    }
}

/// Each line by itself, as a cell of a column.
fn find_in_cells(detectors: &Detectors, column: &str, text: &str, found: &mut Vec<Found>) {
    found.clear();
    let mut in_cell = Vec::new();
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        detectors.find_in_column(column, line.trim_end_matches(['\r', '\n']), &mut in_cell);
        let moved = |one: &Found| Found { range: one.range.start + from..one.range.end + from, ..*one };
        found.extend(in_cell.iter().map(moved));
        from += line.len();
    }
}

/// Whole lines, about as much as `CHUNK_BYTES`; nothing at the end.
fn next_chunk(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut chunk = Vec::new();
    while chunk.len() < CHUNK_BYTES {
        let read = input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut chunk)?;
        if read == 0 {
            break;
        }
    }
    Ok((!chunk.is_empty()).then_some(chunk))
}

/// The chunk as text of the same length: a byte that is no UTF-8 is taken for a letter, as in a log that
/// was written in another alphabet.
fn readable(chunk: &[u8]) -> std::borrow::Cow<'_, str> {
    if let Ok(text) = str::from_utf8(chunk) {
        return text.into();
    }
    let mut text = String::with_capacity(chunk.len());
    for part in chunk.utf8_chunks() {
        text.push_str(part.valid());
        text.extend(part.invalid().iter().map(|_| 'x'));
    }
    text.into()
}

/// What was found without saying it: letters, digits and the rest each as one.
fn form(kind: Kind, text: &str) -> String {
    if kind.is_secret() {
        return "*".repeat(8);
    }
    text.chars()
        .map(|character| match character {
            '0'..='9' => '9',
            _ if character.is_uppercase() => 'X',
            _ if character.is_alphanumeric() => 'x',
            _ => character,
        })
        .collect()
}

/// Where in the whole text something begins.
#[derive(Clone, Copy)]
struct Place {
    line: u64,
    column: usize,
}

impl Place {
    /// The places of what was found in a chunk that begins here; at the end this is where the next begins.
    fn of_each<'a>(&mut self, chunk: &[u8], found: &'a [Found]) -> Vec<(Self, &'a Found)> {
        let mut at = 0;
        let mut places = Vec::with_capacity(found.len());
        for one in found {
            self.pass(chunk.get(at..one.range.start).unwrap_or_default());
            at = one.range.start;
            places.push((*self, one));
        }
        self.pass(chunk.get(at..).unwrap_or_default());
        places
    }

    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.line += 1;
                self.column = 0;
            } else {
                self.column += 1;
            }
        }
    }
}

/// How much was looked at, for how long, and what was there.
#[derive(Default)]
struct Stats {
    bytes: usize,
    took: Duration,
    found: BTreeMap<&'static str, u64>,
}

impl Stats {
    fn add(&mut self, bytes: usize, took: Duration, found: &[Found]) {
        self.bytes += bytes;
        self.took += took;
        for one in found {
            *self.found.entry(one.kind.as_str()).or_default() += 1;
        }
    }

    /// Megabytes in a second, of looking alone, without reading.
    fn speed(&self) -> f64 {
        let seconds = self.took.as_secs_f64();
        if seconds > 0.0 { self.bytes as f64 / 1e6 / seconds } else { 0.0 }
    }

    fn text(&self) -> String {
        let mut text = format!("{} bytes at {:.1} MB/s\n", self.bytes, self.speed());
        for (kind, count) in &self.found {
            let _ = writeln!(text, "{kind:<22} {count:>10}");
        }
        text
    }

    fn json(&self) -> String {
        let speed = (self.speed() * 10.0).round() / 10.0;
        json!({ "bytes": self.bytes, "mbps": speed, "found": self.found }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_utf_8_keeps_its_length() {
        let bytes = b"CONTOSO\\m\xfcller \xe2\x82 x";
        let text = readable(bytes);
        assert_eq!(text.len(), bytes.len());
        assert!(text.starts_with("CONTOSO\\mxller"));
        assert_eq!(readable("müller".as_bytes()), "müller");
    }

    #[test]
    fn the_form_says_nothing_but_the_form() {
        assert_eq!(form(Kind::Email, "Ann7@example.com"), "Xxx9@xxxxxxx.xxx");
        assert_eq!(form(Kind::Secret, "hunter2"), "********");
    }

    #[test]
    fn each_line_is_a_cell() {
        let mut found = Vec::new();
        let find = |column, found: &mut Vec<Found>| {
            find_in_cells(&Detectors::new(), column, "10.1.1.45\r\n10.1.1.46\n", found)
        };
        find("DriverVersion0", &mut found);
        assert_eq!(found, []);
        find("IPAddress0", &mut found);
        assert_eq!(found.iter().map(|one| one.range.clone()).collect::<Vec<_>>(), [0..9, 11..20]);
    }

    #[test]
    fn places_go_on_over_chunks() {
        let one = |range| Found { range, kind: Kind::Email };
        let mut place = Place { line: 1, column: 0 };
        let lines = |places: Vec<(Place, &Found)>| -> Vec<(u64, usize)> {
            places.into_iter().map(|(place, _)| (place.line, place.column)).collect()
        };
        assert_eq!(lines(place.of_each(b"ab\ncd\n", &[one(0..1), one(4..5)])), [(1, 0), (2, 1)]);
        assert_eq!(lines(place.of_each(b"x\nyz", &[one(0..1), one(3..4)])), [(3, 0), (4, 1)]);
    }
}
