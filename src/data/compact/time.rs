//! Dates and times in PostgreSQL's ISO form. Only years from 100 to 9999 are encoded; infinity, BC, later years and
//! other DateStyles are `None` and travel as text, so that `pg`'s own parser handles them.

use crate::data::calendar::days;

/// Added to an instant so that it is never negative: the largest distance from 1970 that a JavaScript Date can have.
pub const OFFSET: i64 = 8_640_000_000_000_000;

/// `2024-01-31 23:59:59.123456+05:30` in milliseconds since 1970.
pub fn instant(text: &[u8]) -> Option<i64> {
    let (stamp, zone) = stamp(text)?;
    let (sign, zone) = zone.split_first()?;
    let part = |at| two(zone, at).map(i64::from);
    let seconds = match (zone.len(), zone) {
        (2, _) => part(0)? * 3600,
        (5, [_, _, b':', ..]) => part(0)? * 3600 + part(3)? * 60,
        (8, [_, _, b':', _, _, b':', ..]) => part(0)? * 3600 + part(3)? * 60 + part(6)?,
        _ => return None,
    };
    let offset = match sign {
        b'+' => seconds,
        b'-' => -seconds,
        _ => return None,
    };
    let Stamp { date, hour, minute, second, millisecond } = stamp;
    let minutes = (days(i64::from(date.year), date.month.into(), date.day.into()) * 24 + i64::from(hour)) * 60
        + i64::from(minute);
    Some((minutes * 60 + i64::from(second) - offset) * 1000 + i64::from(millisecond))
}

/// `2024-01-31 23:59:59.123` as year, month (from 1), day, hour, minute, second, millisecond; the year and the
/// milliseconds take two bytes.
pub fn local_time(text: &[u8]) -> Option<[u8; 9]> {
    let (stamp, rest) = stamp(text)?;
    if !rest.is_empty() {
        return None;
    }
    let Stamp { date, hour, minute, second, millisecond } = stamp;
    let ([y0, y1], [m0, m1]) = (date.year.to_le_bytes(), millisecond.to_le_bytes());
    Some([y0, y1, date.month as u8, date.day as u8, hour as u8, minute as u8, second as u8, m0, m1])
}

/// `2024-01-31` as year (two bytes), month (from 1), day.
pub fn local_date(text: &[u8]) -> Option<[u8; 4]> {
    let (date, rest) = date(text)?;
    let [y0, y1] = date.year.to_le_bytes();
    rest.is_empty().then_some([y0, y1, date.month as u8, date.day as u8])
}

#[derive(Clone, Copy)]
struct Date {
    year: u16,
    month: u16,
    day: u16,
}

struct Stamp {
    date: Date,
    hour: u16,
    minute: u16,
    second: u16,
    millisecond: u16,
}

fn date(text: &[u8]) -> Option<(Date, &[u8])> {
    let (head, rest) = text.split_first_chunk::<10>()?;
    if head[4] != b'-' || head[7] != b'-' {
        return None;
    }
    let year = two(head, 0)? * 100 + two(head, 2)?;
    // JavaScript reads years 0 to 99 as 1900 to 1999 in places; `pg`'s parser knows which.
    (year >= 100).then_some((Date { year, month: two(head, 5)?, day: two(head, 8)? }, rest))
}

fn stamp(text: &[u8]) -> Option<(Stamp, &[u8])> {
    let (date, rest) = date(text)?;
    let (clock, mut rest) = rest.split_first_chunk::<9>()?;
    if clock[0] != b' ' || clock[3] != b':' || clock[6] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(clock, 1)?, two(clock, 4)?, two(clock, 7)?);
    let mut millisecond = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, after) = fraction.split_at(digits);
        if digits > 6 {
            return None;
        }
        let value = fraction.iter().fold(0u32, |value, digit| value * 10 + u32::from(digit - b'0'));
        // As `pg` does it: 1000 * parseFloat('.057'), truncated. An exact quotient is what parseFloat returns.
        millisecond = (1000.0 * (f64::from(value) / 10f64.powi(digits as i32))) as u16;
        rest = after;
    }
    Some((Stamp { date, hour, minute, second, millisecond }, rest))
}

fn two(text: &[u8], at: usize) -> Option<u16> {
    let (high, low) = (text.get(at)?, text.get(at + 1)?);
    (high.is_ascii_digit() && low.is_ascii_digit()).then(|| u16::from(high - b'0') * 10 + u16::from(low - b'0'))
}
