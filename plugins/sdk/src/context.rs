use std::{fmt::Display, str::FromStr};

use crate::{Context, Error, Result};

impl Context {
    /// The text of a setting that the manifest declares.
    ///
    /// # Errors
    /// When the manifest declares no such setting.
    pub fn setting(&self, name: &str) -> Result<&str> {
        self.settings
            .iter()
            .find(|setting| setting.name == name)
            .map(|setting| setting.value.as_str())
            .ok_or_else(|| Error::Other(format!("the manifest declares no setting `{name}`")))
    }

    /// A setting read as a number, a boolean, or anything else that can be read from text.
    ///
    /// # Errors
    /// When the manifest declares no such setting, or the value cannot be read.
    pub fn read_setting<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T> {
        let text = self.setting(name)?;
        text.parse().map_err(|why| Error::Other(format!("setting `{name}` is `{text}`: {why}")))
    }

    /// The day on which the run was due, counted in UTC from 1970-01-01: ages are taken from it, for there
    /// is no clock. `DATEDIFF(day, '1970-01-01', ...)` counts the same way.
    #[must_use]
    pub const fn scheduled_day(&self) -> i64 {
        self.scheduled_us.div_euclid(24 * 60 * 60 * 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Context, Level, Setting};

    fn context(scheduled_us: i64, settings: Vec<Setting>) -> Context {
        Context {
            run: String::new(),
            scheduled_us,
            level: Level::Basic,
            site: String::new(),
            hierarchy: String::new(),
            settings,
            state: Vec::new(),
        }
    }

    #[test]
    fn a_day_ends_with_its_last_microsecond() {
        let day = 86_400_000_000;
        for (us, of) in [(0, 0), (day - 1, 0), (day, 1), (-1, -1), (-day, -1), (20_458 * day, 20_458)] {
            assert_eq!(context(us, Vec::new()).scheduled_day(), of, "{us}");
        }
    }

    #[test]
    fn a_setting_that_cannot_be_read_is_named_with_its_value() {
        let context = context(0, vec![Setting { name: "least".into(), value: "ten".into() }]);
        let error = context.read_setting::<u32>("least").unwrap_err();
        assert_eq!(error.message(), "setting `least` is `ten`: invalid digit found in string");
        assert_eq!(context.setting("most").unwrap_err().message(), "the manifest declares no setting `most`");
    }
}
