//! What several test binaries share; none uses all of it.
#![allow(dead_code, unreachable_pub)]

pub mod cases;
pub mod matcher;
pub mod view;
