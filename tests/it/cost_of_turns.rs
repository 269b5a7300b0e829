//! The cost of turns, computed from running totals.

use crate::support::cli::{SESSION, assistant, cli, init};
use crate::support::project;
use crate::support::read::{begin, ended_well, read};
use std::path::Path;

use claude_wire::session::SpendingMeter;
use claude_wire::transport::Exit;
use claude_wire::wire::{Frame, Message};
use claude_wire::{Replay, Session};

/// The cost that each of these results adds, in thousandths of a dollar; also checks the sum.
fn added(results: &[&str]) -> Vec<i64> {
    let mut meter = SpendingMeter::new();
    let added: Vec<_> = results
        .iter()
        .map(|line| {
            let message = Message::new(Frame::parse(line.to_string()).unwrap());
            let spent = meter.add(message.as_result().unwrap());
            assert_eq!(spent.results, 1);
            spent.cost_usd
        })
        .collect();
    assert!((meter.total().cost_usd - added.iter().sum::<f64>()).abs() < 1e-9);
    assert_eq!(meter.total().results, results.len() as u64);
    added.into_iter().map(|cost| (cost * 1000.0).round() as i64).collect()
}

#[test]
fn a_turn_costs_the_difference_of_the_totals() {
    let results = [
        r#"{"type":"result","session_id":"a","total_cost_usd":0.5,"result_index":0}"#,
        r#"{"type":"result","session_id":"a","total_cost_usd":0.5,"result_index":1}"#,
        r#"{"type":"result","session_id":"a","total_cost_usd":2,"result_index":2}"#,
    ];
    assert_eq!(added(&results), [500, 0, 1500]);
}

#[test]
fn the_next_result_includes_the_cost_of_a_lost_one() {
    let results = [
        r#"{"type":"result","session_id":"a","total_cost_usd":0.5,"result_index":0}"#,
        r#"{"type":"result","session_id":"a","total_cost_usd":2,"result_index":2,"model_usage_since_last_result":{"m":{"costUSD":1.0}}}"#,
    ];
    assert_eq!(added(&results), [500, 1500]);
}

#[test]
fn totals_restart_after_a_clear() {
    let results = [
        r#"{"type":"result","session_id":"a","total_cost_usd":0.5,"result_index":0}"#,
        r#"{"type":"result","session_id":"b","total_cost_usd":0,"result_index":1}"#,
        r#"{"type":"result","session_id":"b","total_cost_usd":0.75,"result_index":2}"#,
    ];
    assert_eq!(added(&results), [500, 0, 750]);
    let smaller_under_the_same_id = [
        r#"{"type":"result","session_id":"a","total_cost_usd":0.5}"#,
        r#"{"type":"result","session_id":"a","total_cost_usd":0.25}"#,
    ];
    assert_eq!(added(&smaller_under_the_same_id), [500, 250]);
}

#[test]
fn earlier_cost_of_a_resumed_conversation_is_not_counted_again() {
    let results = [
        r#"{"type":"result","session_id":"a","total_cost_usd":7.5,"result_index":0,"model_usage_since_last_result":{"m":{"costUSD":0.5}}}"#,
        r#"{"type":"result","session_id":"a","total_cost_usd":8.5,"result_index":1,"model_usage_since_last_result":{"m":{"costUSD":1}}}"#,
        r#"{"type":"result","session_id":"a","total_cost_usd":9.5,"result_index":0,"model_usage_since_last_result":{"m":{"costUSD":0.25}}}"#,
    ];
    assert_eq!(
        added(&results),
        [500, 1000, 250],
        "the last result comes from a new process, after the first was killed"
    );
}

#[test]
fn a_turn_never_has_a_negative_cost() {
    let results = [
        r#"{"type":"result","session_id":"a","total_cost_usd":-1}"#,
        r#"{"type":"result","session_id":"a"}"#,
        r#"{"type":"result","session_id":"a","total_cost_usd":"many"}"#,
        r#"{"type":"result","session_id":"b","model_usage_since_last_result":{"m":{"costUSD":-2}}}"#,
    ];
    assert_eq!(added(&results), [0, 0, 0, 0]);
}

#[test]
fn each_model_is_listed_and_unused_ones_are_left_out() {
    let mut meter = SpendingMeter::new();
    let mut add = |usage: &str, index: u64| {
        let line = format!(
            r#"{{"type":"result","session_id":"a","result_index":{index},"modelUsage":{usage}}}"#
        );
        meter.add(Message::new(Frame::parse(line).unwrap()).as_result().unwrap())
    };
    add(
        r#"{"big":{"inputTokens":100,"outputTokens":20,"cacheReadInputTokens":3,"cacheCreationInputTokens":4,"costUSD":1}}"#,
        0,
    );
    let spent = add(
        r#"{"big":{"inputTokens":100,"outputTokens":20,"cacheReadInputTokens":3,"cacheCreationInputTokens":4,"costUSD":1},"small":{"outputTokens":7}}"#,
        1,
    );
    assert_eq!(spent.models.keys().collect::<Vec<_>>(), ["small"]);
    assert_eq!(spent.all_models().tokens.output, 7);
    let total = meter.total().all_models();
    let tokens = total.tokens;
    assert_eq!(
        (tokens.input, tokens.output, tokens.cache_read, tokens.cache_creation, total.cost_usd),
        (100, 27, 3, 4, 1.0)
    );
}

#[tokio::test]
async fn each_turn_of_a_recorded_session_costs_its_own_share() {
    let replay = Replay::open(project::recording("three-turns")).unwrap();
    let prompts = replay_prompts(&project::recording("three-turns"));
    let session = Session::builder().transport(replay).start().unwrap();
    for (turns, prompt) in prompts.iter().enumerate() {
        let summary = session.query(prompt).collect_summary().await.unwrap();
        assert!((summary.spending.cost_usd - 0.0008).abs() < 1e-9, "{summary:?}");
        assert_eq!(summary.spending.all_models().tokens.input, 100);
        assert_eq!(session.spending().results, turns as u64 + 1);
    }
    assert!((session.spending().cost_usd - 0.0024).abs() < 1e-9);
    session.stop().await.unwrap();
}

/// The prompts of a recording.
fn replay_prompts(path: &Path) -> Vec<String> {
    let lines = std::fs::read_to_string(path).unwrap();
    let prompt = |line: &str| -> Option<String> {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        Some(event["in"]["message"]["content"].as_str()?.into())
    };
    lines.lines().filter_map(prompt).collect()
}

#[tokio::test(start_paused = true)]
async fn turns_report_their_cost_and_the_session_includes_dropped_turns() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let result = |uuid: &str, total: f64| {
            format!(
                r#"{{"is_error":false,"subtype":"success","num_turns":1,"duration_ms":2,"duration_api_ms":1,"type":"result","session_id":"{SESSION}","user_message_uuids":["{uuid}"],"total_cost_usd":{total}}}"#
            )
        };
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.acknowledge("interrupt").await;
        cli.write(assistant("not read")).await;
        cli.write(result(&uuid, 0.25)).await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(result(&uuid, 1.0)).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut dropped = session.query("dropped");
    begin(&mut dropped);
    assert!(dropped.next().await.unwrap().is_ok());
    assert_eq!(dropped.spending(), None);
    drop(dropped);
    let mut turn = session.query("kept");
    assert_eq!(turn.spending(), None);
    while let Some(message) = turn.next().await {
        if message.unwrap().is_result() {
            assert_eq!(turn.spending().unwrap().cost_usd, 0.75);
        }
    }
    assert_eq!(turn.spending().unwrap().cost_usd, 0.75, "also after its end");
    let spending = session.spending();
    assert_eq!((spending.cost_usd, spending.results), (1.0, 2));
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn plan_limits_are_the_latest_reported() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        for (status, resets_at) in [("allowed_warning", 1_800_000_000), ("rejected", 1_800_000_500)]
        {
            cli.write(format!(
                r#"{{"type":"rate_limit_event","rate_limit_info":{{"status":"{status}","resetsAt":{resets_at}}},"uuid":"l","session_id":"{SESSION}"}}"#
            ))
            .await;
        }
        cli.write(crate::support::cli::result(&uuid, "done")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert!(session.rate_limit().is_none());
    assert_eq!(read(session.query("go")).await.text(), "done");
    let limit = session.rate_limit().unwrap();
    assert_eq!((limit.status.as_str(), limit.resets_at), ("rejected", Some(1_800_000_500.0)));
    ended_well(&session).await;
}
