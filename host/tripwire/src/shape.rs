//! Values that say nothing of anybody by their shape: versions, dates and times. A column of which nothing is
//! known is taken for free text, and may hold nothing else.

/// Whether a value is a version or a point in time, and no address: `10.1.1.45` may be one.
pub fn says_nothing(value: &str) -> bool {
    let value = value.trim();
    is_version(value) || is_time(value)
}

fn is_version(value: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = || value.split('.');
    let is_byte = |part: &str| part.len() <= 3 && part.parse::<u8>().is_ok();
    parts().count() >= 2 && parts().all(is_number) && !(parts().count() == 4 && parts().all(is_byte))
}

/// `2026-01-28`, `1/28/2026`, with or without a time after it, in digits and what stands between them.
fn is_time(value: &str) -> bool {
    let end = value.find(['T', ' ']).unwrap_or(value.len());
    let (date, time) = value.split_at(end);
    let shape: String = date.chars().map(|one| if one.is_ascii_digit() { '0' } else { one }).collect();
    let is_date = matches!(
        shape.as_str(),
        "0000-00-00" | "0000/00/00" | "00/00/0000" | "0/00/0000" | "00/0/0000" | "0/0/0000" | "00.00.0000"
    );
    let in_time = |one: char| one.is_ascii_digit() || matches!(one, 'T' | 'Z' | ' ' | ':' | '.' | '+' | '-');
    is_date && time.chars().all(|one| in_time(one) || matches!(one, 'A' | 'P' | 'M'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_times_say_nothing_and_what_names_something_does() {
        for value in [
            "10.0.26100.1742",
            "5.00.9132.1000",
            "24.08",
            "2026-01-28",
            "2026-01-28T09:30:00.000Z",
            "2026-01-28 09:30:00+01:00",
            "1/28/2026 9:30:00 AM",
            "28.01.2026",
        ] {
            assert!(says_nothing(value), "{value}");
        }
        for value in [
            "192.0.2.77",
            "10.1.1.45",
            "123-45-6789",
            "2026-01-28-NINA",
            "2026-01-28 Nina",
            "+49 30 1234567",
            "PC.0042",
            "0301234567",
            "",
            ".",
        ] {
            assert!(!says_nothing(value), "{value}");
        }
    }
}
