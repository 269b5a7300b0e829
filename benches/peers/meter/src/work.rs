//! The measurements.

use std::time::Instant;

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::process::{Window, monotonic, status};
use crate::{Failure, Flavour, Job, Read, Work};

/// One client library. All of it runs on one task.
#[expect(async_fn_in_trait, reason = "no caller needs to send these futures to another thread")]
pub trait Client: Sized {
    /// Prepares a conversation: as much as the library does before the first prompt.
    async fn start(job: &Job) -> Result<Self, Failure>;

    /// Asks, and passes each message up to the result to `see`: its text if it is a delta or an
    /// answer and `read` asks for it, else an empty string. Fails if the result does not come.
    async fn turn(
        &mut self,
        prompt: &str,
        read: Read,
        see: impl FnMut(&str),
    ) -> Result<(), Failure>;

    /// How many permissions it has given and hooks it has answered since the process started.
    fn answered(&self) -> usize;

    /// Asks, interrupts this often, each time waiting for the answer, and reads to the result.
    /// Returns how many interrupts the CLI has confirmed.
    async fn interrupts(&mut self, count: usize) -> Result<usize, Failure>;

    /// Ends the CLI.
    async fn stop(self) -> Result<(), Failure>;
}

/// The `main` of a client.
pub fn run<C: Client>() -> Result<(), Failure> {
    let job = Job::from_arguments()?;
    let runtime = match job.flavour {
        Flavour::TokioMain => Runtime::new()?,
        _ => Builder::new_current_thread().enable_all().build()?,
    };
    let report = runtime.block_on(async {
        match job.work {
            Work::Stream | Work::Ask => stream::<C>(&job).await,
            Work::Stamps => stamps::<C>(&job).await,
            Work::Interrupt => interrupt::<C>(&job).await,
            Work::First => first::<C>(&job).await,
            Work::Idle => idle::<C>(&job).await,
        }
    })?;
    println!("{report}");
    // Threads that the runtime waits for would only delay the next measurement.
    runtime.shutdown_background();
    Ok(())
}

/// The prompt of a turn that is not measured: code and buffers are in memory after it.
pub const WARM_UP: &str = "warm up";
/// The prompt of the turn that is measured.
pub const GO: &str = "go";

async fn stream<C: Client>(job: &Job) -> Result<Value, Failure> {
    let mut client = warm::<C>(job).await?;
    let answered = client.answered();
    let (mut window, mut messages, mut bytes) = (None, 0, 0);
    client
        .turn(GO, job.read, |text| match window {
            None => window = Window::open().ok(),
            Some(_) => {
                messages += 1;
                bytes += text.len();
            }
        })
        .await?;
    if job.work == Work::Ask {
        messages = client.answered() - answered;
    }
    let report = closed(window, messages, bytes)?;
    client.stop().await?;
    Ok(report)
}

async fn interrupt<C: Client>(job: &Job) -> Result<Value, Failure> {
    let mut client = warm::<C>(job).await?;
    let window = Window::open()?;
    let confirmed = client.interrupts(job.count).await?;
    let report = closed(Some(window), confirmed, 0)?;
    client.stop().await?;
    Ok(report)
}

async fn warm<C: Client>(job: &Job) -> Result<C, Failure> {
    let mut client = C::start(job).await?;
    let mut is_seen = false;
    client.turn(WARM_UP, job.read, |_| is_seen = true).await?;
    if is_seen { Ok(client) } else { Err("no message came".into()) }
}

fn closed(window: Option<Window>, messages: usize, bytes: usize) -> Result<Value, Failure> {
    let window = window.ok_or("no message came, or there is no /proc")?;
    let cpu = window.cpu().as_secs_f64() * 1e6;
    Ok(json!({ "cpu": cpu, "grown": window.grown()?, "messages": messages, "bytes": bytes }))
}

/// Microseconds from a delta's write to its caller.
async fn stamps<C: Client>(job: &Job) -> Result<Value, Failure> {
    let mut client = warm::<C>(job).await?;
    let mut delays = Vec::with_capacity(job.count);
    client
        .turn(GO, Read::Text, |text| {
            if let Ok(written) = text.parse::<u64>() {
                delays.push((monotonic().as_nanos() as u64 - written) as f64 / 1e3);
            }
        })
        .await?;
    client.stop().await?;
    Ok(spread(delays))
}

/// Milliseconds from before the start of a CLI to its first message.
async fn first<C: Client>(job: &Job) -> Result<Value, Failure> {
    let mut times = Vec::new();
    for _ in 0..job.count {
        let started = Instant::now();
        let mut seen = None;
        let mut client = C::start(job).await?;
        client
            .turn(GO, job.read, |_| {
                seen.get_or_insert_with(|| started.elapsed());
            })
            .await?;
        client.stop().await?;
        times.push(seen.ok_or("no message came")?.as_secs_f64() * 1e3);
    }
    Ok(spread(times))
}

fn spread(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values.get(((values.len().max(1) - 1) as f64 * part) as usize);
    json!({ "messages": values.len(), "median": at(0.5), "p99": at(0.99) })
}

/// KiB of each session after its first turn. The sessions that count are those that can have
/// another one: their CLI has run all the time.
async fn idle<C: Client>(job: &Job) -> Result<Value, Failure> {
    warm::<C>(job).await?.stop().await?;
    let before = status("VmRSS:")?;
    let mut all = Vec::new();
    for _ in 0..job.count {
        all.push(warm::<C>(job).await?);
    }
    let grown = status("VmRSS:")?.saturating_sub(before);
    let mut messages = 0;
    for client in &mut all {
        let mut is_seen = false;
        client.turn(GO, job.read, |_| is_seen = true).await?;
        messages += usize::from(is_seen);
    }
    for client in all {
        client.stop().await?;
    }
    Ok(json!({ "messages": messages, "median": grown as f64 / messages as f64 }))
}
