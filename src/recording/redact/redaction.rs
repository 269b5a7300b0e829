use std::collections::BTreeMap;
use std::fmt;

use super::lint::{Finding, find};
use super::redactor::Redactor;
use crate::recording::file::Recording;
use crate::recording::vars::{Hider, Root};

/// What is to be kept out of a recording, besides what is known by its name or its shape.
///
/// | kind | what | becomes |
/// |---|---|---|
/// | `path` | the paths of the [`root`](Self::root)s, and their slugs | `${cwd}`, ...: see [`Recording::expand`] |
/// | `key` | API keys: `sk-ant-...`, and those of other well-known services (`ghp_...`, `AKIA...`, `AccountKey=...`) | `<key:1>` |
/// | `token` | what follows `Bearer` or `Basic`; JSON web tokens | `<token:1>` |
/// | `secret` | values of members and flags such as `authorization` and `--password`, of variables such as `*_TOKEN`, of such names in texts; passwords in URLs; private keys; what [`secret`](Self::secret) was told | `<secret:1>` |
/// | `email` | e-mail addresses | `<email:1>` |
/// | `organization`, `account` | values of members such as `organization` and `user_id` where the CLI tells about itself: its control replies, `init`, `auth_status`; of `accountUuid`, `organizationUuid` and `organizationName` in any text | `<organization:1>` |
/// | `user` | the name in `/home/NAME`, `/Users/NAME` and `C:\Users\NAME` | `/home/<user:1>` |
/// | `host` | private IPv4 addresses, machines in networks such as `.local` and `.internal`, what [`host`](Self::host) was told | `<host:1>` |
/// | `signature` | signatures of thinking blocks, and redacted thinking | `<signature:1>` |
/// | `text` | long descriptions and prompts in what the CLI tells about itself, and its notes to the model | `<text:1>` |
///
/// **Decisions stay what they were.** The same text has the same placeholder throughout a recording, in every line and in both directions;
/// only the secret part of a text is replaced (`git clone https://me:<secret:1>@host/x` is still a clone from there, `/home/<user:1>/x`
/// still a path); names, numbers, ids (also process ids), tools and commands stay, byte for byte. A replay takes a placeholder in what the
/// host wrote for any text.
///
/// A secret that was found once (by name, by shape, in the environment) is also found where nothing tells of it, percent-encoded, and in
/// base64, if it has 8 characters or more.
///
/// **A text that comes in pieces** (partial messages) is looked at as one: the placeholder, or the variable of a folder, stands in the piece
/// in which the secret begins, and the next pieces lose their part of it, so that together they say what the whole message says. A recorder
/// therefore holds back the last three words of such a text, and what may be the beginning of something known, until more comes, its block
/// ends, or nothing has come for a quarter of a second; 8 KiB without a space are looked at in parts. A recorder that is killed loses what it
/// held.
///
/// **What is not found**: a secret without a telling name or shape that nobody told of, but [`lint`](Self::lint) points at words that look
/// random; public addresses and names of hosts, which
/// decisions depend on; what is inside images and other binary data.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Header, Recording, Redaction};
///
/// let mut recording = Recording::new(Header::new());
/// recording.events.push(Event::new(0, EventKind::Err("ann@x.org: bad passphrase kolibri-77".into())));
///
/// let counts = Redaction::new().secret("kolibri-77").scrub(&mut recording);
/// assert_eq!(counts["email"], 1);
/// assert_eq!(recording.events[0].kind, EventKind::Err("<email:1>: bad passphrase <secret:1>".into()));
/// ```
#[derive(Clone, Default)]
pub struct Redaction {
    roots: Vec<Root>,
    secrets: Vec<String>,
    hosts: Vec<String>,
}

impl Redaction {
    /// What is known by its name or its shape, and nothing more.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a folder of the host a variable.
    #[must_use]
    pub fn root(mut self, root: Root) -> Self {
        self.roots.push(root);
        self
    }

    /// Replaces this text wherever it stands, also percent-encoded and in base64. One of fewer than 8 bytes is passed over: it would be
    /// found in too much.
    #[must_use]
    pub fn secret(mut self, text: impl Into<String>) -> Self {
        self.secrets.push(text.into());
        self
    }

    /// Replaces this name of a machine wherever it stands as a whole word. One of fewer than 4 bytes is passed over.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Replaces everything that should not be in a recording that is shared, and tells how often for each kind of thing.
    ///
    /// The sum is added to the header's `redactions`. A second run finds nothing.
    pub fn scrub(&self, recording: &mut Recording) -> BTreeMap<&'static str, u64> {
        Redactor::new(self).hiding(Hider::new(&self.roots, &recording.header)).recording(recording)
    }

    /// What a recording should not hold any more: all that [`scrub`](Self::scrub) would replace, but for the roots; and words that look
    /// random, which it leaves, since they may be hashes or names.
    pub fn lint(&self, recording: &Recording) -> Vec<Finding> {
        find(self, recording)
    }

    #[cfg(feature = "session")]
    pub(crate) fn roots(&self) -> &[Root] {
        &self.roots
    }

    pub(super) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    pub(super) fn hosts(&self) -> &[String] {
        &self.hosts
    }
}

/// The roots, and how much else there is; never a secret.
impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { roots, secrets, hosts } = self;
        f.debug_struct("Redaction")
            .field("roots", roots)
            .field("secrets", &secrets.len())
            .field("hosts", &hosts.len())
            .finish()
    }
}

/// [`Redaction::scrub`] with these roots and nothing else that only the caller can know.
pub fn scrub(recording: &mut Recording, roots: &[Root]) -> BTreeMap<&'static str, u64> {
    roots.iter().cloned().fold(Redaction::new(), Redaction::root).scrub(recording)
}

/// Makes these folders variables and replaces nothing else.
pub(in crate::recording) fn hide(recording: &mut Recording, roots: &[Root]) {
    Redactor::only_hiding(Hider::new(roots, &recording.header)).recording(recording);
}
