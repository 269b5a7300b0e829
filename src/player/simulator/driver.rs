//! Polls the tasks of a simulated CLI: actions of the host in, actions of the CLI out.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde_json::Value;

use crate::player::last_words::last_words;
use crate::player::left::{self, Left};
use crate::player::machine::{Input, Step};
use crate::player::report::{Divergence, Report};
use crate::player::script::{Script, Simulation};
use crate::player::signal::Signal;
use crate::transport::Exit;
use crate::{CLI_VERSION, wire::Frame};

use super::control;
use super::handle::{Cli, Task};
use super::state::{Interrupt, State};
use super::turn;

/// A simulated CLI, without I/O and without a clock.
pub(in crate::player) struct Simulator {
    script: Arc<Script>,
    cli: Cli,
    tasks: Vec<Task>,
    last_out: Option<u64>,
    exit: Option<Exit>,
    /// What ends the run, once it is written.
    divergence: Option<Divergence>,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("cli", &self.cli).finish_non_exhaustive()
    }
}

impl Simulator {
    pub(in crate::player) fn new(script: Arc<Script>, simulation: Simulation) -> Self {
        let one_more_than = simulation.one_more_than;
        let cli = Cli::new(State::new(simulation, script.shares_nothing));
        let mut tasks: Vec<Task> = Vec::new();
        match one_more_than {
            Some(count) => cli.with(|state| state.diverge(extra_launch(count))),
            None => tasks.push(Box::pin(turn::main(cli.clone()))),
        }
        Self { script, cli, tasks, last_out: None, exit: None, divergence: None }
    }

    pub(in crate::player) fn script(&self) -> &Script {
        &self.script
    }

    /// Handles an action of the host at `now`, in microseconds from the start.
    pub(in crate::player) fn handle(&mut self, now: u64, input: Input) {
        // A CLI that is to end reads nothing more.
        if self.exit.is_some() || self.cli.with(|state| state.is_over()) {
            return;
        }
        self.cli.with(|state| {
            state.now = now;
            state.changed = true;
        });
        match input {
            Input::Line(bytes) => control::line(&self.cli, &bytes),
            Input::TooLong(len) => self.cli.with(|state| {
                state.diverge(Divergence::extra(format!("a line of {len} bytes, over the limit")));
            }),
            Input::Eof => self.cli.with(|state| state.eof = true),
            Input::Signal(signal) => self.signal(signal),
            Input::Nothing { limit, unread } => {
                let unread = unread.then(|| "that stdout and stderr are read".to_owned());
                if let Some(expected) = unread.or_else(|| self.cli.with(|state| awaited(state))) {
                    self.cli.with(|state| state.diverge(Divergence::stalled(limit, expected)));
                }
            }
        }
        self.poll();
    }

    /// The CLI catches these signals. An interrupt ends the turn as the request does; after the others
    /// nothing more is written, except that a command was killed.
    fn signal(&mut self, signal: Signal) {
        let ends_turn = self.cli.with(|state| {
            state.signal = Some(signal);
            let ends_turn = signal == Signal::Interrupt && state.turn.is_some();
            if ends_turn {
                state.interrupt = Some(Interrupt::Request);
            }
            ends_turn
        });
        if ends_turn {
            return;
        }
        if signal != Signal::Interrupt {
            self.cli.with(State::killed);
        }
        self.tasks.clear();
        self.exit = Some(signal.exit());
    }

    /// The next step at `now`; see [`Machine::next`](crate::player::machine::Machine::next).
    pub(in crate::player) fn next(&mut self, now: u64) -> Step {
        self.cli.with(|state| state.now = now);
        loop {
            if let Some(step) = self.written(now) {
                return step;
            }
            if let Some(exit) = self.exit {
                return Step::Exit(exit);
            }
            if self.cli.with(|state| state.divergence.is_some()) {
                self.end_by_divergence();
                continue;
            }
            if let Some(exit) = self.cli.with(|state| state.exit) {
                self.exit = Some(exit);
                continue;
            }
            self.poll();
            let (wrote, due, ended) =
                self.cli.with(|state| (!state.steps.is_empty(), state.due, state.is_over()));
            if !wrote && !ended {
                return Step::Wait(due);
            }
        }
    }

    /// The next step that is written, after its pause.
    fn written(&mut self, now: u64) -> Option<Step> {
        let pause = self.script.pause;
        let last = self.last_out;
        let step = self.cli.with(|state| {
            if let (Some(Step::Out(line)), Some(last), true) =
                (state.steps.front(), last, pause > 0)
                && comes_after_pause(line)
                && now < last.saturating_add(pause)
            {
                return Some(Step::Wait(Some(last.saturating_add(pause))));
            }
            state.steps.pop_front()
        })?;
        if matches!(step, Step::Out(_)) {
            self.last_out = Some(now);
        }
        Some(step)
    }

    /// Polls all tasks until none goes on.
    fn poll(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        while !self.cli.with(|state| state.is_over()) {
            self.cli.with(|state| {
                state.changed = false;
                state.due = None;
            });
            self.tasks.retain_mut(|task| task.as_mut().poll(&mut cx) == Poll::Pending);
            let new = self.cli.take_tasks();
            let is_done = new.is_empty();
            self.tasks.extend(new);
            if is_done && !self.cli.with(|state| state.changed) {
                return;
            }
        }
    }

    fn end_by_divergence(&mut self) {
        let Some(divergence) = self.cli.with(|state| state.divergence.take()) else { return };
        let left = self.cli.with(|state| left_of(state));
        let divergence = divergence.of(self.script.source.clone()).remaining(left);
        let divergence = divergence.in_run(self.script.run.clone());
        let words = self.cli.with(|state| {
            let prompt = state.turn.as_ref().and_then(|turn| turn.prompts.last().cloned());
            last_words(
                state.options.output,
                &divergence,
                &state.lines.session,
                prompt.map(Value::from),
            )
        });
        let program = self.script.program.as_ref();
        let advice = program.map(|program| format!("{program}: {}\n", divergence.advice()));
        self.divergence = Some(divergence);
        self.tasks.clear();
        let report = format!("{}{}\n", advice.unwrap_or_default(), self.report(false));
        self.cli.with(|state| {
            let steps = [Step::Err(report.into()), Step::Out(words), Step::CloseOut];
            state.steps.extend(steps);
        });
        self.exit = Some(Exit::from_code(Exit::DIVERGED));
    }

    /// The report; `runs`: whether the run goes on.
    pub(in crate::player) fn report(&self, runs: bool) -> Report {
        self.cli.with(|state| {
            let goes_on = runs && self.exit.is_none();
            let coming =
                if goes_on { state.steps.len() + usize::from(state.due.is_some()) } else { 0 };
            let divergence = self.divergence.clone().or_else(|| state.divergence.clone());
            let cli = Some(CLI_VERSION.to_owned());
            Report::run(divergence, left_of(state), state.played, state.matched, cli)
                .coming(coming)
                .with_not_simulated(state.not_simulated.clone())
        })
    }

    /// Whether the host differs.
    pub(in crate::player) fn is_diverged(&self) -> bool {
        self.divergence.is_some() || self.cli.with(|state| state.divergence.is_some())
    }

    /// Whether only its end is left, and nothing differed.
    pub(in crate::player) fn is_done(&self) -> bool {
        self.divergence.is_none()
            && self.cli.with(|state| state.divergence.is_none() && left_of(state).is_empty())
    }

    /// Releases a gate of the scenario.
    pub(in crate::player) fn release(&mut self, gate: &str) {
        self.cli.with(|state| {
            state.released.push(gate.to_owned());
            state.changed = true;
        });
    }
}

/// A launch after the last one that has turns.
fn extra_launch(count: usize) -> Divergence {
    Divergence::extra(format!("a launch after the {count} that the scenario has turns for"))
        .because(
        "let your program start the CLI as often as the scenario says, or give it turns for one \
             more launch"
            .to_owned(),
    )
}

/// What the host must still do.
fn left_of(state: &State) -> Left {
    let mut left = Left::default();
    if state.signal.is_none() && state.exit.is_none() {
        for (_, request) in &state.open {
            left.push(left::Kind::Answer, format!("answer to {}", asked(request)));
        }
    }
    for prompt in state.turns.left() {
        left.push(left::Kind::Prompt, prompt);
    }
    left
}

/// What the host must do next; `None` if only its end is left.
fn awaited(state: &State) -> Option<String> {
    left_of(state).texts().first().cloned()
}

/// A request of the CLI by what it asks.
fn asked(request: &Value) -> String {
    let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let subtype = text("/subtype");
    let detail = match subtype {
        "can_use_tool" => text("/tool_name"),
        "hook_callback" => text("/input/hook_event_name"),
        "mcp_message" => text("/message/method"),
        _ => "",
    };
    format!("{subtype} {detail}").trim_end().to_owned()
}

fn comes_after_pause(line: &bytes::Bytes) -> bool {
    Frame::parse(line.clone().slice(..line.len().saturating_sub(1))).is_ok_and(|frame| {
        frame.ends_turn() || frame.kind() == crate::wire::FrameKind::ControlRequest
    })
}
