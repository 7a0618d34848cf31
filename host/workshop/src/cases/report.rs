use std::{fmt, time::Duration};

/// How one case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The case.
    pub name: String,
    /// How long one run took.
    pub took: Duration,
    /// What is wrong, where something is. The words may quote the case's rows.
    pub failure: Option<String>,
}

/// How all cases of a plugin, or of the rules of a route, went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The plugin's id, or the route.
    pub of: String,
    /// Its cases, by name.
    pub results: Vec<CaseResult>,
}

impl Report {
    /// How many cases failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|result| result.failure.is_some()).count()
    }

    /// The report as JUnit XML, which every build server reads.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let total: f64 = self.results.iter().map(|result| result.took.as_secs_f64()).sum();
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{}\" tests=\"{}\" \
             failures=\"{}\" errors=\"0\" time=\"{total:.6}\">\n",
            escaped(&self.of),
            self.results.len(),
            self.failed(),
        );
        for result in &self.results {
            let name = escaped(&result.name);
            let time = result.took.as_secs_f64();
            let open = format!(
                "    <testcase classname=\"{}\" name=\"{name}\" time=\"{time:.6}\"",
                escaped(&self.of)
            );
            match &result.failure {
                None => xml.push_str(&format!("{open}/>\n")),
                Some(words) => {
                    let first = escaped(words.lines().next().unwrap_or_default());
                    let words = escaped(words);
                    xml.push_str(&format!(
                        "{open}>\n      <failure message=\"{first}\">{words}</failure>\n    </testcase>\n"
                    ));
                }
            }
        }
        xml.push_str("  </testsuite>\n</testsuites>\n");
        xml
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CaseResult { name, took, failure } in &self.results {
            let word = if failure.is_some() { "FAIL" } else { "ok  " };
            writeln!(f, "{word} {name} ({:.1} ms)", took.as_secs_f64() * 1000.0)?;
            for line in failure.iter().flat_map(|words| words.lines()) {
                writeln!(f, "       {line}")?;
            }
        }
        let failed = self.failed();
        write!(f, "{}: {} passed, {failed} failed", self.of, self.results.len() - failed)
    }
}

/// XML has no way at all to write most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_well_for_people_and_for_build_servers() {
        let took = Duration::from_micros(1500);
        let failure = Some("a.ndjson differs\n  -<\u{1b}&\"\n".to_owned());
        let report = Report {
            of: "a.b".to_owned(),
            results: vec![
                CaseResult { name: "one".into(), took, failure: None },
                CaseResult { name: "t<o".into(), took, failure },
            ],
        };
        assert_eq!(
            report.to_string(),
            "ok   one (1.5 ms)\nFAIL t<o (1.5 ms)\n       a.ndjson differs\n         -<\u{1b}&\"\na.b: 1 passed, 1 failed"
        );
        assert_eq!(
            report.to_junit(),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="a.b" tests="2" failures="1" errors="0" time="0.003000">
    <testcase classname="a.b" name="one" time="0.001500"/>
    <testcase classname="a.b" name="t&lt;o" time="0.001500">
      <failure message="a.ndjson differs">a.ndjson differs
  -&lt;�&amp;&quot;
</failure>
    </testcase>
  </testsuite>
</testsuites>
"#
        );
    }
}
