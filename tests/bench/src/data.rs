//! A table like those that rules see: 8,192 rows, 8 columns, 5 % nulls; about 70 % of the messages
//! hold an e-mail address, an IPv4 address or both.

use std::sync::Arc;

use glasshouse_contract::{Batch, BatchError, ColumnBuilder, ColumnType, DataClass, Field, Schema};

pub const ROWS: u32 = 8_192;

const FIRST: [&str; 12] = [
    "ann", "bela", "chioma", "dimitra", "erik", "fatima", "goran", "hanako", "ines", "jorge", "katrin",
    "lech",
];
const LAST: [&str; 8] = ["abe", "berg", "castro", "dubois", "eriksen", "farkas", "gruber", "horvat"];
const DOMAIN: [&str; 6] = [
    "example.com",
    "mail.example.org",
    "corp.example.net",
    "it.example.co",
    "a-company.example",
    "x.sub.example",
];
const DOING: [&str; 8] = [
    "policy request from",
    "content sent to",
    "session opened for",
    "took 12.5 ms for",
    "retry towards",
    "state message by",
    "package cached at",
    "signed in as",
];

/// A small generator, the same on every machine (xorshift*).
pub struct Dice(u64);

impl Dice {
    pub const fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 20) % sides
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.get(self.roll(from.len() as u64) as usize).copied().unwrap_or_default()
    }

    pub fn mail(&mut self) -> String {
        format!("{}.{}{}@{}", self.pick(&FIRST), self.pick(&LAST), self.roll(1000), self.pick(&DOMAIN))
    }

    pub fn address(&mut self) -> String {
        format!("{}.{}.{}.{}", self.roll(223) + 1, self.roll(256), self.roll(256), self.roll(256))
    }

    fn message(&mut self) -> String {
        let doing = self.pick(&DOING);
        match self.roll(10) {
            0..=2 => format!("{doing} {}", self.mail()),
            3..=5 => format!("{doing} {} port {}", self.address(), self.roll(65_536)),
            6 => format!("{doing} {} at {}", self.mail(), self.address()),
            _ => format!("{doing} node-{} in {} ms, ok", self.roll(100), self.roll(10_000)),
        }
    }
}

pub fn table() -> Result<Batch, BatchError> {
    let columns = [
        ("user", ColumnType::Text, DataClass::Identifier),
        ("message", ColumnType::Text, DataClass::Text),
        ("path", ColumnType::Text, DataClass::Category),
        ("bytes", ColumnType::Int, DataClass::Measure),
        ("latency", ColumnType::Int, DataClass::Measure),
        ("ratio", ColumnType::Float, DataClass::Measure),
        ("ok", ColumnType::Boolean, DataClass::Category),
        ("at", ColumnType::Timestamp, DataClass::Category),
    ];
    let mut dice = Dice::new();
    let mut fields = Vec::new();
    let mut built = Vec::new();
    for (name, kind, class) in columns {
        let mut builder = ColumnBuilder::new(kind, ROWS as usize);
        for row in 0..ROWS {
            if dice.roll(20) == 0 {
                builder.push_null();
                continue;
            }
            match (name, kind) {
                ("user", _) => builder.push_text(&dice.mail()),
                ("message", _) => builder.push_text(&dice.message()),
                (_, ColumnType::Text) => {
                    builder.push_text(&format!(
                        "/srv/app-{}/v{}/{}",
                        dice.roll(50),
                        dice.roll(5),
                        dice.pick(&LAST)
                    ));
                }
                (_, ColumnType::Int) => builder.push_int(dice.roll(1 << 20) as i64),
                (_, ColumnType::Float) => builder.push_float(dice.roll(1 << 30) as f64 / 1024.0),
                (_, ColumnType::Boolean) => builder.push_boolean(dice.roll(10) < 6),
                (_, ColumnType::Timestamp) => {
                    builder.push_int(1_750_000_000_000_000 + i64::from(row) * 1_000)
                }
            }
        }
        fields.push(Field {
            name: name.parse().unwrap_or_else(|_| unreachable!("the names are fine")),
            kind,
            nullable: true,
            class,
        });
        built.push(builder.finish());
    }
    Batch::new(Arc::new(Schema::new(fields)?), ROWS, built)
}
