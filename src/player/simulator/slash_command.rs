//! Which prompts are commands that the CLI carries out itself.

/// A command that is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Clear,
    Cost,
    Compact,
}

impl Command {
    pub(super) fn of(prompt: &str) -> Option<Self> {
        match prompt.trim() {
            "/clear" | "/reset" | "/new" => Some(Self::Clear),
            "/cost" | "/usage" => Some(Self::Cost),
            text if text.split_whitespace().next() == Some("/compact") => Some(Self::Compact),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Cost => "cost",
            Self::Compact => "compact",
        }
    }
}
