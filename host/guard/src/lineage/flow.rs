//! What is known of a value.

use std::collections::BTreeSet;

use glasshouse_contract::DataClass;

use super::{OutputColumn, Source};
use crate::{Floor, ObjectName};

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    /// The highest floor of what it is made from.
    pub floor: DataClass,
    /// Why the floor is that one.
    pub why: String,
    pub sources: BTreeSet<Source>,
    /// What comparisons on the way here told.
    pub told: Told,
    /// Whether it is an identifier no more as the database has it: something less went in, or it was made into
    /// something else. Its author may know the value then - `LEN(Name0) / LEN(Name0)` is 1 - and whatever it
    /// is compared with, the comparison tells of it.
    pub mixed: bool,
    /// Whether a literal went in, also one that every site has.
    pub literal: bool,
    /// Whether it is nothing but a literal that every site has.
    pub known: bool,
    /// Whether it is a moment, untouched but for whole days.
    pub moment: Option<Moment>,
}

/// A moment in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// That a column has.
    Column,
    /// When the statement runs.
    Now,
}

/// The highest floor of what a statement compared with something that its author chose, and which that was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told(Option<(DataClass, String)>);

impl Told {
    pub(super) const fn new(floor: DataClass, why: String) -> Self {
        Self(Some((floor, why)))
    }

    pub(super) fn into_inner(self) -> Option<(DataClass, String)> {
        self.0
    }

    pub(super) fn and(&mut self, other: &Self) {
        let floor = |told: &Self| told.0.as_ref().map(|(floor, _)| *floor);
        if floor(other) > floor(self) {
            self.0.clone_from(&other.0);
        }
    }
}

impl Flow {
    /// What is made from nothing.
    pub(super) const fn nothing() -> Self {
        Self {
            floor: DataClass::Measure,
            why: String::new(),
            sources: BTreeSet::new(),
            told: Told(None),
            mixed: false,
            literal: false,
            known: true,
            moment: None,
        }
    }

    /// A literal; `known` is what every site has.
    pub(super) fn literal(floor: DataClass, known: bool) -> Self {
        Self { floor, why: "it is a literal".to_owned(), literal: true, known, ..Self::nothing() }
    }

    /// A column, or what a function gives.
    pub(super) fn of(object: ObjectName, column: Option<&str>, floor: Floor) -> Self {
        let source = Source { object, column: column.map(str::to_owned) };
        let why = match floor.origin {
            crate::Origin::Unknown => format!("{source} is not listed, which makes it {}", floor.class),
            crate::Origin::Shipped => format!("{source} is {}", floor.class),
            crate::Origin::Site => format!("{source} is {}, set by this site", floor.class),
        };
        Self {
            floor: floor.class,
            why,
            sources: BTreeSet::from([source]),
            known: false,
            moment: floor.moment.then_some(Moment::Column),
            ..Self::nothing()
        }
    }

    /// What nobody can follow.
    pub(super) fn tangled(table: &str) -> Self {
        Self {
            floor: DataClass::Text,
            why: format!("`{table}` reads itself in a way that is not followed"),
            mixed: true,
            known: false,
            ..Self::nothing()
        }
    }

    /// What is made from both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.add(other);
        self
    }

    pub(super) fn add(&mut self, other: Self) {
        self.mixed |= other.mixed || self.is_less() || other.is_less();
        self.literal |= other.literal;
        self.known &= other.known;
        // Of two that are alike, the one that comes from the database says more than a literal.
        let says_more = self.sources.is_empty() && !other.sources.is_empty() && other.floor == self.floor;
        if other.floor > self.floor || self.why.is_empty() || says_more {
            self.floor = other.floor.max(self.floor);
            self.why = other.why;
        }
        self.read(other.sources);
        self.told.and(&other.told);
        self.moment = None;
    }

    /// Sources are for people to read: of very many the first are kept.
    fn read(&mut self, sources: BTreeSet<Source>) {
        const MOST: usize = 100;
        self.sources.extend(sources);
        while self.sources.len() > MOST {
            self.sources.pop_last();
        }
    }

    /// The same sources and what they told, with another floor.
    pub(super) fn lowered(mut self, floor: DataClass, why: &str) -> Self {
        self.floor = floor;
        why.clone_into(&mut self.why);
        self.mixed = false;
        self.known = false;
        self.moment = None;
        self
    }

    /// Only what it read and told: a condition that decides between others.
    pub(super) fn decides(&mut self, condition: Self) {
        self.read(condition.sources);
        self.told.and(&condition.told);
    }

    /// Made into something else.
    pub(super) fn changed(mut self) -> Self {
        self.mixed |= self.identifies();
        self.kept()
    }

    /// Chosen among others, or written in another way: what identified before does so still.
    pub(super) fn kept(mut self) -> Self {
        self.known = false;
        self.moment = None;
        self
    }

    /// What it tells to put equal ones together, or to leave all but one of them out: nothing of what the
    /// database has, and all of what its author put among it.
    pub(super) fn together(&self) -> Told {
        if !self.identifies() || !self.mixed {
            return Told::default();
        }
        Told::new(self.floor, format!("the rows tell of {}: equal ones are put together", self.shown()))
    }

    /// What the order of rows tells.
    pub(super) fn ordered(&self) -> Told {
        if !self.identifies() {
            return Told::default();
        }
        Told::new(self.floor, format!("the rows tell of {}: they are in its order", self.shown()))
    }

    /// What it tells that rows go out in the order of one of their own columns: nothing more than the column
    /// itself, if it has but what the database has.
    pub(super) fn ordered_by_itself(&self) -> Told {
        if self.mixed || self.literal { self.ordered() } else { Told::default() }
    }

    /// Some of the sources, for a person to read.
    pub(super) fn shown(&self) -> String {
        self.sources.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Whether it is less than an identifier, and not the same for every site.
    fn is_less(&self) -> bool {
        !self.identifies() && !self.known
    }

    /// Whether it is made from identifiers alone.
    pub(super) fn is_plain(&self) -> bool {
        self.identifies() && !self.mixed
    }

    /// Whether it stands for somebody or something of this organisation.
    pub(super) fn identifies(&self) -> bool {
        self.floor > DataClass::Pseudonym
    }

    pub(super) fn output(self, name: String) -> OutputColumn {
        let (floor, why) = match self.told.0 {
            Some((told, why)) if told > self.floor => (told, why),
            _ => (self.floor, self.why),
        };
        OutputColumn { name, sources: self.sources.into_iter().collect(), floor, why }
    }
}
