//! Turns, requests and callbacks as a machine without I/O and without a clock.
//!
//! [`Machine::handle`] takes one [`Input`] and the time, and appends [`Output`]s; whoever owns the pipes carries them out. There is nothing
//! to poll and nothing to drain: a call leaves nothing behind but [`Machine::deadline`], the time of the next [`Input::Tick`].
//!
//! # The connection
//!
//! ```text
//!            a command                 Opened                 reply to initialize
//!   Idle ───────────────► Opening ───────────────► Handshake ───────────────► Ready
//!    ▲   Output::Open        │ Closed                  │ Closed, refused,        │ Closed
//!    │                       ▼                         ▼ timed out               ▼
//!    └────────────────── every waiter of this connection is told ◄───────────────┘
//!
//!   Ready ──────► Closing ──────► Idle: CloseStdin, or Terminate, and then Closed. The next prompt wants another launch, the conversation is
//!                                 forgotten, a setting could not be taken back, the CLI says why it will not start, or it leaves.
//!
//!   Stop, from anywhere: Closing for good, and Closed then leads to Stopped, which is final.
//! ```
//!
//! Prompts that were not written yet survive a lost connection: the machine opens the next one for them, with the id of the last session
//! that the CLI confirmed, so that it can be resumed. So does, once, a prompt that the CLI cannot have read: the write broke off, and no line
//! named it. Where the CLI does not find the conversation whose id it had confirmed, the next launch goes back to the one before it.
//!
//! # A turn
//!
//! ```text
//!         its switches are made, and
//!            it is written             its result
//!   Queued ─────────────────► Running ───────────► ended with a result, and its switches are taken back
//!     │   │ a switch is refused  │
//!     │   └─► ended with that    │
//!     │ abandoned                │ abandoned, or a time limit, which ends it for its reader: `interrupt` is written
//!     ▼                          ▼
//!   forgotten                 Draining ──────────► over, in silence
//!                                │ no result within the drain time
//!                                ▼
//!                             Terminate, and the turn has ended
//! ```
//!
//! One prompt is written at a time, and the next one only after the result of the one before: the CLI would merge prompts that wait into one
//! turn with one result. An interrupt of the caller's that comes before the turn has begun is repeated when it begins: CLI 2.1.329
//! acknowledges it and goes on.
//!
//! # Options of one turn
//!
//! A prompt may ask for another launch of the CLI ([`Profile`]): the process that runs is ended in order, and the conversation resumed in the
//! next one. Or it may ask for a [`Switch`]: control requests before the prompt is written, and their opposites after the turn. A switch
//! that the CLI refuses ends the turn with the refusal; one that cannot be taken back ends the process.
//!
//! What comes back after the turn is what was in force before it: what the caller has set (`set_model`, `set_permission_mode`), or the
//! permission mode that the CLI has named, and only then what the switch has for it. What the caller is just setting is waited for: the CLI
//! takes one request after the other.
//!
//! What the caller has set holds over restarts, too: a new process is told of it before its first prompt, in the order in which it was set.
//! Beside model and permission mode that is thinking, the layer of flag settings, the directory, roots of repositories, MCP servers, their
//! permission modes, and paused suggestions. What the launch of a turn settles itself ([`Settled`]) is left out.
//!
//! # Which turn does a line belong to?
//!
//! Each prompt carries a uuid. How much of it a CLI gives back has grown:
//!
//! | CLI | names the prompt in |
//! |---|---|
//! | 2.1.150, 2.1.200 | no line |
//! | 2.1.206 to 2.1.243 | `command_lifecycle`: `queued`, `started`, and `completed` or `cancelled` after the result |
//! | 2.1.247 | also the model's messages and their result; not the result of a local command |
//! | 2.1.329, 2.1.332 | also the `system` / `init` that opens the turn, and every result |
//!
//! A line that names a prompt belongs to that prompt alone. A line that names another one, or none while a turn runs that the CLI started by
//! itself, belongs to no turn and becomes an [`Output::Event`]. A result that names no prompt ends no turn that a CLI which names prompts has
//! not begun. A result that belongs to no turn while a turn waits for its own comes with an [`Event::Warning`].
//!
//! A CLI that names nothing is served first-in-first-out. All of them open each turn with `init`, and some say in a result's `origin` that it is
//! not a prompt's. So a line is kept back where only what follows shows whose it is; `machine/doubt.rs` has the rules. That delays lines of
//! old CLIs only: by the rest of a turn that follows the report of a background task, and by a second where a result came before anything
//! else.

mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod io;
mod machine;
mod needs;
mod requests;
mod route;
mod state;
mod turns;
mod work;

pub use self::failure::{Failure, Refusal};
#[cfg(feature = "session")]
pub(crate) use self::io::DEFAULT_DRAIN_TIMEOUT;
pub use self::io::{
    Answer, CallbackId, Command, Config, Counters, Event, Input, Output, Profile, Prompt,
    RequestId, Settled, Switch, TurnEnd, TurnId,
};
pub use self::machine::Machine;
#[cfg(feature = "session")]
pub(crate) use self::machine::NOT_FOUND;
pub use self::state::{EndCause, Phase};

#[cfg(test)]
mod tests;
