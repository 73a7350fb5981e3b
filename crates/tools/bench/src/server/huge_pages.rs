//! Huge pages for the shared memory of PostgreSQL, reserved during the run if permitted.

use std::fs;

use anyhow::Result;

use crate::server::machine::memory;

/// Pages that are reserved, until this is dropped.
#[derive(Debug)]
pub(crate) struct HugePages {
    /// How many there were before.
    before: u64,
}

/// How many huge pages the kernel shall hold ready.
const RESERVED: &str = "/proc/sys/vm/nr_hugepages";

/// What it does to free memory in one piece: it forgets files that are on the disk as well, and moves the rest together.
const ROOM: [&str; 2] = ["/proc/sys/vm/drop_caches", "/proc/sys/vm/compact_memory"];

impl HugePages {
    /// Sees to it that so many buffers, and what PostgreSQL needs to keep them in order, find room. `None`: we may not, or
    /// there is no memory in one piece; then all is as before.
    pub(crate) fn reserve(shared_buffers_mib: u64) -> Result<Option<Self>> {
        let wanted = (shared_buffers_mib * 106 / 100 + 64) * 1024 / memory("Hugepagesize")?;
        let before: u64 = fs::read_to_string(RESERVED)?.trim().parse()?;
        let missing = wanted.saturating_sub(memory("HugePages_Free")?);
        if missing == 0 {
            return Ok(Some(Self { before }));
        }
        let [forget, gather] = ROOM.map(|file| fs::write(file, "1"));
        if forget.and(gather).and_then(|()| fs::write(RESERVED, (before + missing).to_string())).is_err() {
            return Ok(None);
        }
        let pages = Self { before };
        Ok((memory("HugePages_Free")? >= wanted).then_some(pages))
    }
}

impl Drop for HugePages {
    fn drop(&mut self) {
        // Who may not write here has not changed it.
        let _ = fs::write(RESERVED, self.before.to_string());
    }
}
