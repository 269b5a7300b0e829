//! What the CLI does from its start to its exit: turns, one after the other.
#![expect(clippy::result_large_err, reason = "a divergence is made once: it ends its run")]

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use serde_json::{Value, json};

use crate::player::difference::Difference;
use crate::player::report::Divergence;
use crate::transport::Exit;

use super::answers::{Answer, Scripted, answers};
use super::errors::{self, ApiFailure};
use super::handle::Cli;
use super::hook_calls;
use super::local_commands::Command;
use super::state::{Interrupt, Prompt, State, Turn};
use super::stream::{Broken, Streamed};
use super::tools::Ran;

/// What the CLI says to the model after a refusal.
const REFUSED: &str = "The response above was stopped by a safety classifier. Continue without it.";

/// The reasons for which a message ends before its time, and goes on with the next one.
const CUT_SHORT: [&str; 2] = ["max_tokens", "model_context_window_exceeded"];
/// How often the CLI lets the model go on after such a message.
const MAX_RESUMED: u32 = 3;
/// What it says then.
const TOO_LONG: &str = "Output token limit hit. Resume where it ended.";
/// What it says where the stream broke after a block.
const CUT_OFF: &str = "Your response above was cut off mid-stream. Resume where it ended.";
/// What it says to a message without a block.
const NOTHING: &str = "[Your previous response had no visible output. Please continue and produce a user-visible response.]";

/// The hint for a launch of a scenario that has another launch's turns, too.
const SHARES_NOTHING: &str = "all turns of the scenario are this launch's; if your \
    program launches the CLI more than once, set CLAUDE_WIRE_RUN to a new folder, so that the turns \
    go on over its launches";

/// What is reported where the CLI says something to the model, and the scenario has no answer.
const NOT_ANSWERED: &str = "the turn that the CLI begins when a background task ends: no turn of the scenario has a prompt \
    that names `<task-notification>`";

/// How a turn ends that is not interrupted.
#[derive(Debug)]
enum End {
    Success,
    MaxTurns(u64),
    MaxBudget(f64),
    Failed(ApiFailure),
    /// The model said nothing, twice.
    Nothing,
    /// A hook refused the prompt, or ended the turn; what it said.
    Prevented(String),
    /// The prompt is not the scenario's.
    Diverged,
}

/// The CLI.
pub(super) async fn main(cli: Cli) {
    if cli.with(State::is_refused) {
        return;
    }
    if cli.with(|state| state.options.text_input) {
        cli.until(|state| state.eof.then_some(())).await;
        if let Some(error) = cli.with(State::take_text_prompt) {
            return cli.with(|state| {
                state.err(&error);
                state.exit = Some(Exit::from_code(1));
            });
        }
    }
    while let Some(prompts) = cli.until(State::next_prompts).await {
        if cli.with(|state| state.options.legacy) {
            legacy_turn(&cli, &prompts).await;
        } else {
            turn(&cli, prompts).await;
        }
        if cli.with(|state| state.divergence.is_some()) {
            return;
        }
        cli.with(|state| {
            if state.queue.is_empty() {
                state.note_running(false);
            }
        });
    }
    cli.with(|state| {
        if let Some(signal) = state.signal {
            state.exit = Some(signal.exit());
            return;
        }
        if !state.ends
            && let Some(prompt) = state.turns.left().into_iter().next()
        {
            let divergence = Divergence::early_end(prompt);
            return state.diverge(if state.shares_nothing {
                divergence.because(SHARES_NOTHING.to_owned())
            } else {
                divergence
            });
        }
        state.exit = Some(Exit::from_code(i32::from(state.failed)));
    });
}

/// A turn in the dialect of early guides, whose CLI exits after the last one.
async fn legacy_turn(cli: &Cli, prompts: &[Prompt]) {
    let text = joined(prompts);
    let number = cli.with(|state| {
        state.matched += 1;
        state.results += 1;
        usize::try_from(state.results).unwrap_or(usize::MAX)
    });
    match cli.with(|state| state.turns.take(&text)) {
        Ok(reply) => super::legacy::turn(cli, number, &reply).await,
        Err(divergence) => cli.with(|state| state.diverge(divergence)),
    }
    cli.with(|state| state.ends = state.turns.open().is_empty());
}

fn joined(prompts: &[Prompt]) -> String {
    prompts.iter().map(|prompt| &*prompt.text).collect::<Vec<_>>().join("\n")
}

async fn turn(cli: &Cli, prompts: Vec<Prompt>) {
    let text = joined(&prompts);
    if prompts.iter().any(|prompt| prompt.origin.is_some())
        && !cli.with(|state| state.turns.has_named(&text))
    {
        return cli.with(|state| state.note_not_simulated(NOT_ANSWERED.to_owned()));
    }
    let command = cli.with(|state| {
        let id = state.lines.uuid();
        let uuids: Vec<_> = prompts.iter().filter_map(|prompt| prompt.uuid.clone()).collect();
        for uuid in &uuids {
            state.checkpoints.begin(uuid);
            let line = state.lines.lifecycle(uuid, "started");
            state.out(&line);
        }
        state.interrupt = None;
        state.last_prompt.clone_from(&text);
        state.said.push(format!("\u{276f} {text}"));
        let named_by = uuids.last().cloned();
        let origin = prompts.iter().find_map(|prompt| prompt.origin.clone());
        state.turn =
            Some(Turn { id, prompts: uuids, named_by, origin, messages: 1, ..Turn::default() });
        let command = Command::of(&text).filter(|_| !state.turns.expects(&text));
        if let Some(command) = command {
            state.run_command(command);
        }
        command
    });
    if let Some(command) = command {
        if command == Command::Compact {
            let keep = text.trim().trim_start_matches("/compact").trim();
            cli.compact_by_hand(keep).await;
        }
        return;
    }
    let end = {
        let mut rounds = pin!(play(cli, &text, &prompts));
        poll_fn(|cx| {
            // The tasks of the turn end here if the host ended it.
            if let Some(interrupt) = cli.with(|state| state.interrupt.take()) {
                return Poll::Ready(Err(interrupt));
            }
            match rounds.as_mut().poll(cx) {
                Poll::Ready(end) => Poll::Ready(Ok(end)),
                Poll::Pending => match cli.with(|state| state.interrupt.take()) {
                    Some(interrupt) => Poll::Ready(Err(interrupt)),
                    None => Poll::Pending,
                },
            }
        })
        .await
    };
    match end {
        Ok(end) => cli.with(|state| state.finish(end)),
        Err(interrupt) => cli.with(|state| state.abort(&interrupt)),
    }
}

/// The turn up to its result.
async fn play(cli: &Cli, text: &str, prompts: &[Prompt]) -> End {
    if cli.with(|state| state.outside.logged_out) {
        cli.with(State::begin);
        return End::Failed(ApiFailure::logged_out());
    }
    if let Some(budget) = cli.with(|state| state.spent()) {
        cli.with(State::begin);
        return End::MaxBudget(budget);
    }
    let is_own = prompts.iter().any(|prompt| prompt.origin.is_some());
    let written = text;
    let expanded = cli.expand_skill(text).await;
    let text = expanded.as_deref().unwrap_or(text);
    let taken = cli
        .with(|state| if is_own { state.turns.take_named(text) } else { state.turns.take(text) });
    let reply = match taken {
        Ok(reply) => reply,
        Err(divergence) => {
            cli.with(|state| {
                let is_another = state.shares_nothing && state.turns.is_of_another_launch(text);
                let divergence = if is_another {
                    divergence.because(SHARES_NOTHING.to_owned())
                } else {
                    divergence
                };
                state.diverge(divergence);
            });
            return End::Diverged;
        }
    };
    cli.with(|state| state.matched += prompts.len().max(1));
    let fields = hook_calls::fields(json!({"prompt": written}));
    let decision = cli.hooks("UserPromptSubmit", "", None, fields).await;
    cli.with(State::begin);
    if cli.with(|state| state.options.replays_prompts) {
        for prompt in prompts.iter().filter(|prompt| prompt.line.is_object()) {
            cli.with(|state| state.replay_prompt(prompt));
        }
    }
    if let Some(why) = decision.block.or(decision.stop) {
        return End::Prevented(why);
    }
    rounds(cli, answers(&reply)).await
}

/// Requests to the API, until one needs no more.
async fn rounds(cli: &Cli, mut answers: VecDeque<Answer>) -> End {
    let mut round = 0;
    let mut stop_hook_active = false;
    // How often the stream broke, how often the message was too long, and whether it was empty.
    let (mut broken, mut cut_short, mut was_empty) = (0, 0, false);
    loop {
        let scripted = match cli.next_message(&mut answers).await {
            Ok(Some(scripted)) => scripted,
            Ok(None) => return End::Success,
            Err(failure) => return End::Failed(failure),
        };
        if scripted.items.is_empty() && !scripted.is_message() {
            // Only the time passes.
            continue;
        }
        cli.with(|state| state.turn().receives = true);
        let tools = cli.run_tools(scripted.results.clone());
        let is_last = |streamed: &Result<Streamed, Broken>| {
            streamed.is_ok() && cli.with(|state| state.spent().is_some())
        };
        let message = async {
            if broken < 2 {
                return cli.stream(&scripted, broken > 0).await;
            }
            Ok(cli.fetch(&scripted).await)
        };
        let (ran, streamed) = both(tools, message, is_last).await;
        let streamed = match streamed {
            Ok(streamed) => streamed,
            Err(Broken::Later { used_tools: true }) => continue,
            Err(Broken::Later { used_tools: false }) => {
                cli.with(|state| state.nudge(CUT_OFF));
                take_more(cli, &mut answers, CUT_OFF);
                continue;
            }
            Err(Broken::Connection | Broken::Error(_)) if broken > 0 => {
                broken += 1;
                continue;
            }
            Err(why) => {
                broken += 1;
                let is_overloaded =
                    matches!(&why, Broken::Error(kind) if kind == "overloaded_error");
                cli.retry(1, is_overloaded.then_some(529));
                continue;
            }
        };
        broken = 0;
        round += 1;
        if let Some(budget) = cli.with(|state| state.spent()) {
            return End::MaxBudget(budget);
        }
        if CUT_SHORT.contains(&&*streamed.stop_reason) && streamed.tools.is_empty() {
            if cut_short == MAX_RESUMED {
                return End::Failed(ApiFailure::too_long());
            }
            cut_short += 1;
            cli.with(|state| state.nudge(TOO_LONG));
            take_more(cli, &mut answers, TOO_LONG);
            if answers.is_empty() {
                // The model goes on as it did.
                answers.push_back(Answer::Message(scripted));
            }
            continue;
        }
        if scripted.items.is_empty() {
            if std::mem::replace(&mut was_empty, true) {
                return End::Nothing;
            }
            cli.with(|state| state.nudge(NOTHING));
            take_more(cli, &mut answers, NOTHING);
            if answers.is_empty() {
                answers.push_back(Answer::Message(scripted));
            }
            continue;
        }
        if streamed.stop_reason == "refusal" {
            match cli.with(|state| state.refused(&streamed.id)) {
                Some(failure) => return End::Failed(failure),
                None => {
                    take_more(cli, &mut answers, REFUSED);
                    continue;
                }
            }
        }
        if streamed.tools.is_empty() {
            if let Some(Answer::Failure { .. }) = answers.front() {
                continue;
            }
            let last = cli.with(|state| state.turn().text.clone());
            let fields = json!({
                "stop_hook_active": stop_hook_active, "last_assistant_message": last, "background_tasks": [], "session_crons": [],
            });
            let decision = cli.hooks("Stop", "", None, hook_calls::fields(fields)).await;
            let Some(reason) = decision.block else { return End::Success };
            stop_hook_active = true;
            let text = cli.with(|state| state.stop_feedback(&reason));
            take_more(cli, &mut answers, &text);
            continue;
        }
        match ran {
            None | Some(Ran::GoesOn) => {}
            Some(Ran::Answered | Ran::Stopped) => return End::Success,
        }
        cli.with(State::take_steered);
        if let Some(limit) = cli.with(|state| state.options.max_turns)
            && round >= limit
        {
            return End::MaxTurns(limit);
        }
    }
}

/// Waits for two futures, of which the first goes first; only for the second if that is `enough`.
async fn both<A, B>(
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
    enough: impl Fn(&B) -> bool,
) -> (Option<A>, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none()
            && let Poll::Ready(output) = one.as_mut().poll(cx)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = other.as_mut().poll(cx)
        {
            second = Some(output);
        }
        match second.take() {
            Some(output) if first.is_some() || enough(&output) => {
                Poll::Ready((first.take(), output))
            }
            output => {
                second = output;
                Poll::Pending
            }
        }
    })
    .await
}

/// The CLI says something to the model by itself. If the turn has no answer left, another turn of
/// the scenario may be one to this text.
fn take_more(cli: &Cli, more: &mut VecDeque<Answer>, text: &str) {
    if more.is_empty()
        && let Ok(reply) = cli.with(|state| state.turns.take_named(text))
    {
        more.extend(answers(&reply));
    }
}

impl Cli {
    /// The next message of the model; errors of the API before it are retried.
    pub(super) async fn next_message(
        &self,
        answers: &mut VecDeque<Answer>,
    ) -> Result<Option<Box<Scripted>>, ApiFailure> {
        let mut attempt = 0;
        loop {
            match answers.pop_front() {
                None => return Ok(None),
                Some(Answer::Failure { status, text }) => {
                    return Err(ApiFailure::of_status(status, text));
                }
                Some(Answer::Message(scripted)) => {
                    let Some(error) = scripted.reply.error.as_ref() else {
                        return Ok(Some(scripted));
                    };
                    let status = error.status;
                    let limit = self.with(|state| {
                        state.requests += 1;
                        state.options.max_retries
                    });
                    if !errors::is_retried(status) || attempt >= limit {
                        let text = self.with(|state| {
                            let gateway = state.options.gateway.as_deref();
                            errors::text(status, error.message.as_deref(), gateway)
                        });
                        return Err(ApiFailure::of_status(status, text));
                    }
                    attempt += 1;
                    self.retry(attempt, Some(status));
                    if answers.is_empty() {
                        // The API goes on as it was.
                        answers.push_back(Answer::Message(scripted));
                    }
                }
            }
        }
    }
}

impl State {
    /// Whether the launch is none of the scenario: the CLI refuses its arguments, or it resumes a
    /// session that no launch had.
    fn is_refused(&mut self) -> bool {
        let options = self.options.clone();
        for flag in &options.not_simulated {
            self.note_not_simulated(format!("flag {flag}"));
        }
        if let Some(error) = &options.refused {
            self.err(error);
            self.exit = Some(Exit::from_code(1));
            return true;
        }
        let Some(id) = options.unknown_session() else { return false };
        let sessions = self.turns.shared.sessions().join(", ");
        let expected = format!("a session of an earlier launch ({sessions})");
        let differs = Difference::of_rule("--resume", expected, Some(id.into()));
        self.diverge(Divergence::launch(None, vec![differs]));
        true
    }

    /// The prompt of a launch whose input is text; an error if there is none.
    fn take_text_prompt(&mut self) -> Option<String> {
        let stdin = std::mem::take(&mut self.text);
        let argument = self.options.prompt.clone().filter(|prompt| !prompt.is_empty());
        let stdin = (!stdin.trim().is_empty()).then_some(stdin);
        let text = match (argument, stdin) {
            (Some(argument), Some(stdin)) => format!("{argument}\n{stdin}"),
            (Some(text), None) | (None, Some(text)) => text,
            (None, None) => {
                return Some(
                    "Error: Input must be provided either through stdin or as a prompt argument when using --print"
                        .to_owned(),
                );
            }
        };
        self.queue.push_back(Prompt {
            text: text.trim_end_matches('\n').to_owned(),
            ..Prompt::default()
        });
        None
    }

    /// The prompts of the next turn: `Some(None)` if none can come any more.
    fn next_prompts(&mut self) -> Option<Option<Vec<Prompt>>> {
        if self.ends || self.signal.is_some() {
            return Some(None);
        }
        let Some(first) = self.queue.front() else {
            let is_over = self.eof && self.tasks.is_empty();
            return is_over.then_some(None);
        };
        if !self.servers.is_ready() && !self.eof {
            return None;
        }
        let later = first.priority.as_deref() == Some("later");
        let merges = self.results > 0
            && !later
            && first.origin.is_none()
            && Command::of(&first.text).is_none();
        let mut prompts: Vec<Prompt> = self.queue.pop_front().into_iter().collect();
        while merges
            && let Some(next) = self.queue.front()
            && next.priority.as_deref() != Some("later")
            && next.origin.is_none()
            && Command::of(&next.text).is_none()
        {
            prompts.extend(self.queue.pop_front());
        }
        Some(Some(prompts))
    }

    fn begin(&mut self) {
        let prompts = self.turn().prompts.clone();
        let init = self.init_line(&prompts);
        self.out(&init);
    }

    /// The budget, if it is spent.
    pub(super) fn spent(&self) -> Option<f64> {
        self.options.max_budget.filter(|budget| self.ledger.cost() >= *budget)
    }

    /// The CLI says something to the model.
    fn nudge(&mut self, text: &str) {
        let mut line = self.lines.user(json!([{"type": "text", "text": text}]));
        line["isSynthetic"] = true.into();
        self.out(&line);
        self.count_message();
    }

    /// A hook blocks the end of the turn.
    fn stop_feedback(&mut self, reason: &str) -> String {
        let text = format!("Stop hook feedback:\n{reason}");
        let mut line = self.lines.user(json!([{"type": "text", "text": text}]));
        line["isSynthetic"] = true.into();
        self.out(&line);
        self.count_message();
        self.stop_hook_problem();
        text
    }

    /// Prompts that came during the tools go into the running turn.
    fn take_steered(&mut self) {
        let mut later = VecDeque::new();
        while let Some(prompt) = self.queue.pop_front() {
            let waits = prompt.priority.as_deref() == Some("later") || prompt.origin.is_some();
            if waits || Command::of(&prompt.text).is_some() {
                later.push_back(prompt);
                continue;
            }
            self.matched += 1;
            if let Some(uuid) = prompt.uuid {
                let line = self.lines.lifecycle(&uuid, "started");
                self.out(&line);
                self.turn().prompts.push(uuid.clone());
                self.turn().steered.push(uuid);
            }
        }
        self.queue = later;
    }

    /// The model's safeguards stopped a message. The CLI goes on once.
    fn refused(&mut self, message: &str) -> Option<ApiFailure> {
        self.safety_stops += 1;
        if self.turn().refused {
            return Some(ApiFailure { is_written: true, ..errors::refusal() });
        }
        self.turn().refused = true;
        let fields = json!({
            "content": "Opus 5.5's safeguards stopped the response above · continuing once with that noted", "level": "notice",
        });
        let line = self.lines.system("informational", fields);
        self.out(&line);
        let mut line = self.lines.user(json!([{"type": "text", "text": REFUSED}]));
        line["isSynthetic"] = true.into();
        line["refused_message_id"] = message.into();
        line["refusal_retry"] = true.into();
        self.out(&line);
        self.count_message();
        None
    }

    /// Writes the result of a turn.
    fn finish(&mut self, end: End) {
        let mut turn = self.turn.take().unwrap_or_default();
        let mut how = "completed";
        let steered = std::mem::take(&mut turn.steered);
        for uuid in &steered {
            let line = self.lines.lifecycle(uuid, "completed");
            self.out(&line);
        }
        turn.steered = steered;
        let fields = match end {
            End::Diverged => return,
            End::Success => {
                let mut fields = json!({"terminal_reason": "completed", "is_error": false, "subtype": "success", "api_error_status": null});
                match turn.structured.take() {
                    Some(value) => {
                        fields["result"] = value.to_string().into();
                        fields["structured_output"] = value;
                    }
                    None => fields["result"] = turn.text.as_str().into(),
                }
                fields
            }
            End::MaxTurns(limit) => json!({
                "terminal_reason": "max_turns", "is_error": true, "subtype": "error_max_turns",
                "errors": [format!("Reached maximum number of turns ({limit})")],
            }),
            End::MaxBudget(budget) => {
                how = "cancelled";
                json!({
                    "terminal_reason": "budget_exhausted", "is_error": true, "subtype": "error_max_budget_usd",
                    "errors": [format!("Reached maximum budget (${budget})")],
                })
            }
            End::Failed(failure) => {
                how = "cancelled";
                if !failure.is_written {
                    self.turn = Some(turn);
                    let line = self.synthetic(&failure);
                    self.out(&line);
                    turn = self.turn.take().unwrap_or_default();
                }
                errors::result(&failure)
            }
            End::Nothing => {
                how = "cancelled";
                let diagnostic = "[ede_diagnostic] result_type=assistant last_content_type=none stop_reason=end_turn";
                json!({
                    "terminal_reason": "completed", "is_error": true, "subtype": "error_during_execution", "errors": [diagnostic],
                })
            }
            End::Prevented(why) => {
                let line = self.lines.system(
                    "informational",
                    json!({"content": why, "level": "warning", "prevent_continuation": true}),
                );
                self.out(&line);
                turn.messages = 0;
                json!({"is_error": false, "subtype": "success", "result": ""})
            }
        };
        let result = self.result_line(&turn, fields);
        self.out(&result);
        self.end_prompts(&mut turn, how);
    }

    /// Writes a prompt again, for `--replay-user-messages`.
    fn replay_prompt(&mut self, prompt: &Prompt) {
        let mut line = json!({
            "type": "user", "message": prompt.line["message"], "session_id": self.lines.session, "parent_tool_use_id": null,
        });
        line["uuid"] = prompt.uuid.clone().map_or_else(|| self.lines.uuid().into(), Value::from);
        line["timestamp"] = "2026-01-01T00:00:00.000Z".into();
        line["isReplay"] = true.into();
        self.out(&line);
    }

    /// A prompt with priority `now` came.
    pub(super) fn give_way(&mut self) {
        if self.turn.is_some() {
            self.interrupt = Some(Interrupt::Prompt);
        }
    }
}
