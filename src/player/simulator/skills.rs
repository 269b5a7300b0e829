//! Prompts that name a skill of the project.

use serde_json::{Value, json};

use super::handle::Cli;
use super::hook_calls::fields as to_fields;
use super::state::State;

/// How a command begins and ends in the text of a skill.
const COMMAND: (&str, char) = ("!`", '`');

impl Cli {
    /// What the model reads instead of a prompt that names a skill.
    pub(super) async fn expand_skill(&self, prompt: &str) -> Option<String> {
        let (name, arguments) = named(prompt)?;
        let skill = self.with(|state| {
            let skill = state.outside.skills.get(name).filter(|_| state.options.commands);
            skill.filter(|_| !state.turns.expects(prompt)).cloned()
        })?;
        let use_id = self.with(|state| state.lines.uuid());
        let text = skill.text.replace("$ARGUMENTS", arguments);
        let (mut expanded, mut rest) = (String::new(), text.as_str());
        let mut count = 0;
        while let Some((before, command, after)) = next_command(rest) {
            let id = format!("{use_id}:inner:preamble-{count}");
            let fields = json!({
                "tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": id, "command_name": name,
                "command_source": "projectSettings", "invoked_by": "user",
            });
            let decision =
                self.hooks("PreSkillShellCommand", "Bash", Some(&id), to_fields(fields)).await;
            expanded.push_str(before);
            match decision.refusal() {
                Some(reason) => expanded.push_str(&reason),
                None => {
                    let output = skill.outputs.get(command).map(String::as_str);
                    expanded.push_str(output.or(command.strip_prefix("echo ")).unwrap_or_default());
                }
            }
            (rest, count) = (after, count + 1);
        }
        expanded.push_str(rest);
        Some(expanded)
    }
}

impl State {
    /// The skills of the project, as `commands` lists them.
    pub(super) fn skill_list(&self) -> impl Iterator<Item = Value> {
        let skills = self.outside.skills.iter().filter(|_| self.options.commands);
        skills.map(|(name, skill)| {
            let description = format!("{} (project)", skill.description);
            json!({"name": name, "description": description, "argumentHint": ""})
        })
    }

    pub(super) fn skill_names(&self) -> impl Iterator<Item = String> {
        self.outside.skills.keys().filter(|_| self.options.commands).cloned()
    }
}

/// The name in `/name arguments`, and the arguments.
fn named(prompt: &str) -> Option<(&str, &str)> {
    let named = prompt.trim().strip_prefix('/')?;
    let (name, arguments) = named.split_once(char::is_whitespace).unwrap_or((named, ""));
    Some((name, arguments.trim()))
}

/// The first command of a text, with what is before and after it.
fn next_command(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(COMMAND.0)?;
    let (command, after) = rest.split_once(COMMAND.1)?;
    Some((before, command, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_names_a_skill_and_its_arguments() {
        assert_eq!(named("/greet Ann and Bo "), Some(("greet", "Ann and Bo")));
        assert_eq!(named(" /greet"), Some(("greet", "")));
        assert_eq!(named("greet"), None);
    }

    #[test]
    fn commands_are_between_backquotes() {
        assert_eq!(next_command("a !`ls -l` b"), Some(("a ", "ls -l", " b")));
        assert_eq!(next_command("a `ls` b!"), None);
    }
}
