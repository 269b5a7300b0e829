//! How a launch takes its conversation, before its CLI is started.

use std::ffi::{OsStr, OsString};
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::history::{folder_with, newest_in, project_of};
use crate::session::error::Error;
use crate::session::lease::{ENDS, Exclusive, Lease, Refused, until_free};
use crate::session::lease_owner::Owner;
use crate::session::shared::Shared;
use crate::store::{Conversation, NO_CONFIG_FOLDER, config_folder};
use crate::transport::{Launch, Transport, there};

/// How often a launch looks whether the owner has ended.
const LOOK: Duration = Duration::from_millis(50);

/// How a launch takes its conversation.
pub(super) struct Holding {
    pub(super) shared: Arc<Shared>,
    pub(super) folder: Option<PathBuf>,
    /// The conversation that the session holds already.
    pub(super) own: Option<String>,
    /// The conversation with which the launch goes on.
    pub(super) wanted: Option<Conversation>,
    /// Locked while a conversation is being taken, which is not cut short.
    pub(super) taking: Option<Arc<Mutex<()>>>,
    /// Whether the newest conversation is that of a store, which is known once it was loaded.
    pub(super) awaits_store: bool,
}

/// What a launch has of its conversation.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) lease: Option<Lease>,
    /// Another session has it, and this launch makes a copy.
    pub(super) forks: bool,
}

impl Holding {
    /// Takes the conversation before it is loaded from a store, if it is known then.
    pub(super) async fn before_store(&self) -> Result<Taken, Error> {
        if self.awaits_store { Ok(Taken::default()) } else { self.take(self.wanted.clone()).await }
    }

    /// Takes the conversation that a store had, or else the newest one on disk. A launch that
    /// makes a copy gets the argument for it.
    pub(super) async fn after_store(
        &self,
        mut taken: Taken,
        launch: &mut Launch,
    ) -> Result<Taken, Error> {
        if self.awaits_store {
            let mut args = launch.args.iter().filter_map(|arg| arg.to_str());
            let loaded = args.find_map(|arg| arg.strip_prefix("--resume="));
            let loaded = loaded.map_or(Conversation::Newest, |id| Conversation::Id(id.to_owned()));
            taken = self.take(Some(loaded)).await?;
        }
        if taken.forks {
            launch.args.push("--fork-session".into());
        }
        Ok(taken)
    }

    /// Takes the conversation; waits for one whose owner ends. What cannot be held is reported when
    /// the CLI confirms its id.
    async fn take(&self, wanted: Option<Conversation>) -> Result<Taken, Error> {
        let (Some(folder), Some(wanted)) = (&self.folder, wanted) else {
            return Ok(Taken::default());
        };
        let limit = self.shared.options().timeouts().initialize.unwrap_or(ENDS);
        let began = Instant::now();
        loop {
            let (id, owner) = match self.try_to_take(folder.clone(), wanted.clone()).await {
                Ok(lease) => return Ok(Taken { lease, forks: false }),
                Err(owned) => owned,
            };
            let waits = owner.as_deref().map_or(Duration::ZERO, until_free);
            if began.elapsed() < waits.min(limit) {
                sleep(LOOK).await;
            } else if self.shared.setup.exclusive == Exclusive::Fork {
                return Ok(Taken { lease: None, forks: true });
            } else {
                return Err(owned(&id, owner));
            }
        }
    }

    /// Takes the conversation, if there is one that can be held; or says which it is, and who has
    /// it.
    async fn try_to_take(
        &self,
        folder: PathBuf,
        wanted: Conversation,
    ) -> Result<Option<Lease>, (String, Option<Box<Owner>>)> {
        let (shared, own) = (self.shared.clone(), self.own.clone());
        let taking = match &self.taking {
            Some(taking) => Some(taking.clone().lock_owned().await),
            None => None,
        };
        let take = move || {
            let id = match wanted {
                Conversation::Id(id) => Some(id),
                Conversation::Newest => newest_in(&folder),
            };
            let Some(id) = id.filter(|id| own.as_ref() != Some(id)) else { return Ok(None) };
            match acquire(&shared, &folder_with(&folder, &id), &id) {
                Ok(lease) => Ok(Some(lease)),
                Err(Refused::Owned(owner)) => Err((id, owner)),
                Err(Refused::Io(_)) => Ok(None),
            }
        };
        // It reads the ends of transcripts. If this launch is given up meanwhile, what was taken is
        // dropped first, and then the lock.
        let taken = tokio::task::spawn_blocking(move || (take(), taking)).await;
        taken.map_or(Ok(None), |(taken, _)| taken)
    }
}

/// Whether a launch goes on with a conversation, and not with a copy of it: also if an extra argument
/// says so.
pub(super) fn goes_on(args: &[OsString]) -> bool {
    let names = |arg: &OsString| {
        arg.to_str().is_some_and(|arg| arg == "--continue" || arg.starts_with("--resume"))
    };
    args.iter().any(names) && !args.iter().any(|arg| arg == "--fork-session")
}

pub(super) fn acquire(shared: &Arc<Shared>, folder: &Path, id: &str) -> Result<Lease, Refused> {
    let shared = shared.clone();
    Lease::acquire(folder, id, move |text| shared.warn("conversation_not_held", text))
}

pub(super) fn owned(id: &str, owner: Option<Box<Owner>>) -> Error {
    match owner {
        Some(owner) => Error::owned(id, &owner, owner.is_alive(&Owner::this()) == Some(true)),
        None => Error::owned(id, "another program", false),
    }
}

/// The folder for the new transcripts of a launch, or why there is none. What a launch goes on with
/// may be in [another one](folder_with).
///
/// What the CLI makes with its first line is made here before it, as it makes it: in the first run
/// of a container there is nothing yet.
pub(super) fn transcripts(transport: &dyn Transport, launch: &Launch) -> Result<PathBuf, String> {
    let (env, map) = (transport.environment(launch), transport.path_map());
    let config = config_folder(&env, map).ok_or(NO_CONFIG_FOLDER)?;
    let cwd = launch.cwd.clone().map_or_else(std::env::current_dir, Ok);
    let cwd = cwd.map_err(|error| format!("the working directory is not known: {error}"))?;
    let key = project_of(there(map, &cwd), |name| env.get(OsStr::new(name)).cloned());
    let folder = config.join("projects").join(key);
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.recursive(true).create(&folder);
    made.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_say_whether_a_conversation_is_new() {
        for (args, expected) in [
            (&["--print"][..], false),
            (&["--continue"], true),
            (&["--resume=a title"], true),
            (&["--resume", "a title"], true),
            (&["--continue", "--fork-session"], false),
            (&["--resume=x", "--fork-session"], false),
            (&["--session-id=x"], false),
        ] {
            let args: Vec<_> = args.iter().map(OsString::from).collect();
            assert_eq!(goes_on(&args), expected, "{args:?}");
        }
    }
}
