//! A Messages API on 127.0.0.1 that answers from a script.

mod check;
mod connections;
mod dispatcher;
mod file;
mod gates;
mod http;
#[cfg(feature = "wiremock")]
mod mounted;
mod request;
mod request_log;
mod script;
mod server;

pub use self::file::ScriptError;
#[cfg(feature = "wiremock")]
pub use self::mounted::MountedScript;
pub use self::request::{ApiRequest, ToolResult};
pub use self::request_log::ApiReport;
pub use self::script::{ApiScript, When};
pub use self::server::FakeApi;
pub use crate::player::{ApiReply, Block, Cut};
