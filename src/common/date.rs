//! Dates in the format of RFC 3339.

use std::time::{SystemTime, UNIX_EPOCH};

/// `2026-11-21T01:20:34Z`: in UTC, to the second. A time before 1970 becomes 1970.
#[cfg(any(test, feature = "player"))]
pub(crate) fn rfc3339(time: SystemTime) -> String {
    format!("{}Z", to_the_second(since_1970(time).as_secs()))
}

/// `2026-11-21T01:20:34.567Z`: as the CLI writes it in transcripts.
pub(crate) fn rfc3339_millis(time: SystemTime) -> String {
    let since = since_1970(time);
    format!("{}.{:03}Z", to_the_second(since.as_secs()), since.subsec_millis())
}

/// The milliseconds since 1970 of a date with a time and a zone, such as
/// `2026-11-21T01:20:34.567Z` or `2026-11-21T01:20:34+01:00`. `None` for anything else.
pub(crate) fn parse_millis(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone);
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if fraction.is_empty() || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3.3}").parse().ok()?;
    let offset = match zone {
        "Z" | "z" => 0,
        zone => {
            let [hours, minutes] = numbers(&zone[1..], ':', [2, 2])?;
            (hours * 60 + minutes) * if zone.starts_with('-') { -1 } else { 1 }
        }
    };
    let in_range = (1..=12).contains(&month)
        && (1..=days_of_month(year, month)).contains(&day)
        && (hour < 24 && minute < 60 && second < 60);
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset;
    in_range.then(|| (minutes * 60 + second) * 1000 + millis)
}

fn since_1970(time: SystemTime) -> std::time::Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn to_the_second(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Numbers of these widths, separated.
fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *number = part.bytes().all(|digit| digit.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(found)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let next = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
    next - days(year, month, 1)
}

/// The number of days from 1970-01-01 to a date: the reverse of [`civil`], also before 1970.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
///
/// Counted in eras of 400 years that begin in March, so that the leap day is the last of its year.
pub(crate) fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn writes_dates() {
        let at = |seconds| rfc3339(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_795_224_034), "2026-11-21T01:20:34Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn reads_dates() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59.999Z", Some(-1)),
            ("2000-02-29T00:00:00.5Z", Some(951_782_400_500)),
            ("2026-11-21T01:20:34.567891Z", Some(1_795_224_034_567)),
            ("2026-11-21T02:20:34+01:00", Some(1_795_224_034_000)),
            ("2026-11-20 19:50:34-05:30", Some(1_795_224_034_000)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-11-21T01:20:34", None),
            ("2026-11-21", None),
            ("2026-1-21T01:20:34Z", None),
            ("2026-11-21T01:20:34.Z", None),
            ("2026-11-21T24:20:34Z", None),
            ("\u{e9}", None),
            ("", None),
        ] {
            assert_eq!(parse_millis(text), millis, "{text}");
        }
    }

    #[test]
    fn written_dates_read_as_they_were() {
        for millis in [0, 951_782_399_001, 1_795_224_034_567, 4_107_542_400_999] {
            let time = UNIX_EPOCH + Duration::from_millis(millis);
            assert_eq!(parse_millis(&rfc3339_millis(time)), Some(millis as i64));
        }
    }
}
