//! Messages for a turn: written after its prompt, added to it or answered after it.

use super::reference::{Link, Model, Run, Stage, Written};
use super::vocabulary::{End, Fact, Fate};

impl Model {
    pub(super) fn steer(&mut self, message: u64, turn: u64) {
        if self.waits(turn) {
            self.notes.push((message, turn));
            return;
        }
        let runs = self
            .run
            .as_ref()
            .is_some_and(|run| run.turn == turn && run.read && run.drain_at.is_none());
        let failure = match self.link {
            Link::Ready if runs => return self.write_note(message),
            _ if self.stopped() => End::Stopped,
            _ if runs => End::Closed,
            _ => End::Over,
        };
        self.facts.push(Fact::Steered(message, Fate::Lost(failure)));
    }

    fn waits(&self, turn: u64) -> bool {
        self.queue.iter().chain(&self.preparing.prompt).any(|ask| ask.turn == turn)
    }

    /// The prompt of this turn has been written.
    pub(super) fn write_notes(&mut self, turn: u64) {
        let (now, later): (Vec<_>, _) =
            std::mem::take(&mut self.notes).into_iter().partition(|(_, of)| *of == turn);
        self.notes = later;
        now.into_iter().for_each(|(message, _)| self.write_note(message));
    }

    fn write_note(&mut self, message: u64) {
        self.facts.extend([Fact::Prompt(message), Fact::Steered(message, Fate::Written)]);
        let written = Written { id: message, stage: Stage::Waiting, said_queued: false };
        self.run.iter_mut().for_each(|run| run.written.push(written.clone()));
    }

    /// Messages whose turn will not run end as it did.
    pub(super) fn drop_notes(&mut self) {
        let (kept, lost): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.notes).into_iter().partition(|(_, turn)| self.waits(*turn));
        self.notes = kept;
        for (message, turn) in lost {
            let end = self.facts.iter().rev().find_map(|fact| match fact {
                Fact::Ended(ended, end) if *ended == turn && *end != End::Result => Some(*end),
                _ => None,
            });
            self.facts.push(Fact::Steered(message, Fate::Lost(end.unwrap_or(End::Over))));
        }
    }

    /// The running turn, if this is its prompt or one of its messages.
    pub(super) fn owner(&self, id: u64) -> Option<u64> {
        let run = self.run.as_ref()?;
        run.written.iter().any(|written| written.id == id).then_some(run.turn)
    }

    pub(super) fn written_mut(&mut self, id: u64) -> impl Iterator<Item = &mut Written> {
        let all = self.run.iter_mut().flat_map(|run| run.written.iter_mut());
        all.filter(move |written| written.id == id)
    }

    /// What the CLI has not taken.
    pub(super) fn waiting(&self) -> Vec<u64> {
        let all = self.run.iter().flat_map(|run| &run.written);
        all.filter(|written| written.stage == Stage::Waiting).map(|written| written.id).collect()
    }

    /// What the CLI begins next, if it is between turns: the prompt before its messages.
    pub(super) fn held(&self) -> Option<u64> {
        self.waiting().first().copied().filter(|_| self.cli.holds)
    }

    /// What the turn was opened for.
    pub(super) fn head(&self) -> Option<u64> {
        let run = self.run.as_ref()?;
        let begun = run.written.iter().find(|written| written.stage == Stage::Begun);
        // A line that is held has opened it.
        begun.map(|written| written.id).or_else(|| self.waiting().first().copied())
    }

    /// The CLI has opened a turn, or says that it does. One that does not echo opens one for all
    /// messages.
    pub(super) fn take(&mut self, id: u64) {
        let Some(run) = &mut self.run else { return };
        run.opens_until = None;
        let (echoes, turn) = (self.echoes, run.turn);
        let prompt_waits = run.written[0].stage == Stage::Waiting;
        self.enter(Stage::Begun, |written| match echoes {
            true => written.id == id,
            false => (written.id == turn) == prompt_waits,
        });
    }

    /// What waits and is meant enters this stage.
    pub(super) fn enter(&mut self, stage: Stage, is_meant: impl Fn(&Written) -> bool) {
        let Some(run) = &mut self.run else { return };
        let fate = if stage == Stage::Begun { Fate::Follows } else { Fate::Added };
        for written in &mut run.written {
            if written.stage == Stage::Waiting && is_meant(written) {
                written.stage = stage;
                let is_message = written.id != run.turn;
                self.facts.extend(is_message.then_some(Fact::Steered(written.id, fate)));
            }
        }
    }

    /// A result has come: the turn is over, or goes on with the messages that are left.
    pub(super) fn answered(&mut self) {
        let Some(run) = &mut self.run else { return };
        for written in &mut run.written {
            let is_prompt = written.id == run.turn;
            if written.stage != Stage::Waiting || is_prompt {
                written.stage = Stage::Over;
            }
        }
        if run.is_over() {
            return self.finish(End::Result);
        }
        run.goes_on = true;
        run.interrupted_early = false;
        self.cli.holds = true;
        self.expect_turn();
    }

    /// A CLI that does not echo opens a turn for the messages that are left, or has added them.
    pub(super) fn expect_turn(&mut self) {
        let may_open = !self.echoes && self.cli.holds;
        if let Some(run) = self.run.as_mut().filter(|run| may_open && run.goes_on) {
            run.opens_until = Some(self.clock + 1);
        }
    }

    /// The CLI has dropped a prompt or a message.
    pub(super) fn withdrawn(&mut self, id: u64) {
        let Some(run) = &mut self.run else { return };
        let lost = run.lose(End::Withdrawn, |written| written.id == id);
        self.facts.extend(lost);
        self.finish_if_over(End::Withdrawn);
    }

    /// A CLI that does not echo has opened no turn for the messages.
    pub(super) fn assume_added(&mut self) {
        let Some(run) = &mut self.run else { return };
        if run.opens_until.is_some_and(|until| until <= self.clock) {
            run.opens_until = None;
            self.enter(Stage::Over, |_| true);
            self.finish_if_over(End::Result);
        }
    }

    fn finish_if_over(&mut self, end: End) {
        if let Some(run) = self.run.as_ref().filter(|run| run.is_over()) {
            let end = if run.goes_on { End::Result } else { end };
            self.cli.holds = false;
            self.finish(end);
        }
    }
}

impl Run {
    fn is_over(&self) -> bool {
        self.written.iter().all(|written| written.stage == Stage::Over)
    }

    /// The CLI will not take what waits.
    pub(super) fn lose_all(&mut self, end: End) -> Vec<Fact> {
        self.lose(end, |_| true)
    }

    fn lose(&mut self, end: End, is_meant: impl Fn(&Written) -> bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        for written in &mut self.written {
            if written.stage == Stage::Waiting && is_meant(written) {
                written.stage = Stage::Over;
                let is_message = written.id != self.turn;
                facts.extend(is_message.then_some(Fact::Steered(written.id, Fate::Lost(end))));
            }
        }
        facts
    }
}
