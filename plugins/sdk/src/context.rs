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
}

#[cfg(test)]
mod tests {
    use crate::{Context, Level, Setting};

    #[test]
    fn a_setting_that_cannot_be_read_is_named_with_its_value() {
        let context = Context {
            run: String::new(),
            scheduled_us: 0,
            level: Level::Basic,
            site: String::new(),
            hierarchy: String::new(),
            settings: vec![Setting { name: "least".into(), value: "ten".into() }],
            state: Vec::new(),
        };
        let error = context.read_setting::<u32>("least").unwrap_err();
        assert_eq!(error.message(), "setting `least` is `ten`: invalid digit found in string");
        assert_eq!(context.setting("most").unwrap_err().message(), "the manifest declares no setting `most`");
    }
}
