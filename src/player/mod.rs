//! Plays the CLI's part from a recording or a scenario.

mod compare;
mod host_line;
mod ids;
