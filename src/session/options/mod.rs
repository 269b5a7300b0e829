//! Options: typed, validated before anything is spawned, and layered.
//!
//! **Layers.** A query's options lie over its session's, those over the application's ([`AppConfig`]: a
//! file, then the environment), those over the defaults. The nearest layer that sets a field has it.
//! A layer is checked only as part of the whole, by [`Options::validate`], since one may complete another:
//! `fork_session` of a query forks what its session resumes.
//!
//! **Flags.** [`Options::args`] writes a flag and its value as two arguments, `--model opus`. The two are one
//! argument, `--flag=value`, where two could be misread: when the value is empty or begins with `-`,
//! and after `--resume`, whose value the CLI takes to be optional. So no value can become a flag, and the
//! plain cases read as the CLI's own documentation writes them. An argument list goes to the child as
//! it is; no shell ever sees it.
//!
//! **Empty is not unset.** `tools` and `setting_sources` send an empty list, which to the CLI means
//! none of them. The empty list of any other option is the CLI's default, and sends no flag; it still
//! hides the list of a lower layer.
//!
//! **Never flags.** `cwd`, the timeouts, the environment and the key are for the SDK to carry out. CLI
//! 2.1.329 exits on `--cwd` and on `--timeout`.
//!
//! **Initialize and environment.** What the CLI takes in its handshake only, such as agents, is written by [`Options::initialize`]; what
//! it reads from its environment by [`Options::launch`]. [`Options::table`] lists where each option goes.
//!
//! **Secrets stay off the command line**, which every process of the machine can read. Servers, settings and managed settings that are given
//! as JSON go into the handshake, for which the CLI is made to wait (`--await-initialize`); the key goes into the environment. What is on the
//! command line is names, paths, limits, rules, short prompts and schemas, and whatever `extra_args` says.
//!
//! Two defaults differ from those of the official SDKs: an unset system prompt leaves the CLI its own, where they
//! send an empty one; and `max_turns` 0 or an empty `model` is an error, where they take it for unset.

mod agents;
mod args;
mod check;
mod config;
mod declare;
mod error;
mod initialize;
mod launch;
mod mcp_servers;
mod rows;
mod rules;
mod setters;
mod start;
mod table;
mod timeouts;
mod validate;
mod values;

pub use self::{
    agents::{AgentDefinition, AgentMcpServer},
    config::{AppConfig, ConfigError},
    declare::Options,
    error::OptionError,
    mcp_servers::McpServer,
    rows::OptionRow,
    timeouts::{DEFAULT_TIMEOUT, Timeouts},
    values::{
        FileOrJson, PermissionPrompts, Plugin, QuestionPreview, SettingSource, Skills,
        SystemPrompt, Thinking,
    },
};
pub use crate::wire::{Effort, PermissionMode};

use self::declare::declare;
pub(crate) use self::{
    setters::{more_setters, option_setters, setter, setters},
    table::option_table,
};
