//! Statements that somebody got wrong: SQL Server's errors, and never one of SQLite's.

#![cfg(test)]

use pretend_site::{Database, Plan, SiteData};

/// The words of a statement and what stands between them.
fn words(sql: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if first == '\'' {
            rest[1..].find('\'').map_or(rest.len(), |end| end + 2)
        } else {
            first.len_utf8()
        };
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

#[test]
fn a_documented_query_with_a_word_left_out_or_twice_is_answered_or_refused_as_sql_server_would() {
    let site = SiteData::new(Plan { devices: 20, planted: false, ..Plan::default() }).unwrap();
    let document: serde_json::Value = serde_json::from_str(include_str!("queries.json")).unwrap();
    let (mut answered, mut refused) = (0, 0);
    for (number, entry) in document.as_array().unwrap().iter().enumerate() {
        let sql = entry["sql"].as_str().unwrap();
        let words = words(sql);
        // Each query has its own third of the places: together they meet every kind of word.
        for at in (number % 3..words.len()).step_by(3) {
            let without: String =
                words.iter().enumerate().filter(|(own, _)| *own != at).map(|(_, word)| *word).collect();
            let twice: String = words[..=at].iter().chain([&" "]).chain(&words[at..]).copied().collect();
            for broken in [without, twice] {
                let outcome = site
                    .query(&broken, &[])
                    .and_then(|mut answer| answer.rows.try_for_each(|row| row.map(drop)));
                match outcome {
                    Ok(()) => answered += 1,
                    Err(error) => {
                        assert!(!error.message.contains("cannot run"), "{broken}\n{error}");
                        refused += 1;
                    }
                }
            }
        }
    }
    println!("{answered} answered, {refused} refused");
    assert!(answered > 500 && refused > 1000);
}
