//! What a launch asks for.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::common::is_uuid;
use crate::player::launch::CommandLine;
use crate::player::output_format::OutputFormat;
use crate::player::scenario::{ModelReply, ScriptedCommand};
use crate::player::turns::{SharedTurns, fresh};
use crate::transport::Launch;

use super::commands::{self, Place, Printed};
use super::flag_settings::{FlagSettings, mode_of};
use super::launch_files;

/// The options of a launch whose effect is simulated.
#[derive(Clone, Debug)]
pub(in crate::player) struct LaunchOptions {
    pub(super) session: String,
    pub(super) model: String,
    pub(super) mode: String,
    /// Whether the arguments say which mode that is.
    pub(super) names_mode: bool,
    /// Whether the handshake may have settings: `--initialize-fields`.
    pub(super) announces_settings: bool,
    pub(super) cwd: String,
    /// The CLI's configuration folder.
    pub(super) config: String,
    /// `--include-partial-messages`
    pub(super) partial: bool,
    /// `--include-hook-events`
    pub(super) hook_events: bool,
    /// `--await-claim`
    pub(super) awaits_claim: bool,
    /// Whether the mode `bypassPermissions` may be set later.
    pub(super) may_bypass: bool,
    /// `--replay-user-messages`
    pub(super) replays_prompts: bool,
    pub(super) max_turns: Option<f64>,
    pub(super) max_budget: Option<f64>,
    /// `--json-schema`
    pub(super) schema: Option<Value>,
    pub(super) allowed: Vec<String>,
    /// `permissions.allow` of `--settings`
    pub(super) allowed_by_settings: Vec<String>,
    pub(super) disallowed: Vec<String>,
    /// The host answers permission requests.
    pub(super) asks: bool,
    /// In-process servers of `--mcp-config`.
    pub(super) servers: Vec<String>,
    /// Other servers of `--mcp-config`, with their configurations.
    pub(super) other_servers: Vec<(String, Value)>,
    pub(super) output: OutputFormat,
    /// The prompt is plain text: an argument, stdin, or both.
    pub(super) text_input: bool,
    pub(super) prompt: Option<String>,
    /// `CLAUDE_CODE_MAX_RETRIES`
    pub(super) max_retries: u32,
    /// The host and the port of `ANTHROPIC_BASE_URL`.
    pub(super) gateway: Option<String>,
    /// Whether the host reads session states.
    pub(super) reads_state: bool,
    /// `--bare`
    pub(super) bare: bool,
    /// `--tools`, where it names some or none.
    pub(super) tools: Option<Vec<String>>,
    /// Whether there are slash commands: not with `--disable-slash-commands`.
    pub(super) commands: bool,
    /// Whether the CLI brings skills: not with `CLAUDE_CODE_DISABLE_BUNDLED_SKILLS`.
    pub(super) bundled_skills: bool,
    /// Whether the CLI brings agents: not with `CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS`.
    pub(super) builtin_agents: bool,
    /// `--agent`
    pub(super) agent: Option<String>,
    /// `--agents`
    pub(super) agents: Value,
    /// Whether the session is kept, without `--no-session-persistence`.
    pub(super) persists: bool,
    /// Flags whose effect is not simulated.
    pub(super) not_simulated: Vec<String>,
    /// What else is not simulated of the launch.
    pub(super) reports: Vec<String>,
    /// `--effort`, or the CLI's own.
    pub(super) effort: String,
    /// `--effort` with a value that the CLI does not know.
    pub(super) unknown_effort: Option<String>,
    /// How hooks read that the session begins: `startup`, `resume` or `fork`.
    pub(super) begins: &'static str,
    /// Whether the CLI keeps what tools change, with `CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING`.
    pub(super) keeps_files: bool,
    /// Whether it has no arguments, and its input says whether it is lines or text.
    pub(super) decides: bool,
    /// Whether nothing says which sessions exist.
    pub(super) knows_no_session: bool,
    /// `--resume` of a session that does not exist; empty if it names none.
    pub(super) unknown_resume: Option<String>,
    /// What it prints in the place of a session.
    pub(super) printed: Option<Printed>,
    /// Why the CLI refuses the arguments, as it says it on stderr.
    pub(super) refused: Option<String>,
    /// The dialect of early guides to the CLI.
    pub(super) legacy: bool,
    /// Whether it has an OAuth token, and no API key.
    pub(super) subscribed: bool,
    /// `--session-mirror`, of a session that is kept.
    pub(super) mirrors: bool,
    /// How the host calls itself.
    pub(super) entrypoint: String,
    /// What the scenario lets happen before the first turn, and after the last one.
    pub(super) start: ModelReply,
    pub(super) end: ModelReply,
}

/// Flags that change nothing of what a scenario's CLI does, or whose effect is simulated.
const SIMULATED: [&str; 42] = [
    "--print",
    "--output-format",
    "--input-format",
    "--verbose",
    "--model",
    "--permission-mode",
    "--session-id",
    "--resume",
    "--continue",
    "--fork-session",
    "--include-partial-messages",
    "--include-hook-events",
    "--replay-user-messages",
    "--max-turns",
    "--max-budget-usd",
    "--json-schema",
    "--allowed-tools",
    "--allowedTools",
    "--disallowed-tools",
    "--disallowedTools",
    "--permission-prompt-tool",
    "--dangerously-skip-permissions",
    "--mcp-config",
    "--strict-mcp-config",
    "--await-initialize",
    "--initialize-fields",
    "--system-prompt",
    "--append-system-prompt",
    "--system-prompt-file",
    "--append-system-prompt-file",
    "--no-session-persistence",
    "--setting-sources",
    "--settings",
    "--bare",
    "--allow-dangerously-skip-permissions",
    "--effort",
    "--agents",
    "--agent",
    "--tools",
    "--disable-slash-commands",
    "--add-dir",
    "--session-mirror",
];

const DEFAULT_MODEL: &str = "claude-opus-5-5";
/// The same with an OAuth token in the place of an API key.
const SUBSCRIBERS_MODEL: &str = "claude-sonnet-5-5";
/// The efforts that the CLI knows, and the one without the flag.
const EFFORTS: [&str; 5] = ["low", "medium", "high", "xhigh", "max"];
const DEFAULT_EFFORT: &str = "medium";
/// Where the CLI reads settings.
const SOURCES: [&str; 3] = ["user", "project", "local"];
/// The CLI's own number of retries.
const MAX_RETRIES: u32 = 10;

/// What a launch finds: what came before it, and what the scenario says about it.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::player) struct Found<'a> {
    /// The sessions that exist: those of the scenario, and of the launches before it.
    pub(in crate::player) sessions: &'a [String],
    /// Whether every session exists.
    pub(in crate::player) any_session: bool,
    /// Whether the scenario says which sessions exist.
    pub(in crate::player) lists_sessions: bool,
    /// What it shares with other launches; without, its session has the first id.
    pub(in crate::player) shared: Option<&'a dyn SharedTurns>,
    pub(in crate::player) commands: &'a [ScriptedCommand],
    /// Whether the API key is missing.
    pub(in crate::player) logged_out: bool,
    /// The files of the working folder that the scenario has.
    pub(in crate::player) files: Option<&'a BTreeMap<String, String>>,
}

/// Whether a launch asks for something that is printed: the version, a help, the output of a
/// subcommand.
pub(in crate::player) fn prints(launch: &Launch) -> bool {
    CommandLine::read(&arguments(launch), None, true).is_ok_and(|line| line.prints())
}

fn arguments(launch: &Launch) -> Vec<String> {
    launch.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
}

impl LaunchOptions {
    /// Reads a launch.
    pub(in crate::player) fn of(launch: &Launch, found: Found<'_>) -> Self {
        let sessions = found.sessions;
        let args = arguments(launch);
        let env: BTreeMap<_, _> = launch.env.resolve(std::env::vars_os(), None);
        let variable = |name: &str| {
            let value = env.get(std::ffi::OsStr::new(name))?;
            value.to_str().filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let is_on = |name: &str| variable(name).is_some_and(|value| value != "0");
        let read = CommandLine::read(&args, None, is_on("CLAUDE_WIRE_LENIENT"));
        let refused = read.as_ref().err().map(ToString::to_string);
        let line = read.ok();
        let value = |name: &str| line.as_ref()?.value(name).map(str::to_owned);
        let has = |name: &str| value(name).is_some();
        let all = |names: [&str; 2]| -> Vec<String> {
            let given = line.iter().flat_map(|line| line.given());
            given
                .filter(|(name, _)| names.contains(name))
                .flat_map(|(_, value)| rules(value.as_deref().unwrap_or_default()))
                .collect()
        };
        let latest = || sessions.last().filter(|_| has("--continue")).cloned();
        let named = value("--resume").filter(|id| !id.is_empty());
        let cwd = launch.working_dir().unwrap_or_default();
        let home = launch.home().unwrap_or_else(|| "/home/user".to_owned());
        let config = variable("CLAUDE_CONFIG_DIR").unwrap_or_else(|| format!("{home}/.claude"));
        let exists = |id: &String| {
            found.any_session
                || sessions.contains(id)
                || is_uuid(id.as_bytes()) && Path::new(&transcript(&config, &cwd, id)).exists()
        };
        let unknown_resume = value("--resume").filter(|id| id.is_empty() || !exists(id));
        let earlier = named.or_else(latest);
        let begins = match &earlier {
            None => "startup",
            Some(_) if has("--fork-session") => "fork",
            Some(_) => "resume",
        };
        let resumed = earlier.filter(|_| !has("--fork-session"));
        let in_use = value("--session-id").filter(|id| sessions.contains(id));
        let in_use = in_use.map(|id| format!("Error: Session ID {id} is already in use."));
        let skips = has("--dangerously-skip-permissions");
        let settings = FlagSettings::read(value("--settings").as_deref(), found.files);
        let named_mode = value("--permission-mode").map(|mode| mode_of(&mode));
        let names_mode = named_mode.is_some() || settings.mode.is_some();
        let mode = named_mode.or(settings.mode);
        let mode = mode.unwrap_or_else(|| "default".to_owned());
        let mut reports = settings.not_simulated;
        let prompt_tool = value("--permission-prompt-tool");
        if let Some(tool) = prompt_tool.as_ref().filter(|tool| *tool != "stdio") {
            reports.push(format!("flag --permission-prompt-tool {tool}: the tool is not called"));
        }
        let (effort, unknown_effort): (Vec<_>, Vec<_>) =
            value("--effort").into_iter().partition(|effort| EFFORTS.contains(&&**effort));
        let mut disallowed = all(["--disallowed-tools", "--disallowedTools"]);
        disallowed.extend(settings.deny);
        let may_bypass =
            skips || has("--allow-dangerously-skip-permissions") || mode == "bypassPermissions";
        let configs = line.iter().flat_map(|line| line.given());
        let configs = configs.filter(|(name, _)| *name == "--mcp-config");
        let (servers, other_servers) = servers(configs.filter_map(|(_, config)| config.as_deref()));
        let no_file = line.as_ref().and_then(|line| launch_files::refusal(line, &cwd, found.files));
        let sources = value("--setting-sources").and_then(|sources| bad_source(&sources));
        let place = Place { config: &config, variable: &variable, logged_out: found.logged_out };
        let printed =
            line.as_ref().and_then(|line| commands::printed(line, found.commands, &place));
        let prompt = line.as_ref().and_then(|line| line.prompt()).map(str::to_owned);
        // Without a terminal the CLI prints, whether it is asked to or not. A host gives arguments: one
        // without any is a test, and writes lines.
        let is_bare = args.iter().all(String::is_empty);
        let text_input = !is_bare && value("--input-format").as_deref() != Some("stream-json");
        let not_simulated = line.iter().flat_map(|line| line.given()).map(|(name, _)| *name);
        let not_simulated = not_simulated.filter(|name| !SIMULATED.contains(name));
        let mut not_simulated: Vec<_> = not_simulated.map(str::to_owned).collect();
        not_simulated.dedup();
        let is_printed = printed.is_some();
        let refused = refused.or(sources.or(no_file).filter(|_| !is_printed)).or(in_use);
        let runs = !is_printed && refused.is_none() && unknown_resume.is_none();
        let shared = found.shared.filter(|_| runs);
        let new =
            || shared.map_or_else(|| fresh(sessions, |_| true), |it| it.fresh_session(sessions));
        let session = value("--session-id").or(resumed).unwrap_or_else(new);
        let subscribed = variable("ANTHROPIC_API_KEY").is_none()
            && variable("CLAUDE_CODE_OAUTH_TOKEN").is_some();
        Self {
            session,
            model: value("--model").map_or_else(
                || if subscribed { SUBSCRIBERS_MODEL } else { DEFAULT_MODEL }.to_owned(),
                |name| resolved(&name),
            ),
            mode: if skips { "bypassPermissions".to_owned() } else { mode },
            names_mode: names_mode || skips,
            announces_settings: value("--initialize-fields")
                .is_some_and(|fields| fields.split(',').any(|field| field == "settings")),
            cwd,
            printed,
            config,
            partial: has("--include-partial-messages"),
            awaits_claim: has("--await-claim"),
            may_bypass,
            hook_events: has("--include-hook-events"),
            replays_prompts: has("--replay-user-messages"),
            max_turns: value("--max-turns")
                .and_then(|turns| turns.trim().parse().ok())
                .filter(|turns| *turns > 0.0),
            max_budget: value("--max-budget-usd").and_then(|budget| budget.parse().ok()),
            schema: value("--json-schema").and_then(|text| serde_json::from_str(&text).ok()),
            allowed: all(["--allowed-tools", "--allowedTools"]),
            allowed_by_settings: settings.allow,
            disallowed,
            // A host without arguments can answer anything.
            asks: is_bare || prompt_tool.as_deref() == Some("stdio"),
            servers,
            other_servers,
            output: match OutputFormat::of(&args) {
                OutputFormat::AsRecorded if is_bare => OutputFormat::StreamJson,
                OutputFormat::AsRecorded => OutputFormat::Text,
                asked => asked,
            },
            text_input,
            prompt,
            max_retries: variable("CLAUDE_CODE_MAX_RETRIES")
                .and_then(|count| count.parse().ok())
                .unwrap_or(MAX_RETRIES),
            gateway: variable("ANTHROPIC_BASE_URL").and_then(|url| authority(&url)),
            reads_state: is_on("CLAUDE_CODE_SDK_READS_SESSION_STATE"),
            bare: has("--bare"),
            tools: value("--tools").map(|list| rules(&list)).filter(|list| *list != ["default"]),
            commands: !has("--disable-slash-commands"),
            bundled_skills: !is_on("CLAUDE_CODE_DISABLE_BUNDLED_SKILLS"),
            builtin_agents: !is_on("CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS"),
            agent: value("--agent"),
            agents: value("--agents")
                .and_then(|agents| serde_json::from_str(&agents).ok())
                .unwrap_or_default(),
            persists: !has("--no-session-persistence"),
            not_simulated,
            reports,
            effort: effort.into_iter().next().unwrap_or_else(|| DEFAULT_EFFORT.to_owned()),
            unknown_effort: unknown_effort.into_iter().next(),
            begins,
            keeps_files: is_on("CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"),
            decides: false,
            knows_no_session: sessions.is_empty() && !found.lists_sessions,
            unknown_resume,
            legacy: false,
            subscribed,
            mirrors: has("--session-mirror") && !has("--no-session-persistence"),
            entrypoint: variable("CLAUDE_CODE_ENTRYPOINT").unwrap_or_else(|| "sdk-cli".to_owned()),
            start: ModelReply::default(),
            end: ModelReply::default(),
            refused,
        }
    }

    /// The rules that allow tools.
    pub(super) fn allows(&self) -> impl Iterator<Item = &String> {
        self.allowed.iter().chain(&self.allowed_by_settings)
    }

    /// The warning about an effort that the CLI does not know.
    pub(super) fn warning(&self) -> Option<String> {
        let effort = self.unknown_effort.as_ref()?;
        Some(format!(
            "Warning: Unknown --effort value '{effort}' — ignoring it and using the default effort. Valid values: {}.",
            EFFORTS.join(", ")
        ))
    }

    pub(in crate::player) fn session(&self) -> &str {
        &self.session
    }

    /// Whether it has a session that later launches may resume.
    pub(in crate::player) fn keeps_session(&self) -> bool {
        self.printed.is_none()
            && self.refused.is_none()
            && self.unknown_resume.is_none()
            && self.persists
    }

    /// The session that it resumes and that does not exist; empty if it names none.
    pub(super) fn unknown_session(&self) -> Option<&str> {
        self.unknown_resume.as_deref()
    }

    /// It is a process: without arguments its input says whether it is lines or text.
    pub(in crate::player) fn set_process(&mut self, has_arguments: bool) {
        self.decides = !has_arguments && !self.legacy;
    }

    /// Its input and output are text.
    pub(super) fn set_text(&mut self) {
        (self.text_input, self.output) = (true, OutputFormat::Text);
    }

    /// Speaks the dialect of early guides.
    pub(in crate::player) fn set_legacy(&mut self, legacy: bool) {
        self.legacy = legacy;
    }

    /// Lets this happen before the first turn, and after the last one.
    pub(in crate::player) fn set_ends(&mut self, start: ModelReply, end: ModelReply) {
        (self.start, self.end) = (start, end);
    }

    /// A path in the working folder, as an absolute one.
    pub(super) fn resolve(&self, path: &str) -> String {
        if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", self.cwd) }
    }

    /// The session's transcript.
    pub(super) fn transcript(&self, session: &str) -> String {
        transcript(&self.config, &self.cwd, session)
    }
}

/// Where a CLI with this configuration folder keeps a session of this folder.
fn transcript(config: &str, cwd: &str, session: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
    let slug: String = cwd.chars().map(plain).collect();
    format!("{config}/projects/{slug}/{session}.jsonl")
}

/// What the CLI says of a list of sources of settings that it does not know.
fn bad_source(sources: &str) -> Option<String> {
    let mut named = sources.split(',').map(str::trim).filter(|_| !sources.is_empty());
    let bad = named.find(|source| !SOURCES.contains(source))?;
    let valid = SOURCES.join(", ");
    Some(format!(
        "Error processing --setting-sources: Invalid setting source: {bad}. Valid options are: {valid}"
    ))
}

/// The model that an alias means.
pub(super) fn resolved(name: &str) -> String {
    let models = super::version::facts().initialize.get("models").and_then(Value::as_array);
    let known = models.into_iter().flatten().find(|model| model["value"] == name);
    let resolved = known.and_then(|model| model["resolvedModel"].as_str());
    resolved.unwrap_or(name).to_owned()
}

/// The items of a list of tools: commas and blanks separate them outside of parentheses.
fn rules(list: &str) -> Vec<String> {
    let (mut items, mut item, mut depth) = (Vec::new(), String::new(), 0_usize);
    for char in list.chars() {
        match char {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (char == ',' || char.is_whitespace()) {
            items.push(std::mem::take(&mut item));
        } else {
            item.push(char);
        }
    }
    items.push(item);
    items.retain(|item| !item.is_empty());
    items
}

/// The host of an address, with its port.
fn authority(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty()).map(str::to_owned)
}

/// The in-process servers of configurations, and the others.
fn servers<'a>(configs: impl Iterator<Item = &'a str>) -> (Vec<String>, Vec<(String, Value)>) {
    let configs = configs.filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let servers = configs.filter_map(|mut config| match config.get_mut("mcpServers")?.take() {
        Value::Object(servers) => Some(servers),
        _ => None,
    });
    let (own, others): (Vec<_>, Vec<_>) =
        servers.flatten().partition(|(_, server)| server["type"] == "sdk");
    (own.into_iter().map(|(name, _)| name).collect(), others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::FlagTable;

    #[test]
    fn a_rule_may_have_commas_in_its_parentheses() {
        assert_eq!(
            rules("Bash(touch a,b:*),Read  mcp__x"),
            ["Bash(touch a,b:*)", "Read", "mcp__x"]
        );
    }

    fn of(args: &[&str]) -> LaunchOptions {
        let args = args.iter().map(Into::into).collect();
        LaunchOptions::of(&Launch { args, ..Launch::default() }, Found::default())
    }

    #[test]
    fn each_flag_of_the_version_is_simulated_or_reported() {
        let mut known = Vec::new();
        for line in FlagTable::of(None).lines() {
            let mut columns = line.split("  ");
            let spec = columns.next().unwrap_or_default();
            let name = spec.split([',', ' ']).rfind(|word| word.starts_with("--"));
            let name = name.unwrap_or_default();
            let names: Vec<_> =
                spec.split([',', ' ']).filter(|word| word.starts_with("--")).collect();
            known.extend(names.clone());
            if names.iter().any(|name| SIMULATED.contains(name))
                || ["--help", "--version"].contains(&name)
            {
                continue;
            }
            let value = columns.find_map(|column| column.strip_prefix("one of: "));
            let value = value.and_then(|values| values.split(", ").next()).unwrap_or("1");
            let args = if spec.contains('<') { vec![name, value] } else { vec![name] };
            assert_eq!(of(&args).not_simulated, [name], "{args:?}");
        }
        let unknown: Vec<_> = SIMULATED.iter().filter(|name| !known.contains(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn a_launch_without_lines_of_json_reads_text() {
        for (args, reads_text) in [
            (&["-p"][..], true),
            (&["hello"], true),
            (&["--output-format", "json"], true),
            (&["--model", "sonnet"], true),
            (&["--verbose"], true),
            (&["--input-format", "text"], true),
            (&["-p", "--output-format", "stream-json", "--verbose", "hello"], true),
            (
                &["--output-format", "stream-json", "--verbose", "--input-format", "stream-json"],
                false,
            ),
            // A real host gives arguments.
            (&[], false),
        ] {
            assert_eq!(of(args).text_input, reads_text, "{args:?}");
        }
    }

    #[test]
    fn unknown_sources_of_settings_are_refused() {
        for sources in ["", "user", "user,project,local", " user , local"] {
            assert_eq!(of(&["-p", "--setting-sources", sources]).refused, None, "{sources:?}");
        }
        for (sources, bad) in
            [("bogus", "bogus"), ("user,bogus,more", "bogus"), ("User", "User"), ("user,", "")]
        {
            let refused = of(&["-p", "--setting-sources", sources]).refused.unwrap_or_default();
            assert_eq!(
                refused,
                format!(
                    "Error processing --setting-sources: Invalid setting source: {bad}. Valid options are: user, project, local"
                )
            );
        }
        // What is printed is printed.
        assert_eq!(of(&["--setting-sources", "bogus", "--version"]).refused, None);
    }

    #[test]
    fn only_a_number_of_turns_over_0_is_a_limit() {
        for (turns, limit) in
            [("3", Some(3.0)), ("1.5", Some(1.5)), ("0", None), ("-1", None), ("", None)]
        {
            assert_eq!(of(&["-p", "--max-turns", turns]).max_turns, limit, "{turns}");
        }
    }

    #[test]
    fn the_last_flag_of_a_kind_counts() {
        let args = ["-p", "--model", "sonnet", "--model=haiku", "-r", "abc", "hello"];
        let args = args.map(Into::into).to_vec();
        let options = LaunchOptions::of(&Launch { args, ..Launch::default() }, Found::default());
        assert_eq!((&*options.session, options.prompt.as_deref()), ("abc", Some("hello")));
        assert!(options.model.contains("haiku"), "{}", options.model);
        assert!(options.text_input && options.output == OutputFormat::Text && !options.asks);
    }
}
