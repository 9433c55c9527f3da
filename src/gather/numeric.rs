//! PostgreSQL's numeric as text: compares without allocation; adds and divides exactly, with the scale that PostgreSQL
//! gives to sums and averages.

use std::cmp::Ordering;

use super::error::{GatherError, MalformedValue};

/// Decimal digits of one limb.
const LIMB: usize = 18;
const BASE: i64 = 10i64.pow(LIMB as u32);
/// PostgreSQL refuses more digits before the decimal point.
const MOST_WHOLE_DIGITS: usize = 131_072;
/// An average has at least this many significant digits, and at most this many after the decimal point.
const LEAST_SIGNIFICANT: i64 = 16;
const MOST_SCALE: i64 = 1000;
/// PostgreSQL computes in base 10000, and chooses the scale of a quotient by those digits.
const PG_DIGIT: usize = 4;

/// The parts of a numeric's text. The whole part has no leading zeros; zero is not negative.
enum DecimalParts<'a> {
    NotANumber,
    Infinity { negative: bool },
    Finite { negative: bool, whole: &'a [u8], fraction: &'a [u8] },
}

/// An exact sum of numerics. The caller handles NULLs.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// Limbs of base 10^18, the lowest first. Each may be negative on its own.
    limbs: Vec<i64>,
    /// How many of them are after the decimal point.
    behind: usize,
    /// Digits to show after the decimal point: the most of any value.
    scale: usize,
    not_a_number: bool,
    infinity: bool,
    negative_infinity: bool,
}

/// A number that grows with the value, and whether it is exact. If two numbers differ, the values compare as they do.
/// If they are the same and both exact, the values are equal. Everyday values are exact.
pub fn approximate(text: &[u8]) -> Result<(i128, bool), MalformedValue> {
    Ok(match read(text)? {
        DecimalParts::NotANumber => (i128::MAX, true),
        DecimalParts::Infinity { negative: false } => (i128::MAX - 1, true),
        DecimalParts::Infinity { negative: true } => (i128::MIN, true),
        DecimalParts::Finite { negative, whole, fraction } => {
            let shown = &fraction[..fraction.len().min(LIMB)];
            let is_small = whole.len() <= LIMB;
            // Truncated towards zero, it still never falls as the value grows.
            let magnitude = if is_small {
                let below = limb(shown) * 10i64.pow((LIMB - shown.len()) as u32);
                i128::from(limb(whole)) * i128::from(BASE) + i128::from(below)
            } else {
                i128::MAX - 2
            };
            (if negative { -magnitude } else { magnitude }, is_small && fraction.len() <= LIMB)
        }
    })
}

/// Compares as PostgreSQL's numeric_cmp does: NaN is the greatest and equal to itself. Both texts are checked already.
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (split(a), split(b));
    match (&a, &b) {
        (
            DecimalParts::Finite { negative, whole, fraction },
            DecimalParts::Finite { negative: other_negative, whole: other_whole, fraction: other_fraction },
        ) => {
            if negative != other_negative {
                return other_negative.cmp(negative);
            }
            let magnitude = whole.len().cmp(&other_whole.len()).then_with(|| whole.cmp(other_whole));
            let magnitude =
                magnitude.then_with(|| without_zeros_behind(fraction).cmp(without_zeros_behind(other_fraction)));
            if *negative { magnitude.reverse() } else { magnitude }
        }
        _ => a.class().cmp(&b.class()),
    }
}

/// The text without digits that only show a scale, so that equal values have equal texts.
pub fn canonical(text: &[u8]) -> Result<&[u8], MalformedValue> {
    Ok(match read(text)? {
        DecimalParts::Finite { whole: [], fraction, .. } if fraction.iter().all(|&digit| digit == b'0') => b"0",
        DecimalParts::Finite { fraction, .. } => {
            let kept = without_zeros_behind(fraction).len();
            let cut = text.len() - (fraction.len() - kept);
            text[..cut].strip_suffix(b".").unwrap_or(&text[..cut])
        }
        _ => text,
    })
}

impl Sum {
    /// Adds a value. Does not allocate once there are enough limbs.
    pub fn add(&mut self, text: &[u8]) -> Result<(), MalformedValue> {
        let (negative, whole, fraction) = match read(text)? {
            DecimalParts::NotANumber => {
                self.not_a_number = true;
                return Ok(());
            }
            DecimalParts::Infinity { negative } => {
                *(if negative { &mut self.negative_infinity } else { &mut self.infinity }) = true;
                return Ok(());
            }
            DecimalParts::Finite { negative, whole, fraction } => (negative, whole, fraction),
        };
        self.scale = self.scale.max(fraction.len());
        let behind = fraction.len().div_ceil(LIMB);
        if behind > self.behind {
            self.limbs.splice(0..0, std::iter::repeat_n(0, behind - self.behind));
            self.behind = behind;
        }
        let sign = if negative { -1 } else { 1 };
        for (index, digits) in fraction.chunks(LIMB).enumerate() {
            let value = limb(digits) * 10i64.pow((LIMB - digits.len()) as u32);
            self.add_at(self.behind - 1 - index, sign * value);
        }
        for (index, digits) in whole.rchunks(LIMB).enumerate() {
            self.add_at(self.behind + index, sign * limb(digits));
        }
        Ok(())
    }

    /// Appends the sum as PostgreSQL writes it.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), GatherError> {
        match self.special() {
            Some(text) => out.extend(text),
            None => {
                let (negative, limbs) = self.settled();
                write_limbs(negative, &limbs, self.behind, self.scale, out)?;
            }
        }
        Ok(())
    }

    /// Appends the sum divided by `count` (above 0), as PostgreSQL's avg does: the first digits of both decide the
    /// scale, and the quotient is rounded half away from zero.
    pub fn write_average(&self, count: u64, out: &mut Vec<u8>) -> Result<(), GatherError> {
        if let Some(text) = self.special() {
            out.extend(text);
            return Ok(());
        }
        let (negative, limbs) = self.settled();
        let scale = self.scale_of_average(&limbs, count)?;
        // One digit more than is shown, for rounding.
        let behind = (scale + 1).div_ceil(LIMB);
        let mut quotient = Vec::with_capacity(limbs.len() - self.behind + behind + 1);
        let mut rest = 0u128;
        for place in 0..limbs.len() - self.behind + behind {
            // Places count from the highest limb. Below the lowest one there are zeros.
            let limb = limbs.len().checked_sub(place + 1).map_or(0, |index| limbs[index]);
            let dividend = rest * BASE as u128 + limb as u128;
            quotient.push((dividend / u128::from(count)) as i64);
            rest = dividend % u128::from(count);
        }
        quotient.reverse();
        let mut rounded = Sum { limbs: quotient, behind, ..Sum::default() };
        let half = 5 * 10i64.pow((LIMB - 1 - scale % LIMB) as u32);
        rounded.add_at(behind - 1 - scale / LIMB, half);
        write_limbs(negative, &rounded.limbs, behind, scale, out)
    }

    /// Bytes on the heap.
    pub fn heap(&self) -> usize {
        self.limbs.capacity() * size_of::<i64>()
    }

    fn add_at(&mut self, mut index: usize, mut amount: i64) {
        while amount != 0 {
            if index >= self.limbs.len() {
                self.limbs.resize(index + 1, 0);
            }
            // Both are below 10^18, so there is no overflow.
            let sum = self.limbs[index] + amount;
            (self.limbs[index], amount) = match sum {
                BASE.. => (sum - BASE, 1),
                _ if sum <= -BASE => (sum + BASE, -1),
                _ => (sum, 0),
            };
            index += 1;
        }
    }

    fn special(&self) -> Option<&'static [u8]> {
        match (self.infinity, self.negative_infinity) {
            _ if self.not_a_number => Some(b"NaN"),
            (true, true) => Some(b"NaN"),
            (true, false) => Some(b"Infinity"),
            (false, true) => Some(b"-Infinity"),
            (false, false) => None,
        }
    }

    /// Whether the sum is negative, and the non-negative limbs of its magnitude.
    fn settled(&self) -> (bool, Vec<i64>) {
        let mut limbs = self.limbs.clone();
        let negative = limbs.iter().rev().find(|&&limb| limb != 0).is_some_and(|&limb| limb < 0);
        let mut borrowed = 0;
        for limb in &mut limbs {
            let own = if negative { -*limb } else { *limb } - borrowed;
            borrowed = i64::from(own < 0);
            *limb = own + borrowed * BASE;
        }
        (negative, limbs)
    }

    /// As PostgreSQL's select_div_scale: enough digits for 16 significant ones, and all that the sum shows.
    fn scale_of_average(&self, limbs: &[i64], count: u64) -> Result<usize, GatherError> {
        let mut text = Vec::new();
        write_limbs(false, limbs, self.behind, self.behind * LIMB, &mut text)?;
        let (weight, first) = leading(&text);
        let (count_weight, count_first) = leading(count.to_string().as_bytes());
        let quotient_weight = weight - count_weight - i64::from(first <= count_first);
        let scale = LEAST_SIGNIFICANT - quotient_weight * PG_DIGIT as i64;
        Ok(scale.max(self.scale as i64).clamp(0, MOST_SCALE) as usize)
    }
}

impl DecimalParts<'_> {
    /// The rank of a value that is not finite.
    fn class(&self) -> i8 {
        match self {
            DecimalParts::Infinity { negative: true } => -1,
            DecimalParts::Finite { .. } => 0,
            DecimalParts::Infinity { negative: false } => 1,
            DecimalParts::NotANumber => 2,
        }
    }
}

fn read(text: &[u8]) -> Result<DecimalParts<'_>, MalformedValue> {
    let parts = split(text);
    if let DecimalParts::Finite { whole, fraction, .. } = &parts {
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        let unsigned = text.strip_prefix(b"-").unwrap_or(text);
        if !digits(whole) || !digits(fraction) || !unsigned.first().is_some_and(u8::is_ascii_digit) {
            return Err(MalformedValue);
        }
    }
    Ok(parts)
}

fn split(text: &[u8]) -> DecimalParts<'_> {
    match text {
        b"NaN" => return DecimalParts::NotANumber,
        b"Infinity" => return DecimalParts::Infinity { negative: false },
        b"-Infinity" => return DecimalParts::Infinity { negative: true },
        _ => {}
    }
    let (negative, unsigned) = match text {
        [b'-', unsigned @ ..] => (true, unsigned),
        unsigned => (false, unsigned),
    };
    let (whole, fraction) = match unsigned.iter().position(|&byte| byte == b'.') {
        Some(point) => (&unsigned[..point], &unsigned[point + 1..]),
        None => (unsigned, &[][..]),
    };
    let zeros = whole.iter().take_while(|&&digit| digit == b'0').count();
    DecimalParts::Finite { negative, whole: &whole[zeros..], fraction }
}

fn without_zeros_behind(fraction: &[u8]) -> &[u8] {
    let end = fraction.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
    &fraction[..end]
}

fn limb(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))
}

/// The power of 10000 of the first non-zero digit in that base, and the digit. Zero has neither.
fn leading(text: &[u8]) -> (i64, i64) {
    let DecimalParts::Finite { whole, fraction, .. } = split(text) else { return (0, 0) };
    if let Some(last) = whole.len().checked_sub(1) {
        return ((last / PG_DIGIT) as i64, limb(&whole[..last % PG_DIGIT + 1]));
    }
    let Some(first) = fraction.iter().position(|&digit| digit != b'0') else { return (0, 0) };
    let place = first / PG_DIGIT;
    let digits = fraction[place * PG_DIGIT..].iter().chain(std::iter::repeat(&b'0'));
    (-(place as i64) - 1, digits.take(PG_DIGIT).fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

/// Appends limbs with `scale` digits after the decimal point, and truncates the rest.
fn write_limbs(
    negative: bool,
    limbs: &[i64],
    behind: usize,
    scale: usize,
    out: &mut Vec<u8>,
) -> Result<(), GatherError> {
    let start = out.len();
    if negative {
        out.push(b'-');
    }
    let mut digits = Vec::with_capacity(limbs.len() * LIMB);
    for limb in limbs.iter().rev() {
        push_limb(*limb, &mut digits);
    }
    let whole = digits.len() - behind * LIMB;
    let zeros = digits[..whole].iter().take_while(|&&digit| digit == b'0').count();
    if whole - zeros > MOST_WHOLE_DIGITS {
        return Err(GatherError::OutOfRange("value overflows numeric format"));
    }
    if zeros == whole {
        out.push(b'0');
    }
    out.extend(&digits[zeros..whole]);
    if scale > 0 {
        out.push(b'.');
        let shown = &digits[whole..];
        out.extend(&shown[..scale.min(shown.len())]);
        out.resize(out.len() + scale.saturating_sub(shown.len()), b'0');
    }
    // A small negative number may truncate to zero, which has no sign.
    if negative && out[start..].iter().all(|byte| b"-0.".contains(byte)) {
        out.remove(start);
    }
    Ok(())
}

fn push_limb(mut limb: i64, out: &mut Vec<u8>) {
    let mut digits = [b'0'; LIMB];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (limb % 10) as u8;
        limb /= 10;
    }
    out.extend(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[&str]) -> Sum {
        let mut sum = Sum::default();
        values.iter().for_each(|value| sum.add(value.as_bytes()).unwrap());
        sum
    }

    #[track_caller]
    fn adds(values: &[&str], expected: &str) {
        let mut out = Vec::new();
        sum(values).write(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{values:?}");
    }

    #[track_caller]
    fn averages(values: &[&str], expected: &str) {
        let mut out = Vec::new();
        sum(values).write_average(values.len() as u64, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{values:?}");
    }

    #[test]
    fn sums_are_exact_and_show_the_largest_scale() {
        adds(&["1.5", "2.50"], "4.00");
        adds(&["0.1", "-0.10"], "0.00");
        adds(&["999999999999999999", "1"], "1000000000000000000");
        adds(&["1000000000000000000", "-0.000000000000000000001"], "999999999999999999.999999999999999999999");
        adds(&["-5", "3"], "-2");
        adds(&["0.000000000000000000000005", "-1"], "-0.999999999999999999999995");
        adds(&["1", "-1000000000000000000000000000000000000", "1000000000000000000000000000000000000"], "1");
    }

    #[test]
    fn what_is_not_finite_stays_so() {
        adds(&["1", "NaN", "Infinity"], "NaN");
        adds(&["1", "Infinity"], "Infinity");
        adds(&["-Infinity", "1", "-Infinity"], "-Infinity");
        adds(&["Infinity", "-Infinity"], "NaN");
        averages(&["Infinity", "1"], "Infinity");
    }

    #[test]
    fn averages_have_the_scale_that_postgresql_gives_them() {
        averages(&["1"], "1.00000000000000000000");
        averages(&["1", "2"], "1.5000000000000000");
        averages(&["0", "0", "0"], "0.00000000000000000000");
        averages(&["1", "0", "0"], "0.33333333333333333333");
        averages(&["2", "0", "0"], "0.66666666666666666667");
        averages(&["-2", "0", "0"], "-0.66666666666666666667");
        averages(&["10000", "20000"], "15000.000000000000");
    }

    #[test]
    fn more_digits_than_postgresql_holds_are_out_of_range() {
        let large = "9".repeat(MOST_WHOLE_DIGITS);
        adds(&[&large], &large);
        let error = sum(&[&large, "1"]).write(&mut Vec::new()).unwrap_err();
        assert_eq!(error, GatherError::OutOfRange("value overflows numeric format"));
    }

    #[test]
    fn what_is_no_numeric_is_malformed() {
        for text in ["", "-", ".5", "1.2.3", "1e5", "+1", "nan", "1 "] {
            assert_eq!(approximate(text.as_bytes()), Err(MalformedValue), "{text}");
        }
    }
}
