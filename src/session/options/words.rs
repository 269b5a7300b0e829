//! The words that only options have; those that messages have as well are in [`crate::wire`].

string_enum! {
    /// A place that the CLI loads settings from (`--setting-sources`, CLI 2.1.329).
    pub enum SettingSource {
        /// The user's own settings, in the home directory.
        User = "user",
        /// The project's settings, shared by its people.
        Project = "project",
        /// The project's settings of this machine.
        Local = "local",
    }
}

string_enum! {
    /// Who answers when the CLI would ask for permission (`--permission-prompts`, CLI 2.1.329).
    pub enum PermissionPrompts {
        /// The host or the prompt tool.
        Host = "host",
        /// No one: what would be asked is refused.
        None = "none",
    }
}

string_enum! {
    /// The form of a preview in a question to the user (`CLAUDE_CODE_QUESTION_PREVIEW_FORMAT`, CLI 2.1.329).
    pub enum QuestionPreview {
        Markdown = "markdown",
        Html = "html",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_word_has_its_variant_and_another_is_kept() {
        for word in ["user", "project", "local"] {
            assert!(!matches!(SettingSource::from(word), SettingSource::Other(_)), "{word}");
            assert_eq!(SettingSource::from(word).as_str(), word);
        }
        let other = PermissionPrompts::from("manual");
        assert_eq!(other, PermissionPrompts::Other("manual".into()));
        assert_eq!(other.to_string(), "manual");
    }
}
