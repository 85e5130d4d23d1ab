//! What the kernel says of a process: memory and processor time. Linux only.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use std::path::Path;

/// The most memory this process ever had resident, in bytes; pages of mapped files count.
pub(super) fn resident_peak_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("peak memory needs Linux")?;
    field_bytes(&status, "VmHWM:").context("the kernel does not say VmHWM")
}

/// The memory of this process that no file stands behind, in bytes; `None`: it has ended.
pub(crate) fn anonymous_bytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    field_bytes(&status, "RssAnon:")
}

/// Seconds of processor time that all threads of this process took so far, user and system.
pub(super) fn processor_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Seconds of processor time that another process took so far, user and system (proc(5), stat).
pub(crate) fn processor_s_of(process: u32) -> Result<f64> {
    /// `USER_HZ`: the same on every Linux.
    const TICKS_PER_S: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in parentheses, can hold anything.
    let rest = stat.rsplit_once(')').context("proc/stat has a name")?.1;
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS_PER_S)
}

/// Bytes of all files in a folder.
pub(super) fn folder_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { folder_bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

fn field_bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
