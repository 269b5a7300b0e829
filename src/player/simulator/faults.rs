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
        let Faulted { mut reply, keeps_reply, is_known, refuses: _ } = made;
        if !is_known {
            self.with(|state| {
                state
                    .note_not_simulated("a page of HTML, or half of a JSON, of the API".to_owned());
            });
            return scripted;
        }
        if !keeps_reply {
            // Only its pace differs.
            reply.content.clear();
            let mut late = scripted;
            late.reply = reply;
            return late;
        }
        let blocks = std::mem::take(&mut reply.content);
        let made = Scripted::of_blocks(reply, blocks);
        answers.push_front(Answer::Message(scripted));
        Box::new(made)
    }
}
