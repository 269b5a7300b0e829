//! What a tree learns, and what it says is to be done.

use std::time::Duration;

use crate::supervisor::policy::RestartType;

/// A child, in the order in which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::supervisor) struct ChildId(pub(in crate::supervisor) u64);

/// What a supervisor learns of its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Input {
    /// A new child. It is started after those before it, if it is one of the first.
    Add(ChildId, RestartType),
    /// A start has succeeded.
    Up(ChildId),
    /// A start has failed, or a child that was up has ended by itself.
    Down(ChildId, Class),
    /// A stop is done.
    Stopped(ChildId),
    /// It was to rest, but has work.
    Busy(ChildId),
    /// The user wants it to be restarted: does not count.
    Restart(ChildId),
    /// Another session is wanted in its place, if it is up, is being started, or is stopped to be
    /// started: does not count.
    Renew(ChildId),
    /// The user wants it to be forgotten.
    Remove(ChildId),
    /// It has been idle for long: its process is stopped.
    Rest(ChildId),
    /// One that rests is wanted.
    Wake(ChildId),
    /// The supervisor is to end.
    Shutdown,
    Tick,
}

/// Why a child is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Class {
    /// A crash, a signal or a time limit.
    Crash,
    /// An exit that was not asked for, without an error.
    Clean,
    /// It cannot start with its configuration, or is another program's: it is not tried again.
    Configuration,
    /// Someone else has its conversation or its CLI, and may be gone: it is tried again for some time.
    Owned,
    /// The API refuses its key or its login: it is started when it is wanted.
    Denied,
}

/// What the supervisor must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Output {
    Start(ChildId, Why),
    /// Several at once are in the order in which they are to be stopped.
    Stop(ChildId),
    /// Stop it unless it has work: answered by [`Input::Stopped`] or [`Input::Busy`].
    Rest(ChildId),
    /// It is down for an unknown time: what waits for it fails.
    Release(ChildId),
    /// It is gone: stopped, and not wanted any more.
    Forget(ChildId),
    Event(ChildId, Event),
    /// All children are stopped.
    Finished(End),
}

/// Why a child is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Why {
    First,
    /// After an end, with the conversation that its policy wants.
    Again,
    /// By the user: always fresh.
    ByHand,
    /// After a rest: always with its conversation.
    Woken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Event {
    Restarting(Duration),
    Quarantined(Duration),
    Failed,
    Resting,
}

/// Why the supervisor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum End {
    Shutdown,
    MaxIntensity(ChildId),
    /// One of the first children could not be started.
    StartFailed(ChildId),
}
