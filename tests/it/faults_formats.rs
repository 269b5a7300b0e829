//! Faults in the forms of a launch: text, JSON, and a prompt among the arguments. Each fault of the
//! catalogue happens in each form, or is refused with the reason.

use std::collections::BTreeSet;
use std::time::Duration;

use claude_wire::faults::{FaultPlan, catalogue};
use claude_wire::transport::{Connection, Exit, Launch, Transport as _};
use claude_wire::{Scenario, reply};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

const TEXT: &[&str] = &["-p", "hello"];
const BARE: &[&str] = &["hello"];
const JSON: &[&str] = &["-p", "--output-format", "json", "hello"];
const ARRAY: &[&str] = &["-p", "--output-format=json", "--verbose", "hello"];
const LINES: &[&str] = &["-p", "--output-format", "stream-json", "--verbose", "hello"];
const STDIN: &[&str] = &["-p", "--output-format", "text"];
/// Nothing asks for a form: the CLI reads and writes text.
const NO_FORM: &[&str] = &["--model", "sonnet"];

/// What a launch wrote, and how it ended; an exit of `None`: it hung.
#[derive(Debug)]
struct Done {
    out: Vec<u8>,
    err: String,
    exit: Option<Exit>,
    injected: usize,
}

/// A launch with these arguments and this text on stdin; an error is why it is refused.
async fn played(args: &[&str], stdin: &str, faults: &str) -> Result<Done, String> {
    let turn =
        reply().tool_use("Read", json!({"file_path": "a.txt"})).tool_result("1").text("Hello é");
    let scenario = Scenario::new().on_any_prompt(turn).unverified();
    let scenario = scenario.faults(FaultPlan::parse(faults).unwrap());
    let launch = Launch { args: args.iter().map(Into::into).collect(), ..Launch::default() };
    let cli = scenario.open(launch).await.map_err(|error| {
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
    })?;
    let Connection { stdin: mut input, mut stdout, mut stderr, mut control } = cli;
    let (mut out, mut err) = (Vec::new(), String::new());
    let exit = timeout(Duration::from_secs(100_000), async {
        // A CLI that ends at once does not read it.
        let _ = input.write_all(stdin.as_bytes()).await;
        drop(input);
        let _ = tokio::join!(stdout.read_to_end(&mut out), stderr.read_to_string(&mut err));
        control.wait().await.unwrap()
    });
    let exit = exit.await.ok();
    Ok(Done { out, err, exit, injected: scenario.report().injected().len() })
}

/// Each fault in a form that hits where it does.
fn faults() -> Vec<(&'static str, String)> {
    let stronger = |name: &'static str| match name {
        "limit_data" => "limit_data:bytes=3".to_owned(),
        "oversize_line" => "oversize_line:bytes=200".to_owned(),
        name => name.to_owned(),
    };
    let names = catalogue().iter().map(|fault| fault.name()).filter(|name| *name != "spawn_fail");
    names.map(|name| (name, stronger(name))).collect()
}

/// The faults of requests, which a launch with text on stdin does not have.
const OF_REQUESTS: [&str; 8] = [
    "duplicate_reply",
    "unknown_id_reply",
    "missing_id",
    "late_reply",
    "reply_after_cancel",
    "cancel_race",
    "out_of_order_hooks",
    "error_reply",
];
/// The faults of lines that JSON as one value does not have.
const OF_LINES: [&str; 5] =
    ["stuck_tool", "no_init", "control_after_result", "unknown_type", "unknown_subtype"];
/// The faults of fields, which text does not have.
const OF_FIELDS: [&str; 2] = ["extra_field", "missing_field"];

#[tokio::test(start_paused = true)]
async fn every_fault_happens_in_each_form_or_is_refused() {
    let with = |groups: &[&[&'static str]]| groups.concat().into_iter().collect::<BTreeSet<_>>();
    let of_text = with(&[&OF_REQUESTS, &OF_LINES, &OF_FIELDS]);
    let of_stdin = with(&[&OF_REQUESTS, &OF_LINES, &OF_FIELDS, &["closed_stdin"]]);
    let of_json = with(&[&OF_REQUESTS, &OF_LINES]);
    for (args, stdin, expected) in [
        (TEXT, "", &of_text),
        (BARE, "", &of_text),
        (STDIN, "hello", &of_stdin),
        (NO_FORM, "hello", &of_stdin),
        (JSON, "", &of_json),
        (ARRAY, "", &of_json),
        (LINES, "", &with(&[&OF_REQUESTS])),
    ] {
        let mut refused = BTreeSet::new();
        for (name, fault) in faults() {
            match played(args, stdin, &fault).await {
                Ok(done) => assert!(done.injected > 0, "{args:?} {name}: {done:?}"),
                Err(why) => {
                    let text = format!("the fault {name} cannot happen in this launch: ");
                    assert!(why.contains(&text), "{why}");
                    refused.insert(name);
                }
            }
        }
        assert_eq!(&refused, expected, "{args:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_is_the_answer_and_the_result() {
    let plain = "Hello é\n";
    let (code, hangs) = (|code| Some(Exit::from_code(code)), None);
    for (fault, out, exit) in [
        ("no_final_newline", "Hello é", code(0)),
        ("exit_mid_turn:code=3", plain, code(3)),
        ("exit_after_result:code=4", plain, code(4)),
        ("exit_before_init:code=5", "", code(5)),
        ("missing_result", "", code(0)),
        ("double_result", "Hello é\nHello é\n", code(0)),
        ("crlf", "Hello é\r\n", code(0)),
        ("hang_after_result", plain, hangs),
        ("hang_after_error_result", "injected: the turn failed\n", hangs),
        ("closed_stdout_alive", plain, code(0)),
        ("closed_stdin", plain, code(0)),
        ("partial_line_then_eof:code=2", "Hell", code(2)),
        ("non_json_noise:text=\"a, b\"", "a, b\nHello é\n", code(0)),
        ("limit_data:bytes=3", "Hel", code(1)),
        ("latency:ms=700", plain, code(0)),
        ("slicer:bytes=2", plain, code(0)),
        ("signal_death", plain, Some(Exit::from_signal(9))),
        ("api_529", plain, code(0)),
        ("exit_mid_turn:nth=2", plain, code(0)),
    ] {
        let done = played(TEXT, "", fault).await.unwrap();
        let shown = String::from_utf8_lossy(&done.out).into_owned();
        assert_eq!((shown.as_str(), done.exit), (out, exit), "{fault}: {}", done.err);
    }
    let flooded = played(STDIN, "hello", "stderr_flood:bytes=100000").await.unwrap();
    assert!(flooded.err.len() == 100_000 && flooded.out == plain.as_bytes());
}

#[tokio::test(start_paused = true)]
async fn an_object_and_an_array_are_the_answer_and_the_result() {
    let read = |out: &[u8]| serde_json::from_slice::<Value>(out).unwrap();
    for args in [JSON, ARRAY] {
        let last =
            |value: Value| value.as_array().map_or(value.clone(), |it| it.last().unwrap().clone());
        let done = played(args, "", "extra_field:field=new").await.unwrap();
        assert_eq!(last(read(&done.out))["new"]["since"], "2.2.0");
        let done = played(args, "", "missing_field").await.unwrap();
        let result = last(read(&done.out));
        assert!(result.get("num_turns").is_none() && result["result"] == "Hello é", "{result}");
        let done = played(args, "", "hang_after_error_result").await.unwrap();
        let result = last(read(&done.out));
        assert_eq!((&result["is_error"], done.exit), (&json!(true), None), "{result}");
        let done = played(args, "", "exit_mid_turn:code=3").await.unwrap();
        assert_eq!(done.exit, Some(Exit::from_code(3)));
        assert_eq!(last(read(&done.out))["type"], "result");
        let done = played(args, "", "missing_result").await.unwrap();
        assert_eq!((done.out.len(), done.exit), (0, Some(Exit::from_code(0))));
    }
    let done = played(ARRAY, "", "missing_field:type=assistant,field=message.model").await.unwrap();
    let messages = read(&done.out);
    let mut said = messages.as_array().unwrap().iter().filter(|it| it["type"] == "assistant");
    assert!(said.all(|it| it["message"].get("model").is_none()), "{messages}");
    let refused = played(JSON, "", "missing_field:type=assistant").await.unwrap_err();
    assert!(refused.contains("--output-format json has no such line"), "{refused}");
}

/// What only prints something is not a launch of a session: `nth` does not count it.
#[tokio::test(start_paused = true)]
async fn a_launch_that_prints_the_version_has_no_faults() {
    let scenario = Scenario::new().on_any_prompt("Hello").unverified();
    let scenario = scenario.faults(FaultPlan::parse("exit_before_init:code=9").unwrap());
    let open = |args: &[&str]| {
        let args = args.iter().map(Into::into).collect();
        scenario.open(Launch { args, ..Launch::default() })
    };
    for (args, code) in [(&["--version"][..], 0), (TEXT, 9), (TEXT, 0)] {
        let mut cli = open(args).await.unwrap();
        drop(cli.stdin);
        cli.stdout.read_to_end(&mut Vec::new()).await.unwrap();
        assert_eq!(cli.control.wait().await.unwrap(), Exit::from_code(code), "{args:?}");
    }
    assert_eq!(scenario.report().injected().len(), 1);
}
