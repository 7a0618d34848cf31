//! The figures, as a table for people and one JSON object for machines.

use serde_json::{Map, Value};

/// What was measured so far.
#[derive(Default)]
pub struct Figures(Vec<Figure>);

struct Figure {
    key: String,
    value: f64,
    unit: &'static str,
    reach: Option<Reach>,
}

/// What a figure is to reach.
#[derive(Clone, Copy)]
enum Reach {
    AtMost(f64),
    AtLeast(f64),
}

impl Figures {
    pub fn ratio(&mut self, key: &str, value: f64, reach: Option<f64>) {
        self.add(key, value, "x", reach);
    }

    pub fn micros(&mut self, key: &str, value: f64, reach: Option<f64>) {
        self.add(key, value, "us", reach);
    }

    pub fn add(&mut self, key: &str, value: f64, unit: &'static str, reach: Option<f64>) {
        self.0.push(Figure { key: key.to_owned(), value, unit, reach: reach.map(Reach::AtMost) });
    }

    /// A figure that is the better the larger it is.
    pub fn at_least(&mut self, key: &str, value: f64, unit: &'static str, reach: f64) {
        self.0.push(Figure { key: key.to_owned(), value, unit, reach: Some(Reach::AtLeast(reach)) });
    }

    pub fn to_json(&self) -> String {
        let object: Map<String, Value> = self
            .0
            .iter()
            .map(|figure| (figure.key.clone(), Value::from((figure.value * 1000.0).round() / 1000.0)))
            .collect();
        Value::Object(object).to_string()
    }

    pub fn to_text(&self) -> String {
        let mut text = format!("{:<26} {:>10} {:<3} {:>8}\n", "figure", "measured", "", "reach");
        for Figure { key, value, unit, reach } in &self.0 {
            let (reach_text, missed) = match reach {
                Some(Reach::AtMost(reach)) => (format!("<= {reach}"), value > reach),
                Some(Reach::AtLeast(reach)) => (format!(">= {reach}"), value < reach),
                None => (String::new(), false),
            };
            let mark = if missed { "  missed" } else { "" };
            text.push_str(&format!("{key:<26} {value:>10.3} {unit:<3} {reach_text:>8}{mark}\n"));
        }
        text
    }
}
