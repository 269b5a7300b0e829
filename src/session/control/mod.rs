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
//! # What holds over restarts
//!
//! A CLI loses its settings when it ends: when it exits, or is relaunched with other options for
//! one query. These requests are sent to the next one again, before anything else and in the order
//! in which they were last accepted: `set_model`, `set_permission_mode`, `set_max_thinking_tokens`,
//! [`Settings::apply`], [`Files::set_cwd`], [`Files::register_repo_root`], [`Mcp::set_servers`],
//! [`Mcp::set_permission_mode`] and [`Conversation::pause_suggestions`], also if `Session::control`
//! sent them. What it then refuses is dropped, with a [`Warning`](super::SessionEvent::Warning).
//! The options of one query take precedence in the process that is launched for it. A
//! [fork](super::Session::fork) starts with the options of its session, and without these settings.
//!
//! The CLI itself saves the effects of [`Mcp::enable`], [`Mcp::disable`],
//! [`Settings::save_effort`], [`Settings::save_output_style`] and [`Conversation::rename`]. Your
//! program repeats the rest when it sees a [`Connected`](super::SessionEvent::Connected): plugins
//! added by [`Reload::plugins`], the groups [`Remote`] and [`Chrome`], and
//! [`Files::seed_read_state`].
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
