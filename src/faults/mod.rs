//! Faults to inject, to see what a program does about them.
//!
//! A [`Fault`] is one of the [catalogue], with its parameters and with when it happens: once, at the
//! Nth opportunity, or at a rate. A [`FaultPlan`] has faults and a seed, and is deterministic: the
//! same plan injects the same faults at the same opportunities. Each [`Injection`] is in the report,
//! in the journal of `mock-claude`, and in the recording of a recorder around it.
//!
//! | to inject faults into | use |
//! |---|---|
//! | any transport, such as the real CLI | [`Faulty`] |
//! | a replay or a scenario in memory | [`Replay::faults`](crate::Replay::faults), [`Scenario::faults`](crate::Scenario::faults) |
//! | a scenario's file | `"faults": [{"name": "exit_mid_turn", "nth": 2}]` |
//! | `mock-claude`, and so a program in any language | `CLAUDE_WIRE_FAULT=exit_mid_turn:nth=2,seed=7` |
//! | the Messages API in front of the real CLI | `ApiScript::faults` (feature `lab`) |
//!
//! The page `docs/faults.md` shows what a [`Session`](crate::Session) and the official SDKs do about
//! each of them.
//!
//! The faults of a connection are a machine without I/O: `injector.rs`. It gets the lines that cross
//! and says what is done instead; `pump.rs` does it.

mod armed;
mod catalogue;
mod fault;
mod form;
mod injector;
mod item;
mod lane;
mod pending;
mod plan;
mod point;
mod process;
mod protocol;
mod pump;
mod random;
mod seen;
mod shape;
mod transport;

#[cfg(test)]
mod tests;

pub(crate) use self::armed::{ArmedFaults, Tally};
pub use self::catalogue::{FaultInfo, FaultKind, Parameter, catalogue};
pub use self::fault::{Fault, FaultError};
pub(crate) use self::form::{Form, Written};
pub(crate) use self::injector::Injector;
pub use self::plan::{FaultPlan, Injection};
pub(crate) use self::pump::{Cli, Host, pump};
pub use self::transport::Faulty;
pub(crate) use self::transport::{connect, refuse_launch};
