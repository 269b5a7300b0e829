//! How a scenario's CLI is called: with a prompt in the arguments or as text, for its version, for
//! a help, or with a subcommand. The bytes are those of CLI 2.1.332, which `real_cli::front_door`
//! compares.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::player::{CommandOutput, Report, Scenario, reply};
use claude_wire::transport::{Environment, Inherit, Launch, Transport};
use claude_wire::{CLI_VERSION, player};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const UNKNOWN: &str = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
const STREAM: [&str; 3] = ["--output-format", "stream-json", "--verbose"];
const LINES: [&str; 2] = ["--input-format", "stream-json"];

/// What a launch wrote, and its exit code.
#[derive(Debug, PartialEq)]
struct Ran {
    out: String,
    err: String,
    code: Option<i32>,
}

impl Ran {
    fn of(out: &str, err: &str, code: i32) -> Self {
        Self { out: out.to_owned(), err: err.to_owned(), code: Some(code) }
    }
}

/// Launches the CLI of a scenario. With `stdin` it gets this text and its end; without, it is open.
async fn run(scenario: &Scenario, args: &[&str], stdin: Option<&str>) -> Ran {
    let env = Environment::new().inherit(Inherit::None).set("HOME", "/home/user");
    let args = args.iter().map(Into::into).collect();
    let mut cli = scenario.open(Launch { args, env, ..Launch::default() }).await.unwrap();
    let mut open = None;
    match stdin {
        Some(text) => {
            // A CLI that has ended does not read.
            let _ = cli.stdin.write_all(text.as_bytes()).await;
            drop(cli.stdin);
        }
        None => open = Some(cli.stdin),
    }
    let (mut out, mut err) = (String::new(), String::new());
    cli.stdout.read_to_string(&mut out).await.unwrap();
    cli.stderr.read_to_string(&mut err).await.unwrap();
    let code = cli.control.wait().await.unwrap().code;
    drop(open);
    Ran { out, err, code }
}

/// A scenario that answers every prompt, and never has to.
fn any() -> Scenario {
    Scenario::new().on_any_prompt(reply().text("Yes.")).always()
}

/// A file that a flag names must exist, in the folder of the launch or in the scenario.
#[tokio::test(start_paused = true)]
async fn missing_files_end_the_launch() {
    let missing = "/no/such/file.json";
    for (flag, error) in [
        ("--settings", format!("Error: Settings file not found: {missing}\n")),
        (
            "--mcp-config",
            format!("Error: Invalid MCP configuration:\nMCP config file not found: {missing}\n"),
        ),
        ("--system-prompt-file", format!("Error: System prompt file not found: {missing}\n")),
        (
            "--append-system-prompt-file",
            format!("Error: Append system prompt file not found: {missing}\n"),
        ),
        (
            "--agents",
            format!(
                "Error: --agents file not found: {missing} (a value that is not a JSON object is read as a file path)\n"
            ),
        ),
    ] {
        let ran = run(&any(), &["-p", "Hello", flag, missing], Some("")).await;
        assert_eq!(ran, Ran::of("", &error, 1), "{flag}");
        let named = any().file("file.json", "{}");
        let ran = run(&named, &["-p", "Hello", flag, "file.json"], Some("")).await;
        assert_eq!(ran, Ran::of("Yes.\n", "", 0), "{flag}");
    }
    let both = ["-p", "Hello", "--mcp-config", missing, "{\"mcpServers\":{}}", "/nor/this"];
    let ran = run(&any(), &both, Some("")).await;
    assert!(ran.err.ends_with("file.json\nMCP config file not found: /nor/this\n"), "{ran:?}");
    // JSON that does not parse is the name of a file.
    let ran = run(&any(), &["-p", "Hello", "--settings", "{bad"], Some("")).await;
    assert!(ran.err.starts_with("Error: Settings file not found: ") && ran.err.ends_with("{bad\n"));
    let ran = run(&any(), &["-p", "Hello", "--json-schema", "{bad"], Some("")).await;
    assert_eq!(ran, Ran::of("", "Error: --json-schema is not valid JSON\n", 1));
}

#[tokio::test(start_paused = true)]
async fn argument_and_text_are_one_prompt() {
    for (args, stdin, prompt) in [
        (&["-p", "argument"][..], "", "argument"),
        (&["-p", "argument"], "text", "argument\ntext"),
        (&["-p", "argument"], "text\n", "argument\ntext"),
        (&["argument"], "one\r\ntwo\r\n", "argument\none\ntwo"),
        (&["-p", " argument\n"], "\n text\n\n", " argument\n\n\n text"),
        (&["-p"], "one\ntwo\n\n", "one\ntwo"),
        (&["-p"], "  text\n", "  text"),
        (&["-p", ""], "text", "text"),
        (&["-p", "  "], "text", "  \ntext"),
        (&["-p", "one", "two"], "three", "one\nthree"),
        (&["--model", "sonnet"], "Hello\n", "Hello"),
        (&["--continue"], "Hello", "Hello"),
        (&["-p", "--", "--dashes"], "", "--dashes"),
        (&["--output-format", "text", "argument"], "", "argument"),
    ] {
        let scenario = Scenario::new().on_prompt(prompt, reply().text("Yes."));
        assert_eq!(
            run(&scenario, args, Some(stdin)).await,
            Ran::of("Yes.\n", "", 0),
            "{args:?} {stdin:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn no_prompt_at_all_is_an_error() {
    let nothing = "Error: Input must be provided either through stdin or as a prompt argument when using --print\n";
    let blanks = "Error: Input contained only whitespace. Provide a prompt with text through stdin or as a prompt argument \
                  when using --print\n";
    for (args, stdin, says) in [
        (&["-p"][..], "", nothing),
        (&["-p", "--output-format", "json"], "", nothing),
        (&["-p", "--output-format", "stream-json", "--verbose"], "", nothing),
        (&["--output-format=json"], "", nothing),
        (&["--model", "sonnet"], "", nothing),
        (&["--verbose"], "\n", blanks),
        (&["-p", ""], "", nothing),
        (&["-p"], " \n\n", blanks),
        (&["-p", "  "], "", blanks),
        (&["-p", "\t"], "\n", blanks),
    ] {
        let scenario = any();
        assert_eq!(
            run(&scenario, args, Some(stdin)).await,
            Ran::of("", says, 1),
            "{args:?} {stdin:?}"
        );
    }
    // Lines of JSON need no prompt.
    let args = [&STREAM[..], &LINES, &["ignored"]].concat();
    assert_eq!(run(&any(), &args, Some("")).await, Ran::of("", "", 0));
}

#[tokio::test(start_paused = true)]
async fn open_stdin_without_text_is_waited_for_3_s() {
    let warning = "Warning: no stdin data received in 3s, proceeding without it. If piping from a slow command, redirect \
                   stdin explicitly: < /dev/null to skip, or wait longer.\n";
    let before = tokio::time::Instant::now();
    let ran = run(&any(), &["-p", "argument"], None).await;
    assert_eq!(ran, Ran::of("Yes.\n", warning, 0));
    assert_eq!(before.elapsed().as_secs(), 3);
    let ran = run(&any(), &["-p"], None).await;
    assert!(ran.err.starts_with(warning) && ran.err.contains("Input must be provided"), "{ran:?}");
    assert_eq!(ran.code, Some(1));
}

#[tokio::test(start_paused = true)]
async fn result_is_written_in_the_format_that_was_asked_for() {
    for (said, text) in [("Yes.", "Yes.\n"), ("two\nlines\n", "two\nlines\n"), ("", "\n")] {
        let scenario = Scenario::new().on_any_prompt(reply().text(said)).always();
        assert_eq!(run(&scenario, &["-p", "?"], Some("")).await, Ran::of(text, "", 0));
        let ran = run(&scenario, &["-p", "?", "--output-format", "json"], Some("")).await;
        let result: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&result["result"], &result["type"]), (&json!(said), &json!("result")));
        let ran =
            run(&scenario, &["-p", "?", "--output-format", "json", "--verbose"], Some("")).await;
        let all: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(
            (&all[0]["subtype"], &all[all.len() - 1]["result"]),
            (&json!("init"), &json!(said))
        );
        let ran = run(&scenario, &[&STREAM[..], &["-p", "?"]].concat(), Some("")).await;
        let lines: Vec<Value> =
            ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), all.len());
    }
}

#[tokio::test(start_paused = true)]
async fn limits_are_text_without_a_line_break() {
    let uses = || reply().tool_use("Read", json!({"file_path": "a"})).tool_result("a");
    for (args, says) in [
        (&["--max-turns", "1"][..], "Error: Reached max turns (1)"),
        (&["--max-turns=1.5"], "Error: Reached max turns (1.5)"),
        (&["--max-budget-usd", "0.0001"], "Error: Exceeded USD budget (0.0001)"),
    ] {
        let turns =
            uses().tool_use("Read", json!({"file_path": "b"})).tool_result("b").text("Done.");
        let scenario = Scenario::new().on_any_prompt(turns);
        let ran = run(&scenario, &[&["-p", "?"], args].concat(), Some("")).await;
        assert_eq!(ran, Ran::of(says, "", 1), "{args:?}");
    }
    // These are no limits.
    for turns in ["0", "-1", ""] {
        let scenario = Scenario::new().on_any_prompt(uses().text("Done."));
        let ran = run(&scenario, &["-p", "?", "--max-turns", turns], Some("")).await;
        assert_eq!(ran, Ran::of("Done.\n", "", 0), "{turns}");
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_session_is_the_error_of_the_cli() {
    let text = format!("No conversation found with session ID: {UNKNOWN}\n");
    let title = "Error: --resume requires a valid session ID or session title when used with --print. Usage: claude -p \
                 --resume <session-id|title>";
    let named = format!(
        "{title}. Provided value \"a title\" is not a UUID and does not match any session title.\n"
    );
    let title = format!("{title}\n");
    for (resume, says) in [
        (&["--resume", UNKNOWN][..], &text),
        (&["-r", UNKNOWN, "--fork-session"], &text),
        (&["--resume=a title"], &named),
        (&["--resume", "--verbose"], &title),
    ] {
        for format in [&["-p", "?"][..], &["-p", "?", "--output-format=json"]] {
            let args = [format, resume].concat();
            let scenario = any().sessions(["11111111-2222-4333-8444-555555555555"]);
            assert_eq!(run(&scenario, &args, Some("")).await, Ran::of("", says, 1), "{args:?}");
        }
        for input in [&["-p", "?"][..], &LINES] {
            let args = [&STREAM[..], input, resume].concat();
            // It does not wait for its input.
            let ran = run(&any().sessions([""; 0]), &args, None).await;
            let line: Value = serde_json::from_str(&ran.out).unwrap();
            assert_eq!((ran.err.as_str(), ran.code), (says.as_str(), Some(1)), "{args:?}");
            assert_eq!(line["errors"], json!([says.trim_end()]));
            assert_eq!((&line["is_error"], &line["num_turns"]), (&json!(true), &json!(0)));
            assert_eq!(line["session_id"] == UNKNOWN, resume[1..].contains(&UNKNOWN), "{line}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_listed_and_kept_sessions_are_resumed() {
    let resumed = async |scenario: &Scenario, id: &str| {
        run(scenario, &["-p", "?", "--resume", id], Some("")).await.code
    };
    let scenario = any().sessions([UNKNOWN]);
    assert_eq!(resumed(&scenario, UNKNOWN).await, Some(0));
    // Without a list none exists, and a hint says how to list it.
    let ran = run(&any(), &["-p", "?", "--resume", UNKNOWN], Some("")).await;
    let (says, hint) = ran.err.split_once('\n').unwrap();
    assert_eq!(says, format!("No conversation found with session ID: {UNKNOWN}"));
    assert!(hint.starts_with("claude-wire: ") && hint.contains("\"sessions\": \"any\""), "{hint}");
    assert_eq!((ran.out.as_str(), ran.code), ("", Some(1)));
    assert_eq!(resumed(&any().any_session(), UNKNOWN).await, Some(0));
    let file = any().any_session().unverified().to_json();
    assert_eq!(resumed(&Scenario::parse(&file).unwrap(), UNKNOWN).await, Some(0));
    let nothing = Scenario::parse(&file.replace("\"any\"", "7")).unwrap_err().to_string();
    assert!(nothing.contains("`sessions`: expected a list of ids, or \"any\""), "{nothing}");
    // So is one whose transcript is where the CLI keeps them.
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("projects/-home-user-project");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{UNKNOWN}.jsonl")), "").unwrap();
    let env = Environment::new()
        .inherit(Inherit::None)
        .set("CLAUDE_CONFIG_DIR", place.path().to_str().unwrap());
    for (cwd, code) in [("/home/user/project", 0), ("/home/user/other", 1)] {
        let args = ["-p", "?", "--resume", UNKNOWN].map(Into::into).to_vec();
        let cwd = Some(cwd.into());
        let mut cli =
            any().open(Launch { args, env: env.clone(), cwd, ..Launch::default() }).await.unwrap();
        drop(cli.stdin);
        assert_eq!(cli.control.wait().await.unwrap().code, Some(code), "{code}");
    }
    // A session that was not kept is unknown, and its id is free.
    let scenario = any().sessions([""; 0]);
    let one = ["-p", "?", "--session-id", UNKNOWN];
    for _ in 0..2 {
        let ran =
            run(&scenario, &[&one[..], &["--no-session-persistence"]].concat(), Some("")).await;
        assert_eq!(ran.code, Some(0));
        assert_eq!(resumed(&scenario, UNKNOWN).await, Some(1));
    }
    assert_eq!(run(&scenario, &one, Some("")).await.code, Some(0));
    let used = format!("Error: Session ID {UNKNOWN} is already in use.\n");
    assert_eq!(run(&scenario, &one, Some("")).await, Ran::of("", &used, 1));
    assert_eq!(resumed(&scenario, UNKNOWN).await, Some(0));
}

#[tokio::test(start_paused = true)]
async fn broken_lines_end_the_cli_in_its_words() {
    let role = |role: &str| format!("Error: Expected message role 'user', got '{role}'\n");
    let parse = |chars: u8, error: &str| {
        format!("Error parsing streaming input line (type=unknown, {chars} chars): {error}\n")
    };
    let missing = "Error: Missing request on control_request\n".to_owned();
    for (line, says) in [
        (r#"{"type":"user","message":{"role":"assistant","content":"?"}}"#, role("assistant")),
        (r#"{"type":"user","message":{"content":"?"}}"#, role("undefined")),
        (r#"{"type":"user"}"#, role("undefined")),
        (r#"{"type":"user","message":null}"#, role("undefined")),
        (r#"{"type":"user","message":{"role":5,"content":"?"}}"#, role("5")),
        ("{bad", parse(4, "SyntaxError")),
        (
            r#"{"type":"user","#,
            "Error parsing streaming input line (type=user, 15 chars): SyntaxError\n".to_owned(),
        ),
        (
            r#"{ "type" : "assistant", x"#,
            "Error parsing streaming input line (type=assistant, 25 chars): SyntaxError\n"
                .to_owned(),
        ),
        ("null", parse(4, "TypeError")),
        (r#"{"type":"control_request","request_id":"1"}"#, missing.clone()),
        (r#"{"type":"control_request","request_id":"1","request":null}"#, missing),
    ] {
        let args = [&STREAM[..], &LINES].concat();
        let ran = run(&any(), &args, Some(&format!("{line}\n"))).await;
        assert_eq!(ran, Ran::of("", &says, 1), "{line}");
    }
    for line in ["[1]", "\"x\"", "7", r#"{"type":"control_response"}"#, ""] {
        let args = [&STREAM[..], &LINES].concat();
        let ran = run(&any(), &args, Some(&format!("{line}\n"))).await;
        assert_eq!(ran, Ran::of("", "", 0), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_sources_of_settings_are_the_error_of_the_cli() {
    let args = [&STREAM[..], &LINES, &["--setting-sources", "user,bogus"]].concat();
    let says = "Error processing --setting-sources: Invalid setting source: bogus. Valid options are: user, project, local\n";
    assert_eq!(run(&any(), &args, Some("")).await, Ran::of("", says, 1));
    let args = ["-p", "?", "--setting-sources="];
    assert_eq!(run(&any(), &args, Some("")).await, Ran::of("Yes.\n", "", 0));
}

#[tokio::test(start_paused = true)]
async fn version_is_that_of_the_cli_that_plays() {
    for args in [&["--version"][..], &["-v"], &["-V"], &["-p", "--version"], &["--bogus", "-v"]] {
        let version = format!("{CLI_VERSION} (Claude Code)\n");
        assert_eq!(run(&any(), args, Some("")).await, Ran::of(&version, "", 0), "{args:?}");
    }
    let scenario = any().on_command("--version", "1.2.3 (Claude Code)\n").unwrap();
    assert_eq!(run(&scenario, &["-v"], None).await, Ran::of("1.2.3 (Claude Code)\n", "", 0));
}

#[tokio::test(start_paused = true)]
async fn subcommands_have_answers_that_a_scenario_replaces() {
    let get = "No MCP server named \"a\". Run `claude mcp add` to add one.\n";
    for (args, ran) in [
        (
            &["mcp", "list"][..],
            Ran::of("No MCP servers configured. Use `claude mcp add` to add a server.\n", "", 0),
        ),
        (&["mcp", "get", "a"], Ran::of("", get, 1)),
        (&["agents", "--json"], Ran::of("[]\n", "", 0)),
        (&["plugin", "marketplace", "list", "--json"], Ran::of("[]\n", "", 0)),
        (&["auth", "status", "--text"], Ran::of("API key: ANTHROPIC_API_KEY\n", "", 0)),
    ] {
        assert_eq!(run(&any(), args, Some("")).await, ran, "{args:?}");
    }
    let ran = run(&any(), &["auth", "status", "--json"], Some("")).await;
    let status: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(status["loggedIn"], true);
    assert_eq!(status["projectsDirectory"], "/home/user/.claude/projects");
    let scenario = any().logged_out();
    let ran = run(&scenario, &["auth", "status"], Some("")).await;
    let status: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&status["loggedIn"], ran.code), (&json!(false), Some(1)));
    let text = "Not logged in. Run claude auth login to authenticate.\n";
    assert_eq!(run(&scenario, &["auth", "status", "--text"], None).await, Ran::of(text, "", 1));

    let out = CommandOutput::new("{\"loggedIn\": false}\n").stderr("no key\n").exit_code(1);
    let scenario = any()
        .on_command("auth status --json", out.clone())
        .and_then(|it| it.on_command("mcp add", "Added.\n"))
        .and_then(|it| it.on_command("plugins list", "None.\n"))
        .unwrap();
    // In a file, too.
    for scenario in [Scenario::parse(&scenario.to_json()).unwrap(), scenario] {
        for (args, ran) in [
            (&["auth", "status", "--json"][..], Ran::of("{\"loggedIn\": false}\n", "no key\n", 1)),
            (&["auth", "status", "--text"], Ran::of("API key: ANTHROPIC_API_KEY\n", "", 0)),
            (&["mcp", "add", "-s", "user", "a", "echo", "--", "b"], Ran::of("Added.\n", "", 0)),
            (&["plugin", "list", "--json"], Ran::of("None.\n", "", 0)),
        ] {
            assert_eq!(run(&scenario, args, None).await, ran, "{args:?}");
        }
        // Their help is that of the CLI.
        let help = run(&scenario, &["plugin", "list", "--help"], None).await;
        assert!(help.out.starts_with("Usage: claude plugin list"), "{}", help.out);
        assert!(scenario.report().not_simulated().is_empty(), "{}", scenario.report());
    }
}

#[tokio::test(start_paused = true)]
async fn subcommand_without_an_answer_is_reported() {
    for args in [&["mcp", "add", "a", "echo"][..], &["setup-token"], &["plugin", "update", "b"]] {
        let scenario = any().unverified();
        let ran = run(&scenario, args, Some("")).await;
        assert_eq!(ran.code, Some(70), "{args:?}");
        let command = args.iter().take_while(|word| !["a", "b"].contains(word)).copied();
        let command = command.collect::<Vec<_>>().join(" ");
        let named = format!("the command `{command}`");
        for text in [&ran.out, &ran.err] {
            assert!(text.contains(&named) && text.contains("`commands` of the file"), "{text}");
        }
        let report: Report = scenario.report();
        assert_eq!(report.not_simulated(), [format!("command {command}")]);
        assert!(report.divergences()[0].is_extra(), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn probes_take_no_turn_and_no_launch() {
    let scenario = Scenario::new()
        .on_prompt("one", reply().text("1"))
        .next_launch()
        .on_prompt("two", reply().text("2"));
    for prompt in ["one", "two"] {
        for probe in [&["--version"][..], &["auth", "status"], &["--help"], &["mcp", "list", "-h"]]
        {
            assert_eq!(run(&scenario, probe, None).await.code, Some(0), "{probe:?}");
        }
        assert_eq!(run(&scenario, &["-p", prompt, "--continue"], Some("")).await.code, Some(0));
    }
    assert_eq!(run(&scenario, &["--version"], None).await.code, Some(0));
    scenario.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn help_is_that_of_the_command_line() {
    for args in [&["--help"][..], &["mcp", "add", "--help"], &["plugin", "help", "list"]] {
        let help = player::CommandLine::read(args, None, false).unwrap().help();
        assert_eq!(run(&any(), args, None).await, Ran::of(&help, "", 0));
    }
    let ran = run(&any(), &["auth"], None).await;
    assert!(ran.err.starts_with("Usage: claude auth [options] [command]\n"), "{ran:?}");
    assert_eq!(ran.code, Some(1));
}

#[test]
fn what_is_not_a_command_is_refused_in_a_file() {
    for (commands, says) in [
        (json!({"hello": ""}), "`hello` is not a command"),
        (json!({"auth status": {"out": ""}}), "command \"auth status\": unknown field `out`"),
        (json!({"auth status": 1}), "command \"auth status\": invalid type"),
    ] {
        let file =
            json!({"claude-wire": "scenario", "version": 2, "commands": commands, "turns": []});
        let error = Scenario::parse(&file.to_string()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
