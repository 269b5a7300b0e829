//! What is played to which program.

use std::path::PathBuf;

use claude_wire::CLI_VERSION;

use super::client::Client;
use super::shows::Shows;
use crate::root;

/// A program, and how it is changed in one place.
#[derive(Clone, Copy)]
pub(super) struct Program {
    /// In the names of its recordings.
    pub(super) name: &'static str,
    /// Its file, without the ending.
    pub(super) file: &'static str,
    pub(super) feature: &'static str,
    pub(super) args: &'static [&'static str],
    pub(super) env: &'static [(&'static str, &'static str)],
    pub(super) change: Change,
    /// Whether it launches the CLI more than once.
    pub(super) has_launches: bool,
}

/// How a program is changed, and where a replay must refuse it.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) with: With,
    pub(super) shows: Shows,
}

/// What a changed program has in the place of its arguments, or as one more variable.
#[derive(Clone, Copy)]
pub(super) enum With {
    Args(&'static [&'static str]),
    Env(&'static str, &'static str),
}

impl Change {
    /// It has this prompt.
    const fn prompt(with: With, prompt: &'static str) -> Self {
        Self { with, shows: Shows::Prompt(prompt) }
    }

    /// It has the prompt that a variable names.
    const fn prompt_in(variable: &'static str, prompt: &'static str) -> Self {
        Self::prompt(With::Env(variable, prompt), prompt)
    }
}

/// The program denies what it was recorded to allow.
const DENIES: Shows = Shows::Value { at: "response.response.behavior", is: "deny" };

/// Played from recordings of the program.
const RECORDED: [Program; 7] = [
    Program {
        name: "ask",
        file: "ask",
        feature: "one question",
        args: &["RUN:one 2+2?"],
        env: &[],
        change: Change::prompt(With::Args(&["RUN:one 2+3?"]), "RUN:one 2+3?"),
        has_launches: false,
    },
    Program {
        name: "agent",
        file: "agent",
        feature: "conversation of four turns: permissions, hooks, an in-process tool, another model and mode",
        args: &[],
        env: &[],
        change: Change::prompt_in("SECOND_PROMPT", "RUN:t2 do not remove"),
        has_launches: false,
    },
    Program {
        name: "agent-partial",
        file: "agent",
        feature: "the same with partial messages",
        args: &[],
        env: &[("PARTIAL", "1")],
        change: Change {
            with: With::Env("MODEL", "claude-opus-4-1"),
            shows: Shows::Value { at: "--model", is: "claude-opus-4-1" },
        },
        has_launches: false,
    },
    Program {
        name: "interrupt",
        file: "interrupt",
        feature: "a turn that is interrupted, and another",
        args: &[],
        env: &[],
        change: Change { with: With::Env("PATIENT", "1"), shows: Shows::Missing("interrupt") },
        has_launches: false,
    },
    Program {
        name: "parallel",
        file: "parallel",
        feature: "three permissions at once, answered in any order",
        args: &[],
        env: &[],
        change: Change { with: With::Env("DENIED", "touch p2"), shows: DENIES },
        has_launches: false,
    },
    Program {
        name: "pipelined",
        file: "pipelined",
        feature: "a prompt before the answer to the one before it",
        args: &[],
        env: &[],
        change: Change::prompt_in("SECOND_PROMPT", "Third"),
        has_launches: false,
    },
    Program {
        name: "sum",
        file: "sum",
        feature: "two launches: structured output, then resumed with a limit",
        args: &[],
        env: &[],
        change: Change::prompt_in("FIRST_PROMPT", "Take 1 from 2"),
        has_launches: true,
    },
];

/// A prompt of an entry of the corpus, and the changed one.
const fn entry(
    name: &'static str,
    feature: &'static str,
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
) -> Program {
    const OTHER: Change = Change::prompt(With::Args(&["Something else"]), "Something else");
    Program { name, file: "converse", feature, args, env, change: OTHER, has_launches: false }
}

const SCHEMA: &str = r#"{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}"#;

/// What the hooks of the entry `hooks` answer: of `PreToolUse` to these commands, and `*` to the others.
macro_rules! hooks {
    ($($command:literal: $decision:literal, $reason:literal);+) => {
        concat!(
            "{\"PreToolUse\": {",
            $(
                "\"", $command, "\": {\"hookSpecificOutput\": {\"hookEventName\": \"PreToolUse\",",
                "\"permissionDecision\": \"", $decision, "\",",
                "\"permissionDecisionReason\": \"", $reason, "\"}},",
            )+
            "\"none\": {}},",
            r#""PostToolUse": {"*": {"hookSpecificOutput": {"hookEventName": "PostToolUse", "additionalContext": "post hook context"}}},"#,
            r#""PostToolUseFailure": {"*": {}},"#,
            r#""UserPromptSubmit": {"*": {"hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "additionalContext": "prompt hook context"}}},"#,
            r#""Stop": {"*": {}}, "SubagentStop": {"*": {}}, "SessionStart": {"*": {}}, "SessionEnd": {"*": {}}, "Notification": {"*": {}},"#,
            r#""PreCompact": {"*": {}}, "PermissionRequest": {"*": {}}, "Setup": {"*": {}}}"#,
        )
    };
}
const HOOKS: &str = hooks!("echo hi-from-bash": "allow", "ok"; "*": "deny", "dangerous command");
const OTHER_HOOKS: &str = hooks!("*": "allow", "ok");

/// Played from the corpus, which a session of this library recorded.
const ENTRIES: [Program; 10] = [
    entry("one-shot", "one question", &["What is 2 + 2?"], &[]),
    entry("three-turns", "three turns", &["Question 1", "Question 2", "Question 3"], &[]),
    entry(
        "partial-messages",
        "partial messages, an allowed tool",
        &["Print two lines"],
        &[("PARTIAL", "1"), ("ALLOWED", "Bash")],
    ),
    entry(
        "permission-allow",
        "a permission that is given",
        &["Create a file"],
        &[("DECISION", "allow")],
    ),
    entry(
        "permission-deny",
        "a permission that is denied",
        &["Create a file"],
        &[("DECISION", "Not on my watch.")],
    ),
    entry("structured-output", "structured output", &["Who is it?"], &[("SCHEMA", SCHEMA)]),
    Program {
        change: Change {
            with: With::Env("HOOKS", OTHER_HOOKS),
            shows: Shows::Value {
                at: "response.response.hookSpecificOutput.permissionDecision",
                is: "allow",
            },
        },
        ..entry(
            "hooks",
            "two turns with hooks of twelve events: context for a prompt, a tool that is allowed, one that is denied",
            &["Say hi in a shell", "Remove everything"],
            &[("HOOKS", HOOKS), ("ALLOWED", "Bash")],
        )
    },
    Program {
        change: Change {
            with: With::Env("NO_ZERO", "I do not divide"),
            shows: Shows::Value { at: "response.response.content[0].text", is: "I do not divide" },
        },
        ..entry(
            "in-process-server",
            "an in-process server: a call that works, and one that fails",
            &["What is 6 times 7, and 1 divided by 0?"],
            &[("SERVER", "calc"), ("ALLOWED", "mcp__calc__multiply mcp__calc__divide")],
        )
    },
    Program {
        change: Change { with: With::Env("INTERRUPT", ""), shows: Shows::Missing("interrupt") },
        ..entry(
            "interrupt",
            "a turn that is interrupted, another, and an interrupt while nothing runs",
            &["Talk slowly", "And now?"],
            &[("INTERRUPT", "4"), ("PARTIAL", "1")],
        )
    },
    Program {
        file: "fork",
        has_launches: true,
        change: Change::prompt(With::Args(&["First", "Elsewhere", "In the original"]), "Elsewhere"),
        ..entry(
            "fork",
            "two launches: a conversation, a fork of it that is resumed, and the conversation again",
            &["First", "In the fork", "In the original"],
            &[],
        )
    },
];

/// The entries that need no more than prompts and a decision.
const PEERS_PLAY: [&str; 4] = ["one-shot", "three-turns", "permission-allow", "permission-deny"];

const SUM: Program = RECORDED[6];
/// A scenario asks for no interrupt.
const SCRIPTED_INTERRUPT: Program =
    Program { change: Change::prompt_in("LAST_PROMPT", "And then?"), ..RECORDED[3] };
const SCRIPT: Program = Program {
    feature: "`--version`, `auth status`, structured output, then resumed with a limit, an unknown session",
    ..SUM
};
const ACP: Program = Program {
    name: "ask",
    file: "acp",
    feature: "a prompt of an editor, a permission",
    args: &["Make a.txt"],
    env: &[],
    change: Change::prompt(With::Args(&["Make b.txt"]), "Make b.txt"),
    has_launches: true,
};

/// What programs on crates of Rust are recorded with.
const TALK: Program = Program {
    name: "talk",
    file: "",
    feature: "two turns, a permission that is given",
    args: &["Make a.txt", "Thanks"],
    env: &[("DECISION", "allow")],
    change: Change { with: With::Env("DECISION", "no"), shows: DENIES },
    has_launches: false,
};
const QUERIES: Program = Program {
    name: "queries",
    file: "queries",
    feature: "two launches of `claude -p`, the second resumed",
    args: &["First", "Second"],
    env: &[],
    change: Change::prompt(With::Args(&["First", "Third"]), "Third"),
    has_launches: true,
};

/// What a program is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What a program on the same client or on another one was recorded with.
    Recorded(Client),
    Corpus,
    Scenario,
}

/// A program, and what it is played.
#[derive(Clone, Copy)]
pub(super) struct Case {
    pub(super) client: Client,
    pub(super) program: Program,
    pub(super) source: Source,
}

impl Case {
    /// What is played, below the root; the first of several launches of the corpus.
    pub(super) fn plays(&self) -> String {
        let Program { name, has_launches, .. } = self.program;
        match self.source {
            Source::Recorded(by) => {
                let end = if has_launches { "" } else { ".jsonl" };
                format!("tests/official/recordings/{}-{name}{end}", by.name())
            }
            Source::Corpus => format!("recordings/{CLI_VERSION}/{name}.jsonl"),
            Source::Scenario if self.client == Client::Acp => "tests/scenarios/acp.json".to_owned(),
            Source::Scenario => format!("tests/scenarios/{name}.json"),
        }
    }

    /// The recordings that are played; none of a scenario.
    pub(super) fn recordings(&self) -> Vec<PathBuf> {
        let path = root().join(self.plays());
        match self.source {
            Source::Scenario => Vec::new(),
            // The corpus has them next to each other.
            Source::Corpus if self.program.has_launches => {
                let second =
                    root().join(format!("recordings/{CLI_VERSION}/{}-2.jsonl", self.program.name));
                vec![path, second]
            }
            _ if self.program.has_launches => {
                claude_wire::recording::recordings_in(path).unwrap_or_default()
            }
            _ => vec![path],
        }
    }

    /// Whether the program is the one that was recorded, or that the scenario is for. If it is
    /// refused, that is a false miss.
    pub(super) fn is_own(&self) -> bool {
        match self.source {
            Source::Recorded(by) => by == self.client,
            Source::Corpus => false,
            Source::Scenario => true,
        }
    }

    /// Whether it is played to the changed program, too: each recording to one program.
    pub(super) fn is_changed_too(&self) -> bool {
        self.source == Source::Corpus || self.is_own()
    }
}

/// All, in the order of the page.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let sdks = [Client::Python, Client::TypeScript];
    for client in sdks {
        for program in RECORDED {
            let other = if client == sdks[0] { sdks[1] } else { sdks[0] };
            for by in [client, other] {
                cases.push(Case { client, program, source: Source::Recorded(by) });
            }
        }
        for program in ENTRIES {
            cases.push(Case { client, program, source: Source::Corpus });
        }
        for program in [SUM, RECORDED[1], SCRIPTED_INTERRUPT] {
            cases.push(Case { client, program, source: Source::Scenario });
        }
    }
    for (client, program) in [(Client::Shell, SCRIPT), (Client::Acp, ACP)] {
        for source in [Source::Recorded(client), Source::Scenario] {
            cases.push(Case { client, program, source });
        }
    }
    // claude-codes kills the CLI, so that what is recorded with it lacks its end.
    let recorded = Source::Recorded(Client::Wrapper);
    for client in [Client::Codes, Client::Wrapper] {
        let program = Program { file: client.name(), ..TALK };
        cases.push(Case { client, program, source: recorded });
    }
    cases.push(Case { client: Client::Wrapper, program: QUERIES, source: recorded });
    for entry in ENTRIES.into_iter().filter(|entry| PEERS_PLAY.contains(&entry.name)) {
        let program = Program { file: Client::Codes.name(), ..entry };
        cases.push(Case { client: Client::Codes, program, source: Source::Corpus });
    }
    let program = Program { file: Client::Wrapper.name(), ..ENTRIES[0] };
    cases.push(Case { client: Client::Wrapper, program, source: Source::Corpus });
    cases
}
