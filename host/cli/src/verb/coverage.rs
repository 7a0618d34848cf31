use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use glasshouse_contract::{Fault, Level};
use glasshouse_control::{Coverage as Item, CoverageReport, Reply, Request};

use super::unexpected;
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// Shows which of the 326 documented items the running queries collect, and why the others are not
///
/// The items are those of Configuration Manager's diagnostics and usage data, version 2409: 75 of level
/// basic (b), 226 of enhanced (e), 25 of full (f), in the order of the documentation. Numbers and titles
/// are ours.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse coverage
  glasshouse coverage --missing
  glasshouse coverage --output json | jq '[.[] | select(.collected)] | length'")]
pub struct Coverage {
    /// Only items that are not collected
    #[arg(long)]
    missing: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

/// How the list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person.
    #[default]
    Text,
    /// An array with item, level, collected, statements, reason and more.
    Json,
    /// For a page of documentation.
    Markdown,
}

impl Coverage {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Reply::Coverage(report) = place.ask("reading the plugins", Request::Coverage)? else {
            return Err(unexpected());
        };
        let CoverageReport { items, unknown } = report;
        let sums = sums(&items);
        let items: Vec<Item> = items.into_iter().filter(|item| !self.missing || !item.collected).collect();
        match self.output {
            Form::Json => screen::print_json(&items),
            Form::Text => screen::print(&format!("{}\n{sums}", text(&items))),
            Form::Markdown => screen::print(&format!("{sums}\n{}", markdown(&items))),
        }
        for unknown in &unknown {
            screen::note(&format!(
                "{} says that it collects `{}`, which is no documented item",
                screen::line(&unknown.statement),
                screen::line(&unknown.item)
            ));
        }
        Ok(if unknown.is_empty() { Ended::Well } else { Ended::WithFindings })
    }
}

fn sums(items: &[Item]) -> String {
    let mut text = String::new();
    for level in [Level::Basic, Level::Enhanced, Level::Full] {
        let all = items.iter().filter(|item| item.level == level).count();
        let collected = items.iter().filter(|item| item.level == level && item.collected).count();
        let _ = writeln!(text, "{level}: {collected} of {all} items are collected");
    }
    let collected = items.iter().filter(|item| item.collected).count();
    let _ = writeln!(text, "together: {collected} of {}", items.len());
    text
}

/// By what, or why not; and what is left out where it is not all.
fn words(item: &Item) -> String {
    let mut words = if item.collected {
        item.statements.join(", ")
    } else {
        format!("not collected: {}", item.reason.as_deref().unwrap_or_default())
    };
    if let Some(partly) = &item.partly {
        let _ = write!(words, " (in part: {partly})");
    }
    words
}

fn text(items: &[Item]) -> String {
    let mut columns = Columns::new(&["ITEM", "LEVEL", "AREA", "WHAT", "COLLECTED BY"]);
    for item in items {
        columns.row([&item.item, item.level.as_str(), &item.area, &item.title, &words(item)]);
    }
    columns.text()
}

fn markdown(items: &[Item]) -> String {
    let mut text = "| item | level | what | collected by |\n|---|---|---|---|\n".to_owned();
    let cell = |value: &str| screen::line(value).replace('|', "\\|");
    for item in items {
        let (title, words) = (cell(&item.title), cell(&words(item)));
        let _ = writeln!(text, "| {} | {} | {title} | {words} |", cell(&item.item), item.level);
    }
    text
}
