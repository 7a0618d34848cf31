//! What a person approves before anything leaves: a plan in words, line by line, and its difference to the one that
//! was approved.

use std::{collections::BTreeSet, fmt::Write as _};

use glasshouse_contract::{Name, PluginId};

/// A plan in its canonical text: a line for each thing that decides what leaves, in order. Two plans are the same
/// where their texts are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanText {
    lines: BTreeSet<Line>,
}

/// One thing that decides what leaves. Lines begin with the query and the route that they are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    /// The query; none where it is about all that goes the route.
    query: Option<PluginId>,
    route: Name,
    text: String,
}

/// What stands for all queries of a route.
const ALL: &str = "*";

impl PlanText {
    /// Adds a line about all queries of a route: its target, its rules.
    pub fn add_route(&mut self, route: &Name, text: impl Into<String>) {
        self.lines.insert(Line { query: None, route: route.clone(), text: text.into() });
    }

    /// Adds a line about a query on a route.
    pub fn add(&mut self, query: &PluginId, route: &Name, text: impl Into<String>) {
        self.lines.insert(Line { query: Some(query.clone()), route: route.clone(), text: text.into() });
    }

    /// Whether nothing leaves.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text.
    pub fn text(&self) -> String {
        self.lines.iter().fold(String::new(), |mut text, line| {
            let query = line.query.as_ref().map_or(ALL, PluginId::as_str);
            let _ = writeln!(text, "{} {query}: {}", line.route, line.text);
            text
        })
    }

    /// Reads a text. A line that is none is left out: what is missing differs.
    pub fn read(text: &str) -> Self {
        let line = |line: &str| {
            let (about, text) = line.split_once(": ")?;
            let (route, query) = about.split_once(' ')?;
            let query = if query == ALL { None } else { Some(PluginId::new(query).ok()?) };
            Some(Line { query, route: Name::new(route).ok()?, text: text.to_owned() })
        };
        Self { lines: text.lines().filter_map(line).collect() }
    }
}

/// What differs between two plans, and which queries on which routes it touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanDifference {
    /// Lines that begin with `+` or `-`.
    pub words: Vec<String>,
    touched: BTreeSet<(Option<PluginId>, Name)>,
}

impl PlanDifference {
    /// Whether they are the same.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether what this query sends on this route is not what was approved.
    pub fn touches(&self, query: &PluginId, route: &Name) -> bool {
        self.touched
            .iter()
            .any(|(touched, on)| on == route && touched.as_ref().is_none_or(|touched| touched == query))
    }

    /// What is touched, for a person: `query on route`.
    pub fn touched(&self) -> Vec<String> {
        let query =
            |query: &Option<PluginId>| query.as_ref().map_or("everything".to_owned(), ToString::to_string);
        self.touched.iter().map(|(touched, route)| format!("{} on {route}", query(touched))).collect()
    }
}

/// What a new plan has that the approved one has not, and the other way around.
pub fn difference(approved: &PlanText, now: &PlanText) -> PlanDifference {
    let mut difference = PlanDifference::default();
    let mut note = |sign: char, line: &Line| {
        let query = line.query.as_ref().map_or(ALL, PluginId::as_str);
        difference.words.push(format!("{sign} {} {query}: {}", line.route, line.text));
        difference.touched.insert((line.query.clone(), line.route.clone()));
    };
    approved.lines.difference(&now.lines).for_each(|line| note('-', line));
    now.lines.difference(&approved.lines).for_each(|line| note('+', line));
    difference
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> PluginId {
        PluginId::new(text).unwrap()
    }

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn plan() -> PlanText {
        let mut plan = PlanText::default();
        plan.add_route(&name("hq"), "target a.target 1.0.0");
        plan.add(&id("a.query"), &name("hq"), "devices.Name identifier -> pseudonym");
        plan.add(&id("b.query"), &name("hq"), "devices.Count measure");
        plan
    }

    #[test]
    fn a_plan_reads_back_from_its_text() {
        assert_eq!(PlanText::read(&plan().text()), plan());
        assert!(PlanText::read("").is_empty());
    }

    #[test]
    fn a_change_touches_the_query_that_it_is_about() {
        let mut later = plan();
        later.add(&id("a.query"), &name("hq"), "devices.Serial identifier -> pseudonym");
        let difference = difference(&plan(), &later);
        assert_eq!(difference.words, ["+ hq a.query: devices.Serial identifier -> pseudonym"]);
        assert_eq!(difference.touched(), ["a.query on hq"]);
        assert!(difference.touches(&id("a.query"), &name("hq")));
        assert!(!difference.touches(&id("b.query"), &name("hq")));
        assert!(!difference.touches(&id("a.query"), &name("other")));
    }

    #[test]
    fn a_change_of_the_route_touches_everything_on_it() {
        let mut later = plan();
        later.add_route(&name("hq"), "rule a.rule 1.0.0");
        let difference = difference(&plan(), &later);
        assert!(
            difference.touches(&id("a.query"), &name("hq"))
                && difference.touches(&id("b.query"), &name("hq"))
        );
        assert_eq!(difference.touched(), ["everything on hq"]);
    }

    #[test]
    fn nothing_approved_touches_all_and_the_same_nothing() {
        assert!(difference(&PlanText::default(), &plan()).touches(&id("a.query"), &name("hq")));
        assert!(difference(&plan(), &plan()).is_empty());
    }
}
