//! Compaction: a full context, or `/compact`, makes the model write a summary, and the conversation
//! goes on from it.

use serde_json::{Value, json};

use crate::player::model::{ApiReply, OutMessage};
use crate::player::scenario::ModelReply;

use super::agent::Agent;
use super::answers::{Answer, Item, answers};
use super::context::ASKS;
use super::handle::Cli;
use super::hook_calls::fields as to_fields;
use super::state::State;
use super::usage::Tokens;

const CONTINUES: &str = "This session is being continued from a previous conversation. The summary below covers the earlier portion of it.";
/// What the host learns where a scenario has no summary.
const NO_SUMMARY: &str = "compaction: no turn of the scenario has a prompt that names `create a detailed summary`, so the summary is empty";

impl Cli {
    /// Compacts a full context before a request. True if it did.
    pub(super) async fn compact_if_full(&self) -> bool {
        if self.agent().is_some() || !self.with(|state| state.context.is_full()) {
            return false;
        }
        self.with(|state| state.requesting());
        let (summary, left) = self.summary("auto", "").await;
        self.with(|state| {
            let line = state.lines.user(json!([{"type": "text", "text": summary}]));
            let anchor = line["uuid"].clone();
            let kept = state.turn().prompts.clone();
            let prompt = state.last_prompt.clone();
            let [before, after, dropped] = state.context.compact(&prompt, &summary, left);
            let mut boundary = state.lines.system("compact_boundary", Value::Null);
            boundary["compact_metadata"] = json!({
                "trigger": "auto", "pre_tokens": before, "post_tokens": after, "cumulative_dropped_tokens": dropped, "duration_ms": 1,
            });
            if let (Some(first), Some(last)) = (kept.first(), kept.last()) {
                boundary["compact_metadata"]["preserved_segment"] =
                    json!({"head_uuid": first, "anchor_uuid": anchor, "tail_uuid": last});
                boundary["compact_metadata"]["preserved_messages"] =
                    json!({"anchor_uuid": anchor, "uuids": kept, "all_uuids": kept});
                boundary["logical_parent_uuid"] = last.as_str().into();
            }
            state.out(&boundary);
            let mut line = line;
            line["isSynthetic"] = true.into();
            state.out(&line);
            state.count_message();
        });
        true
    }

    /// `/compact`, with what the user wants to be kept.
    pub(super) async fn compact_by_hand(&self, keep: &str) {
        let (summary, left) = self.summary("manual", keep).await;
        let hooks = self.with(|state| state.compaction_hooks("manual"));
        self.with(|state| {
            let prompts = state.turn().prompts.clone();
            let init = state.init_line(&prompts);
            state.out(&init);
            let [before, after, dropped] = state.context.compact("", &summary, left);
            let mut boundary = state.lines.system("compact_boundary", Value::Null);
            boundary["compact_metadata"] = json!({
                "trigger": "manual", "pre_tokens": before, "post_tokens": after, "cumulative_dropped_tokens": dropped, "duration_ms": 1,
            });
            boundary["logical_parent_uuid"] = state.lines.uuid().into();
            state.out(&boundary);
            let mut line = state.lines.user(summary.into());
            line["isReplay"] = false.into();
            line["isSynthetic"] = true.into();
            state.out(&line);
            let text =
                format!("<local-command-stdout>Compacted {hooks}</local-command-stdout>");
            let mut line = state.lines.user(text.into());
            line["isReplay"] = true.into();
            state.out(&line);
            state.end_command("compact", "");
        });
    }

    /// Asks the model for a summary, and returns what the conversation goes on with, and its tokens if
    /// the scenario says how many.
    async fn summary(&self, trigger: &str, keep: &str) -> (String, Option<u64>) {
        let asks = match keep {
            "" => ASKS.to_owned(),
            keep => format!("{ASKS}\n\nAdditional Instructions:\n{keep}"),
        };
        let is_by_itself = trigger == "auto";
        let fields =
            json!({"trigger": trigger, "custom_instructions": (!is_by_itself).then_some(keep)});
        let hooks = self.hooks("PreCompact", trigger, None, to_fields(fields));
        let says_so = || {
            self.with(|state| {
                let mut status = json!({"status": "compacting"});
                if is_by_itself {
                    status["compact_output_chars"] = 0.into();
                }
                let line = state.lines.system("status", status);
                state.out(&line);
            });
        };
        if is_by_itself {
            hooks.await;
            says_so();
        } else {
            says_so();
            hooks.await;
        }
        let (text, left) = self.with(|state| state.summarized(&asks));
        self.session_goes_on("compact").await;
        let fields = json!({"trigger": trigger, "compact_summary": text});
        self.hooks("PostCompact", trigger, None, to_fields(fields)).await;
        self.with(|state| {
            let fields = json!({"status": null, "compact_result": "success"});
            let line = state.lines.system("status", fields);
            state.out(&line);
        });
        let inner =
            text.split_once("<summary>").and_then(|(_, rest)| rest.split_once("</summary>"));
        let summary = inner.map_or(&*text, |(summary, _)| summary.trim());
        (format!("{CONTINUES}\n\n{summary}"), left)
    }
}

impl State {
    /// The model's summary: what the turn says that names what the CLI asks for.
    fn summarized(&mut self, asks: &str) -> (String, Option<u64>) {
        match self.aside(asks) {
            Some((text, reply)) => (text, reply.tokens_left()),
            None => {
                self.note_not_simulated(NO_SUMMARY.to_owned());
                (String::new(), None)
            }
        }
    }

    /// What the CLI says of the hooks that it called, each in a line.
    fn compaction_hooks(&mut self, trigger: &str) -> String {
        let mut of_settings = self.outside.settings_hooks.iter();
        if of_settings.any(|hook| ["PreCompact", "PostCompact"].contains(&&*hook.event)) {
            let what = "what `/compact` says of the hooks of the settings";
            self.note_not_simulated(what.to_owned());
        }
        let called = ["PreCompact", "PostCompact"].into_iter().flat_map(|event| {
            let hooks = self.hooks.callbacks(event, trigger).into_iter();
            hooks.map(move |_| format!("{event} [callback] completed successfully"))
        });
        called.collect::<Vec<_>>().join("\n")
    }

    /// What the model answers to a request of the CLI that no line shows: the first message of the
    /// turn that names it.
    pub(super) fn answer_aside(&mut self, asks: &str) -> Option<String> {
        self.aside(asks).map(|(text, _)| text)
    }

    fn aside(&mut self, asks: &str) -> Option<(String, ModelReply)> {
        let reply = self.turns.take_named(asks).ok()?;
        let Some(Answer::Message(message)) = answers(&reply).pop_front() else { return None };
        let content = message.items.iter().filter_map(|item| match item {
            Item::Block(block, _) => Some(block.clone()),
            _ => None,
        });
        let message = ApiReply { content: content.collect(), ..message.reply.clone() };
        let whole = OutMessage::new(&message, &self.lines.model, self.requests).whole();
        self.requests += 1;
        let tokens = Tokens::of(&whole["usage"]);
        let model = self.lines.model.clone();
        self.ledger.add(&model, tokens);
        self.reported.add(&model, tokens);
        Some((super::tool_results::text_of(&whole["content"]), reply))
    }

    /// A request of this agent was sent. Requests that the API refuses count once until one is
    /// answered, and those of sub-agents have no line.
    pub(super) fn note_request(&mut self, agent: Option<&Agent>) {
        let was_requested = std::mem::replace(&mut self.turn_of(agent).is_requested, true);
        if !was_requested && agent.is_none() {
            self.requesting();
        }
    }

    /// The line with which the host learns of a request, where it asked for partial messages.
    pub(super) fn requesting(&mut self) {
        if !self.options.partial {
            return;
        }
        let prompts = self.turn().prompts.clone();
        let mut status = self.lines.system("status", json!({"status": "requesting"}));
        if !prompts.is_empty() {
            status["user_message_uuids"] = json!(prompts);
        }
        self.out(&status);
    }
}
