//! Playing an entry's host.

use claude_wire::transport::Transport;

use super::entry::{Entry, Host};
use super::leash::Leash;
use super::log::Log;
use super::world::World;
use super::{session, streams};

/// Does what the entry's host does, before whatever `transport` leads to, until all its processes have ended. What it is told goes to `log`.
///
/// # Errors
/// When a step cannot be done, or the log lacks something that the host was told. That the CLI says or does something else is none: that is for the log.
pub(crate) async fn act(
    entry: &Entry,
    transport: impl Transport,
    world: &World<'_>,
    log: &Log,
) -> Result<(), String> {
    let leash = Leash::new(transport);
    match &entry.host {
        Host::Session(options, steps) => {
            session::act(entry, options, steps, leash, world, log).await?
        }
        Host::Streams(args, steps) => streams::act(entry, args, steps, leash, world, log).await?,
    }
    log.is_whole()
}
