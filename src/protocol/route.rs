//! Decides which turn a message belongs to.

use super::turns::{Current, Route};
use crate::wire::{Frame, FrameKind};

/// What the CLI of a connection has shown of its dialect and its state.
#[derive(Debug, Default)]
pub(super) struct Habits {
    /// Whether it is inside a turn that it started itself.
    pub(super) foreign: bool,
    /// Whether it has named a prompt.
    pub(super) names: bool,
    /// Whether it has named a prompt in a result. It may still omit the name for a local command.
    pub(super) names_in_results: bool,
    /// Whether it has named a prompt in the line that opens a turn. Then it always names them.
    pub(super) names_in_init: bool,
    /// Whether it opens a turn with `system` / `init`.
    pub(super) opens: bool,
    /// Whether it has named no prompt within the time limit, although it says that it does.
    pub(super) mute: bool,
    /// Whether it has reported the end of a background task since it last opened a turn. Then it
    /// may open one itself.
    pub(super) reported: bool,
}

impl Habits {
    /// Records what a message shows. `in_turn`: whether the CLI is inside the running turn.
    pub(super) fn note(&mut self, frame: &Frame, in_turn: bool) {
        let (opens, named) = (frame.opens_turn(), frame.names_prompts());
        self.names |= named;
        self.names_in_results |= named && frame.ends_turn();
        self.names_in_init |= named && opens;
        if opens {
            (self.opens, self.reported) = (true, false);
        } else if is_task_end(frame) {
            // A foreground command also reports its end, but without a file and within the turn.
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
            _ => Route::NoTurn,
        };
    };
    if frame.names_prompts() {
        let awaited = current.is_awaited_by(frame);
        return match frame.kind() {
            _ if awaited && closes => Route::Result,
            FrameKind::CommandLifecycle if awaited => lifecycle(frame, current),
            _ if awaited && (opens || !current.started) => Route::Start,
            _ if awaited || current.is_named_by(frame) => Route::Turn,
            _ if closes => Route::Stray,
            _ if opens => Route::ForeignStart,
            _ => Route::NoTurn,
        };
    }
    if opens {
        return match current.started {
            true => Route::Start,
            // A CLI that has named this prompt, or earlier ones, names it when its turn begins.
            false if habits.names => Route::ForeignStart,
            false if habits.reported => Route::Doubtful,
            false if !habits.mute && frame.declares_lifecycle() => Route::Doubtful,
            false => Route::Start,
        };
    }
    if closes {
        let in_results = habits.names_in_results || habits.names_in_init;
        return match (current.started, habits.names) {
            // It names prompts only in `command_lifecycle`, and has reported that this one started.
            (true, true) if !in_results => Route::Result,
            _ if habits.foreign || frame.is_unprompted() => Route::ForeignResult,
            (false, true) => Route::Stray,
            (true, true) => Route::Doubtful,
            (false, false) if habits.opens => Route::Doubtful,
            (_, false) if !current.said && has_done_nothing(frame) => Route::Doubtful,
            _ => Route::Result,
        };
    }
    // If the CLI names prompts, a line without a name before the turn has begun belongs to what
    // came before.
    if habits.foreign || (!current.started && habits.names) { Route::NoTurn } else { Route::Turn }
}

fn lifecycle(frame: &Frame, current: &Current) -> Route {
    let of_a_message = current.is_of_a_message(frame);
    match state(frame).as_deref() {
        Some("started") if of_a_message && current.started => Route::Added,
        Some("started") => Route::Start,
        Some("queued") if !of_a_message && current.started && !current.echoed => Route::NotBegun,
        Some("completed") if of_a_message || current.asks_nothing() => Route::MessageOver,
        Some("cancelled") => Route::Withdrawn,
        _ => Route::Turn,
    }
}

/// Whether the CLI reports that it is done with a prompt, completed or not.
pub(super) fn is_over(frame: &Frame) -> bool {
    matches!(state(frame).as_deref(), Some("completed" | "cancelled"))
}

/// Whether a result says that no request was made to the model.
pub(super) fn has_done_nothing(result: &Frame) -> bool {
    result.field("num_turns").is_some_and(|turns| turns.as_bytes() == b"0")
}

/// Whether the frame reports the end of a task.
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
