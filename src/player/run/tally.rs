//! The faults of a run: what its launches count together, and what was injected.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::common::{os_error, owned};
use crate::faults::{Fault, FaultPlan, Injection, Tally};

use super::dirs::create_dirs;
use super::error::RunError;

/// The counts of one plan. Launches with the same faults count together; a launch with others has
/// its own counts.
pub(in crate::player) struct RunTally {
    folder: PathBuf,
    /// One for each fault.
    files: Vec<PathBuf>,
}

/// The content of the file of a fault.
#[derive(Debug, Serialize, Deserialize)]
struct Count {
    fault: Fault,
    /// How many opportunities there were.
    seen: u64,
}

/// What was injected, one line each.
const INJECTIONS: &str = "injected.jsonl";

impl RunTally {
    /// Notes the faults of this plan, each of which has a seed, in a run folder.
    pub(in crate::player) fn open(run: &Path, plan: &FaultPlan) -> Result<Self, RunError> {
        let folder = run.join("faults");
        create_dirs(&folder).map_err(|error| RunError::io(&folder, error))?;
        let mut files = Vec::new();
        for (index, fault) in plan.faults().iter().enumerate() {
            let equal = plan.faults()[..index].iter().filter(|other| *other == fault).count();
            let name = format!("{}-{:016x}-{equal}.json", fault.name(), hash(&fault.to_string()));
            let path = folder.join(name);
            change(&path, |count| count.unwrap_or(Count { fault: fault.clone(), seen: 0 }))
                .map_err(|error| RunError::io(&path, error))?;
            files.push(path);
        }
        Ok(Self { folder, files })
    }
}

impl Tally for RunTally {
    fn opportunity(&self, fault: usize) -> io::Result<u64> {
        let path = self.files.get(fault).ok_or(io::ErrorKind::NotFound)?;
        let count =
            change(path, |count| count.map(|count| Count { seen: count.seen + 1, ..count }));
        Ok(count?.map_or(1, |count| count.seen))
    }

    fn injected(&self, injection: &Injection) {
        let path = self.folder.join(INJECTIONS);
        let noted = serde_json::to_string(injection).map_err(io::Error::from).and_then(|line| {
            let mut file = owned(OpenOptions::new().create(true).append(true)).open(&path)?;
            file.lock()?;
            file.write_all(format!("{line}\n").as_bytes())
        });
        if let Err(error) = noted {
            tracing::warn!(
                path = %path.display(),
                error = %os_error(&error),
                "an injection is not noted in the run"
            );
        }
    }

    fn missed(&self) -> Vec<(Fault, u64)> {
        let injections = injections(&self.folder);
        missed(self.files.iter(), &injections)
    }
}

/// The faults of a run that had no hit, with their opportunities; `None` if none were asked for.
pub(super) fn missed_of(run: &Path) -> Option<Vec<(Fault, u64)>> {
    let folder = run.join("faults");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    (!files.is_empty()).then(|| missed(files.iter(), &injections(&folder)))
}

/// What was injected in a run, in order.
pub(super) fn injections_of(run: &Path) -> Vec<Injection> {
    injections(&run.join("faults"))
}

fn missed<'a>(
    files: impl Iterator<Item = &'a PathBuf>,
    injections: &[Injection],
) -> Vec<(Fault, u64)> {
    let counts = files.filter_map(|path| change_nothing(path).ok().flatten());
    let counts = counts.filter(|count| !injections.iter().any(|it| is_of(it, &count.fault)));
    counts.map(|count| (count.fault, count.seen)).collect()
}

/// Whether this is an injection of a fault that has its seed.
fn is_of(injection: &Injection, fault: &Fault) -> bool {
    injection.fault().clone().seed(injection.seed()) == *fault
}

fn injections(folder: &Path) -> Vec<Injection> {
    let text = fs::read_to_string(folder.join(INJECTIONS)).unwrap_or_default();
    // A line that is being written is not one yet.
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn change_nothing(path: &Path) -> io::Result<Option<Count>> {
    let mut file = File::open(path)?;
    file.lock_shared()?;
    read(&mut file)
}

/// Changes a count, while no other process does. Returns the new one.
fn change<C: Into<Option<Count>>>(
    path: &Path,
    change: impl FnOnce(Option<Count>) -> C,
) -> io::Result<Option<Count>> {
    let mut options = OpenOptions::new();
    let mut file = owned(options.create(true).truncate(false).read(true).write(true)).open(path)?;
    file.lock()?;
    let count = change(read(&mut file)?).into();
    if let Some(count) = &count {
        file.rewind()?;
        // It never becomes shorter.
        file.write_all(&serde_json::to_vec(count)?)?;
    }
    Ok(count)
}

fn read(file: &mut File) -> io::Result<Option<Count>> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text).ok())
}

/// The same in each build: FNV-1a.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> FaultPlan {
        FaultPlan::parse(text).unwrap().arm().plan()
    }

    /// Threads with their own handles, as processes have them.
    #[test]
    fn no_opportunity_is_counted_twice() {
        let folder = tempfile::tempdir().unwrap();
        let plan = plan("exit_mid_turn:nth=9; exit_mid_turn:nth=9; latency");
        let count = || {
            let tally = RunTally::open(folder.path(), &plan).unwrap();
            (0..40).map(|_| tally.opportunity(1).unwrap()).collect::<Vec<_>>()
        };
        let mut numbers: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=160).collect::<Vec<u64>>());
        let missed = missed_of(folder.path()).unwrap();
        let mut seen: Vec<_> = missed.iter().map(|(it, seen)| (it.name(), *seen)).collect();
        seen.sort_unstable();
        assert_eq!(seen, [("exit_mid_turn", 0), ("exit_mid_turn", 160), ("latency", 0)]);
    }

    #[test]
    fn other_faults_have_their_own_counts() {
        let folder = tempfile::tempdir().unwrap();
        assert!(missed_of(folder.path()).is_none());
        let tally = |text: &str| RunTally::open(folder.path(), &plan(text)).unwrap();
        assert_eq!(tally("crlf").opportunity(0).unwrap(), 1);
        assert_eq!(tally("crlf:seed=3").opportunity(0).unwrap(), 1);
        assert_eq!(tally("reset; crlf").opportunity(1).unwrap(), 2);
        assert_eq!(missed_of(folder.path()).unwrap().len(), 3);
    }
}
