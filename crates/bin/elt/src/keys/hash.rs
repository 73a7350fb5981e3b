//! Hashes of keys: keyed BLAKE3 of their canonical form, and the fingerprint of all keys of M. Pure.

use crate::keys::form::{self, Form};

/// The key of the hashes. It is drawn for each copy and is stored in A with the fingerprint, so nobody who writes to M
/// knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    /// From random text.
    pub(crate) fn from_text(random: &str) -> Self {
        Self(blake3::derive_key("tagmill elt-service 2026-11-30 hashes of keys", random.as_bytes()))
    }
}

/// The hash of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyHash {
    /// 128 bits, which are added up.
    pub(crate) sum: u128,
    /// 16 other bits.
    pub(crate) bucket: u16,
}

/// Hashes tuples of either side.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    pub(crate) secret: Secret,
    /// `None`: the bytes of a tuple, which mean nothing on the other side.
    forms: Option<Vec<Form>>,
    form: Vec<u8>,
}

impl Hasher {
    pub(crate) fn new(secret: Secret, forms: Option<Vec<Form>>) -> Self {
        Self { secret, forms, form: Vec::new() }
    }

    /// Whether equal keys have equal hashes on both sides.
    pub(crate) fn is_common(&self) -> bool {
        self.forms.is_some()
    }

    /// The hash of the first fields of a tuple.
    pub(crate) fn hash(&mut self, tuple: &[u8]) -> KeyHash {
        let bytes = match &self.forms {
            Some(forms) => {
                form::write(forms, tuple, &mut self.form);
                &self.form
            }
            None => tuple,
        };
        let hash = *blake3::keyed_hash(&self.secret.0, bytes).as_bytes();
        let (sum, rest) = hash.split_first_chunk().map_or(([0; 16], hash.as_slice()), |(sum, rest)| (*sum, rest));
        let bucket = rest.first_chunk().copied().unwrap_or_default();
        KeyHash { sum: u128::from_be_bytes(sum), bucket: u16::from_be_bytes(bucket) }
    }
}

/// The number of keys and the sum of their hashes: equal for equal multisets, whatever their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) secret: Secret,
    pub(crate) count: i64,
    sum: u128,
}

impl Fingerprint {
    pub(crate) fn new(secret: Secret) -> Self {
        Self { secret, count: 0, sum: 0 }
    }

    pub(crate) fn add(&mut self, hash: KeyHash) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(hash.sum);
    }

    /// The secret and the sum, for `elt.jobs.keys_sum`.
    pub(crate) fn to_text(self) -> String {
        format!("{}:{}", blake3::Hash::from_bytes(self.secret.0).to_hex(), self.sum)
    }

    /// From `elt.jobs`; `None`: from an earlier release, or written by another program.
    pub(crate) fn from_text(count: i64, text: &str) -> Option<Self> {
        let (secret, sum) = text.split_once(':')?;
        let secret = Secret(*blake3::Hash::from_hex(secret).ok()?.as_bytes());
        Some(Self { secret, count, sum: sum.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, Hasher, Secret};

    fn of(tuples: &[&[u8]]) -> Fingerprint {
        let secret = Secret::from_text("a test");
        let (mut fingerprint, mut hasher) = (Fingerprint::new(secret), Hasher::new(secret, None));
        tuples.iter().for_each(|tuple| fingerprint.add(hasher.hash(tuple)));
        fingerprint
    }

    #[test]
    fn a_fingerprint_depends_on_counts_and_not_on_order() {
        assert_eq!(of(&[b"a", b"b", b"b"]), of(&[b"b", b"a", b"b"]));
        assert_ne!(of(&[b"a", b"b", b"b"]), of(&[b"a", b"a", b"b"]));
        assert_ne!(of(&[b"a", b"b", b"b", b"b"]), of(&[b"a", b"a", b"a", b"b"]));
    }

    #[test]
    fn a_fingerprint_is_read_as_it_was_written() {
        let fingerprint = of(&[b"a", b"b"]);
        assert_eq!(Fingerprint::from_text(2, &fingerprint.to_text()), Some(fingerprint));
        assert_eq!(Fingerprint::from_text(2, "340282366920938463463374607431768211455"), None);
        assert_eq!(Fingerprint::from_text(2, "beef:1"), None);
    }

    #[test]
    fn another_secret_gives_other_hashes() {
        let hash = |secret: &str| Hasher::new(Secret::from_text(secret), None).hash(b"a");
        assert_ne!(hash("one").sum, hash("two").sum);
    }
}
