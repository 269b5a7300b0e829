//! Many sessions at once: what they cost, whether one of them is lost or left behind, and whether a
//! supervisor is slower with more of them.
//!
//! ```sh
//! cargo build --release -p claude-wire-cli
//! cargo bench --bench sessions                # all parts, 10,000 sessions and 1,000 processes
//! cargo bench --bench sessions -- processes   # one part: memory, supervisor, processes or idle
//! cargo bench --bench sessions -- --quick     # a tenth of the sessions, without processes
//! ```
//!
//! It runs on two threads. `processes` and `idle` need `mock-claude` of the same profile, and four
//! descriptors for each process (`ulimit -n`).

mod idle;
mod memory;
mod meter;
mod processes;
mod run;
mod supervisor;

use tokio::runtime::{Builder, Runtime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let parts = ["memory", "supervisor", "processes", "idle"];
    let is_known = |name: &str| name.starts_with("--") || parts.contains(&name);
    if let Some(unknown) = arguments.iter().find(|name| !is_known(name)) {
        eprintln!("no part is called {unknown:?}: {}", parts.join(", "));
        std::process::exit(2);
    }
    let asked: Vec<_> =
        parts.into_iter().filter(|part| arguments.iter().any(|it| it == part)).collect();
    // Each part in its own process: memory that one gave back would serve the next.
    let [part] = asked.as_slice() else {
        let wanted = parts.into_iter().filter(|part| match asked.is_empty() {
            true => !quick || matches!(*part, "memory" | "supervisor"),
            false => asked.contains(part),
        });
        let failed: Vec<_> = wanted.filter(|part| !run_alone(part, quick)).collect();
        if !failed.is_empty() {
            eprintln!("\nfailed: {}", failed.join(", "));
            std::process::exit(1);
        }
        return;
    };
    let broken = match *part {
        "memory" => memory::run(if quick { 1_000 } else { 10_000 }),
        "supervisor" => {
            let (few, many) = if quick { (200, 2_000) } else { (1_000, 10_000) };
            supervisor::run(few, many, quick)
        }
        "processes" => processes::run(if quick { 100 } else { 1_000 }),
        _ => idle::run(if quick { 20 } else { 200 }),
    };
    if !broken.is_empty() {
        eprintln!("\nbroken:\n{}", broken.join("\n"));
        std::process::exit(1);
    }
    println!("  nothing lost, nothing left");
}

/// Returns whether a part has kept its limits.
fn run_alone(part: &str, quick: bool) -> bool {
    let program = std::env::current_exe().expect("the path of this program");
    let mut command = std::process::Command::new(program);
    command.arg(part).args(quick.then_some("--quick"));
    command.status().expect("a process of this program").success()
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}
