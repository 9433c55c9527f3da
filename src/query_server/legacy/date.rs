//! Converts PostgreSQL's dates and times (DateStyle ISO) to the text of JavaScript's `Date`. Values without a time zone
//! are taken as UTC, like on a 1.x server whose process runs in UTC. Pure.

/// The largest distance from 1970 that a JavaScript Date can have, in milliseconds.
const FARTHEST: i64 = 8_640_000_000_000_000;
const DAY: i64 = 86_400_000;

/// Milliseconds since 1970 of a date, a timestamp or a timestamptz; None for infinity and what is no date.
pub fn milliseconds(text: &str) -> Option<i64> {
    let (text, before_christ) = match text.strip_suffix(" BC") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (date, clock) = match text.split_once(' ') {
        Some((date, clock)) => (date, Some(clock)),
        None => (text, None),
    };
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let year = if before_christ { 1 - year } else { year };
    let time = clock.map_or(Some(0), time)?;
    Some(days(year, month, day) * DAY + time).filter(|milliseconds| milliseconds.abs() <= FARTHEST)
}

/// `23:59:59.123456+05:30` in milliseconds; below 0 if it is the day before in UTC.
fn time(clock: &str) -> Option<i64> {
    let (clock, offset) = match clock.find(['+', '-']) {
        Some(at) => (&clock[..at], seconds(&clock[at + 1..])? * if clock[at..].starts_with('-') { -1 } else { 1 }),
        None => (clock, 0),
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    // Truncated to milliseconds as `pg` does it.
    let fraction = if fraction.is_empty() { 0.0 } else { format!("0.{fraction}").parse::<f64>().ok()? };
    Some((seconds(whole)? - offset) * 1000 + (1000.0 * fraction) as i64)
}

/// `hh`, `hh:mm` or `hh:mm:ss`.
fn seconds(clock: &str) -> Option<i64> {
    clock.split(':').zip([3600, 60, 1]).map(|(part, unit)| Some(part.parse::<i64>().ok()? * unit)).sum()
}

/// `2024-01-31T23:59:59.123Z`; years beyond four digits have a sign and six. None beyond what a Date can hold.
pub fn iso(milliseconds: i64) -> Option<String> {
    if milliseconds.abs() > FARTHEST {
        return None;
    }
    let (year, month, day) = civil(milliseconds.div_euclid(DAY));
    let rest = milliseconds.rem_euclid(DAY);
    let (hour, minute, second, fraction) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000);
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    Some(format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z"))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years start in March, so that leap days come last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * march_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<String> {
        milliseconds(text).and_then(iso)
    }

    /// Expected: what Node 20 with TZ=UTC prints of what pg-types 2.2 parses.
    #[test]
    fn dates_are_written_as_javascript_does() {
        for (text, expected) in [
            ("2024-02-29", "2024-02-29T00:00:00.000Z"),
            ("2024-01-31 23:59:59.123999", "2024-01-31T23:59:59.123Z"),
            ("2024-01-01 00:00:00+05:30", "2023-12-31T18:30:00.000Z"),
            ("1890-01-01 00:00:00-03:30:52", "1890-01-01T03:30:52.000Z"),
            ("0044-03-15 BC", "-000043-03-15T00:00:00.000Z"),
            ("0001-01-01 00:00:00+00 BC", "0000-01-01T00:00:00.000Z"),
            ("0099-12-31", "0099-12-31T00:00:00.000Z"),
            ("12024-01-01 00:00:00", "+012024-01-01T00:00:00.000Z"),
            ("1969-12-31 23:59:59.999+00", "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(date(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["infinity", "-infinity", "294276-12-31", "31.01.2024", ""] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_becomes_the_same_day_again() {
        for day in (-1_000_000..1_000_000).step_by(97) {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
        }
    }
}
