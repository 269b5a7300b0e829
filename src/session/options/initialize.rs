use serde_json::{Map, Value, json};

use super::args::is_argument;
use super::{Options, Skills, SystemPrompt, agents};

impl Options {
    /// The fields that these options add to the initialize request. A switch that is set is sent, on or off; what is unset is not.
    ///
    /// `systemPrompt` and `appendSystemPrompt` are here only for a prompt too long for the command line. With any system prompt,
    /// `systemPromptSnapshot` is false unless the option says otherwise.
    pub fn initialize(&self) -> Map<String, Value> {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let switch = |on: Option<bool>| on.map(Value::Bool);
        // CLI 2.1.329 else takes the prompt that a resumed conversation began with, and says nothing.
        let snapshot = self.system_prompt_snapshot.or(self.system_prompt.as_ref().map(|_| false));
        let fields = [
            ("systemPromptSnapshot", switch(snapshot)),
            ("systemPrompt", self.long_prompt()),
            ("appendSystemPrompt", self.long_appended_prompt()),
            ("excludeDynamicSections", switch(self.exclude_dynamic_sections)),
            ("planModeInstructions", text(&self.plan_mode_instructions)),
            ("toolAliases", self.tool_aliases.as_ref().map(|aliases| json!(aliases))),
            ("agents", self.agents.as_ref().filter(|all| !all.is_empty()).map(agents::agents)),
            ("title", text(&self.title)),
            ("skills", self.named_skills()),
            ("promptSuggestions", switch(self.prompt_suggestions)),
            ("agentProgressSummaries", switch(self.agent_progress_summaries)),
            ("forwardSubagentText", switch(self.forward_subagent_text)),
            ("perTaskStopAffordance", switch(self.per_task_stop_affordance)),
            ("mcpServers", self.external_servers()),
            ("settings", self.inline_settings().map(Value::Object)),
            ("managedSettings", self.managed_settings.clone()),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn long_prompt(&self) -> Option<Value> {
        match &self.system_prompt {
            Some(SystemPrompt::Text(text)) if !is_argument(text) => Some(json!([text])),
            _ => None,
        }
    }

    fn long_appended_prompt(&self) -> Option<Value> {
        match &self.system_prompt {
            Some(SystemPrompt::Append(text)) if !is_argument(text) => Some(json!(text)),
            _ => None,
        }
    }

    fn named_skills(&self) -> Option<Value> {
        match &self.skills {
            Some(Skills::Named(names)) => Some(json!(names)),
            _ => None,
        }
    }
}
