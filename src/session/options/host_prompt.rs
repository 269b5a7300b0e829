use super::error::shown;
use super::{OptionError, Options};

/// The name that makes the CLI ask its host, by `can_use_tool` requests, and not an MCP tool.
const HOST: &str = "stdio";

impl Options {
    /// Makes the CLI ask the session about permissions. The session calls it when it has a handler.
    ///
    /// # Errors
    ///
    /// A `permission_prompt_tool` is set already: only one of the two can be asked.
    pub(crate) fn ask_host(&mut self) -> Result<(), OptionError> {
        match &self.permission_prompt_tool {
            Some(tool) if tool != HOST => {
                let expected = "no tool beside a permission handler";
                Err(OptionError::new("permission_prompt_tool", expected, shown(tool)))
            }
            _ => {
                self.permission_prompt_tool = Some(HOST.to_owned());
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_sets_the_stdio_prompt_tool() {
        let mut options = Options::default();
        options.ask_host().unwrap();
        let args = options.args().unwrap();
        assert!(args.windows(2).any(|pair| pair == ["--permission-prompt-tool", "stdio"]));
        options.ask_host().unwrap();
    }

    #[test]
    fn a_handler_together_with_a_prompt_tool_is_refused() {
        let mut options = Options::default().permission_prompt_tool("mcp__auth__ask");
        let error = options.ask_host().unwrap_err();
        assert_eq!(
            error.to_string(),
            "option `permission_prompt_tool`: expected no tool beside a permission handler, \
             got \"mcp__auth__ask\""
        );
    }
}
