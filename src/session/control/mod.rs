//! Requests of your program to the CLI, each with a method.
//!
//! What changes the running session is on [`Session`](super::Session) itself: [`interrupt`](super::Session::interrupt),
//! [`set_model`](super::Session::set_model), [`set_permission_mode`](super::Session::set_permission_mode),
//! [`set_max_thinking_tokens`](super::Session::set_max_thinking_tokens). The rest is in groups, which cost nothing to make:
//! [`session.mcp()`](super::Session::mcp), [`session.files()`](super::Session::files) and so on. Every method returns a [`Call`], and
//! [`Session::control`](super::Session::control) makes one of any other request.
//!
//! # What holds over restarts
//!
//! A CLI forgets its settings when it ends: when it dies, or is launched in another way for one query. The next one is sent them again,
//! before anything else and in the order in which they were last accepted: `set_model`, `set_permission_mode`, `set_max_thinking_tokens`,
//! [`Settings::apply`], [`Files::set_cwd`], [`Files::register_repo_root`], [`Mcp::set_servers`], [`Mcp::set_permission_mode`] and
//! [`Conversation::pause_suggestions`], also where `Session::control` sent it. What it refuses then is forgotten, with a
//! [`Warning`](super::SessionEvent::Warning). The options of one query go over it in the process that is launched for them. A
//! [fork](super::Session::fork) begins with the options of its session, and with none of this.
//!
//! The CLI itself writes down what [`Mcp::enable`], [`Mcp::disable`], [`Settings::save_effort`], [`Settings::save_output_style`] and
//! [`Conversation::rename`] do. The rest your program does again when it sees a
//! [`Connected`](super::SessionEvent::Connected): plugins that were added by [`Reload::plugins`], the groups [`Remote`] and [`Chrome`], and
//! [`Files::seed_read_state`].
//!
//! The table of all requests is `docs/control-requests.md` in the repository. The requests are declared in `src/wire/requests`.

mod call;
mod fields;
mod methods;

pub use self::call::Call;
pub use self::fields::{Change, FeedbackKind, FileEncoding, RatedPart, Rating, Sentiment, Survey};
pub use self::methods::{
    Account, Chrome, Conversation, Feedback, Files, Inspect, Mcp, Reload, Remote, Settings, Tasks,
    Usage,
};
