//! Memory budget: `MEMORY_LIMIT` or the limit of the cgroup, and the shares that follow from it.

use std::fs;

use clap::Args;

/// The memory that the process may use.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Process")]
pub struct MemorySettings {
    /// Memory that the process may use, for example `128MiB`. Unset: the limit of its cgroup, or 128 MiB if there is none.
    ///
    /// The service computes from this value how much it reads ahead, unpacks and caches. A record or a compressed batch that needs more
    /// than its share becomes a dead letter with the reason `too-large`. The value is a budget: the kernel does not enforce it.
    #[arg(long, env = "MEMORY_LIMIT", value_name = "SIZE", value_parser = size)]
    pub memory_limit: Option<u64>,
}

/// The shares of the memory. The rest is for the program itself, its connections, and the batches in flight, which have
/// limits of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryBudget {
    /// One received batch, decompressed and with the structures of the client, in bytes. A record may take an eighth.
    pub fetch: usize,
    /// Cached reference data, parsed, in bytes.
    pub cache: usize,
    /// Names that the orders of one batch need, in bytes.
    pub lookup: usize,
}

const MIB: u64 = 1 << 20;

/// The memory limit without a setting and without a cgroup: that of a pod of the chart.
const DEFAULT_LIMIT: u64 = 128 * MIB;

/// The smallest limit from which shares follow. A service needs some 20 MiB for itself.
const LEAST_LIMIT: u64 = 64 * MIB;

/// The largest share of a received batch: above this, the client has no limit.
const LARGEST_FETCH: u64 = 95 * MIB;

impl MemorySettings {
    /// The shares of the memory.
    #[must_use]
    pub fn budget(&self) -> MemoryBudget {
        let cgroup = || cgroup_limit(|path| fs::read_to_string(path).ok());
        MemoryBudget::of(self.memory_limit.or_else(cgroup).unwrap_or(DEFAULT_LIMIT))
    }
}

impl MemoryBudget {
    /// The shares of `limit` bytes.
    #[must_use]
    pub fn of(limit: u64) -> Self {
        let limit = limit.max(LEAST_LIMIT);
        let share = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Self {
            fetch: share((limit / 8 * 3).min(LARGEST_FETCH)),
            cache: share((limit / 8).min(64 * MIB)),
            lookup: share((limit / 32).min(16 * MIB)),
        }
    }
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self::of(DEFAULT_LIMIT)
    }
}

/// The limit of the own cgroup, of version 2 or 1. A container sees its own cgroup as the root.
fn cgroup_limit(read: impl Fn(&str) -> Option<String>) -> Option<u64> {
    let cgroups = read("/proc/self/cgroup").unwrap_or_default();
    let path = |prefix: &str| cgroups.lines().find_map(|line| line.split_once(prefix)).map_or("", |(_, path)| path);
    let files = [
        format!("/sys/fs/cgroup{}/memory.max", path("0::").trim_end_matches('/')),
        "/sys/fs/cgroup/memory.max".to_owned(),
        format!("/sys/fs/cgroup/memory{}/memory.limit_in_bytes", path(":memory:").trim_end_matches('/')),
        "/sys/fs/cgroup/memory/memory.limit_in_bytes".to_owned(),
    ];
    // Version 1 writes a number near the end of the range for "no limit", version 2 the word `max`.
    let limit = files.iter().find_map(|file| read(file))?.trim().parse().ok()?;
    Some(limit).filter(|&limit| limit < 1 << 50)
}

/// Reads a size in bytes, like `128MiB`, `128Mi` or `1 GiB`.
fn size(text: &str) -> Result<u64, String> {
    let invalid = || format!("`{text}` is not a size of at least 1 MiB; write it like `128MiB`");
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim() {
        "Ki" | "KiB" => 10,
        "Mi" | "MiB" => 20,
        "Gi" | "GiB" => 30,
        "" => 0,
        _ => return Err(invalid()),
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    bytes.filter(|&bytes| bytes >= MIB).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit() {
        for (text, bytes) in
            [("128MiB", 128 * MIB), ("1Gi", 1024 * MIB), ("2048 KiB", 2 * MIB), ("134217728", 128 * MIB)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "128", "128MB", "-1MiB", "99999999999999GiB"] {
            assert_eq!(
                size(text).unwrap_err(),
                format!("`{text}` is not a size of at least 1 MiB; write it like `128MiB`")
            );
        }
    }

    #[test]
    fn the_limit_of_the_cgroup_is_read() {
        type Files<'a> = &'a [(&'a str, &'a str)];
        let limit = |files: Files<'_>| {
            cgroup_limit(|path| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned()))
        };
        let own = ("/proc/self/cgroup", "3:cpu:/\n4:memory:/pods/a\n0::/pod/b\n");
        assert_eq!(limit(&[own, ("/sys/fs/cgroup/pod/b/memory.max", "134217728\n")]), Some(128 * MIB));
        assert_eq!(limit(&[("/sys/fs/cgroup/memory.max", "1048576\n")]), Some(MIB));
        assert_eq!(limit(&[("/sys/fs/cgroup/memory.max", "max\n")]), None);
        assert_eq!(limit(&[own, ("/sys/fs/cgroup/memory/pods/a/memory.limit_in_bytes", "1048576\n")]), Some(MIB));
        assert_eq!(limit(&[("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")]), None);
        assert_eq!(limit(&[]), None);
    }

    #[test]
    fn shares_of_the_budget_are_limited() {
        assert_eq!(MemoryBudget::of(1), MemoryBudget::of(LEAST_LIMIT));
        let usual = MemoryBudget::default();
        assert_eq!((usual.fetch, usual.cache, usual.lookup), (48 << 20, 16 << 20, 4 << 20));
        assert_eq!(MemoryBudget::of(u64::MAX).fetch, 95 << 20);
    }
}
