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
//! Two defaults differ from those of the official SDKs: an unset system prompt leaves the CLI its own, where they
//! send an empty one; and `max_turns` 0 or an empty `model` is an error, where they take it for unset.

mod args;
mod config;
mod error;
mod fields;
mod host_prompt;
mod launch;
mod rules;
mod setters;
mod timeouts;
mod validate;
mod values;
mod words;

pub use self::{
    config::{AppConfig, ConfigError},
    error::OptionError,
    fields::Options,
    timeouts::{DEFAULT_TIMEOUT, Timeouts},
    values::{FileOrJson, SystemPrompt, Thinking},
    words::{Effort, PermissionMode, SettingSource},
};

#[allow(unused_imports, reason = "for the builders of sessions and queries")]
pub(crate) use self::setters::option_setters;
