//! What is printed when clients can come: the card of the site.

use pretend_site::{Rights, Running};
use serde_json::json;

/// In a word, what a login may do.
fn may(rights: Rights) -> &'static str {
    match rights {
        Rights::Reader => "reads",
        Rights::StateReader => "reads, and sees the server's state",
        Rights::Collector => "reads, sees state and definitions, calls the site's functions",
        Rights::Writer => "reads and writes",
        Rights::Owner => "owns the databases",
        Rights::Sysadmin => "sysadmin",
    }
}

/// One line for programs.
pub(crate) fn json(site: &Running) -> String {
    let logins = site
        .logins
        .iter()
        .map(|login| json!({ "user": login.user, "password": login.password, "rights": may(login.rights) }));
    json!({
        "host": site.addr.ip().to_string(),
        "port": site.addr.port(),
        "browser_port": site.browser_addr.map(|addr| addr.port()),
        "databases": site.databases(),
        "ca_file": site.ca_path,
        "pin": site.pin(),
        "logins": logins.collect::<Vec<_>>(),
        "process": std::process::id(),
    })
    .to_string()
}

/// For people.
pub(crate) fn text(site: &Running) -> String {
    let databases = site.databases();
    let database = databases.first().map(String::as_str).unwrap_or_default();
    let (host, port) = (site.addr.ip(), site.addr.port());
    let ca = site.ca_path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let mut card = format!("The pretend site listens on {host}:{port}. Ctrl-C ends it.\n");
    if let Some(addr) = site.browser_addr {
        card.push_str(&format!("SQL Server Browser answers on UDP {addr}.\n"));
    }
    card.push_str(&format!(
        "\nDatabases: {}\nLogins, with passwords that are good for nothing else:\n",
        databases.join(", ")
    ));
    for login in &site.logins {
        card.push_str(&format!("  {:13} {:18} {}\n", login.user, login.password, may(login.rights)));
    }
    let Some(login) = site.logins.first() else { return card };
    let (user, password) = (&login.user, &login.password);
    card.push_str(&format!(
        "\nIn glasshouse.toml, with the password in the file `secrets/site`:\n\n\
         [[site]]\n\
         name = \"pretend\"\n\
         server = \"{host}\"\n\
         port = {port}\n\
         database = \"{database}\"\n\
         [site.login]\n\
         user = \"{user}\"\n\
         password_file = \"secrets/site\"\n\
         [site.tls]\n\
         ca_file = \"{ca}\"\n\
         # or: pin = \"{pin}\"\n\n\
         By hand:\n\n\
         TDSVER=7.4 tsql -H {host} -p {port} -D {database} -U {user} -P {password}\n",
        pin = site.pin(),
    ));
    card
}
