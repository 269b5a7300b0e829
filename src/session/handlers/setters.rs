//! The builder's methods for handlers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::dialog::Dialogs;
use super::elicitation::OnElicitation;
use super::{
    Confirmer, Decision, DialogAnswer, ElicitationAnswer, ElicitationRequest, HookContext,
    HookHandler, HostRequest, IntoHookOutput, Matcher, PermissionHandler, PermissionRequest,
    UserDialog,
};
use crate::session::SessionBuilder;
use crate::wire::RawJson;
use crate::wire::hook::{HookEvent, HookEventName, HookInput};

/// # Handlers
///
/// Each call of a handler runs in its own task: it may take its time, and it may call the session.
/// Its future is dropped if the CLI cancels its request. Code that blocks the thread belongs in
/// `tokio::task::spawn_blocking`.
impl SessionBuilder {
    /// Sets the handler that decides when the CLI asks whether a tool may run. Makes the CLI ask
    /// its host: `--permission-prompt-tool stdio`. Replaces a handler set before.
    ///
    /// Without a handler, and if it panics or exceeds its [time](Self::permission_timeout), the
    /// tool may not run.
    ///
    /// ```
    /// use claude_wire::{Decision, Session};
    ///
    /// let builder = Session::builder().on_permission(|request| async move {
    ///     if request.tool_name() == "Bash" { Decision::deny("no shell today") } else { Decision::allow() }
    /// });
    /// # let _ = builder;
    /// ```
    pub fn on_permission<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(PermissionRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Decision> + Send + 'static,
    {
        self.handlers.permissions.set_handler(handler);
        self
    }

    /// The same, with a type in place of a closure.
    pub fn permission_handler(self, handler: impl PermissionHandler) -> Self {
        let handler = Arc::new(handler);
        self.on_permission(move |request| {
            let handler = handler.clone();
            async move { handler.decide(request).await }
        })
    }

    /// Asks a human when the permission handler returned [`Decision::Confirm`], with the text of
    /// the handler. Without it, such an answer is a denial.
    pub fn on_confirm<F, Fut>(mut self, confirmer: F) -> Self
    where
        F: Fn(String, PermissionRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Decision> + Send + 'static,
    {
        self.handlers.permissions.set_confirmer(confirmer);
        self
    }

    /// The same, with a type in place of a closure.
    pub fn confirmer(self, confirmer: impl Confirmer) -> Self {
        let confirmer = Arc::new(confirmer);
        self.on_confirm(move |prompt, request| {
            let confirmer = confirmer.clone();
            async move { confirmer.confirm(prompt, request).await }
        })
    }

    /// Sets how long a decision about a tool may take, including the confirmation; after that the
    /// tool may not run. Default: no limit, as in the CLI.
    pub fn permission_timeout(mut self, limit: Duration) -> Self {
        self.handlers.permissions.timeout = Some(limit);
        self
    }

    /// Calls a hook for one kind of event: the type of the closure's first argument. Hooks add up;
    /// those of one event run concurrently.
    ///
    /// A panic counts as a failure of the hook; the [`Matcher`] sets what that means.
    ///
    /// ```
    /// use claude_wire::session::{Matcher, Session};
    /// use claude_wire::wire::hook::{HookOutput, PostToolUse, PreToolUse};
    ///
    /// let builder = Session::builder()
    ///     .on_hook("Bash", |event: PreToolUse, _| async move {
    ///         let command = event.tool_input.pointer("/command").map(|command| command.to_string()).unwrap_or_default();
    ///         if command.contains("rm -rf") { HookOutput::deny("dangerous") } else { HookOutput::new() }
    ///     })
    ///     .on_hook(Matcher::all(), |event: PostToolUse, _| async move { println!("{} has run", event.tool_name) });
    /// # let _ = builder;
    /// ```
    pub fn on_hook<E, F, Fut>(mut self, matcher: impl Into<Matcher>, hook: F) -> Self
    where
        E: HookEvent,
        F: Fn(E, HookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoHookOutput<E>> + Send + 'static,
    {
        self.handlers.hooks.add(E::NAME, matcher.into(), hook);
        self
    }

    /// The same, with a type in place of a closure.
    pub fn hook_handler<E: HookEvent>(
        self,
        matcher: impl Into<Matcher>,
        handler: impl HookHandler<E>,
    ) -> Self {
        let handler = Arc::new(handler);
        self.on_hook(matcher, move |event: E, context| {
            let handler = handler.clone();
            async move { handler.call(event, context).await }
        })
    }

    /// Calls one hook for several kinds of events, or for one that this version of the crate does
    /// not know.
    ///
    /// ```
    /// use claude_wire::session::{Matcher, Session};
    /// use claude_wire::wire::hook::{HookEventName, HookInput};
    ///
    /// let builder = Session::builder().on_hooks(
    ///     [HookEventName::PreToolUse, HookEventName::Stop, "CoffeeBreak".into()],
    ///     Matcher::all(),
    ///     |event: HookInput, _| async move { println!("{}: {}", event.name(), event.raw()) },
    /// );
    /// # let _ = builder;
    /// ```
    pub fn on_hooks<F, Fut>(
        mut self,
        events: impl IntoIterator<Item = HookEventName>,
        matcher: impl Into<Matcher>,
        hook: F,
    ) -> Self
    where
        F: Fn(HookInput, HookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: IntoHookOutput<HookInput>> + Send + 'static,
    {
        let (matcher, hook) = (matcher.into(), Arc::new(hook));
        for event in events {
            let hook = hook.clone();
            self.handlers.hooks.add(
                event.as_str(),
                matcher.clone(),
                move |input: HookInput, context| hook(input, context),
            );
        }
        self
    }

    /// Logs every event in full: `tracing` at level debug, target `claude_wire::hooks`. Use it to
    /// see what the CLI does; each event costs a round trip, and the log may contain confidential
    /// data.
    ///
    /// Excludes `WorktreeCreate` and `WorktreeRemove`, whose hooks would have to do the work, and
    /// `Setup`, for which CLI 2.1.329 never calls a host. `SessionStart` and `SessionEnd` are sent
    /// at `/clear`, and the former after a compaction, but not at the start and the end.
    pub fn log_hooks(mut self) -> Self {
        self.handlers.hooks.add_log();
        self
    }

    /// Answers the requests of MCP servers to the user. Without a handler, or if it panics, they
    /// are declined.
    pub fn on_elicitation<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(ElicitationRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ElicitationAnswer> + Send + 'static,
    {
        self.handlers.elicitation = Some(OnElicitation::new(handler));
        self
    }

    /// Shows dialogs of these kinds, which are declared to the CLI (`supportedDialogKinds`).
    /// Dialogs of other kinds are not answered: the CLI has its own deadline for them.
    pub fn on_user_dialog<F, Fut>(
        mut self,
        kinds: impl IntoIterator<Item: Into<String>>,
        handler: F,
    ) -> Self
    where
        F: Fn(UserDialog) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = DialogAnswer> + Send + 'static,
    {
        self.handlers.dialogs =
            Some(Dialogs::new(kinds.into_iter().map(Into::into).collect(), handler));
        self
    }

    /// Offers the CLI an MCP server that lives in this process (`sdkMcpServers`): any
    /// [`rmcp`](crate::mcp::rmcp) server, which `make` makes for each connection of the CLI.
    /// Replaces a server of that name. How it runs, and a tool to begin with: [`crate::mcp`].
    ///
    /// A panic of `make` is a failed connection.
    #[cfg(feature = "mcp")]
    pub fn tool_server<S>(
        self,
        name: impl Into<String>,
        make: impl Fn() -> S + Send + Sync + 'static,
    ) -> Self
    where
        S: crate::mcp::rmcp::Service<crate::mcp::rmcp::RoleServer>,
    {
        self.handlers.mcp.insert(name.into(), make);
        self
    }

    /// Answers raw requests of the CLI with one subtype. `Err` is sent as an error reply. A handler
    /// of the kinds above comes first, if it has an answer.
    ///
    /// Use [`initialize_field`](Self::initialize_field) to register what the CLI must know
    /// beforehand to send them.
    pub fn on_request<F, Fut, R>(mut self, subtype: impl Into<String>, handler: F) -> Self
    where
        F: Fn(HostRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, String>> + Send + 'static,
        R: Into<RawJson>,
    {
        self.handlers.insert(subtype.into().into(), handler);
        self
    }

    /// Adds a field to the `initialize` request, such as `sdkMcpServers`.
    pub fn initialize_field(mut self, name: impl Into<String>, value: Value) -> Self {
        self.initialize.insert(name.into(), value);
        self
    }

    /// Returns warnings about options that do not work as they seem to: a permission handler that
    /// these options leave nothing to decide, a hook that the CLI never calls.
    /// [`start`](Self::start) logs them with `tracing` at level warn.
    pub fn warnings(&self) -> Vec<String> {
        self.handlers.warnings(&self.resolved(), &self.initialize)
    }
}
