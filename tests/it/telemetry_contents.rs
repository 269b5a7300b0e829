//! No event of this crate has contents: what each call of `tracing` has, and what is emitted when
//! texts of others are at hand.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use claude_wire::session::{Restart, SessionEvent};
#[cfg(feature = "object-store")]
use claude_wire::store::{SessionKey, SessionStore as _, SessionStoreEntry};
use claude_wire::supervisor::{Pool, Reset};
use claude_wire::transport::{BoxFuture, Connection, Error, Exit, Launch, Memory, Transport};
use claude_wire::wire::RawJson;
use claude_wire::wire::permission::{
    PermissionBehavior, PermissionDestination, PermissionRule, PermissionUpdate,
};
use claude_wire::{Decision, Session};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::house_rules::files;
use crate::support::ask::{answers, ask};
#[cfg(feature = "object-store")]
use crate::support::cli::SESSION;
use crate::support::cli::{Launches, cli, refusal, success};
use crate::telemetry_support::{CANARY, Emitted, Refusing, Seen, mirroring};

/// What the calls of `tracing` in the sources have in addition to a fixed text. None is a text of
/// someone else, except where a comment says whose choice that is.
const FIELDS: &[&str] = &[
    // The words of the system, without what was added to them.
    "error = %os_error(&error)",
    "error = ?error.as_ref().map(os_error)",
    // Words of fixed lists.
    "kind",
    "kind = update.kind()",
    "fault",
    "why = error.kind()",
    "cause",
    "event",
    // Numbers.
    "launch",
    "pid",
    "code",
    "signal",
    "number",
    "files",
    "uid = peer.uid()",
    "limit:?",
    // The id of a conversation.
    "session = key.session_id",
    // Files that the program has named.
    "%path",
    "path = %path.display()",
    "path = %self.path.display()",
    // What the program has called its supervisors, children and held CLIs.
    "supervisor",
    "?key",
    "key",
    // Names of options, tools and servers, as the program has set them.
    "warning",
    // `log_hooks`: whole events, because the program wants them.
    "event = event.name().as_str()",
    "session_id = context.base().session_id",
    "tool_use_id = context.tool_use_id()",
    "input = %event.raw()",
];

/// The fields of each call of `tracing` in a text, and what its message has in braces.
fn fields(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in source.split("tracing::").skip(1) {
        let Some((name, rest)) = call.split_once("!(") else { continue };
        if !["trace", "debug", "info", "warn", "error"].contains(&name) {
            continue;
        }
        let mut depth = 1;
        let end = rest.find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        });
        let rest = &rest[..end.unwrap()];
        // The message is the last text in quotes.
        let (before, message) = match rest.rfind('"').and_then(|end| rest[..end].rfind('"')) {
            Some(start) => rest.split_at(start),
            None => panic!("no message: {rest}"),
        };
        let of_call = before.split(',').map(str::trim).filter(|field| !field.is_empty());
        found.extend(of_call.filter(|field| !field.starts_with("target:")).map(str::to_owned));
        let in_braces = message.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        found.extend(in_braces.map(str::to_owned));
    }
    found
}

#[test]
fn every_field_of_an_event_is_known() {
    let mut found = BTreeSet::new();
    for (name, text) in files(&["src"], "rs") {
        for field in fields(&text) {
            assert!(FIELDS.contains(&&*field), "{name}: may `{field}` have contents?");
            found.insert(field);
        }
    }
    assert_eq!(found.len(), FIELDS.len(), "{found:#?}");
    let two = r#"tracing::warn!(%error, a = f(b), "{text} of {x:?}"); tracing::Span::none()"#;
    assert_eq!(fields(two), ["%error", "a = f(b)", "text", "x:?"]);
}

/// The page has each kind of a warning, and no other.
#[test]
fn every_kind_of_a_warning_is_documented() {
    let mut kinds = BTreeSet::new();
    for (_, text) in files(&["src/session", "src/protocol"], "rs") {
        for call in [".warn(", "Output::warning(", "warning_event("] {
            let calls = text.split(call).skip(1).map(str::trim_start);
            let literal = calls.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
            kinds.extend(literal.map(str::to_owned));
        }
    }
    let page = include_str!("../../docs/observability.md");
    let (_, table) = page.split_once("| kind of a warning |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    let first = |row: &str| row.split('|').nth(1).unwrap().replace(['`', ' '], "");
    let documented: BTreeSet<_> =
        rows.flat_map(|row| first(row).split(',').map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(kinds, documented);
}

/// Runs what would log a text of another if the event had one, and returns the messages and kinds
/// of the events. None has the canary.
async fn emitted(run: impl AsyncFnOnce()) -> Vec<String> {
    let emitted = Emitted::default();
    let guard = emitted.listen();
    run().await;
    drop(guard);
    let is_ours = |event: &Seen| event.target.starts_with("claude_wire");
    let events: Vec<_> = emitted.events().into_iter().filter(is_ours).collect();
    for event in &events {
        assert!(!format!("{event:?}").contains(CANARY), "{event:?}");
    }
    let said = |name: &str| {
        let of = events.iter().filter_map(|event| event.fields.get(name).cloned());
        of.collect::<Vec<_>>()
    };
    [said("message"), said("kind")].concat()
}

fn has(emitted: &[String], text: &str) {
    assert!(emitted.iter().any(|it| it.contains(text)), "{text}: {emitted:?}");
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_store_is_an_event_of_the_session_only() {
    let mut warned = Vec::new();
    let seen = emitted(async || {
        let session = Session::builder().transport(mirroring()).session_store(Refusing);
        let session = session.start().unwrap();
        let mut events = session.events();
        session.query("x").text().await.unwrap();
        session.flush_store().await;
        session.stop().await.unwrap();
        drop(session);
        while let Some(event) = events.next().await {
            if let SessionEvent::MirrorError(failure) = event {
                warned.push(failure.to_string());
            }
        }
    });
    has(&seen.await, "store_not_reached");
    assert!(warned.iter().any(|text| text.contains(CANARY)), "{warned:?}");
}

#[tokio::test(start_paused = true)]
async fn the_rules_of_an_update_are_not_emitted() {
    let updates = [
        PermissionUpdate::Other(RawJson::parse(format!(r#"{{"rules":"{CANARY}"}}"#)).unwrap()),
        PermissionUpdate::AddRules {
            rules: vec![PermissionRule::from(&*format!("({CANARY})"))],
            behavior: PermissionBehavior::Allow,
            destination: PermissionDestination::Session,
        },
    ];
    for update in updates {
        let seen = emitted(async || {
            let builder = Session::builder().on_permission(move |_| {
                let update = update.clone();
                async move { Decision::allow_and_update([update]) }
            });
            let question = r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#;
            answers(builder, &[ask("p", question)]).await;
        });
        has(&seen.await, "no update is sent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_is_refused_again_has_only_its_kind() {
    let launches = Launches::default();
    let seen = emitted(async || {
        let transport = cli(move |launch, mut cli| {
            let first = launches.note(launch) == 0;
            async move {
                while let Some(line) = cli.read().await {
                    if line["type"] == "control_request" {
                        let refused = !first && line["request"]["subtype"] == "set_model";
                        let reply = if refused {
                            refusal(&line, CANARY)
                        } else {
                            success(&line, json!({}))
                        };
                        cli.write(reply).await;
                    } else {
                        cli.turn(line["uuid"].as_str().unwrap(), "done").await;
                    }
                }
                Exit::from_code(0)
            }
        });
        let session = Session::builder().transport(transport).start().unwrap();
        session.set_model("x").await.unwrap();
        session.restart(Restart::Resume).await.unwrap();
        session.query("go").text().await.unwrap();
        session.stop().await.unwrap();
    });
    has(&seen.await, "setting_not_repeated");
}

#[tokio::test(start_paused = true)]
async fn the_standard_error_of_a_pool_is_not_emitted() {
    let seen = emitted(async || {
        let launches = Launches::default();
        let transport = Arc::new(cli(move |launch, mut cli| {
            let first = launches.note(launch) == 0;
            async move {
                if first {
                    return cli.serve().await;
                }
                cli.complain(&format!("{CANARY}\n")).await;
                Exit::from_code(7)
            }
        }));
        let pool = Pool::builder(1, move || Session::builder().transport(transport.clone()));
        let pool = pool.reset(Reset::Fresh).start().await.unwrap();
        let session = pool.get().await.unwrap();
        session.query("x").text().await.unwrap();
        drop(session);
        while pool.free() < 1 {
            // In virtual time.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        pool.stop().await;
    });
    has(&seen.await, "could not be reset");
}

#[cfg(feature = "object-store")]
#[tokio::test]
async fn a_stored_line_that_is_not_json_is_not_emitted() {
    use claude_wire::store::ObjectSessionStore;
    use futures_util::TryStreamExt as _;
    use object_store::{ObjectStore as _, ObjectStoreExt as _, memory::InMemory};

    let seen = emitted(async || {
        let objects = Arc::new(InMemory::new());
        let (store, key) =
            (ObjectSessionStore::new(objects.clone(), ""), SessionKey::new("w", SESSION));
        store.append(&key, &[SessionStoreEntry::from(json!({"uuid": "u"}))]).await.unwrap();
        let listed: Vec<_> = objects.list(None).try_collect().await.unwrap();
        for object in listed {
            let text = format!("{{\"{CANARY}\n{{\"uuid\":\"v\"}}\n");
            objects.put(&object.location, text.into()).await.unwrap();
        }
        assert_eq!(store.load(&key).await.unwrap().unwrap().len(), 1);
    });
    has(&seen.await, "is left out");
}

/// A CLI whose streams fail, with errors of the transport.
struct Broken(Memory);

impl Transport for Broken {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let connection = self.0.open(launch).await?;
            Ok(Connection { stdin: Box::new(Fails), stdout: Box::new(Fails), ..connection })
        })
    }
}

struct Fails;

fn failure<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::Error::other(CANARY)))
}

impl AsyncRead for Fails {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        failure()
    }
}

impl AsyncWrite for Fails {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        failure()
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        failure()
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_streams_have_the_words_of_the_system() {
    let seen = emitted(async || {
        let session = Session::builder().transport(Broken(crate::support::cli::echo()));
        let session = session.start().unwrap();
        assert!(session.query("x").text().await.is_err());
        session.stop().await.unwrap();
    });
    let seen = seen.await;
    has(&seen, "the CLI no longer reads its input");
    has(&seen, "reading the CLI's output failed");
}
