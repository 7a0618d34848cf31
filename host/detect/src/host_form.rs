//! The forms of host names without a domain, and of what looks like them.

use crate::{name::Shape, text::Lower, words::is_host_word};

/// `SRV01`, `PC-0042`, `NYC-DC02`, `DESKTOP-AB12CD3`: a word for a kind of machine with a number, alone or as a
/// part between dashes; or what Windows makes up.
pub fn is_host_form(name: &[u8], shape: &Shape) -> bool {
    let dash = name.iter().rposition(|byte| *byte == b'-').unwrap_or(0);
    let (head, tail) = (name.get(..dash).unwrap_or_default(), name.get(dash + 1..).unwrap_or_default());
    let made_up =
        matches!((head, tail.len()), (b"DESKTOP", 7) | (b"LAPTOP", 8) | (b"WIN", 11) | (b"MININT", 6..=8));
    if made_up && tail.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return true;
    }
    let upper = shape.lower == 0;
    let in_one_way = upper || shape.upper == 0 || name.first().is_some_and(u8::is_ascii_uppercase);
    if shape.digits == 0 || !in_one_way || is_technical_code(name) {
        return false;
    }
    let parts = || name.split(|byte| matches!(byte, b'-' | b'_'));
    // `PC-0042`, `NYC-WS-17`: the word, and after it a number.
    let is_number = |number: &[u8]| {
        let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
        (number.len() >= 2 || upper) && digits * 2 >= number.len() && digits > 0 && number.len() <= 8
    };
    parts().zip(parts().skip(1)).any(|(word, number)| is_number(number) && is_word_of_host(word))
        || parts().any(|part| is_numbered_host(part, upper))
}

fn is_word_of_host(word: &[u8]) -> bool {
    is_host_word(Lower::squeezed(word).as_bytes()) && word.len() >= 2
}

/// `SRV01`: the word and the number in one.
fn is_numbered_host(part: &[u8], upper: bool) -> bool {
    let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let Some((word, number)) = part.split_at_checked(letters) else { return false };
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // A letter may follow: `SRV01A`.
    if digits == 0 || number.len() > digits + 1 || digits > 6 {
        return false;
    }
    let lower = Lower::squeezed(word);
    // Names of products have years and single digits: `SQL2019`, `WIN10`, `MP3`, `DB2`, `EX2016`.
    let enough = match lower.as_bytes() {
        b"win" => digits >= 3 && !is_year(number),
        b"sql" | b"server" | b"ws" | b"ex" | b"exchange" => digits >= 2 && !is_year(number),
        b"cm" | b"sccm" | b"mecm" => digits >= 2 && !is_year(number) && !is_month(number),
        _ => digits >= 2,
    };
    let certain = upper || number.starts_with(b"0") || digits >= 3;
    enough && certain && is_host_word(lower.as_bytes())
}

/// The years that products are called by: `SQL2019`.
fn is_year(number: &[u8]) -> bool {
    const YEARS: [&str; 14] = [
        "2000", "2003", "2005", "2007", "2008", "2010", "2012", "2013", "2014", "2016", "2017", "2019",
        "2022", "2025",
    ];
    YEARS.iter().any(|year| year.as_bytes() == number)
}

/// The years and months that releases of Configuration Manager are called by: `CM2309`.
fn is_month(number: &[u8]) -> bool {
    matches!(number, [b'1', b'5'..=b'9', b'0' | b'1', _] | [b'2', b'0'..=b'9', b'0' | b'1', _])
}

/// What ConfigMgr, Windows and others number in the same way: `KB5034441`, `CVE-2024-1`, `PS100012`, `COM1`.
pub fn is_technical_code(name: &[u8]) -> bool {
    let letters = name.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, rest) = name.split_at(letters.min(name.len()));
    let word = Lower::squeezed(word);
    let known = matches!(
        word.as_bytes(),
        b"kb"
            | b"cve"
            | b"ms"
            | b"q"
            | b"rfc"
            | b"utf"
            | b"iso"
            | b"sha"
            | b"md"
            | b"base"
            | b"x"
            | b"amd"
            | b"com"
            | b"lpt"
            | b"usb"
            | b"http"
            | b"ipv"
            | b"cimv"
            | b"error"
            | b"event"
            | b"cp"
            | b"windows"
            | b"tls"
            | b"ssl"
            | b"aes"
            | b"rsa"
            | b"des"
            | b"sp"
            | b"cu"
            | b"rc"
            | b"ru"
            | b"adv"
            | b"id"
            | b"ieee"
            | b"sid"
            | b"pid"
            | b"tid"
            | b"type"
            | b"step"
            | b"line"
            | b"thread"
            | b"code"
            | b"ver"
            | b"version"
            | b"build"
            | b"ven"
            | b"dev"
            | b"vid"
            | b"uefi"
            | b"tpm"
            | b"wow"
            | b"ltsc"
            | b"ltsb"
            | b"office"
            | b"level"
            | b"user"
            | b"object"
            | b"sms"
            | b"vc"
            | b"pci"
            | b"nvme"
            | b"dx"
            | b"hresult"
            | b"status"
            | b"msxml"
            | b"log"
            | b"part"
            | b"disk"
            | b"volume"
    );
    // Ids of packages and collections: a site's three characters and five hexadecimal digits. Machines of
    // persons are numbered with as many.
    let personal =
        matches!(word.as_bytes(), b"pc" | b"ws" | b"nb" | b"lt" | b"srv" | b"wks" | b"lap" | b"ntb" | b"svr");
    let package = name.len() == 8 && name.iter().skip(3).all(u8::is_ascii_hexdigit) && !personal;
    known && (rest.first().is_none_or(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))) || package
}
