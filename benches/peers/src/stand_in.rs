//! The `claude` of the comparison: it does what `PEERS_SCRIPT` says, in a turn for each prompt.
//!
//! With `--input-format` it reads prompts and control requests from its input; without, the prompt is
//! its last argument. The prompt `warm up` gets a short answer. What a client must not do, such as
//! deny a permission, ends the turn without a result, and is written to the file `PEERS_COMPLAINT`.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead as _, StdinLock, Write as _};
use std::os::fd::AsFd as _;
use std::thread;
use std::time::{Duration, Instant};

use meter::WARM_UP;
use serde_json::Value;

use crate::corpus;

/// The variable with the script. A process of this program that has it is a stand-in.
pub(crate) const SCRIPT: &str = "PEERS_SCRIPT";
/// The variable with the file for what a client did wrong.
pub(crate) const COMPLAINT: &str = "PEERS_COMPLAINT";

/// What a turn does between its first message and its result, as it is in [`SCRIPT`].
pub(crate) enum Script {
    /// Writes a file, a mebibyte at a time.
    Bulk(String),
    /// Writes a file, one line at a time.
    Each(String),
    /// The same, a line every 250 microseconds.
    Paced(String),
    /// Asks for permission this often, each time waiting for the answer.
    Permission(usize),
    /// Calls a hook this often, each time waiting for the answer.
    Hook(usize),
    /// Waits until it was interrupted this often.
    Interrupt(usize),
    /// Answers at once. The prompt after the warm-up must come to the same CLI.
    Idle,
    /// Writes deltas, one a millisecond, whose text is the time of their write in nanoseconds.
    Stamps(usize),
}

const PACE: Duration = Duration::from_micros(250);
const STAMPED: Duration = Duration::from_millis(1);
const WARM_UP_LINES: usize = 200;

const INIT: &str = r#"{"type":"system","subtype":"init","cwd":"/home/user/project","session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","tools":["Bash"],"mcp_servers":[],"model":"claude-opus-5-5","permissionMode":"default","slash_commands":[],"apiKeySource":"none","claude_code_version":"2.1.332","output_style":"default","agents":[],"skills":[],"plugins":[],"uuid":"00000000-0000-4000-8000-000000000001"}
"#;
const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"duration_api_ms":1,"num_turns":1,"result":"done","session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","total_cost_usd":0.0,"usage":{"input_tokens":1,"output_tokens":1},"modelUsage":{},"permission_denials":[],"uuid":"00000000-0000-4000-8000-000000000002"}
"#;

/// The reply to `initialize`: lists of 18 KiB, as CLI 2.1.332 has them, and its own process id.
fn initialized() -> String {
    let command = r#"{"name":"a-command","description":"What it does, in one sentence of about this length, with an example.","argumentHint":"[file]"}"#;
    let agent = r#"{"name":"an-agent","description":"For a task of many steps; use it when one search is not enough.","model":"inherit"}"#;
    let (commands, agents) = ([command; 121].join(","), [agent; 20].join(","));
    let pid = std::process::id();
    format!(
        r#"{{"commands":[{commands}],"agents":[{agents}],"output_style":"default","available_output_styles":["default"],"models":[{{"value":"default","displayName":"Default","description":"The default"}}],"account":{{"apiKeySource":"user"}},"pid":{pid}}}"#
    )
}

impl Script {
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Bulk(file) => format!("bulk:{file}"),
            Self::Each(file) => format!("each:{file}"),
            Self::Paced(file) => format!("paced:{file}"),
            Self::Permission(count) => format!("permission:{count}"),
            Self::Hook(count) => format!("hook:{count}"),
            Self::Interrupt(count) => format!("interrupt:{count}"),
            Self::Idle => "idle".to_owned(),
            Self::Stamps(count) => format!("stamps:{count}"),
        }
    }

    fn from_text(text: &str) -> io::Result<Self> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let count = || rest.parse().map_err(|_| io::Error::other(format!("{SCRIPT}={text}")));
        Ok(match name {
            "bulk" => Self::Bulk(rest.to_owned()),
            "each" => Self::Each(rest.to_owned()),
            "paced" => Self::Paced(rest.to_owned()),
            "permission" => Self::Permission(count()?),
            "hook" => Self::Hook(count()?),
            "interrupt" => Self::Interrupt(count()?),
            "idle" => Self::Idle,
            "stamps" => Self::Stamps(count()?),
            _ => return Err(io::Error::other(format!("{SCRIPT}={text}"))),
        })
    }
}

struct StandIn {
    input: StdinLock<'static>,
    /// Standard output without a buffer.
    output: File,
    line: String,
    script: Script,
    /// What the script writes.
    bytes: Vec<u8>,
    /// The first hook that the host has registered.
    hook: String,
    /// Whether it had a prompt before.
    is_warm: bool,
}

pub(crate) fn run(script: &str) -> io::Result<()> {
    let script = Script::from_text(script)?;
    let bytes = match &script {
        Script::Bulk(file) | Script::Each(file) | Script::Paced(file) => fs::read(file)?,
        _ => Vec::new(),
    };
    let mut stand_in = StandIn {
        input: io::stdin().lock(),
        output: io::stdout().as_fd().try_clone_to_owned()?.into(),
        line: String::new(),
        script,
        bytes,
        hook: "hook_0".to_owned(),
        is_warm: false,
    };
    let arguments: Vec<String> = env::args().collect();
    if !arguments.iter().any(|argument| argument == "--input-format") {
        return stand_in.turn(arguments.last().is_some_and(|last| last == WARM_UP));
    }
    while stand_in.next()? {
        let line: Value = serde_json::from_str(&stand_in.line)?;
        match line["type"].as_str() {
            Some("control_request") => stand_in.reply(&line)?,
            Some("user") => stand_in.turn(stand_in.line.contains(WARM_UP))?,
            _ => {}
        }
    }
    Ok(())
}

impl StandIn {
    /// Reads a line; `false` at the end.
    fn next(&mut self) -> io::Result<bool> {
        self.line.clear();
        Ok(self.input.read_line(&mut self.line)? > 0)
    }

    /// One write.
    fn write(&self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        (&self.output).write_all(bytes.as_ref())
    }

    fn reply(&mut self, request: &Value) -> io::Result<()> {
        let hooks =
            request["request"]["hooks"].as_object().into_iter().flat_map(|all| all.values());
        let mut ids = hooks.filter_map(|matchers| matchers[0]["hookCallbackIds"][0].as_str());
        if let Some(id) = ids.next_back() {
            self.hook = id.to_owned();
        }
        let body = match request["request"]["subtype"].as_str() {
            Some("initialize") => initialized(),
            _ => "{}".to_owned(),
        };
        let id = &request["request_id"];
        self.write(format!(
            r#"{{"type":"control_response","response":{{"subtype":"success","request_id":{id},"response":{body}}}}}
"#
        ))
    }

    fn turn(&mut self, is_warm_up: bool) -> io::Result<()> {
        self.write(INIT)?;
        match (&self.script, is_warm_up) {
            (Script::Bulk(_), false) => {
                self.bytes.chunks(1 << 20).try_for_each(|chunk| self.write(chunk))?;
            }
            (Script::Each(_), false) => self.lines().try_for_each(|line| self.write(line))?,
            (Script::Paced(_), false) => {
                let mut due = Instant::now();
                for line in self.lines() {
                    due += PACE;
                    wait_until(due);
                    self.write(line)?;
                }
            }
            (&Script::Permission(count), _) => {
                (0..if is_warm_up { 20 } else { count }).try_for_each(|n| self.ask(n, false))?;
            }
            (&Script::Hook(count), _) => {
                (0..if is_warm_up { 20 } else { count }).try_for_each(|n| self.ask(n, true))?;
            }
            (&Script::Interrupt(count), false) => {
                for _ in 0..count {
                    if !self.next()? {
                        return Ok(());
                    }
                    let request: Value = serde_json::from_str(&self.line)?;
                    if request["request"]["subtype"] != "interrupt" {
                        return Err(self.complaint("not an interrupt"));
                    }
                    self.reply(&request)?;
                }
            }
            (Script::Idle, false) if !self.is_warm => {
                return Err(self.complaint("a prompt to another CLI than before"));
            }
            (Script::Idle, false) => {}
            (&Script::Stamps(count), false) => {
                let mut due = Instant::now();
                for n in 0..count {
                    due += STAMPED;
                    wait_until(due);
                    let line = corpus::delta(n, &meter::monotonic().as_nanos().to_string());
                    self.write(line + "\n")?;
                }
            }
            (_, true) => {
                let lines = self.lines().take(WARM_UP_LINES);
                for line in lines.filter(|line| line.len() < 1 << 16) {
                    self.write(line)?;
                }
            }
        }
        self.is_warm = true;
        self.write(RESULT)
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == b'\n')
    }

    /// Asks, and waits for the answer.
    fn ask(&mut self, n: usize, is_hook: bool) -> io::Result<()> {
        let id = format!("request-{n}");
        let tool = format!(
            r#""tool_name":"Bash","tool_input":{{"command":"ls -la /srv/data","description":"List files"}},"tool_use_id":"toolu_{n:022}""#
        );
        let request = match is_hook {
            false => format!(
                r#""subtype":"can_use_tool",{},"permission_suggestions":[]"#,
                tool.replace("tool_input", "input")
            ),
            true => format!(
                r#""subtype":"hook_callback","callback_id":"{}","input":{{"session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","transcript_path":"/home/user/t.jsonl","cwd":"/home/user/project","permission_mode":"default","hook_event_name":"PreToolUse",{tool}}},"tool_use_id":"toolu_{n:022}""#,
                self.hook
            ),
        };
        self.write(format!(
            r#"{{"type":"control_request","request_id":"{id}","request":{{{request}}}}}
"#
        ))?;
        while self.next()? {
            let answer: Value = serde_json::from_str(&self.line)?;
            let response = &answer["response"];
            if response["request_id"] != *id {
                continue;
            }
            return if response["subtype"] != "success" {
                Err(self.complaint("not a success"))
            } else if !is_hook && response["response"]["behavior"] != "allow" {
                Err(self.complaint("not an allowance"))
            } else {
                Ok(())
            };
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    /// Writes down what the client did wrong with its last line.
    fn complaint(&self, what: &str) -> io::Error {
        let complaint = format!("{what}: {}", self.line.trim_end());
        let written = env::var(COMPLAINT).map_err(io::Error::other);
        match written.and_then(|file| fs::write(file, &complaint)) {
            Ok(()) => io::Error::other(complaint),
            Err(error) => error,
        }
    }
}

/// Waits for a time, so that a late line does not delay those after it.
fn wait_until(due: Instant) {
    thread::sleep(due.saturating_duration_since(Instant::now()));
}
