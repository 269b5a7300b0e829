//! What a client is to do: the words that the comparison gives it as arguments.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::Failure;

/// The arguments of a client.
pub struct Job {
    pub work: Work,
    pub read: Read,
    pub flavour: Flavour,
    pub cli: PathBuf,
    /// How many sessions, starts, requests or interrupts.
    pub count: usize,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A turn: CPU time and memory from its first message to its end.
    Stream,
    /// A turn in which the CLI asks for permission or calls a hook: CPU time of its answers.
    Ask,
    /// A turn whose deltas carry the time at which they were written.
    Stamps,
    /// Interrupts, each of which is answered.
    Interrupt,
    /// From before the start of a CLI to its first message.
    First,
    /// The memory of sessions after one turn.
    Idle,
}

/// What is read of each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    Untouched,
    Text,
    Every,
}

/// The runtime of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flavour {
    CurrentThread,
    /// That of `#[tokio::main]`.
    TokioMain,
    /// Its language has its own.
    Other,
}

impl Job {
    /// The arguments that give a client this job.
    pub fn to_arguments(&self) -> [OsString; 5] {
        [
            self.work.name().into(),
            self.read.name().into(),
            self.flavour.name().into(),
            self.cli.clone().into(),
            self.count.to_string().into(),
        ]
    }

    pub(crate) fn from_arguments() -> Result<Self, Failure> {
        let arguments: Vec<String> = env::args().skip(1).collect();
        let [work, read, flavour, cli, count] = arguments.as_slice() else {
            return Err("usage: CLIENT WORK READ FLAVOUR CLI COUNT".into());
        };
        Ok(Self {
            work: named(&Work::ALL, Work::name, work)?,
            read: named(&Read::ALL, Read::name, read)?,
            flavour: named(&Flavour::ALL, Flavour::name, flavour)?,
            cli: cli.into(),
            count: count.parse()?,
        })
    }
}

impl Work {
    const ALL: [Self; 6] =
        [Self::Stream, Self::Ask, Self::Stamps, Self::Interrupt, Self::First, Self::Idle];

    fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Ask => "ask",
            Self::Stamps => "stamps",
            Self::Interrupt => "interrupt",
            Self::First => "first",
            Self::Idle => "idle",
        }
    }
}

impl Read {
    const ALL: [Self; 3] = [Self::Untouched, Self::Text, Self::Every];

    fn name(self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::Text => "text",
            Self::Every => "every",
        }
    }
}

impl Flavour {
    const ALL: [Self; 3] = [Self::CurrentThread, Self::TokioMain, Self::Other];

    /// As an argument, and in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current_thread",
            Self::TokioMain => "tokio::main",
            Self::Other => "-",
        }
    }
}

fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, word: &str) -> Result<T, Failure> {
    let found = all.iter().copied().find(|one| name(*one) == word);
    found.ok_or_else(|| format!("unknown argument {word}").into())
}
