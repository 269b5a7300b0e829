//! The queue of prompts and the running turn.

use std::time::{Duration, Instant};

use super::failure::Failure;
use super::io::{QueuedPrompt, Steer, SteerId, Steered, TurnEnd, TurnId};
use super::work::{Work, retry_delay};
use crate::wire::Frame;

/// The turn whose prompt has been written and whose result has not come.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) turn: TurnId,
    /// What was written for it: the prompt, then the messages that steer it.
    pub(super) written: Vec<Written>,
    /// Whether the CLI takes their content verbatim.
    pub(super) verbatim: bool,
    /// How it ends if nothing more comes: set by each result that leaves a message unanswered.
    pub(super) so_far: Option<TurnEnd>,
    /// When the messages of a CLI that names none count as answered, if no turn has opened.
    pub(super) opens_until: Option<Instant>,
    /// The prompt, until the CLI shows that it has received it.
    pub(super) prompt: Option<Box<QueuedPrompt>>,
    /// Whether the CLI has begun it: shown by the echo, or by the first `system/init` of a CLI that
    /// echoes nothing.
    pub(super) started: bool,
    /// Whether the CLI has named its uuid.
    pub(super) echoed: bool,
    /// Whether the model has produced output since the CLI began it.
    pub(super) said: bool,
    /// Whether the caller has interrupted it.
    pub(super) interrupted: bool,
    /// Whether the caller has interrupted it after it had begun.
    pub(super) asked_to_end: bool,
    /// Whether it has ended for its reader, who is gone or whose limit was exceeded.
    pub(super) abandoned: bool,
    /// Whether the CLI was asked to end it.
    draining: bool,
    /// When to give up on the CLI once the turn drains; `None` if there is no limit.
    drain_until: Option<Instant>,
    limit: Option<(Duration, Instant)>,
    idle: Option<(Duration, Instant)>,
    /// Work during which the CLI may be silent; used only if there is an idle limit.
    work: Work,
}

/// A line that was written for a turn.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) uuid: String,
    pub(super) stage: Stage,
    /// Whether it asks for no answer, so that no result may come.
    pub(super) asks_nothing: bool,
    /// The message, unless it is the prompt of the turn.
    pub(super) steer: Option<Steer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The CLI has not taken it.
    Waiting,
    /// The CLI has opened a turn for it.
    Begun,
    /// The CLI has added it to a running turn.
    Added,
    /// It is answered, or the CLI has dropped it.
    Over,
}

impl Written {
    fn prompt(prompt: &QueuedPrompt) -> Self {
        let asks_nothing = prompt.fields.should_query == Some(false);
        Self { uuid: prompt.uuid.clone(), stage: Stage::Waiting, asks_nothing, steer: None }
    }

    pub(super) fn steer(steer: Steer) -> Self {
        let asks_nothing = steer.fields.should_query == Some(false);
        Self { uuid: steer.uuid.clone(), stage: Stage::Waiting, asks_nothing, steer: Some(steer) }
    }

    /// Enters the next stage; returns what to report.
    pub(super) fn enter(&mut self, stage: Stage) -> Option<(SteerId, Steered)> {
        let was_waiting = std::mem::replace(&mut self.stage, stage) == Stage::Waiting;
        let steered = match stage {
            _ if !was_waiting => return None,
            Stage::Waiting => return None,
            Stage::Begun => Steered::Follows,
            Stage::Added | Stage::Over => Steered::Added,
        };
        Some((self.steer.as_ref()?.id, steered))
    }

    /// The CLI will not take it; returns what to report.
    pub(super) fn lose(&mut self, failure: Failure) -> Option<(SteerId, Steered)> {
        let was_waiting = std::mem::replace(&mut self.stage, Stage::Over) == Stage::Waiting;
        let steer = self.steer.as_ref().filter(|_| was_waiting)?;
        Some((steer.id, Steered::Lost(failure)))
    }
}

impl Current {
    /// The uuid of its prompt.
    pub(super) fn uuid(&self) -> &str {
        self.written.first().map_or("", |prompt| &prompt.uuid)
    }

    /// Whether its prompt asks for no answer.
    pub(super) fn asks_nothing(&self) -> bool {
        self.written.first().is_some_and(|prompt| prompt.asks_nothing)
    }

    /// Whether the frame names its prompt or one of its messages.
    pub(super) fn is_named_by(&self, frame: &Frame) -> bool {
        self.written.iter().any(|written| frame.answers(&written.uuid))
    }

    /// The same, if that is not over.
    pub(super) fn is_awaited_by(&self, frame: &Frame) -> bool {
        self.written
            .iter()
            .any(|written| written.stage != Stage::Over && frame.answers(&written.uuid))
    }

    /// Whether the frame names one of its messages, and not its prompt.
    pub(super) fn is_of_a_message(&self, frame: &Frame) -> bool {
        !frame.answers(self.uuid()) && self.is_named_by(frame)
    }

    /// Whether the frame names what the CLI has opened a turn for, or will: the prompt, or a message.
    pub(super) fn is_at_work_on(&self, frame: &Frame) -> bool {
        let is_at_work = |written: &&Written| match written.stage {
            Stage::Waiting => written.steer.is_none(),
            Stage::Begun => true,
            Stage::Added | Stage::Over => false,
        };
        self.written.iter().filter(is_at_work).any(|written| frame.answers(&written.uuid))
    }

    /// Whether the CLI has not taken one of its messages.
    pub(super) fn has_waiting_messages(&self) -> bool {
        self.written
            .iter()
            .any(|written| written.steer.is_some() && written.stage == Stage::Waiting)
    }

    /// Whether everything that was written for it is over.
    pub(super) fn is_over(&self) -> bool {
        self.written.iter().all(|written| written.stage == Stage::Over)
    }

    /// Notes what a line of the turn means for the prompt and the messages; returns what to report.
    pub(super) fn note(&mut self, route: Route, frame: &Frame) -> Vec<(SteerId, Steered)> {
        if route == Route::Turn {
            return Vec::new();
        }
        let names = frame.names_prompts();
        // A CLI that names none begins the prompt alone, and later all messages together.
        let prompt_waits = self.written.first().is_some_and(|it| it.stage == Stage::Waiting);
        if route == Route::NotBegun {
            self.not_begun();
            return Vec::new();
        }
        let step = |written: &mut Written| {
            let is_prompt = written.steer.is_none();
            let named = frame.answers(&written.uuid);
            match (route, written.stage) {
                (_, Stage::Over) => None,
                (Route::Start | Route::Began, Stage::Waiting)
                    if named || (!names && is_prompt == prompt_waits) =>
                {
                    written.enter(Stage::Begun)
                }
                (Route::Added, Stage::Waiting) if named => written.enter(Stage::Added),
                // A turn that was opened for it ends with its result, if it asks for an answer.
                (Route::MessageOver, stage)
                    if named && (stage != Stage::Begun || written.asks_nothing) =>
                {
                    written.enter(Stage::Over)
                }
                (Route::Withdrawn, _) if named => written.lose(Failure::Withdrawn),
                (Route::Result, Stage::Waiting) if named || (is_prompt && !names) => {
                    written.enter(Stage::Over)
                }
                (Route::Result, Stage::Begun | Stage::Added) => written.enter(Stage::Over),
                _ => None,
            }
        };
        self.written.iter_mut().filter_map(step).collect()
    }

    /// The turn that the CLI has opened is not this one.
    fn not_begun(&mut self) {
        for prompt in self.written.iter_mut().filter(|written| written.steer.is_none()) {
            prompt.stage = Stage::Waiting;
        }
        // The caller's interrupt was for this turn, and is repeated when it begins.
        self.interrupted |= self.asked_to_end;
        (self.started, self.said, self.asked_to_end) = (false, false, false);
        self.work = Work::default();
    }

    /// A result has come, and messages are left: it goes on like a prompt that was just written.
    pub(super) fn go_on(&mut self, so_far: TurnEnd) {
        self.so_far = Some(so_far);
        (self.started, self.said) = (false, false);
        (self.interrupted, self.asked_to_end) = (false, false);
        self.work = Work::default();
    }

    pub(super) fn new(prompt: QueuedPrompt, now: Instant) -> Self {
        let QueuedPrompt { turn, timeout, idle_timeout, .. } = prompt;
        Self {
            verbatim: prompt.verbatim,
            limit: timeout.and_then(|limit| Some((limit, now.checked_add(limit)?))),
            idle: idle_timeout.map(|limit| (limit, now)),
            ..Self::of(turn, Written::prompt(&prompt), Some(Box::new(prompt)))
        }
    }

    /// A turn whose prompt another host has written.
    pub(super) fn found(turn: TurnId, uuid: String) -> Self {
        let prompt = Written { uuid, stage: Stage::Waiting, asks_nothing: false, steer: None };
        Self::of(turn, prompt, None)
    }

    fn of(turn: TurnId, written: Written, prompt: Option<Box<QueuedPrompt>>) -> Self {
        Self {
            turn,
            written: vec![written],
            verbatim: false,
            so_far: None,
            opens_until: None,
            prompt,
            started: false,
            echoed: false,
            said: false,
            interrupted: false,
            asked_to_end: false,
            abandoned: false,
            draining: false,
            drain_until: None,
            limit: None,
            idle: None,
            work: Work::default(),
        }
    }

    /// The CLI is asked to end it within `limit`.
    pub(super) fn drain(&mut self, now: Instant, limit: Duration) {
        self.draining = true;
        self.drain_until = now.checked_add(limit);
    }

    /// Whether the CLI ends it because of the host.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted || self.asked_to_end || self.draining
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining
    }

    /// Whether the time for the CLI to end it has run out.
    pub(super) fn is_drained(&self, now: Instant) -> bool {
        self.drain_until.is_some_and(|until| until <= now)
    }

    /// The CLI has written something.
    pub(super) fn touch(&mut self, now: Instant) {
        if let Some((_, since)) = &mut self.idle {
            *since = now;
        }
    }

    /// The CLI has written this frame.
    pub(super) fn hear(&mut self, now: Instant, frame: &Frame) {
        if let Some((_, since)) = &mut self.idle {
            // A CLI that waits before an API retry says for how long.
            *since = now + retry_delay(frame);
            self.work.note(frame);
        }
    }

    /// When the next limit expires. Silence does not count while the CLI waits for the host
    /// (`may_be_silent`).
    pub(super) fn deadline(&self, may_be_silent: bool) -> Option<Instant> {
        if self.is_draining() {
            return [self.drain_until, self.opens_until].into_iter().flatten().min();
        }
        let limit = self.limit.map(|(_, at)| at);
        let idle = self
            .idle
            .filter(|_| !may_be_silent && !self.work.is_under_way())
            .and_then(|(limit, since)| since.checked_add(limit));
        [limit, idle, self.opens_until].into_iter().flatten().min()
    }

    /// The limit that has expired by now.
    pub(super) fn overdue(&self, now: Instant, may_be_silent: bool) -> Option<Failure> {
        if let Some((limit, at)) = self.limit
            && at <= now
        {
            return Some(Failure::Timeout(limit));
        }
        match self.idle {
            Some((limit, since))
                if !may_be_silent
                    && !self.work.is_under_way()
                    && now.saturating_duration_since(since) >= limit =>
            {
                Some(Failure::IdleTimeout(limit))
            }
            _ => None,
        }
    }
}

/// Which turn a message belongs to, and what it means for that turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The running turn.
    Turn,
    /// The running turn; this line begins it.
    Start,
    /// The running turn: this line began it, and its result has come too.
    Began,
    /// The running turn: the CLI says that its prompt waits, so that the turn that it has opened is
    /// one that it started itself.
    NotBegun,
    /// The running turn, as its result.
    Result,
    /// The running turn: the CLI adds one of its messages to it.
    Added,
    /// The running turn: the CLI is done with one of its messages, or with a prompt that asks for no
    /// answer.
    MessageOver,
    /// The running turn: the CLI has dropped its prompt, or one of its messages.
    Withdrawn,
    /// No turn.
    NoTurn,
    /// No turn: the CLI begins a turn that it started itself.
    ForeignStart,
    /// No turn: the CLI ends a turn that it started itself.
    ForeignResult,
    /// No turn: a result that is not for the turn that waits for one.
    Stray,
    /// Unknown: later lines show whether it belongs to the running turn.
    Doubtful,
}
