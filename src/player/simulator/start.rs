//! What the CLI does before its first turn: what it prints in the place of a session, what it
//! refuses, and the prompt that is text.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::is_uuid;
use crate::player::machine::Step;
use crate::player::output_format::OutputFormat;
use crate::player::report::Divergence;
use crate::transport::Exit;

use super::commands::Printed;
use super::handle::Cli;
use super::prompt::Prompt;
use super::state::State;

/// How long the CLI waits for the first text on stdin, in microseconds.
const TEXT_WITHIN: u64 = 3_000_000;

/// The hint for a command whose output is not known.
const SAY_IT: &str =
    "say what it prints in the scenario: `commands` of the file, or `Scenario::on_command`";

/// The hint for a session that nothing says anything about.
const DECLARE_IT: &str = "claude-wire: no launch came before this one, and the scenario names no sessions. List those that exist in its \
     \"sessions\", or let every one exist with \"sessions\": \"any\" (in Rust, Scenario::sessions and Scenario::any_session)";

const NO_INPUT: &str =
    "Error: Input must be provided either through stdin or as a prompt argument when using --print";
const ONLY_BLANKS: &str = "Error: Input contained only whitespace. Provide a prompt with text through stdin or as a prompt \
                           argument when using --print";
const TOO_LATE: &str = "Warning: no stdin data received in 3s, proceeding without it. If piping from a slow command, redirect \
                        stdin explicitly: < /dev/null to skip, or wait longer.";
const NO_SESSION: &str = "Error: --resume requires a valid session ID or session title when used with --print. Usage: claude -p --resume \
     <session-id|title>";

impl Cli {
    /// Begins; false if no turn is to come.
    pub(super) async fn begin(&self) -> bool {
        if self.with(State::runs_no_session) {
            return false;
        }
        let options = self.with(|state| state.options.clone());
        self.act_all(&options.start, "start").await;
        if self.with(State::lacks_session) {
            return false;
        }
        if !options.legacy {
            self.session_begins();
        }
        if self.with(|state| state.options.decides) {
            self.until(|state| (state.has_input || state.eof).then_some(())).await;
            self.with(State::decide_without_input);
        }
        if !self.with(|state| state.options.text_input) {
            return true;
        }
        let limit = self.with(|state| state.now.saturating_add(TEXT_WITHIN));
        self.until(|state| {
            if state.eof {
                return Some(());
            }
            if state.text.is_empty() {
                if state.now >= limit {
                    state.err(TOO_LATE);
                    return Some(());
                }
                state.due = Some(state.due.map_or(limit, |due| due.min(limit)));
            }
            None
        })
        .await;
        self.with(State::take_text_prompt)
    }
}

impl State {
    /// Whether the launch runs no session: it prints something, or is refused.
    fn runs_no_session(&mut self) -> bool {
        let options = self.options.clone();
        match &options.printed {
            None => {}
            Some(Printed::Output(output)) => {
                if !output.stdout.is_empty() {
                    self.steps.push_back(Step::Out(output.stdout.clone().into()));
                    self.played += 1;
                }
                if !output.stderr.is_empty() {
                    self.steps.push_back(Step::Err(output.stderr.clone().into()));
                }
                self.exit = Some(Exit::from_code(output.exit_code));
                return true;
            }
            Some(Printed::Unknown(command)) => {
                self.note_not_simulated(format!("command {command}"));
                let divergence = Divergence::extra(format!("the command `{command}`"));
                self.diverge(divergence.because(SAY_IT.to_owned()));
                return true;
            }
        }
        for flag in &options.not_simulated {
            self.note_not_simulated(format!("flag {flag}"));
        }
        if let Some(error) = &options.refused {
            self.refuse(error);
            return true;
        }
        if let Some(warning) = options.warning() {
            self.err(&warning);
        }
        false
    }

    /// A launch without arguments that got nothing is one of text.
    fn decide_without_input(&mut self) {
        if !self.has_input {
            Arc::make_mut(&mut self.options).set_text();
        }
    }

    /// Whether the session that is to be resumed does not exist.
    fn lacks_session(&mut self) -> bool {
        let options = self.options.clone();
        let Some(asked) = options.unknown_session() else { return false };
        let error = match asked {
            "" => NO_SESSION.to_owned(),
            id if is_uuid(id.as_bytes()) => format!("No conversation found with session ID: {id}"),
            title => {
                format!(
                    "{NO_SESSION}. Provided value {} is not a UUID and does not match any session title.",
                    Value::from(title)
                )
            }
        };
        if options.output == OutputFormat::StreamJson {
            let line = self.startup_failure(&error, asked);
            self.out(&line);
        }
        self.refuse(&error);
        if options.knows_no_session {
            self.err(DECLARE_IT);
        }
        true
    }

    /// The CLI writes an error and ends.
    fn refuse(&mut self, error: &str) {
        self.err(error);
        self.exit = Some(Exit::from_code(1));
    }

    /// The result of a launch that could not begin.
    fn startup_failure(&mut self, error: &str, session: &str) -> Value {
        if is_uuid(session.as_bytes()) {
            self.lines.session = session.to_owned();
        }
        json!({
            "type": "result", "subtype": "error_during_execution", "duration_ms": 0, "duration_api_ms": 0, "is_error": true,
            "num_turns": 0, "stop_reason": null, "session_id": self.lines.session, "total_cost_usd": 0,
            "usage": super::usage::Tokens::default().usage(), "modelUsage": {}, "permission_denials": [],
            "uuid": self.lines.uuid(), "errors": [error], "result_index": 0,
        })
    }

    /// The prompt of a launch whose input is text: the argument and stdin, with a line break between
    /// them. False if there is none: then the CLI ends.
    fn take_text_prompt(&mut self) -> bool {
        let stdin = std::mem::take(&mut self.text);
        let argument = self.options.prompt.clone().unwrap_or_default();
        let parts: Vec<_> = [argument, stdin].into_iter().filter(|part| !part.is_empty()).collect();
        let text = parts.join("\n");
        if text.trim().is_empty() {
            self.refuse(if text.is_empty() { NO_INPUT } else { ONLY_BLANKS });
            return false;
        }
        // A scenario names a prompt without the line break that a shell adds.
        let text = text.trim_end_matches(['\r', '\n']).to_owned();
        self.queue.push_back(Prompt { text, ..Prompt::default() });
        // It is the only one, even if stdin is still open.
        self.eof = true;
        true
    }
}
