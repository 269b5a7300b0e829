//! What differs, line by line.

use std::fs;
use std::path::Path;

use claude_wire_cli::lab::{self, Entry, Judged};
use claude_wire_cli::{Failure, Found};

use super::{judge, on_paused_clock, recordings};

/// The longest line that is printed, in characters.
const LONGEST: usize = 600;

/// Prints what differs in these entries, and saves what was compared if `keep` says where.
pub(super) fn print(names: &[String], keep: Option<&Path>) -> Result<Found, Failure> {
    let entries = lab::choose(lab::entries().map_err(|error| error.to_string())?, names)?;
    let (mut lines, mut equal, mut whole) = (0, 0, 0);
    for entry in &entries {
        if let Some(keep) = keep {
            save(entry, keep)?;
        }
        let judged = judge(entry)?;
        print_one(&entry.name, &judged);
        lines += judged.lines();
        equal += judged.equal();
        whole += usize::from(judged.lines() == judged.equal());
    }
    println!("total: {equal} of {lines} lines equal, {whole} of {} entries", entries.len());
    Ok(if whole == entries.len() { Found::Nothing } else { Found::Something })
}

fn print_one(name: &str, judged: &Judged) {
    println!("{name}: {} of {} lines equal", judged.equal(), judged.lines());
    for problem in &judged.problems {
        println!("  ! {}", problem.replace('\n', "\n    "));
    }
    for (launch, agreement) in (1..).zip(&judged.launches) {
        for difference in &agreement.differences {
            let number = |line: Option<usize>| line.map_or("-".to_owned(), |line| line.to_string());
            let (expected, actual) = (number(difference.expected), number(difference.actual));
            for line in difference.to_string().lines() {
                let short: String = line.chars().take(LONGEST).collect();
                println!("  launch {launch}, line {expected}/{actual}: {short}");
            }
        }
    }
}

fn save(entry: &Entry, keep: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| format!("{}: {error}", keep.display());
    fs::create_dir_all(keep).map_err(failed)?;
    let scenario = lab::derive(entry, &lab::recordings_of(entry, &recordings())?)?;
    let path = keep.join(format!("{}.scenario.json", entry.name));
    fs::write(path, scenario.to_json()).map_err(failed)?;
    let simulated = on_paused_clock(lab::simulate(entry, scenario))??;
    for (launch, recording) in (1..).zip(&simulated.recordings) {
        recording.save(keep.join(entry.file_name(launch))).map_err(|error| error.to_string())?;
    }
    Ok(())
}
