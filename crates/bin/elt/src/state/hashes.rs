//! Hashes of tuples: those that the last cycle read, and those that this cycle reads.

pub(crate) mod scan;
pub(crate) mod cache;

/// 128 bits of BLAKE3. Two tuples with the same hash are taken for the same tuple.
pub(crate) type Hash = [u8; 16];

/// The bytes of a hash.
pub(crate) const SIZE: usize = size_of::<Hash>();

/// The hash of a tuple in its binary form.
pub(crate) fn of(tuple: &[u8]) -> Hash {
    let mut hash = [0; SIZE];
    hash.copy_from_slice(blake3::hash(tuple).as_bytes().first_chunk::<SIZE>().unwrap_or(&[0; SIZE]));
    hash
}

/// A sorted set of hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set(Vec<Hash>);

impl Set {
    /// From hashes in any order.
    pub(crate) fn new(mut hashes: Vec<Hash>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    pub(crate) fn contains(&self, hash: &Hash) -> bool {
        self.0.binary_search(hash).is_ok()
    }

    /// Packed: each hash after the other, in parts of at most `part` bytes.
    pub(crate) fn pack(&self, part: usize) -> impl Iterator<Item = Vec<u8>> {
        self.0.chunks((part / SIZE).max(1)).map(|hashes| hashes.as_flattened().to_vec())
    }

    /// Adds the hashes of a part to `hashes`. False if the bytes are no hashes.
    pub(crate) fn unpack(part: &[u8], hashes: &mut Vec<Hash>) -> bool {
        let (whole, rest) = part.as_chunks::<SIZE>();
        hashes.extend_from_slice(whole);
        rest.is_empty()
    }

    /// From hashes that are in order; `None` if they are not.
    pub(crate) fn sorted(hashes: Vec<Hash>) -> Option<Self> {
        hashes.is_sorted().then_some(Self(hashes))
    }
}

/// The last hashes of a cycle, up to a limit. Tables are usually read in the order of insertion, so the last are the ones
/// that the next cycle reads again.
pub(crate) struct Recent {
    limit: usize,
    hashes: Vec<Hash>,
    next: usize,
}

impl Recent {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, hashes: Vec::new(), next: 0 }
    }

    pub(crate) fn push(&mut self, hash: Hash) {
        if self.hashes.len() < self.limit {
            self.hashes.push(hash);
        } else if let Some(oldest) = self.hashes.get_mut(self.next) {
            *oldest = hash;
            self.next = (self.next + 1) % self.limit;
        }
    }

    pub(crate) fn into_set(self) -> Set {
        Set::new(self.hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Recent, Set, of};

    #[test]
    fn a_set_is_unpacked_as_it_was_packed() {
        let set = Set::new((0..1000_u32).map(|n| of(&n.to_be_bytes())).collect());
        let parts: Vec<Vec<u8>> = set.pack(100).collect();
        assert_eq!(parts.len(), 167);
        let mut hashes = Vec::new();
        assert!(parts.iter().all(|part| Set::unpack(part, &mut hashes)));
        assert_eq!(Set::sorted(hashes), Some(set.clone()));
        assert!(!Set::unpack(&[0; 17], &mut Vec::new()));
        assert_eq!(Set::sorted(vec![[2; 16], [1; 16]]), None);
        assert!(set.contains(&of(&7_u32.to_be_bytes())));
        assert!(!set.contains(&of(&1007_u32.to_be_bytes())));
    }

    #[test]
    fn only_the_newest_hashes_are_kept() {
        let mut recent = Recent::new(3);
        (0..8_u8).for_each(|n| recent.push([n; 16]));
        assert_eq!(recent.into_set(), Set::new(vec![[6; 16], [5; 16], [7; 16]]));
        let mut none = Recent::new(0);
        none.push([1; 16]);
        assert_eq!(none.into_set(), Set::default());
    }
}
