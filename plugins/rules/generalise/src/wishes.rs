//! What the settings ask of each column.

use std::str::FromStr;

use glasshouse_sdk::{Field, prelude::*};

use crate::coarser::{Parts, Period, Ranges};

/// A setting that gives columns by name something: `OsVersion:2, Client*:3`.
#[derive(Debug)]
pub struct ByColumn<T>(Vec<(String, T)>);

impl<T: FromStr<Err = String>> ByColumn<T> {
    pub fn read(run: &Context, setting: &str) -> Result<Self> {
        Self::parse(setting, run.setting(setting)?).map_err(Error::Other)
    }

    fn parse(setting: &str, text: &str) -> std::result::Result<Self, String> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let one = |word: &str| {
            let (column, wish) = word
                .split_once(':')
                .ok_or_else(|| format!("setting `{setting}`: `{word}` is not written COLUMN:VALUE"))?;
            let wish = wish.trim().parse().map_err(|why| format!("setting `{setting}`: `{word}`: {why}"))?;
            Ok((column.trim().to_owned(), wish))
        };
        words.map(one).collect::<std::result::Result<_, _>>().map(Self)
    }

    /// What is asked of a column. The first that names it holds.
    fn of(&self, column: &str) -> Option<&T> {
        let names = |name: &str| match name.strip_suffix('*') {
            Some(start) => column.starts_with(start),
            None => column == name,
        };
        self.0.iter().find(|(name, _)| names(name)).map(|(_, wish)| wish)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !name.ends_with('*'))
    }
}

/// How many of the most common values are kept.
#[derive(Clone, Copy, Debug)]
pub struct Top(pub usize);

impl FromStr for Top {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.parse() {
            Ok(most @ 1..) => Ok(Self(most)),
            _ => Err("at least 1 value is kept".to_owned()),
        }
    }
}

/// All that the settings ask.
#[derive(Debug)]
pub struct Wishes {
    pub versions: ByColumn<Parts>,
    pub dates: ByColumn<Period>,
    pub numbers: ByColumn<Ranges>,
    pub top: ByColumn<Top>,
}

/// What is asked of a column of text.
#[derive(Debug)]
pub struct OfText<'a> {
    pub parts: Option<&'a Parts>,
    pub period: Option<&'a Period>,
    pub top: Option<&'a Top>,
}

impl Wishes {
    pub fn read(run: &Context) -> Result<Self> {
        Ok(Self {
            versions: ByColumn::read(run, "versions")?,
            dates: ByColumn::read(run, "dates")?,
            numbers: ByColumn::read(run, "numbers")?,
            top: ByColumn::read(run, "top")?,
        })
    }

    /// Something that is asked of a column of text; nothing where nothing is.
    pub fn of_text(&self, column: &str) -> Option<OfText<'_>> {
        let wish = OfText {
            parts: self.versions.of(column),
            period: self.dates.of(column),
            top: self.top.of(column),
        };
        (wish.parts.is_some() || wish.period.is_some() || wish.top.is_some()).then_some(wish)
    }

    pub fn of_time(&self, column: &str) -> Option<&Period> {
        self.dates.of(column)
    }

    pub fn of_number(&self, column: &str) -> Option<&Ranges> {
        self.numbers.of(column)
    }

    /// Refuses a table with a column that is named in full and that cannot be made coarser: left as it is,
    /// it would be finer than whoever wrote the settings believes.
    pub fn check(&self, fields: &[Field], is_open: impl Fn(usize, &[ColumnKind]) -> bool) -> Result<()> {
        use ColumnKind::{Number, Text, Time};
        let named = (self.versions.names().map(|name| (name, "versions", &[Text][..])))
            .chain(self.dates.names().map(|name| (name, "dates", &[Text, Time][..])))
            .chain(self.numbers.names().map(|name| (name, "numbers", &[Number][..])))
            .chain(self.top.names().map(|name| (name, "top", &[Text][..])));
        for (name, setting, kinds) in named {
            if let Some(column) = fields.iter().position(|field| field.name == name)
                && !is_open(column, kinds)
            {
                let why = "its type is not one for this, or its class is above category";
                return Err(Error::Other(format!("setting `{setting}` names column `{name}`: {why}")));
            }
        }
        Ok(())
    }
}

/// What the rule can make of a column; its manifest's needs are in this order, with two for numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    Text,
    Time,
    Number,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_has_its_own_wish() {
        let wishes = ByColumn::<Parts>::parse("versions", " OsVersion:2, Client* : 3 ,").unwrap();
        assert_eq!(wishes.of("OsVersion"), "2".parse().as_ref().ok());
        assert_eq!(wishes.of("ClientVersion"), "3".parse().as_ref().ok());
        assert_eq!(wishes.of("OsVersion2"), None);
        assert!(wishes.names().eq(["OsVersion"]));
    }

    #[test]
    fn what_is_no_wish_is_named() {
        let error = |text| ByColumn::<Parts>::parse("versions", text).unwrap_err();
        assert_eq!(error("OsVersion"), "setting `versions`: `OsVersion` is not written COLUMN:VALUE");
        assert_eq!(error("A:2, B:9"), "setting `versions`: `B:9`: a version has 1 to 4 parts to keep");
        assert!("0".parse::<Top>().is_err());
    }
}
