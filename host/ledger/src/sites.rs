use glasshouse_contract::Name;
use jiff::Timestamp;
use rusqlite::Row;

use crate::{Change, Ledger, LedgerError, plugins::parse};

/// A site that the host has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRow {
    /// What the configuration calls it.
    pub name: Name,
    /// When the host first saw it; what is put later does not change it.
    pub first_seen: Timestamp,
    /// When it was installed, where the configuration says so.
    pub installed: Option<Timestamp>,
    /// The hierarchy's hash: the support id.
    pub hierarchy: String,
    /// The site's own hash.
    pub hash: String,
}

impl SiteRow {
    /// From when on its weeks are counted.
    #[must_use]
    pub fn anchor(&self) -> Timestamp {
        self.installed.unwrap_or(self.first_seen)
    }
}

const COLUMNS: &str = "SELECT name, first_seen, installed, hierarchy, hash FROM site";

impl Ledger {
    /// The sites that the host has seen, by name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn sites(&self) -> Result<Vec<SiteRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} ORDER BY name"))?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// The site of that name, where the host has seen it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn site(&self, name: &Name) -> Result<Option<SiteRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE name = ?1"))?;
        let mut rows = statement.query([name.as_str()])?;
        rows.next()?.map(read).transpose()
    }
}

impl Change<'_> {
    /// Notes what a site is. When it was first seen stays.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_site(&self, site: &SiteRow) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO site (name, first_seen, installed, hierarchy, hash) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE
             SET installed = excluded.installed, hierarchy = excluded.hierarchy, hash = excluded.hash",
            &[
                &site.name.as_str(),
                &site.first_seen.to_string(),
                &site.installed.map(|at| at.to_string()),
                &site.hierarchy,
                &site.hash,
            ],
        )?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<SiteRow, LedgerError> {
    let installed: Option<String> = row.get("installed")?;
    Ok(SiteRow {
        name: parse("a site's name", &row.get::<_, String>("name")?)?,
        first_seen: parse("a time", &row.get::<_, String>("first_seen")?)?,
        installed: installed.map(|at| parse("a time", &at)).transpose()?,
        hierarchy: row.get("hierarchy")?,
        hash: row.get("hash")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_site_was_first_seen_stays() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let mut site = SiteRow {
            name: Name::new("cas").unwrap(),
            first_seen: Timestamp::UNIX_EPOCH,
            installed: None,
            hierarchy: "h".to_owned(),
            hash: "s".to_owned(),
        };
        ledger.change(|change| change.put_site(&site)).unwrap();
        assert_eq!(ledger.site(&site.name).unwrap().as_ref(), Some(&site));
        assert_eq!(site.anchor(), Timestamp::UNIX_EPOCH);

        let installed = "2026-01-07T14:00:00Z".parse().unwrap();
        site.installed = Some(installed);
        let later = SiteRow { first_seen: installed, hash: "t".to_owned(), ..site.clone() };
        ledger.change(|change| change.put_site(&later)).unwrap();
        let found = ledger.sites().unwrap().remove(0);
        assert_eq!((found.first_seen, found.hash.as_str()), (Timestamp::UNIX_EPOCH, "t"));
        assert_eq!(found.anchor(), installed);
    }
}
