//! The input of the benchmark: made-up lines in the shapes of the CLI.

use std::fmt::Write as _;

/// Lines, one after the other.
pub(crate) struct Corpus {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) lines: usize,
    pub(crate) budgets: Budgets,
}

/// How many times as fast as the tagged enum a row must be; for framing, how many times as long as
/// bare `LinesCodec` it may take.
///
/// `framing` is a goal. The others are below the values measured when they were set, to catch
/// regressions.
pub(crate) struct Budgets {
    pub(crate) framing: f64,
    pub(crate) untouched: f64,
    pub(crate) text: f64,
    pub(crate) typed: f64,
    /// What `typed` is to become. A run that misses it says so, and does not fail.
    pub(crate) typed_goal: f64,
}

impl Corpus {
    fn of(name: &'static str, text: String, budgets: Budgets) -> Self {
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        Self { name, bytes: text.into_bytes(), lines, budgets }
    }
}

const SESSION: &str = "5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11";
const WORDS: &str = "the session reads a line, cuts it at its newline and hands it on; no one looks inside until the user asks. ";

/// The bytes of text in each of [`deltas`].
pub(crate) const DELTA_TEXT: usize = 61;

/// Deltas of 333 bytes.
pub(crate) fn deltas(count: usize) -> Corpus {
    let mut text = String::new();
    for n in 0..count {
        let words = &WORDS[n % 40..n % 40 + DELTA_TEXT];
        let _ = writeln!(text, "{}", delta(n, words));
    }
    Corpus::of(
        "deltas",
        text,
        Budgets { framing: 1.5, untouched: 3.3, text: 2.1, typed: 2.5, typed_goal: 3.0 },
    )
}

/// One of them, with this text.
pub(crate) fn delta(n: usize, words: &str) -> String {
    format!(
        r#"{{"type":"stream_event","event":{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{words}"}}}},"session_id":"{SESSION}","parent_tool_use_id":null,"uuid":"{}","api_message_id":"msg_01{n:022}"}}"#,
        uuid(n)
    )
}

/// What is redacted in [`secrets`].
pub(crate) const SECRETS: [&str; 3] = [
    "ann@mail.example.org",
    "API_KEY=a1b2c3d4e5f6",
    "-H 'Authorization: Bearer a1b2c3d4e5f6g7h8i9j0'",
];

/// The same, where every tenth has something to redact.
pub(crate) fn secrets(count: usize) -> Corpus {
    let mut deltas = deltas(count);
    deltas.name = "secrets";
    let text = String::from_utf8(deltas.bytes).unwrap_or_default();
    let lines = text.lines().enumerate().map(|(n, line)| {
        let secret = match n % 30 {
            0 => SECRETS[0],
            10 => SECRETS[1],
            20 => SECRETS[2],
            _ => return format!("{line}\n"),
        };
        line.replacen("\"text\":\"", &format!("\"text\":\"{secret} "), 1) + "\n"
    });
    deltas.bytes = lines.collect::<String>().into_bytes();
    deltas
}

/// Answers with tool calls, and their results, of 1 to 20 KB.
pub(crate) fn turns(megabytes: usize) -> Corpus {
    let mut text = String::new();
    for n in 0.. {
        if text.len() >= megabytes * 1_000_000 {
            break;
        }
        let body = prose(800 + n * 7919 % 18_000);
        if n % 2 == 0 {
            assistant(&mut text, n, &body);
        } else {
            user(&mut text, n, &body);
        }
    }
    Corpus::of(
        "turns",
        text,
        Budgets { framing: 1.5, untouched: 2.2, text: 2.2, typed: 1.5, typed_goal: 1.7 },
    )
}

/// Answers of 5 MB. The ratio depends on the allocator: if it returns their memory in between, the
/// enum pays more for new pages and typed decoding was 3 times as fast; if it keeps it, 1.3 to 1.5
/// times. Half of that time is framing, the copies of 5 MB in every row; the rest is 1.5 to 1.8
/// times as fast. The budgets are for the latter.
pub(crate) fn huge(megabytes: usize) -> Corpus {
    answers(megabytes.div_ceil(5), 5_000_000)
}

/// Answers, each a line with this many bytes of text.
pub(crate) fn answers(count: usize, bytes: usize) -> Corpus {
    let mut text = String::new();
    let body = prose(bytes);
    (0..count).for_each(|n| assistant(&mut text, n, &body));
    Corpus::of(
        "huge",
        text,
        Budgets { framing: 1.5, untouched: 1.8, text: 1.8, typed: 1.2, typed_goal: 1.4 },
    )
}

/// Starts of turns with their lists of tools and commands, and ends with their sums.
pub(crate) fn starts(megabytes: usize) -> Corpus {
    let mut text = String::new();
    let names: Vec<_> = (0..90).map(|n| format!("\"a-command-{n}\"")).collect();
    let names = names.join(",");
    for n in 0.. {
        if text.len() >= megabytes * 1_000_000 {
            break;
        }
        let _ = writeln!(
            text,
            r#"{{"type":"system","subtype":"init","cwd":"/home/user/project","session_id":"{SESSION}","tools":[{names}],"mcp_servers":[{{"name":"calc","status":"connected"}}],"model":"claude-opus-5-5","permissionMode":"default","slash_commands":[{names}],"apiKeySource":"none","claude_code_version":"2.1.329","output_style":"default","agents":["general-purpose"],"skills":[{names}],"plugins":[],"uuid":"{}","user_message_uuids":["{SESSION}"]}}"#,
            uuid(n)
        );
        let _ = writeln!(
            text,
            r#"{{"duration_api_ms":1037,"stop_reason":"end_turn","session_id":"{SESSION}","total_cost_usd":0.0008,"usage":{{"input_tokens":100,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":20}},"modelUsage":{{"claude-opus-5-5":{{"inputTokens":100,"outputTokens":20,"cacheReadInputTokens":0,"cacheCreationInputTokens":0,"webSearchRequests":0,"costUSD":0.0008,"contextWindow":200000,"maxOutputTokens":32000}}}},"permission_denials":[],"subtype":"success","is_error":false,"duration_ms":1180,"num_turns":1,"result":"done","type":"result","uuid":"{}"}}"#,
            uuid(n)
        );
    }
    Corpus::of(
        "starts",
        text,
        Budgets { framing: 1.5, untouched: 7.0, text: 7.0, typed: 1.4, typed_goal: 3.0 },
    )
}

fn assistant(text: &mut String, n: usize, body: &str) {
    let _ = writeln!(
        text,
        r#"{{"type":"assistant","message":{{"id":"msg_01{n:022}","type":"message","role":"assistant","model":"claude-opus-5-5","content":[{{"type":"text","text":"{body}"}},{{"type":"tool_use","id":"toolu_{n:022}","name":"Bash","input":{{"command":"ls -la \"/srv/data\"","description":"List files","timeout":120000}}}}],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":100,"cache_creation_input_tokens":0,"cache_read_input_tokens":2048,"output_tokens":1,"service_tier":"standard"}}}},"parent_tool_use_id":null,"session_id":"{SESSION}","uuid":"{}","request_id":"req_011"}}"#,
        uuid(n)
    );
}

fn user(text: &mut String, n: usize, body: &str) {
    let half = &body[..body.len() / 2];
    let half = half.strip_suffix('\\').unwrap_or(half);
    let _ = writeln!(
        text,
        r#"{{"type":"user","message":{{"role":"user","content":[{{"tool_use_id":"toolu_{n:022}","type":"tool_result","content":"{half}","is_error":false}}]}},"parent_tool_use_id":null,"session_id":"{SESSION}","uuid":"{}","tool_use_result":{{"stdout":"{half}","stderr":"","interrupted":false,"isImage":false}}}}"#,
        uuid(n)
    );
}

/// Prose in a JSON string, with an occasional line break.
fn prose(len: usize) -> String {
    let mut text = String::with_capacity(len + 120);
    while text.len() < len {
        text.push_str(WORDS);
        text.push_str(r"\n");
    }
    text
}

fn uuid(n: usize) -> String {
    format!("{n:08x}-0000-4000-8000-{n:012x}")
}
