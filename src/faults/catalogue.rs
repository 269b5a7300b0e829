//! The faults that exist: their names, what they do, and their parameters.

use std::fmt;

use super::point::Point;

/// What a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// How the CLI's process starts, hangs and ends.
    Process,
    /// How bytes arrive.
    Bytes,
    /// What the lines say.
    Protocol,
    /// What the Messages API answers to the CLI.
    Api,
}

impl FaultKind {
    /// `process`, `bytes`, `protocol` or `api`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Bytes => "bytes",
            Self::Protocol => "protocol",
            Self::Api => "api",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A fault of the [catalogue].
#[derive(Debug)]
pub struct FaultInfo {
    name: &'static str,
    kind: FaultKind,
    does: &'static str,
    pub(super) point: Point,
    /// Whether it happens at every opportunity, unless the plan says otherwise.
    pub(super) repeats: bool,
    ends: bool,
    parameters: &'static [Parameter],
}

impl FaultInfo {
    /// The name, which stays the same in all versions.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it is about.
    pub const fn kind(&self) -> FaultKind {
        self.kind
    }

    /// What it does, in a line.
    pub const fn does(&self) -> &'static str {
        self.does
    }

    /// Its opportunities, which `nth`, `after` and `rate` count: such as `result`, each result.
    pub const fn opportunity(&self) -> &'static str {
        self.point.name()
    }

    /// Whether it happens at every opportunity if nothing else is asked for; otherwise once.
    pub const fn repeats(&self) -> bool {
        self.repeats
    }

    /// Its parameters.
    pub const fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }

    /// Whether the conversation ends with it: the CLI ends, or no longer says or hears what the
    /// program waits for. What the program does not do after it in the same launch is not its
    /// fault.
    ///
    /// An [`oversize_line`](catalogue) ends it only without `newline`.
    pub const fn ends_conversation(&self) -> bool {
        self.ends
    }

    /// Whether it happens only where the model calls a tool.
    pub(crate) const fn needs_tool_call(&self) -> bool {
        matches!(self.point, Point::ApiToolUse)
    }

    /// Where it can be injected.
    pub fn places(&self) -> &'static str {
        match (self.kind, self.name) {
            (FaultKind::Api, _) => "scenario, fake API",
            (_, "spawn_fail") => "transport, replay and scenario in memory",
            _ => "transport, replay, scenario, stand-in",
        }
    }
}

/// A parameter of a fault.
#[derive(Debug)]
pub struct Parameter {
    name: &'static str,
    does: &'static str,
    pub(super) default: Setting,
}

impl Parameter {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it sets, with its unit.
    pub const fn does(&self) -> &'static str {
        self.does
    }

    /// Its default, as it is written in a plan.
    pub fn default(&self) -> String {
        self.default.to_string()
    }
}

/// The kind of a parameter, with its default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Setting {
    Number(u64),
    Flag(bool),
    Text(&'static str),
    /// One of these words; the first is the default.
    Word(&'static [&'static str]),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Word(words) => f.write_str(words.first().unwrap_or(&"")),
        }
    }
}

/// All faults.
///
/// ```
/// use claude_wire::faults::catalogue;
///
/// let fault = catalogue().iter().find(|fault| fault.name() == "exit_mid_turn").unwrap();
/// println!("{}: {}", fault.name(), fault.does());
/// ```
pub const fn catalogue() -> &'static [FaultInfo] {
    &CATALOGUE
}

/// The fault of this name. The `api_` of a name may be left out, if what is left is not another
/// fault.
pub(super) fn find(name: &str) -> Option<&'static FaultInfo> {
    let named = |wanted: &str| CATALOGUE.iter().find(|fault| fault.name == wanted);
    named(name).or_else(|| named(&format!("api_{name}")))
}

/// The names nearest to one that does not exist: those that it is a part of, or the reverse, and
/// those with the fewest letters to change.
pub(super) fn near(name: &str) -> Vec<&'static str> {
    let names = || CATALOGUE.iter().map(|fault| fault.name);
    let is_part = |known: &str| name.len() > 2 && (known.contains(name) || name.contains(known));
    let mut near: Vec<(usize, &str)> = names()
        .map(|known| if is_part(known) { (0, known) } else { (distance(name, known), known) })
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .collect();
    near.sort_unstable();
    near.truncate(6);
    near.into_iter().map(|(_, known)| known).collect()
}

/// How many letters to add, drop or change.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (b, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            left = (corner + usize::from(a != *b)).min(above + 1).min(left + 1);
            corner = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

const fn number(name: &'static str, default: u64, does: &'static str) -> Parameter {
    Parameter { name, does, default: Setting::Number(default) }
}

const fn ms(default: u64) -> Parameter {
    number("ms", default, "milliseconds")
}

const fn events(default: u64) -> Parameter {
    number("events", default, "events of the stream before it")
}

const fn flag(name: &'static str, does: &'static str) -> Parameter {
    Parameter { name, does, default: Setting::Flag(false) }
}

const fn text(name: &'static str, default: &'static str, does: &'static str) -> Parameter {
    Parameter { name, does, default: Setting::Text(default) }
}

const CODE: Parameter = number("code", 1, "the exit code, 0 to 255");
const DEAF: Parameter = flag("deaf", "whether SIGTERM is ignored too");
const DIRECTION: Parameter = Parameter {
    name: "direction",
    does: "`out`: what the CLI writes; `in`: what it reads",
    default: Setting::Word(&["out", "in"]),
};

use FaultKind::{Api, Bytes, Process, Protocol};

const fn once(
    name: &'static str,
    kind: FaultKind,
    point: Point,
    parameters: &'static [Parameter],
    does: &'static str,
) -> FaultInfo {
    FaultInfo { name, kind, does, point, repeats: false, ends: false, parameters }
}

const fn always(
    name: &'static str,
    kind: FaultKind,
    point: Point,
    parameters: &'static [Parameter],
    does: &'static str,
) -> FaultInfo {
    FaultInfo { repeats: true, ..once(name, kind, point, parameters, does) }
}

/// A fault that [ends the conversation](FaultInfo::ends_conversation).
const fn ends(fault: FaultInfo) -> FaultInfo {
    FaultInfo { ends: true, ..fault }
}

#[rustfmt::skip]
static CATALOGUE: [FaultInfo; 66] = [
    ends(once("spawn_fail", Process, Point::Launch, &[],
        "the process cannot be started")),
    ends(once("exit_before_init", Process, Point::Launch, &[CODE],
        "the CLI exits before it reads or writes anything")),
    ends(once("stderr_only", Process, Point::Launch, &[CODE, text("text", "Error: something went wrong", "the line on stderr")],
        "the CLI writes a line on stderr and exits")),
    ends(once("hang_before_init", Process, Point::Launch, &[DEAF],
        "the CLI reads its input and never writes anything; the end of input does not end it")),
    ends(once("exit_mid_turn", Process, Point::Speech, &[CODE],
        "the CLI exits after the first line of the model in a turn")),
    ends(once("exit_after_result", Process, Point::Result, &[CODE],
        "the CLI exits right after a result")),
    ends(once("hang_after_result", Process, Point::Result, &[
            DEAF, number("late_ms", 0, "if not 0: an event is written this many milliseconds later"),
            number("every_ms", 0, "if not 0: an event is written each time this many milliseconds have passed"),
        ],
        "after a result the CLI answers nothing more, and the end of input does not end it")),
    ends(once("hang_after_error_result", Process, Point::Result, &[DEAF],
        "a result becomes an error, and then the CLI hangs as in `hang_after_result`")),
    ends(once("orphan_pipe", Process, Point::Result, &[number("ms", 30_000, "how long stdout stays open, in milliseconds")],
        "after a result the CLI exits with code 0, and a process that it started keeps its stdout open")),
    ends(once("closed_stdin", Process, Point::Prompt, &[],
        "the CLI closes its input after a prompt, and goes on with the turn")),
    ends(once("closed_stdout_alive", Process, Point::Speech, &[],
        "the CLI closes its output after the first line of the model in a turn, and runs until its input ends")),
    ends(once("stuck_tool", Process, Point::ToolUse, &[DEAF],
        "a tool never ends: after the line with the call the CLI hangs, and answers no interrupt")),
    once("stderr_flood", Process, Point::Prompt, &[number("bytes", 1_048_576, "how many bytes")],
        "the CLI writes a flood on stderr before it goes on, and waits until it is read"),
    ends(once("signal_death", Process, Point::Speech, &[
            Parameter { name: "signal", does: "the signal", default: Setting::Word(&["SIGKILL", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGTERM"]) },
        ],
        "a signal ends the CLI after the first line of the model in a turn")),

    always("latency", Bytes, Point::Line, &[ms(100), DIRECTION],
        "each line is late"),
    always("jitter", Bytes, Point::Line, &[number("ms", 100, "at most this many milliseconds"), DIRECTION],
        "each line is late by a random time"),
    always("bandwidth", Bytes, Point::Line, &[number("bytes_per_second", 65_536, "bytes per second, at least 1"), DIRECTION],
        "bytes come slowly"),
    always("slicer", Bytes, Point::Line, &[
            number("bytes", 7, "the bytes of a piece on average, at least 1"), number("delay_ms", 0, "milliseconds between pieces"), DIRECTION,
        ],
        "lines come in small pieces of random length"),
    once("slow_close", Bytes, Point::End, &[ms(2_000), DIRECTION],
        "the stream ends late"),
    ends(once("limit_data", Bytes, Point::Launch, &[number("bytes", 4_096, "bytes"), DIRECTION],
        "the stream ends after this many bytes, wherever that is, and the CLI exits with code 1")),
    ends(once("reset", Bytes, Point::Break, &[DIRECTION],
        "all streams break in the middle of a line, and the process is gone")),
    ends(once("partial_line_then_eof", Bytes, Point::Speech, &[CODE],
        "half of a line is written, and then the CLI exits")),
    ends(once("no_final_newline", Bytes, Point::Result, &[number("code", 0, "the exit code, 0 to 255")],
        "the last line, a result, has no line ending, and then the CLI exits")),
    once("invalid_utf8", Bytes, Point::Message, &[],
        "two bytes inside a message are not UTF-8"),
    always("crlf", Bytes, Point::Line, &[DIRECTION],
        "lines end with CR LF"),
    once("bom", Bytes, Point::Line, &[],
        "a line begins with a byte order mark; by default the first one"),
    once("oversize_line", Bytes, Point::Speech, &[
            number("bytes", 68_157_440, "the length of the line"), Parameter { name: "newline", does: "whether it ends; if not, the CLI exits after it", default: Setting::Flag(true) },
        ],
        "a line that is longer than readers accept, before a message"),
    once("non_json_noise", Bytes, Point::Message, &[text("text", "npm warn deprecated: this is not JSON", "the line")],
        "a line that is not JSON, before a message"),
    once("burst_before_read", Bytes, Point::Launch, &[number("bytes", 262_144, "how many bytes, in lines of a kilobyte")],
        "the CLI writes a lot before it reads anything, and waits until it is read"),
    ends(once("never_read_stdin", Bytes, Point::Launch, &[],
        "the CLI never reads its input, and so it writes nothing")),
    once("split_multibyte", Bytes, Point::NonAscii, &[number("ms", 20, "milliseconds between the two parts")],
        "a line comes in two parts, split inside a character"),

    once("duplicate_reply", Protocol, Point::Reply, &[],
        "the reply to a control request comes twice"),
    once("unknown_id_reply", Protocol, Point::Reply, &[],
        "before a reply there is one to a request that was never made"),
    ends(once("missing_id", Protocol, Point::Reply, &[],
        "a reply has no `request_id`")),
    ends(once("late_reply", Protocol, Point::Reply, &[ms(70_000)],
        "a reply comes late, by default after the usual time limit; other lines do not wait for it")),
    ends(once("reply_after_cancel", Protocol, Point::Reply, &[number("ms", 120_000, "if no cancellation comes: how long the reply is kept, in milliseconds")],
        "a reply is kept until your program cancels the request, and comes then")),
    once("cancel_race", Protocol, Point::Request, &[],
        "the CLI cancels one of its requests when it has been answered: both cross on the way"),
    once("control_after_result", Protocol, Point::Result, &[],
        "a permission question comes after the result of the turn"),
    once("unknown_type", Protocol, Point::Message, &[text("type", "quantum_event", "the type")],
        "a line of a type that does not exist, before a message"),
    once("unknown_subtype", Protocol, Point::Message, &[text("subtype", "quantum_state", "the subtype")],
        "a `system` line of a subtype that does not exist, before a message"),
    ends(once("missing_result", Protocol, Point::Result, &[],
        "the result of a turn is not written")),
    once("double_result", Protocol, Point::Result, &[],
        "the result of a turn comes twice"),
    once("no_init", Protocol, Point::Init, &[],
        "a `system/init` is not written"),
    once("out_of_order_hooks", Protocol, Point::Hook, &[],
        "before a hook's call comes the call for an event that follows it: `PostToolUse` before `PreToolUse`"),
    always("extra_field", Protocol, Point::Message, &[text("field", "x_new_field", "its name")],
        "messages have a field that does not exist"),
    once("missing_field", Protocol, Point::Typed, &[
            text("type", "result", "the type of the line"), text("field", "num_turns", "the field, or a path such as `message.model`"),
        ],
        "a line lacks one of its usual fields"),
    ends(once("error_reply", Protocol, Point::Reply, &[text("error", "the CLI refused this", "the text")],
        "the reply to a control request is an error")),

    always("api_400", Api, Point::ApiRequest, &[],
        "the API refuses the request with 400: `tool_use` ids without results"),
    once("api_401", Api, Point::ApiRequest, &[],
        "the API answers 401: the key is not valid"),
    once("api_403", Api, Point::ApiRequest, &[],
        "the API answers 403: no permission"),
    always("api_404", Api, Point::ApiRequest, &[],
        "the API answers 404: the model does not exist"),
    once("api_413", Api, Point::ApiRequest, &[],
        "the API answers 413: the request is too large"),
    once("api_429", Api, Point::ApiRequest, &[number("retry_after", 1, "the header `retry-after`, in seconds")],
        "the API answers 429: a rate limit"),
    once("api_500", Api, Point::ApiRequest, &[],
        "the API answers 500: an internal error"),
    once("api_529", Api, Point::ApiRequest, &[],
        "the API answers 529: it is overloaded"),
    once("connect_refused", Api, Point::ApiRequest, &[],
        "the API closes the connection before it answers"),
    once("api_reset", Api, Point::ApiRequest, &[events(2)],
        "the connection to the API is reset in the middle of a stream"),
    once("ttft", Api, Point::ApiRequest, &[ms(5_000)],
        "the first byte of the API comes late"),
    once("ping_gap", Api, Point::ApiRequest, &[number("ms", 1_000, "milliseconds after each delta")],
        "a stream of the API is silent between its events, without a ping"),
    once("drop_mid_sse", Api, Point::ApiRequest, &[events(3)],
        "the API closes the connection in the middle of a stream"),
    once("malformed_chunk", Api, Point::ApiRequest, &[events(3)],
        "a stream of the API ends with an event that is not JSON"),
    once("api_error_event", Api, Point::ApiRequest, &[events(3)],
        "a stream of the API ends with an event of the kind `error`: it is overloaded"),
    once("truncated_json_delta", Api, Point::ApiToolUse, &[],
        "the input of a tool call is cut off in the middle of its JSON"),
    once("missing_message_stop", Api, Point::ApiRequest, &[],
        "a stream of the API ends without `message_stop`"),
    once("wrong_content_type", Api, Point::ApiRequest, &[],
        "the API answers with a page of HTML"),
    once("out_of_credits", Api, Point::ApiRequest, &[],
        "the API answers 400: the credit balance is too low"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_parameters_are_unique_and_plain() {
        let mut names: Vec<&str> = CATALOGUE.iter().map(|fault| fault.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for fault in &CATALOGUE {
            let plain = |name: &str| {
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            };
            assert!(plain(fault.name) && !fault.does.is_empty(), "{}", fault.name);
            let mut parameters: Vec<&str> = fault.parameters.iter().map(|it| it.name).collect();
            assert!(parameters.iter().all(|name| plain(name)), "{parameters:?}");
            let timing = ["name", "nth", "after", "times", "once", "every", "rate", "seed"];
            assert!(!parameters.iter().any(|name| timing.contains(name)), "{parameters:?}");
            let count = parameters.len();
            parameters.sort_unstable();
            parameters.dedup();
            assert_eq!(parameters.len(), count, "{}", fault.name);
        }
    }

    /// What one of them is listed as "ignored" for is not an excuse.
    #[test]
    fn a_fault_of_the_form_or_the_pace_does_not_end_the_conversation() {
        let ends = |name: &str| find(name).unwrap().ends_conversation();
        for fault in CATALOGUE.iter().filter(|fault| fault.kind == Api) {
            assert!(!fault.ends, "{}: the CLI asks again, or the turn ends", fault.name);
        }
        for name in ["latency", "bom", "stderr_flood", "extra_field", "unknown_type", "no_init"] {
            assert!(!ends(name), "{name}");
        }
        for name in ["exit_mid_turn", "spawn_fail", "never_read_stdin", "missing_result", "reset"] {
            assert!(ends(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_found_with_and_without_the_prefix_of_the_api() {
        assert_eq!(find("api_429").map(FaultInfo::name), Some("api_429"));
        assert_eq!(find("429").map(FaultInfo::name), Some("api_429"));
        assert_eq!(find("reset").map(FaultInfo::name), Some("reset"), "the one of the bytes");
        assert!(find("api_").is_none() && find("").is_none());
    }

    #[test]
    fn near_names_are_those_with_few_changes_or_a_common_part() {
        assert_eq!(near("exit_midturn"), ["exit_mid_turn"]);
        assert_eq!(near("doublle_result"), ["double_result"]);
        assert!(near("result").contains(&"missing_result"), "{:?}", near("result"));
        assert!(near("quite_another_thing").is_empty());
        assert!(near("").is_empty());
    }
}
