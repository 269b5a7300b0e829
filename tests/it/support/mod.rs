//! Shared helpers of several test files.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::len_without_is_empty,
    reason = "each test file uses a part of it"
)]

pub mod ask;
pub mod captures;
pub mod cases;
pub mod cli;
pub mod faulty;
pub mod log;
#[path = "../../../mock-cli/src/tool/conformance/matcher.rs"]
pub mod matcher;
pub mod project;
pub mod read;
pub mod recorded;
#[cfg(unix)]
pub mod shell;
pub mod stream;
pub mod view;
