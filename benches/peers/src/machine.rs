//! The commit and the machine of a run.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use meter::Failure;

/// How long the load of the machine is sampled.
const SAMPLE: Duration = Duration::from_secs(2);

/// The commit of claude-wire. Says so if anything but the page is not committed.
pub(crate) fn commit() -> Result<String, Failure> {
    let commit = git(&["rev-parse", "--short", "HEAD"])?;
    let page = ":(top,exclude)docs/performance.md";
    let changes = git(&["status", "--porcelain", "--", ":(top)", page])?;
    Ok(if changes.is_empty() { commit } else { format!("{commit} with changes") })
}

fn git(arguments: &[&str]) -> Result<String, Failure> {
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("git: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// How busy the processors are while this program does nothing, in percent.
pub(crate) fn busy() -> Result<u64, Failure> {
    let before = ticks()?;
    thread::sleep(SAMPLE);
    let [all, idle] = ticks()?;
    let (all, idle) = (all - before[0], idle - before[1]);
    Ok((all.saturating_sub(idle) * 100).checked_div(all).unwrap_or_default())
}

/// The time of all processors since the start of the machine, and that without work.
fn ticks() -> Result<[u64; 2], Failure> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    // User, nice, system, idle, wait for a disk; then interrupts, and what other machines took.
    let times: Vec<u64> = line.split_whitespace().skip(1).flat_map(str::parse).take(8).collect();
    let [_, _, _, idle, wait, ..] = *times else {
        return Err("/proc/stat has no times".into());
    };
    Ok([times.iter().sum(), idle + wait])
}

/// The date, and the processors.
pub(crate) fn today() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model);
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let date = Command::new("date").arg("+%F").output().map(|output| output.stdout);
    let date = String::from_utf8_lossy(&date.unwrap_or_default()).trim().to_owned();
    format!("{date}, {cores} cores of {model}")
}
