//! What plugins do in a row: a site's rows go through a query and the rules over it and are kept; tables go
//! through a target and come out as requests.
//!
//! [`run_due`] and [`run_now`] collect from a site, [`Scheduler`] does so whenever it is time, [`Plan`] tells before
//! what would run, [`Receipt`] afterwards what did. [`Flow`] is the same row of plugins over tables that are
//! handed in. The direction is always the same, each plugin sees only what the one before it gave, and a run
//! keeps the generations that it began with.
//!
//! What may not come in: sockets, SQL text, files, a clock that cannot be passed in, and what decides whether a
//! plugin or a statement may run.

#![forbid(unsafe_code)]

mod collect;
mod coverage;
mod deliver;
mod flow;
mod plan;
mod redact;
mod route;
mod rule_trial;
mod schedule;
mod scheduler;
mod seal;
mod steps;

pub use collect::{
    Checkpoints, CollectError, CollectSettings, CollectSite, Event, Progress, QueryReceipt, Receipt,
    RedactionTotal, SealSettings, StatementReceipt, TableReceipt, Total, run_draft, run_due, run_now,
};
pub use coverage::{Coverage, CoverageReport, Item, UnknownItem, coverage, items};
pub use deliver::{
    Backoff, BadReceiverKey, DeliverError, DeliverSettings, Delivered, Deliverer, DeliveryEvent, NoOutlet,
    Outlets, WatchDelivery, receiver_keys,
};
pub use flow::{Done, Flow, FlowError, Flowed, Occasion};
pub use plan::{
    ColumnFate, ColumnRule, LastTime, Plan, PlannedColumn, PlannedQuery, PlannedRoute, PlannedStatement,
    PlannedTable, RoutedColumn, WhyNot, planned_routes,
};
pub use route::{BadTake, Route, RuleUse, Take};
pub use rule_trial::{RulesTried, try_rules};
pub use schedule::{Due, PERIOD, PastRun, Schedule};
pub use scheduler::{Scheduler, SiteTimes};
pub use seal::{PlanDifference, PlanText, departure_plan, difference};
