//! What of a value identifies by itself.

/// Endings of file names: `setup.exe` is no host of a domain.
const FILES: [&str; 24] = [
    "bat", "cab", "cmd", "config", "csv", "dat", "dll", "doc", "docx", "exe", "htm", "html", "inf", "ini",
    "json", "log", "msi", "msp", "pdf", "ps1", "sys", "txt", "xml", "zip",
];

/// The parts of a value: account and domain of `DOMAIN\user`, the host of an FQDN, the local part of an
/// e-mail address, the server of a UNC path, what stands behind `GUID:`.
pub fn parts(value: &str) -> impl Iterator<Item = &str> {
    let value = value.trim();
    let unc = value.strip_prefix("\\\\").and_then(|rest| rest.split('\\').next());
    let account = value.split_once('\\').filter(|(domain, user)| {
        let plain = |part: &str| !part.is_empty() && !part.contains(['\\', '/', ':']);
        plain(domain) && plain(user)
    });
    let local = value.split_once('@').filter(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
            && !local.contains(char::is_whitespace)
    });
    let host = host(value).or_else(|| unc.and_then(host));
    let guid = value.split_once(':').filter(|(head, _)| head.eq_ignore_ascii_case("guid"));
    [
        account.map(|(domain, _)| domain),
        account.map(|(_, user)| user),
        local.map(|(local, _)| local),
        unc,
        host,
        guid.map(|(_, rest)| rest),
    ]
    .into_iter()
    .flatten()
}

fn host(value: &str) -> Option<&str> {
    let (host, domain) = value.split_once('.')?;
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = domain.trim_end_matches('.').rsplit('.').next()?;
    let is_top = last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_file = FILES.iter().any(|ending| last.eq_ignore_ascii_case(ending));
    let labels = domain.trim_end_matches('.').split('.').all(is_label);
    let named = is_label(host) && host.bytes().any(|byte| byte.is_ascii_alphabetic());
    (labels && is_top && !is_file && named).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_that_name_something() {
        for (value, found) in [
            ("CONTOSO\\ann.lee", &["CONTOSO", "ann.lee"][..]),
            ("srv0001.corp.contoso.example", &["srv0001"]),
            ("ann.lee@contoso.example", &["ann.lee"]),
            ("\\\\srv0001.contoso.example\\share", &["srv0001.contoso.example", "srv0001"]),
            ("GUID:3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E", &["3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E"]),
            ("setup.exe", &[]),
            ("10.0.26100.1742", &[]),
            ("C:\\Windows", &[]),
            ("Ada Lovelace", &[]),
        ] {
            assert_eq!(parts(value).collect::<Vec<_>>(), found, "{value}");
        }
    }
}
