//! The command lines, each with what is given on stdin, and changes.

/// What a program gives the CLI next to its arguments.
#[derive(Clone, Copy)]
pub(super) enum Input {
    /// An `initialize` and a prompt, as lines.
    Stream(&'static str),
    /// A prompt as text.
    Text(&'static str),
    /// Nothing, and the end at once.
    Nothing,
}
use Input::{Nothing, Stream, Text};

/// Exits of a replay: as recorded, or refused.
pub(super) const SAME: i32 = 0;
pub(super) const OTHER: i32 = 70;

/// The arguments, one after the other, with a blank between them; the input; and replacements, of a
/// text in the arguments or in the input, with the exit of the replay. An empty text is the start of
/// the arguments. `_` is an empty argument, `%` a blank and `|` a line break within one.
pub(super) type Form = (&'static str, Input, &'static [(&'static str, &'static str, i32)]);

pub(super) const HI: Input = Stream("Hello");

/// For launches that only differ in what is not compared.
const MODEL: (&str, &str, i32) = ("", "--model other ", OTHER);

pub(super) const FORMS: &[Form] = &[
    // Lines in both directions.
    (
        "--output-format stream-json --verbose --input-format stream-json",
        HI,
        &[MODEL, ("Hello", "Bye", OTHER)],
    ),
    (
        "--print --output-format stream-json --verbose --input-format stream-json",
        HI,
        &[MODEL, ("--print ", "", SAME)],
    ),
    (
        "--input-format=stream-json --output-format=stream-json --verbose",
        HI,
        &[MODEL, ("Hello", "Hello!", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --permission-prompt-tool stdio",
        HI,
        &[("stdio", "mcp__a__b", OTHER), ("--permission-prompt-tool stdio", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --system-prompt _",
        HI,
        &[("--system-prompt _", "", OTHER), ("_", "x", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --tools _",
        HI,
        &[("--tools _", "--tools Read", OTHER), ("--tools _", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --setting-sources=",
        HI,
        &[
            ("--setting-sources=", "--setting-sources=user", OTHER),
            ("--setting-sources=", "--setting-sources _", SAME),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --setting-sources=user,project",
        HI,
        &[
            ("user,project", "user", OTHER),
            ("=user,project", " user,project", SAME),
            ("user,project", "project,user", SAME),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --setting-sources user,project,local",
        HI,
        &[(",local", "", OTHER), ("--setting-sources user,project,local", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --allowedTools Read,Bash(git:*)",
        HI,
        &[
            ("--allowedTools", "--allowed-tools", SAME),
            ("git", "hg", OTHER),
            ("Read,Bash(git:*)", "Bash(git:*) Read", SAME),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --allowed-tools Read --disallowedTools Write",
        HI,
        &[
            ("Write", "Edit", OTHER),
            ("--disallowedTools", "--disallowed-tools", SAME),
            ("Read", "Grep", OTHER),
        ],
    ),
    (
        r#"--output-format stream-json --verbose --input-format stream-json --mcp-config {"mcpServers":{"a":{"type":"sdk","name":"a"}}}"#,
        HI,
        &[
            (r#"{"a":{"#, r#"{"b":{"#, OTHER),
            (r#":{"type""#, r#":{%"type""#, SAME),
            ("--mcp-config", "--strict-mcp-config --mcp-config", OTHER),
        ],
    ),
    (
        r#"--output-format stream-json --verbose --input-format stream-json --json-schema {"type":"object","required":["a"]}"#,
        HI,
        &[
            ("object", "array", OTHER),
            (
                r#"{"type":"object","required":["a"]}"#,
                r#"{"required":["a"],%"type":"object"}"#,
                SAME,
            ),
        ],
    ),
    (
        r#"--output-format stream-json --verbose --input-format stream-json --settings {"model":"a"}"#,
        HI,
        &[(r#""a"}"#, r#""b"}"#, OTHER), (r#"--settings {"model":"a"}"#, "", OTHER)],
    ),
    (
        r#"--output-format stream-json --verbose --input-format stream-json --agents {"r":{"description":"d","prompt":"p"}}"#,
        HI,
        &[(r#""p"}"#, r#""q"}"#, OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --append-system-prompt Be%kind.|Always.",
        HI,
        &[("Always", "Never", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --include-partial-messages --replay-user-messages --include-hook-events",
        HI,
        &[("--include-partial-messages", "", SAME), ("--replay-user-messages", "", SAME), MODEL],
    ),
    (
        "--session-id 11111111-2222-4333-8444-555555555555 --output-format stream-json --verbose --input-format stream-json",
        HI,
        &[("11111111", "99999999", SAME), ("Hello", "Bye", OTHER), MODEL],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --resume 11111111-2222-4333-8444-555555555555",
        HI,
        &[
            ("11111111", "99999999", OTHER),
            ("--resume", "-r", SAME),
            ("--resume ", "--fork-session --resume ", OTHER),
            ("--resume 11111111-2222-4333-8444-555555555555", "", OTHER),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --continue",
        HI,
        &[("--continue", "-c", SAME), ("--continue", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --model opus --fallback-model sonnet --effort high",
        HI,
        &[
            ("opus", "haiku", OTHER),
            ("sonnet", "haiku", OTHER),
            ("high", "low", OTHER),
            ("--model opus --fallback-model sonnet", "--fallback-model=sonnet --model=opus", SAME),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --add-dir /srv/a /srv/b --max-turns 3 --max-budget-usd 0.5",
        HI,
        &[
            ("/srv/b", "/srv/c", OTHER),
            ("3", "4", OTHER),
            ("0.5", "0.50", SAME),
            ("0.5", "0.6", OTHER),
        ],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --permission-mode acceptEdits --debug-to-stderr",
        HI,
        &[("acceptEdits", "plan", OTHER), ("--debug-to-stderr", "", SAME)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --allow-dangerously-skip-permissions --permission-mode bypassPermissions",
        HI,
        &[("--allow-dangerously-skip-permissions ", "", OTHER)],
    ),
    (
        "--output-format stream-json --verbose --input-format stream-json --plugin-dir /srv/p --betas one,two --no-session-persistence",
        HI,
        &[
            ("/srv/p", "/srv/q", OTHER),
            ("one,two", "one", OTHER),
            ("--no-session-persistence", "", OTHER),
        ],
    ),
    // A prompt among the arguments.
    (
        "-p Hello --output-format stream-json --verbose",
        Nothing,
        &[("Hello", "Bye", OTHER), ("-p", "--print", SAME), MODEL],
    ),
    (
        "-p Hello --output-format stream-json --verbose --include-partial-messages",
        Nothing,
        &[("Hello", "Bye", OTHER), (" --include-partial-messages", "", SAME)],
    ),
    (
        "-p Hello --output-format json",
        Nothing,
        &[("Hello", "Hallo", OTHER), ("json", "text", OTHER)],
    ),
    (
        "-p Hello --output-format text",
        Nothing,
        &[("Hello", "hello", OTHER), ("text", "json", OTHER)],
    ),
    (
        "--print Hello",
        Nothing,
        &[("Hello", "Hello%there", OTHER), ("Hello", "-- Hello", SAME), MODEL],
    ),
    ("-p One|%%two|%%%%three", Nothing, &[("two", "2", OTHER), ("%%%%three", "three", OTHER)]),
    (
        "--dangerously-skip-permissions --verbose --output-format stream-json -p Hello",
        Nothing,
        &[("--dangerously-skip-permissions ", "", OTHER), ("Hello", "Bye", OTHER)],
    ),
    (
        "--print --output-format stream-json --verbose --include-partial-messages --model opus --no-session-persistence Hello",
        Nothing,
        &[
            ("opus", "haiku", OTHER),
            (" --no-session-persistence", "", OTHER),
            ("Hello", "Bye", OTHER),
        ],
    ),
    (
        "--print --model opus --permission-mode plan --max-turns 1 --no-session-persistence -- Hello",
        Nothing,
        &[
            ("Hello", "Bye", OTHER),
            ("plan", "default", OTHER),
            ("1", "2", OTHER),
            ("-- Hello", "Hello", SAME),
        ],
    ),
    (
        "--print --output-format json --model opus --permission-mode plan --max-turns 1 --no-session-persistence -- --flag-like%prompt",
        Nothing,
        &[("flag-like", "another", OTHER)],
    ),
    (
        "-p --output-format stream-json --verbose --input-format stream-json --replay-user-messages _",
        HI,
        &[("_", "Hello", OTHER)],
    ),
    (
        "-p Hello --allowedTools Read Grep",
        Nothing,
        &[("Grep", "Glob", OTHER), ("Read Grep", "Read,Grep", SAME)],
    ),
    (
        "-p Hello --resume 11111111-2222-4333-8444-555555555555 --output-format json",
        Nothing,
        &[("11111111", "99999999", OTHER)],
    ),
    (
        "-p Hello -c --output-format json",
        Nothing,
        &[(" -c", "", OTHER), ("-c", "--continue", SAME)],
    ),
    // A prompt as text on stdin.
    ("-p", Text("Hello"), &[("Hello", "Bye", OTHER), MODEL]),
    (
        "--print --output-format json",
        Text("One\ntwo\n\nthree"),
        &[("two", "2", OTHER), ("\n\n", "\n", OTHER)],
    ),
    (
        "--print --output-format json --permission-mode bypassPermissions --dangerously-skip-permissions",
        Text("Many\nlines\n"),
        &[("Many", "Few", OTHER), (" --dangerously-skip-permissions", "", OTHER)],
    ),
    (
        "-p --system-prompt Be%brief. --output-format text",
        Text("Hello"),
        &[("brief", "long", OTHER), ("Hello", "Hello!", OTHER)],
    ),
    // Subcommands.
    (
        "auth status --json",
        Nothing,
        &[(" --json", "", OTHER), ("auth status --json", "auth logout", OTHER)],
    ),
    ("doctor", Nothing, &[("doctor", "update", OTHER)]),
    ("mcp list", Nothing, &[("list", "get a", OTHER), ("mcp", "plugin", OTHER)]),
    (
        "mcp add --scope user tools npx -- -y tool",
        Nothing,
        &[("user", "project", OTHER), ("-y tool", "-y other", OTHER), ("--scope", "-s", SAME)],
    ),
    ("mcp get tools", Nothing, &[("tools", "other", OTHER)]),
    (
        "mcp remove --scope user tools",
        Nothing,
        &[
            ("user", "local", OTHER),
            ("tools", "other", OTHER),
            ("remove --scope user", "get", OTHER),
        ],
    ),
    ("plugin list", Nothing, &[("plugin list", "plugin marketplace list", OTHER)]),
];
