//! The parts of the machine that follow the CLI's rules where a scenario says nothing.
#![expect(clippy::result_large_err, reason = "a divergence is made once: it ends its run")]

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::wire::{Frame, FrameKind, RawJson};

use super::machine::{Machine, Met, Step};
use super::report::Divergence;
use super::scenario::{Abort, CLOSED, CLOSED_BEFORE, Rules, Verdict};
use super::script::{Action, CliRequest, Expected, Output, Script};

impl Script {
    /// Applies a rule to input that the script does not have.
    pub(super) fn improvising(mut self, rules: Rules) -> Self {
        self.rules = Some(rules);
        self.pace = super::script::Pace::Recorded(1.0);
        self.idle_timeout = Duration::MAX;
        // A hanging turn is interrupted or ends with the process, so nothing of it is left over.
        for expectation in &mut self.expectations {
            if let Expected::Request { .. } = expectation.what {
                expectation.required = false;
                let same_turn = self.outputs.iter_mut().filter(|output| {
                    output.turn == expectation.turn && output.event > expectation.event
                });
                same_turn.for_each(|output| output.after_end = true);
            }
        }
        self
    }
}

impl Machine {
    /// Answers a request by rule.
    pub(super) fn improvise(
        &mut self,
        now: u64,
        subtype: &str,
        request: &Value,
        id: Option<&RawJson>,
    ) {
        if subtype == "interrupt" {
            let open = self.open_turn();
            let queued: Vec<usize> = (1..=self.prompts)
                .filter(|turn| Some(*turn) > open && !self.is_over(*turn))
                .collect();
            let uuids: Vec<Value> =
                queued.iter().filter_map(|turn| self.uuid(*turn)).map(Value::from).collect();
            if request.get("cancel_queued").and_then(Value::as_bool) == Some(true) {
                self.by_rule(|rules| vec![rules.interrupt(&[], Some(&uuids), id)]);
                queued.into_iter().for_each(|turn| self.skip(now, turn));
            } else {
                self.by_rule(|rules| vec![rules.interrupt(&uuids, None, id)]);
            }
            if let Some(turn) = open {
                self.abort(now, turn);
            }
        } else {
            self.by_rule(|rules| rules.reply(subtype, request, id));
        }
    }

    /// Goes to the turn that is this launch's next: other launches have had those before it.
    pub(super) fn take_turn(&mut self, now: u64) -> Result<(), Divergence> {
        let Some(progress) = self.script.progress.clone() else { return Ok(()) };
        let turn = progress.take_turn().map_err(Divergence::unplayable)?;
        while self.prompts < turn {
            let prompt = |what: &Expected| matches!(what, Expected::Prompt(_));
            let Some(index) = self.unmet(|_, what| prompt(what)) else { break };
            self.prompts += 1;
            let elsewhere = Met { elsewhere: true, ..Met::default() };
            for output in self.of_turn(self.prompts) {
                self.pass_over(now, output);
            }
            for open in 0..self.met.len() {
                let expectation = &self.script.expectations[open];
                if self.met[open].is_none()
                    && (open == index
                        || expectation.turn == self.prompts
                            && !prompt(&expectation.what)
                            && !matches!(expectation.what, Expected::Eof { .. }))
                {
                    self.meet(now, open, elsewhere.clone());
                }
            }
        }
        Ok(())
    }

    /// Clears the conversation by rule, unless the next turn has this very prompt. False if the
    /// prompt is another one.
    pub(super) fn improvise_clear(&mut self, line: &Value) -> bool {
        let text = |content: &Value| {
            let text = content.pointer("/0/text").unwrap_or(content);
            text.as_str().map(str::to_owned)
        };
        let is_clear = |line: &Value| {
            line.pointer("/message/content").and_then(text).as_deref() == Some("/clear")
        };
        if self.rules.is_none() || !is_clear(line) {
            return false;
        }
        let next = self.unmet(|_, what| matches!(what, Expected::Prompt(_)));
        let next = next.map(|index| &self.script.expectations[index].what);
        if matches!(next, Some(Expected::Prompt(next)) if is_clear(next)) {
            return false;
        }
        let prompt = line.get("uuid").and_then(Value::as_str).map(str::to_owned);
        self.clears.push_back((self.prompts, prompt));
        true
    }

    /// Clears the conversation, once the turns before are over. False if there is nothing to clear
    /// yet.
    pub(super) fn clear_by_rule(&mut self) -> bool {
        let is_due = |(after, _): &(usize, Option<String>)| {
            (1..=*after).flat_map(|turn| self.of_turn(turn)).all(|line| self.is_played(line))
        };
        if !self.clears.front().is_some_and(is_due) {
            return false;
        }
        let prompt = self.clears.pop_front().and_then(|(_, prompt)| prompt);
        let progress = self.script.progress.clone();
        self.by_rule(|rules| {
            let known = progress.as_ref().map(|progress| progress.sessions());
            let (lines, session) = rules.clear(prompt.as_deref(), known.unwrap_or_default());
            if let Some(progress) = progress {
                progress.note_session(&session);
            }
            lines
        });
        true
    }

    /// Accepts any answer to a request of the CLI.
    pub(super) fn improvise_answer(&mut self, now: u64, id: &str, answer: &Value) {
        let Some(request) = self.script.cli_requests.get(id).cloned() else { return };
        let turn = self.script.outputs[request.output].turn;
        let verdict =
            self.rules.as_mut().map(|rules| rules.answered(turn, &request.request, answer));
        if let Some(index) = request.answer {
            self.meet(now, index, Met::default());
        }
        if verdict == Some(Verdict::Interrupts) {
            self.abort(now, turn);
        }
    }

    /// Marks that no more answers can come.
    pub(super) fn improvise_eof(&mut self, now: u64) {
        for (output, index, request) in self.unanswered() {
            let turn = self.script.outputs[output].turn;
            if let Some(rules) = &mut self.rules {
                rules.deny(turn, &request, CLOSED);
            }
            self.meet(now, index, Met::default());
        }
    }

    /// Denies a tool that the host can no longer be asked about; the CLI does not ask then. False
    /// if this output asks nothing, or the host can be asked.
    pub(super) fn deny_unasked(&mut self, now: u64, output: usize) -> bool {
        if !self.eof || self.rules.is_none() {
            return false;
        }
        let asks = |request: &&CliRequest| {
            request.output == output && request.request["subtype"] == "can_use_tool"
        };
        let Some(request) = self.script.cli_requests.values().find(asks).cloned() else {
            return false;
        };
        let turn = self.script.outputs[output].turn;
        if let Some(rules) = &mut self.rules {
            rules.deny(turn, &request.request, CLOSED_BEFORE);
        }
        if let Some(answer) = request.answer {
            self.meet(now, answer, Met::default());
        }
        true
    }

    /// A line as this run sends it; `None` if it does not.
    pub(super) fn adapt(&mut self, output: &Output, line: Bytes) -> Option<Bytes> {
        match &mut self.rules {
            Some(rules) => rules.adapt(output.turn, &line),
            None => Some(line),
        }
    }

    /// The current turn, counted from 1: its prompt has come, and it is not over.
    pub(super) fn open_turn(&self) -> Option<usize> {
        (1..=self.prompts).find(|turn| !self.is_over(*turn))
    }

    /// Ends a turn early. Its opening lines are sent all the same, since the CLI had taken the
    /// prompt.
    fn abort(&mut self, now: u64, turn: usize) {
        let open = self.unanswered().into_iter().map(|(output, ..)| output).collect::<Vec<_>>();
        let open =
            self.script.cli_requests.iter().filter(|(_, request)| open.contains(&request.output));
        let open = open.map(|(id, request)| (id.clone(), request.request.clone())).collect();
        for index in self.of_turn(turn) {
            if self.is_ready(index) && is_opening(&self.script.outputs[index]) {
                let step = self.play(now, index);
                self.urgent.extend(step);
            }
        }
        self.skip(now, turn);
        let prompt = self.uuid(turn);
        self.by_rule(|rules| rules.abort(Abort { prompt, open }));
    }

    /// Skips the rest of a turn.
    fn skip(&mut self, now: u64, turn: usize) {
        for index in self.of_turn(turn) {
            self.pass_over(now, index);
        }
        for index in 0..self.met.len() {
            let expectation = &self.script.expectations[index];
            if self.met[index].is_none()
                && expectation.turn == turn
                && matches!(expectation.what, Expected::Answer { .. } | Expected::Request { .. })
            {
                self.meet(now, index, Met::default());
            }
        }
    }

    fn of_turn(&self, turn: usize) -> Vec<usize> {
        let outputs = self.script.outputs.iter().enumerate();
        let lines = outputs
            .filter(|(_, output)| output.turn == turn && matches!(output.action, Action::Out(_)));
        lines.map(|(index, _)| index).collect()
    }

    fn is_over(&self, turn: usize) -> bool {
        self.of_turn(turn)
            .into_iter()
            .filter(|index| is_result(&self.script.outputs[*index]))
            .all(|index| self.is_played(index))
    }

    /// The CLI's requests: the output, the expected answer, the request.
    fn unanswered(&self) -> Vec<(usize, usize, Value)> {
        let requests = self.script.cli_requests.values();
        let open = requests
            .filter_map(|request| Some((request.output, request.answer?, request.request.clone())));
        open.filter(|(output, answer, _)| self.is_played(*output) && self.met[*answer].is_none())
            .collect()
    }

    fn uuid(&self, turn: usize) -> Option<String> {
        let prompt = |what: &Expected| matches!(what, Expected::Prompt(_));
        let index = self
            .script
            .expectations
            .iter()
            .position(|open| open.turn + 1 == turn && prompt(&open.what))?;
        self.met[index].as_ref()?.id_text()
    }

    fn by_rule(&mut self, lines: impl FnOnce(&mut Rules) -> Vec<Bytes>) {
        let lines = self.rules.as_mut().map(lines).unwrap_or_default();
        self.urgent.extend(lines.into_iter().map(Step::Out));
    }
}

fn frame(output: &Output) -> Option<Frame> {
    match &output.action {
        Action::Out(line) => Frame::parse(line.bytes().clone()).ok(),
        _ => None,
    }
}

fn is_result(output: &Output) -> bool {
    frame(output).is_some_and(|frame| frame.ends_turn())
}

fn is_opening(output: &Output) -> bool {
    frame(output).is_some_and(|frame| match frame.kind() {
        FrameKind::System => frame.subtype().as_deref() == Some("init"),
        FrameKind::CommandLifecycle => {
            frame.field("state").is_some_and(|state| state.as_str().as_deref() != Some("completed"))
        }
        _ => false,
    })
}
