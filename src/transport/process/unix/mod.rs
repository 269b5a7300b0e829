//! A child that leads its own process group.

mod child;
#[cfg(target_os = "linux")]
mod descendants;
mod exit_watch;
mod leader;

pub(super) use self::child::connect;
