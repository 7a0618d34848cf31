//! Lists: top levels, words for machines, endings of files, folders.

use crate::text::Lower;

/// Whether a sorted list has the word.
fn among(list: &[&str], word: &[u8]) -> bool {
    list.binary_search_by(|known| known.as_bytes().cmp(word)).is_ok()
}

/// Domains that no registry gives out: inside of companies, and for examples.
pub fn is_inner_domain(top: &[u8]) -> bool {
    among(INNER, top)
}

#[rustfmt::skip]
const INNER: &[&str] = &[
    "ad", "contoso", "corp", "dom", "domain", "example", "fabrikam", "grp", "home", "int", "intern",
    "internal", "interne", "intra", "intranet", "invalid", "lan", "loc", "local", "localdomain", "localnet",
    "lokal", "office", "priv", "privat", "private", "prod", "test", "workgroup",
];

/// Top levels that a name of two labels may have; others are endings of files or words as well.
pub fn is_public_domain(top: &[u8]) -> bool {
    is_top_level(top) && !is_file_ending(top) && !among(WORDS, top)
}

/// Top levels that are words in any text and names in any program: `this.is`, `event.name`.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "actor", "ad", "adult", "am", "and", "are", "army", "art", "as", "audio", "auto", "bar", "bet", "bid",
    "black", "blue", "boo", "book", "build", "builders", "buy", "by", "cab", "cal", "cam", "camera", "card",
    "cards", "care", "case", "cash", "cat", "center", "chat", "claims", "click", "codes", "company",
    "compare", "computer", "contact", "cool", "country", "coupon", "coupons", "credit", "data", "date",
    "day", "deal", "degree", "delivery", "design", "direct", "directory", "discount", "do", "docs", "dom",
    "domain", "domains", "dot", "download", "drive", "eat", "eco", "email", "equipment", "events",
    "exchange", "expert", "express", "fail", "family", "farm", "feedback", "film", "fish", "fit", "fly",
    "foo", "forum", "free", "fun", "fund", "game", "games", "gift", "gifts", "glass", "global", "gold",
    "graphics", "green", "group", "grp", "guide", "health", "heart", "help", "here", "home", "host",
    "hosting", "hot", "how", "id", "inc", "ing", "ink", "int", "international", "invalid", "is", "job",
    "jobs", "kid", "kids", "la", "land", "law", "lease", "legal", "life", "lighting", "limited", "link",
    "live", "living", "loan", "loans", "loc", "mail", "man", "management", "map", "market", "me", "media",
    "medical", "meet", "men", "menu", "mobile", "money", "mov", "movie", "music", "my", "name", "network",
    "new", "now", "office", "one", "page", "parts", "party", "patch", "pay", "pet", "phone", "photo",
    "photos", "pics", "pictures", "pid", "ping", "pink", "place", "play", "plus", "post", "press",
    "private", "prod", "productions", "prof", "promo", "properties", "property", "protection", "pub",
    "radio", "red", "rent", "repair", "report", "review", "reviews", "rip", "rocks", "room", "run",
    "safety", "sale", "save", "school", "science", "search", "secure", "security", "seek", "service",
    "services", "sex", "show", "site", "ski", "skin", "smile", "so", "social", "software", "solutions",
    "spot", "star", "storage", "store", "stream", "studio", "study", "style", "supplies", "supply",
    "support", "surf", "systems", "talk", "tax", "tel", "test", "tips", "tires", "to", "tools", "top",
    "tour", "toys", "trade", "training", "travel", "tube", "vet", "video", "vision", "vote", "watch",
    "weather", "web", "wiki", "win", "work", "works", "world", "you", "zip", "zone",
];

/// Whether a top level is a word of every day.
pub fn is_word(top: &[u8]) -> bool {
    among(WORDS, top)
}

pub fn is_top_level(top: &[u8]) -> bool {
    // All two-letter ones: nearly all are given out, and a third label is asked for where they are words.
    matches!(top, [a, b] if a.is_ascii_lowercase() && b.is_ascii_lowercase()) && among(COUNTRIES, top)
        || among(TOP_LEVELS, top)
}

#[rustfmt::skip]
const COUNTRIES: &[&str] = &[
    "ac", "ad", "ae", "af", "ag", "ai", "al", "am", "ao", "aq", "ar", "as", "at", "au", "aw", "ax", "az",
    "ba", "bb", "bd", "be", "bf", "bg", "bh", "bi", "bj", "bm", "bn", "bo", "br", "bs", "bt", "bw", "by",
    "bz", "ca", "cc", "cd", "cf", "cg", "ch", "ci", "ck", "cl", "cm", "cn", "co", "cr", "cu", "cv", "cw",
    "cx", "cy", "cz", "de", "dj", "dk", "dm", "do", "dz", "ec", "ee", "eg", "er", "es", "et", "eu", "fi",
    "fj", "fk", "fm", "fo", "fr", "ga", "gd", "ge", "gf", "gg", "gh", "gi", "gl", "gm", "gn", "gp", "gq",
    "gr", "gs", "gt", "gu", "gw", "gy", "hk", "hm", "hn", "hr", "ht", "hu", "id", "ie", "il", "im", "in",
    "io", "iq", "ir", "is", "it", "je", "jm", "jo", "jp", "ke", "kg", "kh", "ki", "km", "kn", "kp", "kr",
    "kw", "ky", "kz", "la", "lb", "lc", "li", "lk", "lr", "ls", "lt", "lu", "lv", "ly", "ma", "mc", "md",
    "me", "mg", "mh", "mk", "ml", "mm", "mn", "mo", "mp", "mq", "mr", "ms", "mt", "mu", "mv", "mw", "mx",
    "my", "mz", "na", "nc", "ne", "nf", "ng", "ni", "nl", "no", "np", "nr", "nu", "nz", "om", "pa", "pe",
    "pf", "pg", "ph", "pk", "pl", "pm", "pn", "pr", "ps", "pt", "pw", "py", "qa", "re", "ro", "rs", "ru",
    "rw", "sa", "sb", "sc", "sd", "se", "sg", "sh", "si", "sk", "sl", "sm", "sn", "so", "sr", "ss", "st",
    "su", "sv", "sx", "sy", "sz", "tc", "td", "tf", "tg", "th", "tj", "tk", "tl", "tm", "tn", "to", "tr",
    "tt", "tv", "tw", "tz", "ua", "ug", "uk", "us", "uy", "uz", "va", "vc", "ve", "vg", "vi", "vn", "vu",
    "wf", "ws", "ye", "yt", "za", "zm", "zw",
];

#[rustfmt::skip]
const TOP_LEVELS: &[&str] = &[
    "abudhabi", "academy", "accountant", "accountants", "actor", "ads", "adult", "aero", "africa", "agency",
    "airforce", "alsace", "amsterdam", "analytics", "and", "antivirus", "apartments", "app", "aquitaine",
    "archi", "architect", "are", "army", "arpa", "art", "asia", "associates", "attorney", "auction",
    "audio", "auto", "autoinsurance", "autos", "baby", "band", "bank", "bar", "barcelona", "bargains",
    "baseball", "basketball", "bayern", "beauty", "beer", "berlin", "bet", "bible", "bid", "bike", "bingo",
    "bio", "biz", "black", "blackfriday", "blog", "blue", "boats", "boo", "book", "boston", "boutique",
    "broadway", "broker", "brussels", "budapest", "build", "builders", "business", "buy", "buzz", "bzh",
    "cab", "cafe", "cal", "cam", "camera", "camp", "capetown", "capital", "car", "cards", "care", "career",
    "careers", "carinsurance", "cars", "case", "cash", "casino", "cat", "catalonia", "catering", "catholic",
    "center", "charity", "chat", "cheap", "christmas", "church", "city", "claims", "cleaning", "click",
    "clinic", "clothing", "cloud", "club", "coach", "codes", "coffee", "college", "cologne", "com",
    "community", "company", "compare", "computer", "condos", "construction", "consulting", "contact",
    "contractors", "cooking", "cool", "coop", "corp", "country", "coupon", "coupons", "courses", "cpa",
    "credit", "creditcard", "creditunion", "cricket", "cruise", "cruises", "cymru", "dad", "dance", "data",
    "date", "dating", "day", "dds", "deal", "dealer", "deals", "degree", "delivery", "democrat", "dental",
    "dentist", "design", "dev", "diamonds", "diet", "digital", "direct", "directory", "discount", "diy",
    "docs", "doctor", "dog", "doha", "domains", "dot", "download", "drive", "dubai", "duck", "durban",
    "earth", "eat", "eco", "ecom", "edu", "education", "email", "energy", "engineer", "engineering",
    "enterprises", "equipment", "esq", "estate", "events", "exchange", "expert", "exposed", "express",
    "fail", "faith", "family", "fan", "fans", "farm", "fashion", "feedback", "film", "finance", "financial",
    "financialaid", "fish", "fishing", "fit", "fitness", "flights", "florist", "flowers", "fly", "foo",
    "food", "football", "forex", "forsale", "forum", "foundation", "free", "frl", "frontdoor", "fun",
    "fund", "furniture", "futbol", "fyi", "gallery", "game", "games", "garden", "gay", "gent", "gift",
    "gifts", "gives", "giving", "glass", "glean", "global", "gmbh", "gold", "golf", "gop", "gov",
    "graphics", "green", "gripe", "grocery", "group", "gsla", "guide", "guitars", "guru", "hair", "halal",
    "hamburg", "hangout", "health", "healthcare", "heart", "help", "helsinki", "here", "hiphop", "hiv",
    "hockey", "holdings", "holiday", "home", "homes", "horse", "hospital", "host", "hosting", "hot",
    "hoteis", "hotel", "hoteles", "hotels", "house", "how", "icu", "immo", "inc", "industries", "info",
    "ing", "ink", "institute", "insurance", "insure", "int", "international", "investments", "islam", "ist",
    "istanbul", "jewelry", "jobs", "joburg", "juegos", "kid", "kids", "kitchen", "koeln", "kosher", "krd",
    "kyoto", "land", "law", "lawyer", "lds", "lease", "legal", "lgbt", "life", "lifeinsurance", "lifestyle",
    "lighting", "limited", "limo", "link", "live", "living", "llc", "llp", "loan", "loans", "loft", "lol",
    "london", "lotto", "love", "ltd", "luxe", "luxury", "madrid", "mail", "makeup", "man", "management",
    "map", "market", "marketing", "markets", "mba", "med", "media", "medical", "meet", "melbourne", "meme",
    "memorial", "men", "menu", "miami", "mil", "mls", "mobi", "mobile", "mobily", "mom", "money", "mormon",
    "mortgage", "moscow", "motorcycles", "mov", "movie", "museum", "music", "mutualfunds", "nagoya", "name",
    "navy", "net", "network", "new", "news", "ngo", "ninja", "now", "nrw", "nyc", "okinawa", "one", "ong",
    "online", "org", "organic", "osaka", "page", "paris", "partners", "parts", "party", "patch", "pay",
    "pet", "pets", "pharmacy", "phd", "phone", "photo", "photography", "photos", "physio", "pics",
    "pictures", "pid", "ping", "pink", "pizza", "place", "play", "plumbing", "plus", "poker", "porn",
    "post", "press", "pro", "prod", "productions", "prof", "promo", "properties", "property", "protection",
    "pub", "qpon", "quebec", "racing", "radio", "realestate", "realtor", "realty", "recipes", "red",
    "rehab", "rent", "rentals", "repair", "report", "republican", "restaurant", "retirement", "review",
    "reviews", "rio", "rip", "rocks", "rodeo", "roma", "room", "rsvp", "rugby", "ruhr", "run", "saarland",
    "safety", "sale", "salon", "save", "scholarships", "school", "science", "scot", "search", "secure",
    "security", "seek", "services", "sex", "sexy", "shiksha", "shoes", "shop", "shopping", "show", "silk",
    "singles", "site", "ski", "skin", "smile", "soccer", "social", "software", "solar", "solutions", "spa",
    "space", "sport", "sports", "spot", "spreadbetting", "star", "stockholm", "storage", "store", "stroke",
    "studio", "study", "style", "sucks", "supplies", "supply", "support", "surf", "surgery", "swiss",
    "sydney", "systems", "taipei", "talk", "tata", "tattoo", "tax", "taxi", "team", "tech", "technology",
    "tel", "tennis", "theater", "theatre", "tickets", "tienda", "tips", "tires", "tirol", "today", "tokyo",
    "tools", "top", "tour", "tours", "town", "toys", "trade", "trading", "training", "travel", "tube",
    "tui", "university", "vacations", "vegas", "ventures", "vet", "video", "villas", "vin", "vip", "vision",
    "vlaanderen", "vodka", "vote", "voting", "voyage", "wales", "watch", "watches", "weather", "web",
    "webcam", "webs", "website", "wed", "wedding", "wien", "wiki", "win", "wine", "winners", "work",
    "works", "world", "wow", "wtf", "xxx", "xyz", "yachts", "yoga", "yokohama", "you", "zip", "zone",
    "zuerich", "zulu",
];

/// Hosts of those who make what runs everywhere: they say nothing of the site. Not so the places there
/// that customers name themselves.
pub fn is_vendor_domain(host: &[u8]) -> bool {
    let mut dots = host.iter().enumerate().rev().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at + 1);
    let registered = dots.nth(1).and_then(|start| host.get(start..)).unwrap_or(host);
    let registered = Lower::new(registered);
    among(VENDORS, registered.as_bytes())
        && !TENANTS
            .iter()
            .any(|tenant| host.len() > tenant.len() && ends_with_domain(host, tenant.as_bytes()))
}

fn ends_with_domain(host: &[u8], domain: &[u8]) -> bool {
    host.len().checked_sub(domain.len()).is_some_and(|start| {
        host.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
            && (start == 0 || host.get(start - 1) == Some(&b'.'))
    })
}

#[rustfmt::skip]
const VENDORS: &[&str] = &[
    "7-zip.org", "adobe.com", "aka.ms", "amazontrust.com", "amd.com", "android.com", "apache.org",
    "apple.com", "asp.net", "azure.com", "azure.net", "azureedge.net", "azurefd.net", "azurewebsites.net",
    "bing.com", "cisco.com", "citrix.com", "cloudapp.net", "comodoca.com", "crates.io", "debian.org",
    "dell.com", "digicert.com", "dmtf.org", "entrust.net", "geotrust.com", "github.com",
    "githubusercontent.com", "globalsign.com", "globalsign.net", "gnu.org", "godaddy.com", "google.com",
    "googleapis.com", "gstatic.com", "gvt1.com", "hl7.org", "hp.com", "iana.org", "ietf.org", "intel.com",
    "iso.org", "java.com", "lencr.org", "lenovo.com", "letsencrypt.org", "live.com", "live.net",
    "microsoft.com", "microsoft.net", "microsoftonline-p.com", "microsoftonline.cn", "microsoftonline.com",
    "microsoftonline.us", "mozilla.net", "mozilla.org", "msedge.net", "msftconnecttest.com", "msftncsi.com",
    "msn.com", "msocsp.com", "nodejs.org", "npmjs.org", "nuget.org", "nvidia.com", "oasis-open.org",
    "office.com", "office.net", "office365.com", "omg.org", "onmicrosoft.com", "opengis.net", "openssl.org",
    "openxmlformats.org", "oracle.com", "outlook.com", "pki.goog", "purl.org", "python.org", "redhat.com",
    "rust-lang.org", "sectigo.com", "sharepoint.com", "sharepointonline.com", "skype.com", "sqlite.org",
    "stackoverflow.com", "sun.com", "symantec.com", "symcb.com", "thawte.com", "trafficmanager.net",
    "ubuntu.com", "unicode.org", "usertrust.com", "verisign.com", "visualstudio.com", "vmware.com",
    "vsassets.io", "w3.org", "wikipedia.org", "windows.com", "windows.net", "windowsazure.com",
    "windowsupdate.com", "xmlsoap.org",
];

#[rustfmt::skip]
const TENANTS: &[&str] = &[
    "azure-api.net", "azurecr.io", "azurewebsites.net", "blob.core.windows.net", "cloudapp.azure.com",
    "cloudapp.net", "database.windows.net", "dfs.core.windows.net", "documents.azure.com",
    "file.core.windows.net", "onmicrosoft.com", "protection.outlook.com", "queue.core.windows.net",
    "servicebus.windows.net", "sharepoint.com", "table.core.windows.net", "vault.azure.net",
    "visualstudio.com",
];

/// Words for kinds of machines, which host names begin with or have in them.
pub fn is_host_word(word: &[u8]) -> bool {
    among(MACHINES, word)
}

#[rustfmt::skip]
const MACHINES: &[&str] = &[
    "adfs", "app", "appsrv", "backup", "bkp", "citrix", "client", "clt", "cm", "computer", "ctx", "db",
    "dbsrv", "dc", "desktop", "dhcp", "dns", "dp", "dsk", "dt", "esx", "esxi", "ex", "exch", "exchange",
    "file", "filer", "fileserver", "filesrv", "fs", "fw", "gw", "host", "hv", "hyperv", "imac", "kiosk",
    "lap", "laptop", "lt", "ltp", "mail", "mailsrv", "mbp", "mecm", "mp", "nas", "nb", "node", "notebook",
    "ntb", "pc", "pki", "print", "printsrv", "prn", "proxy", "pxe", "rdp", "rds", "rdsh", "sccm", "server",
    "sql", "sqlsrv", "srv", "sup", "surf", "svr", "tab", "tablet", "term", "ts", "vdi", "vm", "vpn", "web",
    "websrv", "wk", "wks", "wkst", "workstation", "ws", "wst", "wsus",
];

/// Endings of files, some of which are top levels too.
pub fn is_file_ending(ending: &[u8]) -> bool {
    among(ENDINGS, ending)
}

#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    "appx", "asp", "aspx", "bak", "bat", "bin", "bmp", "box", "cab", "cat", "cc", "cer", "cfg", "chm",
    "cmd", "conf", "config", "cpl", "cpp", "crl", "crt", "cs", "css", "csv", "dat", "db", "dll", "dmp",
    "doc", "docx", "drv", "edb", "esd", "etl", "evt", "evtx", "exe", "gif", "gz", "h", "hpp", "hta", "htm",
    "html", "ico", "img", "inf", "ini", "iso", "jar", "java", "jpeg", "jpg", "js", "json", "key", "ldf",
    "lnk", "log", "manifest", "md", "mdf", "mif", "mof", "mp4", "msc", "msi", "msix", "msm", "msp", "mst",
    "msu", "mui", "nupkg", "ocx", "old", "ost", "out", "pdb", "pdf", "pem", "pfx", "php", "pm", "png",
    "pol", "ppkg", "pri", "properties", "ps", "psd1", "psm1", "pst", "ptn", "py", "rb", "rdl", "reg", "rs",
    "rtf", "sct", "sdf", "sh", "sif", "sql", "svg", "swf", "sys", "tar", "tmp", "toml", "ts", "ttf", "txt",
    "url", "vb", "vbs", "vhd", "vhdx", "wim", "wmv", "wsf", "xaml", "xls", "xlsx", "xml", "xsd", "xsl",
    "yaml", "yml", "zip",
];

/// Words on either side of a backslash that make it one of a path, a registry key, a device or a namespace.
pub fn is_folder(word: &[u8]) -> bool {
    among(FOLDERS, word)
}

#[rustfmt::skip]
const FOLDERS: &[&str] = &[
    "acpi", "admin", "agent", "amd64", "api", "app", "appdata", "application", "applications", "apppool",
    "apps", "archive", "arm64", "assembly", "assets", "authority", "autoritat", "autorite", "backup",
    "baseline", "bin", "bios", "boot", "bth", "bthenum", "build", "builtin", "cache", "ccm", "ccmcache",
    "ccmsetup", "ccr", "cert", "certificates", "certs", "cim", "cimv2", "class", "classes", "client",
    "clsid", "cluster", "cm", "cmd", "common", "component", "config", "configmgr", "configuration",
    "content", "control", "current", "currentcontrolset", "currentuser", "currentversion", "dat", "data",
    "database", "db", "de", "debug", "default", "deploy", "deployment", "desktop", "detection", "device",
    "devices", "display", "dist", "doc", "docs", "documents", "dotnet", "downloads", "driver", "drivers",
    "drv", "en", "etc", "etl", "event", "events", "ext", "fi", "file", "files", "folder", "fonts", "fr",
    "framework", "framework64", "generic", "global", "global??", "hdaudio", "help", "hid", "hkcc", "hkcr",
    "hkcu", "hklm", "hku", "home", "host", "html", "i386", "ide", "images", "ime", "img", "import", "inbox",
    "inboxes", "include", "inetmgr", "inetpub", "inetsrv", "inf", "input", "install", "installer", "intel",
    "interface", "item", "items", "java", "js", "kernel", "key", "keys", "lang", "language", "languages",
    "lib", "library", "libs", "licenses", "local", "locallow", "log", "logging", "logs", "machine", "mail",
    "main", "manifest", "media", "microsoft", "module", "modules", "mof", "monitor", "msi", "mssql", "name",
    "net", "network", "nt", "oem", "office", "office16", "offline", "old", "online", "os", "out", "output",
    "package", "packages", "patch", "pci", "pcie", "perflogs", "pipe", "plugins", "policies", "policy",
    "ports", "powershell", "print", "printers", "prod", "program", "programdata", "programs", "provider",
    "providers", "public", "queue", "ras", "registry", "release", "repository", "requests", "res",
    "resource", "resources", "roaming", "root", "run", "runonce", "runtime", "samples", "scan", "scheduler",
    "schemas", "script", "scripts", "scsi", "sdk", "security", "server", "servers", "service", "services",
    "session", "setup", "share", "shared", "site", "sites", "smb", "sms", "sms_ccm", "smspkg", "software",
    "source", "sources", "sql", "src", "state", "static", "status", "stdregprov", "storage", "store",
    "stores", "support", "sw", "swd", "sys", "sysnative", "system", "system32", "sysvol", "syswow64",
    "target", "task", "tasks", "temp", "templates", "test", "tests", "tmp", "tools", "trace", "types",
    "uefi", "uninstall", "update", "updates", "upgrade", "usb", "usbstor", "user", "users", "util", "utils",
    "v2", "value", "values", "var", "vendor", "version", "views", "virtual", "volume", "wbem", "web", "wim",
    "win", "win32", "win64", "windows", "windowsapps", "winevt", "winsxs", "wmi", "wow64", "wow6432node",
    "wpd", "x64", "x86", "xml",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [INNER, WORDS, COUNTRIES, TOP_LEVELS, MACHINES, ENDINGS, FOLDERS] {
            assert!(list.is_sorted_by(|a, b| a < b), "{:?}", list.windows(2).find(|two| two[0] >= two[1]));
        }
    }

    #[test]
    fn vendors_are_nobody_but_what_customers_name_there_is_somebody() {
        assert!(is_vendor_domain(b"download.WindowsUpdate.com") && is_vendor_domain(b"microsoft.com"));
        assert!(!is_vendor_domain(b"notmicrosoft.com") && !is_vendor_domain(b"contoso.onmicrosoft.com"));
        assert!(is_vendor_domain(b"onmicrosoft.com"));
    }
}
