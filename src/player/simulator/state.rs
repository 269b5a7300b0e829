//! The state of a simulated CLI, which its tasks share.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::faults::ArmedFaults;
use crate::player::machine::Step;
use crate::player::output_format::OutputFormat;
use crate::player::report::Divergence;
use crate::player::scenario::Outside;
use crate::player::script::Simulation;
use crate::player::signal::Signal;
use crate::transport::Exit;

use super::agent::AgentStats;
use super::checkpoints::Checkpoints;
use super::context::Context;
use super::hooks::{HOOKS, Hooks};
use super::launch::LaunchOptions;
use super::lines::Lines;
use super::mirrored::Mirror;
use super::prompt::Prompt;
use super::servers::Servers;
use super::structure::Structured;
use super::task::Task;
use super::tool_use::ToolUse;
use super::turns::TurnList;
use super::usage::{Ledger, Tokens};

#[derive(Debug)]
pub(super) struct State {
    pub(super) now: u64,
    /// What is to be written, and whether a pause comes before it.
    pub(super) steps: VecDeque<Step>,
    /// When the next task goes on.
    pub(super) due: Option<u64>,
    /// Whether something happened since the tasks were last polled.
    pub(super) changed: bool,
    pub(super) eof: bool,
    pub(super) signal: Option<Signal>,
    pub(super) exit: Option<Exit>,
    pub(super) divergence: Option<Divergence>,
    pub(super) played: usize,
    pub(super) matched: usize,

    pub(super) options: Arc<LaunchOptions>,
    pub(super) turns: TurnList,
    pub(super) outside: Arc<Outside>,
    pub(super) faults: Option<ArmedFaults>,
    pub(super) lines: Lines,
    pub(super) hooks: Hooks,
    pub(super) servers: Servers,
    pub(super) ledger: Ledger,
    /// The cost when the last result was written, by model.
    pub(super) reported: Ledger,
    /// How many requests to the API there were: they number the messages.
    pub(super) requests: usize,
    /// How many results.
    pub(super) results: u64,
    /// How often the model's safeguards stopped a message.
    pub(super) safety_stops: u64,
    /// Whether a turn runs or is to come, as the host knows it.
    pub(super) is_running: bool,
    /// How many questions to the host are open.
    asking: usize,
    /// The session's state as the host knows it.
    shown_state: &'static str,
    /// Where the shell is.
    pub(super) shell_cwd: String,
    /// Whether the last result was an error.
    pub(super) failed: bool,

    /// The uuids of the prompts that came.
    pub(super) received: HashSet<String>,
    /// Prompts that no turn has taken.
    pub(super) queue: VecDeque<Prompt>,
    /// Text on stdin, where the prompt is text.
    pub(super) text: String,
    /// Whether a line came.
    pub(super) has_input: bool,
    /// The messages of an output that is one array.
    pub(super) written: Vec<Value>,
    /// The CLI's requests that the host has not answered, in order.
    pub(super) open: Vec<(String, Value)>,
    /// Answers that no task has taken.
    pub(super) answers: HashMap<String, Value>,
    pub(super) turn: Option<Turn>,
    /// The conversations of sub-agents, by id.
    pub(super) agents: HashMap<String, Turn>,
    pub(super) agent_stats: AgentStats,
    pub(super) checkpoints: Checkpoints,
    pub(super) context: Context,
    /// What was said in the main conversation, as an export shows it.
    pub(super) said: Vec<String>,
    /// The title that the host gave.
    pub(super) title: String,
    /// The text of the last prompt.
    pub(super) last_prompt: String,
    /// Tasks that run in the background.
    pub(super) tasks: Vec<Task>,
    /// How many tasks were started: they number the ids.
    pub(super) started_tasks: u64,
    /// The ids of the tasks that the host stopped.
    pub(super) stopped: HashSet<String>,
    /// The tasks in the background that asked the host something, by the ids of the requests.
    pub(super) owners: HashMap<String, String>,
    /// MCP servers that the host added while the session runs.
    pub(super) dynamic_servers: Vec<String>,
    /// How the host ended the turn.
    pub(super) interrupt: Option<Interrupt>,
    /// `end_session` came.
    pub(super) ends: bool,
    /// Gates that are released.
    pub(super) released: Vec<String>,
    /// What the host declared or asked for, and no rule does.
    pub(super) not_simulated: Vec<String>,
    /// Whether all turns are this launch's, because it is not in a run.
    pub(super) shares_nothing: bool,
    /// The transcript, for a host that keeps it.
    pub(super) mirror: Mirror,
    /// The limits of the plan, as the host knows them.
    pub(super) limits: Option<Value>,
    /// Rules that the host added while the session runs.
    pub(super) session_rules: Vec<String>,
    /// Options of `initialize`.
    pub(super) declared: Declared,
}

/// What `initialize` declared.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) schema: Option<Value>,
    /// Agents by name, as they were declared.
    pub(super) agents: Vec<(String, Value)>,
    /// Whether it came before.
    pub(super) once: bool,
    /// Whether it has `mcpServers`.
    pub(super) servers: bool,
    /// Whether it has `managedSettings`.
    pub(super) managed: bool,
    /// The settings that it has.
    pub(super) settings: Value,
    /// `perTaskStopAffordance`: an interrupt stops no task.
    pub(super) stops_each_task: bool,
}

/// The turn that runs.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// The `prompt_id` that hooks see.
    pub(super) id: String,
    /// Where its prompt comes from, if the CLI made it.
    pub(super) origin: Option<Value>,
    /// The uuids of its prompts.
    pub(super) prompts: Vec<String>,
    pub(super) tokens: Tokens,
    /// Counts the user's messages in it.
    pub(super) messages: u64,
    pub(super) begun: Vec<String>,
    pub(super) stop_reason: Option<String>,
    pub(super) text: String,
    pub(super) denials: Vec<Value>,
    /// Whether the last tool use was denied.
    pub(super) denied: bool,
    pub(super) structured: Structured,
    /// What hooks say to the user when the result of the tool is written: the hook's name, and the
    /// message.
    pub(super) said_by_hooks: Vec<(String, String)>,
    /// Whether a hook wants the turn to end after its tools.
    pub(super) hook_stopped: bool,
    /// The tool use that a hook deferred.
    pub(super) deferred: Option<Value>,
    /// How many of the message's tools only read.
    pub(super) reading: usize,
    /// The first request's input and cached tokens.
    pub(super) first_request: Option<(u64, u64)>,
    /// Whether an assistant line was written, which names the prompts.
    pub(super) named: bool,
    /// What the tools of the last message returned, as texts.
    pub(super) returned: Vec<String>,
    /// What those of the one before it returned: the model has read that.
    pub(super) read: Vec<String>,
    /// Tool uses that have no result, by their ids.
    pub(super) tools: Vec<String>,
    /// Those that are whole and not begun.
    pub(super) ready: VecDeque<ToolUse>,
    /// Those whose question may be asked: the event after their block has come.
    pub(super) may_ask: Vec<String>,
    /// The one that runs.
    pub(super) running: Option<Running>,
    /// Whether the turn ends when its tools have ended, since a prompt came that does not wait.
    pub(super) gives_way: bool,
    /// Whether more of the model's message may come.
    pub(super) receives: bool,
    /// Whether the host has read that the next message is requested.
    pub(super) is_requested: bool,
    /// The message that is streamed: its id, the open block, and its text so far.
    pub(super) streaming: Option<Streaming>,
    /// The prompt that its lines name alone.
    pub(super) named_by: Option<String>,
    /// Those of the prompts that were added to the running turn, and are over.
    pub(super) steered: Vec<String>,
    /// Whether the CLI has gone on after a refusal.
    pub(super) refused: bool,
    /// Whether a `message_start` was written, which names the prompts.
    pub(super) streams: bool,
}

impl Turn {
    /// Whether the host may be asked about a tool: the event after its block has come, or no more
    /// come.
    pub(super) fn may_ask(&self, tool: &str) -> bool {
        !self.receives || self.may_ask.iter().any(|id| id == tool)
    }
}

/// The tool use that runs.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) id: String,
    pub(super) tool: String,
    /// Whether an MCP server does it.
    pub(super) is_mcp: bool,
    /// `permission_decision` of its result.
    pub(super) decision: Value,
}

/// The message that is being streamed.
#[derive(Clone, Debug, Default)]
pub(super) struct Streaming {
    pub(super) message: String,
    pub(super) index: usize,
    /// The block so far: its kind and its text.
    pub(super) block: Option<(String, String)>,
    /// The message of `message_start`.
    pub(super) start: Value,
    /// How many blocks are whole.
    pub(super) written: u64,
    /// How many characters came, in all blocks.
    pub(super) chars: u64,
    /// The estimated tokens of its thinking.
    pub(super) thinking: u64,
}

/// How the host ended a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// By `interrupt`, or by a denial that interrupts.
    Request,
    /// By a prompt of priority `now`.
    Prompt,
}

impl State {
    pub(super) fn new(simulation: Simulation, shares_nothing: bool) -> Self {
        let mut state = Self::without_servers(simulation, shares_nothing);
        for hook in &state.outside.clone().settings_hooks {
            if !HOOKS.contains(&&*hook.event) {
                state.note_not_simulated(format!("hook {} of the settings", hook.event));
            }
        }
        let has_hooks = !state.outside.settings_hooks.is_empty();
        for what in &state.options.clone().reports {
            // The scenario says what the hooks of the settings do.
            if what != "setting hooks" || !has_hooks {
                state.note_not_simulated(what.clone());
            }
        }
        state.note_mode();
        for (name, config) in &state.options.clone().other_servers {
            state.add_scripted_server(name, config, "command-line");
        }
        state
    }

    fn without_servers(simulation: Simulation, shares_nothing: bool) -> Self {
        let Simulation { options, turns, outside, faults, .. } = simulation;
        let shell_cwd = options.cwd.clone();
        let lines =
            Lines::new(options.session.clone(), options.model.clone(), options.mode.clone());
        let mut state = Self {
            now: 0,
            steps: VecDeque::new(),
            due: None,
            changed: true,
            eof: false,
            signal: None,
            exit: None,
            divergence: None,
            played: 0,
            matched: 0,
            options: Arc::new(options),
            turns,
            outside,
            faults,
            lines,
            hooks: Hooks::default(),
            servers: Servers::default(),
            ledger: Ledger::default(),
            reported: Ledger::default(),
            requests: 0,
            results: 0,
            safety_stops: 0,
            is_running: false,
            asking: 0,
            shown_state: "idle",
            shell_cwd,
            failed: false,
            received: HashSet::new(),
            queue: VecDeque::new(),
            text: String::new(),
            has_input: false,
            written: Vec::new(),
            open: Vec::new(),
            answers: HashMap::new(),
            turn: None,
            agents: HashMap::new(),
            agent_stats: AgentStats::default(),
            checkpoints: Checkpoints::default(),
            context: Context::default(),
            said: Vec::new(),
            title: String::new(),
            last_prompt: String::new(),
            tasks: Vec::new(),
            started_tasks: 0,
            stopped: HashSet::new(),
            owners: HashMap::new(),
            dynamic_servers: Vec::new(),
            interrupt: None,
            ends: false,
            released: Vec::new(),
            not_simulated: Vec::new(),
            mirror: Mirror::default(),
            limits: None,
            session_rules: Vec::new(),
            shares_nothing,
            declared: Declared::default(),
        };
        let agents = state.options.agents.clone();
        state.declare_agents(&agents);
        state
    }

    /// Writes a line.
    pub(super) fn out(&mut self, line: &Value) {
        self.out_bytes(format!("{line}\n").into());
    }

    /// Writes a line in the form of output that the launch asked for.
    pub(super) fn out_bytes(&mut self, line: Bytes) {
        self.played += 1;
        self.changed = true;
        let line = match self.options.output {
            OutputFormat::AsRecorded | OutputFormat::StreamJson => Some(line),
            OutputFormat::Json { all } => self.json_output(&line, all),
            OutputFormat::Text => text_output(&line),
        };
        self.steps.extend(line.map(Step::Out));
    }

    /// The result, or at its end an array of all messages.
    fn json_output(&mut self, line: &Bytes, all: bool) -> Option<Bytes> {
        let message: Value = serde_json::from_slice(line).ok()?;
        let is_result = message["type"] == "result";
        if !all {
            return is_result.then(|| line.clone());
        }
        self.written.push(message);
        is_result.then(|| format!("{}\n", Value::from(std::mem::take(&mut self.written))).into())
    }

    /// Notes whether there is work, for a host that reads session states.
    pub(super) fn note_running(&mut self, is_running: bool) {
        self.is_running = is_running;
        self.show_state();
    }

    /// A question to the host begins, and the session waits for it.
    pub(super) fn note_asking(&mut self) {
        self.asking += 1;
        self.show_state();
    }

    /// A question has its answer, or needs none.
    pub(super) fn note_answered(&mut self) {
        self.asking = self.asking.saturating_sub(1);
        self.show_state();
    }

    /// The turn asks nothing any more. Questions of tasks in the background stay.
    pub(super) fn note_none_asking(&mut self) {
        self.asking = self.questions_of_tasks();
        self.show_state();
    }

    fn show_state(&mut self) {
        let state = match (self.asking, self.is_running) {
            (1.., _) => "requires_action",
            (0, true) => "running",
            (0, false) => "idle",
        };
        if self.options.reads_state && self.shown_state != state {
            self.shown_state = state;
            let fields = json!({"state": state, "sdk_host_only": true});
            let line = self.lines.system("session_state_changed", fields);
            self.out(&line);
        }
    }

    pub(super) fn err(&mut self, text: &str) {
        self.changed = true;
        self.steps.push_back(Step::Err(format!("{text}\n").into()));
    }

    /// Whether nothing more happens: what is left is to be written.
    pub(super) fn is_over(&self) -> bool {
        self.exit.is_some() || self.divergence.is_some()
    }

    /// Something differs from the scenario; the run ends.
    pub(super) fn diverge(&mut self, divergence: Divergence) {
        self.changed = true;
        self.divergence.get_or_insert(divergence);
    }

    /// The turn that runs; an empty one between turns.
    pub(super) fn turn(&mut self) -> &mut Turn {
        self.turn.get_or_insert_default()
    }

    /// A message of the user goes to the model.
    pub(super) fn count_message(&mut self) {
        self.turn().messages += 1;
    }

    pub(super) fn note_not_simulated(&mut self, what: String) {
        if !self.not_simulated.contains(&what) {
            self.not_simulated.push(what);
        }
    }
}

/// The text of a result. The CLI ends its own errors without a line break.
fn text_output(line: &Bytes) -> Option<Bytes> {
    let message: Value = serde_json::from_slice(line).ok()?;
    if message["type"] != "result" {
        return None;
    }
    let error = message.pointer("/errors/0").and_then(Value::as_str).unwrap_or_default();
    let in_brackets = error.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let value = in_brackets.unwrap_or_default();
    Some(match (message["result"].as_str(), message["subtype"].as_str()) {
        (Some(text), _) if text.ends_with('\n') => text.to_owned().into(),
        (Some(text), _) => format!("{text}\n").into(),
        (None, Some("error_max_turns")) => format!("Error: Reached max turns ({value})").into(),
        (None, Some("error_max_budget_usd")) => {
            let value = value.trim_start_matches('$');
            format!("Error: Exceeded USD budget ({value})").into()
        }
        (None, _) => error.to_owned().into(),
    })
}
