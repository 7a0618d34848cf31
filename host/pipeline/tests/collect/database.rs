//! A site database whose answers are known: what a statement is answered with follows from a word in it.

use std::sync::Arc;

use pretend_site::{Answer, ColumnMeta, Database, Databases, SqlError, SqlType, Value};

/// The support id of the pretend hierarchy.
pub const HIERARCHY: &str = "3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E";

/// Answers, in the order in which they are tried.
pub struct Answers(Vec<Known>);

struct Known {
    word: &'static str,
    columns: Vec<(&'static str, SqlType)>,
    rows: Arc<dyn Fn(u64) -> Vec<Value> + Send + Sync>,
    count: u64,
}

impl Answers {
    /// A site that knows its hierarchy and nothing else.
    pub fn new() -> Self {
        Self(Vec::new()).with("fnGetHierarchyID", &[("v", SqlType::NVarChar(255))], 1, |_| {
            vec![Value::Text(HIERARCHY.to_owned())]
        })
    }

    /// What it answers to a statement that has this word.
    pub fn with(
        mut self,
        word: &'static str,
        columns: &[(&'static str, SqlType)],
        count: u64,
        row: impl Fn(u64) -> Vec<Value> + Send + Sync + 'static,
    ) -> Self {
        self.0.push(Known { word, columns: columns.to_vec(), rows: Arc::new(row), count });
        self
    }

    /// Three versions of clients, two systems, three machines, four updates.
    pub fn usual() -> Self {
        Self::new()
            .with(
                "[Name0]",
                &[("Machine", SqlType::NVarChar(64)), ("Build", SqlType::NVarChar(64))],
                3,
                |row| vec![Value::Text(format!("PC-{row}")), Value::Text("10.0.26100".to_owned())],
            )
            .with(
                "v_GS_OPERATING_SYSTEM",
                &[("Caption", SqlType::NVarChar(255)), ("Devices", SqlType::BigInt)],
                2,
                |row| vec![Value::Text(format!("Windows {}", row + 10)), Value::Int(70 - row as i64)],
            )
            .with("v_UpdateInfo", &[("Updates", SqlType::BigInt)], 1, |_| vec![Value::Int(4)])
            .with(
                "v_R_System",
                &[("ClientVersion", SqlType::NVarChar(64)), ("Devices", SqlType::BigInt)],
                3,
                |row| vec![Value::Text(format!("5.00.913{row}.1000")), Value::Int(10 + row as i64)],
            )
    }

    /// Clients alone, counted by COUNT and not by COUNT_BIG.
    pub fn usual_in_ints() -> Self {
        Self::new().with(
            "v_R_System",
            &[("ClientVersion", SqlType::NVarChar(64)), ("Devices", SqlType::Int)],
            3,
            |row| vec![Value::Text(format!("5.00.913{row}.1000")), Value::Int(10 + row as i64)],
        )
    }

    pub fn databases(self) -> Databases {
        vec![("CM_CAS".to_owned(), Arc::new(self))]
    }
}

impl Database for Answers {
    fn query(&self, sql: &str, _: &[(String, Value)]) -> Result<Answer, SqlError> {
        let known = self.0.iter().find(|known| sql.contains(known.word));
        let known = known.ok_or_else(|| SqlError::missing_object("dbo.nothing"))?;
        let columns = known
            .columns
            .iter()
            .map(|(name, sql_type)| ColumnMeta {
                name: (*name).to_owned(),
                sql_type: *sql_type,
                nullable: false,
            })
            .collect();
        let rows = Arc::clone(&known.rows);
        Ok(Answer { columns, rows: Box::new((0..known.count).map(move |row| Ok(rows(row)))) })
    }
}
