//! Options: typed, validated before anything is spawned, and layered.
//!
//! **Layers.** A query's options override its session's, those override the application's
//! ([`AppConfig`]: a file, then the environment), and those override the defaults. The nearest
//! layer that sets a field wins. A layer is checked only in combination, by [`Options::validate`],
//! since one may complete another: a query forks what its session resumes.
//!
//! **Flags.** [`Options::args`] writes a flag and its value as two arguments, `--model opus`. They
//! are one argument, `--flag=value`, where two could be misread: when the value is empty or begins
//! with `-`, and after `--resume`, whose value is optional for the CLI. So no value can become a
//! flag, and the plain cases look as in the CLI's documentation. The argument list goes to the
//! child unchanged; no shell is involved.
//!
//! **Empty is not unset.** `tools` and `setting_sources` send an empty list, which to the CLI means
//! none of them. The empty list of any other option is the CLI's default, and sends no flag; it
//! still hides the list of a lower layer.
//!
//! **Never flags.** The SDK itself implements `cwd`, the timeouts, the environment and the key. CLI
//! 2.1.329 exits on `--cwd` and on `--timeout`.
//!
//! **Initialize and environment.** [`Options::initialize`] writes what the CLI accepts only in its
//! handshake, such as agents; [`Options::launch`] sets what it reads from its environment.
//! [`Options::table`] lists where each option goes.
//!
//! **Secrets stay off the command line**, which every process of the machine can read. Servers,
//! settings and managed settings given as JSON go into the handshake, for which the CLI waits
//! (`--await-initialize`); the key goes into the environment. The command line contains names,
//! paths, limits, rules, short prompts and schemas, and extra flags.
//!
//! Two defaults differ from those of the official SDKs: with an unset system prompt the CLI uses
//! its own, where they send an empty one; and `max_turns` 0 or an empty `model` is an error, where
//! they treat it as unset.

#[macro_use]
mod open;
mod agents;
mod args;
mod argv;
mod check;
mod config;
mod conversation;
mod declare;
mod error;
mod in_process;
mod initialize;
mod launch;
mod mcp_servers;
mod permissions;
mod rules;
mod sandbox;
mod setters;
mod start;
mod table;
mod timeouts;
mod tool_servers;
mod trace_context;
mod validate;
mod values;
mod variable;
mod w3c;

#[cfg(feature = "otel")]
pub(super) use self::trace_context::with_span;
pub use self::{
    agents::{AgentDefinition, AgentEffort, AgentMcpServer, AgentMemory},
    config::{AppConfig, ConfigError},
    declare::OptionRow,
    declare::Options,
    error::OptionError,
    mcp_servers::{McpServer, McpTransport},
    sandbox::{
        SandboxAwsPair, SandboxCredentials, SandboxDecode, SandboxFilesystem, SandboxNetwork,
        SandboxNoMatch, SandboxRipgrep, SandboxSecretFile, SandboxSecretMode,
        SandboxSecretVariable, SandboxSettings, SandboxSigning, SandboxSigv4, SandboxTls,
    },
    timeouts::{DEFAULT_TIMEOUT, Timeouts},
    tool_servers::{McpToolCeiling, McpToolPermission, McpToolPolicy, ToolServerConfig},
    values::{
        FileOrJson, PermissionPrompts, Plugin, QuestionPreview, SYSTEM_PROMPT_DYNAMIC_BOUNDARY,
        SettingSource, Skills, SystemPrompt, Thinking,
    },
};
pub(super) use self::{declare::declare, permissions::unreachable};
pub(crate) use self::{
    setters::{index, more_setters, option_setters, setter, setters},
    table::option_table,
};
pub use crate::wire::{Effort, PermissionMode};
