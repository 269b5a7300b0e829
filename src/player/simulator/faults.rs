//! Faults of the API, for a CLI that is simulated.

use std::collections::VecDeque;

use crate::player::model::{Faulted, next_faulted};

use super::answers::{Answer, Item, Scripted};
use super::handle::Cli;

impl Cli {
    /// What the API answers, if it has a fault at this request. What was scripted is then the answer
    /// to the next request.
    pub(super) fn with_faults(
        &self,
        scripted: Box<Scripted>,
        answers: &mut VecDeque<Answer>,
    ) -> Box<Scripted> {
        let Some((faults, number)) =
            self.with(|state| Some((state.faults.clone()?, state.requests + 1)))
        else {
            return scripted;
        };
        let blocks = scripted.items.iter().filter_map(|item| match item {
            Item::Block(block, _) => Some(block.clone()),
            Item::Do(_) => None,
        });
        let mut whole = scripted.reply.clone();
        whole.content = blocks.collect();
        let Some(made) = next_faulted(&faults, &format!("API request {number}"), &whole) else {
            return scripted;
        };
        let Faulted { mut reply, keeps_reply, refuses: _ } = made;
        if !keeps_reply {
            // Its pace differs, or what its blocks are read as.
            let mut other = scripted;
            let mut blocks = std::mem::take(&mut reply.content).into_iter();
            for item in &mut other.items {
                if let Item::Block(block, _) = item {
                    *block = blocks.next().unwrap_or_else(|| block.clone());
                }
            }
            other.reply = reply;
            return other;
        }
        let blocks = std::mem::take(&mut reply.content);
        let made = Scripted::of_blocks(reply, blocks);
        answers.push_front(Answer::Message(scripted));
        Box::new(made)
    }
}
