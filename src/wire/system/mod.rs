//! Messages about the session (`system`), by their subtype.
//!
//! [`System`] is an enum of them. The types of one subject are in one module:
//!
//! | module | about |
//! |---|---|
//! | [`init`] | what is available to a turn: tools, servers, plugins, settings |
//! | [`status`] | states of the session, retries, compaction, another model |
//! | [`tasks`] | sub-agents, and tools in the background |
//! | [`notices`] | texts for the user |
//! | [`hooks`] | progress of hooks |
//! | [`work`] | repositories, folders, published changes |
//! | [`upkeep`] | files, memories, plugins, titles |
//! | [`peers`] | messages from other sessions that are held back |
//! | [`cloud`] | sessions in the cloud, and their workers |
//! | [`ui`] | what plugins draw on a remote screen |

pub mod cloud;
pub mod hooks;
pub mod init;
pub mod notices;
pub mod peers;
pub mod status;
mod subtypes;
pub mod tasks;
pub mod ui;
pub mod upkeep;
pub mod work;

pub use self::subtypes::System;
