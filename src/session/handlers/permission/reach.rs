//! Options that leave nothing to decide for a permission handler.

use crate::session::{Options, PermissionMode};

/// Why, and for which tools, the CLI will not ask the handler.
pub(in crate::session::handlers) fn unreachable(options: &Options) -> Vec<String> {
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
    if options.extra_args.iter().flatten().any(|(name, _)| name == "dangerously-skip-permissions") {
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
