//! Tool calls that ran in parallel.
//!
//! The CLI writes an entry for each content block of a reply, one after the other, and hangs each
//! tool result on the entry of its call. So the chain from the last message back passes only one of
//! the results, and none of the calls after its own. They are put back after the last entry of
//! their reply that the chain has.

use std::collections::{HashMap, HashSet};

use super::index::Index;
use super::transcript::{Entry, EntryKind};

pub(super) fn with_siblings(index: &Index<'_>, chain: Vec<usize>) -> Vec<usize> {
    let entries = index.entries;
    // Each reply on the chain, with its last entry there.
    let mut replies: Vec<(String, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for at in chain.iter().copied() {
        let Some(id) = entries[at].message_id() else { continue };
        match places.get(&id) {
            Some(place) => replies[*place].1 = at,
            None => {
                places.insert(id.clone(), replies.len());
                replies.push((id, at));
            }
        }
    }
    if replies.is_empty() {
        return chain;
    }
    let mut seen: HashSet<usize> = chain.iter().copied().collect();
    let calls = Calls::new(index);
    let answered: HashSet<String> = chain.iter().flat_map(|at| results(&entries[*at])).collect();
    let mut inserts: HashMap<usize, Vec<usize>> = HashMap::new();
    for (id, last) in replies {
        let recovered = calls.recovered(index, &id, &seen, &answered);
        seen.extend(&recovered);
        inserts.insert(last, recovered);
    }
    let with = |at: usize| {
        let after = inserts.remove(&at).unwrap_or_default();
        std::iter::once(at).chain(after)
    };
    chain.into_iter().flat_map(with).collect()
}

/// Which entries belong to which reply.
struct Calls {
    /// The entries of each reply.
    replies: HashMap<String, Vec<usize>>,
    /// The entry that made a call. A call that two replies claim has none.
    owners: HashMap<String, Option<usize>>,
    /// The results that may belong to an entry.
    results: HashMap<usize, Vec<usize>>,
    /// The place of each entry in the order of the file.
    positions: HashMap<usize, usize>,
}

impl Calls {
    fn new(index: &Index<'_>) -> Self {
        let entries = index.entries;
        let mut replies: HashMap<String, Vec<usize>> = HashMap::new();
        let mut owners: HashMap<String, Option<usize>> = HashMap::new();
        let mut answers = Vec::new();
        for at in index.order.iter().copied() {
            let entry = &entries[at];
            if let Some(id) = entry.message_id() {
                for call in entry.of_blocks("tool_use", "id") {
                    let owner = owners.entry(call).or_insert(Some(at));
                    let same = owner.is_some_and(|o| entries[o].message_id().as_ref() == Some(&id));
                    *owner = same.then_some(at);
                }
                replies.entry(id).or_default().push(at);
            } else if entry.is_tool_result() {
                answers.push(at);
            }
        }
        let mut results: HashMap<usize, Vec<usize>> = HashMap::new();
        for answer in answers {
            let entry = &entries[answer];
            // Where it hangs; the entry that it names; the entries of the calls that it answers.
            let parent = index.parent(answer);
            let source = entry.source.as_deref().and_then(|source| index.get(source));
            let calls = self::results(entry).into_iter().filter_map(|call| *owners.get(&call)?);
            let named =
                source.into_iter().chain(calls).filter(|to| same_agent(entry, &entries[*to]));
            for to in parent.into_iter().chain(named) {
                results.entry(to).or_default().push(answer);
            }
        }
        let positions = index.order.iter().enumerate().map(|(place, at)| (*at, place)).collect();
        Self { replies, owners, results, positions }
    }

    /// The entries of a reply, and the results of its calls, that the chain has not.
    fn recovered(
        &self,
        index: &Index<'_>,
        reply: &str,
        seen: &HashSet<usize>,
        answered: &HashSet<String>,
    ) -> Vec<usize> {
        let entries = index.entries;
        let members = self.replies.get(reply).map_or(&[][..], Vec::as_slice);
        let is_member: HashSet<usize> = members.iter().copied().collect();
        let mut siblings: Vec<usize> =
            members.iter().copied().filter(|at| !seen.contains(at)).collect();
        let (mut own, mut strays) = (Vec::new(), Vec::new());
        let mut collected = HashSet::new();
        for answer in members.iter().filter_map(|member| self.results.get(member)).flatten() {
            if seen.contains(answer) || !collected.insert(*answer) {
                continue;
            }
            let hangs_here =
                index.parent(*answer).is_some_and(|parent| is_member.contains(&parent));
            if hangs_here { own.push(*answer) } else { strays.push(*answer) }
        }
        if !strays.is_empty() {
            // Results that hang elsewhere count only for calls that have no other.
            let mut here: HashSet<String> =
                own.iter().flat_map(|at| results(&entries[*at])).collect();
            strays.sort_by_key(|at| self.positions[at]);
            for stray in strays {
                let calls = results(&entries[stray]);
                let open = calls.iter().any(|call| {
                    let owner = self.owners.get(call).copied().flatten();
                    let is_answered = answered.contains(call) || here.contains(call);
                    !is_answered && owner.is_some_and(|owner| is_member.contains(&owner))
                });
                if open {
                    here.extend(calls);
                    own.push(stray);
                }
            }
        }
        for group in [&mut siblings, &mut own] {
            group.sort_by_key(|at| entries[*at].timestamp.clone().unwrap_or_default());
        }
        siblings.extend(own);
        siblings
    }
}

fn results(entry: &Entry) -> Vec<String> {
    if entry.kind == EntryKind::User {
        entry.of_blocks("tool_result", "tool_use_id")
    } else {
        Vec::new()
    }
}

fn same_agent(one: &Entry, other: &Entry) -> bool {
    one.side_chain == other.side_chain && one.agent_id == other.agent_id
}
