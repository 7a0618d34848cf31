use glasshouse_contract::Name;
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;

use super::{Store, time};
use crate::{ReceiveError, Token, tenants::Tenant, token::TokenHash};

/// A tenant, for who looks after the receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantState {
    /// The name.
    pub name: Name,
    /// Whether there is a token that lets senders in.
    pub has_token: bool,
    /// Since when the tenant is known.
    pub added: Timestamp,
    /// Requests that are kept.
    pub kept: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Requests that were deleted.
    pub deleted: u64,
    /// When the last request came.
    pub last: Option<Timestamp>,
}

impl Store {
    /// Adds a tenant, and makes the token that lets its senders in.
    ///
    /// # Errors
    /// When there is one of that name.
    pub fn add_tenant(&mut self, name: &Name, now: Timestamp) -> Result<Token, ReceiveError> {
        let token = Token::generate()?;
        let added = self.connection.execute(
            "INSERT INTO tenant (name, token, added_us) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING",
            (name.as_str(), token.hash().as_bytes(), now.as_microsecond()),
        )?;
        if added == 1 { Ok(token) } else { Err(ReceiveError::TenantExists(name.clone())) }
    }

    /// Makes another token for a tenant; the one before lets nobody in any more.
    ///
    /// # Errors
    /// When there is no tenant of that name.
    pub fn renew_token(&mut self, name: &Name) -> Result<Token, ReceiveError> {
        let token = Token::generate()?;
        self.set_token(name, Some(&token))?;
        Ok(token)
    }

    /// Lets nobody in under this name any more. What came stays as long as it would have.
    ///
    /// # Errors
    /// When there is no tenant of that name.
    pub fn remove_tenant(&mut self, name: &Name) -> Result<(), ReceiveError> {
        self.set_token(name, None)
    }

    fn set_token(&mut self, name: &Name, token: Option<&Token>) -> Result<(), ReceiveError> {
        let hash = token.map(Token::hash);
        let hash = hash.as_ref().map(TokenHash::as_bytes);
        let changed =
            self.connection.execute("UPDATE tenant SET token = ?2 WHERE name = ?1", (name.as_str(), hash))?;
        if changed == 1 { Ok(()) } else { Err(ReceiveError::NoTenant(name.clone())) }
    }

    /// The tenants and what there is of them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn tenants(&self) -> Result<Vec<TenantState>, ReceiveError> {
        let mut statement = self.connection.prepare(
            "SELECT name, token IS NOT NULL, added_us, count(request.number) - count(deleted_us),
                    coalesce(sum(bytes) FILTER (WHERE deleted_us IS NULL), 0), count(deleted_us), max(received_us)
             FROM tenant LEFT JOIN request ON request.tenant = tenant.number
             GROUP BY tenant.number ORDER BY name",
        )?;
        let mut rows = statement.query([])?;
        let mut tenants = Vec::new();
        while let Some(row) = rows.next()? {
            let last: Option<i64> = row.get(6)?;
            tenants.push(TenantState {
                name: name_of(&row.get::<_, String>(0)?)?,
                has_token: row.get(1)?,
                added: time(row.get(2)?)?,
                kept: count(row.get(3)?),
                bytes: count(row.get(4)?),
                deleted: count(row.get(5)?),
                last: last.map(time).transpose()?,
            });
        }
        Ok(tenants)
    }

    /// Those who are let in.
    pub(crate) fn let_in(&self) -> Result<Vec<Tenant>, ReceiveError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT number, name, token FROM tenant WHERE token IS NOT NULL")?;
        let mut rows = statement.query([])?;
        let mut tenants = Vec::new();
        while let Some(row) = rows.next()? {
            tenants.push(Tenant {
                number: row.get(0)?,
                name: name_of(&row.get::<_, String>(1)?)?,
                token: TokenHash::from_bytes(row.get(2)?),
            });
        }
        Ok(tenants)
    }

    /// The number of a tenant.
    pub(super) fn tenant_number(&self, name: &Name) -> Result<i64, ReceiveError> {
        self.connection
            .query_row("SELECT number FROM tenant WHERE name = ?1", [name.as_str()], |row| row.get(0))
            .optional()?
            .ok_or_else(|| ReceiveError::NoTenant(name.clone()))
    }
}

pub(super) fn name_of(text: &str) -> Result<Name, ReceiveError> {
    Name::new(text).map_err(|_| ReceiveError::Damaged { what: "the name of a tenant is none" })
}

pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
