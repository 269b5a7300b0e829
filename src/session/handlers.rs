//! The host's answers to the CLI's requests.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::protocol::Answer;
use crate::transport::BoxFuture;
use crate::wire::{Frame, RawJson};

/// A request of the CLI's: the body of a `control_request`, as it stood on the wire.
#[derive(Clone, Debug)]
pub struct HostRequest {
    body: RawJson,
}

impl HostRequest {
    /// `subtype`: what is asked, such as `can_use_tool`, `hook_callback` or `mcp_message`.
    pub fn subtype(&self) -> String {
        self.text("subtype").unwrap_or_default()
    }

    /// The whole body.
    pub fn body(&self) -> &RawJson {
        &self.body
    }

    /// A field of the body.
    pub fn field(&self, name: &str) -> Option<RawJson> {
        self.body.cursor().get(name).map(|value| value.raw())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.body.cursor().get(name)?.string().map(String::from)
    }
}

/// The decision on a `can_use_tool` request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Decision {
    /// The tool may run, with this input; `None` leaves the input as it is.
    Allow {
        /// `updatedInput`.
        input: Option<Value>,
    },
    /// The tool may not run.
    Deny {
        /// `message`: what the model is told.
        message: String,
        /// `interrupt`: end the turn as well.
        interrupt: bool,
    },
}

impl Decision {
    /// The tool may run as asked.
    pub fn allow() -> Self {
        Self::Allow { input: None }
    }

    /// The tool may run, with another input.
    pub fn allow_with(input: Value) -> Self {
        Self::Allow { input: Some(input) }
    }

    /// The tool may not run; the model is told why and goes on.
    pub fn deny(message: impl Into<String>) -> Self {
        Self::Deny { message: message.into(), interrupt: false }
    }

    /// The tool may not run, and the turn ends.
    pub fn deny_and_interrupt(message: impl Into<String>) -> Self {
        Self::Deny { message: message.into(), interrupt: true }
    }
}

/// A request for permission to use a tool (`can_use_tool`).
#[derive(Clone, Debug)]
pub struct PermissionRequest {
    request: HostRequest,
}

impl PermissionRequest {
    /// `tool_name`.
    pub fn tool_name(&self) -> String {
        self.request.text("tool_name").unwrap_or_default()
    }

    /// `input`: what the tool would be called with.
    pub fn input(&self) -> RawJson {
        self.request.field("input").unwrap_or_else(|| json!({}).into())
    }

    /// `tool_use_id`.
    pub fn tool_use_id(&self) -> Option<String> {
        self.request.text("tool_use_id")
    }

    /// The whole request, for the fields that have no accessor here.
    pub fn request(&self) -> &HostRequest {
        &self.request
    }
}

/// An answer under way: a payload, or the text of an error.
type Reply = BoxFuture<'static, Result<RawJson, String>>;
type Handler = Arc<dyn Fn(HostRequest) -> Reply + Send + Sync>;

/// The handlers of a session, by subtype.
#[derive(Clone, Default)]
pub(super) struct Handlers(HashMap<String, Handler>);

impl Handlers {
    pub(super) fn insert<F, Fut, R>(&mut self, subtype: String, handler: F)
    where
        F: Fn(HostRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, String>> + Send + 'static,
        R: Into<RawJson>,
    {
        let handler = move |request| -> Reply {
            let reply = handler(request);
            Box::pin(async move { reply.await.map(Into::into) })
        };
        self.0.insert(subtype, Arc::new(handler));
    }

    pub(super) fn insert_permission<F, Fut>(&mut self, handler: F)
    where
        F: Fn(PermissionRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Decision> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert("can_use_tool".into(), move |request| {
            let handler = handler.clone();
            async move {
                let (input, id) = (request.field("input"), request.text("tool_use_id"));
                let decision = handler(PermissionRequest { request }).await;
                Ok(permission_reply(decision, input, id))
            }
        });
    }

    pub(super) fn has_permission(&self) -> bool {
        self.0.contains_key("can_use_tool")
    }

    /// The answer to a request, as a future that may panic.
    pub(super) fn answer(&self, frame: &Frame) -> BoxFuture<'static, Answer> {
        let body = frame.payload().map(|request| request.raw()).unwrap_or_default();
        let request = HostRequest { body };
        match self.0.get(&request.subtype()) {
            Some(handler) => {
                let reply = handler(request);
                Box::pin(async move { reply.await.map_or_else(|error| Answer::Error(error, None), Answer::Success) })
            }
            None => Box::pin(std::future::ready(unhandled(&request.subtype()))),
        }
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// The answer to a request whose handler panicked: what the CLI takes for a refusal.
pub(super) fn panicked(subtype: &str) -> Answer {
    match subtype {
        "can_use_tool" => Answer::Success(permission_reply(Decision::deny("the permission handler panicked"), None, None)),
        _ => Answer::Error("the handler panicked".into(), None),
    }
}

/// The answer to a request that has no handler: closed rather than open.
fn unhandled(subtype: &str) -> Answer {
    match subtype {
        "can_use_tool" => Answer::Success(permission_reply(Decision::deny("no permission handler is set"), None, None)),
        "elicitation" => Answer::Success(json!({"action": "decline"}).into()),
        // A dialog of a kind that the host has not declared is not the host's to close.
        "request_user_dialog" => Answer::Silence,
        _ => Answer::Error(format!("unsupported control request: {subtype}"), Some("unsupported_request".into())),
    }
}

/// The wire form. `updatedInput` is always sent, because older versions of the CLI insist on it: as it came, byte for byte, unless changed.
fn permission_reply(decision: Decision, input: Option<RawJson>, tool_use_id: Option<String>) -> RawJson {
    let mut fields = match decision {
        Decision::Allow { input: updated } => {
            let input = updated.map(RawJson::from).or(input).unwrap_or_else(|| json!({}).into());
            format!(r#""behavior":"allow","updatedInput":{input}"#)
        }
        Decision::Deny { message, interrupt } => {
            let interrupt = if interrupt { r#","interrupt":true"# } else { "" };
            format!(r#""behavior":"deny","message":{}{interrupt}"#, Value::from(message))
        }
    };
    if let Some(id) = tool_use_id {
        fields.push_str(&format!(r#","toolUseID":{}"#, Value::from(id)));
    }
    RawJson::scanned(format!("{{{fields}}}").into())
}
