use super::{OptionError, Options};
use crate::transport::Environment;

const CHECKPOINTING: &str = "CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING";
const QUESTION_PREVIEW: &str = "CLAUDE_CODE_QUESTION_PREVIEW_FORMAT";
const MAX_RETRIES: &str = "CLAUDE_CODE_MAX_RETRIES";
const CLIENT_APP: &str = "CLAUDE_AGENT_SDK_CLIENT_APP";

impl Options {
    /// The environment of the child.
    pub(super) fn environment(&self) -> Environment {
        let mut environment =
            Environment::new().inherit(self.inherit_env.clone().unwrap_or_default());
        for (_, variable, value) in self.own_variables() {
            environment = match value {
                Some(value) => environment.set(variable, value),
                None => environment.remove(variable),
            };
        }
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

    /// One variable cannot be set in two ways.
    pub(super) fn check_own_variables(&self) -> Result<(), OptionError> {
        for (field, variable, _) in self.own_variables() {
            if self.env.iter().flatten().any(|(name, _)| name == variable) {
                return Err(OptionError::new(
                    field,
                    format!("no {variable} in `env` beside it"),
                    "both",
                ));
            }
        }
        Ok(())
    }

    /// The variables of the options that are set, each with its option; `None` removes an inherited one.
    fn own_variables(&self) -> impl Iterator<Item = (&'static str, &'static str, Option<String>)> {
        [
            (
                "file_checkpointing",
                CHECKPOINTING,
                self.file_checkpointing.map(|on| on.then(|| "true".to_owned())),
            ),
            (
                "question_preview",
                QUESTION_PREVIEW,
                self.question_preview.as_ref().map(|form| Some(form.as_str().to_owned())),
            ),
            ("max_retries", MAX_RETRIES, self.max_retries.map(|retries| Some(retries.to_string()))),
            ("client_app", CLIENT_APP, self.client_app.clone().map(Some)),
        ]
        .into_iter()
        .filter_map(|(field, variable, value)| Some((field, variable, value?)))
    }
}
