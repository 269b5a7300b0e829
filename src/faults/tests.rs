//! Every fault, at the level of bytes: what crosses in, what is done out.

use std::collections::BTreeSet;

use ::bytes::Bytes;

use super::catalogue::{FaultKind, catalogue};
use super::injector::Injector;
use super::item::{Effect, Item, Output};
use super::plan::FaultPlan;
use crate::transport::Exit;

/// What happens on a connection.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// The host writes this line.
    In(&'static str),
    /// The CLI writes these bytes: a line with its ending.
    Out(&'static str),
    /// The host closes its input.
    Eof,
    /// The CLI exits with this code.
    Exit(i32),
    /// SIGTERM, by which a CLI ends with 143.
    Term,
    /// Milliseconds pass.
    Wait(u64),
    /// The CLI closes its output.
    Closed,
}

use Happens::{Closed, Eof, Exit as Exits, In, Out, Term, Wait};

const PROMPT: &str = r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#;
const ASK: &str =
    r#"{"type":"control_request","request_id":"r1","request":{"subtype":"get_status"}}"#;
const REPLY: &str = "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":\"r1\"}}\n";
const INIT: &str = "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\"}\n";
const TEXT: &str =
    "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"é!\"}]}}\n";
const TOOL: &str =
    "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"t\"}]}}\n";
const HOOK: &str = "{\"type\":\"control_request\",\"request_id\":\"h1\",\"request\":{\"subtype\":\"hook_callback\",\"callback_id\":\"c\",\"input\":{\"hook_event_name\":\"PreToolUse\"}}}\n";
const RESULT: &str =
    "{\"type\":\"result\",\"subtype\":\"success\",\"num_turns\":1,\"result\":\"é!\"}\n";

fn text(bytes: &Bytes) -> String {
    let shown: String = bytes
        .iter()
        .map(|byte| match byte {
            b'\n' => "\\n".to_owned(),
            b'\r' => "\\r".to_owned(),
            0x20..0x7f => char::from(*byte).to_string(),
            byte => format!("\\x{byte:02x}"),
        })
        .collect();
    if shown.len() > 400 { format!("{} bytes", bytes.len()) } else { shown }
}

/// What is done, one line each.
fn shown(output: Output) -> Vec<String> {
    let item = |item: Item| match item {
        Item::Out(bytes) => format!("out {}", text(&bytes)),
        Item::Err(bytes) => format!("err {}", text(&bytes)),
        Item::In(bytes) => format!("in {}", text(&bytes)),
        Item::EndInput => "end of input".to_owned(),
        Item::Pause(time) => format!("pause {} ms", time.as_millis()),
        Item::CloseOut => "close stdout".to_owned(),
        Item::CloseErr => "close stderr".to_owned(),
        Item::Read => "read again".to_owned(),
        Item::Break => "break".to_owned(),
        Item::End(ended) => match ended.orphan {
            None => format!("{}", ended.exit),
            Some(time) => format!("{}, stdout open for {} ms", ended.exit, time.as_millis()),
        },
    };
    let effect = |effect: Effect| {
        match effect {
            Effect::Discard => "discard",
            Effect::StopReading => "stop reading",
            Effect::CloseInput => "close stdin",
            Effect::EndCli => "drop the CLI",
        }
        .to_owned()
    };
    let Output { host, cli, effects } = output;
    host.into_iter().chain(cli).map(item).chain(effects.into_iter().map(effect)).collect()
}

/// All that is done, if this happens with these faults.
fn done(plan: &str, happens: &[Happens]) -> Vec<String> {
    let armed = FaultPlan::parse(plan).unwrap().arm();
    let mut injector = Injector::new(armed);
    let mut now = 0;
    let mut done = shown(injector.launch());
    for what in happens {
        done.extend(shown(match what {
            In(line) => injector.host_wrote(format!("{line}\n").into()),
            Out(line) => injector.cli_wrote(now, Bytes::from_static(line.as_bytes())),
            Eof => injector.eof(),
            Exits(code) => injector.exited(Exit::from_code(*code)),
            Term => injector.signal(Exit::from_code(143)).1,
            Closed => injector.closed(true),
            Wait(ms) => {
                now += ms * 1000;
                injector.fire(now)
            }
        }));
    }
    done
}

/// A line as it is shown.
fn out(line: &str) -> String {
    format!("out {}", text(&Bytes::copy_from_slice(line.as_bytes())))
}

fn input(line: &str) -> String {
    format!("in {line}\\n")
}

fn all(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// A plan, what happens, and what is done.
type Case = (&'static str, Vec<Happens>, Vec<String>);

fn of_the_process() -> Vec<Case> {
    let ends = |code: &str| all(&[code, "drop the CLI"]);
    let with = |first: &[String], rest: &[&str]| [first.to_vec(), all(rest)].concat();
    let failed = r#"out {"type":"result","subtype":"error_during_execution","num_turns":1,"is_error":true,"errors":["injected: the turn failed"]}\n"#;
    let status = r#"out {"type":"system","subtype":"status","status":null,"session_id":"s","uuid":"fa017000-0000-4000-8000-000000000001"}\n"#;
    vec![
        ("exit_before_init:code=7", vec![In(ASK), Out(REPLY)], ends("exit code 7")),
        (
            "stderr_only:text=no key",
            vec![In(ASK)],
            with(&[], &["err no key\\n", "exit code 1", "drop the CLI"]),
        ),
        // The end of input does not end it, and a signal does.
        (
            "hang_before_init",
            vec![In(ASK), Eof, Term],
            all(&["drop the CLI", "exit code 143", "discard", "drop the CLI"]),
        ),
        ("hang_before_init:deaf", vec![In(ASK), Eof, Term], all(&["drop the CLI"])),
        (
            "exit_mid_turn:code=3",
            vec![In(PROMPT), Out(INIT), Out(TEXT), Out(RESULT)],
            with(&[input(PROMPT), out(INIT), out(TEXT)], &["exit code 3", "drop the CLI"]),
        ),
        // The second turn, not the second line of the first.
        (
            "exit_mid_turn:nth=2",
            vec![In(PROMPT), Out(TEXT), Out(TEXT), Out(RESULT), In(PROMPT), Out(TEXT)],
            with(
                &[input(PROMPT), out(TEXT), out(TEXT), out(RESULT), input(PROMPT), out(TEXT)],
                &["exit code 1", "drop the CLI"],
            ),
        ),
        (
            "exit_after_result",
            vec![Out(TEXT), Out(RESULT), Out(INIT)],
            with(&[out(TEXT), out(RESULT)], &["exit code 1", "drop the CLI"]),
        ),
        (
            "hang_after_result",
            vec![Out(RESULT), In(PROMPT), Eof, Term],
            with(&[out(RESULT)], &["drop the CLI", "exit code 143", "discard", "drop the CLI"]),
        ),
        (
            "hang_after_result:deaf,late_ms=100",
            vec![Out(INIT), Out(RESULT), Eof, Term, Wait(99), Wait(1), Wait(500)],
            with(&[out(INIT), out(RESULT)], &["drop the CLI", status]),
        ),
        (
            "hang_after_result:every_ms=100",
            vec![Out(INIT), Out(RESULT), Wait(100), Wait(50), Wait(50), Term, Wait(100)],
            with(
                &[out(INIT), out(RESULT)],
                &["drop the CLI", status, status, "exit code 143", "discard", "drop the CLI"],
            ),
        ),
        ("hang_after_error_result", vec![Out(RESULT), Eof], all(&[failed, "drop the CLI"])),
        (
            "orphan_pipe:ms=50",
            vec![Out(RESULT)],
            with(&[out(RESULT)], &["exit code 0, stdout open for 50 ms", "drop the CLI"]),
        ),
        (
            "closed_stdin",
            vec![In(ASK), In(PROMPT), Out(TEXT)],
            with(&[input(ASK), input(PROMPT)], &["close stdin", &out(TEXT)]),
        ),
        (
            "closed_stdout_alive",
            vec![Out(INIT), Out(TEXT), Out(RESULT), Eof],
            with(
                &[out(INIT), out(TEXT)],
                &["close stdout", "drop the CLI", "exit code 0", "drop the CLI"],
            ),
        ),
        (
            "stuck_tool",
            vec![Out(TEXT), Out(TOOL), Out(RESULT), In(ASK), Eof, Term],
            with(
                &[out(TEXT), out(TOOL)],
                &["drop the CLI", "exit code 143", "discard", "drop the CLI"],
            ),
        ),
        (
            "stderr_flood:bytes=20",
            vec![In(ASK), In(PROMPT), In(PROMPT)],
            with(&[input(ASK)], &["err stderr flood stderr\\n", &input(PROMPT), &input(PROMPT)]),
        ),
        (
            "signal_death:signal=SIGSEGV",
            vec![Out(TEXT)],
            with(&[out(TEXT)], &["signal 11 (SIGSEGV)", "drop the CLI"]),
        ),
        (
            "signal_death",
            vec![Out(RESULT), Out(TEXT)],
            with(&[out(RESULT), out(TEXT)], &["signal 9 (SIGKILL)", "drop the CLI"]),
        ),
    ]
}

fn of_the_bytes() -> Vec<Case> {
    let with = |first: &[String], rest: &[&str]| [first.to_vec(), all(rest)].concat();
    let half = "out {\"type\":\"assistant\",\"message\":{\"conte";
    vec![
        (
            "latency:ms=5",
            vec![In(ASK), Out("a\n"), Out("b\n")],
            with(&[input(ASK)], &["pause 5 ms", "out a\\n", "pause 5 ms", "out b\\n"]),
        ),
        (
            "latency:ms=5,direction=in",
            vec![In("a"), Out("b\n")],
            all(&["pause 5 ms", "in a\\n", "out b\\n"]),
        ),
        ("jitter:ms=0", vec![Out("a\n")], all(&["pause 0 ms", "out a\\n"])),
        (
            "bandwidth:bytes_per_second=40",
            vec![Out("abc\n")],
            all(&["out ab", "pause 50 ms", "out c\\n", "pause 50 ms"]),
        ),
        (
            "bandwidth:bytes_per_second=2,direction=in",
            vec![In("a")],
            all(&["in a", "pause 500 ms", "in \\n", "pause 500 ms"]),
        ),
        (
            "slicer:bytes=1",
            vec![Out("ab\n")],
            all(&["out a", "pause 0 ms", "out b", "pause 0 ms", "out \\n"]),
        ),
        (
            "slow_close:ms=9",
            vec![Closed, Closed],
            all(&["pause 9 ms", "close stdout", "close stdout"]),
        ),
        ("slow_close:ms=9", vec![Exits(3)], all(&["pause 9 ms", "exit code 3", "drop the CLI"])),
        (
            "slow_close:ms=9",
            vec![Closed, Exits(3)],
            all(&["pause 9 ms", "close stdout", "exit code 3", "drop the CLI"]),
        ),
        ("slow_close:ms=9,direction=in", vec![Eof], all(&["pause 9 ms", "end of input"])),
        (
            "limit_data:bytes=4",
            vec![Out("ab\n"), Out("cd\n"), Out("ef\n")],
            all(&["out ab\\n", "out c", "exit code 1", "drop the CLI"]),
        ),
        (
            "limit_data:bytes=3,direction=in",
            vec![In("ab"), Out("long enough\n"), In("cd")],
            all(&[
                "in ab\\n",
                "out long enough\\n",
                "exit code 1",
                "in ",
                "close stdin",
                "drop the CLI",
            ]),
        ),
        (
            "reset",
            vec![Out(TEXT)],
            all(&[half, "break", "signal 9 (SIGKILL)", "close stdin", "drop the CLI"]),
        ),
        (
            "reset:direction=in",
            vec![In(ASK), Out(TEXT), In(PROMPT), In(PROMPT)],
            with(
                &[input(ASK), out(TEXT)],
                &[
                    "break",
                    "signal 9 (SIGKILL)",
                    "in {\"type\":\"user\",\"message\":{\"r",
                    "close stdin",
                    "drop the CLI",
                ],
            ),
        ),
        ("partial_line_then_eof", vec![Out(TEXT)], all(&[half, "exit code 1", "drop the CLI"])),
        (
            "no_final_newline",
            vec![Out("{\"type\":\"result\"}\r\n")],
            all(&["out {\"type\":\"result\"}", "exit code 0", "drop the CLI"]),
        ),
        (
            "invalid_utf8",
            vec![Out(INIT), Out("{\"type\":\"result\",\"result\":\"ok\"}\n")],
            with(&[out(INIT)], &["out {\"type\":\"result\",\"result\":\"\\xff\\xfeok\"}\\n"]),
        ),
        (
            "crlf",
            vec![Out("a\n"), Out("b\r\n"), Out("c")],
            all(&["out a\\r\\n", "out b\\r\\n", "out c"]),
        ),
        (
            "crlf:direction=in,nth=2",
            vec![In("a"), In("b"), In("c")],
            all(&["in a\\n", "in b\\r\\n", "in c\\n"]),
        ),
        ("bom", vec![Out("a\n"), Out("b\n")], all(&["out \\xef\\xbb\\xbfa\\n", "out b\\n"])),
        ("bom:nth=2", vec![Out("a\n"), Out("b\n")], all(&["out a\\n", "out \\xef\\xbb\\xbfb\\n"])),
        (
            "oversize_line:bytes=64",
            vec![Out(TEXT)],
            with(
                &[],
                &[
                    "out {\"type\":\"system\",\"subtype\":\"status\",\"status\":null,\"pad\":\"xxxx\"}\\n",
                    &out(TEXT),
                ],
            ),
        ),
        (
            "oversize_line:bytes=1000,newline=false",
            vec![Out(TEXT)],
            all(&["out 1000 bytes", "exit code 1", "drop the CLI"]),
        ),
        (
            "non_json_noise:text=npm warn",
            vec![Out(INIT), Out(TEXT)],
            with(&[out(INIT)], &["out npm warn\\n", &out(TEXT)]),
        ),
        (
            "burst_before_read:bytes=3000",
            vec![In(ASK)],
            with(
                &[],
                &[
                    "out 1024 bytes",
                    "out 1024 bytes",
                    "out 952 bytes",
                    "read again",
                    "stop reading",
                    &input(ASK),
                ],
            ),
        ),
        ("never_read_stdin", vec![], all(&["stop reading"])),
        (
            "split_multibyte:ms=3",
            vec![Out("abc\n"), Out("xéy\n")],
            all(&["out abc\\n", "out x\\xc3", "pause 3 ms", "out \\xa9y\\n"]),
        ),
    ]
}

fn of_the_protocol() -> Vec<Case> {
    let with = |first: &[String], rest: &[&str]| [first.to_vec(), all(rest)].concat();
    let answer = r#"{"type":"control_response","response":{"subtype":"success","request_id":"h1","response":{}}}"#;
    let to_late = r#"{"type":"control_response","response":{"subtype":"success","request_id":"injected-1","response":{}}}"#;
    let cancel = r#"{"type":"control_cancel_request","request_id":"r1"}"#;
    vec![
        (
            "duplicate_reply",
            vec![Out(TEXT), Out(REPLY), Out(REPLY)],
            vec![out(TEXT), out(REPLY), out(REPLY), out(REPLY)],
        ),
        (
            "unknown_id_reply",
            vec![Out(REPLY)],
            with(
                &[],
                &[
                    r#"out {"type":"control_response","response":{"subtype":"success","request_id":"never-asked"}}\n"#,
                    &out(REPLY),
                ],
            ),
        ),
        (
            "missing_id",
            vec![Out(REPLY)],
            all(&[r#"out {"type":"control_response","response":{"subtype":"success"}}\n"#]),
        ),
        (
            "late_reply:ms=70",
            vec![Out(REPLY), Out(TEXT), Wait(69), Wait(1)],
            vec![out(TEXT), out(REPLY)],
        ),
        (
            "reply_after_cancel",
            vec![In(ASK), Out(REPLY), Out(TEXT), In(cancel), Wait(200_000)],
            vec![input(ASK), out(TEXT), out(REPLY), input(cancel)],
        ),
        (
            "reply_after_cancel:ms=50",
            vec![Out(REPLY), Wait(50), In(cancel)],
            vec![out(REPLY), input(cancel)],
        ),
        (
            "cancel_race",
            vec![Out(HOOK), Out(TEXT), In(answer), In(answer)],
            with(
                &[out(HOOK), out(TEXT)],
                &[
                    r#"out {"type":"control_cancel_request","request_id":"h1"}\n"#,
                    &input(answer),
                    &input(answer),
                ],
            ),
        ),
        // The CLI behind does not get the answer to what it did not ask.
        (
            "control_after_result",
            vec![Out(RESULT), In(to_late), In(PROMPT)],
            with(
                &[out(RESULT)],
                &[
                    r#"out {"type":"control_request","request_id":"injected-1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"echo late"},"tool_use_id":"toolu_late"}}\n"#,
                    &input(PROMPT),
                ],
            ),
        ),
        (
            "out_of_order_hooks",
            vec![Out(HOOK), In(to_late), In(answer)],
            with(
                &[],
                &[
                    r#"out {"type":"control_request","request_id":"injected-1","request":{"subtype":"hook_callback","callback_id":"c","input":{"hook_event_name":"PostToolUse","tool_response":{"stdout":"","stderr":"","interrupted":false}}}}\n"#,
                    &out(HOOK),
                    &input(answer),
                ],
            ),
        ),
        (
            "unknown_type:type=news",
            vec![Out(INIT), Out(TEXT)],
            with(
                &[out(INIT)],
                &[
                    r#"out {"session_id":"s","uuid":"fa017000-0000-4000-8000-000000000002","type":"news","payload":{"spin":0.5}}\n"#,
                    &out(TEXT),
                ],
            ),
        ),
        (
            "unknown_subtype:subtype=news",
            vec![Out(INIT), Out(RESULT)],
            with(
                &[out(INIT)],
                &[
                    r#"out {"session_id":"s","uuid":"fa017000-0000-4000-8000-000000000002","type":"system","subtype":"news"}\n"#,
                    &out(RESULT),
                ],
            ),
        ),
        ("missing_result", vec![Out(TEXT), Out(RESULT), Out(RESULT)], vec![out(TEXT), out(RESULT)]),
        ("double_result", vec![Out(RESULT)], vec![out(RESULT), out(RESULT)]),
        ("no_init", vec![Out(INIT), Out(INIT)], vec![out(INIT)]),
        (
            "extra_field:field=new",
            vec![Out("{\"type\":\"result\"}\n"), Out(INIT)],
            with(
                &[],
                &[r#"out {"type":"result","new":{"since":"2.2.0","list":[1,null]}}\n"#, &out(INIT)],
            ),
        ),
        (
            "missing_field",
            vec![Out(TEXT), Out("{\"type\":\"result\",\"num_turns\":1,\"result\":\"x\"}\n")],
            with(&[out(TEXT)], &[r#"out {"type":"result","result":"x"}\n"#]),
        ),
        (
            "missing_field:type=assistant,field=message.content",
            vec![Out(TEXT)],
            all(&[r#"out {"type":"assistant","message":{}}\n"#]),
        ),
        (
            "error_reply:error=not now",
            vec![Out(REPLY), Out(REPLY)],
            with(
                &[],
                &[
                    r#"out {"type":"control_response","response":{"subtype":"error","request_id":"r1","error":"not now"}}\n"#,
                    &out(REPLY),
                ],
            ),
        ),
    ]
}

fn check(cases: Vec<Case>) {
    for (plan, happens, expected) in cases {
        assert_eq!(done(plan, &happens), expected, "{plan}: {happens:?}");
    }
}

#[test]
fn every_fault_of_the_process_does_what_it_says() {
    check(of_the_process());
}

#[test]
fn every_fault_of_the_bytes_does_what_it_says() {
    check(of_the_bytes());
}

#[test]
fn every_fault_of_the_protocol_does_what_it_says() {
    check(of_the_protocol());
}

/// A new fault needs a case here; those of the API have theirs next to the API's replies.
#[test]
fn every_fault_of_a_stream_has_a_case() {
    let cases = [of_the_process(), of_the_bytes(), of_the_protocol()].concat();
    let name = |plan: &'static str| plan.split(':').next().unwrap_or(plan);
    let tested: BTreeSet<&str> = cases.into_iter().map(|(plan, ..)| name(plan)).collect();
    let of_streams = catalogue().iter().filter(|fault| fault.kind() != FaultKind::Api);
    // It happens before there is a stream: `faults_transport` of the integration tests.
    let names = of_streams.map(|fault| fault.name()).filter(|name| *name != "spawn_fail");
    assert_eq!(tested, names.collect());
}

#[test]
fn without_a_hit_every_byte_passes() {
    let odd = ["\n", "not json\n", "{\"type\":7}\r\n", "{\"type\":\"result\"", TEXT, "\u{0}\n"];
    let never = "no_init:rate=0; latency:after=1000; exit_mid_turn:nth=1000; limit_data:nth=2";
    for line in odd {
        assert_eq!(done(never, &[Out(line), In(PROMPT)]), [out(line), input(PROMPT)]);
    }
    let ends = done(never, &[Eof, Closed, Exits(0)]);
    assert_eq!(ends, ["end of input", "close stdout", "exit code 0", "drop the CLI"]);
}

/// A CLI that ends in the middle of a pause writes the rest, and no fault makes it hang.
#[test]
fn a_cli_that_a_signal_has_ended_does_not_hang() {
    for plan in ["hang_after_result:deaf", "exit_after_result:code=3", "stuck_tool", "reset"] {
        let mut injector = Injector::new(FaultPlan::parse(plan).unwrap().arm());
        let (passes, made) = injector.signal(Exit::from_code(143));
        assert!(passes && shown(made).is_empty());
        injector.gone();
        for line in [TOOL, TEXT, RESULT] {
            let made = shown(injector.cli_wrote(0, Bytes::from_static(line.as_bytes())));
            assert_eq!(made.len(), 1, "{plan}: {made:?}");
        }
        let ended = shown(injector.exited(Exit::from_code(143)));
        assert_eq!(ended, ["exit code 143", "drop the CLI"], "{plan}");
    }
}

/// While its end is late, a signal ends it at once.
#[test]
fn a_signal_ends_what_is_already_ending() {
    let mut injector = Injector::new(FaultPlan::parse("slow_close:ms=70").unwrap().arm());
    let late = shown(injector.exited(Exit::from_code(0)));
    assert_eq!(late, ["pause 70 ms", "exit code 0", "drop the CLI"]);
    let (passes, made) = injector.signal(Exit::from_code(143));
    assert_eq!((passes, shown(made)), (false, all(&["exit code 143", "discard"])));
}

#[test]
fn random_pieces_are_the_same_for_a_seed_and_lose_nothing() {
    let pieces = |seed: u64| {
        let plan = format!("slicer:bytes=5,seed={seed};jitter:ms=50,seed={seed}");
        done(&plan, &[Out(TEXT), Out(RESULT)])
    };
    assert_eq!(pieces(7), pieces(7));
    assert_ne!(pieces(7), pieces(8));
    let joined: String = pieces(7).iter().filter_map(|item| item.strip_prefix("out ")).collect();
    let whole = [TEXT, RESULT].map(|line| text(&Bytes::from_static(line.as_bytes())));
    assert_eq!(joined, whole.concat());
}

#[test]
fn several_faults_act_on_one_line() {
    let result = "{\"type\":\"result\",\"num_turns\":1}\n";
    assert_eq!(
        done("crlf;missing_field;extra_field:field=a;latency:ms=1", &[Out(result)]),
        ["pause 1 ms", r#"out {"type":"result","a":{"since":"2.2.0","list":[1,null]}}\r\n"#]
    );
    assert_eq!(
        done("double_result;exit_after_result;latency:ms=1", &[Out(result)]),
        ["pause 1 ms", &out(result), &out(result), "exit code 1", "drop the CLI"]
    );
}
