//! What depends on who asks: `@@VERSION`, roles, permissions. Its values are put into the statement as
//! literals, in the syntax tree, so that whatever answers the statement need not know of sessions.

use std::ops::ControlFlow;

use sqlparser::{
    ast::{
        Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, ObjectNamePart, Query, SelectItem,
        SetExpr, Statement, TableAlias, TableFactor, Value as Literal, VisitMut, VisitorMut,
    },
    dialect::MsSqlDialect,
    parser::Parser,
};

use super::{
    lexer::{self, Piece},
    settings::Settings,
};
use crate::{
    answer::{Answer, ColumnMeta, Database, SqlType, Value},
    logins::Rights,
};

/// Who asks, and where.
pub(super) struct Identity<'a> {
    pub(super) login: &'a str,
    pub(super) rights: Rights,
    pub(super) database: &'a str,
    /// The database itself, which knows what objects there are.
    pub(super) objects: &'a dyn Database,
    pub(super) server: &'a str,
    pub(super) app: &'a str,
    pub(super) host: &'a str,
    pub(super) spid: u16,
    pub(super) settings: &'a Settings,
    /// Rows of the statement before.
    pub(super) row_count: u64,
}

const VERSION: &str =
    "Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64) \n\tThe pretend site, for tests \n";

/// An object that is not there.
const MISSING_OBJECT: u32 = 208;

/// Names of functions that are answered here; a statement with none of them is left as it is.
const FUNCTIONS: &[&str] = &[
    "IS_SRVROLEMEMBER",
    "IS_ROLEMEMBER",
    "IS_MEMBER",
    "HAS_PERMS_BY_NAME",
    "HAS_DBACCESS",
    "DB_NAME",
    "SUSER_SNAME",
    "SUSER_NAME",
    "ORIGINAL_LOGIN",
    "USER_NAME",
    "SYSTEM_USER",
    "CURRENT_USER",
    "SESSION_USER",
    "HOST_NAME",
    "APP_NAME",
    "PROGRAM_NAME",
    "FN_MY_PERMISSIONS",
];

/// Whether the statement may name something of these.
fn concerns(pieces: &[Piece]) -> bool {
    pieces
        .iter()
        .any(|piece| piece.text.starts_with("@@") || FUNCTIONS.iter().any(|function| piece.names(function)))
}

/// What a statement has become.
pub(super) enum Known {
    /// It does not depend on who asks.
    Unchanged,
    /// This text now says the same.
    Rewritten(String),
    /// It was nothing but literals: this is the answer.
    Answer(Answer),
}

/// Puts the values in. What does not parse is left to whoever answers, who finds the words for it.
pub(super) fn resolve(sql: &str, pieces: &[Piece], identity: &Identity<'_>) -> Known {
    let constant = !pieces.iter().any(|piece| piece.is("FROM"));
    if !concerns(pieces) && !constant {
        return Known::Unchanged;
    }
    let Ok(mut statements) = Parser::parse_sql(&MsSqlDialect {}, sql) else { return Known::Unchanged };
    let [statement] = statements.as_mut_slice() else { return Known::Unchanged };
    let mut resolver = Resolver { identity, changed: false };
    let _: ControlFlow<()> = statement.visit(&mut resolver);
    match (literals(statement), resolver.changed) {
        (Some(answer), _) => Known::Answer(answer),
        (None, true) => Known::Rewritten(statement.to_string()),
        (None, false) => Known::Unchanged,
    }
}

struct Resolver<'a> {
    identity: &'a Identity<'a>,
    changed: bool,
}

impl VisitorMut for Resolver<'_> {
    type Break = ();

    // After the arguments, so that a function in an argument is a literal by then.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let value = match expr {
            Expr::Identifier(name) if name.quote_style.is_none() => self.identity.variable(&name.value),
            Expr::Function(function) => match (name_of(&function.name), &function.args) {
                (Some(name), FunctionArguments::None) => self.identity.function(&name, &[]),
                (Some(name), FunctionArguments::List(list)) => {
                    literal_arguments(&list.args).and_then(|given| self.identity.function(&name, &given))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(value) = value {
            *expr = Expr::Value(value.into());
            self.changed = true;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, args: Some(given), alias, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let ours = name_of(name).is_some_and(|name| name == "FN_MY_PERMISSIONS");
        if let (true, Some(given)) = (ours, literal_arguments(&given.args))
            && let Some(table) = self.identity.permissions(&given, alias.take())
        {
            *factor = table;
            self.changed = true;
        }
        ControlFlow::Continue(())
    }
}

/// The last part of a name, in capitals.
fn name_of(name: &ObjectName) -> Option<String> {
    match name.0.last() {
        Some(ObjectNamePart::Identifier(last)) => Some(last.value.to_uppercase()),
        _ => None,
    }
}

/// The arguments, if all of them are literals: their text, and none for NULL.
fn literal_arguments(given: &[FunctionArg]) -> Option<Vec<Option<String>>> {
    given.iter().map(literal_argument).collect()
}

fn literal_argument(given: &FunctionArg) -> Option<Option<String>> {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) = given else { return None };
    match &value.value {
        Literal::Null => Some(None),
        Literal::SingleQuotedString(text) | Literal::NationalStringLiteral(text) => Some(Some(text.clone())),
        Literal::Number(number, _) => Some(Some(number.clone())),
        _ => None,
    }
}

fn text(value: &str) -> Literal {
    Literal::NationalStringLiteral(value.to_owned())
}

fn number(value: impl ToString) -> Literal {
    Literal::Number(value.to_string(), false)
}

fn bit(value: Option<bool>) -> Literal {
    value.map_or(Literal::Null, |value| number(u8::from(value)))
}

impl Identity<'_> {
    fn variable(&self, name: &str) -> Option<Literal> {
        Some(match name.to_uppercase().as_str() {
            "@@VERSION" => text(VERSION),
            "@@SERVERNAME" => text(self.server),
            "@@SERVICENAME" => text("MSSQLSERVER"),
            "@@LANGUAGE" => text(&self.settings.language),
            "@@SPID" => number(self.spid),
            "@@LOCK_TIMEOUT" => number(self.settings.lock_timeout),
            "@@TEXTSIZE" => number(self.settings.text_size),
            "@@ROWCOUNT" => number(self.row_count),
            "@@TRANCOUNT" | "@@ERROR" | "@@NESTLEVEL" | "@@LANGID" => number(0),
            "@@DATEFIRST" => number(7),
            "@@MAX_PRECISION" => number(38),
            // ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, CONCAT_NULL_YIELDS_NULL, QUOTED_IDENTIFIER and others, as drivers set them.
            "@@OPTIONS" => number(5496),
            "SYSTEM_USER" => text(self.login),
            "CURRENT_USER" | "SESSION_USER" => text(self.database_user()),
            _ => return None,
        })
    }

    fn database_user(&self) -> &str {
        if self.rights == Rights::Sysadmin { "dbo" } else { self.login }
    }

    fn function(&self, name: &str, given: &[Option<String>]) -> Option<Literal> {
        let given: Vec<Option<&str>> = given.iter().map(Option::as_deref).collect();
        Some(match (name, given.as_slice()) {
            ("IS_SRVROLEMEMBER", [Some(role)]) => bit(self.rights.in_server_role(role)),
            ("IS_ROLEMEMBER" | "IS_MEMBER", [Some(role)]) => bit(self.rights.in_database_role(role)),
            ("HAS_PERMS_BY_NAME", [securable, class, Some(permission), ..]) => {
                bit(self.permitted(*securable, *class, permission))
            }
            ("HAS_DBACCESS", [Some(database)]) => bit(Some(database.eq_ignore_ascii_case(self.database))),
            ("DB_NAME", []) => text(self.database),
            ("SUSER_SNAME" | "SUSER_NAME" | "ORIGINAL_LOGIN" | "SYSTEM_USER", []) => text(self.login),
            ("USER_NAME" | "CURRENT_USER" | "SESSION_USER", []) => text(self.database_user()),
            ("HOST_NAME", []) => text(self.host),
            ("APP_NAME" | "PROGRAM_NAME", []) => text(self.app),
            _ => return None,
        })
    }

    /// Whether it is permitted; none where there is no such class, permission or object.
    fn permitted(&self, securable: Option<&str>, class: Option<&str>, permission: &str) -> Option<bool> {
        let class = match (securable, class) {
            (None, None) => "SERVER",
            (_, class) => class?,
        };
        let readable = class.eq_ignore_ascii_case("OBJECT") && permission.eq_ignore_ascii_case("SELECT");
        if readable && !self.is_there(securable?) {
            return None;
        }
        self.rights.permitted(class, permission)
    }

    /// Whether there is a table or view of this name.
    fn is_there(&self, name: &str) -> bool {
        let Ok(pieces) = lexer::pieces(name) else { return false };
        let parts: Vec<String> = pieces
            .iter()
            .filter(|piece| !piece.is_sign('.'))
            .map(|piece| format!("[{}]", piece.text.replace(']', "]]")))
            .collect();
        let probe = format!("SELECT 1 AS a FROM {} AS o WHERE 1 = 0", parts.join("."));
        match self.objects.query(&probe, &[]) {
            Ok(_) => true,
            Err(error) => error.number != MISSING_OBJECT,
        }
    }

    /// `fn_my_permissions` as the table that it is.
    fn permissions(&self, given: &[Option<String>], alias: Option<TableAlias>) -> Option<TableFactor> {
        let [securable, Some(class)] = given else { return None };
        let (entity, all) = match class.to_uppercase().as_str() {
            "SERVER" => ("server", self.rights.on_server()),
            "DATABASE" => ("database", self.rights.on_database()),
            _ => (securable.as_deref().unwrap_or_default(), self.rights.on_object()),
        };
        let quoted = |text: &str| format!("N'{}'", text.replace('\'', "''"));
        let rows = all.iter().map(|permission| {
            let (entity, permission) = (quoted(entity), quoted(permission));
            format!("SELECT {entity} AS entity_name, N'' AS subentity_name, {permission} AS permission_name")
        });
        let mut rows = rows.collect::<Vec<_>>().join(" UNION ALL ");
        if all.is_empty() {
            rows = "SELECT N'' AS entity_name, N'' AS subentity_name, N'' AS permission_name WHERE 1 = 0"
                .to_owned();
        }
        let sql = format!("SELECT 1 FROM ({rows}) AS fn_my_permissions");
        let Some(Statement::Query(query)) = Parser::parse_sql(&MsSqlDialect {}, &sql).ok()?.pop() else {
            return None;
        };
        let SetExpr::Select(select) = *query.body else { return None };
        let mut factor = select.from.into_iter().next()?.relation;
        if let (TableFactor::Derived { alias: old, .. }, Some(alias)) = (&mut factor, alias) {
            *old = Some(alias);
        }
        Some(factor)
    }
}

/// The answer to a SELECT of literals and of nothing else.
fn literals(statement: &Statement) -> Option<Answer> {
    let Statement::Query(query) = statement else { return None };
    let Query { with: None, body, order_by: None, .. } = query.as_ref() else { return None };
    let SetExpr::Select(select) = body.as_ref() else { return None };
    if !select.from.is_empty() || select.selection.is_some() || select.into.is_some() || select.top.is_some()
    {
        return None;
    }
    let cells: Option<Vec<(ColumnMeta, Value)>> = select.projection.iter().map(literal_column).collect();
    let (columns, row) = cells?.into_iter().unzip();
    Some(Answer { columns, rows: Box::new(std::iter::once(Ok(row))) })
}

fn literal_column(item: &SelectItem) -> Option<(ColumnMeta, Value)> {
    let (expr, name) = match item {
        SelectItem::UnnamedExpr(expr) => (expr, String::new()),
        SelectItem::ExprWithAlias { expr, alias } => (expr, alias.value.clone()),
        _ => return None,
    };
    let Expr::Value(value) = expr else { return None };
    let (sql_type, value) = match &value.value {
        Literal::Null => (SqlType::Int, Value::Null),
        Literal::Number(digits, _) => {
            let number: i64 = digits.parse().ok()?;
            let small = i32::try_from(number).is_ok();
            (if small { SqlType::Int } else { SqlType::BigInt }, Value::Int(number))
        }
        Literal::SingleQuotedString(text) | Literal::NationalStringLiteral(text) => {
            let units = u16::try_from(text.encode_utf16().count()).unwrap_or(u16::MAX);
            let declared = if units > 4000 { 0 } else { units.max(1) };
            (SqlType::NVarChar(declared), Value::Text(text.clone()))
        }
        _ => return None,
    };
    Some((ColumnMeta { name, sql_type, nullable: value == Value::Null }, value))
}
