//! What is wrong on the way to a receiver: a proxy that wants a login, certificates and keys that are not the right
//! ones. Each is said in a word of its own, costs nothing but time, and is mended where its words say.

use std::fs;

use glasshouse_contract::Pin;
use pretend_outside::{Authority, DEMANDS_LOGIN, Proxy};
use tokio::runtime::Runtime;

use crate::{
    canaries::{each_file, nothing_said},
    house::sender::OURS,
    house::{
        Needles, Ran,
        outside::{NAME, Outside},
        pretend_receiver::Act,
        wait_until,
    },
};

/// The login that the proxy wants: `glasshouse` and [`SECRET`].
const LOGIN: &str = "Basic Z2xhc3Nob3VzZTpjYW5hcnktcmlnaHQtNHU3";
const SECRET: &str = "canary-right-4u7";
const WRONG: &str = "canary-wrong-9x2";

/// The line that shows a login to the proxy.
const SHOWN: &str = "proxy_credential = { kind = \"basic\", user = \"glasshouse\", file = \"proxy-secret\" }";

/// A house whose receiver is behind a proxy that wants a login.
struct Proxied {
    outside: Outside,
    proxy: Proxy,
    // What the proxy runs on.
    _runtime: Runtime,
}

impl Proxied {
    fn new() -> Self {
        let outside = Outside::with(&[OURS]);
        let runtime = Runtime::new().expect("a runtime");
        let receiver = outside.receiver(OURS).address();
        let proxy = runtime.block_on(Proxy::start(receiver, Some(LOGIN), DEMANDS_LOGIN));
        Self { outside, proxy, _runtime: runtime }
    }

    fn describe(&self, target: &str, login: &str) {
        let address = self.proxy.address();
        let lines = format!("ca_file = \"receiver.pem\", proxy = \"http://{address}\"{login}");
        self.outside.describe_as(target, &lines);
    }

    /// The command, with all that it can be made to log.
    fn talkative(&self, args: &[&str]) -> Ran {
        Ran::of(self.outside.house.command(args).env("GLASSHOUSE_LOG", "trace"))
    }
}

#[test]
fn a_proxy_that_wants_a_login_is_told_of_and_with_the_right_one_all_is_delivered() {
    let proxied = Proxied::new();
    let outside = &proxied.outside;
    let all = outside.requests(OURS).len();
    let login = format!(", {SHOWN}");
    outside.house.private("state/proxy-secret", WRONG);
    let mut said = Vec::new();
    for (target, login, ids, mend) in [
        (
            "critical = true",
            "",
            &["11412 error", "11488 error"][..],
            "write the login under the endpoint: `proxy_credential = ",
        ),
        (
            "critical = false",
            login.as_str(),
            &["11411 warning"],
            "check user and secret of `proxy_credential`",
        ),
    ] {
        proxied.describe(target, login);
        let tested = proxied.talkative(&["target", "test"]);
        assert_eq!(tested.code, 1, "{tested:#?}");
        assert!(
            tested.out.contains("the proxy demands a login, or refuses the one it was shown (407)"),
            "{tested:#?}"
        );
        assert!(tested.out.contains(mend), "{tested:#?}");
        assert!(tested.out.contains(&format!("proxy     http://{}", proxied.proxy.address())), "{tested:#?}");
        for id in ids {
            assert!(tested.out.contains(id), "{id}: {tested:#?}");
        }
        assert_eq!(tested.out.contains("11488"), ids.len() == 2, "{tested:#?}");
        let failed = proxied.talkative(&["deliver", "--all"]);
        assert_eq!(failed.code, 1, "{failed:#?}");
        assert!(
            failed.out.contains("(proxy-login)") && failed.out.contains("glasshouse target test"),
            "{failed:#?}"
        );
        assert!(failed.out.contains(" proxy-login); the next attempt is due at "), "{failed:#?}");
        assert_eq!(outside.failures(OURS), ["proxy-login".to_owned()].into());
        outside.obligations_hold();
        said.extend([tested, failed]);
    }
    assert!(outside.receiver(OURS).did().is_empty(), "nobody without a login gets through");

    proxied.describe("critical = true", &login);
    outside.house.private("state/proxy-secret", SECRET);
    let tested = proxied.talkative(&["target", "test"]);
    assert!(tested.out.contains("11410 info"), "{tested:#?}");
    let done = proxied.talkative(&["deliver", "--all"]);
    assert_eq!(done.code, 0, "{done:#?}");
    said.extend([tested, done]);
    outside.all_is_delivered();
    assert_eq!(outside.receiver(OURS).took().len(), all);
    for head in proxied.proxy.heads() {
        assert!(
            head.starts_with(&format!("CONNECT {NAME}:")),
            "the proxy was asked for something else: {head}"
        );
    }

    // Neither secret is anywhere but where the administrator put it.
    let secrets = Needles::of([WRONG, SECRET]);
    said.iter().for_each(|ran| nothing_said(ran, &secrets));
    each_file(&outside.house.state(), &mut |path, bytes| {
        let found = secrets.first_in(&bytes);
        assert!(found.is_none() || path.ends_with("proxy-secret"), "{found:?} in {}", path.display());
    });
}

#[test]
fn a_certificate_or_a_key_that_is_not_the_right_one_is_told_of_and_once_it_is_mended_all_is_delivered() {
    let outside = Outside::with(&[OURS]);
    let receiver = outside.receiver(OURS);
    let (right, other) = (outside.identity.pin(), outside.authority.sign(NAME).pin());
    fs::write(outside.house.state().join("other.pem"), Authority::new().pem).expect("it can be written");
    let good = || outside.identity.server();
    let pinned = |ca: &str, pin: Pin| format!("ca_file = \"{ca}\", pins = [\"{pin}\"]");
    let well = pinned("receiver.pem", right);
    let cases = [
        // Its word, what is shown, what the configuration says, the cause and the mend.
        (
            "certificate-authority",
            good(),
            pinned("other.pem", right),
            "no authority that is believed has signed it",
            "name the authority that signed it with `ca_file`".to_owned(),
        ),
        (
            "pin",
            good(),
            pinned("receiver.pem", other),
            "its key is none of the pinned ones",
            format!("it showed {right}; ask whoever runs it before you add that to `pins`"),
        ),
        (
            "certificate-expired",
            outside.authority.sign_expired(NAME).server(),
            well.clone(),
            "it has expired",
            "whoever runs the receiver has to renew it".to_owned(),
        ),
        (
            "certificate-name",
            outside.authority.sign("other.test").server(),
            well.clone(),
            "it is for another name",
            "whoever runs the receiver has to get a certificate for this name".to_owned(),
        ),
    ];
    for (failure, shown, endpoint, cause, mend) in cases {
        receiver.shows(shown);
        outside.describe(&endpoint);
        let before = receiver.took().len();
        let failed = outside.run(&["deliver", "--all"]);
        assert_eq!(failed.code, 1, "{failed:#?}");
        assert!(failed.out.contains(&format!("({failure})")), "{failed:#?}");
        assert!(failed.out.contains("mend it: glasshouse target test"), "{failed:#?}");
        assert!(outside.failures(OURS).contains(failure), "{failure}: {:?}", outside.failures(OURS));
        assert_eq!(receiver.took().len(), before, "something was sent to a stranger");
        let listed = outside.run(&["outbox", "list", "--only", "waiting"]).well();
        assert!(listed.contains(&format!(" ({failure})")), "{listed}");
        let tested = outside.run(&["target", "test"]);
        assert_eq!(tested.code, 1, "{tested:#?}");
        let object = format!("target    {OURS}, endpoint ingest (https://{NAME}:");
        for said in [object.as_str(), cause, &mend, "11412 error", "11488 error"] {
            assert!(tested.out.contains(said), "{said}: {tested:#?}");
        }
        outside.obligations_hold();

        // Mended, and the receiver takes one and no more: there is something left for the next case.
        receiver.shows(good());
        outside.describe(&well);
        receiver.will(&[Act::Take], Act::TooMany);
        outside.run(&["target", "test"]).well();
        outside.run(&["deliver", "--all"]);
        assert_eq!(receiver.took().len(), before + 1, "{failure}: what was mended is not delivered");
    }
    receiver.will(&[], Act::Take);
    wait_until("all is sent", || {
        outside.run(&["deliver", "--all"]);
        outside.all_sent(OURS)
    });
    outside.all_is_delivered();
}
