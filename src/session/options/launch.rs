use super::{OptionError, Options};
use crate::transport::{Environment, Launch};

impl Options {
    /// What a transport needs to open a CLI with these options: arguments, environment and working directory.
    ///
    /// The child inherits the environment of this process. Of the API key in `env` and the one in
    /// `api_key`, the latter wins.
    ///
    /// # Errors
    ///
    /// Those of [`Options::validate`].
    pub fn launch(&self) -> Result<Launch, OptionError> {
        Ok(Launch { args: self.args()?, env: self.environment(), cwd: self.cwd.clone() })
    }

    fn environment(&self) -> Environment {
        let mut environment = Environment::new();
        for (name, value) in self.env.iter().flatten() {
            environment = match value {
                Some(value) => environment.set(name, value),
                None => environment.remove(name),
            };
        }
        match &self.api_key {
            Some(key) => environment.api_key(key.clone()),
            None => environment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launch_has_the_arguments_the_environment_and_the_directory() {
        let options = Options::default().model("opus").cwd("/work").env("A", "b").env_remove("C").api_key("sk-CANARY");
        let launch = options.launch().unwrap();
        assert_eq!(launch.args, options.args().unwrap());
        assert_eq!(launch.cwd, options.cwd);
        assert_eq!(launch.env, Environment::new().set("A", "b").remove("C").api_key("sk-CANARY".into()));
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
