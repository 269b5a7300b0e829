//! Permission rules such as `Bash(git add:*)`.

use serde_json::Value;

use super::bash;

/// Whether a rule is about this call.
pub(super) fn matches(rule: &str, tool: &str, input: &Value) -> bool {
    let (name, pattern) = match rule.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')')),
        None => (rule, None),
    };
    if !is_tool(name, tool) {
        return false;
    }
    match pattern {
        None | Some("" | "*") => true,
        // The start of a command line says nothing about its other commands.
        Some(pattern) if tool == "Bash" && pattern.contains('*') && is_compound(input) => false,
        Some(pattern) => subject(tool, input).is_some_and(|subject| fits(pattern, &subject)),
    }
}

/// Whether a command line has several commands.
fn is_compound(input: &Value) -> bool {
    let commands = bash::commands(input["command"].as_str().unwrap_or_default());
    commands.is_some_and(|commands| commands.len() > 1)
}

/// A rule may name a whole MCP server.
fn is_tool(name: &str, tool: &str) -> bool {
    name == tool
        || name.starts_with("mcp__")
            && (tool.strip_prefix(name).is_some_and(|rest| rest.starts_with("__"))
                || name.strip_suffix('*').is_some_and(|prefix| tool.starts_with(prefix)))
        || matches!((name, tool), ("Task", "Agent") | ("Agent", "Task"))
}

/// What a pattern is compared with.
fn subject(tool: &str, input: &Value) -> Option<String> {
    let text = |field: &str| input[field].as_str().map(str::to_owned);
    match tool {
        "Bash" => text("command"),
        "WebFetch" => {
            let url = text("url")?;
            let host = url.split("://").nth(1)?.split(['/', ':', '?']).next()?.to_owned();
            Some(format!("domain:{host}"))
        }
        "Read" | "Edit" | "Write" => text("file_path"),
        "NotebookEdit" => text("notebook_path"),
        "Agent" | "Task" => text("subagent_type"),
        "Skill" => text("skill"),
        _ => None,
    }
}

fn fits(pattern: &str, subject: &str) -> bool {
    if let Some(prefix) = pattern.strip_suffix(":*") {
        return subject == prefix || subject.starts_with(&format!("{prefix} "));
    }
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == subject };
    let tail = tail.trim_start_matches('*');
    subject.strip_prefix(head).is_some_and(|rest| rest.ends_with(tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_names_a_tool_and_perhaps_what_it_does() {
        let bash = |command: &str| json!({"command": command});
        assert!(matches("Bash", "Bash", &bash("rm x")));
        assert!(matches("Bash(touch:*)", "Bash", &bash("touch a.txt")));
        assert!(!matches("Bash(touch:*)", "Bash", &bash("touchy")));
        assert!(!matches("Bash(touch:*)", "Bash", &bash("touch a && rm b")));
        assert!(matches("Bash", "Bash", &bash("touch a && rm b")));
        assert!(matches("Bash(npm run test)", "Bash", &bash("npm run test")));
        assert!(!matches("Bash(npm run test)", "Bash", &bash("npm run test2")));
        assert!(matches("mcp__calc", "mcp__calc__add", &json!({})));
        assert!(!matches("mcp__cal", "mcp__calc__add", &json!({})));
        let fetch = json!({"url": "https://example.com/x"});
        assert!(matches("WebFetch(domain:example.com)", "WebFetch", &fetch));
        assert!(!matches("WebFetch(domain:example.org)", "WebFetch", &fetch));
    }
}
