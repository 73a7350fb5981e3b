//! A share of a processor for one process: a cgroup of version 2 or 1 below the own one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Period of a quota in microseconds, as the kubelet has it.
const PERIOD: u64 = 100_000;

/// A cgroup with a quota. When dropped, its processes return to the own cgroup, and it is removed.
pub(crate) struct Quota {
    own: PathBuf,
    folder: PathBuf,
}

impl Quota {
    /// Allows a process so many thousandths of a processor.
    ///
    /// # Errors
    /// This process may not create cgroups, or has none for processors.
    pub(crate) fn of(process: u32, millicores: u64) -> io::Result<Self> {
        let cgroups = fs::read_to_string("/proc/self/cgroup")?;
        let own = own_cgroup(&cgroups).ok_or(io::ErrorKind::Unsupported)?;
        let folder = own.join(format!("tagmill-{process}"));
        fs::create_dir(&folder)?;
        let quota = Self { own, folder };
        let share = PERIOD * millicores / 1000;
        if quota.folder.join("cpu.max").exists() {
            fs::write(quota.folder.join("cpu.max"), format!("{share} {PERIOD}"))?;
        } else {
            fs::write(quota.folder.join("cpu.cfs_quota_us"), share.to_string())?;
        }
        fs::write(quota.folder.join("cgroup.procs"), process.to_string())?;
        Ok(quota)
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // A process that has ended has left it. Nothing can be done about an error here.
        for process in fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default().lines() {
            let _ = fs::write(self.own.join("cgroup.procs"), process);
        }
        let _ = fs::remove_dir(&self.folder);
    }
}

/// The folder of the own cgroup, of version 1 if processors are there.
fn own_cgroup(cgroups: &str) -> Option<PathBuf> {
    let mut versions =
        [(":cpu,cpuacct:", "/sys/fs/cgroup/cpu,cpuacct"), (":cpu:", "/sys/fs/cgroup/cpu"), ("0::", "/sys/fs/cgroup")]
            .into_iter()
            .filter_map(|(name, root)| Some((root, cgroups.lines().find_map(|line| line.split_once(name))?.1)));
    versions.find_map(|(root, path)| Some(Path::new(root).join(path.trim_start_matches('/'))).filter(|it| it.exists()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cgroup_is_no_folder() {
        assert_eq!(own_cgroup(""), None);
        assert_eq!(own_cgroup("3:cpu:/no/such/folder\n"), None);
    }
}
