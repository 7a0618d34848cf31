use glasshouse_contract::Kind;

use crate::{WorkshopError, componentize};

/// The ready-made component of every query that is SQL and nothing else: it passes each statement's
/// rows on. Made from text in this crate, so an author needs no compiler.
///
/// # Errors
/// None that an author could cause: the text is part of the program.
pub fn pass_through() -> Result<Vec<u8>, WorkshopError> {
    let module = wat::parse_str(include_str!("pass_through.wat"))
        .map_err(|error| WorkshopError::Assembly(error.to_string()))?;
    componentize(&module, Kind::Query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pass_through_is_a_valid_component_that_imports_one_function() {
        let component = pass_through().unwrap();
        wasmparser::Validator::new().validate_all(&component).unwrap();
        crate::check_component(&component, Kind::Query).unwrap();
        assert!(component.len() < 5120, "{} bytes", component.len());
        assert_eq!(component, pass_through().unwrap(), "the same bytes on every machine");
    }
}
