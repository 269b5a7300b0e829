//! A client, its runtime, and what it reads of each message.

use std::fmt;
use std::path::Path;
use std::process::Command;

use meter::{Flavour, Read};

use crate::setup::Setup;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Client {
    Floor,
    Value,
    Wire,
    Codes,
    Wrapper,
    Python,
    TypeScript,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) client: Client,
    pub(crate) flavour: Flavour,
    pub(crate) read: Read,
}

pub(crate) const FLAVOURS: [Flavour; 2] = [Flavour::CurrentThread, Flavour::TokioMain];

/// The packages of the Rust clients.
pub(crate) const PACKAGES: [&str; 4] =
    ["client-floor", "client-claude-wire", "client-claude-codes", "client-claude-wrapper"];

impl Row {
    pub(crate) const fn new(client: Client, flavour: Flavour, read: Read) -> Self {
        Self { client, flavour, read }
    }

    /// As a column of the tables says it.
    pub(crate) fn what_is_read(&self) -> &'static str {
        match self.read {
            Read::Untouched => "nothing",
            Read::Text => "the text",
            Read::Every => "every body",
        }
    }

    /// The client's process; `None` if the client is not installed.
    pub(crate) fn command(&self, setup: &Setup) -> Option<Command> {
        let client = |name: &str| Command::new(setup.clients.join(name));
        let script = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name);
        Some(match self.client {
            Client::Floor | Client::Value => client("client-floor"),
            Client::Wire => client("client-claude-wire"),
            Client::Codes => client("client-claude-codes"),
            Client::Wrapper => client("client-claude-wrapper"),
            Client::Python => {
                let mut command = Command::new("python3");
                command.arg("-B").arg(script("python.py"));
                command.env("PYTHONPATH", setup.python.as_ref()?);
                command
            }
            Client::TypeScript => {
                let mut command = Command::new("node");
                command.arg(script("typescript.mjs"));
                command.env("PEERS_TYPESCRIPT_SDK", setup.typescript.as_ref()?);
                command
            }
        })
    }
}

impl Client {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "bare line reader",
            Self::Value => "`lines()` and `Value`",
            Self::Wire => "**claude-wire**",
            Self::Codes => "claude-codes",
            Self::Wrapper => "claude-wrapper",
            Self::Python => "Python SDK",
            Self::TypeScript => "TypeScript SDK",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = self.client.name().trim_matches('*');
        write!(f, "{client}, {}, {}", self.flavour.name(), self.what_is_read())
    }
}
