//! The statement target without a fuzzer: on statements that a grammar makes, and on the kept seeds, cut and
//! mixed.

#![cfg(test)]

use std::{fs, path::Path};

use glasshouse_fuzz_bodies::statement;
use glasshouse_guard::Printed;
use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_oneof},
    proptest,
    sample::select,
};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec!["Name0", "ResourceID", "Client0", "x", "_y", "[Select]", "[END]", "State"])
            .prop_map(str::to_owned),
        // Not the first letters of sp_, xp_ and dm_.
        "[a-ce-rt-wyzA-CE-RT-WYZ_][A-Za-z0-9_]{0,12}".prop_map(|name| format!("[{name}]")),
    ]
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u32>().prop_map(|number| number.to_string()),
        (any::<u16>(), any::<u16>()).prop_map(|(whole, part)| format!("{whole}.{part}")),
        Just("NULL".to_owned()),
        "[ -~\u{e4}\u{4e2d}\u{1f980}]{0,12}".prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        "[ -~\u{e4}]{0,6}".prop_map(|text| format!("n'{}'", text.replace('\'', "''"))),
    ]
}

/// Values, and conditions among them, as authors write them: sparing with parentheses.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        literal(),
        name(),
        (name(), name()).prop_map(|(table, column)| format!("{table}.{column}")),
        Just("COUNT(*)".to_owned()),
        Just("GETUTCDATE()".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let inner = inner.boxed();
        let sign = select(vec!["+", "-", "*", "/", "%"]);
        let compare = select(vec!["=", "<>", "!=", "<", "<=", ">", ">="]);
        let condition = (inner.clone(), compare, inner.clone(), select(vec!["AND", "OR"]), name())
            .prop_map(|(left, sign, right, and, name)| {
                format!("{left} {sign} {right} {and} NOT {name} IS NULL")
            })
            .boxed();
        prop_oneof![
            (inner.clone(), sign, inner.clone())
                .prop_map(|(left, sign, right)| format!("{left} {sign} {right}")),
            (inner.clone(), select(vec!["&", "|", "^"]), inner.clone())
                .prop_map(|(left, sign, right)| format!("(({left}) {sign} ({right}))")),
            inner.clone().prop_map(|value| format!("({value})")),
            inner.clone().prop_map(|value| format!("- {value}")),
            inner.clone().prop_map(|value| format!("- - {value}")),
            vec(inner.clone(), 2..4).prop_map(|values| format!("coalesce({})", values.join(", "))),
            inner.clone().prop_map(|value| format!("CAST({value} AS Decimal(9, 2))")),
            inner.clone().prop_map(|value| format!("CONVERT(nvarchar(20), {value}, 126)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("DATEDIFF(Hour, {a}, {b})")),
            (condition.clone(), inner.clone(), inner.clone())
                .prop_map(|(condition, yes, no)| format!("CASE WHEN {condition} THEN {yes} ELSE {no} END")),
            (condition, inner.clone(), inner.clone())
                .prop_map(|(condition, yes, no)| format!("iif({condition}, {yes}, {no})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(key, value, result)| format!("CASE {key} WHEN {value} THEN {result} END")),
            (inner.clone(), name())
                .prop_map(|(value, name)| format!("SUM({value}) OVER (PARTITION BY {name})")),
            (inner, name()).prop_map(|(value, name)| format!("(SELECT MAX({value}) FROM dbo.{name})")),
        ]
    })
}

fn statements() -> impl Strategy<Value = String> {
    let select = (vec((value(), name()), 1..4), name(), name(), value(), value(), any::<[bool; 4]>())
        .prop_map(|(columns, table, alias, left, right, [distinct, join, filter, order])| {
            let columns: Vec<String> = columns
                .into_iter()
                .enumerate()
                .map(|(index, (value, name))| {
                    format!("{value} AS [{}{index}]", name.trim_matches(['[', ']']))
                })
                .collect();
            let when = |yes: bool, text: String| if yes { text } else { String::new() };
            format!(
                "SELECT {}{} FROM {table} {alias}{}{}{}",
                when(distinct, "DISTINCT TOP 5 ".to_owned()),
                columns.join(", "),
                when(join, format!(" LEFT OUTER JOIN dbo.{table} AS joined ON {left} = {right}")),
                when(
                    filter,
                    format!("\n-- words\nWHERE {left} IN (1, {right}) OR {right} LIKE '%' ESCAPE '\\'")
                ),
                // A number alone would name a column by its place, which is refused.
                when(order, format!(" ORDER BY coalesce({left}, {right}) DESC")),
            )
        });
    select.boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_grammar_makes_is_printed_as_one_select(text in statements()) {
        let printed = Printed::of(&text).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"));
        assert!(!printed.as_str().contains("words"), "{text}");
        statement(text.as_bytes());
    }

    #[test]
    fn any_text_is_printed_as_one_select_or_refused(text in "\\PC{0,80}") {
        statement(text.as_bytes());
        statement(format!("SELECT {text} AS a").as_bytes());
        statement(format!("SELECT 1 AS a FROM {text}").as_bytes());
        statement(format!("SELECT '{text}' AS [{text}] FROM dbo.t WHERE {text}").as_bytes());
    }
}

fn seeds() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds/statement");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Pieces that a seed does not have: each of them ends, hides or begins something.
const SPICE: &[&str] = &[
    "'",
    "''",
    "]",
    "]]",
    "[",
    "--",
    "/*",
    "*/",
    ";",
    "\r",
    "\n",
    "\u{85}",
    "\u{2028}",
    "\\",
    "\"",
    "@",
    "#",
    "$",
    "N'",
    "N",
    "SHUTDOWN",
    "KILL",
    "GO",
    "EXEC",
    "INTO",
    "UNION",
    "SELECT",
    "WITH",
    "FROM",
    "*",
    ".",
    "..",
    "(",
    ")",
    "AS",
    "-",
    "- -",
    "0x1",
    "1e5",
    "e5",
    ",",
    "::",
    "{",
    "}",
    "\u{ff07}",
    "\u{430}",
    "DELETE",
    "OVER ()",
    "END",
    "CASE",
    "NOT",
    "IN",
    "LIKE",
    "[a]",
    "[a].[b]",
    "dbo.",
    "sys.",
    "DB_ID()",
    "TOP (1)",
    "DISTINCT",
    "ALL",
    "NULL",
    "&",
    "|",
    "WHERE",
    "[dbo].[f](",
];

/// Words, names, strings, signs and spaces, so that what is cut and mixed often is SQL again.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in text.chars() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        match pieces.last_mut() {
            Some(last) if word(c) && last.chars().all(word) => last.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    pieces
}

#[test]
fn seeds_that_are_cut_and_mixed_are_printed_as_one_select_or_refused() {
    let seeds: Vec<Vec<String>> = seeds().iter().map(|seed| pieces(seed)).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |end: usize| {
        // xorshift: the same inputs in every run.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % end.max(1) as u64).unwrap()
    };
    let rounds: usize =
        std::env::var("GLASSHOUSE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10_000);
    let mut passed = 0;
    for _ in 0..rounds {
        let mut text = seeds[below(seeds.len())].clone();
        for _ in 0..=below(3) {
            let place = below(text.len());
            match below(5) {
                0 => drop(text.remove(place)),
                1 => text.insert(place, format!(" {} ", SPICE[below(SPICE.len())])),
                2 => text[place] = SPICE[below(SPICE.len())].to_owned(),
                3 => {
                    let piece = text[below(text.len())].clone();
                    text[place] = piece;
                }
                _ => {
                    let other = &seeds[below(seeds.len())];
                    let from = below(other.len());
                    let piece = other[from..(from + 1 + below(6)).min(other.len())].to_vec();
                    text.splice(place..place, piece);
                }
            }
        }
        let text = text.concat();
        statement(text.as_bytes());
        passed += usize::from(Printed::of(&text).is_ok());
    }
    // A judge that sees nothing but refusals would be no judge.
    assert!(passed > rounds / 20, "{passed} of {rounds} passed");
    println!("{passed} of {rounds} passed");
}
