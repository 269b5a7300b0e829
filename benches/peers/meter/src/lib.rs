//! What the comparison and all its Rust clients share: the job, the clock, the report.
//!
//! A client is a process of one measurement. Its arguments are the job: `WORK READ FLAVOUR CLI
//! COUNT`. It prints one JSON object. What its CLI does is in `PEERS_SCRIPT`, which the CLI inherits.

mod job;
mod process;
mod work;

pub use job::{Flavour, Job, Read, Work};
pub use process::monotonic;
pub use work::{Client, GO, WARM_UP, run};

/// Any reason to stop.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
