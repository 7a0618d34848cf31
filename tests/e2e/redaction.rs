//! Routes, and what redaction did on them: planned before a row is read, told after the run, tried on cases.

use std::fs;

use serde_json::Value;

use crate::{
    collect::{PretendSite, take_in},
    house::{House, text},
};

const SITE: &str = "glasshouse.site";
const KEYED: &str = "glasshouse.rules.keyed-pseudonym";
const UNKEYED: &str = "glasshouse.rules.configmgr-hash";
const FORGETFUL: &str = "glasshouse.examples.forgetful";

/// A house with a query and rules of the repository.
fn house(rules: &[&str]) -> House {
    let house = House::trusting();
    take_in(&house, "queries/site", SITE);
    for rule in rules {
        let name = rule.rsplit('.').next().expect("an id has parts");
        let folder = if rule.contains(".examples.") { "rules/examples" } else { "rules" };
        take_in(&house, &format!("{folder}/{name}"), rule);
    }
    house
}

fn configure(house: &House, config: &str) {
    fs::write(house.state().join("glasshouse.toml"), config).expect("the configuration can be written");
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A route of a coverage report.
fn route<'a>(routes: &'a Value, name: &str) -> &'a Value {
    let routes = routes.as_array().expect("a coverage has routes");
    routes.iter().find(|route| route["route"] == name).expect("the route is there")
}

/// A column of a table of a route.
fn column<'a>(route: &'a Value, table: &str, column: &str) -> &'a Value {
    let table =
        list(route, "tables").iter().find(|found| found["table"] == table).expect("the table goes there");
    list(table, "columns").iter().find(|found| found["column"] == column).expect("it has the column")
}

/// No site is needed to know what becomes of each column, and nothing identifying is without a decision.
#[test]
fn every_column_has_a_decision_on_every_route_before_a_row_is_read() {
    let house = house(&[KEYED, UNKEYED]);
    configure(
        &house,
        &format!(
            "[results]\nrules = [\"{KEYED}\"]\n[[route]]\nname = \"raw\"\nrules = []\n\
             [[route]]\nname = \"versions\"\ntake = [\"{SITE}/site-version\"]\nlevel = \"basic\"\n"
        ),
    );
    let ran = house.run(&["rule", "coverage", "--output", "json"]);
    assert_eq!(ran.code, 1, "tables stop on the raw route: {ran:#?}");
    let routes: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let kept = column(route(&routes, "results"), "site-names", "Hash_SiteCode");
    assert_eq!((&kept["floor"], &kept["class_in"]), (&"identifier".into(), &"identifier".into()));
    assert_eq!((&kept["class_out"], &kept["verdict"]), (&"pseudonym".into(), &"goes".into()), "{kept:#}");
    assert_eq!(kept["rules"][0]["rule"], KEYED);
    assert!(kept["rules"][0]["digest"].is_string() && kept["sources"][0].is_string(), "{kept:#}");
    let raw = column(route(&routes, "raw"), "site-names", "Hash_SiteCode");
    assert_eq!(raw["verdict"], "stops-table");
    let taken = list(route(&routes, "versions"), "tables");
    assert_eq!((taken.len(), &taken[0]["table"]), (1, &"site-version".into()));
    // Whatever route: a column is decided, and what is above the ceiling does not go.
    let rank = |class: &Value| {
        ["measure", "category", "pseudonym", "identifier", "text"].iter().position(|known| class == known)
    };
    for route in routes.as_array().expect("routes") {
        for column in list(route, "tables").iter().flat_map(|table| list(table, "columns")) {
            let goes = column["verdict"] == "goes";
            let under = rank(&column["class_out"]).is_some_and(|out| Some(out) <= rank(&route["ceiling"]));
            assert_eq!(goes, under, "{column:#}");
        }
    }

    let plan = house.run(&["plan"]).well();
    assert!(plan.contains("route results (level enhanced, ceiling pseudonym)"), "{plan}");
    assert!(plan.contains(&format!("stops: {SITE}/site-names: ")), "{plan}");
    let columns = house.run(&["plan", SITE, "--columns"]).well();
    assert!(columns.contains("site-names on route raw") && columns.contains("stops the table"), "{columns}");
    let said = house.run(&["rule", "coverage", "--route", "nowhere"]).ends_with(2);
    assert!(said.contains("describes no such route") && said.contains("results, raw, versions"), "{said}");
}

#[test]
fn a_route_that_cannot_be_followed_is_named_by_its_line_and_nothing_is_collected() {
    let house = house(&[KEYED]);
    configure(&house, "[results]\nrules = [\n  \"contoso.rules.none\",\n]\n");
    let status = house.run(&["status"]);
    assert_eq!(status.code, 1, "{status:#?}");
    assert!(status.out.contains("line 3: route `results`: no version of the rule contoso.rules.none runs"));

    let setting = format!("[results]\nrules = [{{ rule = \"{KEYED}\", settings = {{ hex = \"64\" }} }}]\n");
    let site = "[[site]]\nname = \"cas\"\nserver = \"127.0.0.1\"\nport = 1\ndatabase = \"CM\"\n\
                login = { user = \"x\", password_env = \"NONE\" }\n";
    configure(&house, &(setting + site));
    let said = house.run(&["run", "--once"]).ends_with(2);
    assert!(said.contains(&format!("line 2: route `results`: {KEYED} has no setting `hex`")), "{said}");
    assert!(said.contains("its settings are hex-chars"), "{said}");

    configure(&house, "[[route]]\nname = \"high\"\nceiling = \"identifier\"\nbecause = \"x\"\n");
    let said = house.run(&["plan"]).ends_with(2);
    assert!(
        said.contains("line 3: the ceiling `identifier` is above `pseudonym`: that is for level full"),
        "{said}"
    );
}

/// The unkeyed hash is there for comparing; whoever takes it says so, or is told on every occasion.
#[test]
fn hashes_without_a_key_are_warned_of_until_their_columns_are_named() {
    let site = PretendSite::start(&[]);
    let house = house(&[KEYED, UNKEYED]);
    let rules = format!("[results]\nrules = [\"{UNKEYED}\", \"{KEYED}\"]\n");
    site.describe(&house, "collector", &rules);
    let warning = format!("route `results`: {UNKEYED} makes pseudonyms without a key of Hash_HierarchyID");
    let plan = house.run(&["plan"]).well();
    assert!(plan.contains(&warning), "{plan}");
    assert!(house.run(&["status"]).out.contains(&warning));
    let receipt = house.run(&["run", "--once"]).well();
    assert!(receipt.contains(&warning) && receipt.contains("HASHED"), "{receipt}");

    let columns = plan
        .lines()
        .find(|line| line.contains(&warning))
        .and_then(|line| Some(line.split_once("without a key of ")?.1.split_once(':')?.0.to_owned()));
    let columns = columns.expect("the warning names the columns");
    let named: Vec<String> = columns.split(", ").map(|column| format!("{column:?}")).collect();
    site.describe(&house, "collector", &format!("{rules}unkeyed = [{}]\n", named.join(", ")));
    assert!(!house.run(&["plan"]).well().contains("without a key of"));
    let report = house.run(&["show", "--redaction", "--output", "json"]).json();
    assert!(list(&report, "warnings").is_empty(), "{report:#}");
    // One that is not named is told of by itself.
    site.describe(&house, "collector", &format!("{rules}unkeyed = [{}]\n", named[1..].join(", ")));
    let plan = house.run(&["plan"]).well();
    let alone = columns.split(", ").next().expect("there is one");
    assert!(plan.contains(&format!("without a key of {alone}: ")), "{plan}");
}

/// The receipt says what was done on each route, and the record has it column by column, without a value.
#[test]
fn a_run_tells_what_rules_did_to_each_column() {
    let site = PretendSite::start(&[]);
    let house = house(&[KEYED]);
    let config = format!(
        "[results]\nrules = [\"{KEYED}\"]\n[[route]]\nname = \"raw\"\ntake = [\"{SITE}/site-names\"]\nrules = []\n"
    );
    site.describe(&house, "collector", &config);
    let receipt = house.run(&["run", "--once"]);
    assert!(receipt.out.contains("tripwire on results: found nothing"), "{receipt:#?}");
    assert!(
        receipt.out.contains(&format!("held: {SITE}/site-names on raw: a column is above")),
        "{receipt:#?}"
    );
    assert!(receipt.out.contains("mend: give the route a rule that takes `Hash_"), "{receipt:#?}");

    let ran = house.run(&["show", "--redaction", "--output", "json"]);
    let report: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let receipt = &report["receipt"];
    assert_eq!(list(receipt, "routes").len(), 2);
    let rows: Vec<&Value> =
        list(receipt, "queries").iter().flat_map(|query| list(query, "redaction")).collect();
    let hashed = rows.iter().find(|row| row["column"] == "Hash_SiteName").expect("the rule worked on it");
    assert_eq!((&hashed["class_in"], &hashed["class_out"]), (&"identifier".into(), &"pseudonym".into()));
    assert_eq!(hashed["seen"], hashed["changed"], "{hashed:#}");
    assert!(hashed["seen"].as_u64() > Some(0) && hashed["digest"].is_string(), "{hashed:#}");
    let text = house.run(&["show", "--redaction"]).out;
    assert!(text.contains("Hash_SiteName") && text.contains(KEYED), "{text}");
    for said in [&ran.out, &text] {
        let told = site.canaries().iter().find(|canary| said.contains(canary.as_str()));
        assert_eq!(told, None, "a report has no values");
    }
    let said = house.run(&["show", "--redaction", "--output", "csv"]).ends_with(2);
    assert!(said.contains("is no table"), "{said}");
    // The rows of a route can be looked at as they go there.
    assert!(house.run(&["show", "site-names"]).well().contains("Hash_SiteName"));
    house.run(&["show", "site-names", "--route", "raw"]).ends_with(2);
    assert!(house.run(&["show", "--route", "nowhere"]).ends_with(2).contains("has no such route"));
}

/// A rule that says one thing and does another is found by what comes out, and its table is held by name.
#[test]
fn what_a_broken_rule_lets_by_is_held_and_an_administrator_can_say_that_it_is_none() {
    let site = PretendSite::start(&[]);
    let house = house(&[KEYED, FORGETFUL]);
    let config = format!(
        "[results]\nrules = [\"{KEYED}\"]\n[[route]]\nname = \"broken\"\ntake = [\"{SITE}/site-names\"]\n\
         rules = [\"{FORGETFUL}\"]\n"
    );
    site.describe(&house, "collector", &config);
    assert!(house.run(&["tripwire", "list"]).well().contains("no table of a site's newest run is held"));
    let receipt = house.run(&["run", "--once"]);
    assert_eq!(receipt.code, 1, "{receipt:#?}");
    let held = format!("held: {SITE}/site-names on broken: the tripwire found what identifies");
    assert!(receipt.out.contains(&held), "{receipt:#?}");
    assert!(receipt.out.contains(&format!("by {FORGETFUL}")), "the rule is named: {receipt:#?}");

    let ran = house.run(&["tripwire", "list", "--output", "json"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    let report: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let finds = list(&report, "held").to_vec();
    assert!(finds.iter().all(|find| find["rule"] == FORGETFUL), "{report:#}");
    assert!(finds.iter().any(|find| find["kind"] == "known-value"), "{report:#}");
    let table = format!("{SITE}/site-names");
    let word = |find: &Value, field: &str| find[field].as_str().expect("a find has it").to_owned();
    for find in &finds {
        let (column, kind) = (word(find, "column"), word(find, "kind"));
        house.run(&["tripwire", "allow", &table, &column, &kind, "--reason", "a test of this"]).well();
    }
    let (column, kind) = (&word(&finds[0], "column"), &word(&finds[0], "kind"));
    let journal = house.run(&["journal"]).well();
    assert!(journal.contains("find allowed") && journal.contains("a test of this"), "{journal}");
    let receipt = house.run(&["run", "--once"]);
    assert!(!receipt.out.contains(&held), "what is allowed holds no table: {receipt:#?}");
    let report = house.run(&["show", "--redaction", "--output", "json"]).out;
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    assert!(report["receipt"]["total"]["redaction"]["allowed"].as_u64() > Some(0), "{report:#}");
    assert_eq!(list(&report, "allowances").len(), finds.len());

    house.run(&["tripwire", "forbid", &table, column, kind]).well();
    let said = house.run(&["tripwire", "forbid", &table, column, kind]).ends_with(2);
    assert!(said.contains("it is not allowed"), "{said}");
    assert!(house.run(&["journal"]).well().contains("find disallowed"));
    let receipt = house.run(&["run", "--once"]);
    assert!(receipt.out.contains(&held), "{receipt:#?}");
}

#[test]
fn a_find_is_allowed_only_where_it_can_be_found_and_with_a_reason() {
    let house = house(&[]);
    let allow = |table: &str, column: &str, kind: &str, reason: &str| {
        house.run(&["tripwire", "allow", table, column, kind, "--reason", reason]).ends_with(2)
    };
    let names = format!("{SITE}/site-names");
    assert!(allow("contoso.none/x", "A", "known-value", "x").contains("no query contoso.none runs"));
    assert!(allow(&format!("{SITE}/x"), "A", "known-value", "x").contains("gives no table `x`"));
    assert!(allow(&names, "A", "known-value", "x").contains("has no column `A`"));
    assert!(allow(&names, "Hash_SiteName", "known-value", " ").contains("from 1 to 1000 are read"));
    assert!(allow(&names, "Hash_SiteName", "something", "x").contains("there is no such find"));
    assert!(allow(SITE, "Hash_SiteName", "known-value", "x").contains("it is a query"));
    assert!(
        house.run(&["tripwire", "list", "--output", "json"]).json()["allowances"] == serde_json::json!([])
    );
}

/// Rows of a case: an identifier and a count.
const CASE: &str = "{\"table\":\"users\",\"columns\":[{\"name\":\"User\",\"type\":\"text\",\"nullable\":true,\"class\":\"identifier\"}]}\n\
                    {\"User\":\"CONTOSO\\\\ada\"}\n{}\n";

#[test]
fn an_administrators_own_cases_run_through_the_rules_of_a_route_as_it_has_them() {
    let house = house(&[KEYED, FORGETFUL]);
    let route = |digits: &str| {
        format!(
            "[[route]]\nname = \"out\"\nrules = [{{ rule = \"{KEYED}\", settings = {{ hex-chars = \"{digits}\" }} }}]\n"
        )
    };
    configure(&house, &route("16"));
    let input = house.path("cases/one/input");
    fs::create_dir_all(&input).expect("a case is a folder");
    fs::write(input.join("users.ndjson"), CASE).expect("it can be written");
    fs::write(house.path("cases/one/case.toml"), "keys = { default = \"a word\" }\n")
        .expect("it can be written");
    let cases = house.path("cases");
    let cases = text(&cases);
    let ran = house.run(&["rule", "test", cases, "--route", "out"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.out.contains("nothing is recorded yet"), "{}", ran.out);
    house.run(&["rule", "test", cases, "--route", "out", "--record"]).well();
    let recorded =
        fs::read_to_string(house.path("cases/one/expected/users.ndjson")).expect("it was recorded");
    assert!(!recorded.contains("ada") && recorded.contains("\"class\":\"pseudonym\""), "{recorded}");
    let row: Value = serde_json::from_str(recorded.lines().nth(1).expect("a row")).expect("JSON");
    assert_eq!(row["User"].as_str().map(str::len), Some(16), "the route's setting counts");

    let junit = house.path("report.xml");
    house.run(&["rule", "test", cases, "--route", "out", "--junit", text(&junit)]).well();
    let xml = fs::read_to_string(&junit).expect("it was written");
    assert!(xml.contains("<testsuite name=\"rules of route out\" tests=\"1\" failures=\"0\""), "{xml}");
    // The same with a host that runs, and the difference where a setting is another one.
    let host = house.host();
    house.run(&["rule", "test", cases, "--route", "out"]).well();
    drop(host);
    configure(&house, &route("32"));
    let ran = house.run(&["rule", "test", cases, "--route", "out", "--junit", text(&junit)]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.out.contains("expected/users.ndjson differs"), "{}", ran.out);
    assert!(fs::read_to_string(&junit).expect("it was written").contains("failures=\"1\""));

    let said = house.run(&["rule", "test", cases, "--rules", "contoso.none"]).ends_with(4);
    assert!(said.contains("contoso.none"), "{said}");
    let said = house.run(&["rule", "test", cases, "--route", "nowhere"]).ends_with(2);
    assert!(said.contains("describes no such route"), "{said}");
    house.run(&["rule", "test", "no-such-folder"]).ends_with(3);
}
