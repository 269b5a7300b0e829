//! Holding the conversation of a session that is exclusive.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Driver;
use crate::history::project_key;
use crate::session::error::Error;
use crate::session::events::SessionEvent;
use crate::session::lease::{Exclusive, Lease, Refused};
use crate::transport::Launch;

impl Driver {
    /// Takes the conversation that a launch resumes; a launch that may fork does so if it is taken.
    pub(super) fn hold_resumed(&mut self, id: &str, launch: &mut Launch) -> Result<(), Error> {
        if self.lease.as_ref().is_some_and(|lease| lease.session() == id) {
            return Ok(());
        }
        let Some(folder) = &self.folder else { return Ok(()) };
        match Lease::acquire(folder, id) {
            Ok(lease) => self.lease = Some(lease),
            Err(Refused::Owned(_)) if self.shared.setup.exclusive == Exclusive::Fork => {
                launch.args.push("--fork-session".into());
            }
            Err(Refused::Owned(owner)) => {
                let owner =
                    owner.map_or_else(|| "another program".to_owned(), |owner| owner.to_string());
                return Err(Error::owned(id, owner));
            }
            Err(Refused::Io(error)) => self.not_held(id, &error.to_string()),
        }
        Ok(())
    }

    /// Takes the conversation whose id the CLI has confirmed, and gives up the one before.
    pub(super) fn hold_confirmed(&mut self, id: &str) {
        if self.shared.setup.exclusive == Exclusive::Off
            || self.lease.as_ref().is_some_and(|lease| lease.session() == id)
        {
            return;
        }
        self.lease = None;
        let Some(folder) = self.folder.clone() else { return };
        match Lease::acquire(&folder, id) {
            Ok(lease) => self.lease = Some(lease),
            Err(Refused::Owned(_)) => self.not_held(id, "another session has it"),
            Err(Refused::Io(error)) => self.not_held(id, &error.to_string()),
        }
    }

    fn not_held(&self, id: &str, why: &str) {
        let text = format!(
            "the conversation {id} is not held, so that another session can resume it: {why}"
        );
        tracing::warn!("{text}");
        self.shared.publish(SessionEvent::Warning(text));
    }
}

/// The folder of the transcripts of a launch, if the CLI has its folder.
pub(super) fn transcripts(launch: &Launch) -> Option<PathBuf> {
    let env = launch.env.resolve(std::env::vars_os(), launch.cwd.as_deref());
    let variable = |name: &str| env.get(OsStr::new(name)).filter(|value| !value.is_empty());
    let config = match variable("CLAUDE_CONFIG_DIR") {
        Some(config) => PathBuf::from(config),
        None => Path::new(variable("HOME")?).join(".claude"),
    };
    let cwd = launch.cwd.clone().or_else(|| std::env::current_dir().ok())?;
    let folder = config.join("projects").join(project_key(cwd));
    // What the CLI makes with its first line is made here before it.
    (config.is_dir() && std::fs::create_dir_all(&folder).is_ok()).then_some(folder)
}
