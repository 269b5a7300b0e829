//! claude-wire

fn main() {}
