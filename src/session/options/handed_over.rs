//! What may hold secrets, and is therefore handed over in the handshake: any process of the machine can read a command line.

use serde_json::{Map, Value};

use super::{FileOrJson, OptionError, Options};

impl Options {
    /// These fields of the initialize request count only for a CLI that waits for it before it does anything.
    pub(super) fn awaits_initialize(&self) -> bool {
        self.external_servers().is_some()
            || self.inline_settings().is_some()
            || self.managed_settings.is_some()
    }

    /// `mcpServers`: the servers of `mcp_servers`, and those that `mcp_config` has as JSON. To the CLI they are the same as in `--mcp-config`.
    pub(super) fn external_servers(&self) -> Option<Value> {
        let typed = self
            .mcp_servers
            .iter()
            .flatten()
            .map(|(name, server)| (name.clone(), server.to_json()));
        let inline = self.inline_servers().map(|(name, server)| (name.clone(), server.clone()));
        let servers: Map<_, _> = inline.chain(typed).collect();
        (!servers.is_empty()).then(|| servers.into())
    }

    /// A name stands for one server.
    pub(super) fn check_server_names(&self) -> Result<(), OptionError> {
        let mut names: Vec<_> = self
            .inline_servers()
            .map(|(name, _)| name)
            .chain(self.mcp_servers.iter().flatten().map(|(name, _)| name))
            .collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(OptionError::new(
                "mcp_config",
                "each server once, here and in `mcp_servers`",
                format!("{:?} twice", pair[0]),
            )),
            None => Ok(()),
        }
    }

    /// `settings`: those that came as JSON, and the sandbox in them.
    pub(in crate::session) fn inline_settings(&self) -> Option<Map<String, Value>> {
        let settings = match &self.settings {
            Some(FileOrJson::Json(Value::Object(settings))) => Some(settings.clone()),
            _ => None,
        };
        let Some(sandbox) = &self.sandbox else { return settings };
        let mut sandbox = sandbox.clone();
        // Who asks for a sandbox must not run without one because something is not installed.
        if sandbox["enabled"] == true && sandbox.get("failIfUnavailable").is_none() {
            sandbox["failIfUnavailable"] = true.into();
        }
        let mut settings = settings.unwrap_or_default();
        settings.insert("sandbox".into(), sandbox);
        Some(settings)
    }

    pub(super) fn check_sandbox(&self) -> Result<(), OptionError> {
        match (&self.sandbox, &self.settings) {
            (Some(sandbox), _) if !sandbox.is_object() => {
                Err(OptionError::new("sandbox", "a JSON object", "another kind of JSON"))
            }
            (Some(_), Some(FileOrJson::File(_))) => Err(OptionError::new(
                "sandbox",
                "no settings file beside it; write it into that file",
                "both",
            )),
            _ => Ok(()),
        }
    }

    fn inline_servers(&self) -> impl Iterator<Item = (&String, &Value)> {
        let configs = self.mcp_config.iter().flatten().filter_map(|config| match config {
            FileOrJson::Json(json) => json["mcpServers"].as_object(),
            FileOrJson::File(_) => None,
        });
        configs.flatten()
    }
}
