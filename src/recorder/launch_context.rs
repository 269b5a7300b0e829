//! The parts of a launch for the header (arguments, some variables, folders), and the parts of its
//! environment that must not be recorded.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::recording::{Redaction, Root, secret_values};

/// The variables that a recording's header contains: they change what the CLI does, and none is a
/// secret.
const NAMED: [&str; 12] = [
    "API_TIMEOUT_MS",
    "CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS",
    "CLAUDE_AGENT_SDK_VERSION",
    "CLAUDE_CODE_DISABLE_BUNDLED_SKILLS",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_MAX_RETRIES",
    "CLAUDE_CODE_STARTUP_FAILURE_RESULTS",
    "CLAUDE_CODE_STREAM_EVENT_HOLD_MS",
    "DISABLE_AUTOUPDATER",
    "DISABLE_TELEMETRY",
];

/// The environment of the CLI, and its working directory.
pub(super) struct LaunchContext {
    pub(super) env: BTreeMap<OsString, OsString>,
    /// As the CLI sees it.
    pub(super) cwd: Option<String>,
    /// As the launch spells it.
    pub(super) given_cwd: Option<PathBuf>,
}

impl LaunchContext {
    /// The variables for the header.
    pub(super) fn named(&self) -> BTreeMap<String, String> {
        let named = self
            .env
            .iter()
            .filter(|(name, _)| NAMED.iter().any(|known| name.as_os_str() == *known));
        named.map(|(name, value)| (text(name), text(value))).collect()
    }

    /// Adds the launch's own values: the folders, the secrets of the environment, the names of this
    /// machine.
    pub(super) fn redaction(&self, mut redaction: Redaction) -> Redaction {
        for root in self.roots() {
            redaction = redaction.root(root);
        }
        for secret in secret_values(&self.env) {
            redaction = redaction.secret(secret);
        }
        host_names().into_iter().fold(redaction, Redaction::host)
    }

    fn roots(&self) -> Vec<Root> {
        let mut roots: Vec<Root> = self.cwd.iter().map(Root::cwd).collect();
        // As the host spells it, too.
        roots.extend(self.given_cwd.as_ref().and_then(|cwd| cwd.to_str()).map(Root::cwd));
        let home = self.folder("HOME");
        roots.extend(home.clone().map(Root::home));
        // If these are in the home folder, their path in it is enough.
        for (name, var, neutral) in
            [("CLAUDE_CONFIG_DIR", "config", "/home/user/.claude"), ("TMPDIR", "tmp", "/tmp")]
        {
            let folder = self
                .folder(name)
                .filter(|path| home.as_ref().is_none_or(|home| !Path::new(path).starts_with(home)));
            roots.extend(
                folder.filter(|path| path != neutral).map(|path| Root::new(var, path, neutral)),
            );
        }
        roots.dedup();
        roots
    }

    fn folder(&self, name: &str) -> Option<String> {
        let value = self.env.get(OsStr::new(name))?.to_str()?;
        Path::new(value).is_absolute().then(|| value.to_owned())
    }
}

/// The names of this machine that cannot be mistaken for an ordinary word.
fn host_names() -> Vec<String> {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    let label = name.split('.').next().unwrap_or_default().to_owned();
    let is_word = |name: &str| {
        name.bytes().all(|byte| byte.is_ascii_lowercase()) || name.starts_with("localhost")
    };
    [name, label].into_iter().filter(|name| !is_word(name)).collect()
}

fn text(text: &OsString) -> String {
    text.to_string_lossy().into_owned()
}
