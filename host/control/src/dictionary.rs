//! The dictionary attack on hashes without a key, as anybody could make it who has the rows: the values that there
//! could be are hashed one after the other, and each hash is looked up among those that there are.
//!
//! It needs no state and no secret. That is its point.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use glasshouse_contract::one_way_digest;
use glasshouse_guard::Floors;
use serde::Serialize;

/// How often the clock is looked at, in hashes: some hundred times a second.
const LOOK_AT_CLOCK: u64 = 4096;

/// What a site code is made of.
const CODE: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// What names of machines begin with in many places.
const PREFIXES: [&str; 30] = [
    "PC", "WS", "LT", "NB", "DT", "DESKTOP", "LAPTOP", "CLIENT", "WIN", "HOST", "SRV", "SERVER", "DC", "SQL",
    "CM", "SCCM", "MECM", "MP", "DP", "SUP", "APP", "WEB", "FS", "FILE", "PRINT", "VM", "TS", "RDS", "KIOSK",
    "TEST",
];

/// Where guesses come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dictionary {
    /// Words that somebody brought.
    Words,
    /// All 46,656 site codes.
    SiteCodes,
    /// Tables, views and columns of the product, by its documentation and its naming of inventory tables.
    Names,
    /// Collections and packages that every site has: `SMS00001`, `SMSDM003`.
    BuiltInIds,
    /// Collections and packages of the site codes that were found.
    IdsOfFoundCodes,
    /// Names of machines by common patterns: `PC-0042`, `SRV01`.
    HostNames,
    /// The first collections and packages of every site code.
    IdsOfAllCodes,
}

/// A value that was found from its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// The hash, as it stands in the rows.
    pub hash: String,
    /// The value.
    pub value: String,
    /// Where the guess came from.
    pub from: Dictionary,
}

/// How far a dictionary came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// The dictionary.
    pub from: Dictionary,
    /// How many guesses were hashed.
    pub hashes: u64,
    /// How many values were found.
    pub recovered: u64,
    /// Whether it came to its end.
    pub whole: bool,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guesses {
    /// How many different values were looked at.
    pub distinct: u64,
    /// How many of them are written as a hash is.
    pub look_like_hashes: u64,
    /// What was found.
    pub recovered: Vec<Recovered>,
    /// How far each dictionary came, in the order in which they were tried.
    pub tried: Vec<Tried>,
    /// How many guesses were hashed.
    pub hashes: u64,
    /// How long that took.
    pub took: Duration,
}

impl Guesses {
    /// How many guesses were hashed in a second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
    pub fn per_second(&self) -> f64 {
        self.hashes as f64 / self.took.as_secs_f64().max(1e-6)
    }
}

/// Tries to find values from their hashes for at most so long.
#[must_use]
pub fn guess(values: &BTreeSet<String>, words: &[String], most: Duration) -> Guesses {
    let mut attack = Attack::on(values, most);
    let looks = attack.missing;
    let mut tried = Vec::new();
    for from in [
        Dictionary::Words,
        Dictionary::SiteCodes,
        Dictionary::Names,
        Dictionary::BuiltInIds,
        Dictionary::IdsOfFoundCodes,
        Dictionary::HostNames,
        Dictionary::IdsOfAllCodes,
    ] {
        let (hashes, recovered) = (attack.hashes, attack.recovered.len());
        let codes = attack.codes();
        attack.from = from;
        let over = match from {
            Dictionary::Words => try_words(&mut attack, words),
            Dictionary::SiteCodes => try_all(&mut attack, site_codes()),
            Dictionary::Names => try_all(&mut attack, names()),
            Dictionary::BuiltInIds => try_all(&mut attack, built_in_ids()),
            Dictionary::IdsOfFoundCodes => try_ids(&mut attack, &codes, 0x10_0000),
            Dictionary::HostNames => try_hosts(&mut attack, &codes),
            Dictionary::IdsOfAllCodes => try_ids(&mut attack, &site_codes().collect::<Vec<_>>(), 0x40),
        };
        if attack.hashes > hashes {
            tried.push(Tried {
                from,
                hashes: attack.hashes - hashes,
                recovered: (attack.recovered.len() - recovered) as u64,
                whole: over.is_some(),
            });
        }
    }
    Guesses {
        distinct: values.len() as u64,
        look_like_hashes: looks,
        recovered: attack.recovered,
        tried,
        hashes: attack.hashes,
        took: attack.begun.elapsed(),
    }
}

/// The hashes that are not found yet, and what was done so far.
struct Attack {
    /// By length in bytes, for a hash may have been cut: the bytes, and how they are written.
    targets: BTreeMap<usize, HashMap<Vec<u8>, String>>,
    missing: u64,
    from: Dictionary,
    hashes: u64,
    recovered: Vec<Recovered>,
    begun: Instant,
    most: Duration,
}

impl Attack {
    fn on(values: &BTreeSet<String>, most: Duration) -> Self {
        let mut targets: BTreeMap<usize, HashMap<Vec<u8>, String>> = BTreeMap::new();
        let mut missing = 0;
        for value in values {
            if let Some(bytes) = hash_bytes(value)
                && targets.entry(bytes.len()).or_default().insert(bytes, value.clone()).is_none()
            {
                missing += 1;
            }
        }
        let begun = Instant::now();
        Self { targets, missing, from: Dictionary::Words, hashes: 0, recovered: Vec::new(), begun, most }
    }

    /// Hashes one guess; nothing where there is no more time, or nothing more to find.
    fn hash(&mut self, guess: &str) -> Option<()> {
        if self.missing == 0
            || (self.hashes.is_multiple_of(LOOK_AT_CLOCK) && self.begun.elapsed() >= self.most)
        {
            return None;
        }
        self.hashes += 1;
        let digest = one_way_digest(guess);
        for (length, targets) in &mut self.targets {
            if let Some(hash) = digest.get(..*length).and_then(|begin| targets.remove(begin)) {
                self.missing -= 1;
                self.recovered.push(Recovered { hash, value: guess.to_owned(), from: self.from });
            }
        }
        Some(())
    }

    fn codes(&self) -> Vec<String> {
        let codes = self.recovered.iter().filter(|found| found.from == Dictionary::SiteCodes);
        codes.map(|found| found.value.clone()).collect()
    }
}

/// What a text stands for that is written as hashes are: 32 bytes in Base64, or 8 to 32 bytes in hexadecimal.
fn hash_bytes(text: &str) -> Option<Vec<u8>> {
    if text.len() == 44 {
        return STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 32);
    }
    if !(16..=64).contains(&text.len()) || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

fn try_all(attack: &mut Attack, guesses: impl Iterator<Item = String>) -> Option<()> {
    for guess in guesses {
        attack.hash(&guess)?;
    }
    Some(())
}

/// As they are, and as they are often written.
fn try_words(attack: &mut Attack, words: &[String]) -> Option<()> {
    for word in words {
        attack.hash(word)?;
        for other in [word.to_uppercase(), word.to_lowercase()] {
            if other != *word {
                attack.hash(&other)?;
            }
        }
    }
    Some(())
}

fn site_codes() -> impl Iterator<Item = String> {
    let digits = || CODE.iter().map(|byte| char::from(*byte));
    digits()
        .flat_map(move |a| digits().flat_map(move |b| digits().map(move |c| String::from_iter([a, b, c]))))
}

/// Names of views give those of the tables behind them: `v_GS_X` shows `X_DATA`, `v_HS_X` shows `X_HIST`.
fn names() -> impl Iterator<Item = String> {
    Floors::documented_names().into_iter().flat_map(|name| {
        let class = name.strip_prefix("v_GS_").map(str::to_owned);
        let others = class.into_iter().flat_map(|class| {
            ["v_HS_#", "#_DATA", "#_HIST", "#_CURR", "_RES_COLL_#", "v_GS_#0"]
                .map(|form| form.replace('#', &class))
        });
        others.chain([name]).collect::<Vec<_>>()
    })
}

fn built_in_ids() -> impl Iterator<Item = String> {
    let numbered = (0..0x1000).map(|number| format!("SMS{number:05X}"));
    numbered.chain((0..0x1000).map(|number| format!("SMSDM{number:03X}")))
}

/// Numbers first, so that the ids that most sites have come first.
fn try_ids(attack: &mut Attack, codes: &[String], numbers: u32) -> Option<()> {
    for number in 0..numbers {
        for code in codes {
            attack.hash(&format!("{code}{number:05X}"))?;
        }
    }
    Some(())
}

fn try_hosts(attack: &mut Attack, codes: &[String]) -> Option<()> {
    for width in 1..=5 {
        for prefix in PREFIXES.into_iter().chain(codes.iter().map(String::as_str)) {
            for between in ["", "-"] {
                for number in 0..10_u32.pow(width) {
                    attack.hash(&format!("{prefix}{between}{number:0width$}", width = width as usize))?;
                }
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use glasshouse_contract::one_way_hash;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn found(values: &[&str], words: &[&str]) -> Vec<(String, Dictionary)> {
        let hashes = values.iter().map(|value| one_way_hash(value)).collect();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let guesses = guess(&hashes, &words, LONG);
        guesses.recovered.into_iter().map(|found| (found.value, found.from)).collect()
    }

    #[test]
    fn what_can_be_listed_is_found_from_its_hash() {
        use Dictionary::{BuiltInIds, HostNames, IdsOfFoundCodes, Names, SiteCodes, Words};
        let expected = [
            ("ZUERICH-1", Words),
            ("CAS", SiteCodes),
            ("P01", SiteCodes),
            ("OPERATING_SYSTEM_DATA", Names),
            ("v_R_System", Names),
            ("SMSDM003", BuiltInIds),
            ("P0100A1F", IdsOfFoundCodes),
            ("SRV-07", HostNames),
        ];
        let values: Vec<&str> = expected.iter().map(|(value, _)| *value).collect();
        let found: BTreeMap<String, Dictionary> = found(&values, &["zuerich-1"]).into_iter().collect();
        for (value, from) in expected {
            assert_eq!(found.get(value), Some(&from), "{value}");
        }
    }

    #[test]
    fn a_hash_that_was_cut_or_written_in_digits_is_found_too() {
        let digest = one_way_digest("CAS");
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        for written in [hex.clone(), hex[..16].to_owned(), hex.to_uppercase()] {
            let guesses = guess(&BTreeSet::from([written.clone()]), &[], LONG);
            assert_eq!(guesses.recovered.len(), 1, "{written}");
        }
        let others = ["CAS", "", "no hash at all", "abc", &hex[..14]].map(str::to_owned);
        let guesses = guess(&BTreeSet::from(others), &[], LONG);
        assert_eq!((guesses.distinct, guesses.look_like_hashes, guesses.hashes), (5, 0, 0));
    }

    #[test]
    fn it_ends_when_its_time_is_over() {
        let values = BTreeSet::from([one_way_hash("what nobody would guess")]);
        let guesses = guess(&values, &[], Duration::ZERO);
        assert_eq!((guesses.hashes, guesses.recovered.len()), (0, 0));
    }
}
