use std::env;
use std::ffi::OsString;

use super::Options;

mod error;
#[cfg(feature = "config")]
mod file;
mod keys;
mod vars;

pub use self::error::ConfigError;

/// The application's layer of options, below those of a session: a file, then the environment.
///
/// It is passed to whoever needs it; there is no global one. What no key covers, such as `resume` or
/// `json_schema`, belongs to one session or query, and not to an application.
///
/// | key in the file | variable | value |
/// |---|---|---|
/// | `model` | `CLAUDE_WIRE_MODEL`, else `CLAUDE_MODEL` | text |
/// | `fallback_model` | `CLAUDE_WIRE_FALLBACK_MODEL` | text |
/// | `system_prompt` | `CLAUDE_WIRE_SYSTEM_PROMPT` | text |
/// | `append_system_prompt` | `CLAUDE_WIRE_APPEND_SYSTEM_PROMPT` | text |
/// | `system_prompt_file` | `CLAUDE_WIRE_SYSTEM_PROMPT_FILE` | path |
/// | `allowed_tools` | `CLAUDE_WIRE_ALLOWED_TOOLS` | list |
/// | `disallowed_tools` | `CLAUDE_WIRE_DISALLOWED_TOOLS` | list |
/// | `tools` | `CLAUDE_WIRE_TOOLS` | list |
/// | `max_turns` | `CLAUDE_WIRE_MAX_TURNS` | whole number from 1 up |
/// | `max_budget_usd` | `CLAUDE_WIRE_MAX_BUDGET_USD` | number from 0 up |
/// | `permission_mode` | `CLAUDE_WIRE_PERMISSION_MODE` | text |
/// | `permission_prompt_tool` | `CLAUDE_WIRE_PERMISSION_PROMPT_TOOL` | text |
/// | `cwd` | `CLAUDE_WIRE_CWD` | path |
/// | `add_dirs` | `CLAUDE_WIRE_ADD_DIRS` | list of paths |
/// | `mcp_config` | `CLAUDE_WIRE_MCP_CONFIG` | list of paths |
/// | `strict_mcp_config` | `CLAUDE_WIRE_STRICT_MCP_CONFIG` | yes or no |
/// | `settings` | `CLAUDE_WIRE_SETTINGS` | path |
/// | `setting_sources` | `CLAUDE_WIRE_SETTING_SOURCES` | list |
/// | `effort` | `CLAUDE_WIRE_EFFORT` | text |
/// | `thinking` | `CLAUDE_WIRE_THINKING` | `adaptive`, `disabled`, or a number of tokens |
/// | `betas` | `CLAUDE_WIRE_BETAS` | list |
/// | `agent` | `CLAUDE_WIRE_AGENT` | text |
/// | `include_partial_messages` | `CLAUDE_WIRE_INCLUDE_PARTIAL_MESSAGES` | yes or no |
/// | `include_hook_events` | `CLAUDE_WIRE_INCLUDE_HOOK_EVENTS` | yes or no |
/// | `replay_user_messages` | `CLAUDE_WIRE_REPLAY_USER_MESSAGES` | yes or no |
/// | `no_session_persistence` | `CLAUDE_WIRE_NO_SESSION_PERSISTENCE` | yes or no |
/// | `debug` | `CLAUDE_WIRE_DEBUG` | yes or no |
/// | `debug_file` | `CLAUDE_WIRE_DEBUG_FILE` | path |
/// | `file_checkpointing` | `CLAUDE_WIRE_FILE_CHECKPOINTING` | yes or no |
/// | `max_retries` | `CLAUDE_WIRE_MAX_RETRIES` | whole number |
/// | `client_app` | `CLAUDE_WIRE_CLIENT_APP` | text |
/// | `timeout_ms` | `CLAUDE_WIRE_TIMEOUT_MS` | milliseconds, or `off` |
/// | `idle_timeout_ms` | `CLAUDE_WIRE_IDLE_TIMEOUT_MS` | milliseconds, or `off` |
/// | `control_timeout_ms` | `CLAUDE_WIRE_CONTROL_TIMEOUT_MS` | milliseconds, or `off` |
/// | `initialize_timeout_ms` | `CLAUDE_WIRE_INITIALIZE_TIMEOUT_MS` | milliseconds, or `off` |
/// | `drain_timeout_ms` | `CLAUDE_WIRE_DRAIN_TIMEOUT_MS` | milliseconds, or `off` |
/// | | `ANTHROPIC_API_KEY` | text; never read from a file |
///
/// A file holds TOML: lists are arrays, "yes or no" is `true` or `false`. In a variable, a list is
/// parted at the commas outside parentheses, and "yes or no" is `true`, `1`, `false` or `0`; an empty
/// variable counts as unset. A key in the file that is not in this table is an error; a variable
/// that is not is none of our business.
///
/// ```
/// use claude_wire::session::AppConfig;
///
/// let config = AppConfig::from_vars([("CLAUDE_MODEL", "opus"), ("CLAUDE_WIRE_TIMEOUT_MS", "180000")])?;
/// assert_eq!(config.options().model.as_deref(), Some("opus"));
/// # Ok::<(), claude_wire::session::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppConfig {
    options: Options,
}

impl AppConfig {
    /// Reads the variables of the table from the environment of this process.
    ///
    /// # Errors
    ///
    /// A variable that cannot be read as its kind of value, or is out of its range.
    pub fn from_env() -> Result<AppConfig, ConfigError> {
        AppConfig::from_vars(env::vars_os())
    }

    /// Reads the variables of the table from `vars`, whatever their source.
    ///
    /// # Errors
    ///
    /// Those of [`AppConfig::from_env`].
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(
        vars: impl IntoIterator<Item = (K, V)>,
    ) -> Result<AppConfig, ConfigError> {
        vars::read(vars).map(AppConfig::from)
    }

    /// Reads a TOML file with the keys of the table.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is no TOML, a key that is not in the table, and a value that is
    /// not of its kind or out of its range.
    #[cfg(feature = "config")]
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<AppConfig, ConfigError> {
        file::read(path.as_ref()).map(AppConfig::from)
    }

    /// Reads a TOML file, then the environment of this process, which wins.
    ///
    /// # Errors
    ///
    /// Those of [`AppConfig::from_file`] and [`AppConfig::from_env`].
    #[cfg(feature = "config")]
    pub fn load(path: impl AsRef<std::path::Path>) -> Result<AppConfig, ConfigError> {
        Ok(AppConfig::from_env()?.over(&AppConfig::from_file(path)?))
    }

    /// Model `sonnet` and a timeout of 300 seconds.
    ///
    /// [`AppConfig::default`] leaves the model to the CLI. Lay another configuration over this one to
    /// have a model in any case: `AppConfig::from_env()?.over(&AppConfig::guide())`.
    pub fn guide() -> AppConfig {
        Options::default().model("sonnet").timeout(super::DEFAULT_TIMEOUT).into()
    }

    /// This configuration laid over the one `below`: option by option, what is set here wins.
    pub fn over(&self, below: &AppConfig) -> AppConfig {
        self.options.over(&below.options).into()
    }

    /// Demands an API key, for applications that have no other way to log in.
    ///
    /// # Errors
    ///
    /// The name of the missing variable, when there is no key.
    pub fn require_api_key(self) -> Result<AppConfig, ConfigError> {
        match self.options.api_key {
            Some(_) => Ok(self),
            None => Err(ConfigError::missing(vars::API_KEY)),
        }
    }

    /// The options of this layer.
    pub fn options(&self) -> Options {
        self.options.clone()
    }
}

impl From<Options> for AppConfig {
    fn from(options: Options) -> Self {
        AppConfig { options }
    }
}

#[cfg(test)]
mod tests {
    use super::keys::KEYS;

    #[test]
    fn the_table_of_the_documentation_has_every_key_and_no_other() {
        let rows: Vec<_> = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("/// | `")?.split_once('`'))
            .collect();
        let keys: Vec<_> = rows.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
        for (key, rest) in rows {
            let variable = format!("`CLAUDE_WIRE_{}`", key.to_uppercase());
            assert!(rest.contains(&variable), "{key}");
        }
    }
}
