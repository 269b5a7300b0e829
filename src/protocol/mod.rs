//! A state machine for turns, requests and callbacks, without I/O and without a clock.
//!
//! [`Machine::handle`] takes one [`Input`] and the time, and appends [`Output`]s, which the owner
//! of the pipes carries out. There is nothing to poll and nothing to drain: apart from the outputs
//! there is only [`Machine::deadline`], the time of the next [`Input::Tick`].
//!
//! # The connection
//!
//! ```text
//!            a command                 Opened                 reply to initialize
//!   Idle ───────────────► Opening ───────────────► Handshake ───────────────► Ready
//!    ▲   Output::Open        │ Closed                  │ Closed, refused,        │ Closed
//!    │                       ▼                         ▼ timed out               ▼
//!    └────────────────── all waiters of this connection fail ◄─────────────────┘
//!
//!   Ready ──────► Closing ──────► Idle: CloseStdin, or Terminate, and then Closed. The next prompt wants another launch, the conversation is
//!                                 forgotten, a setting could not be restored, the CLI reports why it will not start, or it exits.
//!
//!   Stop, in any state: Closing; Closed then leads to Stopped, which is final.
//! ```
//!
//! A start that fails is the failure of what it was opened for ([`Waiter`]), and of the requests
//! that wait for it. Other prompts wait for the next start; so do requests, if the launch was that
//! of one prompt.
//!
//! Prompts that were not written yet survive a lost connection: the machine opens the next
//! connection for them, with the id of the last session that the CLI confirmed, so that it can be
//! resumed. A prompt that the CLI cannot have read (the write failed, and no line named it) is
//! repeated once in the same way. If the CLI does not find the conversation whose id it confirmed,
//! the next launch resumes the previous one.
//!
//! # A turn
//!
//! ```text
//!         its switches are applied, and
//!            it is written             its result
//!   Queued ─────────────────► Running ───────────► ended with a result, and its switches are restored
//!     │   │ a switch is refused  │
//!     │   └─► fails with that     │
//!     │ abandoned                │ abandoned, or a time limit, which fails it for its reader: `interrupt` is written
//!     ▼                          ▼
//!   forgotten                 Draining ──────────► over, unreported
//!                                │ no result within the drain time
//!                                ▼
//!                             Terminate, and the turn has ended
//! ```
//!
//! One prompt is written at a time, and the next one only after the result of the previous one: the
//! CLI would merge queued prompts into one turn with one result. If the caller interrupts before
//! the turn has begun, the interrupt is repeated when the turn begins: CLI 2.1.329 acknowledges the
//! first one without effect.
//!
//! # Messages for a running turn
//!
//! [`Command::Steer`] writes a message into a turn. CLI 2.1.332 adds it to the turn when the next
//! tool call has ended. If there is none, it opens a turn for it after the result. Both belong to
//! the same [`TurnId`], which ends when its prompt and all its messages are answered or dropped.
//! Between two results the turn is like a prompt that was written and not begun.
//!
//! | the CLI writes | the message |
//! |---|---|
//! | `command_lifecycle` / `started`, while the turn runs | was added to it ([`Steered::Added`]) |
//! | the same after a result, or an `init` that names it | has a turn and a result ([`Steered::Follows`]) |
//! | `cancelled` for one that it has not taken | is lost |
//! | no line that names a prompt (before 2.1.206) | has a turn if one opens within a second after the result, and otherwise was added |
//!
//! If the turn is interrupted by the machine, its waiting messages are cancelled too.
//!
//! # Options of one turn
//!
//! A prompt may need another launch of the CLI ([`Profile`]): the running process is shut down, and
//! the next one resumes the conversation. Or it may need a [`Switch`]: control requests before the
//! prompt is written, and their opposites after the turn. If the CLI refuses a switch, the turn
//! fails with the refusal; if a switch cannot be restored, the process is ended.
//!
//! After the turn, the values from before it apply again: what the caller set (`set_model`,
//! `set_permission_mode`), otherwise the permission mode that the CLI reported, otherwise what the
//! process was launched with, if the host has said so, otherwise the restore request of the switch.
//! The machine waits for settings that the caller is changing meanwhile: the CLI processes one
//! request at a time.
//!
//! What the caller has set also survives restarts: it is sent to a new process before its first
//! prompt, in the order in which it was set. Apart from model and permission mode this covers
//! thinking, the layer of flag settings, the directory, roots of repositories, MCP servers, their
//! permission modes, paused suggestions, and whether someone watches. What the launch of a turn
//! determines itself ([`Settled`]) is left out.
//!
//! # Which turn does a line belong to?
//!
//! Each prompt carries a uuid. Newer CLIs name it in more of their lines:
//!
//! | CLI | names the prompt in |
//! |---|---|
//! | 2.1.150, 2.1.200 | no line |
//! | 2.1.206 to 2.1.243 | `command_lifecycle`: `queued`, `started`, and `completed` or `cancelled` after the result |
//! | 2.1.247 | also the model's messages and their result; not the result of a local command |
//! | 2.1.329, 2.1.332 | also the `system` / `init` that opens the turn, and every result |
//!
//! A line that names a prompt belongs to that prompt alone. A line that names another prompt, or
//! none during a turn that the CLI started itself, belongs to no turn and becomes an
//! [`Output::Event`]. If the CLI names prompts, a result that names none does not end a turn that
//! the CLI has not begun. A result that belongs to no turn while a turn waits for its own is
//! reported with an [`ConnectionEvent::Warning`].
//!
//! A CLI that names no prompts is served first in, first out. All of them open each turn with
//! `init`, and some state in a result's `origin` that it is not a prompt's. Where only later lines
//! show which turn a line belongs to, the line is held until then; `machine/doubt.rs` has the
//! rules. Lines of old CLIs are delayed by the rest of a turn that follows the report of a background
//! task, and by one second if a result came before anything else. Lines of a CLI that says that it
//! names prompts are delayed by at most a second if it opens a turn without the name of one.

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
    Answer, CallbackId, Command, Config, ConnectionEvent, Counters, Input, Output, Profile,
    QueuedPrompt, Reconnect, RequestId, Settled, Steer, SteerId, Steered, Switch, TurnEnd, TurnId,
    Waiter,
};
pub use self::machine::Machine;
#[cfg(feature = "session")]
pub(crate) use self::machine::NOT_FOUND;
pub use self::state::{EndCause, Phase};

#[cfg(test)]
mod tests;
