//! The objects that a statement may name: views, tables, and the columns of each.

use std::collections::HashMap;

use crate::SqlType;

/// A column of an object or of a part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// As it is declared, or the alias; empty where an expression has none.
    pub(crate) name: String,
    pub(crate) sql_type: SqlType,
    pub(crate) nullable: bool,
}

/// An object with columns.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// As it is declared, with its schema unless that is `dbo`: `v_Site`, `sys.tables`.
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
}

/// All objects. Names are looked up as SQL Server's default collation compares them.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    objects: HashMap<String, Object>,
}

impl Catalog {
    pub(crate) fn add(&mut self, object: Object) {
        self.objects.insert(object.name.to_lowercase(), object);
    }

    /// Finds `view`, `dbo.view` or `sys.view` in any case.
    pub(crate) fn find(&self, name: &str) -> Option<&Object> {
        let folded = name.to_lowercase();
        self.objects.get(folded.strip_prefix("dbo.").unwrap_or(&folded))
    }
}
