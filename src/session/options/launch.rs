//! The launch: arguments, environment and directory.

use super::trace_context::without_stale_state;
use super::{OptionError, Options};
use crate::transport::{Environment, Launch};

impl Options {
    /// Returns what a transport needs to open a CLI with these options: arguments, environment and
    /// working directory.
    ///
    /// The child inherits from the environment of this process as `inherit_env` says. The API key
    /// in `api_key` overrides the one in `env`.
    ///
    /// # Errors
    ///
    /// Those of [`Options::validate`].
    pub fn launch(&self) -> Result<Launch, OptionError> {
        Ok(Launch {
            args: self.args()?,
            env: self.environment(),
            cwd: self.cwd.clone(),
            ..Launch::default()
        })
    }

    /// For a child that inherits nothing.
    #[cfg(feature = "lab")]
    pub(crate) fn without_inherited() -> Self {
        Self::default().inherit_env(crate::transport::Inherit::None)
    }

    /// What the child inherits, then the variables of options, then those of `env`, then the key.
    fn environment(&self) -> Environment {
        let inherited = Environment::new().inherit(self.inherit_env.clone().unwrap_or_default());
        let of_options = self.variables().map(|(_, name, value)| (name.to_owned(), value));
        let of_env = self.env.clone().into_iter().flatten();
        let environment =
            of_options.chain(of_env).fold(inherited, |all, (name, value)| match value {
                Some(value) => all.set(name, value),
                None => all.remove(name),
            });
        let environment = without_stale_state(environment);
        match &self.api_key {
            Some(key) => environment.api_key(key.clone()),
            None => environment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Inherit;

    #[test]
    fn the_options_of_the_environment_are_variables() {
        let options = Options::default()
            .file_checkpointing(true)
            .question_preview("html")
            .max_retries(0)
            .client_app("app");
        let expected = Environment::new()
            .set("CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING", "true")
            .set("CLAUDE_CODE_QUESTION_PREVIEW_FORMAT", "html")
            .set("CLAUDE_CODE_MAX_RETRIES", "0")
            .set("CLAUDE_AGENT_SDK_CLIENT_APP", "app");
        assert_eq!(options.launch().unwrap().env, expected);
        let off = Options::default()
            .file_checkpointing(false)
            .inherit_env(Inherit::None)
            .launch()
            .unwrap();
        assert_eq!(
            off.env,
            Environment::new()
                .inherit(Inherit::None)
                .remove("CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING")
        );
    }

    #[test]
    fn the_launch_has_the_arguments_the_environment_and_the_directory() {
        let options = Options::default()
            .model("opus")
            .cwd("/work")
            .env("A", "b")
            .env_remove("C")
            .api_key("sk-CANARY");
        let launch = options.launch().unwrap();
        assert_eq!(launch.args, options.args().unwrap());
        assert_eq!(launch.cwd, options.cwd);
        assert_eq!(
            launch.env,
            Environment::new().set("A", "b").remove("C").api_key("sk-CANARY".into())
        );
        assert!(!format!("{launch:?}").contains("CANARY"));
    }

    #[test]
    fn the_key_wins_over_the_variable() {
        let options = Options::default().env("ANTHROPIC_API_KEY", "variable").api_key("key");
        let child = options.launch().unwrap().env.resolve([], None);
        assert_eq!(child["ANTHROPIC_API_KEY".as_ref() as &std::ffi::OsStr], "key");
    }

    #[test]
    fn what_cannot_be_honoured_is_not_launched() {
        let error = Options::default().max_turns(0).launch().unwrap_err();
        assert_eq!(error.field(), "max_turns");
    }
}
