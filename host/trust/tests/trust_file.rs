//! `trust.toml`: what is nearly right is refused with its place, and commands keep what a person wrote.

#![cfg(test)]

mod support;

use std::fs;

use glasshouse_contract::{Asks, FaultKind, Kind, Name};
use glasshouse_trust::{TrustDocument, TrustError, TrustStore, TrustedKey};
use support::{key, time, trust_text};

fn error(from: &str, to: &str) -> String {
    let text = format!(
        "{}[policy.rule]\nall_of = [\"k1\"]\nany_of = {{ minimum = 1, keys = [\"k2\"] }}\n",
        trust_text(&[1, 2])
    );
    TrustStore::parse(&text).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    TrustStore::parse(&text.replacen(from, to, 1)).unwrap_err().to_string()
}

fn trusted(name: &str, seed: u8) -> TrustedKey {
    TrustedKey {
        name: Name::new(name).unwrap(),
        public: key(seed).public(),
        kinds: [Kind::Query, Kind::Rule].into(),
        expires: Some(time("2027-11-20T00:00:00Z")),
        revoke: true,
    }
}

fn asks(texts: &[&str]) -> Asks {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn each_near_miss_names_its_place() {
    for (from, to, expected) in [
        ("version = 1", "version = 2", "its version is 2; this host reads version 1"),
        ("version = 1\n", "", "line 1: missing field `version`"),
        (
            "version = 1",
            "version = 1\nmode = \"lax\"",
            "line 2: unknown field `mode`, expected one of `version`, `key`, `policy`, `grant`",
        ),
        (
            "kinds = [\"rule\"]",
            "kind = [\"rule\"]",
            "line 5: unknown field `kind`, expected one of `name`, `public`, `kinds`, `expires`, `revoke`",
        ),
        (
            "kinds = [\"rule\"]",
            "kinds = [\"rules\"]",
            "line 5: unknown variant `rules`, expected one of `query`, `rule`, `target`",
        ),
        (
            "kinds = [\"rule\"]",
            "kinds = []",
            "key `k1`: it may sign nothing: give it `kinds`, or `revoke = true`",
        ),
        ("\"ed25519:", "\"rsa:", "line 4: a public key is written `ed25519:` and 44 characters of base64"),
        ("name = \"k2\"", "name = \"k1\"", "key `k1`: two keys have this name"),
        ("all_of = [\"k1\"]", "all_of = [\"k9\"]", "policy.rule: there is no key `k9`"),
        ("all_of = [\"k1\"]", "all_of = [\"k1\", \"k1\"]", "policy.rule: `k1` is named twice"),
        (
            "all_of = [\"k1\"]\nany_of = { minimum = 1, keys = [\"k2\"] }",
            "all_of = []",
            "policy.rule: it asks for no signature: name keys in `all_of` or `any_of`",
        ),
        ("minimum = 1", "minimum = 0", "policy.rule: `minimum` is 0, which is not between 1 and its 1 keys"),
        ("minimum = 1", "minimum = 2", "policy.rule: `minimum` is 2, which is not between 1 and its 1 keys"),
        ("[policy.rule]", "[policy.query]", "policy.query: the key `k1` may not sign a query"),
        ("key default", "keys default", "line 12: `keys default` is nothing that a plugin can ask for"),
        (
            "[[grant]]",
            "[[grant]]\nplugin = \"contoso.mask\"\n[[grant]]",
            "grant `contoso.mask`: two grants are for this plugin",
        ),
        (
            "plugin = \"contoso.mask\"",
            "plugin = \"../mask\"",
            "line 11: `../mask` is no plugin id: two or more parts of a-z, 0-9 and inner hyphens, joined by dots, at most 100 characters",
        ),
    ] {
        assert_eq!(error(from, to), expected);
    }
    let (one, two) = (key(1).public().to_string(), key(2).public().to_string());
    assert_eq!(error(&two, &one), "key `k2`: it is the same key as `k1`: one key would count as two");
}

#[test]
fn no_trust_file_is_an_error_and_not_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.toml");
    let fault = TrustStore::load(&path).unwrap_err().fault();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(
        fault.to_string(),
        format!(
            "{}: there is no trust file, so nothing is trusted\n  \
             mend: trust a first key with `glasshouse trust add`, or restore the file",
            path.display()
        )
    );
    fs::write(&path, "version = 1\n[[key]]\n").unwrap();
    let fault = TrustStore::load(&path).unwrap_err().fault();
    assert_eq!(fault.object, path.display().to_string());
    assert_eq!(fault.cause, "line 2: missing field `name`");
    fs::write(&path, b"version = 1 # \xff").unwrap();
    assert!(matches!(TrustStore::load(&path), Err(TrustError::Io { .. })));
}

#[cfg(unix)]
#[test]
fn a_trust_file_that_others_can_change_is_not_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.toml");
    TrustDocument::default().save(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    TrustStore::load(&path).unwrap();
    for mode in [0o664, 0o646] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = TrustStore::load(&path).unwrap_err().to_string();
        assert_eq!(error, format!("others than its owner can change it (mode {mode:o})"));
        assert!(TrustDocument::open(&path).is_err());
    }
}

/// Its owner may change it whatever its mode.
#[cfg(unix)]
#[test]
fn a_trust_file_of_somebody_else_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.toml");
    TrustDocument::default().save(&path).unwrap();
    if std::os::unix::fs::chown(&path, Some(4711), None).is_err() {
        eprintln!("skipped: only root gives files away");
        return;
    }
    let error = TrustStore::load(&path).unwrap_err().to_string();
    assert_eq!(error, "it belongs to uid 4711, not to root or to the owner of its folder");
    assert!(TrustDocument::open(&path).is_err());
    // A folder of the same owner is theirs to fill.
    std::os::unix::fs::chown(folder.path(), Some(4711), None).unwrap();
    TrustStore::load(&path).unwrap();
}

#[test]
fn commands_begin_a_file_that_reads_well() {
    let mut document = TrustDocument::default();
    document.add_key(&trusted("build-2026", 1)).unwrap();
    document
        .grant(&"contoso.mask".parse().unwrap(), &asks(&["key default", "limit memory_mib 256"]))
        .unwrap();
    document.grant(&"contoso.plain".parse().unwrap(), &Asks::default()).unwrap();
    assert_eq!(
        document.text(),
        format!(
            r#"# What this host trusts: whose signatures count, and what each plugin was granted.
# `glasshouse trust` and `glasshouse plugin approve` edit it and keep your comments.
version = 1

[[key]]
name = "build-2026"
public = "{}"
kinds = ["query", "rule"]
expires = "2027-11-20T00:00:00Z"
revoke = true

[[grant]]
plugin = "contoso.mask"
asks = [
    "limit memory_mib 256",
    "key default",
]

[[grant]]
plugin = "contoso.plain"
asks = []
"#,
            key(1).public()
        )
    );
    let store = document.store().unwrap();
    assert_eq!(store.keys(), [trusted("build-2026", 1)]);
    assert_eq!(
        store.grant(&"contoso.mask".parse().unwrap()),
        Some(&asks(&["key default", "limit memory_mib 256"]))
    );
}

#[test]
fn commands_keep_what_a_person_wrote() {
    let by_hand = format!(
        "# ours\nversion = 1 # first\n\n# the build machine's\n[[key]]\npublic = '{}'\nname = \"k1\"\nkinds = [ \"rule\" ]\n\n# agreed on 3 May\n[[grant]]\nplugin = \"contoso.mask\" # ask Kim\nasks = []\n",
        key(1).public()
    );
    let mut document = TrustDocument::parse(&by_hand).unwrap();
    assert_eq!(document.text(), by_hand);
    document.add_key(&trusted("k2", 2)).unwrap();
    document.grant(&"contoso.mask".parse().unwrap(), &asks(&["key default"])).unwrap();
    let text = document.text();
    for kept in [
        "# ours\n",
        "# first\n",
        "# the build machine's\n",
        "kinds = [ \"rule\" ]\n",
        "# agreed on 3 May\n",
        "# ask Kim\n",
    ] {
        assert!(text.contains(kept), "{kept:?} in {text}");
    }
    document.remove_key(&Name::new("k2").unwrap()).unwrap();
    document.grant(&"contoso.mask".parse().unwrap(), &Asks::default()).unwrap();
    assert_eq!(document.text(), by_hand);
    document.remove_grant(&"contoso.mask".parse().unwrap()).unwrap();
    assert!(document.store().unwrap().grants().is_empty());
}

#[test]
fn a_change_that_would_break_the_file_changes_nothing() {
    let text = format!("{}[policy.rule]\nall_of = [\"k1\"]\n", trust_text(&[1, 2]));
    let mut document = TrustDocument::parse(&text).unwrap();
    let name = |name| Name::new(name).unwrap();
    assert_eq!(
        document.remove_key(&name("k1")).unwrap_err().to_string(),
        "policy.rule: there is no key `k1`"
    );
    assert_eq!(document.remove_key(&name("k9")).unwrap_err().to_string(), "there is no key `k9` in it");
    assert_eq!(
        document.add_key(&trusted("k1", 9)).unwrap_err().to_string(),
        "there is a key `k1` in it already"
    );
    assert_eq!(
        document.add_key(&trusted("k9", 1)).unwrap_err().to_string(),
        "key `k9`: it is the same key as `k1`: one key would count as two"
    );
    let error = document.remove_grant(&"contoso.other".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "there is no grant `contoso.other` in it");
    assert_eq!(document.text(), text);
}

#[test]
fn a_saved_file_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.toml");
    let mut document = TrustDocument::open(&path).unwrap();
    document.add_key(&trusted("k1", 1)).unwrap();
    document.save(&path).unwrap();
    assert_eq!(TrustStore::load(&path).unwrap(), document.store().unwrap());
    assert_eq!(TrustDocument::open(&path).unwrap().text(), document.text());
}
