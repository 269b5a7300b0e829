//! mock-claude

fn main() {}
