//! Lines whose turn only later lines reveal.
//!
//! | held | belongs to the turn | belongs to no turn |
//! |---|---|---|
//! | a turn opened by an old CLI after it reported the end of a background task | its result has no origin | its result has one |
//! | a turn opened without the name of a prompt by a CLI that says it writes `command_lifecycle` | no prompt is named within a second of its opening or its result, or the model's messages name it | the CLI reports that the prompt waits or starts, or opens another turn |
//! | a result that comes before the turn has been opened | no turn is opened within a second | the CLI opens a turn |
//! | a result without a model request, in a turn without model output | no turn is opened within a second, or another task is reported first | the CLI opens a turn |
//! | a result that names no prompt, from a CLI that names them | the CLI reports that it is done with the prompt, or exits | the model speaks, or a line names the prompt |
//!
//! CLI 2.1.247 leaves the name out of the results of local commands, which is why the last row is
//! needed. CLI 2.1.332 opens such a turn as the second row has by itself, for the `initialPrompt` of
//! an agent, perhaps before it has read the first prompt. A CLI that names no prompt although it
//! says so costs a second once for each connection.

use std::time::{Duration, Instant};

use super::Machine;
use crate::protocol::io::Output;
use crate::protocol::route::{has_done_nothing, is_over, is_task_end, route};
use crate::protocol::turns::{Current, Route};
use crate::wire::{Frame, FrameKind};

/// The maximum time for the CLI to open the turn of a prompt that it has; 2.1.332 takes 30 to 80
/// ms.
pub(super) const OPENS_WITHIN: Duration = Duration::from_secs(1);
/// The maximum number of bytes to hold. Anything beyond that belongs to the turn.
const LIMIT: usize = 16 * 1024 * 1024;

/// The lines held.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    lines: Vec<Frame>,
    bytes: usize,
    has_result: bool,
    said: bool,
    /// Whether the CLI says that it names prompts, and has named none.
    unnamed: bool,
    /// Whether the end of a task was reported since the result.
    reported: bool,
    /// When the lines go to the turn if nothing else has come.
    until: Option<Instant>,
}

/// Where the lines belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The turn's.
    Ours,
    /// No turn's.
    Theirs,
}

impl Doubt {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until
    }

    pub(super) fn is_settled(&self) -> bool {
        self.lines.is_empty()
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn lines(&self) -> impl Iterator<Item = &Frame> {
        self.lines.iter()
    }

    pub(super) fn release_room(&mut self) {
        self.lines.shrink_to_fit();
    }

    fn keep(&mut self, frame: Frame) {
        self.bytes += frame.bytes().len();
        self.said |= frame.speaks();
        self.reported |= self.has_result && is_task_end(&frame);
        self.has_result |= frame.ends_turn();
        self.unnamed |= frame.opens_turn() && frame.declares_lifecycle();
        self.lines.push(frame);
    }
}

impl Machine {
    /// Holds a line.
    pub(super) fn doubt(&mut self, now: Instant, frame: Frame, out: &mut Vec<Output>) {
        let closes = frame.ends_turn();
        let opens = frame.opens_turn();
        let names = self.habits.names_in_init;
        if closes && names {
            out.push(Output::warning(
                "stray_result",
                format!("{}: it is kept until the CLI goes on", self.stray(&frame)),
            ));
        }
        if opens && let Some(current) = &mut self.current {
            // The result of the turn shows whether it is for the messages that wait.
            current.opens_until = None;
        }
        let doubt = &mut self.doubt;
        doubt.keep(frame);
        if closes && !names || opens && doubt.unnamed {
            doubt.until = now.checked_add(OPENS_WITHIN);
        }
        if doubt.bytes > LIMIT {
            self.settle(now, Whose::Ours, out);
        }
    }

    /// Checks a message against the held lines, which it may settle. Returns the message if it is
    /// still to be routed.
    pub(super) fn weigh(
        &mut self,
        now: Instant,
        frame: Frame,
        out: &mut Vec<Output>,
    ) -> Option<Frame> {
        let Some(current) = self.current.as_ref().filter(|_| !self.doubt.lines.is_empty()) else {
            return Some(frame);
        };
        let (started, has_result) = (current.started, self.doubt.has_result);
        // What becomes of another message for the turn, or of a prompt that is answered, says nothing
        // about the held lines.
        if frame.kind() == FrameKind::CommandLifecycle
            && current.is_named_by(&frame)
            && !current.is_at_work_on(&frame)
        {
            return Some(frame);
        }
        let whose = if frame.names_prompts() {
            match (current.is_named_by(&frame), frame.kind()) {
                (true, FrameKind::CommandLifecycle) if has_result && is_over(&frame) => {
                    Some(Whose::Ours)
                }
                (true, FrameKind::CommandLifecycle) => Some(Whose::Theirs),
                (true, _) if has_result || frame.opens_turn() => Some(Whose::Theirs),
                (true, _) => Some(Whose::Ours),
                // The CLI names prompts and has not begun this one.
                (false, _) => (!started).then_some(Whose::Theirs),
            }
        } else if frame.ends_turn() && (!has_result || !frame.is_unprompted()) {
            if has_result {
                Some(Whose::Theirs)
            } else {
                return self.weigh_result(now, frame, out);
            }
        } else if has_result && frame.opens_turn() {
            let unprompted = self.doubt.reported || (started && self.habits.names);
            Some(if unprompted { Whose::Ours } else { Whose::Theirs })
        } else if has_result && frame.speaks() {
            Some(Whose::Theirs)
        } else if frame.ends_turn() {
            None
        } else {
            self.habits.note(&frame, started);
            self.doubt(now, frame, out);
            return None;
        };
        if let Some(whose) = whose {
            self.settle(now, whose, out);
        }
        Some(frame)
    }

    /// The first result after lines were held.
    fn weigh_result(&mut self, now: Instant, frame: Frame, out: &mut Vec<Output>) -> Option<Frame> {
        let unprompted = frame.is_unprompted();
        let empty = !self.doubt.said && has_done_nothing(&frame);
        self.doubt(now, frame, out);
        if unprompted {
            self.settle(now, Whose::Theirs, out);
        } else if !empty && !self.doubt.unnamed {
            self.settle(now, Whose::Ours, out);
        }
        None
    }

    /// Releases the held lines.
    pub(super) fn settle(&mut self, now: Instant, whose: Whose, out: &mut Vec<Output>) {
        let Doubt { lines, until, has_result, unnamed, .. } = std::mem::take(&mut self.doubt);
        self.habits.mute |= unnamed && whose == Whose::Ours;
        if whose == Whose::Ours && has_result {
            // The turn has begun and ended: there is nothing left to interrupt.
            self.current.iter_mut().for_each(|current| current.started = true);
        }
        if whose == Whose::Theirs && !has_result && !lines.is_empty() {
            self.habits.foreign = true;
        }
        let mut over = false;
        for frame in lines {
            let closes = frame.ends_turn();
            let route = match whose {
                Whose::Ours if closes => Route::Result,
                Whose::Ours if frame.opens_turn() && has_result => Route::Began,
                Whose::Ours if frame.opens_turn() => Route::Start,
                Whose::Ours => Route::Turn,
                Whose::Theirs if over => route(&frame, self.current.as_deref(), &self.habits),
                Whose::Theirs => Route::NoTurn,
            };
            if closes
                && whose == Whose::Theirs
                && until.is_some()
                && !unnamed
                && !frame.is_unprompted()
            {
                out.push(Output::warning(
                    "stray_result",
                    format!("{}: it belongs to no turn", self.stray(&frame)),
                ));
            }
            over |= closes;
            self.dispatch(now, route, frame, out);
        }
        if whose == Whose::Theirs {
            self.expect_turn(now);
        }
    }

    /// Returns the warning about a result that came while the turn waits for another.
    pub(super) fn stray(&self, frame: &Frame) -> String {
        let waiting = self.current.as_deref().map(Current::uuid).unwrap_or_default();
        let which = match frame.named_prompt() {
            Some(named) => format!("a result for another prompt ({named}) came"),
            None => "a result that names no prompt came".to_owned(),
        };
        format!("{which} while the turn of prompt {waiting} waits for its own")
    }
}
