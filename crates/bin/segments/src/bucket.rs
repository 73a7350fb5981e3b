//! Buckets: the stable hash by which a percentage of users is chosen.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The number of buckets: a bucket is a hundredth of a percent.
pub const BUCKETS: i32 = 10_000;

/// The bucket of a user in a segment, 0 to 9999. The same in SQL: `segments.bucket`.
#[must_use]
pub fn bucket(segment: &str, guid: Uuid) -> i32 {
    let digest = Sha256::digest(format!("{segment}:{guid}"));
    let first = digest.iter().take(4).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    i32::try_from((first * 10_000) >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_equal_the_examples_of_the_contract() {
        let guid = Uuid::parse_str("45643d9d-c98d-5888-9743-20b85ecf0752").unwrap();
        for (segment, expected) in
            [("AVITO_MUSIC_SERVICE", [1203, 5678]), ("Любитель пиццы", [7107, 1550]), ("A", [4487, 12])]
        {
            assert_eq!([bucket(segment, guid), bucket(segment, Uuid::nil())], expected, "{segment}");
        }
    }
}
