//! Reads dates and times in PostgreSQL's ISO form as numbers: any year, BC, infinity, any offset. Another DateStyle
//! gives None.

use crate::data::calendar::days;

const SECOND: i128 = 1_000_000;

/// `2024-01-31`, `0044-03-15 BC`, `infinity` in days since 1970. The infinities are the ends of the range.
pub fn date(text: &[u8]) -> Option<i128> {
    if let Some(infinity) = infinity(text) {
        return Some(infinity);
    }
    let (text, bc) = era(text);
    let (days, rest) = day(text, bc)?;
    rest.is_empty().then_some(days)
}

/// `23:59:59.5`, up to `24:00:00`, in microseconds.
pub fn time(text: &[u8]) -> Option<i128> {
    let (time, rest) = clock(text)?;
    rest.is_empty().then_some(time)
}

/// `2024-01-31 23:59:59.123456` in microseconds since 1970. The infinities are the ends of the range.
pub fn timestamp(text: &[u8]) -> Option<i128> {
    if let Some(infinity) = infinity(text) {
        return Some(infinity);
    }
    let (text, bc) = era(text);
    let (time, rest) = stamp(text, bc)?;
    rest.is_empty().then_some(time)
}

/// `2024-01-31 23:59:59.123456+05:30` in microseconds since 1970, UTC. The infinities are the ends of the range.
pub fn instant(text: &[u8]) -> Option<i128> {
    if let Some(infinity) = infinity(text) {
        return Some(infinity);
    }
    let (text, bc) = era(text);
    let (time, zone) = stamp(text, bc)?;
    let (sign, zone) = zone.split_first()?;
    let seconds = match *zone {
        [_, _] => two(zone, 0)? * 3600,
        [_, _, b':', _, _] => two(zone, 0)? * 3600 + two(zone, 3)? * 60,
        [_, _, b':', _, _, b':', _, _] => two(zone, 0)? * 3600 + two(zone, 3)? * 60 + two(zone, 6)?,
        _ => return None,
    };
    let offset = i128::from(seconds) * SECOND;
    match sign {
        b'+' => Some(time - offset),
        b'-' => Some(time + offset),
        _ => None,
    }
}

fn infinity(text: &[u8]) -> Option<i128> {
    match text {
        b"infinity" => Some(i128::MAX),
        b"-infinity" => Some(i128::MIN),
        _ => None,
    }
}

fn era(text: &[u8]) -> (&[u8], bool) {
    match text.strip_suffix(b" BC") {
        Some(text) => (text, true),
        None => (text, false),
    }
}

fn stamp(text: &[u8], bc: bool) -> Option<(i128, &[u8])> {
    let (days, rest) = day(text, bc)?;
    let (time, rest) = clock(rest.strip_prefix(b" ")?)?;
    Some((days * 86_400 * SECOND + time, rest))
}

fn day(text: &[u8], bc: bool) -> Option<(i128, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(4..=8).contains(&digits) {
        return None;
    }
    let (year, rest) = text.split_at(digits);
    let year = year.iter().fold(0, |year, digit| year * 10 + i64::from(digit - b'0'));
    let (month_and_day, rest) = rest.split_at_checked(6)?;
    if month_and_day[0] != b'-' || month_and_day[3] != b'-' {
        return None;
    }
    let year = if bc { 1 - year } else { year };
    Some((days(year, two(month_and_day, 1)?, two(month_and_day, 4)?).into(), rest))
}

fn clock(text: &[u8]) -> Option<(i128, &[u8])> {
    let (clock, rest) = text.split_at_checked(8)?;
    if clock[2] != b':' || clock[5] != b':' {
        return None;
    }
    let seconds = (two(clock, 0)? * 60 + two(clock, 3)?) * 60 + two(clock, 6)?;
    let time = i128::from(seconds) * SECOND;
    let Some(fraction) = rest.strip_prefix(b".") else { return Some((time, rest)) };
    let (mut micros, mut unit, mut digits) = (0, 100_000, 0);
    while let Some(digit) = fraction.get(digits).filter(|byte| byte.is_ascii_digit()) {
        micros += i32::from(digit - b'0') * unit;
        unit /= 10;
        digits += 1;
    }
    (1..=6).contains(&digits).then(|| (time + i128::from(micros), &fraction[digits..]))
}

fn two(text: &[u8], at: usize) -> Option<u32> {
    let (high, low) = (text.get(at)?, text.get(at + 1)?);
    (high.is_ascii_digit() && low.is_ascii_digit()).then(|| u32::from(high - b'0') * 10 + u32::from(low - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_numbers_on_one_line() {
        assert_eq!(date(b"1970-01-02"), Some(1));
        assert_eq!(date(b"0001-01-01").unwrap() - date(b"0001-12-31 BC").unwrap(), 1);
        assert_eq!(date(b"10000-01-01").unwrap() - date(b"9999-12-31").unwrap(), 1);
        assert_eq!(time(b"24:00:00"), Some(86_400 * SECOND));
        assert_eq!(timestamp(b"1970-01-01 00:00:01.05"), Some(1_050_000));
        assert_eq!(timestamp(b"-infinity"), Some(i128::MIN));
        assert_eq!(instant(b"1970-01-01 05:30:00+05:30"), Some(0));
        assert_eq!(instant(b"1969-12-31 22:00:00.000001-02"), Some(1));
        assert_eq!(instant(b"1970-01-01 00:19:32.1+00:19:32"), Some(100_000));
        assert!(instant(b"4713-01-01 00:00:00+00 BC").unwrap() < instant(b"294276-12-31 00:00:00+00").unwrap());
    }

    #[test]
    fn other_forms_are_not_guessed_at() {
        for text in
            ["", "31.01.2024", "01/31/2024", "Wed Jan 31 2024", "2024-1-31", "2024-01-31x", "Infinity", "24-01-31"]
        {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
        for text in ["2024-01-31", "2024-01-31T00:00:00", "2024-01-31 00:00:00.", "2024-01-31 00:00:00.1234567"] {
            assert_eq!(timestamp(text.as_bytes()), None, "{text}");
        }
        for text in ["2024-01-31 00:00:00", "2024-01-31 00:00:00 CET", "2024-01-31 00:00:00+1"] {
            assert_eq!(instant(text.as_bytes()), None, "{text}");
        }
    }
}
