//! What this process has: memory, descriptors, children.

use std::fs;

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What is counted before and after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    /// Allocated bytes.
    pub(crate) allocated: usize,
    /// Resident KiB, 0 if the system cannot tell.
    pub(crate) resident: usize,
    pub(crate) descriptors: usize,
    pub(crate) children: usize,
    pub(crate) tasks: usize,
}

impl Meter {
    pub(crate) fn read(tasks: usize) -> Self {
        Self {
            allocated: ALLOCATOR.current_usage(),
            resident: resident(std::process::id()),
            descriptors: fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            children: children(),
            tasks,
        }
    }

    /// What is left of this many sessions: descriptors, children and tasks must be as before, and the
    /// memory of a session must be gone.
    pub(crate) fn left(&self, before: &Self, sessions: usize) -> Vec<String> {
        let mut broken = Vec::new();
        let mut same = |what: &str, now: usize, before: usize| {
            if now > before {
                broken.push(format!("{what}: {before} before, {now} at the end"));
            }
        };
        same("descriptors", self.descriptors, before.descriptors);
        same("child processes", self.children, before.children);
        same("tasks", self.tasks, before.tasks);
        let each = self.allocated.saturating_sub(before.allocated) / sessions;
        println!(
            "  at the end: {} bytes for each session still allocated; {} descriptors, {} children, {} tasks as before",
            each, self.descriptors, self.children, self.tasks
        );
        if each > 128 {
            broken.push(format!("a session leaves {each} bytes"));
        }
        broken
    }
}

/// The resident memory of a process, in KiB; 0 if it is unknown.
pub(crate) fn resident(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn children() -> usize {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = tasks.map(|task| fs::read_to_string(task.path().join("children")));
    lists.flatten().map(|list| list.split_whitespace().count()).sum()
}
