//! Writes floats as PostgreSQL does since version 12: the fewest digits that read back as the same float, but never a
//! number half-way between two floats. There is an exponent below 1e-04, and from 1e+15 (float8) or 1e+06 (float4) on.

use std::fmt::LowerExp;
use std::str::FromStr;

/// float4 and float8.
pub trait Float: Copy + PartialEq + LowerExp + FromStr {
    /// A number half-way between two floats is odd * 2^n, and the odd number has this many bits.
    const HALF_WAY_BITS: u32;
    /// From this power of ten on there is an exponent.
    const EXPONENT_FROM: i32;
    /// So many digits always read back as the same float.
    const DIGITS: usize;
}

impl Float for f64 {
    const HALF_WAY_BITS: u32 = 54;
    const EXPONENT_FROM: i32 = 15;
    const DIGITS: usize = 17;
}

impl Float for f32 {
    const HALF_WAY_BITS: u32 = 25;
    const EXPONENT_FROM: i32 = 6;
    const DIGITS: usize = 9;
}

/// Digits without trailing zeros, and the power of ten of the first: 12.5 is 125 and 1.
struct Decimal {
    digits: String,
    exponent: i32,
}

/// Appends the float's text.
pub fn write<F: Float>(value: F, out: &mut Vec<u8>) {
    let text = format!("{value:e}");
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.as_str()),
    };
    let written = match unsigned {
        "NaN" => "NaN".to_owned(),
        "inf" => "Infinity".to_owned(),
        "0e0" => "0".to_owned(),
        _ => written(&decimal(value, unsigned), F::EXPONENT_FROM),
    };
    out.extend(sign.as_bytes());
    out.extend(written.as_bytes());
}

/// The digits that PostgreSQL shows. `shortest` is Rust's text of the magnitude. Its number of digits is right, but it
/// may be half-way to a neighbour, and it rounds up where PostgreSQL rounds to even.
fn decimal<F: Float>(value: F, shortest: &str) -> Decimal {
    let first = Decimal::read(shortest);
    if !first.is_half_way::<F>() && !first.may_be_rounded_up() {
        return first;
    }
    let sign = if format!("{value:e}").starts_with('-') { "-" } else { "" };
    let fits = |decimal: &Decimal| {
        let back = format!("{sign}{}", decimal.scientific()).parse::<F>();
        !decimal.is_half_way::<F>() && back.is_ok_and(|back| back == value)
    };
    let rounded = |digits: usize| Decimal::read(format!("{value:.*e}", digits - 1).trim_start_matches('-'));
    let nearest = rounded(first.digits.len());
    if fits(&nearest) {
        return nearest;
    }
    // Next to a power of two, the floats below are closer than those above, so another number of as many digits may do.
    let next = first.next();
    let longer = (first.digits.len() + 1..=F::DIGITS).map(rounded);
    let found = [first, next].into_iter().chain(longer).find(fits);
    found.unwrap_or(nearest)
}

fn written(decimal: &Decimal, exponent_from: i32) -> String {
    let Decimal { digits, exponent } = decimal;
    if !(-4..exponent_from).contains(exponent) {
        return decimal.scientific();
    }
    if *exponent < 0 {
        return format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    }
    let whole = *exponent as usize + 1;
    match digits.split_at_checked(whole) {
        None | Some((_, "")) => format!("{digits}{}", "0".repeat(whole - digits.len())),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
    }
}

impl Decimal {
    /// From `1.25e-7`.
    fn read(text: &str) -> Decimal {
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits = digits.replace('.', "");
        Decimal { digits: digits.trim_end_matches('0').to_owned(), exponent: exponent.parse().unwrap_or(0) }
    }

    /// The next greater number of as many digits.
    fn next(&self) -> Decimal {
        let next = (self.digits.parse::<u64>().unwrap_or(0) + 1).to_string();
        let exponent = self.exponent + (next.len() - self.digits.len()) as i32;
        Decimal { digits: next.trim_end_matches('0').to_owned(), exponent }
    }

    /// `1.25e-07`: an exponent has at least two digits.
    fn scientific(&self) -> String {
        let (first, rest) = self.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if self.exponent < 0 { '-' } else { '+' };
        format!("{first}{point}{rest}e{sign}{:02}", self.exponent.unsigned_abs())
    }

    fn is_half_way<F: Float>(&self) -> bool {
        let Ok(digits) = self.digits.parse() else { return false };
        let odd = odd(digits, self.last());
        odd.is_some_and(|odd| odd.ilog2() + 1 == F::HALF_WAY_BITS)
    }

    /// True if the float may be exactly half of the last digit below this, which Rust has then rounded up.
    fn may_be_rounded_up(&self) -> bool {
        let Ok(digits) = self.digits.parse::<u128>() else { return false };
        digits > 0 && odd(digits * 10 - 5, self.last() - 1).is_some()
    }

    /// The power of ten of the last digit.
    fn last(&self) -> i32 {
        self.exponent + 1 - self.digits.len() as i32
    }
}

/// `digits` * 10^`power` as an odd number times a power of two. None: it is no number that a float could be.
fn odd(digits: u128, power: i32) -> Option<u128> {
    // More fives than these make the odd number too long, or are more than the digits can hold.
    let fives = 5u128.checked_pow(power.unsigned_abs())?;
    let number =
        if power >= 0 { digits.checked_mul(fives)? } else { digits.is_multiple_of(fives).then(|| digits / fives)? };
    (number != 0).then(|| number >> number.trailing_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<F: Float>(value: F) -> String {
        let mut out = Vec::new();
        write(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_are_written_as_postgresql_writes_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (1.0, "1"),
            (-12.5, "-12.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (1e-300, "1e-300"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(text(value), expected);
        }
        for (value, expected) in
            [(1e5f32, "100000"), (1e6, "1e+06"), (0.1, "0.1"), (-1.5, "-1.5"), (16_777_216.0, "1.6777216e+07")]
        {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn digits_half_way_between_two_floats_are_not_shown() {
        assert_eq!(text(1e23), "9.999999999999999e+22");
        assert_eq!(text(-1e23), "-9.999999999999999e+22");
    }

    #[test]
    fn digits_that_end_half_way_are_rounded_to_even() {
        assert_eq!(text(2f64.powi(-25)), "2.9802322387695312e-08");
        assert_eq!(text(3.0 * 2f64.powi(-25)), "8.940696716308594e-08");
    }
}
