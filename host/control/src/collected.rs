//! What there is to see of collecting: what would run, what was collected, whether a site can be worked with.

use glasshouse_contract::{Fault, FaultKind, Level, Name, one_way_hash};
use glasshouse_guard::Printed;
use glasshouse_ledger::RunState;
use glasshouse_pipeline::{
    CollectSite, CoverageReport, Plan, Receipt, Route, coverage, items, planned_routes,
};
use glasshouse_registry::{Registry, RegistryError};
use glasshouse_site::{LoginRights, least_privilege_sql};

use crate::{
    LastRun, NeedReport, PlanReport, ResultsReport, ResultsTable, RightsReport, SiteReport, SiteStatus,
    Wanted, redaction,
    sites::{Current, Sites, with_runtime},
};

/// Bytes of rows in one answer. Who wants more asks again from the last row on.
const MOST_BYTES: usize = 64 << 20;

/// Rows of one table in one answer.
const MOST_ROWS: u32 = 100_000;

/// How each site stands, by name.
pub(crate) fn status(sites: &Sites) -> Result<Vec<SiteStatus>, Fault> {
    let (times, unusable) = sites.times()?;
    let working = times.into_iter().map(|times| SiteStatus {
        site: times.site,
        last: times.last.map(|run| LastRun {
            run: run.id,
            state: run.state.to_string(),
            started: run.started,
            ended: run.ended,
        }),
        next: times.next,
        trouble: times.trouble,
    });
    let others = unusable.into_iter().map(|(site, fault)| SiteStatus {
        site,
        last: None,
        next: None,
        trouble: Some(fault),
    });
    let mut all: Vec<SiteStatus> = working.chain(others).collect();
    all.sort_by(|a, b| a.site.cmp(&b.site));
    Ok(all)
}

/// What would run at a level.
pub(crate) fn plan(
    registry: &Registry,
    current: &Current,
    site: Option<Name>,
    level: Option<Level>,
) -> Result<PlanReport, Fault> {
    let site = match site {
        Some(site) => current.chosen(std::slice::from_ref(&site))?.pop(),
        None => None,
    };
    let settings = current.scheduler.settings();
    let level = level.unwrap_or(settings.level);
    let plan = Plan::of(registry, level, &settings.floors, site.as_ref());
    let plan = plan.map_err(|error| error.fault("the plan"))?;
    let routes = planned_routes(registry, &settings.routes, level, &settings.floors);
    let mut warnings = redaction::foreseen(&current.config, &routes);
    warnings.extend(current.config.undescribed_targets());
    warnings.extend(current.config.believed_receivers());
    Ok(PlanReport { plan, routes, warnings })
}

/// What an administrator should know of the routes before anything runs.
pub(crate) fn route_warnings(registry: &Registry, current: &Current) -> Vec<String> {
    let settings = current.scheduler.settings();
    // To ask the rules takes a while; most configurations have nothing that could be told of.
    let routes: Vec<Route> = settings
        .routes
        .iter()
        .filter(|route| redaction::could_be_warned_of(registry, route))
        .cloned()
        .collect();
    let planned = planned_routes(registry, &routes, settings.level, &settings.floors);
    redaction::foreseen(&current.config, &planned)
}

/// Which documented items the running queries collect.
pub(crate) fn covered(registry: &Registry) -> CoverageReport {
    let serving = registry.serving();
    coverage(items(), serving.iter().map(|generation| &**generation.manifest()))
}

/// The receipt of the run that is meant: the one that is named, or the newest that is over.
pub(crate) fn receipt_of(
    registry: &Registry,
    run: Option<&str>,
    site: Option<&Name>,
) -> Result<Receipt, Fault> {
    let ledger = registry.ledger();
    let unreadable = |error| RegistryError::from(error).fault("the results");
    let found = match run {
        Some(run) => ledger.run(run).map_err(unreadable)?,
        None => {
            // A run that is at work shows its parts only when somebody asks for it by name.
            let runs = ledger.runs(site, 64).map_err(unreadable)?;
            runs.into_iter().find(|run| run.state == RunState::Done)
        }
    };
    let receipt = match found {
        Some(run) => Receipt::of(ledger, &run.id).map_err(unreadable)?,
        None => None,
    };
    receipt.ok_or_else(|| {
        let object = match (run, site) {
            (Some(run), _) => format!("run `{}`", glasshouse_contract::shown(run)),
            (None, Some(site)) => format!("site `{site}`"),
            (None, None) => "the results".to_owned(),
        };
        Fault::new(
            FaultKind::Unreachable,
            object,
            "nothing was collected yet",
            "`glasshouse run --once` collects now; `glasshouse status` shows when the next run is due",
        )
    })
}

/// Rows that were collected.
pub(crate) fn results(registry: &Registry, wanted: &Wanted) -> Result<ResultsReport, Fault> {
    let ledger = registry.ledger();
    let unreadable = |error| RegistryError::from(error).fault("the results");
    let receipt = receipt_of(registry, wanted.run.as_deref(), wanted.site.as_ref())?;
    let route = wanted.route.clone().unwrap_or_else(|| Route::results(Vec::new()).name);
    let mut tables = Vec::new();
    let mut room = MOST_BYTES;
    for table in ledger.result_tables(&receipt.run, &route).map_err(unreadable)? {
        let meant = wanted.query.as_ref().is_none_or(|query| *query == table.plugin)
            && wanted.table.as_ref().is_none_or(|name| *name == table.table.name);
        if !meant {
            continue;
        }
        let mut rows =
            ledger.result_rows(&table, wanted.from, wanted.rows.min(MOST_ROWS)).map_err(unreadable)?;
        rows.retain(|row| {
            let fits = room >= row.len();
            room = if fits { room - row.len() } else { 0 };
            fits
        });
        tables.push(ResultsTable {
            query: table.plugin,
            version: table.version,
            table: table.table.name,
            level: table.table.level,
            columns: table.table.columns,
            left_out: table.table.left_out,
            total: table.table.rows,
            rows,
        });
    }
    let known = |name: &Name| {
        Ok::<_, Fault>(
            ledger.run_routes(&receipt.run).map_err(unreadable)?.iter().any(|row| row.route == *name),
        )
    };
    if let Some(route) = wanted.route.as_ref().filter(|_| tables.is_empty())
        && !known(route)?
    {
        return Err(Fault::new(
            FaultKind::Malformed,
            format!("route `{route}`"),
            format!("run {} of site {} has no such route", receipt.run, receipt.site),
            "`glasshouse show --redaction` names the routes of a run",
        ));
    }
    if tables.is_empty() && (wanted.query.is_some() || wanted.table.is_some()) {
        let name = wanted.table.as_ref().map(ToString::to_string);
        let name = name.or_else(|| wanted.query.as_ref().map(ToString::to_string)).unwrap_or_default();
        return Err(Fault::new(
            FaultKind::Malformed,
            format!("table `{name}`"),
            format!("run {} of site {} has no such table", receipt.run, receipt.site),
            "`glasshouse show` lists the tables that there are",
        ));
    }
    Ok(ResultsReport { receipt, tables })
}

/// Whether sites can be worked with, and what their logins need for the statements that run.
pub(crate) fn doctor(
    registry: &Registry,
    current: &Current,
    names: &[Name],
    say: &dyn Fn(&str),
) -> Result<Vec<SiteReport>, Fault> {
    let settings = current.scheduler.settings();
    let plan = Plan::of(registry, settings.level, &settings.floors, None);
    let plan = plan.map_err(|error| error.fault("the plan"))?;
    // Printed again from its own printing, which is stable: the plan holds texts.
    let statements: Vec<Printed> =
        plan.running().filter_map(|(_, statement)| Printed::of(statement.sql.as_deref()?).ok()).collect();
    let statements: Vec<&Printed> = statements.iter().collect();
    let mut reports = Vec::new();
    for name in current.chosen(names)? {
        say(&format!("looking at site {name}"));
        let described = current.config.sites.iter().find(|site| site.name == name);
        let mut report = SiteReport {
            site: name.clone(),
            server: None,
            database: None,
            hierarchy: None,
            rights: None,
            needs: Vec::new(),
            fault: current.unusable.get(&name).cloned(),
            least_privilege: described
                .map(|site| least_privilege_sql(site, statements.iter().copied()))
                .unwrap_or_default(),
        };
        if let Some(site) = current.scheduler.site(&name) {
            with_runtime(|handle| handle.block_on(examine(site, &statements, &mut report)))?;
        }
        reports.push(report);
    }
    Ok(reports)
}

async fn examine(site: &CollectSite, statements: &[&Printed], report: &mut SiteReport) {
    let about = match site.site().about().await {
        Ok(about) => about,
        Err(error) => {
            report.fault = Some(error.fault());
            return;
        }
    };
    report.server = about.version;
    report.database = Some(about.database);
    report.hierarchy = about.hierarchy.as_deref().map(one_way_hash);
    report.rights = Some(match about.rights {
        LoginRights::ReadOnly => RightsReport::ReadOnly,
        LoginRights::Writes { what } => RightsReport::Writes(what.into_iter().map(str::to_owned).collect()),
        LoginRights::Unknown { why } => RightsReport::Unknown(why),
    });
    match site.site().grants(statements).await {
        Ok(grants) => {
            report.needs =
                grants.into_iter().map(|grant| NeedReport { right: grant.right, held: grant.held }).collect();
        }
        Err(error) => report.fault = Some(error.fault()),
    }
}
