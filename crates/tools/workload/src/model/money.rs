//! Amounts in the format of the database: exact, with five decimals.

use std::fmt;

/// Decimals of an amount.
const SCALE: u32 = 5;

/// An amount in hundred-thousandths of a rouble.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(i128);

impl Money {
    /// Parses a plain decimal without exponent and with at most five decimals, which is all that the generator writes.
    /// `None` for anything else and for negative numbers.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > SCALE as usize || !digits(whole) || !digits(fraction) {
            return None;
        }
        let fraction: i128 = format!("{fraction:0<width$}", width = SCALE as usize).parse().ok()?;
        Some(Self(whole.parse::<i128>().ok()?.checked_mul(10_i128.pow(SCALE))?.checked_add(fraction)?))
    }

    /// Multiplies the amount by a quantity.
    pub(super) fn times(self, quantity: u64) -> Self {
        Self(self.0.saturating_mul(i128::from(quantity)))
    }

    /// The sum of two amounts.
    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_i128.pow(SCALE);
        write!(formatter, "{}.{:0width$}", self.0 / unit, self.0 % unit, width = SCALE as usize)
    }
}
