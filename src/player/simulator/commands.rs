//! Commands that programs run to look at an installation, such as `auth status`.
//!
//! The stand-in answers as a CLI that is logged in with a key and has neither MCP servers nor
//! its own plugins. A scenario may say something else.

use serde_json::{Value, json};

use crate::CLI_VERSION;
use crate::player::launch::{Asked, CommandLine};
use crate::player::scenario::{CommandOutput, ScriptedCommand};

/// Where a command runs.
pub(super) struct Place<'a> {
    /// The CLI's configuration folder.
    pub(super) config: &'a str,
    /// A variable of its environment, if it is set and not empty.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether the scenario is without an API key.
    pub(super) logged_out: bool,
}

/// What a launch prints in the place of a session.
#[derive(Clone, Debug)]
pub(super) enum Printed {
    Output(CommandOutput),
    /// A command whose output is not known.
    Unknown(String),
}

/// The built-in plugins.
const PLUGINS: [&str; 3] = ["agents-md", "plugin-authoring", "privacy"];

/// What the launch prints; `None` if it runs a session.
pub(super) fn printed(
    line: &CommandLine,
    scripted: &[ScriptedCommand],
    place: &Place<'_>,
) -> Option<Printed> {
    if !line.prints() {
        return None;
    }
    let named = scripted.iter().find(|command| command.fits(line));
    let output = named.map(|command| command.output.clone()).or_else(|| match line.asked() {
        Asked::Version => Some(format!("{CLI_VERSION} (Claude Code)\n").into()),
        Asked::Help => Some(line.help().into()),
        Asked::Run => of_command(line, place),
    });
    Some(output.map_or_else(|| Printed::Unknown(line.subcommand().join(" ")), Printed::Output))
}

fn of_command(line: &CommandLine, place: &Place<'_>) -> Option<CommandOutput> {
    let has = |flag: &str| line.value(flag).is_some();
    let json = |value: Value| format!("{value:#}\n").into();
    let argument = line.arguments().first().map(String::as_str).unwrap_or_default();
    Some(match line.subcommand() {
        ["auth", "status"] => auth_status(has("--text"), place),
        ["agents"] if has("--json") => json(json!([])),
        ["agents"] => CommandOutput::default().exit_code(1).stderr(
            "'claude agents' requires an interactive terminal (output is piped or redirected) — use \
             'claude agents --json' for a machine-readable list.\n",
        ),
        ["doctor"] => doctor().into(),
        ["mcp", "list"] => "No MCP servers configured. Use `claude mcp add` to add a server.\n".into(),
        ["mcp", "get" | "remove"] => CommandOutput::default().exit_code(1).stderr(format!(
            "No MCP server named \"{argument}\". Run `claude mcp add` to add one.\n"
        )),
        ["plugin", "list"] if has("--json") && has("--available") => {
            json(json!({"installed": plugins(), "available": []}))
        }
        ["plugin", "list"] if has("--json") => json(plugins()),
        ["plugin", "list"] => {
            let plugin = |name| format!("  ❯ cc-plugin-{name}@builtin\n    Status: ✔ enabled\n\n");
            let plugins: String = PLUGINS.iter().map(plugin).collect();
            format!("Built-in plugins:\n\n{plugins}").into()
        }
        ["plugin", "marketplace", "list"] if has("--json") => json(json!([])),
        ["plugin", "marketplace", "list"] => "Configured marketplaces:\n\n  ❯ anthropic-plugin-directory\n    \
            Source: Built in (Anthropic Directory)\n\n"
            .into(),
        _ => return None,
    })
}

/// With the credentials of the environment. Without any it has a key, too: a scenario needs none,
/// unless it says that there is none.
fn auth_status(as_text: bool, place: &Place<'_>) -> CommandOutput {
    const KEY: &str = "ANTHROPIC_API_KEY";
    const TOKEN: &str = "CLAUDE_CODE_OAUTH_TOKEN";
    let set = |name: &str| (place.variable)(name);
    let has_key = !place.logged_out;
    let has_token = has_key && set(KEY).is_none() && set(TOKEN).is_some();
    let code = i32::from(place.logged_out);
    if as_text {
        let credential =
            if has_token { format!("Auth token: {TOKEN}\n") } else { format!("API key: {KEY}\n") };
        let url = set("ANTHROPIC_BASE_URL").map(|url| format!("Anthropic base URL: {url}\n"));
        let url = url.unwrap_or_default();
        if place.logged_out {
            let text = format!("{url}Not logged in. Run claude auth login to authenticate.\n");
            return CommandOutput::new(text).exit_code(code);
        }
        return format!("{credential}{url}").into();
    }
    let off = ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_TELEMETRY"];
    let mut status = json!({
        "loggedIn": has_key,
        "authMethod": if has_token { "oauth_token" } else if has_key { "api_key" } else { "none" },
        "apiProvider": "firstParty", "analyticsDisabled": off.iter().any(|name| set(name).is_some()),
        "projectsDirectory": format!("{}/projects", place.config), "configDirectory": place.config,
        "loginExpiresAt": null, "consoleProfileSignInOffered": true,
    });
    if has_key && !has_token {
        status["apiKeySource"] = KEY.into();
    }
    CommandOutput::new(format!("{status:#}\n")).exit_code(code)
}

fn doctor() -> String {
    format!(
        "Claude Code doctor\n\nRunning: npm-global ({CLI_VERSION})\nPlatform: linux-x64\nConfig install method: unknown\n\
         Search: OK (bundled)\n\nNo installation issues found.\n\nFor a full setup checkup that can also fix issues, run /doctor in \
         a Claude Code session.\n"
    )
}

fn plugins() -> Value {
    let plugin = |name: &&str| {
        let mut plugin = json!({
            "id": format!("cc-plugin-{name}@builtin"), "version": "unknown", "scope": "user", "enabled": true,
        });
        if *name == PLUGINS[0] {
            plugin["hasUserConfig"] = true.into();
        }
        plugin
    };
    PLUGINS.iter().map(plugin).collect()
}
