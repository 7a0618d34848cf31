use std::sync::{Arc, PoisonError, RwLock};

use glasshouse_contract::Name;

use crate::token::TokenHash;

/// Somebody whose requests are taken.
#[derive(Clone)]
pub struct Tenant {
    /// The number in the database.
    pub number: i64,
    /// The name.
    pub name: Name,
    /// The hash of the token in force.
    pub token: TokenHash,
}

/// Who is let in. A command that adds somebody writes to the database; the receiver reads it anew now and then.
#[derive(Clone, Default)]
pub struct Tenants(Arc<RwLock<Arc<[Tenant]>>>);

impl Tenants {
    /// Those whose list this is from now on.
    pub fn are(&self, tenants: Vec<Tenant>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = tenants.into();
    }

    /// The tenant that a token is of. It is compared with all, so that the time taken says nothing.
    pub fn of(&self, token: &str) -> Option<Tenant> {
        let tenants = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let shown = TokenHash::of(token);
        let mut found = None;
        for tenant in tenants.iter() {
            if tenant.token.is(&shown) {
                found = Some(tenant.clone());
            }
        }
        found
    }
}
