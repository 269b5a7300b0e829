//! What the launches of one run share: which recordings are used, and the report of each launch.
//!
//! In one process that is memory; launches of several processes share a [`RunFolder`]:
//!
//! | in a run folder | holds |
//! |---|---|
//! | `run.json` | what the run plays |
//! | `used/NAME` | one file for each recording that a launch uses, created by that launch alone |
//! | `launches/N.json` | the report of the Nth launch |
//! | `last-failure.json` | the report of the last launch that differed |
//! | `turns.json`, `turns/`, `starts/`, `sessions/` | of a scenario: its prompts, which are taken, the launches, the ids of sessions |
//! | `resumable/` | of a replay: the recorded ids of sessions, and the live ones |
//! | `faults/` | how many opportunities each fault had, and what was injected |
//! | `recordings/` | the recordings that its launches made |

mod claims;
mod dirs;
mod error;
mod folder;
mod launches;
mod log;
mod recorded;
mod tally;

pub(super) use self::claims::Claims;
pub use self::error::RunError;
pub use self::folder::RunFolder;
pub use self::launches::LaunchReport;
pub(super) use self::log::LaunchLog;
pub(super) use self::tally::RunTally;
