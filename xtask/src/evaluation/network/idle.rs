//! What a mesh costs in which nobody asks anything.

use super::host::Host;
use super::lan::Lan;
use crate::report::{Report, Table};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// Processor time of a node, as a share of one core.
const CORE_MAX: f64 = 0.002;
/// Bytes a second for each neighbour, both directions together.
const BYTES_MAX: f64 = 200.0;
/// Ticks a second in /proc (`USER_HZ`), 100 on every Linux.
const TICKS: f64 = 100.0;

/// Watches for so long. `slack`: how many times more than promised it may cost before that counts as broken.
pub(super) async fn measure(
    lan: &Lan,
    hosts: &[Host],
    span: Duration,
    slack: f64,
    report: &mut Report,
) -> Result<()> {
    let (core_max, bytes_max) = (CORE_MAX * slack, BYTES_MAX * slack);
    let read = || -> Result<Vec<(f64, u64)>> {
        let each = hosts.iter().enumerate();
        each.map(|(place, host)| Ok((processor_seconds(host)?, lan.bytes(place)?))).collect()
    };
    let (before, begun) = (read()?, Instant::now());
    tokio::time::sleep(span).await;
    let (after, seconds) = (read()?, begun.elapsed().as_secs_f64());
    let neighbours = (hosts.len() - 1) as f64;
    let cores: Vec<f64> = before.iter().zip(&after).map(|(b, a)| (a.0 - b.0) / seconds).collect();
    let bytes: Vec<f64> =
        before.iter().zip(&after).map(|(b, a)| (a.1 - b.1) as f64 / seconds / neighbours).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let mut table =
        Table::new(&["idle for", "of a core, mean", "most", "B/s a neighbour, mean", "most"]);
    table.row(vec![
        format!("{seconds:.0} s"),
        format!("{:.2} %", mean(&cores) * 100.0),
        format!("{:.2} %", most(&cores) * 100.0),
        format!("{:.0}", mean(&bytes)),
        format!("{:.0}", most(&bytes)),
    ]);
    report.table(table);
    report.bar(
        "an idle node's share of a core (mean)",
        format!("{:.2} %", mean(&cores) * 100.0),
        format!("≤ {:.1} %", core_max * 100.0),
        mean(&cores) <= core_max,
    );
    report.bar(
        "an idle node's bytes a second for each neighbour (mean)",
        format!("{:.0}", mean(&bytes)),
        format!("≤ {bytes_max:.0}"),
        mean(&bytes) <= bytes_max,
    );
    Ok(())
}

/// User and system time of a node's process (`proc_pid_stat(5)`, fields 14 and 15).
fn processor_seconds(host: &Host) -> Result<f64> {
    let pid = host.pid().context("the node runs")?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("the name ends with a bracket")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks as f64 / TICKS)
}
