//! What a CLI asks the model's API: the shape of its requests, without its long texts.
//!
//! The pipes do not show it, and hosts depend on it all the same: on the tools that the model is
//! offered, and on what the CLI adds to a conversation.

mod file;
mod lines;
mod shape;
mod text;

pub use self::file::AskedFile;
pub use self::shape::Asked;
