//! Where an event comes from, what it is about, and numbers for people.

/// Where an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The program, on the CLI's stdin.
    Program,
    /// The CLI, on its stdout.
    Cli,
    /// The CLI, on its stderr.
    Stderr,
    /// What is not a line: a mark, the end of a stream, a signal, the exit.
    Recorder,
}

impl From {
    /// Its name in JSON, and in the page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Cli => "cli",
            Self::Stderr => "stderr",
            Self::Recorder => "recorder",
        }
    }
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Prompt,
    Reply,
    Thinking,
    ToolCall,
    ToolResult,
    Request,
    Answer,
    Result,
    /// A part of a reply that is being written.
    Delta,
    /// What the CLI reports about itself.
    Status,
    Stderr,
    /// What is not a message.
    Unreadable,
    /// What is not a line.
    Note,
}

impl Class {
    /// Its name in JSON, and in the page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Reply => "reply",
            Self::Thinking => "thinking",
            Self::ToolCall => "tool_call",
            Self::ToolResult => "tool_result",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Result => "result",
            Self::Delta => "delta",
            Self::Status => "status",
            Self::Stderr => "stderr",
            Self::Unreadable => "unreadable",
            Self::Note => "note",
        }
    }
}

/// A duration for people, with three digits: `12 µs`, `878 ms`, `1.41 s`, `3 min 20 s`.
pub(crate) fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", us / 1_000),
        1_000_000..60_000_000 => format!("{:.2} s", us as f64 / 1e6),
        _ => format!("{} min {} s", us / 60_000_000, us / 1_000_000 % 60),
    }
}

/// `1 turn`, `2 turns`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `$0.0024`.
pub(crate) fn dollars(cost: f64) -> String {
    format!("${cost:.4}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        let texts = [999, 1_500, 9_999, 878_132, 1_410_000, 200_000_000].map(duration);
        assert_eq!(texts, ["999 µs", "1.5 ms", "10.0 ms", "878 ms", "1.41 s", "3 min 20 s"]);
    }
}
