//! The trace that the CLI's spans belong to.

#![cfg(feature = "session")]

use std::ffi::OsString;

use claude_wire::Session;
use claude_wire::session::Options;

use crate::support::cli::{Launches, cli};
use crate::support::read::{ended_well, read};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// What this process has inherited.
const STALE: [(&str, &str); 3] =
    [("TRACEPARENT", "stale"), ("TRACESTATE", "stale=1"), ("PATH", "/bin")];

/// `TRACEPARENT` and `TRACESTATE` of a child with these options.
fn child(options: &Options) -> [Option<String>; 2] {
    let inherited = STALE.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let child = options.launch().unwrap().env.resolve(inherited, None);
    ["TRACEPARENT", "TRACESTATE"]
        .map(|name| Some(child.get(name.as_ref() as &std::ffi::OsStr)?.to_str()?.to_owned()))
}

#[test]
fn an_inherited_state_never_goes_with_another_parent() {
    let options = Options::default;
    let text = |text: &str| Some(text.to_owned());
    for (options, expected) in [
        // Nothing is set: what a tracing host has exported for its children is passed on.
        (options(), [text("stale"), text("stale=1")]),
        (options().trace_parent(PARENT), [text(PARENT), None]),
        (options().trace_parent(PARENT).trace_state("a=b"), [text(PARENT), text("a=b")]),
        (options().trace_parent(PARENT).env("TRACESTATE", "a=b"), [text(PARENT), text("a=b")]),
        (options().env("TRACEPARENT", "mine"), [text("mine"), None]),
        (options().env_remove("TRACEPARENT"), [None, None]),
        (options().env_remove("TRACESTATE"), [text("stale"), None]),
    ] {
        assert_eq!(child(&options), expected, "{options:?}");
    }
}

#[test]
fn what_is_not_a_trace_context_is_refused() {
    let options = Options::default;
    for (options, expected) in [
        (
            options().trace_parent("mine"),
            "option `trace_parent`: expected a W3C traceparent such as 00-",
        ),
        (options().trace_parent(""), "option `trace_parent`: expected a W3C traceparent"),
        (
            options().trace_state("a=b"),
            "option `trace_state`: expected `trace_parent` together with it, got none",
        ),
        (
            options().trace_parent(PARENT).trace_state("A=b"),
            "option `trace_state`: expected a W3C tracestate such as vendor=value,other=value, with keys",
        ),
        (
            options().trace_parent(PARENT).env("TRACEPARENT", PARENT),
            "option `trace_parent`: expected no TRACEPARENT in `env` together with it, got both",
        ),
    ] {
        let error = options.validate().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_cannot_set_it() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.serve().await
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let error = session.query("one").trace_parent(PARENT).text().await.unwrap_err();
    assert!(error.to_string().contains("an option of the session, not of one query"), "{error}");
    assert_eq!(read(session.query("two")).await.text(), "two");
    ended_well(&session).await;
}

/// `TRACEPARENT` and `TRACESTATE` as each launch sets them.
fn launched(launches: &Launches) -> Vec<[Option<String>; 2]> {
    let of = |launch: &claude_wire::transport::Launch, name: &str| {
        let mut decided = launch.env.overrides().filter(|(decided, _)| *decided == name);
        Some(decided.next()?.1.map_or("removed", |value| value.to_str().unwrap()).to_owned())
    };
    let all = launches.all();
    all.iter().map(|launch| ["TRACEPARENT", "TRACESTATE"].map(|name| of(launch, name))).collect()
}

#[tokio::test(start_paused = true)]
async fn each_launch_has_it() {
    let launches = Launches::default();
    let session =
        Session::builder().trace_parent(PARENT).transport(crashing(&launches)).start().unwrap();
    assert_eq!(read(session.query("one")).await.text(), "one");
    assert_eq!(read(session.query("two")).await.text(), "two");
    ended_well(&session).await;
    let one = [Some(PARENT.to_owned()), Some("removed".to_owned())];
    assert_eq!(launched(&launches), [one.clone(), one]);
}

/// A CLI that exits after each turn.
fn crashing(launches: &Launches) -> claude_wire::transport::Memory {
    use crate::support::cli::{init, result};
    use claude_wire::transport::Exit;

    let launches = launches.clone();
    cli(move |launch, mut cli| {
        launches.note(launch);
        async move {
            cli.handshake().await;
            if let Some(line) = cli.read().await {
                let uuid = line["uuid"].as_str().unwrap().to_owned();
                let text = line["message"]["content"].as_str().unwrap().to_owned();
                cli.write(init(&uuid)).await;
                cli.write(result(&uuid, &text)).await;
            }
            Exit::from_code(0)
        }
    })
}

#[cfg(feature = "otel")]
mod of_the_current_span {
    use std::pin::{Pin, pin};
    use std::task::{Context, Waker};

    use claude_wire::session::SessionEvent;
    use opentelemetry::trace::{TraceContextExt, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::Instrument;
    use tracing_opentelemetry::OpenTelemetrySpanExt;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::support::cli::serving;

    /// Calls the session within a span, and returns the `traceparent` of that span.
    async fn within<T>(call: impl Future<Output = T>) -> (T, String) {
        let span = tracing::info_span!("request of a user");
        let context = span.context().span().span_context().clone();
        assert!(context.is_valid(), "the subscriber makes spans");
        let parent = format!("00-{}-{}-01", context.trace_id(), context.span_id());
        (call.instrument(span).await, parent)
    }

    #[tokio::test(start_paused = true)]
    async fn each_launch_has_the_span_of_its_call() {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

        let launches = Launches::default();
        let session = Session::builder().transport(crashing(&launches)).start().unwrap();
        let mut events = session.events();
        let (one, first) = within(read(session.query("one"))).await;
        assert_eq!(one.text(), "one");
        while !matches!(events.next().await, Some(SessionEvent::Disconnected(_))) {}
        let (two, second) = within(read(session.query("two"))).await;
        assert_eq!(two.text(), "two");
        while !matches!(events.next().await, Some(SessionEvent::Disconnected(_))) {}
        // Outside any span, nothing is set.
        read(session.query("three")).await;
        ended_well(&session).await;
        let removed = || Some("removed".to_owned());
        assert_ne!(first, second);
        assert_eq!(
            launched(&launches),
            [[Some(first), removed()], [Some(second), removed()], [None, None]]
        );
    }

    /// Polls a call once within a span: it is made, and the session has not run yet.
    fn begun_within<T>(call: Pin<&mut impl Future<Output = T>>) -> String {
        let span = tracing::info_span!("request of a user");
        let context = span.context().span().span_context().clone();
        let polled = span.in_scope(|| call.poll(&mut Context::from_waker(Waker::noop())));
        assert!(polled.is_pending());
        format!("00-{}-{}-01", context.trace_id(), context.span_id())
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_call_does_not_take_the_launch_of_an_earlier_one() {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        let removed = || Some("removed".to_owned());

        for first_is_a_request in [false, true] {
            let launches = Launches::default();
            let session = Session::builder().transport(crashing(&launches)).start().unwrap();
            let mut connect = pin!(session.connect());
            let mut one = pin!(read(session.query("one")));
            let mut two = pin!(read(session.query("two")));
            let mut expected = Vec::new();
            if first_is_a_request {
                expected.push(begun_within(connect.as_mut()));
            }
            expected.push(begun_within(one.as_mut()));
            // The process that was started for the request serves the first turn.
            expected.truncate(1);
            expected.push(begun_within(two.as_mut()));
            // A call outside any span.
            let mut models = Box::pin(async { session.inspect().models().await });
            assert!(models.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            drop(models);
            assert_eq!((one.await.text(), two.await.text()), ("one".into(), "two".into()));
            ended_well(&session).await;
            let expected: Vec<_> =
                expected.into_iter().map(|parent| [Some(parent), removed()]).collect();
            assert_eq!(launched(&launches), expected, "{first_is_a_request}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_given_up_keeps_its_launch() {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

        let launches = Launches::default();
        let session = Session::builder().transport(crashing(&launches)).start().unwrap();
        let mut connect = Box::pin(session.connect());
        let parent = begun_within(connect.as_mut());
        drop(connect);
        assert_eq!(read(session.query("one")).await.text(), "one");
        ended_well(&session).await;
        assert_eq!(launched(&launches), [[Some(parent), Some("removed".to_owned())]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_relaunch_has_the_span_of_what_it_is_for() {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        let removed = || Some("removed".to_owned());

        let launches = Launches::default();
        let session = Session::builder().transport(serving(&launches)).start().unwrap();
        let mut one = pin!(read(session.query("one")));
        let first = begun_within(one.as_mut());
        // It waits for the end of the first, and needs another process.
        let mut two = pin!(read(session.query("two").system_prompt("Be brief.")));
        let second = begun_within(two.as_mut());
        let mut three = pin!(read(session.query("three").system_prompt("Be brief.")));
        begun_within(three.as_mut());
        assert_eq!(one.await.text(), "one");
        assert_eq!((two.await.text(), three.await.text()), ("two".into(), "three".into()));

        // A restart is for its own caller, whatever waits.
        let mut restart = pin!(session.restart(claude_wire::session::Restart::Resume));
        let third = begun_within(restart.as_mut());
        let mut four = pin!(read(session.query("four")));
        begun_within(four.as_mut());
        restart.await.unwrap();
        assert_eq!(four.await.text(), "four");
        ended_well(&session).await;
        let expected: Vec<_> =
            [first, second, third].into_iter().map(|parent| [Some(parent), removed()]).collect();
        assert_eq!(launched(&launches), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_options_say_wins() {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        let builder = || Session::builder();
        for (builder, expected) in [
            (builder().trace_parent(PARENT), [Some(PARENT), Some("removed")]),
            (builder().env("TRACEPARENT", "mine"), [Some("mine"), Some("removed")]),
            (builder().env_remove("TRACEPARENT"), [Some("removed"), Some("removed")]),
        ] {
            let launches = Launches::default();
            let session = builder.transport(crashing(&launches)).start().unwrap();
            within(read(session.query("one"))).await;
            ended_well(&session).await;
            assert_eq!(launched(&launches), [expected.map(|text| text.map(str::to_owned))]);
        }
    }

    /// A program that uses OpenTelemetry without `tracing`.
    #[tokio::test(start_paused = true)]
    async fn a_context_of_opentelemetry_alone_counts() {
        use opentelemetry::trace::{SpanContext, TraceState};

        let state = TraceState::from_key_value([("vendor", "value")]).unwrap();
        let span = SpanContext::new(0xabc.into(), 0xdef.into(), Default::default(), true, state);
        let context = opentelemetry::Context::new().with_remote_span_context(span);
        let launches = Launches::default();
        let session = Session::builder().transport(crashing(&launches)).start().unwrap();
        let attached = context.attach();
        assert_eq!(read(session.query("one")).await.text(), "one");
        drop(attached);
        ended_well(&session).await;
        let parent = "00-00000000000000000000000000000abc-0000000000000def-00";
        assert_eq!(
            launched(&launches),
            [[Some(parent.to_owned()), Some("vendor=value".to_owned())]]
        );
    }
}
