//! What several test files share.
#![allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]

pub mod cli;
