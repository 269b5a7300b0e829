//! The hooks of a session: registered in `initialize`, called by id.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::request::{Answering, HostRequest};
use super::{HookContext, IntoHookOutput, Matcher};
use crate::CLI_VERSION;
use crate::protocol::Answer;
use crate::session::options::OptionError;
use crate::transport::BoxFuture;
use crate::wire::hook::{HookBase, HookData, HookEventName, HookInput};
use crate::wire::{self, RawJson};

/// Hooks in the order of their registration; the id of each is its number.
#[derive(Clone, Default)]
pub(in crate::session::handlers) struct Hooks(Vec<Hook>);

#[derive(Clone)]
struct Hook {
    event: String,
    matcher: Matcher,
    run: Run,
    /// True if it logs every event and returns nothing.
    is_log: bool,
}

type Run =
    Arc<dyn Fn(&RawJson, HookContext) -> BoxFuture<'static, Result<RawJson, String>> + Send + Sync>;

/// The prefix of a hook's id on the wire.
const ID: &str = "hook_";

impl Hooks {
    pub(in crate::session::handlers) fn add<E, F, Fut>(
        &mut self,
        event: &str,
        matcher: Matcher,
        hook: F,
    ) where
        E: HookData,
        F: Fn(E, HookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoHookOutput<E>> + Send + 'static,
    {
        self.0.push(Hook::new(event, matcher, hook));
    }

    /// Logs all events.
    pub(in crate::session::handlers) fn add_log(&mut self) {
        self.0.extend(
            events_to_log().map(|event| Hook {
                is_log: true,
                ..Hook::new(event.as_str(), Matcher::all(), log)
            }),
        );
    }

    /// Returns the field `hooks` of `initialize`; `None` without any.
    ///
    /// # Errors
    /// If a matcher cannot be registered.
    pub(in crate::session::handlers) fn initialize(&self) -> Result<Option<Value>, OptionError> {
        let mut events = Map::new();
        for (number, hook) in self.0.iter().enumerate() {
            let entry = hook.matcher.register(format!("{ID}{number}"))?;
            if let Value::Array(entries) =
                events.entry(hook.event.as_str()).or_insert_with(|| Value::Array(Vec::new()))
            {
                entries.push(entry);
            }
        }
        Ok((!events.is_empty()).then_some(Value::Object(events)))
    }

    /// `None` if the id is not one of these hooks.
    pub(in crate::session::handlers) fn answer(&self, request: &HostRequest) -> Option<Answering> {
        let wire::control::CliRequest::HookCallback(callback) =
            wire::control::CliRequest::of(request.body())
        else {
            return None;
        };
        let hook = self.find(&callback.callback_id)?;
        let base = HookBase::of(&callback.input);
        if !base.hook_event_name.is_empty() && base.hook_event_name != hook.event {
            let error = format!(
                "{} is a hook for {}, not for {}",
                callback.callback_id, hook.event, base.hook_event_name
            );
            return Some(Box::pin(std::future::ready(Answer::Error(error, None))));
        }
        let output = (hook.run)(&callback.input, HookContext::new(request.clone(), base));
        Some(Box::pin(async move {
            output.await.map_or_else(|error| Answer::Error(error, None), Answer::Success)
        }))
    }

    fn find(&self, id: &str) -> Option<&Hook> {
        let number: usize = id.strip_prefix(ID)?.parse().ok()?;
        self.0.get(number)
    }
}

impl Hook {
    fn new<E, F, Fut>(event: &str, matcher: Matcher, hook: F) -> Self
    where
        E: HookData,
        F: Fn(E, HookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoHookOutput<E>> + Send + 'static,
    {
        let run = move |input: &RawJson, context| -> BoxFuture<'static, Result<RawJson, String>> {
            let Some(event) = E::from_input(input) else {
                return Box::pin(std::future::ready(Err(
                    "the input of the hook is not an object".into()
                )));
            };
            let output = hook(event, context);
            Box::pin(async move {
                let output = output.await.into_hook_output()?;
                RawJson::from_serialize(&output).map_err(|error| error.to_string())
            })
        };
        Self { event: event.to_owned(), matcher, run: Arc::new(run), is_log: false }
    }
}

/// Returns a warning for each kind of hook that the pinned CLI does not call as expected.
pub(in crate::session::handlers) fn seldom_called(hooks: &Hooks) -> Vec<String> {
    let when = [
        ("SessionStart", "only after `/clear` and after a compaction, not at the start"),
        ("SessionEnd", "only at `/clear`, not at the end"),
        ("Setup", "never"),
    ];
    let of_these = when
        .iter()
        .filter(|(event, _)| hooks.0.iter().any(|hook| hook.event == *event && !hook.is_log));
    of_these
        .map(|(event, when)| format!("CLI {CLI_VERSION} calls a host's hook for {event} {when}"))
        .collect()
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|hook| &hook.event)).finish()
    }
}

/// The events to log. A hook for creating or removing work trees would have to do the work itself,
/// and one for the CLI's set-up would never be called.
fn events_to_log() -> impl Iterator<Item = HookEventName> {
    use HookEventName::{Setup, WorktreeCreate, WorktreeRemove};
    let left_out = [WorktreeCreate, WorktreeRemove, Setup];
    HookEventName::ALL.iter().filter(move |event| !left_out.contains(event)).cloned()
}

/// Logs the whole event and blocks nothing.
async fn log(event: HookInput, context: HookContext) {
    tracing::debug!(
        target: "claude_wire::hooks",
        event = event.name().as_str(),
        session_id = context.base().session_id,
        tool_use_id = context.tool_use_id(),
        input = %event.raw(),
        "hook"
    );
}
