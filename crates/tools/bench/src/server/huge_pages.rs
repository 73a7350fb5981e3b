//! Huge pages for the shared memory of PostgreSQL, reserved during the run if permitted.

use std::fs;

use anyhow::Result;

use crate::server::machine::memory;

/// Pages that are reserved, until this is dropped.
#[derive(Debug)]
pub(crate) struct HugePages {
    /// Number of huge pages before.
    before: u64,
}

/// Number of huge pages that the kernel reserves.
const RESERVED: &str = "/proc/sys/vm/nr_hugepages";

/// Frees contiguous memory: drops the page cache and compacts the rest.
const ROOM: [&str; 2] = ["/proc/sys/vm/drop_caches", "/proc/sys/vm/compact_memory"];

impl HugePages {
    /// Reserves huge pages for a number of buffers and their management. `None`: it is not permitted, or there is no
    /// contiguous memory; then nothing is changed.
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
        // Without the permission to write, nothing was changed.
        let _ = fs::write(RESERVED, self.before.to_string());
    }
}
