//! What a fault excuses: what is left of the launch whose conversation it ended, and what differs
//! there since. Nothing else.

use std::time::Duration;

use claude_wire::faults::{FaultKind, FaultPlan, catalogue};
use claude_wire::player::Report;
use claude_wire::recording::{Event, EventKind, Header, Recording};
use claude_wire::transport::{Launch, Transport};
use claude_wire::{Replay, Scenario, reply};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

fn plan(text: &str) -> FaultPlan {
    FaultPlan::parse(text).unwrap()
}

fn prompt(text: &str) -> String {
    format!("{}\n", json!({"type": "user", "message": {"role": "user", "content": text}}))
}

/// A launch in which the host writes these prompts, one after each result, and ends its input. It
/// gives up on a CLI that says nothing more.
async fn launch(transport: &impl Transport, prompts: &[&str]) {
    let Ok(cli) = transport.open(Launch::default()).await else { return };
    let (mut stdin, mut lines) = (cli.stdin, BufReader::new(cli.stdout));
    let mut control = cli.control;
    let mut stderr = cli.stderr;
    let talks = async {
        let ask = "{\"type\":\"control_request\",\"request_id\":\"1\",\"request\":{\"subtype\":\"initialize\"}}\n";
        let _ = stdin.write_all(ask.as_bytes()).await;
        for text in prompts {
            let _ = stdin.write_all(prompt(text).as_bytes()).await;
            let talk = async {
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
                    if line.windows(15).any(|it| it == b"\"type\":\"result\"") {
                        break;
                    }
                    line.clear();
                }
            };
            let _ = timeout(Duration::from_secs(1000), talk).await;
        }
        drop(stdin);
        let _ = lines.read_to_end(&mut Vec::new()).await;
        let _ = control.wait().await;
    };
    let mut err = Vec::new();
    let all = async { tokio::join!(talks, stderr.read_to_end(&mut err)) };
    let _ = timeout(Duration::from_secs(10_000), all).await;
}

fn two_turns() -> Scenario {
    let one = reply().tool_use("Read", json!({"file_path": "a"})).tool_result("1").text("é");
    Scenario::new().on_prompt("One", one).on_prompt("Two", "2").unverified()
}

/// The host stops after the first of two prompts.
#[tokio::test(start_paused = true)]
async fn only_a_fault_that_ends_the_conversation_excuses_what_is_left() {
    let mut ended = 0;
    for fault in catalogue() {
        let faults = match fault.name() {
            "oversize_line" => "oversize_line:bytes=300",
            "limit_data" => "limit_data:bytes=500",
            name => name,
        };
        let scenario = two_turns().faults(plan(faults));
        launch(&scenario, &["One"]).await;
        let report = scenario.report();
        if report.injected().is_empty() {
            let has_no_hook = ["cancel_race", "out_of_order_hooks"].contains(&fault.name());
            assert!(has_no_hook, "{}: {report}", fault.name());
            continue;
        }
        assert_eq!(report.is_clean(), fault.ends_conversation(), "{}: {report}", fault.name());
        ended += usize::from(fault.ends_conversation());
    }
    assert!(ended > 20, "{ended}");
    let scenario = two_turns().faults(plan("oversize_line:bytes=300,newline=false"));
    launch(&scenario, &["One"]).await;
    assert!(scenario.report().is_clean(), "{}", scenario.report());
}

/// The launch that a fault ended excuses no other one.
#[tokio::test(start_paused = true)]
async fn another_launch_is_verified() {
    let two = || {
        let scenario = Scenario::new().on_prompt("one", "1").next_launch().on_prompt("two", "2");
        scenario.unverified().faults(plan("exit_after_result:code=0"))
    };
    let all_orders: [(&[&[&str]], bool); 5] = [
        (&[&["one"], &["two"]], true),
        (&[&["one"], &["WRONG"]], false),
        (&[&["one"], &["two", "more"]], false),
        (&[&["one"], &[]], false),
        (&[&["one"]], false),
    ];
    for (launches, is_clean) in all_orders {
        let scenario = two();
        for prompts in launches {
            launch(&scenario, prompts).await;
        }
        let report = scenario.report();
        assert_eq!(report.is_clean(), is_clean, "{launches:?}: {report}");
        assert_eq!(report.injected().len(), 1, "{report}");
    }
    // Turns that any launch may have are only excused if no launch came after the fault.
    for (launches, is_clean) in [
        (&[&["One"][..]][..], true),
        (&[&["One"], &["Two"]], true),
        (&[&["One"], &[]], false),
        (&[&["One"], &["WRONG"]], false),
    ] {
        let scenario = two_turns().faults(plan("exit_after_result"));
        for prompts in launches {
            launch(&scenario, prompts).await;
        }
        let report = scenario.report();
        assert_eq!(report.is_clean(), is_clean, "{launches:?}: {report}");
    }
}

fn hello() -> Recording {
    let mut recording = Recording::new(Header::new());
    let said = r#"{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"Hello"}]}}"#;
    let result = r#"{"type":"result","subtype":"success","is_error":false,"result":"Hello"}"#;
    for kind in [
        EventKind::In(prompt("Hi").trim_end().into()),
        EventKind::Out(said.into()),
        EventKind::Out(result.into()),
    ] {
        recording.events.push(Event::new(0, kind));
    }
    recording
}

async fn replayed(faults: &str, launches: &[&[&str]]) -> Report {
    let recordings = launches.iter().map(|_| hello());
    let replay = Replay::sequence(recordings).faults(plan(faults)).unverified();
    for prompts in launches {
        let Ok(mut cli) = replay.open(Launch::default()).await else { continue };
        for text in *prompts {
            let _ = cli.stdin.write_all(prompt(text).as_bytes()).await;
            // Past every wait of a fault.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        drop(cli.stdin);
        let all = async {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let _ =
                tokio::join!(cli.stdout.read_to_end(&mut out), cli.stderr.read_to_end(&mut err));
            let _ = cli.control.wait().await;
        };
        let _ = timeout(Duration::from_secs(10_000), all).await;
    }
    replay.report()
}

/// What differs counts, unless a fault had ended the conversation by then.
#[tokio::test(start_paused = true)]
async fn a_difference_counts_unless_it_comes_after_the_fault() {
    for (faults, launches, is_clean) in [
        ("missing_result", &[&["Hi"][..]][..], true),
        ("missing_result", &[&["Hi", "again"]], true),
        ("missing_result:nth=2", &[&["Hi", "again"]], false),
        ("double_result", &[&["Hi", "again"]], false),
        ("bom", &[&["WRONG"]], false),
        ("latency:ms=1", &[&["Hi"]], true),
        ("latency:ms=1", &[&["WRONG"]], false),
        ("stderr_flood", &[&["WRONG"]], false),
        ("never_read_stdin", &[&["WRONG"]], true),
        ("exit_before_init", &[&["Hi"], &["Hi"]], true),
        ("exit_before_init", &[&["Hi"], &["WRONG"]], false),
        ("exit_before_init:nth=2", &[&["WRONG"], &["Hi"]], false),
        ("limit_data:bytes=1000000", &[&["WRONG"]], false),
    ] {
        let report = replayed(faults, launches).await;
        assert_eq!(report.is_clean(), is_clean, "{faults} {launches:?}: {report}");
    }
}

/// The first opening fails; the next one plays the recording.
#[tokio::test(start_paused = true)]
async fn a_launch_that_could_not_start_excuses_its_recording_only() {
    for (launches, is_clean) in [(&[&["Hi"][..]][..], true), (&[&["Hi"], &["Hi"]], false)] {
        // In the second case the second recording is left: the first opening failed.
        let report = replayed("spawn_fail", launches).await;
        assert_eq!(report.is_clean(), is_clean, "{launches:?}: {report}");
    }
}

/// A fault that never happened is named, with what it waited for.
#[tokio::test(start_paused = true)]
async fn a_fault_that_was_not_injected_is_in_the_report() {
    let scenario =
        two_turns().faults(plan("exit_mid_turn:nth=99; reset:nth=3,seed=7; latency:ms=1"));
    launch(&scenario, &["One", "Two"]).await;
    let report = scenario.report();
    assert!(report.is_clean() && report.has_faults(), "{report}");
    assert_eq!(
        report.not_injected(),
        [
            "exit_mid_turn:nth=99 was not injected (2 opportunities)",
            "reset:nth=3 was not injected (2 opportunities)"
        ]
    );
    assert!(
        report.to_string().contains("\nfault: reset:nth=3 was not injected (2 opp"),
        "{report}"
    );
    let scenario = two_turns().faults(plan("exit_mid_turn:nth=2"));
    launch(&scenario, &["One"]).await;
    let text = scenario.report().to_string();
    assert!(text.contains("exit_mid_turn:nth=2 was not injected (1 opportunity)"), "{text}");
    assert!(text.contains(" injected=0 "), "{text}");
    let scenario = two_turns();
    launch(&scenario, &["One"]).await;
    assert!(!scenario.report().to_string().contains("injected="), "none was asked for");
}

/// Equal injections in two launches are two.
#[tokio::test(start_paused = true)]
async fn each_launch_has_its_own_injections() {
    let scenario = Scenario::new().on_any_prompt("1").on_any_prompt("2").unverified();
    let scenario = scenario.faults(plan("no_init:every"));
    launch(&scenario, &["a"]).await;
    launch(&scenario, &["b"]).await;
    let report = scenario.report();
    let launches: Vec<u32> = report.injected().iter().map(|it| it.launch()).collect();
    assert_eq!(launches, [1, 2], "{report}");
    assert!(report.to_string().contains(", seed 0, launch 2\n"), "{report}");
}

#[test]
fn the_kinds_have_faults_of_both_sorts() {
    for kind in [FaultKind::Process, FaultKind::Bytes, FaultKind::Protocol] {
        let of_kind = || catalogue().iter().filter(move |fault| fault.kind() == kind);
        assert!(of_kind().any(|fault| fault.ends_conversation()), "{kind}");
        assert!(of_kind().any(|fault| !fault.ends_conversation()), "{kind}");
    }
}
