//! The child's environment variables.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

use super::Secret;

/// Set for the child before the user's own variables.
const SDK: [(&str, &str); 2] =
    [("CLAUDE_CODE_ENTRYPOINT", "sdk-rs"), ("CLAUDE_AGENT_SDK_VERSION", env!("CARGO_PKG_VERSION"))];

/// Never inherited: they describe the CLI that the host itself runs under (and its message socket),
/// or change the runtime of a CLI that runs on Node.
const NEVER_INHERITED: [&str; 4] =
    ["CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_MESSAGING_*", "NODE_OPTIONS"];

const API_KEY: &str = "ANTHROPIC_API_KEY";

/// The environment of the child, in layers; a later one wins:
///
/// 1. what is inherited from the host ([`Inherit`]), always without `CLAUDECODE`,
///    `CLAUDE_CODE_SESSION_ID`, `CLAUDE_CODE_MESSAGING_*` and `NODE_OPTIONS`: a CLI must not
///    believe that it runs inside another one;
/// 2. `CLAUDE_CODE_ENTRYPOINT=sdk-rs`, `CLAUDE_AGENT_SDK_VERSION`, and `PWD` if a working directory
///    is given;
/// 3. what you set or remove, which may be any of the above;
/// 4. the API key, as `ANTHROPIC_API_KEY`.
///
/// Debug output shows the names of variables, never their values.
///
/// ```
/// use claude_wire::transport::{Environment, Inherit, Secret};
///
/// let env = Environment::new()
///     .inherit(Inherit::only(["PATH", "HOME", "LC_*"]))
///     .set("DISABLE_TELEMETRY", "1")
///     .api_key(Secret::new("sk-ant-example"));
/// assert!(!format!("{env:?}").contains("sk-ant"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    inherit: Inherit,
    /// `None` removes.
    vars: BTreeMap<OsString, Option<OsString>>,
    api_key: Option<Secret>,
}

impl Environment {
    /// Inherits everything and adds the SDK's own variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses what is inherited from the host.
    #[must_use]
    pub fn inherit(mut self, inherit: Inherit) -> Self {
        self.inherit = inherit;
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn set(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.vars.insert(name.into(), Some(value.into()));
        self
    }

    /// Removes a variable from the child's environment, wherever it comes from (except the API key
    /// given here).
    #[must_use]
    pub fn remove(mut self, name: impl Into<OsString>) -> Self {
        self.vars.insert(name.into(), None);
        self
    }

    /// Gives the child this API key, whatever the other layers say.
    #[must_use]
    pub fn api_key(mut self, key: Secret) -> Self {
        self.api_key = Some(key);
        self
    }

    /// The variables that were set (`Some`) or removed (`None`) here, sorted by name; without the
    /// API key.
    pub fn overrides(&self) -> impl Iterator<Item = (&OsStr, Option<&OsStr>)> {
        self.vars.iter().map(|(name, value)| (name.as_os_str(), value.as_deref()))
    }

    /// The whole environment of a child that runs in `cwd`, for a host with the variables `host`.
    ///
    /// The result is plain text and contains the key.
    pub fn resolve(
        &self,
        host: impl IntoIterator<Item = (OsString, OsString)>,
        cwd: Option<&Path>,
    ) -> BTreeMap<OsString, OsString> {
        let mut child: BTreeMap<_, _> = host
            .into_iter()
            .filter(|(name, _)| self.inherit.admits(name))
            .map(|(name, value)| (canonical(name), value))
            .collect();
        child.extend(SDK.map(|(name, value)| (name.into(), value.into())));
        if let Some(cwd) = cwd {
            child.insert("PWD".into(), cwd.into());
        }
        for (name, value) in &self.vars {
            match value {
                Some(value) => child.insert(canonical(name.clone()), value.clone()),
                None => child.remove(&canonical(name.clone())),
            };
        }
        if let Some(key) = &self.api_key {
            child.insert(API_KEY.into(), key.expose().into());
        }
        child
    }

    /// What a CLI elsewhere gets, in addition to the environment there: as
    /// [`resolve`](Self::resolve), but nothing is inherited that is not named.
    pub(super) fn carried(
        &self,
        host: impl IntoIterator<Item = (OsString, OsString)>,
        cwd: Option<&Path>,
    ) -> BTreeMap<OsString, OsString> {
        let inherit =
            if self.inherit == Inherit::All { Inherit::None } else { self.inherit.clone() };
        Self { inherit, ..self.clone() }.resolve(host, cwd)
    }
}

/// The names, in layers; never a value.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |set: bool| -> Vec<_> {
            self.vars
                .iter()
                .filter(|(_, value)| value.is_some() == set)
                .map(|(name, _)| name)
                .collect()
        };
        f.debug_struct("Environment")
            .field("inherit", &self.inherit)
            .field("set", &names(true))
            .field("removed", &names(false))
            .field("api_key", &self.api_key)
            .finish()
    }
}

/// What the child inherits from the host's environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inherit {
    /// Everything.
    #[default]
    All,
    /// Nothing. Without `HOME` the CLI finds no login and no settings; without `PATH` its tools
    /// find nothing.
    None,
    /// Only these names; `PREFIX_*` stands for every name that starts with `PREFIX_`.
    Only(Vec<String>),
}

impl Inherit {
    /// [`Inherit::Only`] from any list of names.
    pub fn only<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::Only(names.into_iter().map(Into::into).collect())
    }

    fn admits(&self, name: &OsStr) -> bool {
        let wanted = match self {
            Self::All => true,
            Self::None => false,
            Self::Only(patterns) => patterns.iter().any(|pattern| matches(pattern, name)),
        };
        wanted && !NEVER_INHERITED.iter().any(|pattern| matches(pattern, name))
    }
}

fn matches(pattern: &str, name: &OsStr) -> bool {
    let (pattern, name) = (canonical(pattern.into()), canonical(name.into()));
    let (pattern, name) = (pattern.as_encoded_bytes(), name.as_encoded_bytes());
    match pattern.strip_suffix(b"*") {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// Names are case-insensitive on Windows: use one spelling, so that one layer replaces another.
fn canonical(name: OsString) -> OsString {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(env: &Environment, host: &[(&str, &str)]) -> Vec<String> {
        let host = host.iter().map(|(name, value)| (name.into(), value.into()));
        let child = env.resolve(host, None);
        child
            .iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect()
    }

    const VERSION: &str = concat!("CLAUDE_AGENT_SDK_VERSION=", env!("CARGO_PKG_VERSION"));

    #[test]
    fn the_sdk_names_itself() {
        assert_eq!(resolve(&Environment::new(), &[]), [VERSION, "CLAUDE_CODE_ENTRYPOINT=sdk-rs"]);
    }

    #[test]
    fn inherited_then_sdk_then_user_then_key() {
        let host = [
            ("CLAUDE_CODE_ENTRYPOINT", "cli"),
            ("ANTHROPIC_API_KEY", "host"),
            ("A", "host"),
            ("B", "host"),
        ];
        let layered = |env: Environment| resolve(&env, &host);

        // sdk over inherited
        assert!(layered(Environment::new()).contains(&"CLAUDE_CODE_ENTRYPOINT=sdk-rs".into()));
        assert!(layered(Environment::new()).contains(&"ANTHROPIC_API_KEY=host".into()));
        // user over both, and over the host's key
        let user = Environment::new()
            .set("CLAUDE_CODE_ENTRYPOINT", "mine")
            .set("A", "user")
            .remove("B")
            .set("ANTHROPIC_API_KEY", "user");
        assert_eq!(
            layered(user.clone()),
            ["A=user", "ANTHROPIC_API_KEY=user", VERSION, "CLAUDE_CODE_ENTRYPOINT=mine"]
        );
        // the key over all, even over a removal
        assert!(layered(user.api_key("key".into())).contains(&"ANTHROPIC_API_KEY=key".into()));
        let removed = Environment::new().remove("ANTHROPIC_API_KEY").api_key("key".into());
        assert!(layered(removed).contains(&"ANTHROPIC_API_KEY=key".into()));
    }

    #[test]
    fn an_outer_cli_is_never_inherited_but_may_be_set() {
        let host = [
            ("CLAUDECODE", "1"),
            ("CLAUDE_CODE_SESSION_ID", "s"),
            ("CLAUDE_CODE_MESSAGING_SOCKET", "/s"),
            ("CLAUDE_CODE_MESSAGING_TOKEN", "t"),
            ("NODE_OPTIONS", "--inspect"),
            ("CLAUDE_CONFIG_DIR", "/c"),
        ];
        let kept = ["CLAUDE_CONFIG_DIR=/c"];
        for inherit in [Inherit::All, Inherit::only(["CLAUDE*", "NODE_OPTIONS"])] {
            let env = Environment::new()
                .inherit(inherit)
                .remove("CLAUDE_AGENT_SDK_VERSION")
                .remove("CLAUDE_CODE_ENTRYPOINT");
            assert_eq!(resolve(&env, &host), kept);
        }
        assert!(
            resolve(&Environment::new().set("CLAUDECODE", "1"), &[])
                .contains(&"CLAUDECODE=1".into())
        );
    }

    #[test]
    fn inherits_by_name_and_prefix() {
        let host =
            [("PATH", "/bin"), ("LC_ALL", "C"), ("LC_TIME", "C"), ("LCD", "x"), ("HOME", "/h")];
        let only = |inherit| {
            let mut seen = resolve(&Environment::new().inherit(inherit), &host);
            seen.retain(|var| !var.starts_with("CLAUDE_"));
            seen
        };
        assert_eq!(only(Inherit::only(["PATH", "LC_*"])), ["LC_ALL=C", "LC_TIME=C", "PATH=/bin"]);
        assert!(only(Inherit::None).is_empty());
        assert_eq!(only(Inherit::All).len(), 5);
    }

    #[test]
    fn pwd_follows_the_working_directory() {
        let host = || [(OsString::from("PWD"), OsString::from("/host"))];
        let pwd = |env: Environment, cwd| env.resolve(host(), cwd).get(OsStr::new("PWD")).cloned();
        assert_eq!(pwd(Environment::new(), None), Some("/host".into()));
        let cwd = Path::new("/srv/shop");
        assert_eq!(pwd(Environment::new(), Some(cwd)), Some("/srv/shop".into()));
        assert_eq!(pwd(Environment::new().set("PWD", "/user"), Some(cwd)), Some("/user".into()));
    }
}
