//! The host's answers to the CLI's requests.
//!
//! Each handler runs in its own task: a slow one blocks neither reading nor interrupts, and it may
//! call its session. A query within a turn is rejected, since it would wait for that turn, which
//! waits for the handler: [`HostRequest::session`]. If the CLI cancels its request, the handler's
//! future is dropped at its next `await`, and nothing is written. A handler that never answers
//! leaves the CLI waiting, for a permission request without limit.
//!
//! **Fail closed.** A request without a handler, or whose handler panics or times out, is refused:
//!
//! | request | answer |
//! |---|---|
//! | `can_use_tool` | a denial |
//! | `hook_callback` | an error, after which the CLI continues or blocks, as the hook's [`Matcher`] says |
//! | `elicitation` | `decline` |
//! | `request_user_dialog` | none if the kind was not declared, since another host may show it; an error if the handler failed |
//! | `mcp_message` | an error for an unknown server |
//! | `remote_tool_call` and similar | none: they are for another kind of host |
//! | anything else, such as `oauth_token_refresh` | an error with the code `unsupported_request`, unless [`on_request`] has a handler |
//!
//! [`on_request`]: crate::session::SessionBuilder::on_request
//!
//! The official SDKs answer a failed permission handler with an error, which the CLI treats like a
//! denial, with a worse text for the model.

mod dialog;
mod elicitation;
mod hooks;
mod permission;
mod registry;
mod request;
mod setters;

pub use self::dialog::{DialogAnswer, UserDialog};
pub use self::elicitation::{ElicitationAnswer, ElicitationRequest};
pub use self::hooks::{HookContext, HookHandler, IntoHookOutput, Matcher};
pub use self::permission::{
    Answers, Confirmer, Decision, DecisionClassification, PermissionHandler, PermissionRequest,
};
pub(super) use self::registry::{Handlers, panicked};
pub use self::request::HostRequest;
pub(super) use self::request::{is_within, within};
pub use crate::wire::tools::{Question, QuestionOption};
