//! The settings that a process has only for as long as it lives, and the requests that make them.

use serde_json::{Map, Value};

use crate::protocol::io::Settled;
use crate::wire::RawJson;

/// A setting that outlasts a turn; of some there is one for each directory or server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Setting {
    Model,
    PermissionMode,
    Thinking,
    Flags,
    Directory,
    RepoRoot(String),
    Servers,
    ServerMode(String),
    Suggestions,
}

impl Setting {
    /// The setting that a request makes, if it makes one. What the CLI writes down itself, such as a server that is switched off, needs no
    /// memory of ours.
    pub(in crate::protocol) fn of(body: &RawJson) -> Option<Self> {
        let text = |name| text(body, name).unwrap_or_default();
        match &*text("subtype") {
            "set_model" => Some(Self::Model),
            "set_permission_mode" => Some(Self::PermissionMode),
            "set_max_thinking_tokens" => Some(Self::Thinking),
            "apply_flag_settings" => Some(Self::Flags),
            "set_cwd" => Some(Self::Directory),
            "register_repo_root" => Some(Self::RepoRoot(text("directory"))),
            "mcp_set_servers" => Some(Self::Servers),
            "set_mcp_permission_mode_override" => Some(Self::ServerMode(text("serverName"))),
            "set_prompt_suggestions_paused" => Some(Self::Suggestions),
            _ => None,
        }
    }

    /// Do two requests for it come to the same?
    pub(super) fn is_same(&self, one: &RawJson, other: &RawJson) -> bool {
        let name = match self {
            Self::Model => "model",
            Self::PermissionMode => "mode",
            _ => return one == other,
        };
        text(one, name) == text(other, name)
    }

    /// Does a request for it leave nothing of those before?
    pub(super) fn is_replaced(&self) -> bool {
        !matches!(self, Self::Thinking | Self::Flags | Self::Directory)
    }

    /// The request that makes it again, once the CLI has accepted `body` with this reply over what was made `before`. `None` where that is
    /// nothing: a new process is so by itself.
    pub(super) fn accepted(
        &self,
        body: &RawJson,
        reply: Option<&RawJson>,
        before: Option<RawJson>,
    ) -> Option<RawJson> {
        let is = |name: &str, value: &[u8]| {
            body.cursor().get(name).is_some_and(|it| it.raw().as_bytes() == value)
        };
        match self {
            Self::Servers if is("servers", b"{}") => None,
            Self::ServerMode(_) if is("mode", b"null") => None,
            Self::Suggestions if is("paused", b"false") => None,
            // What is not named is left as it was.
            Self::Thinking | Self::Flags => {
                Some(before.map_or_else(|| body.clone(), |before| laid_over(&before, body)))
            }
            // The next process does not begin where this one is. A directory that the user has yet to trust is none that it has moved to.
            Self::Directory => {
                match reply.filter(|reply| text(reply, "status").as_deref() == Some("ok")) {
                    Some(reply) => with_path(body, "path", reply, "cwd"),
                    None => before,
                }
            }
            Self::RepoRoot(_) => reply
                .and_then(|reply| with_path(body, "directory", reply, "directory"))
                .or_else(|| Some(body.clone())),
            Self::Model
            | Self::PermissionMode
            | Self::Servers
            | Self::ServerMode(_)
            | Self::Suggestions => Some(body.clone()),
        }
    }
}

/// The request with the path that the reply has made of it, which is absolute.
fn with_path(body: &RawJson, field: &str, reply: &RawJson, name: &str) -> Option<RawJson> {
    let mut body = object(body)?;
    body.insert(field.into(), text(reply, name)?.into());
    Some(Value::Object(body).into())
}

/// The fields of both; the later ones count. Of `settings`, the keys of both.
fn laid_over(before: &RawJson, body: &RawJson) -> RawJson {
    let (Some(mut all), Some(later)) = (object(before), object(body)) else { return body.clone() };
    for (name, value) in later {
        match (all.get_mut(&name), value) {
            (Some(Value::Object(settings)), Value::Object(later)) if name == "settings" => {
                settings.extend(later)
            }
            (_, value) => {
                all.insert(name, value);
            }
        }
    }
    Value::Object(all).into()
}

/// The request without what a launch settles; `None` where nothing is left of it.
pub(super) fn without(body: &RawJson, settled: &[Settled]) -> Option<RawJson> {
    let subtype = text(body, "subtype")?;
    let settled: Vec<_> = settled.iter().filter(|settled| settled.subtype == subtype).collect();
    if settled.is_empty() {
        return Some(body.clone());
    }
    let keys: Option<Vec<_>> = settled.iter().map(|settled| settled.key.as_deref()).collect();
    let (mut body, keys) = (object(body)?, keys?);
    let settings = body.get_mut("settings")?.as_object_mut()?;
    settings.retain(|key, _| !keys.contains(&&**key));
    (!settings.is_empty()).then(|| Value::Object(body).into())
}

fn text(body: &RawJson, name: &str) -> Option<String> {
    body.cursor().get(name)?.string().map(String::from)
}

fn object(body: &RawJson) -> Option<Map<String, Value>> {
    match body.to_value() {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}
