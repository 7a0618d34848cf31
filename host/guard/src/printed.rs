//! A statement that may be sent.

use crate::{
    Floors, OutputColumn, Refusal,
    allowed::{Right, system},
    lexical, lineage, read,
    rules::{self, first},
    tree::{ObjectName, Query},
};

/// The host's printing of a statement that passed the guard. There is no other way to make one, and nothing
/// else is sent to SQL Server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    text: String,
    objects: Vec<ObjectName>,
    functions: Vec<ObjectName>,
    tree: Query,
}

/// What the server has to allow to a login beyond reading tables and views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `VIEW DATABASE STATE` in the site database.
    pub view_database_state: bool,
    /// `VIEW SERVER STATE`.
    pub view_server_state: bool,
}

impl Needs {
    /// The rights by the names that SQL Server gives them.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let all = [
            (self.view_database_state, "VIEW DATABASE STATE"),
            (self.view_server_state, "VIEW SERVER STATE"),
        ];
        all.into_iter().filter(|(needed, _)| *needed).map(|(_, name)| name).collect()
    }
}

impl Printed {
    /// Reads an author's text, and prints it anew if the host may send it.
    ///
    /// # Errors
    /// When it is anything else than one SELECT of what is listed.
    pub fn of(sql: &str) -> Result<Self, Refusal> {
        let tree = read::statement(lexical::tokens(sql)?)?;
        let rules::Seen { objects, functions } = rules::hold(&tree).map_err(Refusal::of)?;
        Ok(Self { text: tree.to_string(), objects, functions, tree })
    }

    /// The text to send.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The tables, views and functions that it uses, in order.
    #[must_use]
    pub fn objects(&self) -> &[ObjectName] {
        &self.objects
    }

    /// Those of them that are functions of dbo.
    pub(crate) fn functions(&self) -> &[ObjectName] {
        &self.functions
    }

    /// The names of the result's columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        first(&self.tree.body).columns.iter().filter_map(|item| item.name().map(|name| name.as_str()))
    }

    /// What a login needs to run it, beyond SELECT on what it reads and EXECUTE on the functions of dbo.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let has = |right: Right| {
            self.objects
                .iter()
                .filter_map(|object| system(object.schema, &object.name))
                .any(|view| view.right == right)
        };
        Needs { view_database_state: has(Right::DatabaseState), view_server_state: has(Right::ServerState) }
    }

    /// For each column of the result where it comes from, and the lowest class that it may have.
    #[must_use]
    pub fn columns(&self, floors: &Floors) -> Vec<OutputColumn> {
        self.given(floors).columns
    }

    pub(crate) fn given(&self, floors: &Floors) -> lineage::Given {
        lineage::given(&self.tree, floors)
    }
}
