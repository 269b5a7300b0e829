//! The application's layer of options: a file, then the environment.

use std::env;
use std::ffi::OsString;

use super::Options;

mod error;
mod keys;
mod sources;

pub use self::error::ConfigError;
pub(super) use self::keys::Key;

/// The application's layer of options, below those of a session: a file, then the environment.
///
/// Pass it to the builders that need it; there is no global configuration. Options without a key,
/// such as `resume`, belong to one session or query, not to an application.
///
/// The keys are in the column "key, and its values" of `docs/options.md`, and in
/// [`Options::table`]. Most have the name of their option; those of the timers end in `_ms`. The
/// variable of a key is `CLAUDE_WIRE_` and the key in capitals; for the model, `CLAUDE_MODEL`
/// counts if that is not set. `ANTHROPIC_API_KEY` is read from the environment, never from a file.
///
/// A file contains TOML: lists are arrays, "yes or no" is `true` or `false`. In a variable, a list
/// is split at the commas outside parentheses, and "yes or no" is `true`, `1`, `false` or `0`; an
/// empty variable counts as unset. An unknown key in the file is an error; an unknown variable is
/// ignored.
///
/// ```
/// use claude_wire::session::AppConfig;
///
/// let config = AppConfig::from_vars([("CLAUDE_MODEL", "opus"), ("CLAUDE_WIRE_TIMEOUT_MS", "180000")])?;
/// assert_eq!(config.options().model.as_deref(), Some("opus"));
/// # Ok::<(), claude_wire::session::options::ConfigError>(())
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

    /// Reads the variables of the table from `vars`, from any source.
    ///
    /// # Errors
    ///
    /// Those of [`AppConfig::from_env`].
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(
        vars: impl IntoIterator<Item = (K, V)>,
    ) -> Result<AppConfig, ConfigError> {
        sources::from_vars(vars).map(AppConfig::from)
    }

    /// Reads a TOML file with the keys of the table.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is not TOML, a key is unknown, or a value is of the wrong kind or
    /// out of its range.
    #[cfg(feature = "config")]
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<AppConfig, ConfigError> {
        sources::from_file(path.as_ref()).map(AppConfig::from)
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
    /// [`AppConfig::default`] leaves the model to the CLI. To have a model in any case, apply
    /// another configuration on top of this one:
    /// `AppConfig::from_env()?.over(&AppConfig::guide())`.
    pub fn guide() -> AppConfig {
        Options::default().model("sonnet").timeout(super::DEFAULT_TIMEOUT).into()
    }

    /// Applies this configuration on top of the one `below`: for each option, the value set here
    /// wins.
    pub fn over(&self, below: &AppConfig) -> AppConfig {
        self.options.over(&below.options).into()
    }

    /// Requires an API key, for applications that have no other way to log in.
    ///
    /// # Errors
    ///
    /// The name of the missing variable, if there is no key.
    pub fn require_api_key(self) -> Result<AppConfig, ConfigError> {
        match self.options.api_key {
            Some(_) => Ok(self),
            None => Err(ConfigError::missing(sources::API_KEY)),
        }
    }

    /// Returns the options of this layer.
    pub fn options(&self) -> Options {
        self.options.clone()
    }
}

impl From<Options> for AppConfig {
    fn from(options: Options) -> Self {
        AppConfig { options }
    }
}
