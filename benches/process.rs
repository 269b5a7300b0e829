//! The cost of one real CLI, and the savings from keeping it: memory, threads and start of the
//! process behind a session; turns in one process compared with one process per turn. The model's
//! side is a script, so the time is the CLI's own.
//!
//! Requires a CLI in `CLAUDE_WIRE_REAL_CLI` and a network with only loopback (see
//! `claude_wire::lab`); otherwise it says so and ends:
//!
//! `unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh cargo bench --offline --features lab --bench process`

use std::fs;
use std::time::{Duration, Instant};

use claude_wire::lab::{ApiReply, ApiScript, Hermetic, When, real_cli};
use claude_wire::{Session, query};

const TURNS: usize = 9;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let Some(cli) = real_cli() else {
        println!("SKIPPED: CLAUDE_WIRE_REAL_CLI names no CLI");
        return Ok(());
    };
    let place =
        Hermetic::start(cli, ApiScript::new().always(When::any(), [ApiReply::text("Done.")]))
            .await?;

    // What two processes share is not private.
    let other = place.session().start()?;
    other.connect().await?;
    let session = place.session().start()?;
    let started = Instant::now();
    session.connect().await?;
    println!("handshake: {} ms after the start", started.elapsed().as_millis());
    println!("after the handshake: {}", held(&session)?);
    for _ in 0..2 {
        session.query("Go on").text().await?;
    }
    println!("after two turns: {}", held(&session)?);

    let mut kept = Vec::new();
    let mut separate = Vec::new();
    // Alternate, so that a busy moment of the machine affects both.
    for _ in 0..TURNS {
        let started = Instant::now();
        session.query("Go on").text().await?;
        kept.push(started.elapsed());
        let started = Instant::now();
        query("Go on").session(place.session()).await?;
        separate.push(started.elapsed());
    }
    session.stop().await?;
    other.stop().await?;
    println!(
        "a turn, median of {TURNS}: {} ms in one process, {} ms in one process per turn",
        median(kept),
        median(separate)
    );
    place.finish()?;
    Ok(())
}

/// The resources of a session's process.
fn held(session: &Session) -> Result<String, Failure> {
    let pid = session.pid().ok_or("no process")?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        status.lines().find_map(|line| {
            line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok()
        })
    };
    let (resident, threads) =
        (field("VmRSS:").ok_or("no VmRSS")?, field("Threads:").ok_or("no Threads")?);
    // What each of several CLIs has.
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let private: u64 = rollup
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            let kib = rest.split_whitespace().next()?.parse::<u64>().ok()?;
            matches!(name, "Private_Clean" | "Private_Dirty").then_some(kib)
        })
        .sum();
    let mb = |kib: u64| kib * 1024 / 1_000_000;
    Ok(format!("{} MB resident, {} MB private, {threads} threads", mb(resident), mb(private)))
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> u128 {
    times.sort();
    times.get(times.len() / 2).map_or(0, Duration::as_millis)
}
