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
}

/// Routes one message. `foreign`: is the CLI inside a turn that it started by itself? `echoes`: has this CLI been seen to echo uuids?
pub(super) fn route(
    frame: &Frame,
    current: Option<&Current>,
    foreign: bool,
    echoes: bool,
) -> Route {
    let opens = frame.kind() == FrameKind::System && frame.subtype().as_deref() == Some("init");
    let closes = frame.ends_turn();
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
            _ if ours && opens => Route::Start,
            FrameKind::CommandLifecycle if ours => lifecycle(frame),
            _ if ours => Route::Turn,
            _ if closes => Route::ForeignResult,
            _ if opens => Route::ForeignStart,
            _ => Route::Nobody,
        };
    }
    if opens {
        // A CLI that has echoed this prompt, or others before, names it when its turn begins.
        let of_its_own = !current.started && (current.echoed || echoes);
        return if of_its_own { Route::ForeignStart } else { Route::Start };
    }
    if closes {
        return if foreign || is_of_its_own(frame) { Route::ForeignResult } else { Route::Result };
    }
    // Before a turn has begun, what names no prompt is the tail of what came before, where the CLI would name it.
    if foreign || (!current.started && echoes) { Route::Nobody } else { Route::Turn }
}

fn lifecycle(frame: &Frame) -> Route {
    match frame.field("state").as_ref().and_then(|state| state.as_str()).as_deref() {
        Some("started") => Route::Start,
        Some("cancelled") => Route::Withdrawn,
        _ => Route::Turn,
    }
}

/// Does the result say that no prompt of a host has caused it?
fn is_of_its_own(frame: &Frame) -> bool {
    let kind = frame.field("origin").and_then(|origin| origin.pointer("/kind"));
    kind.as_ref().and_then(|kind| kind.as_str()).is_some_and(|kind| kind != "human")
}
