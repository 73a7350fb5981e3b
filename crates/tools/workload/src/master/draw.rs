//! Contents of rows as pure functions of a number: a row of the model needs no text.

/// A number that looks random, from one that does not (SplitMix64).
pub(super) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The draws of one row, one after the other.
pub(super) struct Draws(u64);

impl Draws {
    pub(super) const fn new(content: u32) -> Self {
        Self(mix(content as u64))
    }

    /// A number below the bound, which is not 0.
    pub(super) const fn below(&mut self, bound: u64) -> u64 {
        self.0 = mix(self.0);
        self.0 % bound
    }

    pub(super) fn choose(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len() as u64) as usize]
    }
}
