//! What the events of a supervisor say about turns: each begins and ends once, with what it has used.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use claude_wire::session::{TurnEnding, TurnReport};
use claude_wire::supervisor::{
    Backoff, Budget, ChildSpec, LocalRegistry, Pool, SessionRef, SessionRegistry, Supervisor,
    SupervisorBuilder, SupervisorEvent,
};
use claude_wire::transport::{Exit, Memory};
use claude_wire::wire::TurnOutcome;
use claude_wire::{Session, Turn};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::supervisor_support::{SECOND, text, with};
use crate::support::cli::{SESSION, aborted, assistant, cli, init, result, success};

/// A CLI each of whose results costs a quarter of a dollar. It ends at the prompt `die`, fails at `fail`,
/// answers `hang` only when it is interrupted, and begins a turn by itself after `own`.
fn worker() -> Memory {
    cli(|_, mut cli| async move {
        let mut results = 0;
        let mut running: Option<String> = None;
        while let Some(line) = cli.read().await {
            if line["type"] == "control_request" {
                cli.write(success(&line, json!({}))).await;
                if line["request"]["subtype"] == "interrupt"
                    && let Some(uuid) = running.take()
                {
                    results += 1;
                    cli.write(priced(aborted(&uuid), results)).await;
                }
                continue;
            }
            if line["type"] != "user" {
                continue;
            }
            let uuid = line["uuid"].as_str().unwrap_or_default().to_owned();
            let text = line["message"]["content"].as_str().unwrap_or_default().to_owned();
            cli.write(init(&uuid)).await;
            match text.as_str() {
                "die" => return Exit::from_code(7),
                "hang" => {
                    running = Some(uuid);
                    continue;
                }
                _ => results += 1,
            }
            cli.write(assistant(&text)).await;
            if text == "fail" {
                cli.write(priced(failed(&uuid), results)).await;
                continue;
            }
            cli.write(priced(result(&uuid, &text), results)).await;
            if text.starts_with("own") {
                cli.write(json!({"type": "system", "subtype": "init", "session_id": SESSION, "uuid": "i"}))
                    .await;
                if text == "own die" {
                    return Exit::from_code(7);
                }
                cli.write(assistant("by myself")).await;
                results += 1;
                cli.write(priced(unprompted(), results)).await;
            }
        }
        Exit::from_code(0)
    })
}

fn priced(mut line: Value, results: u64) -> Value {
    line["result_index"] = json!(results - 1);
    line["total_cost_usd"] = json!(0.25 * results as f64);
    line["modelUsage"] = json!({"claude-test": {"inputTokens": 10 * results, "outputTokens": 0,
        "cacheReadInputTokens": 0, "cacheCreationInputTokens": 0, "webSearchRequests": 0,
        "costUSD": 0.25 * results as f64, "contextWindow": 0}});
    line
}

fn failed(uuid: &str) -> Value {
    json!({"type": "result", "subtype": "success", "is_error": true, "api_error_status": 529,
        "api_error_type": "overloaded_error", "result": "no", "session_id": SESSION, "uuid": "r",
        "terminal_reason": "api_error", "user_message_uuids": [uuid]})
}

/// The result of a turn that the CLI has begun because a task in the background has ended.
fn unprompted() -> Value {
    json!({"type": "result", "subtype": "success", "is_error": false, "result": "by myself", "session_id": SESSION,
        "uuid": "r", "origin": {"kind": "task-notification"}})
}

fn builder() -> SupervisorBuilder {
    Supervisor::builder().backoff(Backoff::none()).intensity(1000, SECOND)
}

/// A supervisor of the child `a`, its session, and its events after the start.
async fn one() -> (Supervisor, SessionRef, Events) {
    let supervisor = builder().child(ChildSpec::new("a", with(worker()))).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    let events = Events::new(supervisor.events());
    (supervisor, a, events)
}

/// The events as words; a turn has the number of its first event.
struct Events {
    events: Receiver<SupervisorEvent<String>>,
    numbers: HashMap<String, usize>,
}

impl Events {
    fn new(events: Receiver<SupervisorEvent<String>>) -> Self {
        Self { events, numbers: HashMap::new() }
    }

    fn turn(&mut self, uuid: Option<&String>) -> String {
        let Some(uuid) = uuid else { return "own".to_owned() };
        let next = self.numbers.len() + 1;
        self.numbers.entry(uuid.clone()).or_insert(next).to_string()
    }

    fn word(&mut self, event: SupervisorEvent<String>) -> String {
        match event {
            SupervisorEvent::TurnStarted(key, uuid) => {
                format!("{key}: {} begins", self.turn(uuid.as_ref()))
            }
            SupervisorEvent::TurnEnded(key, report) => {
                let turn = self.turn(report.uuid.as_ref());
                format!("{key}: {turn} {}", ending(&report))
            }
            SupervisorEvent::Up(key) => format!("{key} up"),
            SupervisorEvent::Down(key, _) => format!("{key} down"),
            SupervisorEvent::Restarting(key, _) => format!("{key} restarting"),
            SupervisorEvent::Gone(key) => format!("{key} gone"),
            SupervisorEvent::Resting(key) => format!("{key} resting"),
            other => format!("{other:?}"),
        }
    }

    /// The next events: this many.
    async fn next(&mut self, count: usize) -> Vec<String> {
        let mut words = Vec::new();
        while words.len() < count {
            let event = tokio::time::timeout(60 * SECOND, self.events.recv()).await;
            words.push(match event {
                Ok(Ok(event)) => self.word(event),
                other => panic!("{other:?} after {words:?}"),
            });
        }
        words
    }

    /// All events that are left after the end of their supervisor.
    fn rest(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            let word = self.word(event);
            words.push(word);
        }
        words
    }
}

/// How a turn ended, and what it has used.
fn ending(report: &TurnReport) -> String {
    let end = match &report.end {
        TurnEnding::Result(TurnOutcome::Success) => "success".to_owned(),
        TurnEnding::Result(TurnOutcome::Aborted) => "aborted".to_owned(),
        TurnEnding::Result(TurnOutcome::ApiError { kind, .. }) => kind.clone().unwrap(),
        TurnEnding::Failed(error) if error.is_process() => "lost".to_owned(),
        TurnEnding::Failed(error) if error.is_timeout() => "timeout".to_owned(),
        TurnEnding::Failed(error) if error.is_stopped() => "stopped".to_owned(),
        TurnEnding::Dropped => "dropped".to_owned(),
        other => format!("{other:?}"),
    };
    let flags = (report.end.is_success(), report.end.is_lost());
    assert_eq!(flags, (end == "success", end == "lost"));
    let Some(spent) = &report.spending else { return end };
    let tokens = spent.all_models().tokens.input;
    format!("{end}, {} results for {} USD, {tokens} tokens", spent.results, spent.cost_usd)
}

/// Begins a turn: the first poll sends it.
async fn begin(session: &SessionRef, prompt: &str) -> Turn {
    let mut turn = session.query(prompt).await.unwrap();
    let _ = tokio::time::timeout(SECOND, turn.next()).await;
    turn
}

#[tokio::test(start_paused = true)]
async fn each_turn_begins_and_ends_once_with_what_it_has_used() {
    let (supervisor, a, mut events) = one().await;
    text(&a, "well").await;
    assert!(a.query("fail").await.unwrap().text().await.is_err());
    assert_eq!(
        events.next(4).await,
        [
            "a: 1 begins",
            "a: 1 success, 1 results for 0.25 USD, 10 tokens",
            "a: 2 begins",
            "a: 2 overloaded_error, 1 results for 0.25 USD, 10 tokens",
        ]
    );

    // Aborted by the host, dropped by its reader, past its time limit.
    let turn = begin(&a, "hang").await;
    a.session().await.unwrap().interrupt().await.unwrap();
    assert!(turn.text().await.is_err());
    drop(begin(&a, "hang").await);
    assert_eq!(
        events.next(4).await,
        [
            "a: 3 begins",
            "a: 3 aborted, 1 results for 0.25 USD, 10 tokens",
            "a: 4 begins",
            "a: 4 dropped, 1 results for 0.25 USD, 10 tokens",
        ]
    );
    let late = a.query("hang").await.unwrap().timeout(SECOND).text().await;
    assert!(late.unwrap_err().is_timeout());
    assert_eq!(
        events.next(2).await,
        ["a: 5 begins", "a: 5 timeout, 1 results for 0.25 USD, 10 tokens"]
    );

    // Lost with the CLI, which is known before the end of the CLI.
    assert!(a.query("die").await.unwrap().text().await.is_err());
    assert_eq!(
        events.next(5).await,
        ["a: 6 begins", "a: 6 lost", "a down", "a restarting", "a up"]
    );

    // One that the CLI begins by itself.
    text(&a, "own").await;
    text(&a, "well").await;
    let mut seen = events.next(6).await;
    seen.sort();
    assert_eq!(
        seen,
        [
            "a: 7 begins",
            "a: 7 success, 1 results for 0.25 USD, 10 tokens",
            "a: 8 begins",
            "a: 8 success, 1 results for 0.25 USD, 10 tokens",
            "a: own begins",
            "a: own success, 1 results for 0.25 USD, 10 tokens",
        ]
    );
    // What the turns have used is what the child has.
    let spent = supervisor.spending();
    assert_eq!((spent.results, spent.cost_usd), (8, 2.0));
    assert_eq!(events.rest(), [""; 0]);
    supervisor.stop().await;
    assert_eq!(events.rest(), ["a gone"]);
}

#[tokio::test(start_paused = true)]
async fn turns_that_wait_have_begun_and_a_stop_ends_them() {
    let (supervisor, a, mut events) = one().await;
    let turns = [begin(&a, "hang").await, begin(&a, "two").await, begin(&a, "three").await];
    assert_eq!(events.next(3).await, ["a: 1 begins", "a: 2 begins", "a: 3 begins"]);
    let [one, two, three] = turns;
    // It was not written: the CLI has nothing to end.
    drop(two);
    assert_eq!(events.next(1).await, ["a: 2 dropped"]);
    let end = tokio::spawn(three.into_future());
    supervisor.stop().await;
    assert!(end.await.unwrap().unwrap_err().is_stopped());
    assert!(one.text().await.is_err());
    let mut rest = events.rest();
    assert_eq!(rest.pop().unwrap(), "a gone");
    rest.sort();
    assert_eq!(rest, ["a: 1 aborted, 1 results for 0.25 USD, 10 tokens", "a: 3 stopped"]);
}

/// Those that were lost come before their CLI's end; one that waits goes on after the restart.
#[tokio::test(start_paused = true)]
async fn a_crash_ends_the_turns_that_it_takes_with_it_and_no_other() {
    for (prompt, lost) in [
        ("die", &["a: 1 lost"][..]),
        (
            "own die",
            &["a: 1 success, 1 results for 0.25 USD, 10 tokens", "a: own begins", "a: own lost"],
        ),
    ] {
        let (supervisor, a, mut events) = one().await;
        let session = a.session().await.unwrap();
        let (first, second) = tokio::join!(session.query(prompt), session.query("well"));
        assert_eq!((first.is_err(), second.is_ok()), (prompt == "die", true));
        let mut seen = events.next(2 + lost.len() + 4).await;
        let expected = [&["a: 1 begins", "a: 2 begins"], lost, &["a down", "a restarting"]];
        assert_eq!(seen.drain(..lost.len() + 4).collect::<Vec<_>>(), expected.concat());
        seen.sort();
        assert_eq!(seen, ["a up", "a: 2 success, 1 results for 0.25 USD, 10 tokens"][..2]);
        supervisor.stop().await;
        assert_eq!(events.rest(), ["a gone"]);
    }
}

/// A turn that is dropped while its CLI crashes ends once, too.
#[tokio::test(start_paused = true)]
async fn a_turn_that_was_dropped_ends_with_its_cli() {
    let deaf = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.request("interrupt").await;
        Exit::from_code(7)
    });
    let supervisor: Supervisor =
        builder().child(ChildSpec::new("a", with(deaf))).start().await.unwrap();
    let mut events = Events::new(supervisor.events());
    let a = supervisor.session(&"a".to_owned()).unwrap();
    drop(begin(&a, "hello").await);
    assert_eq!(
        events.next(5).await,
        ["a: 1 begins", "a: 1 dropped", "a down", "a restarting", "a up"]
    );
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_begins_without_a_reader_of_events_has_none() {
    let supervisor: Supervisor =
        builder().child(ChildSpec::new("a", with(worker()))).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    text(&a, "well").await;
    let turn = begin(&a, "hang").await;
    let mut events = Events::new(supervisor.events());
    a.session().await.unwrap().interrupt().await.unwrap();
    assert!(turn.text().await.is_err());
    text(&a, "well").await;
    assert_eq!(
        events.next(2).await,
        ["a: 1 begins", "a: 1 success, 1 results for 0.25 USD, 10 tokens"]
    );
    drop(events);
    text(&a, "well").await;
    assert_eq!(supervisor.list()[0].spending.results, 4);
    supervisor.stop().await;
}

/// The CLI is done with it only after its end for the reader.
#[tokio::test(start_paused = true)]
async fn what_a_turn_that_was_not_reported_has_used_is_not_that_of_a_later_one() {
    let supervisor: Supervisor =
        builder().child(ChildSpec::new("a", with(worker()))).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    drop(begin(&a, "hang").await);
    text(&a, "well").await;
    let mut events = Events::new(supervisor.events());
    drop(begin(&a, "hang").await);
    let dropped = "a: 1 dropped, 1 results for 0.25 USD, 10 tokens";
    assert_eq!(events.next(2).await, ["a: 1 begins", dropped]);
    supervisor.stop().await;
}

/// Nothing waits for a reader that does not read, and what it has lost is counted.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_of_turns_loses_the_oldest_and_learns_how_many() {
    let (supervisor, a, events) = one().await;
    let mut slow = events.events;
    for _ in 0..600 {
        text(&a, "well").await;
    }
    supervisor.stop().await;
    // 600 turns with two events each, and the end of the child.
    let Err(RecvError::Lagged(lost)) = slow.recv().await else { panic!("it has lost none") };
    assert_eq!(lost, 1201 - 1024);
    let mut kept = 0;
    while slow.try_recv().is_ok() {
        kept += 1;
    }
    assert_eq!(kept, 1024);
    assert_eq!(slow.try_recv().unwrap_err(), TryRecvError::Empty);
}

/// As other events, those of a turn are in the stream of the supervisor that has the child.
#[tokio::test(start_paused = true)]
async fn turns_below_are_events_of_the_supervisor_below() {
    let names = Arc::new(LocalRegistry::new());
    let inner = builder().registry(names.clone()).child(ChildSpec::new("a", with(worker())));
    let mut below = Events::new(inner.events());
    let outer: Supervisor = builder()
        .child(ChildSpec::supervisor("inner", move || inner.clone()))
        .start()
        .await
        .unwrap();
    let mut above = Events::new(outer.events());
    text(&names.lookup(&"a".to_owned()).unwrap(), "well").await;
    let success = "a: 1 success, 1 results for 0.25 USD, 10 tokens";
    assert_eq!(below.next(3).await, ["a up", "a: 1 begins", success]);
    outer.stop().await;
    assert_eq!(above.rest(), ["inner gone"]);
    assert_eq!(below.rest(), ["a gone"]);
}

#[tokio::test(start_paused = true)]
async fn turns_of_a_pool_have_the_number_of_its_session() {
    let transport = Arc::new(worker());
    let pool = Pool::builder(2, move || Session::builder().transport(transport.clone()));
    let pool = pool.start().await.unwrap();
    let mut events = pool.supervisor().events();
    let [one, two] = [pool.get().await.unwrap(), pool.get().await.unwrap()];
    for session in [&one, &two] {
        session.query("well").text().await.unwrap();
    }
    let mut seen = Vec::new();
    while seen.len() < 4 {
        match events.recv().await.unwrap() {
            SupervisorEvent::TurnStarted(number, _) => seen.push((number, "begins".to_owned())),
            SupervisorEvent::TurnEnded(number, report) => seen.push((number, ending(&report))),
            other => panic!("{other:?}"),
        }
    }
    seen.sort();
    let well = "success, 1 results for 0.25 USD, 10 tokens";
    let expected = [(0, "begins"), (0, well), (1, "begins"), (1, well)];
    assert_eq!(seen, expected.map(|(number, word)| (number, word.to_owned())));
    drop((one, two));
    pool.stop().await;
}

/// With threads: many turns of many sessions, some of which are dropped or lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_turn_of_a_busy_supervisor_begins_once_and_then_ends_once() {
    const TURNS: usize = 60;
    let keys = ["a", "b", "c", "d"];
    let children = keys.map(|key| ChildSpec::new(key, with(worker())));
    let budget = Budget::new("all");
    let builder = builder().budget(budget.clone()).children(children);
    let supervisor: Supervisor = builder.start().await.unwrap();
    let mut events = supervisor.events();
    let askers = keys.map(|key| {
        let session = supervisor.session(&key.to_owned()).unwrap();
        tokio::spawn(async move {
            for turn in 0..TURNS {
                let prompt = ["well", "fail", "die", "own", "hang"][turn % 5];
                let Ok(mut turn) = session.query(prompt).await else { continue };
                while let Some(Ok(_)) = turn.next().await {
                    if prompt == "hang" {
                        break;
                    }
                }
            }
        })
    });
    for asker in askers {
        asker.await.unwrap();
    }
    supervisor.stop().await;
    let (mut open, mut begun, mut ended, mut results) = (HashSet::new(), 0, 0, 0);
    loop {
        match events.try_recv() {
            Ok(SupervisorEvent::TurnStarted(key, uuid)) => {
                assert!(open.insert((key.clone(), uuid.clone())), "{key} {uuid:?} begins again");
                begun += usize::from(uuid.is_some());
            }
            Ok(SupervisorEvent::TurnEnded(key, report)) => {
                ended += usize::from(report.uuid.is_some());
                results += report.spending.as_ref().map_or(0, |spent| spent.results);
                assert!(open.remove(&(key, report.uuid.clone())), "{report:?} ends again");
            }
            Ok(SupervisorEvent::Down(key, _)) => {
                assert!(open.iter().all(|(of, _)| *of != key), "{key} is down: {open:?}");
            }
            Ok(_) => {}
            Err(TryRecvError::Lagged(lost)) => panic!("{lost} events were lost"),
            Err(_) => break,
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(begun, keys.len() * TURNS);
    assert_eq!(ended, begun);
    assert_eq!(results, budget.results());
}
