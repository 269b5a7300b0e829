//! Every method that sends a control request: the exact request, and the values read from a reply
//! of CLI 2.1.329.
//!
//! `replies.jsonl` contains the replies, scrubbed and shortened: long lists to two items, long
//! texts to "A text.".
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod account;
mod conversation;
mod exchange;
mod files;
mod inspect;
mod live;
mod mcp;
mod server_info;
mod settings;
mod tasks;
mod usage;

use std::collections::BTreeSet;

/// The table in `docs/` names every request; a test of this folder sends each one that has a
/// method.
#[test]
fn every_request_of_the_table_is_tested() {
    let table = include_str!("../../../docs/control-requests.md");
    let tests = [
        include_str!("account.rs"),
        include_str!("conversation.rs"),
        include_str!("files.rs"),
        include_str!("inspect.rs"),
        include_str!("live.rs"),
        include_str!("mcp.rs"),
        include_str!("settings.rs"),
        include_str!("tasks.rs"),
        include_str!("usage.rs"),
    ]
    .concat();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let with_method: BTreeSet<_> = rows
        .filter(|(_, method)| !method.starts_with("none"))
        .map(|(subtype, _)| subtype)
        .collect();
    let untested: Vec<_> = with_method
        .iter()
        .filter(|subtype| {
            !tests.contains(&format!(r#"{{"subtype":"{subtype}""#)) && **subtype != "initialize"
        })
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
    assert!(with_method.len() > 60, "{with_method:?}");
}
