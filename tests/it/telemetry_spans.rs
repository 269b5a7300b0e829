//! The spans and events of sessions and supervisors: their names, how they nest, and what is never in
//! them.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use claude_wire::supervisor::{ChildSpec, Supervisor};
use claude_wire::{Decision, Session, SessionBuilder};
use tracing::Instrument;

use crate::support::cli::{SESSION, cli, echo};
use crate::telemetry_support::{
    CANARY, Emitted, Refusing, Span, busy, crash_under_a_supervisor, mirroring,
};

const PAGE: &str = include_str!("../../docs/observability.md");

/// The names in the first columns of the tables of the page, of rows with this many columns.
fn rows(columns: usize) -> Vec<Vec<String>> {
    let lines = PAGE.lines().filter(|line| line.starts_with("| `"));
    let cells = lines.map(|line| {
        let cells = line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', ""));
        cells.collect::<Vec<_>>()
    });
    cells.filter(|cells| cells.len() == columns).collect()
}

fn allowing() -> SessionBuilder {
    let builder = Session::builder().transport(busy()).api_key(format!("sk-ant-api03-{CANARY}"));
    builder.on_permission(|_| async {
        tracing::info!("the handler is asked");
        Decision::allow()
    })
}

/// Does everything that has a span or an event.
async fn everything(emitted: &Emitted) {
    let session = allowing().name("front desk").env("SOME_TOKEN", CANARY).start().unwrap();
    let web = tracing::info_span!("web");
    session.query(format!("one {CANARY}")).text().instrument(web).await.unwrap();
    session.query(format!("two {CANARY}")).text().await.unwrap();
    assert!(session.query(format!("fail {CANARY}")).text().await.is_err());
    session.inspect().version().await.unwrap();
    assert!(session.set_model(CANARY).await.is_err());
    assert!(session.query(format!("die {CANARY}")).text().await.is_err());
    session.stop().await.unwrap();

    let session = Session::builder().transport(mirroring()).session_store(Refusing);
    let session = session.start().unwrap();
    session.query("x").text().await.unwrap();
    session.flush_store().await;
    session.stop().await.unwrap();

    crash_under_a_supervisor(&format!("die {CANARY}")).await;
    assert!(emitted.events().len() > 5);
}

#[tokio::test(start_paused = true)]
async fn every_field_of_the_page_is_emitted_and_no_other() {
    let emitted = Emitted::default();
    let _guard = emitted.listen();
    everything(&emitted).await;
    let ours: Vec<Span> =
        emitted.all_spans().into_iter().filter(|span| span.name != "web").collect();
    assert!(ours.iter().all(|span| span.target == "claude_wire"), "{ours:?}");
    let declared: BTreeSet<_> = ours
        .iter()
        .flat_map(|span| {
            span.declared.iter().map(|field| (span.name.to_owned(), (*field).to_owned()))
        })
        .collect();
    let documented: BTreeSet<_> =
        rows(3).into_iter().filter(|row| !row[1].chars().all(char::is_uppercase)).collect();
    let is_event =
        |row: &Vec<String>| ["connected", "disconnected", "warning", "child"].contains(&&*row[0]);
    let of_spans: BTreeSet<_> = documented
        .iter()
        .filter(|row| !is_event(row) && !row[1].contains(' '))
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(declared, of_spans);
    // Each field had a value at some time.
    for (name, field) in declared {
        let is_set = ours.iter().any(|span| span.name == name && span.fields.contains_key(&*field));
        assert!(is_set, "{name} {field}");
    }
    let events: BTreeSet<_> = emitted
        .events()
        .into_iter()
        .filter(|event| event.target == "claude_wire")
        .map(|event| event.fields["message"].clone())
        .collect();
    assert_eq!(events, ["child", "connected", "disconnected", "warning"].map(str::to_owned).into());
    for event in emitted.events().iter().filter(|event| event.target == "claude_wire") {
        let row = rows(3).into_iter().find(|row| row[0] == event.fields["message"]).unwrap();
        for field in event.fields.keys().filter(|field| **field != "message") {
            assert!(row[2].contains(field), "{event:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_said_is_emitted() {
    let emitted = Emitted::default();
    let _guard = emitted.listen();
    everything(&emitted).await;
    for span in emitted.all_spans() {
        assert!(!format!("{span:?}").contains(CANARY), "{span:?}");
    }
    for event in emitted.events() {
        assert!(!format!("{event:?}").contains(CANARY), "{event:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn spans_are_inside_of_what_they_belong_to() {
    let emitted = Emitted::default();
    let _guard = emitted.listen();
    everything(&emitted).await;
    let paths = |name: &str| -> BTreeSet<Vec<String>> {
        emitted.spans(name).iter().map(|span| emitted.path(span)).collect()
    };
    let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(paths("session"), [path(&["session"])].into());
    assert_eq!(paths("turn"), [path(&["turn", "web"]), path(&["turn", "session"])].into());
    let tools = paths("tool_call");
    for expected in [
        path(&["tool_call Bash", "turn", "web"]),
        path(&["tool_call Agent", "turn", "session"]),
        path(&["tool_call Read", "tool_call Agent", "turn", "web"]),
        path(&["tool_call other", "turn", "session"]),
    ] {
        assert!(tools.contains(&expected), "{expected:?}: {tools:?}");
    }
    let requests = paths("control_request");
    for expected in [
        path(&["control_request can_use_tool", "tool_call Bash", "turn", "web"]),
        path(&["control_request initialize", "session"]),
        path(&["control_request set_model", "session"]),
    ] {
        assert!(requests.contains(&expected), "{expected:?}: {requests:?}");
    }
    let within = |text: &str| -> BTreeSet<_> {
        let events = emitted.events().into_iter();
        events.filter(|event| event.fields["message"] == text).map(|event| event.within).collect()
    };
    assert_eq!(within("the handler is asked"), [Some("control_request")].into());
    assert_eq!(within("disconnected"), [Some("session")].into());
    assert!(emitted.all_spans().iter().all(|span| !span.open), "all are closed at the end");
}

#[tokio::test(start_paused = true)]
async fn a_turn_has_its_outcome_tokens_and_times() {
    let emitted = Emitted::default();
    let _guard = emitted.listen();
    let session = allowing().start().unwrap();
    session.query("one").text().await.unwrap();
    assert!(session.query("fail").text().await.is_err());
    assert!(session.query("die").text().await.is_err());
    session.stop().await.unwrap();
    let turns = emitted.spans("turn");
    let shown = |span: &Span, field: &str| span.fields.get(field).cloned().unwrap_or_default();
    let of = |span: &Span| {
        [
            "outcome",
            "error",
            "round_trips",
            "input_tokens",
            "output_tokens",
            "cache_read_tokens",
            "cache_creation_tokens",
            "cost_usd",
        ]
        .map(|field| shown(span, field))
    };
    assert_eq!(of(&turns[0]), ["success", "", "3", "10", "20", "30", "40", "0.25"]);
    assert_eq!(of(&turns[1])[..2], ["api_error", "overloaded_error"]);
    assert_eq!(of(&turns[2])[..2], ["closed", ""]);
    let outcomes: Vec<_> =
        emitted.spans("tool_call").iter().map(|span| shown(span, "outcome")).collect();
    assert_eq!(outcomes, ["success", "success", "error", "no_result"]);
    let whole = &emitted.spans("session")[0];
    let of_session = ["conversation", "launches", "crashes", "turns", "cost_usd"];
    assert_eq!(of_session.map(|field| shown(whole, field)), [SESSION, "1", "1", "2", "0.25"]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_without_a_result_says_why_it_ended() {
    let emitted = Emitted::default();
    let _guard = emitted.listen();
    let silent = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.drain().await;
        claude_wire::transport::Exit::from_code(0)
    });
    let session = Session::builder().transport(silent).max_queue(1).start().unwrap();
    let second = Duration::from_secs(1);
    assert!(session.query("late").timeout(second).text().await.unwrap_err().is_timeout());
    let mut dropped = session.query("dropped");
    let _ = tokio::time::timeout(second, dropped.next()).await;
    drop(dropped);
    let stopped = tokio::spawn(session.query("stopped").into_future());
    tokio::time::sleep(second).await;
    let waits = tokio::spawn(session.query("waits").into_future());
    tokio::time::sleep(second).await;
    let _ = session.query("too many").text().await;
    session.stop().await.unwrap();
    let (_, _) = (stopped.await, waits.await);
    let outcomes: BTreeSet<_> =
        emitted.spans("turn").iter().map(|span| span.fields["outcome"].clone()).collect();
    let expected = ["dropped", "queue_full", "stopped", "timeout"];
    assert_eq!(outcomes, expected.map(str::to_owned).into());
    assert!(emitted.all_spans().iter().all(|span| !span.open));
}

/// Its name is in its span, and in no other field of anything.
#[tokio::test(start_paused = true)]
async fn a_session_that_stands_alone_may_have_a_name() {
    let emitted = Emitted::default();
    let _guard = emitted.listen();
    for name in [Some("front desk"), Some(""), None] {
        let builder = Session::builder().transport(echo());
        let builder = name.map_or(builder.clone(), |name| builder.name(name));
        let session = builder.start().unwrap();
        assert_eq!(session.name(), name);
        assert_eq!(format!("{session:?}").contains("name: "), name.is_some(), "{session:?}");
        session.query("x").text().await.unwrap();
        let fork = session.fork().unwrap();
        assert_eq!(fork.name(), None);
        session.stop().await.unwrap();
        let spans = emitted.spans("session");
        assert_eq!(spans.last().unwrap().fields.get("name").map(String::as_str), name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervised_session_names_its_supervisor_and_its_key() {
    let emitted = Emitted::default();
    let _guard = emitted.listen();
    let transport = Arc::new(echo());
    let child: ChildSpec<(&str, u32)> =
        ChildSpec::new(("user", 42), move || Session::builder().transport(transport.clone()));
    let supervisor = Supervisor::builder().name("chat").child(child).start().await.unwrap();
    supervisor.stop().await;
    let session = &emitted.spans("session")[0];
    assert_eq!(session.fields["supervisor"], "chat");
    assert_eq!(session.fields["key"], r#"("user", 42)"#);
    let child =
        emitted.events().into_iter().find(|event| event.fields["message"] == "child").unwrap();
    assert_eq!((&*child.fields["event"], child.level), ("up", tracing::Level::INFO));
}
