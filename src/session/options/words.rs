use std::fmt;

/// An enum over the words of the CLI, open at the end: a word that is not listed is kept as it is.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// Any other word, passed on unchanged.
            Other(String),
        }

        impl $name {
            /// The word as the CLI spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)*
                    $name::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => $name::$variant,)*
                    other => $name::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                $name::from(word.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// How the CLI decides about tools that no rule allows or refuses (`--permission-mode`, CLI 2.1.329).
    ///
    /// The CLI exits at once on a word that it does not know. It also takes `manual`, which it
    /// reports back as `default`.
    PermissionMode {
        /// Ask.
        Default = "default",
        /// Ask, but not for edits of files.
        AcceptEdits = "acceptEdits",
        /// Never ask, allow everything. Refused by the CLI when it runs as root outside a sandbox.
        BypassPermissions = "bypassPermissions",
        /// Read and plan; change nothing.
        Plan = "plan",
        /// Never ask, refuse what would have been asked.
        DontAsk = "dontAsk",
        /// The CLI's own classifier decides.
        Auto = "auto",
    }
}

words! {
    /// How hard the model tries (`--effort`, CLI 2.1.329). The CLI only warns about an unknown word.
    Effort {
        /// `low`
        Low = "low",
        /// `medium`
        Medium = "medium",
        /// `high`
        High = "high",
        /// `xhigh`
        XHigh = "xhigh",
        /// `max`
        Max = "max",
    }
}

words! {
    /// A place that the CLI loads settings from (`--setting-sources`, CLI 2.1.329).
    SettingSource {
        /// The user's own settings, in the home directory.
        User = "user",
        /// The project's settings, shared by its people.
        Project = "project",
        /// The project's settings of this machine.
        Local = "local",
    }
}

words! {
    /// Who answers when the CLI would ask for permission (`--permission-prompts`, CLI 2.1.329).
    PermissionPrompts {
        /// The host or the prompt tool.
        Host = "host",
        /// Nobody: what would be asked is refused.
        None = "none",
    }
}

words! {
    /// The form of a preview in a question to the user (`CLAUDE_CODE_QUESTION_PREVIEW_FORMAT`, CLI 2.1.329).
    QuestionPreview {
        /// `markdown`
        Markdown = "markdown",
        /// `html`
        Html = "html",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_word_goes_there_and_back() {
        for word in ["default", "acceptEdits", "bypassPermissions", "plan", "dontAsk", "auto"] {
            let mode = PermissionMode::from(word);
            assert!(!matches!(mode, PermissionMode::Other(_)), "{word}");
            assert_eq!(mode.as_str(), word);
        }
        for word in ["low", "medium", "high", "xhigh", "max"] {
            assert!(!matches!(Effort::from(word), Effort::Other(_)), "{word}");
            assert_eq!(Effort::from(word).as_str(), word);
        }
        for word in ["user", "project", "local"] {
            assert!(!matches!(SettingSource::from(word), SettingSource::Other(_)), "{word}");
            assert_eq!(SettingSource::from(word).as_str(), word);
        }
    }

    #[test]
    fn an_unknown_word_is_kept() {
        let mode = PermissionMode::from("manual");
        assert_eq!(mode, PermissionMode::Other("manual".to_owned()));
        assert_eq!(mode.to_string(), "manual");
    }
}
