//! What may stay of a table at the end of a chain.

use glasshouse_contract::{Batch, BatchError, DataClass, Field, Schema};
use std::sync::Arc;

/// The columns of a table up to a ceiling, and those above it.
#[derive(Clone, Debug)]
pub struct Split {
    /// The places of the columns that may stay.
    pub places: Vec<usize>,
    /// The columns that may stay.
    pub stays: Vec<Field>,
    /// The columns above the ceiling.
    pub above: Vec<Field>,
}

impl Split {
    pub fn at(ceiling: DataClass, schema: &Schema) -> Self {
        let (mut places, mut stays, mut above) = (Vec::new(), Vec::new(), Vec::new());
        for (place, field) in schema.fields().iter().enumerate() {
            if field.class <= ceiling {
                places.push(place);
                stays.push(field.clone());
            } else {
                above.push(field.clone());
            }
        }
        Self { places, stays, above }
    }

    /// The columns of a batch that may stay, under a schema of them.
    pub fn of(&self, schema: &Arc<Schema>, batch: &Batch) -> Result<Batch, BatchError> {
        let columns = self.places.iter().filter_map(|place| batch.columns().get(*place)).cloned().collect();
        Batch::new(Arc::clone(schema), batch.rows(), columns)
    }
}
