use super::*;

fn error(text: &str) -> String {
    Config::parse(text).unwrap_err()
}

#[test]
fn what_init_writes_is_the_default_and_every_example_in_it_is_valid() {
    let default = Config::parse(COMMENTED).unwrap();
    assert_eq!((default.level, default.routes()), (Level::default(), Config::default().routes()));
    // A remark has no `=` or begins with a capital; an alternative begins with two marks.
    let examples: String = COMMENTED
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| !rest.starts_with(['#', ' '])).unwrap_or(line))
        .filter(|line| {
            line.starts_with('[') || line.contains(" = ") && line.starts_with(|c: char| c.is_lowercase())
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let config = Config::parse(&examples).unwrap_or_else(|error| panic!("{error}\n{examples}"));
    assert_eq!(config.access().group.as_deref(), Some("glasshouse"));
    assert_eq!(config.sites[0].database, "CM_CAS");
    assert_eq!(config.level, Level::Enhanced);
    let [results, headquarters] = &config.routes()[..] else { panic!("{:?}", config.routes()) };
    assert_eq!((results.rules.len(), headquarters.rules.len()), (2, 1));
    assert_eq!(results.rules[1].settings.values().next().map(String::as_str), Some("10"));
    assert_eq!((headquarters.take.len(), headquarters.level), (2, Some(Level::Basic)));
    assert_eq!(config.unkeyed(&headquarters.name)[0].as_str(), "Hash_SiteCode");
    // The second mark hides a line that stands for another choice: it is valid with what it belongs to.
    let high = "level = \"full\"\n[[route]]\nname = \"x\"\nceiling = \"identifier\"\n";
    let because = COMMENTED.lines().find_map(|line| line.strip_prefix("# # because")).unwrap();
    Config::parse(&format!("{high}because{because}\n")).unwrap();
}

#[test]
fn a_misspelt_choice_is_named_by_its_line() {
    let error = error("[control]\ngruop = \"x\"\n");
    assert!(error.starts_with("line 2: unknown field `gruop`"), "{error}");
}

#[test]
fn a_choice_below_the_wrong_heading_is_told_where_it_belongs() {
    let top = error("[metrics]\nlevel = \"basic\"\n");
    assert_eq!(
        top,
        "line 2: `level` does not belong here: its place is the top of the file, above the first line in brackets"
    );
    let rules = error("rules = []\n");
    assert_eq!(rules, "line 1: `rules` does not belong here: its place is [results] or a [[route]]");
}

#[test]
fn a_heading_that_is_there_twice_is_named() {
    let error = error("[results]\nrules = []\n[outbox]\n[results]\nrules = []\n");
    assert_eq!(error, "line 4: `results` is there twice: write both into one");
}

#[test]
fn blocks_can_be_pasted_below_what_init_writes() {
    let block =
        "level = \"basic\"\nmode = \"online\"\n[results]\nrules = [\"a.b\"]\n[outbox]\nunsent_mib = 1\n";
    let config = Config::parse(&format!("{COMMENTED}\n{block}")).unwrap();
    assert_eq!((config.level, config.routes()[0].rules.len()), (Level::Basic, 1));
}

#[test]
fn two_sites_of_one_name_are_refused() {
    let site = "[[site]]\nname = \"cas\"\nserver = \"a\"\ndatabase = \"CM\"\nlogin = { windows = true }\n";
    assert_eq!(error(&site.repeat(2)), "two sites are called `cas`");
}

#[test]
fn a_route_without_rules_has_those_of_the_results_and_one_with_an_empty_list_has_none() {
    let rules = "[results]\nrules = [\"a.b\"]\n";
    let of = |route: &str| {
        let config = Config::parse(&format!("{rules}[[route]]\nname = \"x\"\n{route}")).unwrap();
        config.routes()[1].rules.len()
    };
    assert_eq!((of(""), of("rules = []\n"), of("rules = [\"a.b\", \"a.c\"]\n")), (1, 0, 2));
}

#[test]
fn what_is_wrong_with_a_route_is_said_with_its_line() {
    let route = |more: &str| format!("level = \"full\"\n[[route]]\nname = \"x\"\n{more}\n");
    let twice = error(&(route("") + "[[route]]\nname = \"x\"\n"));
    assert_eq!(twice, "line 6: two routes are called `x`");
    let reserved = error("[[route]]\nname = \"results\"\n");
    assert!(reserved.starts_with("line 2: `results` is the route that keeps results"), "{reserved}");
    let why = error(&route("ceiling = \"identifier\""));
    assert!(why.starts_with("line 4: the ceiling `identifier` is above `pseudonym`: say"), "{why}");
    assert!(error(&route("ceiling = \"identifier\"\nbecause = \" \"")).starts_with("line 4: "));
    let level = error("[[route]]\nname = \"x\"\nceiling = \"text\"\nbecause = \"y\"\n");
    assert!(level.ends_with("that is for level full, and this route is of level enhanced"), "{level}");
    let lower = error(&route("level = \"basic\"\nceiling = \"text\"\nbecause = \"y\""));
    assert!(lower.starts_with("line 5: ") && lower.ends_with("of level basic"), "{lower}");
    assert!(error(&route("ceiling = \"secret\"\nbecause = \"y\"")).contains("secrets go no way"));
    let idle = error(&route("because = \"y\""));
    assert!(idle.starts_with("line 4: `because` is for a ceiling above"), "{idle}");
    assert!(error(&route("ceilin = \"text\"")).starts_with("line 4: unknown field `ceilin`"));
    assert!(error(&route("take = [\"no id\"]")).starts_with("line 4: "));
    let rule = error(&route("rules = [\n  \"a.b\",\n  { rule = \"a.b\", setings = { k = \"1\" } },\n]"));
    assert!(rule.starts_with("line 4: a rule's id, or "), "{rule}");
    assert!(error("[[route]]\ntake = []\n").contains("missing field `name`"));
    Config::parse(&route("ceiling = \"identifier\"\nbecause = \"the contract says so\"")).unwrap();
}

#[test]
fn a_comment_more_is_no_other_configuration() {
    let text = "[results]\nrules = [\"a.b\"]\n";
    let moved = format!("# Something.\n\n{text}");
    assert_eq!(Config::parse(text).unwrap(), Config::parse(&moved).unwrap());
}

#[test]
fn what_is_wrong_with_a_target_is_said_with_its_line() {
    let target = "[[target]]\nplugin = \"a.b\"\n";
    assert_eq!(error(&target.repeat(2)), "line 3: two targets are of the plugin `a.b`");
    let host = error(&format!("\n{target}endpoint.x = {{ host = \"no host/\" }}\n"));
    assert!(host.starts_with("line 2: target `a.b`: `no host/` is no host: "), "{host}");
    assert!(error(&format!("{target}critcal = true\n")).starts_with("line 3: unknown field `critcal`"));
    let key = error(&format!("\n{target}receiver_key = \"receiver.test+00000000+AAAA\"\n"));
    assert!(key.starts_with("line 2: target `a.b`: `receiver_key`: line 1: "), "{key}");
    let tenant = error(&format!("{target}tenant = \"contoso\"\n"));
    assert!(tenant.starts_with("line 1: target `a.b`: `tenant` is held against receipts"), "{tenant}");
    assert!(error("mode = \"on\"\n").starts_with("line 1: unknown variant `on`"));
    let room = error("[outbox]\nunsent_mib = 0\n");
    assert!(room.starts_with("line 2: `unsent_mib = 0` leaves no room"), "{room}");
}

#[test]
fn a_route_to_a_target_that_nobody_described_is_told_of() {
    let route = "[[route]]\nname = \"x\"\ntarget = \"a.b\"\n";
    let told = Config::parse(route).unwrap().undescribed_targets();
    assert_eq!(told, ["route `x`: there is no [[target]] of the plugin a.b: what is sealed for it waits"]);
    let described = format!("{route}[[target]]\nplugin = \"a.b\"\n");
    assert_eq!(Config::parse(&described).unwrap().undescribed_targets(), [""; 0]);
}

#[test]
fn how_long_things_are_kept_is_at_least_a_day_and_else_a_year_and_a_quarter_of_one() {
    assert_eq!(Config::parse("").unwrap().kept_for, KeptFor { results_days: 400, sent_days: 90 });
    assert_eq!(Config::parse(COMMENTED).unwrap().kept_for, KeptFor::default());
    let sent = Config::parse("[retention]\nsent_days = 7\n").unwrap().kept_for;
    assert_eq!(sent, KeptFor { sent_days: 7, ..KeptFor::default() });
    let none = error("[retention]\nresults_days = 30\nsent_days = 0\n");
    assert_eq!(none, "line 3: `sent_days = 0` would erase everything at once; 1 is the least");
    assert!(error("[retention]\nresults_days = -1\n").starts_with("line 2: "));
    assert!(error("[retention]\nresult_days = 1\n").starts_with("line 2: unknown field `result_days`"));
}

#[test]
fn a_target_whose_receiver_is_believed_is_told_of() {
    let target = "[[target]]\nplugin = \"a.b\"\n";
    let told = Config::parse(target).unwrap().believed_receivers();
    assert!(told.len() == 1 && told[0].starts_with("[[target]] `a.b` has no receiver_key: "), "{told:?}");
    let known = format!("{target}receiver_key = \"secrets/receiver-key\"\n");
    assert_eq!(Config::parse(&known).unwrap().believed_receivers(), [""; 0]);
}

#[test]
fn without_a_word_nothing_is_sent_and_four_gibibytes_may_wait() {
    let config = Config::parse("").unwrap();
    assert_eq!(config.mode(), Mode::Offline);
    assert_eq!(config.sending.policy(), Config::default().sending.policy());
    assert_eq!(config.sending.policy().unsent_bytes, 4 << 30);
    assert_eq!(config.sending.metrics, None);
}

/// A secret that somebody wrote where a file's name belongs, or into a URL.
#[test]
fn what_is_wrong_with_a_line_is_said_without_what_may_be_a_secret_in_it() {
    let target = |line: &str| format!("[[target]]\nplugin = \"a.b\"\n{line}\n");
    let site = "[[site]]\nname = \"cas\"\nserver = \"a\"\ndatabase = \"CM\"\n";
    for text in [
        target("credential = \"hunter2\""),
        target("credential = { kind = \"bearer\", password = \"hunter2\" }"),
        target("endpoint.ingest = \"https://u:hunter2@receiver.example/\""),
        target("endpoint.ingest.host = \"u:hunter2@receiver.example\""),
        target("endpoint.ingest.proxy = { url = \"http://u:hunter2@proxy\" }"),
        target("endpoint.ingest.proxy_credential = \"u:hunter2\""),
        target("endpoint.ingest.connect_timeout_s = \"hunter2\""),
        target("receiver_key = [\"hunter2\"]"),
        target("credential = hunter2"),
        target("credential = \"hunter2"),
        target("hunter2"),
        format!("{site}login = \"hunter2\"\n"),
        format!("{site}login = {{ user = \"u\", password = \"hunter2\" }}\n"),
    ] {
        let said = error(&text);
        assert!(said.contains("line ") && !said.contains("hunter2"), "{text}\n{said}");
    }
    // What is expected is told all the same.
    let said = error(&target("credential = \"hunter2\""));
    assert!(said.starts_with("line 3: invalid type: string, expected "), "{said}");
}
