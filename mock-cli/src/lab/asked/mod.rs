//! What a CLI asks the model's API: the shape of its requests, without its long texts.
//!
//! The pipes do not show it, but hosts depend on it: on the tools offered to the model, and on what
//! the CLI adds to a conversation.

mod file;
mod lines;
mod shape;
mod text;

pub use self::file::AskedFile;
pub use self::shape::Asked;
