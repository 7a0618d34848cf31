//! The main job, on embedded defaults, through the same commands that a person would type.

mod receiver;
mod site;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Failed,
    plugins::{self, Built},
    shell::{glasshouse, output, root, run as shell_run, target},
};
use receiver::Receiver;
use site::PretendSite;

/// As long as a swap may take, and then some for a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

/// What rows go through before they are kept.
const RULES: &str = "rules = [\"glasshouse.rules.keyed-pseudonym\", \"glasshouse.rules.mask-identifiers\", \
    \"glasshouse.rules.small-cells\"]\n";

/// A way on which a rule has a bug, to see what the host does about it.
const BROKEN: &str = "[[route]]\nname = \"broken\"\ntake = [\"glasshouse.site/site-names\"]\n\
    rules = [\"glasshouse.examples.forgetful\"]\n";

/// Where everything else goes.
const HEADQUARTERS: &str = "[[route]]\nname = \"headquarters\"\ntarget = \"glasshouse.targets.glasshouse\"\n";

pub fn run() -> Result<(), Failed> {
    let program = glasshouse()?;
    let built = plugins::build(&program)?;
    let demo = Demo::new(program)?;

    say(
        "A site database to collect from: a pretend one that speaks SQL Server's protocol, with 5,000 devices",
    );
    let site = PretendSite::start(&demo.folder)?;
    println!("  listening on {}, with a certificate of its own authority", site.address);

    say(
        "A state directory of our own, with a fresh signing key that it trusts, and in glasshouse.toml the site, what \
         becomes of its rows, and a receiver on this machine (`glasshouse receive`) with its own authority and a pin",
    );
    demo.show(&["init", "--with-key", "demo"])?;
    let receiver = Receiver::start(&demo.glasshouse, &demo.folder, &demo.state.join("secrets"))?;
    demo.describe(&site, &receiver)?;

    say("The shipped queries, rules and targets, signed with that key");
    for plugin in &built {
        demo.signed(&plugin.file, &plugin.name)?;
    }
    println!("  {} plugins are signed, in {}", built.len(), demo.files.display());

    say("The host starts (`glasshouse run`); the signed files are dropped into its plugins.d/");
    let mut host = demo.start_host()?;
    for plugin in &built {
        demo.drop_in(&demo.files.join(format!("{}.wasm", plugin.name)))?;
    }
    let ids = built.iter().map(id).collect::<Result<Vec<_>, _>>()?;
    demo.wait_for("the plugins are seen", |listing| ids.iter().all(|id| listing.contains(id.as_str())))?;
    println!("  Nothing runs yet: what a plugin asks for is for a person to grant.");
    for id in &ids {
        demo.quietly(&["plugin", "approve", "--yes", id])?;
    }
    demo.show(&["plugin", "list"])?;

    say("Can the site be worked with, and may its login read and nothing else?");
    demo.show(&["doctor"])?;

    say(
        "Collecting at level enhanced, with all of them. Names become pseudonyms, small counts are suppressed; on the \
         route `broken` a rule forgets every third name on purpose",
    );
    demo.show_findings(&["run", "--once"])?;
    demo.show(&["show", "os-age-quarters", "--rows", "4"])?;
    demo.show(&["show", "site-names", "--rows", "4"])?;
    demo.show_end(&["coverage"], 4)?;

    say("Nothing leaves before somebody has seen what would: the plan, and the very bytes");
    demo.show_begin(&["hold", "show", "1"], 14)?;
    demo.show(&["hold", "approve", "1", "--reason", "read it line by line"])?;
    let first = demo.first_request()?;
    demo.show(&["outbox", "show", &first])?;

    say(
        "The host is online and sends what waits; the receiver signs for each request once it is on its disk",
    );
    demo.wait_until_sent()?;
    demo.show_end(&["outbox", "list"], 3)?;
    let folder = receiver.folder.display().to_string();
    demo.show(&["receive", "show", &folder, &first, "--tenant", "contoso"])?;
    println!("  receipts are verified with {}", receiver.verifier);
    demo.show(&["audit", "verify"])?;

    say("Recorded rows through a query, a rule and a target: what each made of them, and what would be sent");
    let growth = example("queries/examples/client-growth/cases/first/input/clients.ndjson");
    demo.show(&[
        "try",
        &growth,
        "--query",
        "glasshouse.examples.client-growth",
        "--rule",
        "glasshouse.rules.small-cells",
        "--target",
        "glasshouse.targets.https-json",
        "--host",
        "ingest=telemetry.contoso.example",
    ])?;

    say("A new version is dropped in while the host runs");
    demo.upgrade(&built)?;
    demo.show_those(&["plugin", "list"], "client-versions")?;

    say("A file with one flipped bit is dropped in");
    demo.tamper(&built)?;
    demo.show_those(&["plugin", "list"], "quarantined")?;

    say("What a security team sees of a plugin, without running it");
    let inspected = demo.files.join("mask-identifiers.wasm");
    demo.show(&["plugin", "inspect", &inspected.display().to_string()])?;

    host.stop();
    drop(site);
    drop(receiver);
    demo.summary(built.len());
    Ok(())
}

/// Where the demo keeps its things.
struct Demo {
    glasshouse: PathBuf,
    folder: PathBuf,
    state: PathBuf,
    files: PathBuf,
}

/// A host that is ended with the demo.
struct Host(Child);

impl Demo {
    fn new(glasshouse: PathBuf) -> Result<Self, Failed> {
        let folder = target().join("demo");
        let (state, files) = (folder.join("state"), folder.join("plugins"));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::create_dir_all(&files).map_err(|error| format!("{}: {error}", files.display()))?;
        Ok(Self { glasshouse, folder, state, files })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.glasshouse);
        command.current_dir(root()).arg("--state").arg(&self.state).args(args);
        command
    }

    /// Shows a command as it would be typed, and what it prints.
    fn show(&self, args: &[&str]) -> Result<(), Failed> {
        println!("  $ glasshouse {}", args.join(" "));
        let (text, code) = output(&mut self.command(args))?;
        for line in text.lines() {
            println!("  | {line}");
        }
        if code == 0 { Ok(()) } else { Err(format!("`glasshouse {}` ended with {code}", args.join(" "))) }
    }

    /// Shows a command, and the last lines of what it prints.
    fn show_end(&self, args: &[&str], lines: usize) -> Result<(), Failed> {
        self.show_through(args, &format!("tail -n {lines}"), |all| {
            all.get(all.len().saturating_sub(lines)..).unwrap_or_default().to_vec()
        })
    }

    /// Shows a command, and of what it prints the lines that have this word.
    fn show_those(&self, args: &[&str], word: &str) -> Result<(), Failed> {
        self.show_through(args, &format!("grep {word}"), |all| {
            all.iter().copied().filter(|line| line.contains(word)).collect()
        })
    }

    /// Shows a command, and of what it prints what `filter` leaves; `shown` is how one would type that.
    fn show_through(
        &self,
        args: &[&str],
        shown: &str,
        filter: impl for<'a> Fn(&[&'a str]) -> Vec<&'a str>,
    ) -> Result<(), Failed> {
        println!("  $ glasshouse {} | {shown}", args.join(" "));
        let (text, code) = output(&mut self.command(args))?;
        for line in filter(&text.lines().collect::<Vec<_>>()) {
            println!("  | {line}");
        }
        if code == 0 { Ok(()) } else { Err(format!("`glasshouse {}` ended with {code}", args.join(" "))) }
    }

    /// Writes the site into the configuration, and its password into a file that nobody else may read.
    fn describe(&self, site: &PretendSite, receiver: &Receiver) -> Result<(), Failed> {
        let path = self.state.join("glasshouse.toml");
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(failed)?;
        let added =
            format!("[results]\n{RULES}\n{BROKEN}\n{HEADQUARTERS}\n{}\n{}", receiver.block, site.block);
        fs::write(&path, format!("mode = \"online\"\n{text}\n{added}")).map_err(failed)?;
        site.keep_password(&self.state.join("secrets"))?;
        for line in format!("mode = \"online\"\n\n{added}").lines() {
            println!("  | {line}");
        }
        Ok(())
    }

    /// Shows a command that has something to say of what it found, and ends with 1 therefore.
    fn show_findings(&self, args: &[&str]) -> Result<(), Failed> {
        println!("  $ glasshouse {}", args.join(" "));
        let (text, code) = output(&mut self.command(args))?;
        for line in text.lines() {
            println!("  | {line}");
        }
        match code {
            1 => Ok(()),
            code => Err(format!(
                "`glasshouse {}` ended with {code}, and should have found something",
                args.join(" ")
            )),
        }
    }

    /// Shows a command, and the first lines of what it prints.
    fn show_begin(&self, args: &[&str], lines: usize) -> Result<(), Failed> {
        self.show_through(args, &format!("head -n {lines}"), |all| all.iter().copied().take(lines).collect())
    }

    /// The id of the first request that was sealed.
    fn first_request(&self) -> Result<String, Failed> {
        let (text, _) = output(&mut self.command(&["outbox", "list"]))?;
        let is_id = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.split_whitespace().find(is_id).map(str::to_owned).ok_or_else(|| "nothing was sealed".to_owned())
    }

    fn wait_until_sent(&self) -> Result<(), Failed> {
        wait("everything is sent", || {
            let (text, _) = output(&mut self.command(&["metrics"]))?;
            let none = |state: &str| {
                text.lines().any(|line| {
                    line.starts_with("glasshouse_requests{")
                        && line.ends_with(&format!("state=\"{state}\"}} 0"))
                })
            };
            Ok(none("waiting") && none("held"))
        })
    }

    fn quietly(&self, args: &[&str]) -> Result<(), Failed> {
        println!("  $ glasshouse {}", args.join(" "));
        shell_run(self.command(args).stdout(Stdio::null()).stderr(Stdio::null()))
    }

    fn signed(&self, file: &Path, name: &str) -> Result<PathBuf, Failed> {
        let signed = self.files.join(format!("{name}.wasm"));
        let mut sign = self.command(&["plugin", "sign", "--key", "demo", "--out"]);
        shell_run(sign.arg(&signed).arg(file).stdout(Stdio::null()))?;
        Ok(signed)
    }

    /// As an administrator's tool should: whole or not at all.
    fn drop_in(&self, file: &Path) -> Result<(), Failed> {
        let name = file.file_name().unwrap_or_default();
        let part = self.state.join("part");
        fs::copy(file, &part).map_err(|error| format!("{}: {error}", file.display()))?;
        fs::rename(&part, self.state.join("plugins.d").join(name))
            .map_err(|error| format!("plugins.d: {error}"))
    }

    fn start_host(&self) -> Result<Host, Failed> {
        let log = self.state.with_file_name("host.log");
        let log_file = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let child = self
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(log_file)
            .spawn()
            .map_err(|error| format!("the host cannot be started: {error}"))?;
        let host = Host(child);
        let socket = self.state.join("control.sock");
        wait("the host answers", || Ok(socket.exists()))?;
        println!("  its log: {}", log.display());
        Ok(host)
    }

    fn listing(&self) -> Result<String, Failed> {
        output(&mut self.command(&["plugin", "list", "--output", "json"])).map(|(text, _)| text)
    }

    fn wait_for(&self, what: &str, seen: impl Fn(&str) -> bool) -> Result<(), Failed> {
        wait(what, || Ok(seen(&self.listing()?)))
    }

    fn upgrade(&self, built: &[Built]) -> Result<(), Failed> {
        let plugin = find(built, "client-versions")?;
        let source = self.files.join("client-versions-1.1.0");
        copy_folder(&plugin.folder, &source)?;
        let manifest = source.join("plugin.toml");
        let text = fs::read_to_string(&manifest).map_err(|error| error.to_string())?;
        fs::write(&manifest, text.replace("version = \"1.0.0\"", "version = \"1.1.0\""))
            .map_err(|error| error.to_string())?;
        let file = self.files.join("client-versions-1.1.0.unsigned");
        let mut build = self.command(&["plugin", "build"]);
        shell_run(build.arg(&source).arg("--out").arg(&file).stdout(Stdio::null()))?;
        let signed = self.signed(&file, "client-versions-1.1.0")?;
        let start = Instant::now();
        self.drop_in(&signed)?;
        wait("the new version serves", || {
            let (text, _) = output(&mut self.command(&["plugin", "list"]))?;
            Ok(text.lines().any(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.starts_with(&["glasshouse.examples.client-versions", "1.1.0"])
                    && words.contains(&"running")
            }))
        })?;
        println!("  1.1.0 serves after {} ms", start.elapsed().as_millis());
        Ok(())
    }

    fn tamper(&self, built: &[Built]) -> Result<(), Failed> {
        let name = &find(built, "keyed-pseudonym")?.name;
        let mut bytes =
            fs::read(self.files.join(format!("{name}.wasm"))).map_err(|error| error.to_string())?;
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 1;
        }
        let tampered = self.files.join("tampered.wasm");
        fs::write(&tampered, bytes).map_err(|error| error.to_string())?;
        self.drop_in(&tampered)?;
        let inbox = self.state.join("plugins.d").join("tampered.wasm");
        wait("the tampered file is taken away", || Ok(!inbox.exists()))
    }

    fn summary(&self, plugins: usize) {
        let state = self.state.display();
        println!(
            "
What happened: {plugins} plugins were built and signed, dropped into a running host and granted what they ask
for. Their statements were sent to the site, in the host's own printing, and what they made of the rows was kept.
A table that a broken rule spoilt was held. What goes to headquarters was rendered, looked through and sealed, approved
by a person, sent to a receiver on this machine, and signed for; the audit log proves what happened. One plugin was
upgraded in flight; a tampered one was refused.

Look around (the state directory stays until the next demo):
  state directory   {state}
  what was kept     {} --state {state} show
  what rules did    {} --state {state} show --redaction
  what was sent     {} --state {state} outbox list
  with any SQLite   sqlite3 {state}/ledger.sqlite 'SELECT * FROM TEL_TelemetryResults LIMIT 5'
  refused files     {state}/quarantine
  the host's log    {}
  glasshouse        {} --state {state} plugin list
",
            self.glasshouse.display(),
            self.glasshouse.display(),
            self.glasshouse.display(),
            self.state.with_file_name("host.log").display(),
            self.glasshouse.display(),
        );
    }
}

impl Host {
    fn stop(&mut self) {
        // It has nothing that a clean end would save: what it accepted is on disk.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Writes a secret into a file that nobody else may read.
fn keep_private(file: &Path, secret: &str) -> Result<(), Failed> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    fs::create_dir_all(file.parent().unwrap_or(file)).map_err(failed)?;
    fs::write(file, secret).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    }
    Ok(())
}

fn say(what: &str) {
    println!("\n== {what}\n");
}

fn wait(what: &str, done: impl Fn() -> Result<bool, Failed>) -> Result<(), Failed> {
    let deadline = Instant::now() + PATIENCE;
    while !done()? {
        if Instant::now() > deadline {
            return Err(format!("waited {} s in vain until {what}", PATIENCE.as_secs()));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn example(path: &str) -> String {
    root().join("plugins").join(path).display().to_string()
}

fn find<'a>(built: &'a [Built], name: &str) -> Result<&'a Built, Failed> {
    built.iter().find(|plugin| plugin.name == name).ok_or_else(|| format!("there is no plugin {name}"))
}

/// The plugin's id, as its manifest says.
fn id(plugin: &Built) -> Result<String, Failed> {
    let manifest = plugin.folder.join("plugin.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    text.lines()
        .find_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .ok_or_else(|| format!("{} has no id", manifest.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failed> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let copy = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &copy)?;
        } else {
            fs::copy(&path, &copy).map_err(failed)?;
        }
    }
    Ok(())
}
