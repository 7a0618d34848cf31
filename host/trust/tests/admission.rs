//! Files that can be read and must not run: one test for each attack, with the words that a person reads.

#![cfg(test)]

mod support;

use glasshouse_contract::{Asks, Digest, FaultKind};
use glasshouse_trust::{
    Envelope, Outcome, PluginFile, Refusal, Revocations, SignerState, Statement, StepOutcome, TrustStore,
    Verdict,
};
use semver::Version;
use support::{
    GRANT, admission, custom, key, other_file, refusal, signed, time, trust, trust_text, unsigned, validity,
};

fn judge(file: &PluginFile, trust: &TrustStore) -> Verdict {
    admission(trust).judge(file)
}

/// The fixture's signed bytes with another envelope behind them.
fn with_envelope(file: &PluginFile, envelope: &Envelope) -> PluginFile {
    let section = custom("glasshouse:signatures", &envelope.to_bytes());
    PluginFile::parse([file.signed_bytes(), &section].concat()).unwrap()
}

fn list(change: impl FnOnce(&mut Revocations)) -> Revocations {
    let mut list = Revocations::following(None, time("2026-05-01T00:00:00Z"), time("2026-07-01T00:00:00Z"));
    change(&mut list);
    list
}

#[test]
fn a_signed_and_granted_plugin_is_admitted_and_each_step_says_why() {
    let file = signed(&[1]);
    let verdict = judge(&file, &trust(&[1]));
    let granted: Asks = file.manifest().asks();
    assert_eq!(verdict.outcome, Outcome::Admitted { granted });
    assert_eq!(verdict.object, "contoso.mask 1.2.0");
    assert!(verdict.warnings.is_empty() && verdict.fault().is_none());
    let steps: Vec<String> =
        verdict.steps.iter().map(|step| format!("{}: {}", step.check, step.words)).collect();
    assert_eq!(
        steps,
        [
            "signatures: signed by k1",
            &format!("file: the signatures are about this file, {}", file.digest()),
            "validity: valid from 2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z",
            "host: runs in host 0.1.0 and newer; this is 0.1.0",
            "revocations: there is no revocation list",
            "ratchet: no version of it was admitted before",
            "grant: all that it asks for was granted: column class:identifier text handle; key default",
        ]
    );
}

#[test]
fn an_empty_trust_file_admits_nothing() {
    let verdict = judge(&signed(&[1]), &TrustStore::parse("version = 1").unwrap());
    assert_eq!(
        refusal(&verdict),
        ("unknown-signers", "none of the 1 keys that signed it is trusted here".to_owned())
    );
    assert_eq!(verdict.signers[0].state, SignerState::Unknown);
}

#[test]
fn a_file_that_nobody_signed_is_refused() {
    let verdict = judge(&unsigned(), &trust(&[1]));
    assert_eq!(refusal(&verdict), ("not-signed", "it is not signed".to_owned()));
    let fault = verdict.fault().unwrap();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(
        fault.to_string(),
        "contoso.mask 1.2.0: it is not signed\n  \
         mend: have it signed with `glasshouse plugin sign` by a key in trust.toml"
    );
    // An envelope without signatures is no better.
    let text = String::from_utf8(signed(&[1]).envelope().unwrap().to_bytes()).unwrap();
    let empty = format!("{}[]}}", text.split_once('[').unwrap().0);
    let file = with_envelope(&unsigned(), &Envelope::parse(empty.as_bytes()).unwrap());
    assert_eq!(refusal(&judge(&file, &trust(&[1]))).0, "not-signed");
}

#[test]
fn a_signature_over_another_file_is_refused() {
    let stolen = with_envelope(&other_file(), signed(&[1]).envelope().unwrap());
    let expected = format!(
        "it was signed as another file: the signatures are about {}, and this is {}",
        unsigned().digest(),
        other_file().digest()
    );
    assert_eq!(refusal(&judge(&stolen, &trust(&[1]))), ("other-file", expected));
}

#[test]
fn a_statement_about_another_plugin_or_manifest_is_refused() {
    // What a signer's own broken tool might sign: the right file under a wrong name.
    let file = unsigned();
    let statement = |change: fn(&mut Statement)| {
        let mut statement = Statement {
            plugin: file.manifest().id.clone(),
            digest: file.digest(),
            manifest: file.manifest_digest(),
            validity: validity(),
        };
        change(&mut statement);
        let signed = support::sign_payload("application/vnd.in-toto+json", &statement.to_bytes(), &[1]);
        refusal(&judge(&with_envelope(&file, &signed), &trust(&[1])))
    };
    assert_eq!(
        statement(|statement| statement.plugin = "contoso.other".parse().unwrap()),
        ("other-plugin", "it was signed as `contoso.other`, and its manifest says `contoso.mask`".to_owned())
    );
    let (id, words) = statement(|statement| statement.manifest = Digest::of(b"another"));
    assert_eq!(id, "other-manifest");
    assert!(
        words.starts_with("it was signed with another manifest: the signatures are about sha256:"),
        "{words}"
    );
}

#[test]
fn a_signature_that_does_not_verify_is_refused_beside_one_that_does() {
    let text = String::from_utf8(signed(&[1, 2]).envelope().unwrap().to_bytes()).unwrap();
    // The second key's signature replaced by the first one's.
    let mut parts: Vec<&str> = text.split("\"sig\":\"").collect();
    let first = format!("{}\"}}]}}", &parts[1][..88]);
    parts[2] = &first;
    let forged = Envelope::parse(parts.join("\"sig\":\"").as_bytes()).unwrap();
    let verdict = judge(&with_envelope(&unsigned(), &forged), &trust(&[1, 2]));
    assert_eq!(
        refusal(&verdict),
        (
            "bad-signature",
            "the signature by `k2` does not verify: the statement was changed after it was signed".to_owned()
        )
    );
    let states: Vec<SignerState> = verdict.signers.iter().map(|signer| signer.state).collect();
    assert_eq!(states, [SignerState::Counts, SignerState::Bad]);
}

#[test]
fn one_key_that_signs_twice_does_not_count_as_two() {
    let text = String::from_utf8(signed(&[1]).envelope().unwrap().to_bytes()).unwrap();
    let (head, signature) = text.strip_suffix("]}").unwrap().split_once('[').unwrap();
    let twice = format!("{head}[{signature},{signature}]}}");
    let file = with_envelope(&unsigned(), &Envelope::parse(twice.as_bytes()).unwrap());
    let two = format!("{}[policy.rule.any_of]\nminimum = 2\nkeys = [\"k1\", \"k2\"]\n", trust_text(&[1, 2]));
    let verdict = judge(&file, &TrustStore::parse(&two).unwrap());
    assert_eq!(refusal(&verdict), ("same-key-twice", format!("the key {} signed it twice", key(1).id())));
}

#[test]
fn a_key_signs_only_the_kinds_that_it_may() {
    let text = trust_text(&[1]).replace("[\"rule\"]", "[\"query\", \"target\"]");
    let verdict = judge(&signed(&[1]), &TrustStore::parse(&text).unwrap());
    assert_eq!(
        refusal(&verdict),
        ("key-not-for-kind", "the key `k1` signed it and may not sign a rule".to_owned())
    );
}

#[test]
fn an_expired_key_does_not_count() {
    let expires = "kinds = [\"rule\"]\nexpires = \"2026-06-01T00:00:00Z\"";
    let text = trust_text(&[1]).replace("kinds = [\"rule\"]", expires);
    let trust = TrustStore::parse(&text).unwrap();
    assert_eq!(
        refusal(&judge(&signed(&[1]), &trust)),
        ("key-expired", "the key `k1` that signed it expired at 2026-06-01T00:00:00Z".to_owned())
    );
    let mut before = admission(&trust);
    before.now = time("2026-05-30T23:59:59Z");
    let verdict = before.judge(&signed(&[1]));
    assert!(verdict.is_admitted());
    assert_eq!(verdict.warnings, ["the key `k1` that signed it expires in 1 days, at 2026-06-01T00:00:00Z"]);
}

#[test]
fn a_policy_is_met_by_all_and_by_enough_signers() {
    let text = format!(
        "{}[policy.rule]\nall_of = [\"k1\"]\nany_of = {{ minimum = 2, keys = [\"k2\", \"k3\", \"k4\"] }}\n",
        trust_text(&[1, 2, 3, 4])
    );
    let trust = TrustStore::parse(&text).unwrap();
    for enough in [&[1, 2, 3][..], &[4, 3, 1], &[1, 2, 3, 4], &[9, 1, 2, 4]] {
        assert!(judge(&signed(enough), &trust).is_admitted(), "{enough:?}");
    }
    let too_few = |seeds: &[u8]| refusal(&judge(&signed(seeds), &trust));
    assert_eq!(
        too_few(&[2, 3, 4]),
        ("too-few-signatures", "too few signatures: a rule needs all of k1; signed by k2, k3, k4".to_owned())
    );
    assert_eq!(
        too_few(&[1, 3, 9]),
        (
            "too-few-signatures",
            "too few signatures: a rule needs 2 of k2, k3, k4; signed by k1, k3".to_owned()
        )
    );
    assert_eq!(too_few(&[9]).0, "unknown-signers");
}

#[test]
fn a_plugin_is_valid_from_its_first_moment_until_before_its_last() {
    let trust = trust(&[1]);
    let at = |now: &str| {
        let mut admission = admission(&trust);
        admission.now = time(now);
        admission.judge(&signed(&[1]))
    };
    assert_eq!(
        refusal(&at("2025-12-31T23:59:59Z")),
        ("not-yet-valid", "it is not valid before 2026-01-01T00:00:00Z".to_owned())
    );
    assert!(at("2026-01-01T00:00:00Z").is_admitted());
    assert!(at("2026-12-01T23:00:00Z").warnings.is_empty());
    assert_eq!(at("2026-12-02T00:00:00Z").warnings, ["it expires in 30 days, at 2027-01-01T00:00:00Z"]);
    assert!(at("2026-12-31T23:59:59Z").is_admitted());
    assert_eq!(
        refusal(&at("2027-01-01T00:00:00Z")),
        ("expired", "it expired at 2027-01-01T00:00:00Z".to_owned())
    );
}

#[test]
fn a_plugin_for_a_newer_host_is_refused() {
    let trust = trust(&[1]);
    let mut old = admission(&trust);
    old.host_version = Version::new(0, 0, 9);
    assert_eq!(
        refusal(&old.judge(&signed(&[1]))),
        ("host-too-old", "it needs host 0.1.0 or newer, and this is 0.0.9".to_owned())
    );
}

#[test]
fn what_was_revoked_is_refused_also_while_it_runs() {
    let (trust, file) = (trust(&[1, 2]), signed(&[1]));
    let with = |list: &Revocations| {
        let mut admission = admission(&trust);
        admission.revocations = Some(list);
        assert_eq!(admission.judge(&file).outcome, admission.judge_running(&file).outcome);
        admission.judge(&file)
    };
    assert!(with(&list(|_| {})).is_admitted());
    assert_eq!(
        refusal(&with(&list(|list| list.digests.push(file.digest())))),
        ("digest-revoked", format!("this file was revoked ({})", file.digest()))
    );
    assert_eq!(
        refusal(&with(&list(|list| list.plugins.push(file.manifest().id.clone())))),
        ("plugin-revoked", "the plugin `contoso.mask` was revoked in every version".to_owned())
    );
    let key_revoked = list(|list| list.keys.push(key(1).id()));
    assert_eq!(
        refusal(&with(&key_revoked)),
        ("key-revoked", "the key `k1` that signed it was revoked".to_owned())
    );
    // Another signer's word still holds.
    let mut admission = admission(&trust);
    admission.revocations = Some(&key_revoked);
    let verdict = admission.judge(&signed(&[1, 2]));
    assert!(verdict.is_admitted());
    assert_eq!(
        verdict.signers[0].to_string(),
        format!("k1 ({}): verified, but the key was revoked", key(1).id().short())
    );
}

#[test]
fn an_expired_revocation_list_stops_what_is_new_and_warns_of_what_runs() {
    let (trust, list) = (trust(&[1]), list(|_| {}));
    let mut admission = admission(&trust);
    admission.revocations = Some(&list);
    admission.now = time("2026-07-01T00:00:00Z");
    let words = "the revocation list (version 1) expired at 2026-07-01T00:00:00Z, so what was revoked since is not known";
    assert_eq!(refusal(&admission.judge(&signed(&[1]))), ("revocations-expired", words.to_owned()));
    let running = admission.judge_running(&signed(&[1]));
    assert!(running.is_admitted());
    assert_eq!(running.warnings, [words]);
    admission.now = time("2026-06-29T12:00:00Z");
    let warnings = admission.judge(&signed(&[1])).warnings;
    assert_eq!(warnings, ["the revocation list expires in 1 days, at 2026-07-01T00:00:00Z"]);
}

#[test]
fn a_version_older_than_the_ratchet_is_refused() {
    let trust = trust(&[1]);
    let after = |highest: &str| {
        let highest = Version::parse(highest).unwrap();
        let mut admission = admission(&trust);
        admission.ratchet = Some(&highest);
        admission.judge(&signed(&[1]))
    };
    for fine in ["1.1.9", "1.2.0", "1.2.0-rc.1", "1.2.0+build.9"] {
        assert!(after(fine).is_admitted(), "{fine}");
    }
    assert_eq!(
        refusal(&after("1.2.1")),
        ("older", "it is version 1.2.0, and version 1.2.1 was admitted before".to_owned())
    );
}

#[test]
fn a_plugin_waits_for_a_grant_that_covers_what_it_asks_for() {
    let judged = |text: &str| judge(&signed(&[1]), &TrustStore::parse(text).unwrap());
    let without = judged(&trust_text(&[1]).replace(GRANT, ""));
    let all = signed(&[1]).manifest().asks();
    assert_eq!(without.outcome, Outcome::Waiting { beyond: all });
    let step = without.steps.last().unwrap();
    assert_eq!(step.outcome, StepOutcome::Waiting);
    assert_eq!(step.words, "nobody has approved it yet: column class:identifier text handle; key default");
    let less = judged(&trust_text(&[1]).replace("\"key default\", ", ""));
    assert_eq!(
        less.outcome,
        Outcome::Waiting { beyond: std::iter::once("key default".parse().unwrap()).collect() }
    );
    assert_eq!(less.steps.last().unwrap().words, "it asks for more than was granted: key default");
    assert!(less.refusal().is_none() && !less.is_admitted());
}

#[test]
fn a_verdict_reads_back_from_json() {
    for verdict in [judge(&signed(&[1]), &trust(&[1])), judge(&signed(&[1]), &trust(&[2]))] {
        let text = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
    }
    let text = serde_json::to_value(Refusal::NotSigned).unwrap();
    assert_eq!(text, serde_json::json!({ "reason": Refusal::NotSigned.id() }));
}
