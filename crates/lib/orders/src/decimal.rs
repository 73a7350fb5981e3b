//! Decimal numbers and money, parsed from the text of JSON numbers, never through a float.

use std::{borrow::Cow, fmt};

/// A decimal number of any size: `digits × 10^exponent`, normalized, so that `2`, `2.0` and `20e-1` are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal<'a> {
    negative: bool,
    /// Without leading and trailing zeros. Empty for zero.
    digits: Cow<'a, str>,
    exponent: i64,
}

/// Why a number does not fit its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Negative, although only zero and above are allowed.
    #[error("is negative")]
    Negative,
    /// With a fraction, although only whole numbers are allowed.
    #[error("is not a whole number")]
    Fraction,
    /// Larger than the maximum of the column.
    #[error("is larger than the column can hold")]
    TooLarge,
}

impl<'a> Decimal<'a> {
    /// Parses the text of a JSON number that the JSON parser has accepted.
    pub(crate) fn read(text: &'a str) -> Self {
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let zeros = |digits: &str| digits.bytes().all(|byte| byte == b'0');
        // Nearly every number is whole, or below one, so its digits are contiguous in the text.
        let digits: Cow<'a, str> = match (zeros(whole), zeros(fraction)) {
            (_, true) => whole.into(),
            (true, false) => fraction.into(),
            (false, false) => format!("{whole}{fraction}").into(),
        };
        let places = if zeros(fraction) { 0 } else { fraction.len() };
        let significant = digits.trim_end_matches('0').len();
        let shift = |digits: usize| i64::try_from(digits).unwrap_or(i64::MAX);
        let exponent =
            read_exponent(exponent).saturating_sub(shift(places)).saturating_add(shift(digits.len() - significant));
        let digits = trim(digits, significant);
        if digits.is_empty() {
            return Self { negative: false, digits, exponent: 0 };
        }
        Self { negative, digits, exponent }
    }

    /// The number as a 64-bit integer. `2.0` is an integer.
    pub(crate) fn to_integer(&self) -> Result<i64, NumberError> {
        if self.exponent < 0 {
            return Err(NumberError::Fraction);
        }
        let magnitude = self.scaled(0, 19)?;
        let signed = i128::from(magnitude) * if self.negative { -1 } else { 1 };
        i64::try_from(signed).map_err(|_| NumberError::TooLarge)
    }

    /// `|self| × 10^shift`, rounded half away from zero, with at most `longest` (≤ 19) digits.
    fn scaled(&self, shift: i64, longest: i64) -> Result<u64, NumberError> {
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        let kept = length.saturating_add(self.exponent).saturating_add(shift);
        if self.digits.is_empty() || kept < 0 {
            return Ok(0);
        }
        if kept > longest {
            return Err(NumberError::TooLarge);
        }
        let kept = usize::try_from(kept).map_err(|_| NumberError::TooLarge)?;
        let digit = |at: usize| self.digits.as_bytes().get(at).map_or(0, |byte| u64::from(byte - b'0'));
        let whole = (0..kept).fold(0_u64, |sum, at| sum * 10 + digit(at));
        let rounded = whole + u64::from(digit(kept) >= 5);
        if rounded.checked_ilog10().is_some_and(|log| i64::from(log) >= longest) {
            return Err(NumberError::TooLarge);
        }
        Ok(rounded)
    }
}

/// The first digits, up to this many, without leading zeros.
fn trim(digits: Cow<'_, str>, significant: usize) -> Cow<'_, str> {
    let trim = |digits: &str| {
        let kept = &digits[..significant];
        kept.len() - kept.trim_start_matches('0').len()..significant
    };
    match digits {
        Cow::Borrowed(digits) => Cow::Borrowed(&digits[trim(digits)]),
        Cow::Owned(digits) => Cow::Owned(digits[trim(&digits)].to_owned()),
    }
}

impl fmt::Display for Decimal<'_> {
    /// One text per number: `-18e1`, `0`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return out.write_str("0");
        }
        let sign = if self.negative { "-" } else { "" };
        write!(out, "{sign}{}e{}", self.digits, self.exponent)
    }
}

/// An exponent beyond 64 bits becomes the largest one: both are out of every range.
fn read_exponent(text: &str) -> i64 {
    let limit = if text.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 };
    text.parse().map_or(limit, |exponent: i64| exponent.clamp(i64::MIN / 4, i64::MAX / 4))
}

/// Decimal places of money, as in the columns `numeric(19,5)`.
const PLACES: usize = 5;

/// One, in hundred-thousandths.
const UNIT: u64 = 10_u64.pow(PLACES as u32);

/// Money: 0 to 99 999 999 999 999.99999, in hundred-thousandths (a `numeric(19,5)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(u64);

impl Money {
    /// Rounds a decimal number to 5 places, half away from zero.
    pub(crate) fn round(decimal: &Decimal<'_>) -> Result<Self, NumberError> {
        if decimal.negative {
            return Err(NumberError::Negative);
        }
        decimal.scaled(PLACES as i64, 19).map(Self)
    }

    /// The price of this many pieces. A price is rounded before it is multiplied.
    #[must_use]
    pub fn times(self, quantity: i64) -> Amount {
        Amount(u128::from(self.0) * u128::from(quantity.unsigned_abs()))
    }
}

/// A sum of money, in hundred-thousandths (a `numeric(38,5)`): large enough for every price times every quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(u128);

impl Amount {
    /// The largest amount of its column: 38 digits.
    const LARGEST: u128 = 10_u128.pow(38) - 1;

    /// The sum. `None` if it exceeds the column.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).filter(|sum| *sum <= Self::LARGEST).map(Self)
    }

    /// Parses the text of an amount as PostgreSQL writes it. `None` for any other text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fits = fraction.len() <= PLACES && !whole.is_empty() && (whole.len() + fraction.len()) <= 38;
        let digits = fits.then(|| format!("{whole}{fraction:0<PLACES$}"))?;
        digits.parse().ok().map(Self)
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(u128::from(money.0))
    }
}

impl fmt::Display for Money {
    /// The shortest text: `180`, `249.5`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Amount::from(*self).fmt(out)
    }
}

impl fmt::Display for Amount {
    /// The shortest text: `180`, `249.5`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = u128::from(UNIT);
        let (whole, fraction) = (self.0 / unit, self.0 % unit);
        if fraction == 0 {
            return write!(out, "{whole}");
        }
        let fraction = format!("{fraction:0PLACES$}");
        write!(out, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl serde::Serialize for Money {
    /// As a JSON number with exactly these digits.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(UNIT) {
            return serializer.serialize_u64(self.0 / UNIT);
        }
        let number: serde_json::Number = self.to_string().parse().map_err(serde::ser::Error::custom)?;
        number.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Result<String, NumberError> {
        Money::round(&Decimal::read(text)).map(|money| money.to_string())
    }

    #[test]
    fn money_is_read_from_its_digits() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0e7", "0"),
            ("180", "180"),
            ("1.8e2", "180"),
            ("249.50", "249.5"),
            ("0.000005", "0.00001"),
            ("0.0000049999999999999999999999", "0"),
            ("1.000015", "1.00002"),
            ("0.1e-400", "0"),
            ("5e-6", "0.00001"),
            ("1e-99999999999999999999999", "0"),
            ("99999999999999.99999", "99999999999999.99999"),
            ("0.0e99999999999999999999", "0"),
        ] {
            assert_eq!(money(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn money_out_of_range_is_rejected() {
        for (text, expected) in [
            ("-1", NumberError::Negative),
            ("-0.0000001", NumberError::Negative),
            ("100000000000000", NumberError::TooLarge),
            ("99999999999999.999995", NumberError::TooLarge),
            ("1e400", NumberError::TooLarge),
            ("1e99999999999999999999999", NumberError::TooLarge),
        ] {
            assert_eq!(money(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn whole_numbers_may_have_a_fraction_of_zero() {
        let read = |text| Decimal::read(text).to_integer();
        assert_eq!(read("2.0"), Ok(2));
        assert_eq!(read("20e-1"), Ok(2));
        assert_eq!(read("9223372036854775807"), Ok(i64::MAX));
        assert_eq!(read("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(read("9223372036854775808"), Err(NumberError::TooLarge));
        assert_eq!(read("1e19"), Err(NumberError::TooLarge));
        assert_eq!(read("2.5"), Err(NumberError::Fraction));
    }

    #[test]
    fn amounts_do_not_exceed_their_column() {
        let largest = Amount::read("999999999999999999999999999999999.99999").unwrap();
        assert_eq!(largest.plus(Amount::default()), Some(largest));
        assert_eq!(largest.plus(Amount::read("0.00001").unwrap()), None);
        assert_eq!(Amount::read("12.5").unwrap().to_string(), "12.5");
        assert_eq!(Amount::read("x"), None);
    }
}
