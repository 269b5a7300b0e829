//! Helpers that several test modules share.
#![allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[cfg(unix)]
pub mod browser;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use claude_wire::CLI_VERSION;
use claude_wire::recording::{EventKind, Recording};

pub const MOCK: &str = env!("CARGO_BIN_EXE_mock-claude");
pub const TOOL: &str = env!("CARGO_BIN_EXE_claude-wire");

/// The flags that every SDK passes.
pub const STREAMS: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

/// One of the project's recordings.
pub fn corpus(name: &str) -> PathBuf {
    folder().join(name)
}

/// The folder of the recordings of the pinned CLI.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings").join(CLI_VERSION)
}

/// What the stand-in answers to `--version`.
pub fn version_line() -> String {
    format!("{CLI_VERSION} (Claude Code)\n")
}

/// The stand-in, without pauses and without this process's own CLAUDE_WIRE_* variables.
pub fn mock(args: &[&str]) -> Command {
    let mut command = Command::new(MOCK);
    command.args(args);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CLAUDE_WIRE_") {
            command.env_remove(name);
        }
    }
    command.env("CLAUDE_WIRE_PAUSE", "0");
    command
}

/// The stand-in with a recording of the corpus, launched as it was recorded.
pub fn replaying(name: &str) -> Command {
    let argv = Recording::open(corpus(name)).unwrap().header.argv.unwrap();
    let mut command = mock(&argv.iter().map(String::as_str).collect::<Vec<_>>());
    command.env("CLAUDE_WIRE_REPLAY", corpus(name));
    command
}

/// Runs a command with this input, which ends after it.
pub fn run(command: &mut Command, input: &[u8]) -> Output {
    let mut child = spawn(command);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may exit before it has read all of it.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

pub fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// All bytes that crossed one stream, with the variables as the stand-in sees them.
pub fn crossed(recording: &Recording, pick: fn(&EventKind) -> bool) -> Vec<u8> {
    let live = [
        ("cwd", std::env::current_dir().unwrap()),
        ("home", PathBuf::from(std::env::var_os("HOME").unwrap_or_default())),
    ];
    let live =
        live.into_iter().map(|(name, path)| (name.to_owned(), path.to_str().unwrap().to_owned()));
    let recording = recording.expand(&live.filter(|(_, path)| !path.is_empty()).collect()).unwrap();
    let events = recording.events.iter().filter(|event| pick(&event.kind));
    events.filter_map(|event| event.payload()).flat_map(|line| line.wire()).collect()
}

pub fn to_the_cli(kind: &EventKind) -> bool {
    matches!(kind, EventKind::In(_))
}

pub fn from_the_cli(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Out(_))
}

/// Reads until this many lines have come.
pub fn read_lines(stream: &mut impl std::io::Read, lines: usize) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while text.iter().filter(|byte| **byte == b'\n').count() < lines
        && stream.read(&mut byte).unwrap() == 1
    {
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

pub fn rest(stream: &mut impl std::io::Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
