//! The control requests of a program to the CLI, each declared once.
//!
//! `declare.rs` generates [`RequestName`], and for each request its effect, the type of its reply,
//! and its row in `docs/control-requests.md`; `session::control` generates the methods. A
//! request is in the file of its subject, in the group whose methods send it:
//!
//! ```text
//! request ReadFile = "read_file" {
//!     published answers;
//!     effect Effect::Reads;
//!     reply body files::FileContents;
//!     /// Reads a file of the workspace, as text.
//!     fn read(path: &str) { "path": path }
//!     /// Reads at most this many bytes.
//!     with max_bytes(bytes: u64) { "max_bytes": bytes }
//! }
//! ```
//!
//! | clause | meaning |
//! |---|---|
//! | `published`, `internal` or `hidden` | whether the request is in the types that the CLI's makers publish, only in the schema inside the CLI, or in neither |
//! | `answers`, `refuses` or `unknown` | what the pinned CLI was seen to do: it answered with success; it knows the request, but refused it in the sessions that were tried; `unsupported_request`. A text after it is for the table |
//! | `effect` | an [`Effect`]: it reads, acts, or sets what lasts until the process ends |
//! | `reply` | `body T`; `optional T` for a reply that may lack its body; `empty ()` for an acknowledgement; `untyped ()` where no type is known |
//! | `fn` | a method that sends it, and the fields that it writes. `fn_if_running` does nothing if no CLI is running. Generics are in brackets |
//! | `with` | a method of the [`Call`](crate::session::control::Call) that adds optional fields |
//! | `add` | a method of the call that adds an item to a list |
//!
//! A group is `session` for methods of [`Session`](crate::Session), `unsent` for requests without
//! a method, or `group Name = accessor`.

mod effect;
mod lasting;
mod request;

#[macro_use]
mod conversation;
#[macro_use]
mod servers;
#[macro_use]
mod workspace;
#[macro_use]
mod account;
#[macro_use]
mod unsent;

/// Passes the declarations of all groups to the macro `$then`.
macro_rules! control_requests {
    ($then:ident) => {
        conversation_requests! { server_requests workspace_requests account_requests unsent_requests $then }
    };
}

mod declare;
#[cfg(test)]
mod page;

pub use self::declare::RequestName;
pub(in crate::wire) use self::declare::replies;
#[cfg(feature = "recording")]
pub(crate) use self::declare::unknown_of;
pub(crate) use self::effect::{Effect, Lasting};
pub use self::request::Request;
