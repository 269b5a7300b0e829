//! The host's answers to the CLI's requests.
//!
//! A handler runs in a task of its own: a slow one holds up nothing, neither reading nor interrupts, and it may call its own session. A
//! query within a turn is refused, since it would wait for that turn, which waits for the handler: [`HostRequest::session`]. When the CLI takes its question back, the handler's future is dropped at its next
//! `await`, and nothing is written. A handler that never answers (a future that is pending for ever) leaves the CLI waiting, which for a question
//! of permission is without limit.
//!
//! **Closed rather than open.** What has no handler, panics or runs out of time is refused:
//!
//! | request | answer |
//! |---|---|
//! | `can_use_tool` | a denial |
//! | `hook_callback` | an error, which the CLI reports and goes on from, or blocks, as the hook's [`Matcher`] says |
//! | `elicitation` | `decline` |
//! | `request_user_dialog` | none, where the kind was not declared: it is not this host's dialog to close; an error where the handler failed |
//! | `mcp_message` | an error for a server that is not there |
//! | `remote_tool_call` and its kin | none: they are for another kind of host |
//! | anything else, such as `oauth_token_refresh` | an error with the code `unsupported_request`, unless [`on_request`] has a handler |
//!
//! [`on_request`]: crate::session::SessionBuilder::on_request
//!
//! The official SDKs answer a failed permission handler with an error; the CLI makes the same of it as of a denial, with a worse text for the
//! model.

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
    Question, QuestionOption,
};
pub(super) use self::registry::{Handlers, panicked};
pub use self::request::HostRequest;
pub(super) use self::request::{is_within, within};
