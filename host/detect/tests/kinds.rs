//! Each kind: what is found, and what looks like it and is not.

#![cfg(test)]

use glasshouse_detect::{Detectors, Kind, Kinds};

/// What is found in a text, as `kind text`.
fn found(detectors: &Detectors, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    detectors.find(text, &mut found);
    found.into_iter().map(|one| format!("{} {}", one.kind.as_str(), &text[one.range])).collect()
}

/// Each text between `«` and `»` is found as this kind, and nothing else is.
#[track_caller]
fn finds(kind: Kind, marked: &[&str]) {
    let detectors = Detectors::of(Kinds::all());
    for marked in marked {
        let text = marked.replace(['«', '»'], "");
        let expected: Vec<String> = marked
            .split('«')
            .skip(1)
            .map(|part| format!("{} {}", kind.as_str(), part.split('»').next().unwrap()))
            .collect();
        assert!(!expected.is_empty(), "{marked}: nothing is marked");
        assert_eq!(found(&detectors, &text), expected, "{marked}");
    }
}

/// Nothing is found in these, whatever is looked for.
#[track_caller]
fn leaves(texts: &[&str]) {
    let detectors = Detectors::of(Kinds::all());
    for text in texts {
        assert_eq!(found(&detectors, text), [""; 0], "{text}");
    }
}

#[test]
fn ipv4() {
    finds(
        Kind::Ipv4,
        &[
            "«192.0.2.17»",
            "ping «10.1.1.45», «10.1.1.46».",
            "http://«192.0.2.1»:8080/x",
            "range «10.1.1.1»-«10.1.1.9»",
            "(«203.0.113.9»)",
            "„«192.0.2.17»“",
            "driver downloaded from «192.0.2.17»",
            "client version 5.00.9132 connected to server «10.1.1.45»",
            "restarted after hotfix; see «10.12.0.12» for the log",
            "after the hotfix; «10.12.0.12» is silent",
            "driver update, siehe «192.0.2.17»",
            "\"ip\":\"«172.16.4.2»\"",
        ],
    );
    leaves(&[
        "1.2.3.256",
        "1.2.3",
        "1.2.3.4.5",
        "x1.2.3.4",
        "1.2.3.4a",
        "01.2.3.4",
        "127.0.0.1 255.255.255.0 0.0.0.0",
        "version 10.1.1.45",
        "\"Version\": \"10.1.1.45\"",
        "<Version>10.1.1.45</Version>",
        "driverVersion=10.1.1.45",
        "version: 10.1.1.45",
        "upgraded from 4.8.1.2 to 4.8.1.3",
        "Intel Chipset Device Software 10.1.1.45",
        "lib/10.1.1.45/x.dll",
        "C:\\x\\10.1.1.45\\y",
        ">=1.2.3.4",
        "16.0.0.0",
    ]);
}

#[test]
fn ipv6() {
    finds(
        Kind::Ipv6,
        &[
            "«2001:db8::7», «fe80::1»",
            "[«2001:db8::1»]:443",
            "«fe80::1ff:fe23:4567:890a%eth0» up",
            "«::ffff:192.0.2.1».",
            "«2001:0DB8:0:0:0:0:0:9»: ok",
            "„«2001:db8::7»“",
        ],
    );
    leaves(&["::1", "::", "std::string", "abc::def", "12:34:56", "1:2:3:4", "face::Bad", "a::", "::/0"]);
}

#[test]
fn networks() {
    finds(Kind::Cidr, &["«10.0.0.0/8»", "«192.168.1.0/24».", "«2001:db8::/32»,", "«fe80::/10»"]);
    leaves(&["7/24", "0.0.0.0/0x"]);
}

#[test]
fn hardware_addresses() {
    finds(
        Kind::Mac,
        &[
            "«00:15:5D:01:02:03»",
            "«00-15-5d-01-02-03»,",
            "«0015.5d01.0203».",
            "«00:15:5d:ff:fe:01:02:03»",
            "MACAddress=«00155D010203»",
        ],
    );
    leaves(&[
        "00:00:00:00:00:00",
        "FF-FF-FF-FF-FF-FF",
        "00155D010203",
        "24-11-20-09-13-05",
        "2019.0150.2000",
        "00:15:5d:01:02",
    ]);
}

#[test]
fn mail_addresses() {
    finds(
        Kind::Email,
        &[
            "mail «ann@example.com».",
            "<«ann.b+x@mail.example.co.uk»>",
            "'«o'brien@example.ie»'",
            "«jürgen.müller@müller.example»",
            "«ann@xn--mller-kva.example»",
            "mailto:«a_b%c-d@example.org»?subject=x",
            "„«ann@example.de»“",
            "«пример@почта.рф»",
            "email=«ann@example.com»&x=1",
            "«ann@example.com»2",
            "«\"ann berg\"@example.com»",
        ],
    );
    leaves(&[
        "user@host",
        "a@.com",
        "a@b.c",
        "icon@2x.png",
        "SELECT @@version",
        "@types/node@20.1.0",
        "a@b@",
    ]);
}

#[test]
fn principal_names() {
    finds(
        Kind::Upn,
        &[
            "«ann@corp.local»",
            "UPN: «ann@example.com»",
            "\"userPrincipalName\": \"«ann@example.com»\"",
            "«ann_gmail.com#EXT#@contoso.onmicrosoft.com»",
            "upn=«ann@corp»",
        ],
    );
}

#[test]
fn accounts() {
    finds(
        Kind::DomainUser,
        &[
            "«CONTOSO\\ann» logged on",
            "\"«CONTOSO\\\\ann»\"",
            "(«FABRIKAM\\müller»)",
            "user «contoso\\annBerg»",
            "«corp\\ann.berg»",
            "by «CORP\\PC0042$»,",
            "user=«AD\\o'brien»;x",
            "«contoso.com\\ann»",
        ],
    );
    leaves(&[
        "NT AUTHORITY\\SYSTEM",
        "BUILTIN\\Administrators",
        "NT SERVICE\\TrustedInstaller",
        "IIS APPPOOL\\DefaultAppPool",
        "HKLM\\SOFTWARE",
        "root\\cimv2",
        "bin\\x64",
        "PCI\\VEN_8086&DEV_9D3D",
        "ROOT\\ccm:SMS_Client",
        "drivers\\etc",
        "CCM\\ccmexec.exe",
        "SOFTWARE\\Microsoft\\SMS",
        "Tools\\setup.ps1",
        "HKLM:\\SOFTWARE",
        "$env:windir\\temp",
        "%windir%\\System32",
    ]);
    let own = Detectors::new().domain("contoso.example");
    assert_eq!(found(&own, "contoso\\AnnBerg and tools\\AnnBerg"), ["domain-user contoso\\AnnBerg"]);
}

#[test]
fn security_identifiers() {
    finds(
        Kind::Sid,
        &[
            "«S-1-5-21-1004336348-1177238915-682003330-512»",
            "HKU\\«S-1-5-21-1-2-3-1001»_Classes",
            "«s-1-5-21-1-2-3».",
            "O:«S-1-5-21-1-2-3-500»G:DUD:(A;;GA;;;«S-1-5-21-1-2-3-512»)",
            "«S-1-12-1-1943430372-1249052806-2496021943-3034400218»",
        ],
    );
    leaves(&[
        "S-1-5-18",
        "S-1-5-32-544",
        "S-1-1-0",
        "S-1-5-80-956008885-3418522649",
        "S-1-16-12288",
        "S-1-5",
    ]);
}

#[test]
fn host_names() {
    finds(
        Kind::HostName,
        &[
            "«PC-0042» is offline",
            "«DESKTOP-AB12CD3», «DESKTOP-ABCDEFG», «LAPTOP-1A2B3C4D», «WIN-0A1B2C3D4E5»",
            "«SRV01» «srv02» «NYC-DC02» «MUC-LT-00017» «SQL07» «CM01»",
            "ComputerName=«CHEETAH»",
            "Enter-PSSession -ComputerName «ZEBRA» -Force",
            "\"hostname\": \"«build7»\"",
            "<MachineName>«Hal9»</MachineName>",
            "connect to server «CTX9A»",
            "http://«intranet»/x",
            "ComputerName          : «ZEBRA»",
        ],
    );
    leaves(&[
        "KB5034441",
        "CVE-2024-12345",
        "UTF-8",
        "SHA-256",
        "PS100012",
        "CM10079C",
        "SMS00001",
        "COM1",
        "WIN32",
        "SQL2019",
        "MS17-010",
        "x64",
        "Windows10",
        "RTX-3060",
        "i7-1165G7",
        "Latitude-5420",
        "CM2309",
        "srv01.dll",
        "Server: Microsoft-IIS/10.0",
        "server: connection lost",
        "http://localhost:8080",
        "host = null",
    ]);
    let own = Detectors::new().host_prefix("CTS-");
    assert_eq!(found(&own, "cts-berlin-4 and CTS-x and xcts-4"), ["host-name cts-berlin-4"]);
}

#[test]
fn full_host_names() {
    finds(
        Kind::Fqdn,
        &[
            "«srv01.contoso.com»",
            "«SRV01.CONTOSO.COM».",
            "https://«pc-7.corp.local»:8531/x",
            "«www.smith-jones.biz», «smith.info»",
            "«mail.müller.de»",
            "«contoso.onmicrosoft.com»",
            "«contosoacct.blob.core.windows.net»",
            "https://«host.weird»/x",
        ],
    );
    leaves(&[
        "ccmexec.log",
        "setup.exe",
        "System.Net",
        "ASP.NET",
        "Microsoft.ConfigurationManagement.ManagementProvider",
        "node.js",
        "command.com",
        "org.apache.log4j.net",
        "http://www.w3.org/2001/XMLSchema",
        "https://go.microsoft.com/fwlink",
        "e.g. this.name",
        "C:\\inetpub\\foo.com\\x",
        "console.log(x)",
        "v_GS_SYSTEM.Name0",
    ]);
    let own = Detectors::new().domain("corp.weird");
    assert_eq!(found(&own, "pc7.corp.weird or xcorp.weird"), ["fqdn pc7.corp.weird"]);
}

#[test]
fn server_paths() {
    finds(
        Kind::UncPath,
        &[
            "copy «\\\\srv01\\share\\My Folder\\a.txt» to D:",
            "\"«\\\\srv01\\My Share\\a b.txt»\"",
            "\"«\\\\\\\\srv01\\\\share\\\\x»\"",
            "[\"Display=«\\\\CM01.contoso.com\\»\"]",
            "«\\\\192.0.2.7\\c$\\Users\\ann»",
            "«\\\\?\\UNC\\srv01\\share»",
            "on «\\\\fileserver».",
            "„«\\\\srv01\\share»“",
        ],
    );
    leaves(&[
        "\\\\.\\root\\cimv2",
        "\\\\?\\C:\\x",
        "\\\\localhost\\c$",
        "\\\\Device\\\\HarddiskVolume1",
        "\\\\d+",
        "C:\\\\Windows\\\\x",
    ]);
}

#[test]
fn profiles() {
    finds(
        Kind::ProfilePath,
        &[
            "«C:\\Users\\ann.berg»\\AppData\\Local",
            "«C:\\\\Users\\\\ann»\\\\x",
            "\"«C:\\Users\\Ann Berg»\"",
            "«C:\\Users\\Ann Berg»\\Documents",
            "«D:\\Documents and Settings\\ann»\\x",
            "«C:/Users/ann»/x",
            "«/home/ann»/.ssh",
            "file:///«C:/Users/ann»",
            "«/Users/Прасковья.Анисимова»/x",
            "«\\Device\\HarddiskVolume3\\Users\\ann»\\x",
        ],
    );
    leaves(&[
        "C:\\Users\\Public\\Desktop",
        "C:\\Users\\Default\\NTUSER.DAT",
        "C:\\Users",
        "C:\\Users\\%USERNAME%\\x",
        "C:\\Program Files (x86)\\Microsoft Office\\root\\Office16",
        "C:\\Windows\\System32\\drivers\\etc",
        "https://graph.microsoft.com/v1.0/users/x1",
    ]);
}

#[test]
fn distinguished_names() {
    finds(
        Kind::DistinguishedName,
        &[
            "«CN=Ann Berg,OU=Users,DC=contoso,DC=com»",
            "LDAP://«CN=PC01,OU=IT Dept,DC=contoso,DC=com» is gone",
            "\"«cn=ann,ou=people,dc=example,dc=org»\"",
            "«CN=Berg\\, Ann,DC=x,DC=y»)",
            "«OU=Müller \\+ Söhne, DC=contoso, DC=com»;",
            "«DC=contoso,DC=com».",
        ],
    );
    leaves(&["?dc=1", "CN=@p1", "WHERE CN='x'", "DC=1", "a.CN=3", "CN=%1"]);
}

#[test]
fn certificates() {
    finds(
        Kind::CertificateSubject,
        &[
            "subject «CN=pc01.contoso.com, O=Contoso Ltd, C=DE» was",
            "«E=ann@contoso.com, CN=Ann Berg, O=Contoso»",
            "Issuer: «CN=Contoso Root CA»",
        ],
    );
    finds(
        Kind::CertificateThumbprint,
        &[
            "thumbprint «a909502dd82ae41433e6f83886b00d4277a32a7b»",
            "Thumbprint: «A9 09 50 2D D8 2A E4 14 33 E6 F8 38 86 B0 0D 42 77 A3 2A 7B»",
            "Fingerabdruck: \"«A909502DD82AE41433E6F83886B00D4277A32A7B»\"",
            "certificate hash «b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9»",
        ],
    );
    leaves(&[
        "SHA1 of setup.exe is a909502dd82ae41433e6f83886b00d4277a32a7b",
        "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9  install.wim",
        "CN=Microsoft Root Certificate Authority 2011, O=Microsoft Corporation, L=Redmond, S=Washington, C=US",
    ]);
}

#[test]
fn ids_that_are_called_so() {
    finds(
        Kind::SmsUniqueId,
        &[
            "«GUID:3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E»",
            "client «guid:3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e».",
        ],
    );
    finds(
        Kind::EntraId,
        &[
            "tenant id: «3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E»",
            "\"tenantId\":\"«3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e»\"",
            "AADTenantID = {«3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e»}",
            "Object ID is «3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e»",
            "https://login.microsoftonline.com/«3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e»/oauth2",
            "„tid=«3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e»“",
        ],
    );
    leaves(&[
        "{3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E}",
        "ScopeId_3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E/Application_3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e",
        "CLSID 3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E",
        "clientid=3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E",
        "tenant id: 00000000-0000-0000-0000-000000000000",
    ]);
}

#[test]
fn service_accounts() {
    finds(
        Kind::Gmsa,
        &[
            "«gMSA-SQL01$»",
            "«CONTOSO\\gmsa-cm$» runs it",
            "«svc_sql$»",
            "«gmsa_web», «gmsa-cm»",
            "gMSA: «cmsvr$»",
        ],
    );
    leaves(&["ADMIN$ IPC$ C$", "SMSPKGD$", "MSSQL$INST", "$svc", "cost: 5$"]);
}

#[test]
fn secrets() {
    finds(
        Kind::Secret,
        &[
            "Password=«hunter2» ok",
            "pwd: \"«x y»\"",
            "secret='«abc»';",
            "<Password>«p&amp;q»</Password>",
            "-Password «Winter2024!» -Force",
            "--client-secret «ab~c»",
            "\"password\": \"«p\\\"x»\"",
            "mot de passe : «azerty»",
            "Kennwort=«geheim»",
            "?user=x&password=«a,b)c»&z=1",
            "<add key=\"Password\" value=\"«x1»\"/>",
            "aws_secret_access_key = «wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»",
            "https://«ann:pw»@localhost/x",
            "Password             : «lined»",
        ],
    );
    leaves(&[
        "Password=",
        "Password=***",
        "password: %PASSWORD%",
        "Password policy: enabled",
        "PasswordExpired=0",
        "PublicKeyToken=31bf3856ad364e35",
        "password: the account has expired",
        "pwd=null",
        "pass: 3 fail: 2",
        "token count: 5",
    ]);
}

#[test]
fn connection_strings() {
    finds(
        Kind::ConnectionString,
        &[
            "«Server=cm01;Database=CM_PS1;User Id=sa;Password=Pa$$w0rd!;Encrypt=True» failed",
            "\"«Data Source=tcp:sql.contoso.com,1433;Initial Catalog=CM;Integrated Security=SSPI»\"",
            "«Driver={ODBC Driver 18 for SQL Server};Server=x1;Uid=a;Pwd=b;»",
            "«AccountName=x1;SharedAccessSignature=sv=2020&sig=abc%3D»",
            "«mongodb://ann:pw@db7.contoso.com/x»",
        ],
    );
    leaves(&["type=1;state=2", "Provider=MSDASQL;Encrypt=yes"]);
}

#[test]
fn keys_of_licences_and_disks() {
    finds(Kind::ProductKey, &["key «VK7JG-NPHTM-C97JM-9MPGT-3V66T».", "\"«vk7jg-nphtm-c97jm-9mpgt-3v66t»\""]);
    finds(
        Kind::BitLockerKey,
        &[
            "«720885-720885-000011-111111-222222-333333-444444-555555»",
            "«720885 720885 000011 111111 222222 333333 444444 555555»",
        ],
    );
    leaves(&["HELLO-WORLD-ABOUT-THESE-WORDS", "12345-12345-12345-12345-12345", "720885-720885-000011"]);
}

#[test]
fn money() {
    finds(
        Kind::Iban,
        &["«DE89370400440532013000»", "«DE89 3704 0044 0532 0130 00», x", "«gb82 west 1234 5698 7654 32»."],
    );
    finds(
        Kind::PaymentCard,
        &[
            "«4111111111111111»",
            "«4111 1111 1111 1111», «5500-0055-5555-5559»",
            "«378282246310005» «3782 822463 10005»",
        ],
    );
    leaves(&[
        "DE88370400440532013000",
        "DE8937040044053201300",
        "4111111111111112",
        "1750000000000000",
        "0000000000000000",
        "12.4111111111111111",
        "9223372036854775807",
    ]);
}

#[test]
fn tokens() {
    finds(
        Kind::Jwt,
        &[
            "Bearer «eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U»",
        ],
    );
    finds(
        Kind::Token,
        &[
            "«ghp_abcdefghijklmnopqrstuvwxyz0123456789»",
            "«AKIAIOSFODNNEXAMPLEX»",
            "«xoxb-123456789012-abcdefghijkl».",
            "«glpat-abcdefghij0123456789»",
            "Authorization: Bearer «abcdef.1234»",
            "x?sv=2020&sig=«abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG%3D»",
            "«abc8Q~abcdefghijklmnopqrstuvwxyz012345678»",
            "«abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmn==»",
        ],
    );
    leaves(&[
        "eyJust a word",
        "x b\nc8Q~abcdefghijklmnopqrstuvwxyz012345678",
        "AKIA",
        "sha512-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmn==",
        "skeleton-key-of-the-whole-house-and-garden",
    ]);
}

#[test]
fn numbers_of_persons_where_somebody_asks() {
    finds(
        Kind::Phone,
        &[
            "«+49 30 1234567», «(415) 555-2671»",
            "«415-555-2671»",
            "Tel. «030/1234567»",
            "«415-555-2671x12», «96 59 56 85»",
            "(«+33 1 23 45 67 89»)",
            "«415-555-2671x12», «96 59 56 85»",
            "(«+33 1 23 45 67 89»)",
        ],
    );
    finds(
        Kind::NationalId,
        &[
            "«078-05-1120»",
            "«86095742719»",
            "«RSSMRA85T10A562S»",
            "«111.444.777-35»",
            "«756.9217.0769.85»",
            "«AB 12 34 56 C»",
        ],
    );
    let usual = Detectors::new();
    assert_eq!(found(&usual, "+49 30 1234567 078-05-1120 86095742719"), [""; 0]);
}

#[test]
fn a_column_says_what_its_cells_are() {
    let detectors = Detectors::new();
    let in_column = |column: &str, text: &str| {
        let mut found = Vec::new();
        detectors.find_in_column(column, text, &mut found);
        found.into_iter().map(|one| format!("{} {}", one.kind.as_str(), &text[one.range])).collect::<Vec<_>>()
    };
    assert_eq!(in_column("DriverVersion0", "10.1.1.45"), [""; 0]);
    assert_eq!(in_column("version", "10.1.1.45"), [""; 0]);
    assert_eq!(in_column("IPAddress0", "10.1.1.45"), ["ipv4 10.1.1.45"]);
    assert_eq!(in_column("Password", "a b c"), ["secret a b c"]);
    assert_eq!(in_column("Netbios_Name0", "ZEBRA"), ["host-name ZEBRA"]);
    assert_eq!(in_column("TenantId", "3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e").len(), 1);
    assert_eq!(in_column("ProductCode", "3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e"), [""; 0]);
}

#[test]
fn only_what_was_asked_for_is_found() {
    let text = "ann@example.com 192.0.2.1";
    assert_eq!(found(&Detectors::of(Kinds::NONE.with(Kind::Ipv4)), text), ["ipv4 192.0.2.1"]);
    assert_eq!(found(&Detectors::new().without(Kind::Ipv4), text), ["email ann@example.com"]);
    assert_eq!(found(&Detectors::of(Kinds::NONE), text), [""; 0]);
    for kind in Kind::ALL {
        assert_eq!(Kind::named(kind.as_str()), Some(kind));
    }
}
