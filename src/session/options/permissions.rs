//! Who is asked for permission, and for what.

use super::argv::joined;
use super::check::{Checked, argument};
use super::error::shown;
use super::start::unknown;
use super::{OptionError, Options, PermissionMode, PermissionPrompts, Skills};

/// The name that makes the CLI ask its host, by `can_use_tool` requests, and not an MCP tool.
const HOST: &str = "stdio";

impl Options {
    /// Makes the CLI ask the session about permissions. The session calls it when it has a handler.
    ///
    /// # Errors
    ///
    /// A `permission_prompt_tool` is also set: only one of the two can be asked.
    pub(crate) fn ask_host(&mut self) -> Result<(), OptionError> {
        match &self.permission_prompt_tool {
            Some(tool) if tool != HOST => {
                let expected = "no tool together with a permission handler";
                Err(OptionError::new("permission_prompt_tool", expected, shown(tool)))
            }
            _ => {
                self.permission_prompt_tool = Some(HOST.to_owned());
                Ok(())
            }
        }
    }

    /// Checks the words on which the CLI would exit.
    pub(super) fn check_permission_words(&self) -> Checked {
        if let Some(PermissionMode::Other(word)) = &self.permission_mode {
            return Err(unknown("permission_mode", PermissionMode::KNOWN, word));
        }
        if let Some(PermissionPrompts::Other(word)) = &self.permission_prompts {
            return Err(unknown("permission_prompts", PermissionPrompts::KNOWN, word));
        }
        Ok(())
    }

    pub(super) fn check_permissions(&self) -> Checked {
        if self.permission_prompts == Some(PermissionPrompts::None)
            && self.permission_prompt_tool.is_some()
        {
            let expected = "`host` together with a permission handler or `permission_prompt_tool`";
            return Err(OptionError::new("permission_prompts", expected, "none"));
        }
        Ok(())
    }

    /// The rules of the skills are added to those of the tools.
    pub(super) fn check_rules(&self) -> Checked {
        let field = if self.skills.is_some() { "skills" } else { "allowed_tools" };
        argument(field, joined(&self.allowed_rules().unwrap_or_default()))
    }

    /// These options with the rules that `skills` adds.
    pub(super) fn with_allowed_rules(&self) -> Self {
        Self { allowed_tools: self.allowed_rules(), ..self.clone() }
    }

    /// The rules of `allowed_tools`, and those that `skills` adds to them; none is in it twice.
    fn allowed_rules(&self) -> Option<Vec<String>> {
        let added = match &self.skills {
            Some(Skills::All) => vec!["Skill".to_owned()],
            Some(Skills::Named(names)) => {
                names.iter().map(|name| format!("Skill({name})")).collect()
            }
            None => return self.allowed_tools.clone(),
        };
        let mut rules = self.allowed_tools.clone().unwrap_or_default();
        for rule in added {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        Some(rules)
    }
}

/// Why, and for which tools, the CLI will not ask the handler.
pub(in crate::session) fn unreachable(options: &Options) -> Vec<String> {
    let mut warnings = Vec::new();
    match &options.permission_mode {
        Some(PermissionMode::BypassPermissions) => {
            warnings.push("`permission_mode` bypassPermissions allows every tool: the permission handler is never asked".to_owned());
        }
        Some(PermissionMode::DontAsk) => {
            warnings.push("`permission_mode` dontAsk refuses what would be asked: the permission handler is never asked".to_owned());
        }
        _ => {}
    }
    if options.has_extra("dangerously-skip-permissions") {
        warnings.push("`dangerously-skip-permissions` allows every tool: the permission handler is never asked".to_owned());
    }
    for rule in options.allowed_tools.iter().flatten() {
        if let Some(tool) = whole_tool(rule) {
            warnings.push(format!(
                "`allowed_tools` has `{rule}`: the permission handler is never asked about {tool}"
            ));
        }
    }
    warnings
}

/// The tool that a rule covers as a whole: `Read`, `Read()` or `Read(*)`.
fn whole_tool(rule: &str) -> Option<&str> {
    match rule.split_once('(') {
        None => Some(rule),
        Some((tool, "*)" | ")")) => Some(tool),
        Some(_) => None,
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
            "option `permission_prompt_tool`: expected no tool together with a permission handler, \
             got \"mcp__auth__ask\""
        );
    }

    #[test]
    fn rules_for_a_whole_tool_are_reported_and_no_others() {
        let options = Options::default().allowed_tools([
            "Read",
            "Edit()",
            "Write(*)",
            "Bash(git:*)",
            "Bash(*.rs)",
        ]);
        let warnings = unreachable(&options);
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        assert_eq!(
            warnings[0],
            "`allowed_tools` has `Read`: the permission handler is never asked about Read"
        );
        assert!(
            warnings[1].ends_with("about Edit") && warnings[2].ends_with("about Write"),
            "{warnings:?}"
        );
    }

    #[test]
    fn modes_that_never_ask_are_reported() {
        for (mode, warning) in [
            ("bypassPermissions", 1),
            ("dontAsk", 1),
            ("plan", 0),
            ("acceptEdits", 0),
            ("default", 0),
        ] {
            assert_eq!(
                unreachable(&Options::default().permission_mode(mode)).len(),
                warning,
                "{mode}"
            );
        }
        assert_eq!(
            unreachable(&Options::default().extra_flag("dangerously-skip-permissions")).len(),
            1
        );
        assert!(unreachable(&Options::default()).is_empty());
    }
}
