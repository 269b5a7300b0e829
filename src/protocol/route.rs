//! To whom a message belongs.

use super::turns::Current;
use crate::wire::{Frame, FrameKind};

/// To whom a message belongs, and what it means for the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// To the turn that runs.
    Turn,
    /// To the turn that runs; with this line the CLI begins with it.
    Start,
    /// To the turn that runs, as its result.
    Result,
    /// To the turn that runs: the CLI has dropped its prompt.
    Withdrawn,
    /// To no turn.
    Nobody,
    /// To no turn: the CLI begins a turn of its own.
    ForeignStart,
    /// To no turn: the CLI ends a turn of its own.
    ForeignResult,
    /// To no turn: a result that is not that of the turn that waits for one.
    Stray,
    /// Open: what follows says whether it belongs to the turn that runs.
    Doubtful,
}

/// What the CLI of a connection has shown of its dialect, and of what it does.
#[derive(Debug, Default)]
pub(super) struct Habits {
    /// Is it inside a turn that it started by itself?
    pub(super) foreign: bool,
    /// Has it named a prompt?
    pub(super) names: bool,
    /// Has it named one in a result? Then it may still leave the name out for a local command.
    pub(super) names_in_results: bool,
    /// Has it named one in the line that opens a turn? Then it leaves no name out.
    pub(super) names_in_init: bool,
    /// Does it open a turn with `system` / `init`?
    pub(super) opens: bool,
    /// Has it reported the end of a background task since it last opened a turn? Then it may open one by itself.
    pub(super) reported: bool,
}

impl Habits {
    /// Takes down what a message shows. `in_turn`: is the CLI inside the turn that runs?
    pub(super) fn note(&mut self, frame: &Frame, in_turn: bool) {
        let (opens, named) = (frame.opens_turn(), frame.names_prompts());
        self.names |= named;
        self.names_in_results |= named && frame.ends_turn();
        self.names_in_init |= named && opens;
        if opens {
            (self.opens, self.reported) = (true, false);
        } else if is_task_end(frame) {
            // A command in the foreground reports its end as well, without a file, and within the turn.
            self.reported |= !in_turn || has_output_file(frame);
        }
    }
}

/// Routes one message.
pub(super) fn route(frame: &Frame, current: Option<&Current>, habits: &Habits) -> Route {
    let (opens, closes) = (frame.opens_turn(), frame.ends_turn());
    let Some(current) = current else {
        return match (opens, closes) {
            (true, _) => Route::ForeignStart,
            (_, true) => Route::ForeignResult,
            _ => Route::Nobody,
        };
    };
    if frame.names_prompts() {
        let ours = frame.answers(&current.uuid);
        return match frame.kind() {
            _ if ours && closes => Route::Result,
            FrameKind::CommandLifecycle if ours => lifecycle(frame),
            _ if ours && (opens || !current.started) => Route::Start,
            _ if ours => Route::Turn,
            _ if closes => Route::Stray,
            _ if opens => Route::ForeignStart,
            _ => Route::Nobody,
        };
    }
    if opens {
        return match current.started {
            true => Route::Start,
            // A CLI that has named this prompt, or others before, names it when its turn begins.
            false if habits.names => Route::ForeignStart,
            false if habits.reported => Route::Doubtful,
            false => Route::Start,
        };
    }
    if closes {
        let in_results = habits.names_in_results || habits.names_in_init;
        return match (current.started, habits.names) {
            // It names prompts in `command_lifecycle` alone, and has said that it is with this one.
            (true, true) if !in_results => Route::Result,
            _ if habits.foreign || frame.is_unprompted() => Route::ForeignResult,
            (false, true) => Route::Stray,
            (true, true) => Route::Doubtful,
            (false, false) if habits.opens => Route::Doubtful,
            (_, false) if !current.said && has_done_nothing(frame) => Route::Doubtful,
            _ => Route::Result,
        };
    }
    // Before a turn has begun, what names no prompt is the tail of what came before, where the CLI would name it.
    if habits.foreign || (!current.started && habits.names) { Route::Nobody } else { Route::Turn }
}

fn lifecycle(frame: &Frame) -> Route {
    match state(frame).as_deref() {
        Some("started") => Route::Start,
        Some("cancelled") => Route::Withdrawn,
        _ => Route::Turn,
    }
}

/// Does the CLI say that it is done with a prompt, one way or another?
pub(super) fn is_over(frame: &Frame) -> bool {
    matches!(state(frame).as_deref(), Some("completed" | "cancelled"))
}

/// Does a result say that no request was made of the model?
pub(super) fn has_done_nothing(result: &Frame) -> bool {
    result.field("num_turns").is_some_and(|turns| turns.as_bytes() == b"0")
}

/// Does it report the end of a task?
pub(super) fn is_task_end(frame: &Frame) -> bool {
    frame.kind() == FrameKind::System && frame.subtype().as_deref() == Some("task_notification")
}

fn has_output_file(frame: &Frame) -> bool {
    let file = frame.field("output_file");
    file.and_then(|file| Some(!file.as_str()?.is_empty())).unwrap_or_default()
}

fn state(frame: &Frame) -> Option<String> {
    frame.field("state")?.as_str().map(String::from)
}
