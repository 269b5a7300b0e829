//! A subscriber that keeps everything that is emitted, and a CLI that does something to see.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use claude_wire::store::{self, SessionKey, SessionStore, SessionStoreEntry};
use claude_wire::supervisor::{Backoff, ChildSpec, Supervisor, SupervisorEvent};
use claude_wire::transport::{BoxFuture, Exit, Memory};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::supervisor_support::with;
use crate::support::cli::{SESSION, cli, init, result, success};

/// What was emitted while [`Emitted::listen`]'s guard lived.
#[derive(Clone, Default)]
pub(crate) struct Emitted(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// In the order of their beginning.
    spans: Vec<Span>,
    /// Where those are that have not ended: the registry uses ids again.
    open: BTreeMap<u64, usize>,
    events: Vec<Seen>,
}

#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) parent: Option<usize>,
    pub(crate) declared: BTreeSet<&'static str>,
    pub(crate) fields: BTreeMap<&'static str, String>,
    pub(crate) open: bool,
}

/// An event, with the name of the span that it is in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) target: &'static str,
    pub(crate) level: tracing::Level,
    pub(crate) within: Option<&'static str>,
    pub(crate) fields: BTreeMap<&'static str, String>,
}

impl Emitted {
    /// Listens on this thread until the guard is dropped.
    pub(crate) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        tracing::subscriber::set_default(tracing_subscriber::registry().with(Keeper(self.clone())))
    }

    /// The spans with this name.
    pub(crate) fn spans(&self, name: &str) -> Vec<Span> {
        let inner = self.0.lock().unwrap();
        inner.spans.iter().filter(|span| span.name == name).cloned().collect()
    }

    pub(crate) fn all_spans(&self) -> Vec<Span> {
        self.0.lock().unwrap().spans.clone()
    }

    pub(crate) fn events(&self) -> Vec<Seen> {
        self.0.lock().unwrap().events.clone()
    }

    /// The names of a span and of those around it, from the inside.
    pub(crate) fn path(&self, span: &Span) -> Vec<String> {
        let inner = self.0.lock().unwrap();
        let mut path = vec![shown(span)];
        let mut above = span.parent;
        while let Some(span) = above.map(|above| &inner.spans[above]) {
            path.push(shown(span));
            above = span.parent;
        }
        path
    }
}

/// The name of a span, with that of its tool or request.
fn shown(span: &Span) -> String {
    let what = span.fields.get("tool").or(span.fields.get("request"));
    what.map_or(span.name.to_owned(), |what| format!("{} {what}", span.name))
}

struct Keeper(Emitted);

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeper {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = BTreeMap::new();
        attributes.record(&mut Fields(&mut fields));
        let metadata = attributes.metadata();
        let mut inner = self.0.0.lock().unwrap();
        let parent = context.span(id).and_then(|span| Some(span.parent()?.id().into_u64()));
        let parent = parent.and_then(|parent| inner.open.get(&parent).copied());
        let span = Span {
            name: metadata.name(),
            target: metadata.target(),
            parent,
            declared: metadata.fields().iter().map(|field| field.name()).collect(),
            fields,
            open: true,
        };
        let at = inner.spans.len();
        inner.open.insert(id.into_u64(), at);
        inner.spans.push(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut inner = self.0.0.lock().unwrap();
        let at = inner.open[&id.into_u64()];
        values.record(&mut Fields(&mut inner.spans[at].fields));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        let within = context.event_span(event).map(|span| span.name());
        let (target, level) = (event.metadata().target(), *event.metadata().level());
        let seen = Seen { target, level, within, fields };
        self.0.0.lock().unwrap().events.push(seen);
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let mut inner = self.0.0.lock().unwrap();
        let at = inner.open.remove(&id.into_u64()).unwrap();
        inner.spans[at].open = false;
    }
}

/// What must never be emitted.
pub(crate) const CANARY: &str = "c4n4ry";

/// A CLI that does much in each turn: a call of `Bash` that it asks for, an agent whose tool fails, a
/// call without a result, and lines that no one understands. Its texts have [`CANARY`]s. The prompt
/// `die` ends it, and `fail` has an error of the API as its result.
pub(crate) fn busy() -> Memory {
    cli(|_, mut cli| async move {
        cli.complain(&format!("{CANARY} on standard error\n")).await;
        let (mut turns, mut paid) = (0, 0);
        while let Some(line) = cli.read().await {
            if line["type"] == "control_request" {
                match line["request"]["subtype"].as_str() {
                    Some("set_model") => {
                        cli.write(crate::support::cli::refusal(&line, CANARY)).await;
                    }
                    _ => {
                        cli.write(success(&line, json!({"text": CANARY}))).await;
                    }
                }
                continue;
            }
            if line["type"] != "user" {
                continue;
            }
            let uuid = line["uuid"].as_str().unwrap_or_default().to_owned();
            let text = line["message"]["content"].as_str().unwrap_or_default().to_owned();
            turns += 1;
            cli.write(init(&uuid)).await;
            if text.contains("die") {
                return Exit::from_code(7);
            }
            if text.contains("fail") {
                cli.write(priced(failed(&uuid), paid)).await;
                continue;
            }
            for line in [
                assistant(None, "t1", "Bash"),
                json!({"type": "control_request", "request_id": format!("p{turns}"), "request": {
                    "subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": CANARY},
                    "tool_use_id": "t1", "description": CANARY}}),
            ] {
                cli.write(line).await;
            }
            let answer = cli.read().await.unwrap_or_default();
            assert_eq!(answer["type"], "control_response", "{answer}");
            for line in [
                user(None, "t1", false),
                assistant(None, "t2", "Agent"),
                assistant(Some("t2"), "t3", "Read"),
                user(Some("t2"), "t3", true),
                user(None, "t2", false),
                assistant(None, "t4", &format!("a name with {CANARY}, which no tool has")),
            ] {
                cli.write(line).await;
            }
            cli.write(format!("{CANARY} is noise")).await;
            cli.write(format!("{{\"type\": \"{CANARY}")).await;
            paid += 1;
            cli.write(priced(result(&uuid, CANARY), paid)).await;
        }
        Exit::from_code(0)
    })
}

/// A CLI that sends an entry for the session's store in each turn.
pub(crate) fn mirroring() -> Memory {
    cli(|_, mut cli| async move {
        cli.handshake().await;
        while let Some(line) = cli.read().await {
            let path = format!("/home/me/.claude/projects/-repo/{SESSION}.jsonl");
            let entry = json!({"type": "user", "uuid": "u", "sessionId": SESSION});
            cli.write(json!({"type": "transcript_mirror", "filePath": path, "entries": [entry]}))
                .await;
            cli.turn(line["uuid"].as_str().unwrap_or_default(), "done").await;
        }
        Exit::from_code(0)
    })
}

/// A store that takes nothing, and says so with a [`CANARY`].
pub(crate) struct Refusing;

impl SessionStore for Refusing {
    fn append<'a>(
        &'a self,
        _: &'a SessionKey,
        _: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, store::Result<()>> {
        Box::pin(async { Err(store::Error::new(CANARY)) })
    }

    fn load<'a>(
        &'a self,
        _: &'a SessionKey,
    ) -> BoxFuture<'a, store::Result<Option<Vec<SessionStoreEntry>>>> {
        Box::pin(async { Ok(None) })
    }
}

/// Supervises a session whose CLI ends at this prompt, until it is up again.
pub(crate) async fn crash_under_a_supervisor(prompt: &str) {
    let child = ChildSpec::new("a", with(busy()));
    let supervisor = Supervisor::builder().name("chat").backoff(Backoff::none()).child(child);
    let supervisor: Supervisor = supervisor.start().await.unwrap();
    let mut events = supervisor.events();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    assert!(a.query(prompt).await.unwrap().text().await.is_err());
    while !matches!(events.recv().await.unwrap(), SupervisorEvent::Up(_)) {}
    supervisor.stop().await;
}

fn assistant(above: Option<&str>, id: &str, tool: &str) -> Value {
    json!({"type": "assistant", "message": {"id": "m", "role": "assistant", "model": "claude-test", "content": [
        {"type": "text", "text": CANARY}, {"type": "thinking", "thinking": CANARY},
        {"type": "tool_use", "id": id, "name": tool, "input": {"command": CANARY, "path": CANARY}}]},
        "parent_tool_use_id": above, "session_id": SESSION, "uuid": "a"})
}

fn user(above: Option<&str>, id: &str, is_error: bool) -> Value {
    json!({"type": "user", "message": {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": id, "content": CANARY, "is_error": is_error}]},
        "parent_tool_use_id": above, "session_id": SESSION, "uuid": "u", "tool_use_result": CANARY})
}

/// Adds the totals after this many turns that cost something.
fn priced(mut line: Value, turns: u64) -> Value {
    line["num_turns"] = json!(3);
    line["total_cost_usd"] = json!(0.25 * turns as f64);
    line["modelUsage"] = json!({"claude-test": {"inputTokens": 10 * turns, "outputTokens": 20 * turns,
        "cacheReadInputTokens": 30 * turns, "cacheCreationInputTokens": 40 * turns, "webSearchRequests": 0,
        "costUSD": 0.25 * turns as f64, "contextWindow": 0}});
    line
}

fn failed(uuid: &str) -> Value {
    json!({"type": "result", "subtype": "success", "is_error": true, "api_error_status": 529,
        "api_error_type": "overloaded_error", "result": CANARY, "session_id": SESSION, "uuid": "r",
        "terminal_reason": "api_error", "user_message_uuids": [uuid]})
}
