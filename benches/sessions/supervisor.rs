//! Operations of a supervisor, with few and with many sessions.

use std::time::{Duration, Instant};

use claude_wire::Session;
use claude_wire::supervisor::{ChildSpec, Supervisor};

use crate::{memory, runtime};

/// How much slower an operation may be with ten times as many sessions.
const RATIO: f64 = 1.3;
const ROUNDS: usize = 21;

const NAMES: [&str; 9] = [
    "look up",
    "query",
    "add and remove",
    "restart",
    "probe",
    // These look at every session: their time is divided by the number of sessions.
    "list, each",
    "count, each",
    "health, each",
    "snapshot, each",
];

/// Returns the operations that are slower with many sessions.
pub(crate) fn run(few: usize, many: usize, quick: bool) -> Vec<String> {
    let runtime = runtime();
    // Both at once, in alternating rounds, so that a busy moment of the machine affects both.
    let best = runtime.block_on(async {
        let (with_few, with_many) = (supervisor(few).await, supervisor(many).await);
        let mut best = [[Duration::MAX; NAMES.len()]; 2];
        for round in 0..ROUNDS {
            let both = [(&with_few, few), (&with_many, many)];
            for ((supervisor, sessions), best) in both.into_iter().zip(&mut best) {
                let times = operations(supervisor, round, sessions).await;
                for (time, best) in times.into_iter().zip(best) {
                    *best = time.min(*best);
                }
            }
        }
        with_few.stop().await;
        with_many.stop().await;
        best
    });
    let mut broken = Vec::new();
    println!("supervisor: us for an operation with {few} and with {many} sessions");
    for (operation, name) in NAMES.into_iter().enumerate() {
        let [few, many] = best.map(|best| best[operation].as_secs_f64() * 1e6);
        println!("  {name:<16} {few:>9.3} {many:>9.3}   {:.2} times", many / few);
        // A short run on a busy machine only shows the order of magnitude.
        let ratio = if quick { 3.0 } else { RATIO };
        // That of each child depends on the caches of the processor: no goal.
        if !name.ends_with(", each") && many > ratio * few {
            broken.push(format!("supervisor: {name}: {:.2} times, at most {ratio}", many / few));
        }
    }
    broken
}

fn spec(key: usize) -> ChildSpec<usize> {
    ChildSpec::new(key, || Session::builder().transport(memory::cli()))
}

async fn supervisor(sessions: usize) -> Supervisor<usize> {
    let builder = Supervisor::builder().max_starting(sessions).children((0..sessions).map(spec));
    let supervisor = builder.start().await.expect("a supervisor");
    // The first turn of a session costs more than those after it.
    for key in 0..sessions {
        turn(&supervisor, key).await;
    }
    supervisor
}

async fn turn(supervisor: &Supervisor<usize>, key: usize) {
    let session = supervisor.session(&key).expect("a session");
    session.query("hello").await.expect("a turn").drain().await.expect("an answer");
}

/// The time of each operation, the mean of some.
async fn operations(
    supervisor: &Supervisor<usize>,
    round: usize,
    sessions: usize,
) -> [Duration; NAMES.len()] {
    const TIMES: u32 = 200;
    // Spread over all sessions, from the first to the last: no size has this factor.
    let key = |number: u32| (number as usize * 7919 + round) % sessions;
    let each = u32::try_from(sessions).expect("a number of sessions");
    // Each key as often with any number of sessions: the first look-up of one also fetches its memory.
    let started = Instant::now();
    for number in 0..each * 10 {
        supervisor.session(&key(number)).expect("a session");
    }
    let look_up = started.elapsed() / (each * 10);
    let started = Instant::now();
    for number in 0..TIMES {
        turn(supervisor, key(number)).await;
    }
    let query = started.elapsed() / TIMES;
    let started = Instant::now();
    for number in 0..TIMES {
        let key = 1_000_000 + number as usize;
        supervisor.start_session(spec(key)).await.expect("a session");
        supervisor.terminate_session(&key).await.expect("an end");
    }
    let add = started.elapsed() / TIMES;
    let started = Instant::now();
    for number in 0..TIMES / 4 {
        supervisor.restart_session(&key(number)).await.expect("a restart");
    }
    let restart = started.elapsed() / (TIMES / 4);
    let started = Instant::now();
    for number in 0..TIMES {
        let probed = supervisor.probe(&key(number), Duration::from_secs(10)).await;
        probed.expect("a session").expect("an answer");
    }
    let probe = started.elapsed() / TIMES;
    let timed = |look: &dyn Fn() -> usize| {
        let started = Instant::now();
        assert!(look() >= sessions, "all are looked at");
        started.elapsed() / each
    };
    let list = timed(&|| supervisor.list().len());
    let count = timed(&|| supervisor.count().sessions);
    let health = timed(&|| supervisor.health().total);
    let snapshot = timed(&|| {
        std::hint::black_box(supervisor.snapshot());
        sessions
    });
    [look_up, query, add, restart, probe, list, count, health, snapshot]
}
