//! A shell script in place of the CLI: a real process.

use claude_wire::transport::{BoxFuture, CliPath, Connection, Error, Launch, Process, Transport};

/// Runs a shell script in place of the CLI.
pub struct Shell(Process, String);

pub fn shell(script: impl Into<String>) -> Shell {
    Shell(Process::new(CliPath::Explicit("/bin/sh".into())), script.into())
}

impl Transport for Shell {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        self.0.open(Launch { args: vec!["-c".into(), self.1.clone().into()], ..launch })
    }
}

/// Reads a line and answers the handshake; then reads the prompt.
pub const START: &str = r#"
    read -r initialize
    printf '%s\n' '{"type":"control_response","response":{"subtype":"success","request_id":"cw-1","response":{}}}'
    read -r prompt
"#;

/// The result of a turn, for a CLI that names no prompts.
pub const RESULT: &str = r#"printf '%s\n' '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":""}'"#;
