//! Maps requests to handlers.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::dialog::Dialogs;
use super::elicitation::OnElicitation;
use super::hooks::{self, Hooks};
use super::permission::Permissions;
use super::request::{Answering, HostRequest};
use crate::protocol::Answer;
use crate::session::options::OptionError;
use crate::session::options::unreachable;
use crate::session::{Options, WeakSession};
use crate::transport::BoxFuture;
use crate::wire::RawJson;
use crate::wire::control::CliRequestName;

/// Fields of `initialize` under way.
type Preparing = BoxFuture<'static, Map<String, Value>>;
type OnRequest = Arc<dyn Fn(HostRequest) -> Answering + Send + Sync>;

/// The handlers of a session.
#[derive(Clone, Default)]
pub(in crate::session) struct Handlers {
    pub(super) permissions: Permissions,
    pub(super) hooks: Hooks,
    pub(super) elicitation: Option<OnElicitation>,
    pub(super) dialogs: Option<Dialogs>,
    #[cfg(feature = "mcp")]
    pub(in crate::session) mcp: crate::session::mcp::McpServers,
    /// Handlers of raw requests.
    raw: HashMap<CliRequestName, OnRequest>,
}

impl Handlers {
    pub(super) fn insert<F, Fut, R>(&mut self, name: CliRequestName, handler: F)
    where
        F: Fn(HostRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, String>> + Send + 'static,
        R: Into<RawJson>,
    {
        let handler = move |request| -> Answering {
            let reply = handler(request);
            Box::pin(async move {
                reply.await.map_or_else(
                    |error| Answer::Error(error, None),
                    |reply| Answer::Success(reply.into()),
                )
            })
        };
        self.raw.insert(name, Arc::new(handler));
    }

    /// Whether there is a handler that the CLI should ask about tools.
    pub(in crate::session) fn has_permission(&self) -> bool {
        self.permissions.has_handler() || self.raw.contains_key(&CliRequestName::CanUseTool)
    }

    /// Returns warnings about options that do not work as they seem to; `initialize` has fields of
    /// the request in addition to those of the handlers.
    pub(in crate::session) fn warnings(
        &self,
        options: &Options,
        initialize: &Map<String, Value>,
    ) -> Vec<String> {
        let mut warnings = if self.has_permission() { unreachable(options) } else { Vec::new() };
        let listed =
            initialize.get("sdkMcpServers").and_then(Value::as_array).into_iter().flatten();
        let servers = listed.filter_map(Value::as_str).map(str::to_owned);
        #[cfg(feature = "mcp")]
        let servers = servers.chain(self.mcp.names());
        warnings.extend(options.ignored_policies(&servers.collect::<Vec<_>>()));
        warnings.extend(hooks::seldom_called(&self.hooks));
        warnings
    }

    /// Returns what the CLI must know beforehand, as fields of `initialize`.
    ///
    /// # Errors
    /// If one of them is already in `taken`, or cannot be expressed.
    pub(in crate::session) fn initialize(
        &self,
        taken: &Map<String, Value>,
    ) -> Result<Map<String, Value>, OptionError> {
        let fields = [
            ("hooks", self.hooks.initialize()?),
            ("supportedDialogKinds", self.dialogs.as_ref().map(Dialogs::initialize)),
            #[cfg(feature = "mcp")]
            (
                "sdkMcpServers",
                Some(self.mcp.names()).filter(|names| !names.is_empty()).map(Value::from),
            ),
        ];
        let mut initialize = Map::new();
        for (name, value) in fields {
            let Some(value) = value else { continue };
            if taken.contains_key(name) {
                return Err(OptionError::new(
                    "initialize_field",
                    format!("no `{name}` in addition to a handler that sets it"),
                    name,
                ));
            }
            initialize.insert(name.into(), value);
        }
        Ok(initialize)
    }

    /// Returns further fields of `initialize`, which are determined while the CLI is being started.
    #[cfg_attr(
        not(feature = "mcp"),
        expect(
            unused_variables,
            clippy::unused_self,
            reason = "only servers have something to say"
        )
    )]
    pub(in crate::session) fn prepare(
        &self,
        session: &WeakSession,
        initialize: &Map<String, Value>,
    ) -> Preparing {
        #[cfg(feature = "mcp")]
        if let Some(Value::Array(servers)) = initialize.get("sdkMcpServers") {
            let servers = servers.iter().filter_map(Value::as_str);
            let manifests = self.mcp.manifests(servers, session);
            let field = |manifests: Map<_, _>| {
                Map::from_iter([("sdkMcpServerManifests".to_owned(), Value::from(manifests))])
            };
            return Box::pin(async move {
                Some(manifests.await).filter(|some| !some.is_empty()).map(field).unwrap_or_default()
            });
        }
        Box::pin(std::future::ready(Map::new()))
    }

    /// Answers a request that must not be overtaken by later ones: this is called in the order of
    /// their arrival, and the request has been forwarded when it returns. `None` for any other
    /// request.
    #[cfg_attr(
        not(feature = "mcp"),
        expect(
            unused_variables,
            clippy::unused_self,
            reason = "only servers have an order to keep"
        )
    )]
    pub(in crate::session) fn answer_in_order(&self, request: &HostRequest) -> Option<Answering> {
        #[cfg(feature = "mcp")]
        if request.name() == CliRequestName::McpMessage {
            return self.mcp.pass_on(request);
        }
        None
    }

    /// Answers any other request.
    pub(in crate::session) fn answer(&self, request: HostRequest) -> Answering {
        let name = request.name();
        let typed = match name {
            CliRequestName::CanUseTool => self.permissions.answer(&request),
            CliRequestName::HookCallback => self.hooks.answer(&request),
            CliRequestName::Elicitation => {
                self.elicitation.as_ref().and_then(|handler| handler.answer(&request))
            }
            CliRequestName::UserDialog => {
                self.dialogs.as_ref().and_then(|dialogs| dialogs.answer(&request))
            }
            _ => None,
        };
        typed
            .or_else(|| self.raw.get(&name).map(|handler| handler(request.clone())))
            .unwrap_or_else(|| Box::pin(std::future::ready(unhandled(&request))))
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers")
            .field("permission", &self.has_permission())
            .field("hooks", &self.hooks)
            .field("elicitation", &self.elicitation.is_some())
            .field("dialogs", &self.dialogs.is_some())
            .field("requests", &self.raw.keys())
            .finish()
    }
}

/// The answer to a request whose handler panicked, which the CLI treats as a refusal.
pub(in crate::session) fn panicked(request: &HostRequest) -> Answer {
    match request.name() {
        CliRequestName::CanUseTool => {
            Permissions::denial("the permission handler panicked", request)
        }
        CliRequestName::Elicitation => Answer::Success(json!({"action": "decline"}).into()),
        CliRequestName::HookCallback => Answer::Error("the hook panicked".into(), None),
        _ => Answer::Error("the handler panicked".into(), None),
    }
}

/// The answer to a request that has no handler.
fn unhandled(request: &HostRequest) -> Answer {
    match request.name() {
        CliRequestName::CanUseTool => Permissions::denial("no permission handler is set", request),
        CliRequestName::HookCallback => {
            let id = request
                .field("callback_id")
                .and_then(|id| id.as_str().map(String::from))
                .unwrap_or_default();
            Answer::Error(format!("No hook callback found for ID: {id}"), None)
        }
        CliRequestName::Elicitation => Answer::Success(json!({"action": "decline"}).into()),
        CliRequestName::UserDialog => Answer::Silence,
        CliRequestName::McpMessage => {
            let name = request
                .field("server_name")
                .and_then(|name| name.as_str().map(String::from))
                .unwrap_or_default();
            Answer::Error(format!("SDK MCP server not found: {name}"), None)
        }
        CliRequestName::RemoteToolCall
        | CliRequestName::RemotePlumbingCall
        | CliRequestName::RemoteToolsProbe
        | CliRequestName::RemoteToolsReannounce => Answer::Silence,
        name => Answer::Error(
            format!("unsupported control request: {name}"),
            Some("unsupported_request".into()),
        ),
    }
}
