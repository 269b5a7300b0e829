//! What the CLI does from its start to its exit: turns, one after the other.
#![expect(clippy::result_large_err, reason = "a divergence is made once: it ends its run")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use serde_json::{Value, json};

use crate::player::report::Divergence;
use crate::transport::Exit;

use super::agent::is_agent;
use super::answers::answers;
use super::errors::{self, ApiFailure};
use super::handle::Cli;
use super::hook_calls;
use super::prompt::{Prompt, REPEATED_AT};
use super::rounds::{End, rounds};
use super::slash_command::Command;
use super::state::{Interrupt, Running, State, Turn};

/// The hint for a launch of a scenario that has another launch's turns, too.
const SHARES_NOTHING: &str = "all turns of the scenario are this launch's; if your \
    program launches the CLI more than once, set CLAUDE_WIRE_RUN to a new folder, so that the turns \
    go on over its launches";

/// What is reported where the CLI says something to the model, and the scenario has no answer.
const NOT_ANSWERED: &str = "the turn that the CLI begins when a background task ends: no turn of the scenario has a prompt \
    that names `<task-notification>`";

/// The CLI.
pub(super) async fn main(cli: Cli) {
    if !cli.begin().await {
        return;
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
            // After the end of input it waits for the tasks.
            let waits = state.eof && !state.tasks.is_empty();
            if state.queue.is_empty() && !waits {
                state.note_running(false);
            }
        });
    }
    let is_over = cli.with(|state| {
        if let Some(signal) = state.signal {
            state.exit.get_or_insert(signal.exit());
            return false;
        }
        state.discard_queue();
        if !state.ends
            && let Some(prompt) = state.turns.left().into_iter().next()
        {
            let divergence = Divergence::early_end(prompt);
            state.diverge(if state.shares_nothing {
                divergence.because(SHARES_NOTHING.to_owned())
            } else {
                divergence
            });
        }
        state.divergence.is_none()
    });
    if is_over {
        let options = cli.with(|state| state.options.clone());
        cli.act_all(&options.end, "end").await;
        cli.with(|state| {
            state.mirror_costs();
            let code = i32::from(state.failed);
            state.exit.get_or_insert(Exit::from_code(code));
        });
    }
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
        let origin = prompts.iter().find_map(Prompt::comes_from);
        state.turn =
            Some(Turn { id, prompts: uuids, named_by, origin, messages: 1, ..Turn::default() });
        let command = prompts.first().and_then(Prompt::command);
        let command = command.filter(|_| !state.turns.expects(&text));
        if let Some(command) = command {
            state.run_command(command);
        }
        command
    });
    if let Some(command) = command {
        match command {
            Command::Compact => {
                let keep = text.trim().trim_start_matches("/compact").trim();
                cli.compact_by_hand(keep).await;
            }
            Command::Clear => cli.clear_by_hand().await,
            Command::Cost => {}
        }
        return;
    }
    let end = {
        let mut rounds = pin!(play(cli, &text, &prompts));
        poll_fn(|cx| {
            // The tasks of the turn end here if the host ended it.
            if let Some(interrupt) = cli.with(State::take_interrupt) {
                return Poll::Ready(Err(interrupt));
            }
            match rounds.as_mut().poll(cx) {
                Poll::Ready(end) => Poll::Ready(Ok(end)),
                Poll::Pending => match cli.with(State::take_interrupt) {
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
    if !prompts.iter().all(Prompt::wants_answer) {
        cli.with(State::begin);
        return End::Noted;
    }
    let is_own = prompts.iter().any(|prompt| prompt.origin.is_some());
    let written = text;
    let is_literal = prompts.iter().any(Prompt::is_literal);
    let expanded = if is_literal { None } else { cli.expand_skill(text).await };
    let text = expanded.as_deref().unwrap_or(text);
    if !is_literal && expanded.is_none() {
        cli.with(|state| state.note_command(text));
    }
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
    cli.with(|state| {
        decision.after_init.iter().for_each(|line| state.out(line));
        state.hooks_say("UserPromptSubmit", &decision.messages);
    });
    cli.with(|state| state.mirror_prompts(prompts));
    if cli.with(|state| state.options.replays_prompts) {
        for prompt in prompts.iter().filter(|prompt| prompt.line.is_object()) {
            cli.with(|state| state.repeat(prompt, Some(REPEATED_AT)));
        }
    }
    if let Some(why) = decision.no_verdict {
        return End::Unguarded(why);
    }
    if let Some(why) = decision.block.or(decision.stop) {
        return End::Prevented(why);
    }
    rounds(cli, answers(&reply)).await
}

impl State {
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
        let merges = self.results > 0 && !later && first.is_plain();
        let mut prompts: Vec<Prompt> = self.queue.pop_front().into_iter().collect();
        while merges
            && let Some(next) = self.queue.front()
            && next.priority.as_deref() != Some("later")
            && next.is_plain()
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
                match turn.structured.answer.take() {
                    Some(value) => {
                        fields["result"] = value.to_string().into();
                        fields["structured_output"] = value;
                    }
                    None => fields["result"] = turn.text.as_str().into(),
                }
                fields
            }
            End::HookStopped => {
                let mut fields = json!({"terminal_reason": "hook_stopped", "is_error": false, "subtype": "success", "result": ""});
                if let Some(tool) = turn.deferred.take() {
                    fields["terminal_reason"] = "tool_deferred".into();
                    fields["stop_reason"] = "tool_deferred".into();
                    fields["deferred_tool_use"] = tool;
                }
                fields
            }
            End::Unstructured(error) => json!({
                "terminal_reason": "structured_output_retry_exhausted", "is_error": true,
                "subtype": "error_max_structured_output_retries", "errors": [error],
            }),
            End::MaxTurns(limit) => json!({
                "terminal_reason": "max_turns", "is_error": true, "subtype": "error_max_turns",
                "errors": [format!("Reached maximum number of turns ({limit})")],
            }),
            End::MaxBudget(budget) => {
                how = "cancelled";
                json!({
                    "terminal_reason": "budget_exhausted", "is_error": true, "subtype": "error_max_budget_usd",
                    "errors": [format!("Reached maximum budget (${})", as_script(budget))],
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
            End::Noted => {
                turn.messages = 0;
                json!({"is_error": false, "subtype": "success", "result": ""})
            }
            End::Unguarded(why) => {
                let text = format!("UserPromptSubmit operation blocked by hook:\n{why}");
                let reason = why.lines().next().unwrap_or_default();
                let outcome = json!({
                    "kind": "no_verdict", "prompt_kept": false, "no_verdict_kind": "hook_failed", "reason": reason,
                });
                let fields = json!({
                    "content": text, "level": "warning", "prevent_continuation": true, "prompt_submit_outcome": outcome,
                });
                let line = self.lines.system("informational", fields);
                self.out(&line);
                turn.messages = 0;
                json!({"is_error": false, "subtype": "success", "result": text})
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

    /// The prompts that wait when the host ends the session.
    fn discard_queue(&mut self) {
        let discarded = std::mem::take(&mut self.queue).into_iter();
        for uuid in discarded.filter_map(|prompt| prompt.uuid) {
            if self.options.legacy {
                return;
            }
            let line = self.lines.lifecycle(&uuid, "discarded");
            self.out(&line);
        }
    }

    /// Writes a prompt again, for `--replay-user-messages`. One that is not run has no time.
    pub(super) fn repeat(&mut self, prompt: &Prompt, timestamp: Option<&str>) {
        let mut line = json!({
            "type": "user", "message": prompt.line["message"], "session_id": self.lines.session, "parent_tool_use_id": null,
        });
        line["uuid"] = prompt.uuid.clone().map_or_else(|| self.lines.uuid().into(), Value::from);
        if let Some(timestamp) = timestamp {
            line["timestamp"] = timestamp.into();
        }
        line["isReplay"] = true.into();
        self.out(&line);
    }

    /// How the host ends the turn, if it is to end now. A prompt with priority `now` lets tools that
    /// run end first; a call of an MCP server is cancelled.
    fn take_interrupt(&mut self) -> Option<Interrupt> {
        if self.interrupt == Some(Interrupt::Prompt) {
            let turn = self.turn();
            let ends_first = |running: &Running| !running.is_mcp && !is_agent(&running.tool);
            turn.gives_way |= turn.running.as_ref().is_some_and(ends_first);
            if turn.gives_way && !turn.tools.is_empty() {
                return None;
            }
        }
        self.interrupt.take()
    }

    /// Whether the tools of the turn that are left are not run.
    pub(super) fn runs_no_more_tools(&mut self) -> bool {
        match self.interrupt {
            None => false,
            Some(Interrupt::Request) => true,
            Some(Interrupt::Prompt) => self.turn().tools.is_empty(),
        }
    }

    /// A prompt with priority `now` came.
    pub(super) fn give_way(&mut self) {
        if self.turn.is_some() {
            self.interrupt = Some(Interrupt::Prompt);
        }
    }
}

/// A number as a script writes it: without a fraction that is zero, and `1e-7` where it is small.
fn as_script(number: f64) -> String {
    let text = json!(number).to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_as_by_a_script() {
        for (number, text) in [(1e-7, "1e-7"), (0.5, "0.5"), (3.0, "3"), (0.000_1, "0.0001")] {
            assert_eq!(as_script(number), text);
        }
    }
}
