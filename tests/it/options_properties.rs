//! Properties of any combination of options with any text in them.

#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use claude_wire::session::Options;
use claude_wire::session::options::{
    AgentDefinition, FileOrJson, McpServer, Plugin, Thinking, ToolServerConfig,
};
use claude_wire::transport::Inherit;
use proptest::prelude::*;
use serde_json::json;

const ID: &str = "123e4567-e89b-42d3-a456-426614174000";

/// One option: its field, how to set it from a text, and the flag and value that it must write.
struct Row {
    field: &'static str,
    set: fn(Options, &str) -> Options,
    writes: fn(&str) -> Option<Pair>,
}

type Pair = (String, Option<String>);

macro_rules! rows {
    ($($field:ident: $set:expr => $flag:literal $value:expr;)*) => {
        [$(Row {
            field: stringify!($field),
            set: $set,
            writes: |text| {
                let value: fn(&str) -> Option<String> = $value;
                (!$flag.is_empty()).then(|| ($flag.to_owned(), value(text)))
            },
        }),*]
    };
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn length(text: &str) -> Option<String> {
    Some((text.len() + 1).to_string())
}

fn none(_: &str) -> Option<String> {
    None
}

fn millis(text: &str) -> Duration {
    Duration::from_millis(text.len() as u64 + 1)
}

/// All options that write something, in their order on the command line.
const ROWS: [Row; 68] = rows! {
    system_prompt: |o, t| o.append_system_prompt(t) => "--append-system-prompt" text;
    allowed_tools: |o, t| o.allowed_tools([format!("A({})", inner(t)), "-B".into()]) => "--allowed-tools" |t| Some(format!("A({}),-B", inner(t)));
    disallowed_tools: |o, t| o.disallowed_tools([format!("-({})", inner(t))]) => "--disallowed-tools" |t| Some(format!("-({})", inner(t)));
    tools: |o, _| o.tools([""; 0]) => "--tools" |_| Some(String::new());
    model: |o, t| o.model(format!("{t}m")) => "--model" |t| Some(format!("{t}m"));
    fallback_model: |o, t| o.fallback_model(format!("{t}f")) => "--fallback-model" |t| Some(format!("{t}f"));
    agent: |o, t| o.agent(format!("{t}a")) => "--agent" |t| Some(format!("{t}a"));
    permission_mode: |o, t| o.permission_mode(format!("{t}p")) => "--permission-mode" |t| Some(format!("{t}p"));
    permission_prompt_tool: |o, t| o.permission_prompt_tool(format!("{t}q")) => "--permission-prompt-tool" |t| Some(format!("{t}q"));
    permission_prompts: |o, t| o.permission_prompts(format!("{t}w")) => "--permission-prompts" |t| Some(format!("{t}w"));
    allow_dangerously_skip_permissions: |o, _| o.allow_dangerously_skip_permissions(true) => "--allow-dangerously-skip-permissions" none;
    max_turns: |o, t| o.max_turns(t.len() as u32 + 1) => "--max-turns" length;
    max_budget_usd: |o, t| o.max_budget_usd((t.len() + 1) as f64) => "--max-budget-usd" length;
    task_budget: |o, t| o.task_budget(t.len() as u64 + 1) => "--task-budget" length;
    thinking: |o, t| o.thinking(Thinking::Budget(t.len() as u32 + 1)) => "--max-thinking-tokens" length;
    thinking_display: |o, t| o.thinking_display(format!("{t}d").as_str()) => "--thinking-display" |t| Some(format!("{t}d"));
    effort: |o, t| o.effort(format!("{t}e")) => "--effort" |t| Some(format!("{t}e"));
    betas: |o, t| o.betas(["-b", &t.replace(',', "."), "c"].map(|b| format!("{b}."))) => "--betas" |t| Some(format!("-b.,{}.,c.", t.replace(',', ".")));
    resume: |o, _| o.resume(ID) => "--resume" |_| text(ID);
    continue_conversation: |o, _| o.continue_conversation(true) => "--continue" none;
    fork_session: |o, _| o.fork_session(true) => "--fork-session" none;
    resume_session_at: |o, _| o.resume_session_at(ID) => "--resume-session-at" |_| text(ID);
    resume_drops_turn: |o, _| o.resume_drops_turn(ID) => "--resume-drops-turn" |_| text(ID);
    session_id: |o, _| o.session_id(ID) => "--session-id" |_| text(ID);
    no_session_persistence: |o, _| o.no_session_persistence(true) => "--no-session-persistence" none;
    add_dirs: |o, t| o.add_dirs([format!("{t}/d")]) => "--add-dir" |t| Some(format!("{t}/d"));
    mcp_config: |o, t| o.mcp_config(FileOrJson::File(format!("{t}/m").into())) => "--mcp-config" |t| Some(format!("{t}/m"));
    strict_mcp_config: |o, _| o.strict_mcp_config(true) => "--strict-mcp-config" none;
    settings: |o, t| o.settings(FileOrJson::File(format!("{t}/s").into())) => "--settings" |t| Some(format!("{t}/s"));
    project_config_root: |o, t| o.project_config_root(format!("{t}/r")) => "--project-config-root" |t| Some(format!("{t}/r"));
    plugins: |o, t| o.plugin(Plugin::new(format!("{t}/p"))) => "--plugin-dir" |t| Some(format!("{t}/p"));
    setting_sources: |o, _| o.setting_sources([""; 0]) => "--setting-sources" |_| Some(String::new());
    json_schema: |o, t| o.json_schema(json!({"const": t})) => "--json-schema" |t| Some(json!({"const": t}).to_string());
    include_partial_messages: |o, _| o.include_partial_messages(true) => "--include-partial-messages" none;
    include_hook_events: |o, _| o.include_hook_events(true) => "--include-hook-events" none;
    replay_user_messages: |o, _| o.replay_user_messages(true) => "--replay-user-messages" none;
    session_mirror: |o, _| o.session_mirror(true) => "--session-mirror" none;
    debug: |o, _| o.debug(true) => "--debug" none;
    debug_file: |o, t| o.debug_file(format!("{t}/log")) => "--debug-file" |t| Some(format!("{t}/log"));
    mcp_servers: |o, t| o.external_mcp_server(format!("{t}s"), McpServer::stdio(format!("{t}c"), [t])) => "--await-initialize" none;
    managed_settings: |o, t| o.managed_settings(json!({t: t})) => "--managed-settings-in-initialize" none;
    extra_args: |o, t| o.extra_arg("plugin-url", t) => "--plugin-url" text;
    // Options that go into the initialize request or into prompts.
    exclude_dynamic_sections: |o, _| o.exclude_dynamic_sections(true) => "" none;
    system_prompt_snapshot: |o, _| o.system_prompt_snapshot(true) => "" none;
    plan_mode_instructions: |o, t| o.plan_mode_instructions(t) => "" none;
    agents: |o, t| o.agents([(format!("{t}a"), AgentDefinition::new(t, t))]) => "" none;
    tool_aliases: |o, t| o.tool_aliases([(format!("{t}f"), format!("{t}t"))]) => "" none;
    tool_server_configs: |o, t| o.tool_server_configs([(format!("{t}s"), ToolServerConfig::default())]) => "" none;
    title: |o, t| o.title(format!("{t}t")) => "" none;
    prompt_suggestions: |o, _| o.prompt_suggestions(true) => "" none;
    agent_progress_summaries: |o, _| o.agent_progress_summaries(true) => "" none;
    forward_subagent_text: |o, _| o.forward_subagent_text(true) => "" none;
    per_task_stop_affordance: |o, _| o.per_task_stop_affordance(true) => "" none;
    verbatim_prompts: |o, _| o.verbatim_prompts(true) => "" none;
    // Options that go into the environment.
    file_checkpointing: |o, _| o.file_checkpointing(true) => "" none;
    question_preview: |o, t| o.question_preview(format!("{t}q")) => "" none;
    max_retries: |o, t| o.max_retries(t.len() as u32) => "" none;
    client_app: |o, t| o.client_app(format!("{t}c")) => "" none;
    trace_parent: |o, _| o.trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") => "" none;
    inherit_env: |o, t| o.inherit_env(Inherit::only([t])) => "" none;
    // Options that the SDK implements itself write nothing.
    cwd: |o, t| o.cwd(format!("{t}/cwd")) => "" none;
    timeout: |o, t| o.timeout(millis(t)) => "" none;
    idle_timeout: |o, t| o.idle_timeout(millis(t)) => "" none;
    control_timeout: |o, t| o.control_timeout(millis(t)) => "" none;
    initialize_timeout: |o, t| o.initialize_timeout(millis(t)) => "" none;
    drain_timeout: |o, t| o.drain_timeout(millis(t)) => "" none;
    env: |o, t| o.env("NAME", t) => "" none;
    api_key: |o, t| o.api_key(format!("{}k", t.replace(' ', ""))) => "" none;
};

/// A text that may appear between the parentheses of a rule.
fn inner(text: &str) -> String {
    text.replace(['(', ')'], "|")
}

/// Texts that may break argument lists: quotes, blanks, dashes, equals signs, commas.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"-{0,2}[a-z"'$()`;|&<>=, \\*ü]{0,12}"#,
        Just("--dangerously-skip-permissions".to_owned()),
        Just(String::new()),
    ]
}

/// A choice of compatible options, with their texts.
fn choice() -> impl Strategy<Value = Vec<Option<String>>> {
    prop::collection::vec(prop::option::of(hostile()), ROWS.len()).prop_map(|mut chosen| {
        let at = |field| ROWS.iter().position(|row| row.field == field).unwrap();
        let [resume, go_on, fork, id] =
            ["resume", "continue_conversation", "fork_session", "session_id"].map(at);
        let [cut, drops, debug, log] =
            ["resume_session_at", "resume_drops_turn", "debug", "debug_file"].map(at);
        if chosen[log].is_some() {
            // The file contains both.
            chosen[debug] = None;
        }
        if chosen[resume].is_some() {
            chosen[go_on] = None;
        }
        if chosen[resume].is_none() {
            chosen[cut] = None;
        }
        if chosen[cut].is_none() {
            chosen[drops] = None;
        }
        if chosen[resume].is_none() && chosen[go_on].is_none() {
            chosen[fork] = None;
        } else if chosen[fork].is_none() {
            chosen[id] = None;
        }
        chosen
    })
}

fn build(chosen: &[Option<String>]) -> Options {
    ROWS.iter().zip(chosen).fold(Options::default(), |options, (row, text)| match text {
        Some(text) => (row.set)(options, text),
        None => options,
    })
}

/// Parses an argument list as the CLI does: `--flag=value`, or `--flag` and the next argument if
/// that is not a flag.
fn parse(args: &[String]) -> Vec<Pair> {
    let mut args = args.iter().peekable();
    let mut pairs = Vec::new();
    while let Some(arg) = args.next() {
        assert!(arg.starts_with("--"), "{arg:?} is not the value of a flag");
        pairs.push(match arg.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (arg.clone(), args.next_if(|next| !next.starts_with('-')).cloned()),
        });
    }
    pairs
}

fn args(options: &Options) -> Vec<String> {
    options.args().unwrap().into_iter().map(|arg| arg.into_string().unwrap()).collect()
}

proptest! {
    #[test]
    fn every_option_writes_its_flag_and_value_in_order_and_nothing_else(chosen in choice()) {
        let mut expected: Vec<Pair> = ROWS
            .iter()
            .zip(&chosen)
            .filter_map(|(row, text)| (row.writes)(text.as_deref()?))
            .collect();
        // Two rows need it; it appears once.
        let managed = expected.iter().position(|(flag, _)| flag == "--managed-settings-in-initialize");
        if let (Some(at), false) = (managed, expected.iter().any(|(flag, _)| flag == "--await-initialize")) {
            expected.insert(at, ("--await-initialize".into(), None));
        }
        prop_assert_eq!(parse(&args(&build(&chosen))[6..]), expected);
    }

    #[test]
    fn the_highest_layer_that_sets_a_field_wins(
        layers in prop::collection::vec(
            prop::collection::vec(prop::option::of(hostile()), ROWS.len()), 0..4),
    ) {
        let highest: Vec<Option<String>> = (0..ROWS.len())
            .map(|field| layers.iter().find_map(|layer| layer[field].clone()))
            .collect();
        let layers: Vec<Options> = layers.iter().map(|layer| build(layer)).collect();
        let resolved = Options::resolve(&layers.iter().collect::<Vec<_>>());
        prop_assert_eq!(resolved, build(&highest));
    }
}

#[test]
fn what_an_option_writes_cannot_be_written_by_extra_args() {
    let flags = ROWS.iter().filter_map(|row| (row.writes)("")).map(|(flag, _)| flag);
    let others = ["--system-prompt", "--system-prompt-file", "--thinking", "--cwd", "--timeout"];
    let fixed = args(&Options::default()).into_iter().filter(|arg| arg.starts_with("--"));
    for flag in
        flags.filter(|flag| flag != "--plugin-url").chain(others.map(String::from)).chain(fixed)
    {
        let extra = Options::default().extra_flag(&flag[2..]);
        assert!(extra.validate().is_err(), "{flag}");
    }
}

#[test]
fn cwd_timeout_and_key_are_never_on_the_command_line() {
    let chosen: Vec<_> = ROWS
        .iter()
        .map(|row| (row.field != "continue_conversation").then(|| "CANARY-7731".to_owned()))
        .collect();
    let options =
        build(&chosen).env("TOKEN", "SECRET-env").api_key("SECRET-key").cwd("/SECRET-cwd");
    for arg in args(&options) {
        assert!(!arg.starts_with("--cwd") && !arg.starts_with("--timeout"), "{arg}");
        assert!(!arg.contains("SECRET"), "{arg}");
    }
}

#[test]
fn bypassing_permissions_is_never_chosen_by_the_sdk() {
    let chosen: Vec<_> = ROWS
        .iter()
        .map(|row| {
            (!["continue_conversation", "permission_mode", "allow_dangerously_skip_permissions"]
                .contains(&row.field))
            .then(|| "x".to_owned())
        })
        .collect();
    for arg in args(&build(&chosen)) {
        assert!(!arg.contains("bypass") && !arg.contains("skip-permissions"), "{arg}");
        assert_ne!(arg, "--permission-mode");
    }
}

#[test]
fn each_row_of_the_table_sets_its_own_field() {
    let chosen = vec![Some("x".to_owned()); ROWS.len()];
    let shown = format!("{:#?}", build(&chosen));
    let fields =
        shown.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
    let fields = fields.filter(|line| line.contains(": ")).count();
    assert_eq!(fields, ROWS.len());
}
