//! Measurements from the kernel: CPU time of processes, time of an fsync, number of cores.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use nix::unistd::{SysconfVar, sysconf};

use crate::output::series::Series;

/// Writes of a measurement of the disk.
const WRITES: usize = 200;

/// One page of a write-ahead log.
const PAGE: [u8; 8192] = [0; 8192];

/// CPU time a process has used so far, its own and the kernel's for it, in seconds.
pub(crate) fn cpu_seconds(process: u32) -> Result<f64> {
    let Times { own, .. } = times(process)?;
    in_seconds(own)
}

/// The same of a server and of all its children, those that have ended too.
pub(crate) fn family_cpu_seconds(process: u32) -> Result<f64> {
    let Times { own, ended } = times(process)?;
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
    // A child that has ended since is counted among those that have, next time.
    let living = children.split_whitespace().filter_map(|child| times(child.parse().ok()?).ok());
    in_seconds(own + ended + living.map(|times| times.own).sum::<u64>())
}

/// In ticks of the kernel's clock.
#[derive(Debug, PartialEq, Eq)]
struct Times {
    own: u64,
    /// Of children that have ended and were waited for.
    ended: u64,
}

fn times(process: u32) -> Result<Times> {
    parse(&fs::read_to_string(format!("/proc/{process}/stat"))?).context("/proc has an unexpected format")
}

/// Fields 14 to 17 are user and system time of the process and of its children. They are counted after the name, which
/// may contain anything.
fn parse(stat: &str) -> Option<Times> {
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<u64> = fields.split_whitespace().skip(11).take(4).map_while(|field| field.parse().ok()).collect();
    let [user, system, ended_user, ended_system] = ticks.try_into().ok()?;
    Some(Times { own: user + system, ended: ended_user + ended_system })
}

fn in_seconds(ticks: u64) -> Result<f64> {
    let per_second = sysconf(SysconfVar::CLK_TCK)?.context("the clock tick is unknown")?;
    Ok(ticks as f64 / per_second as f64)
}

/// Median time of an fsync of one page in a folder, in milliseconds.
pub(crate) fn fsync_ms(folder: &Path) -> Result<f64> {
    let path = folder.join("fsync");
    let mut file = File::create(&path)?;
    let mut took = Series::default();
    for _ in 0..WRITES {
        file.write_all(&PAGE)?;
        let began = Instant::now();
        file.sync_data()?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    fs::remove_file(path)?;
    Ok(took.median())
}

/// Number of cores of the machine.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Memory of the machine.
pub(crate) fn memory_mib() -> Result<u64> {
    Ok(memory("MemTotal")? / 1024)
}

/// A value of /proc/meminfo, in KiB or pages.
pub(crate) fn memory(what: &str) -> Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let fields = text.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let number = fields.and_then(|fields| fields.split_whitespace().next());
    Ok(number.with_context(|| format!("no {what} in /proc/meminfo"))?.parse()?)
}

/// Model name of the processor.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 100 23 7 1 20 0";
        assert_eq!(parse(stat), Some(Times { own: 123, ended: 8 }));
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
    }
}
