//! Ten turns in each of many sessions, all at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use claude_wire::Session;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::meter::Meter;

const TURNS: usize = 10;
/// How much longer the last session may take for its turns than the median one. If each had all its
/// turns before the next had one, it would take twice as long, and if a third of them had, one and a
/// half times.
pub(crate) const UNFAIR: f64 = 1.4;

/// Starts the sessions, this many at a time, runs their turns, and stops them. Returns what was lost
/// or left, and whether the last session has waited for others, if that has a limit.
pub(crate) fn run(
    name: &str,
    runtime: &Runtime,
    sessions: usize,
    starting: usize,
    unfair: Option<f64>,
    make: impl Fn(usize) -> Session,
    answer: fn(usize, usize) -> String,
) -> Vec<String> {
    let tasks = || runtime.metrics().num_alive_tasks();
    // What the first session of a program creates stays.
    runtime.block_on(async {
        let session = make(0);
        session.query("warm up").drain().await.expect("an answer");
        session.stop().await.expect("an end");
    });
    let before = Meter::read(tasks());

    let started = Instant::now();
    let all = runtime.block_on(start(sessions, starting, &make));
    let start_took = started.elapsed();
    let up = Meter::read(tasks());

    let started = Instant::now();
    let times = runtime.block_on(turns(&all, answer));
    let took = started.elapsed();
    let busy = Meter::read(tasks());

    let started_stop = Instant::now();
    runtime.block_on(stop(all));
    // The last tasks end after their session has been stopped. No event says so: the runtime only
    // has a count.
    while tasks() > before.tasks && started_stop.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let stop_took = started_stop.elapsed();
    let after = Meter::read(tasks());

    let mut broken = after.left(&before, sessions);
    let done = times.iter().flatten().count();
    if done != sessions {
        broken.push(format!("{} of {sessions} sessions have lost a turn", sessions - done));
    }
    let mut times: Vec<_> = times.into_iter().flatten().map(|time| time.as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    let (first, median, last) = (at(&times, 0.0), at(&times, 0.5), at(&times, 1.0));
    let (sum, squares) =
        times.iter().fold((0.0, 0.0), |(sum, squares), time| (sum + time, squares + time * time));
    println!(
        "{name}: {sessions} sessions started in {:.2} s, {} turns in {:.2} s ({:.0} a second), stopped in {:.2} s",
        start_took.as_secs_f64(),
        sessions * TURNS,
        took.as_secs_f64(),
        (sessions * TURNS) as f64 / took.as_secs_f64(),
        stop_took.as_secs_f64(),
    );
    println!(
        "  each: {:.1} KiB allocated and {:.1} KiB resident when idle, {:.1} and {:.1} after its turns; {:.1} tasks, {:.1} descriptors",
        each(up.allocated, before.allocated, sessions) / 1024.0,
        each(up.resident, before.resident, sessions),
        each(busy.allocated, before.allocated, sessions) / 1024.0,
        each(busy.resident, before.resident, sessions),
        each(up.tasks, before.tasks, sessions),
        each(up.descriptors, before.descriptors, sessions),
    );
    println!(
        "  fairness: ten turns took {first:.2} s in the first session, {median:.2} in the median, {last:.2} in the last; Jain's index {:.3}",
        sum * sum / (times.len() as f64 * squares),
    );
    if let Some(limit) = unfair {
        let one_by_one: Vec<_> = (1..=sessions).map(|number| number as f64).collect();
        assert!(lag(&one_by_one) > limit, "no limit for sessions that wait for others");
        if lag(&times) > limit {
            let lag = lag(&times);
            broken
                .push(format!("the last session took {lag:.2} times the median, at most {limit}"));
        }
    }
    broken.into_iter().map(|what| format!("{name}: {what}")).collect()
}

/// How much longer the last takes than the median. In order.
fn lag(times: &[f64]) -> f64 {
    at(times, 1.0) / at(times, 0.5)
}

fn at(times: &[f64], part: f64) -> f64 {
    times.get(((times.len().max(1) - 1) as f64 * part) as usize).copied().unwrap_or(0.0)
}

fn each(now: usize, before: usize, sessions: usize) -> f64 {
    now.saturating_sub(before) as f64 / sessions as f64
}

async fn start(sessions: usize, starting: usize, make: &impl Fn(usize) -> Session) -> Vec<Session> {
    let all: Vec<_> = (0..sessions).map(make).collect();
    let permits = Arc::new(Semaphore::new(starting));
    let mut tasks = tokio::task::JoinSet::new();
    for session in &all {
        let (session, permits) = (session.clone(), permits.clone());
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            session.connect().await.map(drop)
        });
    }
    while let Some(connected) = tasks.join_next().await {
        connected.expect("no panic").expect("a session that starts");
    }
    all
}

/// How long each session took for its turns; `None` if one had another answer.
async fn turns(all: &[Session], answer: fn(usize, usize) -> String) -> Vec<Option<Duration>> {
    let started = Instant::now();
    let tasks: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(number, session)| {
            let session = session.clone();
            tokio::spawn(async move {
                for turn in 0..TURNS {
                    let text = session.query(format!("question {number} {turn}")).text().await;
                    if text.ok()? != answer(number, turn) {
                        return None;
                    }
                }
                Some(started.elapsed())
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.push(task.await.expect("no panic"));
    }
    times
}

async fn stop(all: Vec<Session>) {
    let stops = all.into_iter().map(|session| tokio::spawn(async move { session.stop().await }));
    for stop in stops.collect::<Vec<_>>() {
        stop.await.expect("no panic").expect("an end");
    }
}
