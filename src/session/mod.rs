//! The session: the async driver and the public handle.

mod options;

pub use options::{
    AppConfig, ConfigError, DEFAULT_TIMEOUT, Effort, FileOrJson, OptionError, Options, PermissionMode, SettingSource, SystemPrompt,
    Thinking, Timeouts,
};
