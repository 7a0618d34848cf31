//! Collecting from a site with the command alone: looked at, planned, collected from, shown, killed in between.

use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use pretend_site::{Clock, Fault, Hierarchy, Login, Options, Plan, Running, Site, SiteData};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::house::{House, Ran, text};

/// Nowhere else in what a test writes or reads.
pub const PASSWORD: &str = "Zq7-only-for-this-test";

/// Asks for a login that can write to be taken; a remark to the configuration.
const ALLOWED: &str = "# a login that can write is taken";

/// Packs of the repository: SQL alone, with statements of all three levels between them.
const PACKS: [&str; 2] = ["site", "clients"];

/// A pretend site on a runtime of its own.
pub struct PretendSite {
    runtime: Runtime,
    site: Option<Running>,
    canaries: Vec<String>,
}

impl PretendSite {
    pub fn start(faults: &[&str]) -> Self {
        let plan = Plan {
            devices: 1_000,
            seed: 7,
            hierarchy: Hierarchy::Central,
            clock: Clock::Fixed,
            planted: true,
        };
        let data = SiteData::new(plan).expect("the site can be filled");
        let canaries = data.canaries().iter().map(|canary| canary.value.clone()).collect();
        let mut options = Options::of(data);
        for login in &mut options.logins {
            login.password = PASSWORD.to_owned();
        }
        options.faults =
            faults.iter().map(|fault| fault.parse::<Fault>().expect("there is such a fault")).collect();
        let runtime = Runtime::new().expect("a runtime");
        let site = runtime.block_on(Site::start(options)).expect("the site starts");
        Self { runtime, site: Some(site), canaries }
    }

    /// The identifiers that are planted in it.
    pub fn canaries(&self) -> &[String] {
        &self.canaries
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.running().addr.port()
    }

    fn running(&self) -> &Running {
        self.site.as_ref().expect("it runs until it is dropped")
    }

    fn login(&self, user: &str) -> &Login {
        self.running().logins.iter().find(|login| login.user == user).expect("there is such a login")
    }

    /// Describes the site in a house's configuration.
    pub fn describe(&self, house: &House, user: &str, more: &str) {
        let login = self.login(user);
        let secret = house.state().join("password");
        fs::write(&secret, &login.password).expect("the password can be written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("it is ours");
        }
        fs::write(house.state().join("ca.pem"), self.running().ca_pem())
            .expect("the authority can be written");
        let config = format!(
            "{more}\n[[site]]\nname = \"cas\"\nserver = \"127.0.0.1\"\nport = {}\ndatabase = \"CM_CAS\"\n\
             installed = \"2026-01-07T14:00:00Z\"\n{}\n[site.login]\nuser = \"{}\"\npassword_file = \"password\"\n\
             [site.tls]\nca_file = \"ca.pem\"\n",
            self.running().addr.port(),
            if more == ALLOWED { "allow_writing_login = true" } else { "" },
            login.user,
        );
        fs::write(house.state().join("glasshouse.toml"), config).expect("the configuration can be written");
    }
}

impl Drop for PretendSite {
    fn drop(&mut self) {
        // Its tasks end on the runtime that they run on.
        let _guard = self.runtime.enter();
        self.site = None;
    }
}

/// A house with packs of the repository, approved.
fn house_with_packs() -> House {
    let house = House::trusting();
    for pack in PACKS {
        take_in(&house, &format!("queries/{pack}"), &format!("glasshouse.{pack}"));
    }
    house
}

/// Builds a plugin of the repository, signs it and has it run.
pub fn take_in(house: &House, folder: &str, id: &str) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(folder);
    let file = house.path(&format!("{id}.wasm"));
    take_in_built(house, &source, &file, id);
}

/// Has a query run that a test wrote.
pub fn take_in_written(house: &House, id: &str, manifest: &str) {
    let (folder, file) = (house.path(id), house.path(&format!("{id}.wasm")));
    fs::create_dir(&folder).expect("a folder can be made");
    fs::write(folder.join("plugin.toml"), manifest).expect("a manifest can be written");
    take_in_built(house, &folder, &file, id);
}

fn take_in_built(house: &House, source: &Path, file: &Path, id: &str) {
    house.run(&["plugin", "build", text(source), "--out", text(file)]).well();
    house.run(&["plugin", "sign", text(file), "--key", "mine"]).well();
    house.run(&["plugin", "install", text(file)]).well();
    house.run(&["plugin", "approve", id, "--yes"]).well();
}

/// The rows that are there, without the run that they are of.
fn rows(house: &House) -> Vec<(Value, Value, Value)> {
    let out = house.run(&["show", "--all", "--output", "json"]).well();
    out.lines()
        .map(|line| {
            let mut row: Value = serde_json::from_str(line).expect("a line is a row");
            (row["query"].take(), row["table"].take(), row["row"].take())
        })
        // The host's own rows say how long things took.
        .filter(|(query, ..)| query != "glasshouse.run")
        .collect()
}

#[test]
fn a_site_is_looked_at_planned_collected_from_and_shown() {
    let site = PretendSite::start(&[]);
    let house = house_with_packs();
    let said = house.run(&["run", "--once"]).ends_with(2);
    assert!(said.contains("it describes no site"), "{said}");
    site.describe(&house, "collector", "");

    let doctor = house.run(&["doctor"]).well();
    assert!(doctor.contains("login     may read, and nothing else"), "{doctor}");
    assert!(doctor.contains("plugins   2 running") && doctor.contains("audit key glasshouse/"), "{doctor}");
    let examined = house.run(&["doctor", "--output", "json"]).json();
    assert_eq!(
        (&examined["sites"][0]["site"], &examined["sites"][0]["rights"]),
        (&"cas".into(), &"read-only".into())
    );
    assert_eq!(
        (&examined["plugins"]["running"], &examined["targets"]),
        (&2.into(), &Value::Null),
        "{examined:#}"
    );
    assert_eq!(
        (&examined["disk"]["unsent"], &examined["disk"]["waits"]),
        (&0.into(), &"".into()),
        "{examined:#}"
    );
    assert!(
        examined["keys"]["audit"].as_str().is_some_and(|key| key.starts_with("glasshouse/")),
        "{examined:#}"
    );
    let one = house.run(&["doctor", "--site", "cas", "--output", "json"]).json();
    assert_eq!(
        one.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["sites".to_owned()])
    );
    let sql = house.run(&["doctor", "--sql"]).well();
    assert!(
        sql.contains("GRANT SELECT ON OBJECT::[dbo].[v_R_System] TO") && !sql.contains(PASSWORD),
        "{sql}"
    );

    let plan = house.run(&["plan", "--output", "json"]).json();
    assert_eq!(plan["level"], "enhanced");
    let statements: Vec<&Value> = plan["queries"]
        .as_array()
        .expect("a plan has queries")
        .iter()
        .flat_map(|query| query["statements"].as_array().expect("a query has statements"))
        .collect();
    for statement in &statements {
        assert_eq!(statement["why_not"].is_null(), statement["level"] != "full", "{statement:#}");
        assert!(statement["columns"].as_array().is_some_and(|columns| !columns.is_empty()), "{statement:#}");
    }

    let said = house.run(&["show"]).ends_with(3);
    assert!(said.contains("nothing was collected yet"), "{said}");
    let collected = house.run(&["run", "--once", "--output", "json"]).json();
    let receipt = &collected[0]["receipt"];
    let running = statements.iter().filter(|statement| statement["why_not"].is_null()).count();
    assert_eq!((&receipt["total"]["done"], &receipt["total"]["failed"]), (&running.into(), &0.into()));

    let journal = house.run(&["journal"]).well();
    assert!(journal.contains("collection asked"), "who asked for a run is kept:\n{journal}");
    let versions = house.run(&["show", "client-versions", "--all", "--output", "csv"]).well();
    assert!(
        versions.starts_with("ClientVersion,Clients\r\n5.00.") || versions.contains("\r\n5.00."),
        "{versions}"
    );
    let listed = house.run(&["show"]).well();
    assert!(listed.contains("Hash_SiteCode"), "what is not kept is named:\n{listed}");
    let status = house.run(&["status", "--output", "json"]).json();
    assert_eq!(status["sites"][0]["last"]["state"], "done");
    assert!(status["sites"][0]["next"].is_string(), "{status:#}");
    let last = house.run(&["plan", "--site", "cas", "--output", "json"]).json();
    assert!(last["queries"][0]["statements"][0]["last"]["duration_ms"].is_u64(), "what it cost is shown");

    let covered = house.run(&["coverage", "--output", "json"]).json();
    let covered = covered.as_array().expect("an array");
    assert_eq!(covered.len(), 326);
    for item in covered {
        let statements = item["statements"].as_array().expect("an array");
        assert_eq!(item["collected"] == true, !statements.is_empty(), "{item}");
        assert_eq!(item["collected"] == true, item["reason"].is_null(), "{item}");
    }
    let markdown = house.run(&["coverage", "--output", "markdown"]).well();
    assert_eq!(
        markdown
            .lines()
            .filter(|line| line.starts_with("| b") || line.starts_with("| e") || line.starts_with("| f"))
            .count(),
        326
    );
}

#[test]
fn a_run_that_is_killed_goes_on_and_ends_with_the_rows_of_an_undisturbed_one() {
    let site = PretendSite::start(&[]);
    let undisturbed = house_with_packs();
    site.describe(&undisturbed, "collector", "");
    let begun = Instant::now();
    undisturbed.run(&["run", "--once"]).well();
    let whole = begun.elapsed();
    let expected = rows(&undisturbed);
    assert!(expected.len() > 50, "{}", expected.len());

    let house = house_with_packs();
    site.describe(&house, "collector", "");
    let mut cut_short = 0;
    for part in 1..8 {
        let mut child = house
            .command(&["run", "--once"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts");
        std::thread::sleep(whole * part / 10 + Duration::from_millis(5));
        cut_short += usize::from(matches!(child.try_wait(), Ok(None)));
        child.kill().expect("it can be killed");
        let _ = child.wait();
    }
    assert!(cut_short > 0, "no run was cut short");
    let collected = house.run(&["run", "--once", "--output", "json"]).json();
    assert_eq!(collected[0]["receipt"]["state"], "done");
    assert_eq!(rows(&house), expected);
}

#[test]
fn a_login_that_can_write_is_refused_unless_the_configuration_takes_it() {
    let site = PretendSite::start(&[]);
    let house = house_with_packs();
    site.describe(&house, "owner", "");
    let said = house.run(&["run", "--once"]).ends_with(4);
    assert!(said.contains("the login can do more than read: ") && said.contains("db_owner"), "{said}");
    assert!(said.contains("allow_writing_login = true"), "{said}");
    let doctor = house.run(&["doctor"]);
    assert_eq!(doctor.code, 1, "{doctor:#?}");
    assert!(doctor.out.contains("login     may do more: "), "{}", doctor.out);

    site.describe(&house, "owner", ALLOWED);
    house.run(&["run", "--once"]).well();
}

/// More rows than one answer has, beside a table that is to come whole after it.
#[test]
fn all_rows_are_shown_however_many_there_are() {
    const ROWS: usize = 25_000;
    let site = PretendSite::start(&[&format!("rows={ROWS}@v_R_System")]);
    let house = House::trusting();
    let statement = |name: &str, view: &str, column: &str| {
        format!(
            "[[query.statement]]\nname = \"{name}\"\nlevel = \"basic\"\nsql = \"SELECT {column} AS Version FROM {view}\"\n\
             [[query.statement.column]]\nname = \"Version\"\ntype = \"text\"\nnullable = true\nclass = \"category\"\n\
             format = \"version\"\ndescription = \"A version.\"\n"
        )
    };
    let manifest = format!(
        "id = \"contoso.many\"\nversion = \"1.0.0\"\napi = \"1.0\"\nkind = \"query\"\ntitle = \"Many\"\n\
         purpose = \"Many rows.\"\nauthor = \"Contoso\"\n{}{}",
        statement("many", "v_R_System", "Client_Version0"),
        statement("sites", "v_Site", "Version"),
    );
    take_in_written(&house, "contoso.many", &manifest);
    site.describe(&house, "collector", "");
    house.run(&["run", "--once"]).well();

    let count = |table: &str| rows(&house).iter().filter(|row| row.1 == table).count();
    assert_eq!(count("many"), ROWS);
    assert!(count("sites") > 0, "the table after it is there too");
    let csv = house.run(&["show", "many", "--all", "--output", "csv"]).well();
    assert_eq!(csv.lines().count(), ROWS + 1, "and one heading");
    let some = house.run(&["show", "many", "--rows", "12000", "--output", "csv"]).well();
    assert_eq!(some.lines().count(), 12_001);
}

#[test]
fn the_same_is_answered_with_a_host_and_without_and_a_site_that_fails_is_told_about() {
    let site = PretendSite::start(&["missing-view@v_Site", "permission@v_StatusMessage"]);
    let house = house_with_packs();
    site.describe(&house, "collector", "");
    let walk = || -> Vec<(i32, String)> {
        let steps: [&[&str]; 4] =
            [&["plan"], &["coverage", "--missing"], &["doctor"], &["run", "--once", "--site", "nowhere"]];
        steps
            .iter()
            .map(|step| house.run(step))
            .map(|Ran { code, out, err }| (code, format!("{out}{err}")))
            .collect()
    };
    let without = walk();
    let out = house.run(&["run", "--once"]).well();
    assert!(
        out.contains("skipped, the site has no such view (error 208):\n  glasshouse.site/sites\n"),
        "{out}"
    );
    assert!(
        out.contains("skipped, the login may not read it (error 229):\n  glasshouse.site/status-"),
        "{out}"
    );

    let host = house.host();
    assert_eq!(walk(), without);
    let again = house.run(&["run", "--once"]).well();
    assert!(again.contains("26 statements run, 5 skipped, 0 failed"), "{again}");
    drop(host);
    drop(site);
    let gone = house.run(&["run", "--once"]).ends_with(3);
    assert!(gone.contains("site cas: no connection") && gone.contains("mend: "), "{gone}");
}
