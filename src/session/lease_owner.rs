//! The process that holds a conversation.

use std::fmt;
use std::fs;

use serde::{Deserialize, Serialize};

/// Who holds a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) pid: u32,
    pub(super) host: String,
    /// What makes the pid mean something: this boot of this machine, and this namespace of pids.
    pub(super) boot: String,
    pub(super) namespace: String,
    /// When the process began, in the kernel's ticks: a pid can be used again.
    pub(super) began: String,
    /// Makes the content of each file another one, also of two in one process.
    #[serde(default)]
    pub(super) token: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

impl Owner {
    /// This process.
    pub(super) fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Self {
            pid: std::process::id(),
            host: read("/proc/sys/kernel/hostname"),
            boot: read("/proc/sys/kernel/random/boot_id"),
            namespace: namespace.to_string_lossy().into_owned(),
            began: began(std::process::id()),
            token: uuid::Uuid::new_v4().to_string(),
        }
    }

    /// Whether the process is alive; `None` if that cannot be seen from here.
    pub(super) fn is_alive(&self, here: &Self) -> Option<bool> {
        let can_be_judged = !self.boot.is_empty()
            && !self.namespace.is_empty()
            && !self.began.is_empty()
            && (&self.boot, &self.namespace) == (&here.boot, &here.namespace);
        can_be_judged.then(|| began(self.pid) == self.began)
    }
}

/// When a process began; empty if there is none.
fn began(pid: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may have anything in it.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(19).unwrap_or_default().to_owned()
}
