//! Days of the proleptic Gregorian calendar, which PostgreSQL uses. No text, no time zones. Used by the encoding for
//! JavaScript and by the merging of dates.

/// Days since 1970-01-01; `year` is astronomical (0 is 1 BC), `month` and `day` count from 1. Years are taken to start
/// in March, so that leap days come last.
#[inline]
pub fn days(year: i64, month: u32, day: u32) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970_on_both_sides_of_it() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1) - days(2000, 2, 28), 2);
        assert_eq!(days(1900, 3, 1) - days(1900, 2, 28), 1);
        assert_eq!(days(1, 1, 1), -719_162);
        assert_eq!(days(1, 1, 1) - days(0, 12, 31), 1);
        assert_eq!(days(-4713, 11, 24), -2_440_588);
    }
}
