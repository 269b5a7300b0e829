//! The first lines of a connection to a holder.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedWriteHalf;

use crate::transport::{Environment, Error, HeldTurn, Inherit, Launch};

/// What a program asks for.
#[derive(Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Ask {
    Open(Open),
    List,
}

/// A CLI, and how to start it if there is none.
#[derive(Deserialize, Serialize)]
pub(super) struct Open {
    pub(super) key: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: Option<PathBuf>,
}

/// What a holder answers.
#[derive(Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Hello {
    Opened {
        pid: Option<u32>,
        turn: Option<HeldTurn>,
        /// Whether the CLI had started before.
        #[serde(default)]
        ran: bool,
    },
    Owned {
        pid: Option<u32>,
    },
    Failed {
        error: String,
    },
    Held {
        sessions: Vec<HeldSession>,
    },
}

/// A session that a holder has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct HeldSession {
    /// Its key.
    pub key: String,
    /// The process id of the CLI.
    pub pid: Option<u32>,
    /// The process id of the program that has it now; `None` if it waits for one.
    pub owner: Option<u32>,
    /// The last turn; `None` before the first one.
    pub turn: Option<HeldTurn>,
}

/// Whether what a user may see may be sent to another one, or come from it: only root, who can read
/// all of it anyway.
pub(super) fn trusts(user: u32, peer: u32) -> bool {
    peer == user || peer == 0
}

/// Writes the answer to the first line. Returns whether that succeeded.
pub(super) async fn answer(writer: &mut OwnedWriteHalf, hello: &Hello) -> bool {
    let Ok(mut line) = serde_json::to_vec(hello) else { return false };
    line.push(b'\n');
    writer.write_all(&line).await.is_ok()
}

impl Open {
    /// # Errors
    /// If something is not UTF-8.
    pub(super) fn new(key: &str, launch: &Launch) -> Result<Self, Error> {
        let text = |what: &str, text: OsString| {
            text.into_string().map_err(|_| {
                Error::other(format!("{what} that is not UTF-8 cannot be sent to a holder"))
            })
        };
        let env = launch.env.resolve(std::env::vars_os(), launch.cwd.as_deref());
        let cwd = match &launch.cwd {
            Some(cwd) => std::path::absolute(cwd).map_err(Error::other)?,
            // The holder may run elsewhere.
            None => std::env::current_dir().map_err(Error::other)?,
        };
        text("a working directory", cwd.clone().into())?;
        Ok(Self {
            key: key.to_owned(),
            args: launch
                .args
                .iter()
                .map(|arg| text("an argument", arg.clone()))
                .collect::<Result<_, _>>()?,
            env: env
                .into_iter()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            cwd: Some(cwd),
        })
    }

    /// How the holder starts it.
    pub(super) fn into_launch(self) -> Launch {
        let inherited = Environment::new().inherit(Inherit::None);
        // The program has resolved it: nothing is added.
        let inherited = ["CLAUDE_CODE_ENTRYPOINT", "CLAUDE_AGENT_SDK_VERSION", "PWD"]
            .into_iter()
            .fold(inherited, Environment::remove);
        Launch {
            args: self.args.into_iter().map(Into::into).collect(),
            env: self.env.into_iter().fold(inherited, |env, (name, value)| env.set(name, value)),
            cwd: self.cwd,
            ..Launch::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_trusts_itself_and_root() {
        let users = [0, 1, 1000, 65534, u32::MAX];
        for (user, peer) in users.iter().flat_map(|user| users.map(|peer| (*user, peer))) {
            let is_trusted = matches!(
                (user, peer),
                (_, 0) | (1, 1) | (1000, 1000) | (65534, 65534) | (u32::MAX, u32::MAX)
            );
            assert_eq!(trusts(user, peer), is_trusted, "{user} {peer}");
        }
    }

    #[test]
    fn a_launch_arrives_as_it_was() {
        let launch = Launch {
            args: vec!["--model".into(), "a \"b\"\n".into()],
            env: Environment::new()
                .inherit(Inherit::None)
                .set("A", "b=c")
                .remove("CLAUDE_CODE_ENTRYPOINT")
                .api_key("sk-CANARY".into()),
            cwd: Some("/".into()),
            ..Launch::default()
        };
        let line = serde_json::to_string(&Ask::Open(Open::new("a key", &launch).unwrap())).unwrap();
        assert!(!line.contains('\n'));
        let Ok(Ask::Open(open)) = serde_json::from_str(&line) else { panic!("{line}") };
        assert_eq!(open.key, "a key");
        let arrived = open.into_launch();
        assert_eq!((&arrived.args, &arrived.cwd), (&launch.args, &launch.cwd));
        let resolved = |launch: &Launch| launch.env.resolve([("HOST".into(), "x".into())], None);
        let mut expected = resolved(&launch);
        expected.insert("PWD".into(), "/".into());
        assert_eq!(resolved(&arrived), expected);
    }
}
