//! The formats that a manifest can promise for a text: what is not written so is not what was promised, and is
//! left out. A text of few and known shapes has no room for a name.

use std::{collections::HashSet, net::Ipv4Addr};

use glasshouse_contract::{
    Batch, BatchError, Column, ColumnBuilder, ColumnType, Name, QuerySpec, Schema, TextColumn,
};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Version,
    Guid,
    Date,
    Code,
}

/// The longest number in a version; build numbers of the day have ten digits.
const DIGITS: usize = 10;
/// Parts of a version: file versions have four, some products six.
const PARTS: usize = 6;
/// The longest word that a product uses for one of its parts or states.
const CODE: usize = 64;

impl Format {
    fn named(name: &str) -> Option<Self> {
        match name {
            "version" => Some(Self::Version),
            "guid" => Some(Self::Guid),
            "date" => Some(Self::Date),
            "code" => Some(Self::Code),
            _ => None,
        }
    }

    /// The formats that a query promises for a table, column by column of its schema.
    pub fn of_table(query: &QuerySpec, table: &Name, schema: &Schema) -> Vec<Option<Self>> {
        let declared = if query.outputs.is_empty() {
            query.statement(table.as_str()).map(|statement| &statement.columns)
        } else {
            query.outputs.iter().find(|output| output.name == *table).map(|output| &output.columns)
        };
        schema
            .fields()
            .iter()
            .map(|field| {
                let column = declared?.iter().find(|column| column.name == field.name)?;
                // A rule may have made another class or type of it, for which nothing was promised.
                let same = column.kind == field.kind && column.class == field.class;
                (same && field.kind == ColumnType::Text)
                    .then(|| Self::named(column.format.as_deref()?))
                    .flatten()
            })
            .collect()
    }

    /// Whether a text is written so.
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Version => is_version(text),
            Self::Guid => is_guid(text),
            Self::Date => is_date(text),
            Self::Code => {
                (1..=CODE).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            }
        }
    }
}

/// Numbers joined by dots. One that is the address of a machine in a private network is taken for that.
fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let numbers =
        |part: &&str| (1..=DIGITS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let address =
        || text.parse::<Ipv4Addr>().is_ok_and(|address| address.is_private() || address.is_link_local());
    parts.len() <= PARTS && parts.iter().all(numbers) && !address()
}

fn is_guid(text: &str) -> bool {
    let bare = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let lengths: Vec<usize> = bare.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && bare.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn is_date(text: &str) -> bool {
    let civil = text.strip_suffix('Z').unwrap_or(text);
    civil.parse::<jiff::civil::DateTime>().is_ok() && civil.len() <= 30
}

/// A batch without the texts that are not written as was promised, and how many there were in each column. Words are
/// what an administrator lets a rule write in their place.
pub fn hold_to(
    formats: &[Option<Format>],
    words: &HashSet<&str>,
    batch: &Batch,
) -> Result<(Batch, Vec<u64>), BatchError> {
    let mut wrong = vec![0; formats.len()];
    let columns = batch
        .columns()
        .iter()
        .zip(formats)
        .zip(&mut wrong)
        .map(|((column, format), wrong)| match (column, format) {
            (Column::Text(texts), Some(format)) => {
                hold_column(*format, words, texts, batch.rows() as usize, wrong)
            }
            _ => column.clone(),
        })
        .collect();
    Ok((Batch::new(batch.schema().clone(), batch.rows(), columns)?, wrong))
}

fn hold_column(
    format: Format,
    words: &HashSet<&str>,
    texts: &TextColumn,
    rows: usize,
    wrong: &mut u64,
) -> Column {
    let fits = |text: &&str| format.fits(text) || words.contains(text);
    let misfit = |row: &usize| texts.get(*row).is_some_and(|text| !fits(&text));
    *wrong = (0..rows).filter(misfit).count() as u64;
    if *wrong == 0 {
        return Column::Text(texts.clone());
    }
    let mut kept = ColumnBuilder::new(ColumnType::Text, rows);
    for row in 0..rows {
        match texts.get(row).filter(fits) {
            Some(text) => kept.push_text(text),
            None => kept.push_null(),
        }
    }
    kept.finish()
}

#[cfg(test)]
mod tests {
    use super::Format::{self, Code, Date, Guid, Version};

    #[test]
    fn each_format_knows_its_own_and_no_name() {
        let fits: [(Format, &[&str]); 4] = [
            (Version, &["5.00.9132.1000", "10.0.26100.1742", "2409", "120.0.2210.91", "10.0"]),
            (Guid, &["3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E", "{3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e}"]),
            (Date, &["2026-01-28", "2026-01-28T09:30:00Z", "2026-01-28 09:30:00.5"]),
            (Code, &["SQL_Latin1_General_CP1_CI_AS", "0409", "x86", "SMS_DMP_DOWNLOADER"]),
        ];
        for (format, texts) in fits {
            for text in texts {
                assert!(format.fits(text), "{format:?} {text}");
            }
        }
        let names = [
            "",
            "ada@contoso.com",
            "CONTOSO\\ada",
            "pc1.ad.contoso.com",
            "10.77.100.101",
            "192.168.0.1",
            "fd00::1",
            "02:77:CA:FE:10:20",
            "C:\\Users\\ada",
            "Ada Lovelace",
            "5.0\n",
            "\u{661}.\u{662}",
        ];
        for format in [Version, Guid, Date, Code] {
            for text in names {
                assert!(!format.fits(text), "{format:?} {text}");
            }
        }
        assert!(!Version.fits("1.2.3.4.5.6.7") && !Version.fits("1..2") && !Version.fits("12345678901"));
        assert!(
            !Date.fits("2026-13-01")
                && !Guid.fits("3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0")
                && !Code.fits(&"x".repeat(65))
        );
    }
}
