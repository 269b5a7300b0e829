//! The code behind a hook, and its arguments.

use std::sync::Arc;

use super::super::request::HostRequest;
use crate::session::WeakSession;
use crate::wire::hook::{HookBase, HookData, HookEvent, HookOutput};

/// Handles one kind of event. A closure is enough in most cases: see
/// [`on_hook`](crate::session::SessionBuilder::on_hook).
///
/// ```
/// use claude_wire::session::{HookContext, HookHandler, Session};
/// use claude_wire::wire::hook::{HookOutput, PreToolUse};
///
/// struct NoNetwork;
///
/// impl HookHandler<PreToolUse> for NoNetwork {
///     async fn call(&self, event: PreToolUse, _: HookContext) -> Result<HookOutput<PreToolUse>, String> {
///         let command = event.tool_input.pointer("/command").ok_or("no command")?;
///         Ok(if command.text().contains("curl") { HookOutput::deny("no network here") } else { HookOutput::new() })
///     }
/// }
///
/// let builder = Session::builder().hook_handler("Bash", NoNetwork);
/// # let _ = builder;
/// ```
pub trait HookHandler<E: HookEvent>: Send + Sync + 'static {
    /// Returns the hook's answer; `Err` is its failure. Dropped at an `await` if the CLI cancels
    /// the event, as it does when the time is up.
    fn call(
        &self,
        event: E,
        context: HookContext,
    ) -> impl Future<Output = Result<HookOutput<E>, String>> + Send;
}

/// What a hook may return: an output, a `Result` of one, or nothing, which is the neutral output.
pub trait IntoHookOutput<E: HookData> {
    /// Returns the output, or the text of the failure.
    fn into_hook_output(self) -> Result<HookOutput<E>, String>;
}

impl<E: HookData> IntoHookOutput<E> for HookOutput<E> {
    fn into_hook_output(self) -> Result<HookOutput<E>, String> {
        Ok(self)
    }
}

impl<E: HookData> IntoHookOutput<E> for () {
    fn into_hook_output(self) -> Result<HookOutput<E>, String> {
        Ok(HookOutput::new())
    }
}

impl<E: HookData, T: IntoHookOutput<E>, Failure: ToString> IntoHookOutput<E>
    for Result<T, Failure>
{
    fn into_hook_output(self) -> Result<HookOutput<E>, String> {
        self.map_err(|failure| failure.to_string())?.into_hook_output()
    }
}

/// What a hook gets in addition to its event.
#[derive(Clone, Debug)]
pub struct HookContext {
    request: HostRequest,
    base: Arc<HookBase>,
}

impl HookContext {
    pub(super) fn new(request: HostRequest, base: HookBase) -> Self {
        Self { request, base: Arc::new(base) }
    }

    /// The fields that every event has: session, transcript, working directory, permission mode,
    /// sub-agent, ...
    pub fn base(&self) -> &HookBase {
        &self.base
    }

    /// The tool call; a random uuid if the event does not concern a tool.
    pub fn tool_use_id(&self) -> Option<String> {
        self.request.field("tool_use_id")?.as_str().map(String::from)
    }

    /// The session that the hook belongs to: see
    /// [`HostRequest::session`](crate::session::handlers::HostRequest::session).
    pub fn session(&self) -> &WeakSession {
        self.request.session()
    }

    /// The whole request, verbatim.
    pub fn request(&self) -> &HostRequest {
        &self.request
    }
}
