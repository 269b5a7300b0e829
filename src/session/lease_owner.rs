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
    /// When the process began, in the kernel's ticks: a pid can be used again. Empty if its pid
    /// means nothing.
    pub(super) began: String,
    /// Makes the content of each file another one, also of two in one process.
    #[serde(default)]
    pub(super) token: String,
    /// The CLI that goes on with the conversation, once it runs. It may outlive the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cli: Option<Cli>,
}

/// The CLI of an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cli {
    pub(super) pid: u32,
    /// As that of its owner.
    pub(super) began: String,
}

impl Cli {
    /// The CLI with this pid; `None` if there is none, or its pid means nothing.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let began = began(&stat(pid)).to_owned();
        (!began.is_empty()).then_some(Self { pid, began })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)?;
        match &self.cli {
            Some(cli) => write!(f, " (its CLI is process {})", cli.pid),
            None => Ok(()),
        }
    }
}

impl Owner {
    /// This process.
    pub(super) fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let pid = std::process::id();
        let stat = read("/proc/self/stat");
        // In a `/proc` of another namespace, our pid is that of another process.
        let sees_pids = stat.split(' ').next() == Some(&pid.to_string());
        Self {
            pid,
            host: read("/proc/sys/kernel/hostname"),
            boot: read("/proc/sys/kernel/random/boot_id"),
            namespace: namespace.to_string_lossy().into_owned(),
            began: if sees_pids { began(&stat).to_owned() } else { String::new() },
            token: uuid::Uuid::new_v4().to_string(),
            cli: None,
        }
    }

    /// The content of its file.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether the process or its CLI is alive; `None` if that cannot be seen from here.
    pub(super) fn is_alive(&self, here: &Self) -> Option<bool> {
        self.can_be_judged(here).then(|| lives(self.pid, &self.began) || self.cli_lives())
    }

    /// Whether the process is gone for certain. Its CLI may go on, and ends once it notices that.
    pub(super) fn has_ended(&self, here: &Self) -> bool {
        self.can_be_judged(here) && !lives(self.pid, &self.began)
    }

    /// Whether it is the process that asks.
    pub(super) fn is_same_process(&self, here: &Self) -> bool {
        self.can_be_judged(here) && (self.pid, &self.began) == (here.pid, &here.began)
    }

    fn cli_lives(&self) -> bool {
        self.cli.as_ref().is_some_and(|cli| lives(cli.pid, &cli.began))
    }

    fn can_be_judged(&self, here: &Self) -> bool {
        !self.boot.is_empty()
            && !self.namespace.is_empty()
            && !self.began.is_empty()
            && !here.began.is_empty()
            && (&self.boot, &self.namespace) == (&here.boot, &here.namespace)
    }
}

fn lives(pid: u32, since: &str) -> bool {
    !since.is_empty() && began(&stat(pid)) == since
}

fn stat(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default()
}

/// When the process of this `stat` began; empty if it is dead, although its parent may not have
/// asked for its end yet.
fn began(stat: &str) -> &str {
    // The name in parentheses may have anything in it.
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let is_alive = fields.next().is_some_and(|state| !matches!(state, "Z" | "X"));
    fields.nth(18).filter(|_| is_alive).unwrap_or_default()
}
