//! The chain of a conversation, from its last message back to its first.

use std::collections::HashSet;

use super::index::Index;
use super::siblings::with_siblings;
use super::transcript::Entry;

/// The conversation of a session, as positions of entries.
///
/// It ends with the last message that no other follows, outside of side chains and teams. Tool
/// calls that ran in parallel, and their results, are put back where they belong.
pub(super) fn conversation(entries: &[Entry]) -> Vec<usize> {
    let index = Index::new(entries);
    let Some(leaf) = leaf(&index) else { return Vec::new() };
    with_siblings(&index, index.back_from(leaf))
}

/// The conversation of a sub-agent: back from the last message.
pub(super) fn agent_conversation(entries: &[Entry]) -> Vec<usize> {
    let index = Index::new(entries);
    let last = entries.iter().rposition(Entry::is_turn);
    last.map(|last| index.back_from(last)).unwrap_or_default()
}

fn leaf(index: &Index<'_>) -> Option<usize> {
    let entries = index.entries;
    let parents: HashSet<&str> = entries.iter().filter_map(|e| e.parent.as_deref()).collect();
    let mut seen = HashSet::new();
    let mut leaves = Vec::new();
    for at in (0..entries.len()).filter(|at| !parents.contains(&*entries[*at].uuid)) {
        // Entries that another walk has passed lead to the leaf that it found.
        let mut current = Some(at);
        while let Some(at) = current.filter(|at| seen.insert(*at)) {
            if entries[at].is_turn() {
                leaves.push(at);
                break;
            }
            current = index.parent(at);
        }
    }
    let position = |at: &usize| index.get(&entries[*at].uuid);
    let is_main = |at: &&usize| {
        let entry = &entries[**at];
        !entry.side_chain && !entry.team && !entry.meta
    };
    let main = leaves.iter().filter(is_main).max_by_key(|at| position(at));
    main.or_else(|| leaves.iter().max_by_key(|at| position(at))).copied()
}
