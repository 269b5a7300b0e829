//! Requests of your program to the CLI, each with a method.
//!
//! Methods that change the running session are on [`Session`](super::Session) itself:
//! [`interrupt`](super::Session::interrupt), [`set_model`](super::Session::set_model),
//! [`set_permission_mode`](super::Session::set_permission_mode),
//! [`set_max_thinking_tokens`](super::Session::set_max_thinking_tokens). The others are in groups,
//! which cost nothing to create: [`session.mcp()`](super::Session::mcp),
//! [`session.files()`](super::Session::files) and so on. Every method returns a [`Call`], and
//! [`Session::control`](super::Session::control) creates one for any other request.
//!
//! The table of all requests is `docs/control-requests.md` in the repository. The requests are
//! declared in `src/wire/requests`.

mod call;
mod fields;
mod methods;

pub use self::call::Call;
pub use self::fields::{FeedbackKind, FileEncoding, Patch, RatedPart, Rating, Sentiment, Survey};
pub use self::methods::{
    Account, Chrome, Conversation, Feedback, Files, Inspect, Mcp, Reload, Remote, SessionUsage,
    Settings, Tasks,
};
