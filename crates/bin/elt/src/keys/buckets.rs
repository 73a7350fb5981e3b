//! Buckets of keys: which keys of two multisets may differ, found without either in memory. Pure.
//!
//! Each key goes to one of 65,536 buckets by a part of its hash. A bucket holds the number of its keys and the sum of
//! another 128 bits of their hashes, so it does not depend on their order, and a key that is there twice counts twice.
//!
//! Equal keys have equal hashes, so all keys equal to one are in one bucket. If both sides have each key of a bucket
//! equally often, the sums are equal, and nothing is lost by leaving the bucket out. If they do not, the difference of
//! the sums is a combination of hashes with small factors that are not all zero. The hashes are BLAKE3 under a secret
//! key, so they behave as independent random numbers, and such a combination is zero with a probability of 2^-128, or
//! 2^(k-128) if 2^k divides every factor. Without the secret, someone who chooses keys could search for keys whose hashes
//! add up to zero; with 128 bits that takes only some 2^22 steps (Wagner's generalized birthday).

use crate::keys::hash::KeyHash;

/// The number of buckets. At 32 bytes each, both sides take 4 MiB.
const BUCKETS: usize = 1 << 16;

/// The keys of one side by bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buckets(Vec<Bucket>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bucket {
    rows: u64,
    sum: u128,
}

impl Default for Buckets {
    fn default() -> Self {
        Self(vec![Bucket::default(); BUCKETS])
    }
}

impl Buckets {
    /// Adds a key.
    pub(crate) fn add(&mut self, hash: KeyHash) {
        if let Some(bucket) = self.0.get_mut(usize::from(hash.bucket)) {
            bucket.rows += 1;
            bucket.sum = bucket.sum.wrapping_add(hash.sum);
        }
    }

    /// The buckets in which the other side has other keys.
    pub(crate) fn differing(&self, other: &Self) -> Selection {
        Selection(self.0.iter().zip(&other.0).map(|(own, others)| own != others).collect())
    }

    /// The number of keys.
    pub(crate) fn rows(&self) -> u64 {
        self.0.iter().map(|bucket| bucket.rows).sum()
    }

    /// The number of keys in some buckets.
    pub(crate) fn rows_in(&self, selection: &Selection) -> u64 {
        self.0.iter().zip(&selection.0).filter(|(_, selected)| **selected).map(|(bucket, _)| bucket.rows).sum()
    }
}

/// Some of the buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection(Vec<bool>);

impl Selection {
    pub(crate) fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    /// Whether a key with this hash is in one of these buckets.
    pub(crate) fn contains(&self, hash: KeyHash) -> bool {
        self.0.get(usize::from(hash.bucket)).is_some_and(|selected| *selected)
    }

    /// These buckets and others.
    pub(crate) fn and(&self, others: &Self) -> Self {
        Self(self.0.iter().zip(&others.0).map(|(own, others)| *own || *others).collect())
    }

    /// These buckets without others.
    pub(crate) fn without(&self, others: &Self) -> Self {
        Self(self.0.iter().zip(&others.0).map(|(own, others)| *own && !*others).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Buckets;
    use crate::keys::{
        form::Form,
        hash::{Hasher, KeyHash, Secret},
    };

    /// A key of two columns: a number that M sends in four bytes and A in eight, and a text.
    type Key = (Option<i32>, Option<String>);

    fn tuple(key: &Key, wide: bool) -> Vec<u8> {
        let number = key.0.map(|number| match wide {
            true => i64::from(number).to_be_bytes().to_vec(),
            false => number.to_be_bytes().to_vec(),
        });
        let mut tuple = vec![0, 2];
        for field in [number, key.1.clone().map(String::into_bytes)] {
            tuple.extend(field.as_ref().map_or(-1, |field| i32::try_from(field.len()).unwrap()).to_be_bytes());
            tuple.extend(field.unwrap_or_default());
        }
        tuple
    }

    fn hasher() -> Hasher {
        Hasher::new(Secret::from_text("a test"), Some(vec![Form::Integer, Form::Bytes]))
    }

    fn buckets(keys: &[Key], wide: bool) -> Buckets {
        let (mut buckets, mut hasher) = (Buckets::default(), hasher());
        keys.iter().for_each(|key| buckets.add(hasher.hash(&tuple(key, wide))));
        buckets
    }

    fn keys() -> impl Strategy<Value = Vec<Key>> {
        let number = prop::option::of(-2..3_i32);
        let text = prop::option::of(prop::sample::select(vec!["", "a", "b"]).prop_map(str::to_owned));
        prop::collection::vec((number, text), 0..40)
    }

    proptest! {
        #[test]
        fn every_key_that_differs_is_in_a_bucket_that_differs_with_all_keys_equal_to_it(
            mut source in keys(), target in keys(), common in keys(), order in any::<usize>(),
        ) {
            let mut target = [target, common.clone()].concat();
            source.extend(common);
            // The sides are read in different orders.
            let middle = order % (target.len() + 1);
            target.rotate_left(middle);
            let selection = buckets(&source, false).differing(&buckets(&target, true));

            let mut counts: BTreeMap<&Key, i64> = BTreeMap::new();
            source.iter().for_each(|key| *counts.entry(key).or_default() += 1);
            target.iter().for_each(|key| *counts.entry(key).or_default() -= 1);
            let mut hasher = hasher();
            for (key, difference) in &counts {
                let (narrow, wide) = (hasher.hash(&tuple(key, false)), hasher.hash(&tuple(key, true)));
                prop_assert_eq!(narrow, wide);
                prop_assert!(*difference == 0 || selection.contains(narrow), "{:?}", key);
            }
            prop_assert_eq!(selection.is_empty(), counts.values().all(|difference| *difference == 0));
        }
    }

    #[test]
    fn keys_that_are_there_more_often_differ() {
        let key = |number| (Some(number), None);
        let (one, two) = (buckets(&[key(1), key(2)], false), buckets(&[key(2), key(1), key(1)], false));
        let selection = one.differing(&two);
        assert!(selection.contains(hasher().hash(&tuple(&key(1), false))));
        assert!(!selection.contains(hasher().hash(&tuple(&key(2), false))));
        assert_eq!((one.rows(), two.rows()), (2, 3));
        assert_eq!((one.rows_in(&selection), two.rows_in(&selection)), (1, 2));
    }

    #[test]
    fn keys_in_one_bucket_do_not_cancel_each_other_out() {
        let of = |sums: &[u128]| {
            let mut buckets = Buckets::default();
            sums.iter().for_each(|sum| buckets.add(KeyHash { sum: *sum, bucket: 7 }));
            buckets
        };
        // As many keys on both sides, and each key an odd number of times: XOR would take them for equal.
        assert!(!of(&[1, 1, 1, 2]).differing(&of(&[1, 2, 2, 2])).is_empty());
        assert!(of(&[u128::MAX, 3]).differing(&of(&[3, u128::MAX])).is_empty());
    }

    #[test]
    fn selections_are_added_and_subtracted() {
        let key = |number| (Some(number), None);
        let of = |numbers: &[i32]| {
            let keys: Vec<_> = numbers.iter().map(|number| key(*number)).collect();
            buckets(&keys, false).differing(&Buckets::default())
        };
        assert_eq!(of(&[1]).and(&of(&[2])), of(&[1, 2]));
        assert_eq!(of(&[1, 2]).without(&of(&[2, 3])), of(&[1]));
        assert!(of(&[]).is_empty());
        assert!(of(&[1]).without(&of(&[1])).is_empty());
    }
}
