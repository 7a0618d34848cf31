//! Between the traits that an author implements and the exports that `wit/` asks for.
//!
//! The worlds' constructors cannot fail, and a call may not come after one that ended the run: both
//! are turned here into errors with words.

use std::{cell::RefCell, marker::PhantomData};

use super::{Query, Rule, Target, Targets};
use crate::{
    Batch, Context, Error, Outcome, Request, Response, Result, Tables,
    bindings::{
        query::exports::glasshouse::plugin::shaping, rule::exports::glasshouse::plugin::redaction,
        target::exports::glasshouse::plugin::delivery,
    },
    panic::speak_up,
};

/// A run that began, failed to begin, or is over.
struct Run<T>(RefCell<Option<Result<T>>>);

impl<T> Run<T> {
    fn new(begun: Result<T>) -> Self {
        Self(RefCell::new(Some(begun)))
    }

    fn with<R>(&self, act: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
        match self.0.borrow_mut().as_mut() {
            Some(Ok(run)) => act(run),
            Some(Err(why)) => Err(why.clone()),
            None => Err(over()),
        }
    }

    fn end(&self) -> Result<T> {
        self.0.take().unwrap_or_else(|| Err(over()))
    }
}

fn over() -> Error {
    Error::Other("the run is over".to_owned())
}

/// One run of a query.
pub struct Shaper<Q>(Run<Q>);

impl<Q: Query> shaping::GuestShaper for Shaper<Q> {
    fn new(context: Context) -> Self {
        speak_up();
        Self(Run::new(Q::begin(&context)))
    }

    fn take(&self, statement: String, batch: &Batch) -> Result<()> {
        self.0.with(|query| query.take(&statement, batch))
    }

    fn finish(&self) -> Result<Vec<u8>> {
        self.0.end()?.finish()
    }
}

/// One run of a rule.
pub struct Redactor<R>(Run<R>);

impl<R: Rule> redaction::GuestRedactor for Redactor<R> {
    fn new(context: Context) -> Self {
        speak_up();
        Self(Run::new(R::begin(&context)))
    }

    fn apply(&self, batch: &Batch, targets: Vec<redaction::Target>) -> Result<()> {
        self.0.with(|rule| rule.apply(batch, &Targets(targets)))
    }

    fn finish(&self, tables: &Tables, targets: Vec<redaction::Target>) -> Result<()> {
        self.0.with(|rule| rule.finish(tables, &Targets(targets)))
    }
}

/// A target.
pub struct Delivery<T>(PhantomData<T>);

impl<T: Target> delivery::Guest for Delivery<T> {
    fn render(context: Context, tables: &Tables) -> Result<Vec<Request>> {
        speak_up();
        T::render(&context, tables)
    }

    fn interpret(step: u32, response: Response) -> Result<Outcome> {
        speak_up();
        T::interpret(step, &response)
    }
}
