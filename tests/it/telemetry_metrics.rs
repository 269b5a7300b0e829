//! The metrics of sessions, supervisors and pools.
#![cfg(feature = "metrics")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use claude_wire::supervisor::{ChildSpec, Pool, Supervisor};
use claude_wire::{Decision, Session};
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::supervisor_support::with;
use crate::support::cli::echo;
use crate::telemetry_support::{CANARY, busy, crash_under_a_supervisor};

/// What was recorded: by name and labels, `name{a=b}`. Histograms have the number of their values.
type Recorded = BTreeMap<String, f64>;

struct Metrics {
    values: Recorded,
    kinds: BTreeMap<String, (&'static str, BTreeSet<String>)>,
}

/// Runs a program in virtual time, and returns what it recorded.
fn recorded(program: impl Future<Output = ()>) -> Metrics {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        claude_wire::telemetry::metrics::describe();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(program);
    });
    let (mut values, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    for (key, _, described, value) in snapshotter.snapshot().into_vec() {
        let (kind, key) = key.into_parts();
        assert!(described.is_some(), "{key} is not described");
        let labels: Vec<_> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let names = key.labels().map(|label| label.key().to_owned()).collect();
        kinds.insert(key.name().to_owned(), (kind, names));
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => values.len() as f64,
        };
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        values.insert(format!("{}{labels}", key.name()), value);
    }
    Metrics { values, kinds }
}

async fn everything() {
    let session = Session::builder()
        .transport(busy())
        .on_permission(|_| async { Decision::allow() })
        .start()
        .unwrap();
    session.query("one").text().await.unwrap();
    session.query("two").text().await.unwrap();
    assert!(session.query("fail").text().await.is_err());
    assert!(session.set_model("x").await.is_err());
    let mut running = session.query("three");
    assert!(running.next().await.unwrap().is_ok());
    assert!(session.query("die").text().await.is_err());
    drop(running);
    session.stop().await.unwrap();

    crash_under_a_supervisor("die").await;

    let pool = Pool::builder(1, with(echo())).start().await.unwrap();
    let taken = pool.get().await.unwrap();
    let (waiting, ()) = tokio::join!(pool.get(), async {
        // In virtual time.
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(taken);
    });
    drop(waiting);
    // In virtual time, too.
    while pool.free() < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    pool.stop().await;
}

#[test]
fn everything_that_happens_is_counted() {
    let metrics = recorded(everything()).values;
    for (name, expected) in [
        ("claude_wire_sessions", 0.0),
        ("claude_wire_queued_prompts", 0.0),
        ("claude_wire_turns_total{outcome=api_error}", 1.0),
        ("claude_wire_tokens_total{model=claude-test,kind=input}", 30.0),
        ("claude_wire_tokens_total{model=claude-test,kind=cache_creation}", 120.0),
        ("claude_wire_cost_usd{model=claude-test}", 0.75),
        ("claude_wire_control_requests_total{from=host,request=set_model,outcome=error}", 1.0),
        ("claude_wire_control_requests_total{from=cli,request=can_use_tool,outcome=success}", 3.0),
        ("claude_wire_control_request_seconds{from=cli,request=can_use_tool}", 3.0),
        ("claude_wire_tool_calls_total{tool=Bash,outcome=success}", 3.0),
        ("claude_wire_tool_calls_total{tool=Read,outcome=error}", 3.0),
        ("claude_wire_tool_calls_total{tool=other,outcome=no_result}", 3.0),
        ("claude_wire_lines_not_understood_total{kind=noise}", 3.0),
        ("claude_wire_lines_not_understood_total{kind=malformed}", 3.0),
        ("claude_wire_supervisor_restarts_total{supervisor=chat}", 1.0),
        ("claude_wire_supervisor_children{supervisor=chat,state=up}", 0.0),
        ("claude_wire_supervisor_children{supervisor=chat,state=starting}", 0.0),
        ("claude_wire_pool_sessions_in_use{supervisor=pool}", 0.0),
        ("claude_wire_pool_waiting{supervisor=pool}", 0.0),
        ("claude_wire_pool_wait_seconds{supervisor=pool}", 2.0),
    ] {
        assert_eq!(metrics.get(name), Some(&expected), "{name}: {metrics:#?}");
    }
    assert!(metrics.keys().all(|key| !key.contains(CANARY)), "{metrics:?}");
}

#[test]
fn gauges_are_up_while_something_is() {
    let now = recorded(async {
        let session = Session::builder().transport(busy()).start().unwrap();
        session.connect().await.unwrap();
        let child = ChildSpec::new("a", with(echo()));
        let supervisor: Supervisor =
            Supervisor::builder().name("chat").child(child).start().await.unwrap();
        let pool = Pool::builder(2, with(echo())).start().await.unwrap();
        let taken = pool.get().await.unwrap();
        // As they are at this moment: the program ends here.
        std::mem::forget((session, supervisor, pool, taken));
    });
    let metrics = now.values;
    assert_eq!(metrics["claude_wire_pool_sessions_in_use{supervisor=pool}"], 1.0, "{metrics:?}");
    assert_eq!(metrics["claude_wire_launches_total"], 4.0, "{metrics:?}");
    assert_eq!(metrics["claude_wire_start_seconds"], 4.0, "{metrics:?}");
}

/// The page has each metric, its kind and its labels.
#[test]
fn the_page_is_complete() {
    let page = include_str!("../../docs/observability.md");
    let rows: BTreeMap<_, _> = page
        .lines()
        .filter(|line| line.starts_with("| `claude_wire_"))
        .map(|line| {
            let cells: Vec<_> = line
                .trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().replace('`', ""))
                .collect();
            let labels = cells[2].split(", ").filter(|label| !label.is_empty()).map(str::to_owned);
            (cells[0].clone(), (cells[1].clone(), labels.collect::<BTreeSet<_>>()))
        })
        .collect();
    let kinds = recorded(everything()).kinds;
    let kinds: BTreeMap<_, _> =
        kinds.into_iter().map(|(name, (kind, labels))| (name, (kind.to_owned(), labels))).collect();
    assert_eq!(kinds, rows);
}
