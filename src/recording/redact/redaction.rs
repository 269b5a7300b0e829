//! What is to be kept out of a recording.

use std::collections::BTreeMap;
use std::fmt;

use super::finder::Finder;
use super::lint::{Finding, find};
use super::redactor::Redactor;
use crate::recording::error::Error;
use crate::recording::file::Recording;
use crate::recording::vars::{Hider, Root};

/// What is to be kept out of a recording, and what only you know of it.
///
/// | kind | what | becomes |
/// |---|---|---|
/// | `path` | the paths of the [`root`](Self::root)s, and their slugs | `${cwd}`, ...: see [`Recording::expand`] |
/// | `key` | API keys: `sk-ant-...`, and those of other well-known services (`ghp_...`, `AKIA...`) | the prefix, `REDACTED`, a number, and `x` up to the old length: `ghp_REDACTED1xxxx` |
/// | `token` | what follows `Bearer` or `Basic`; JSON web tokens | `<token:1>` |
/// | `secret` | what a name of a secret is given, in JSON, YAML, command lines, URLs, headers and configuration files: names ending in `password`, `secret`, `api_key`, `access_token` and the like, in any case and spelling; everything under `mcpServers.*.env`, `mcpServers.*.headers` and `settings.env`; passwords in URLs and of commands (`mysql -p...`, `curl -u me:...`); hashes of passwords; private keys; what [`secret`](Self::secret) and [`pattern`](Self::pattern) add | `<secret:1>` |
/// | `email` | e-mail addresses | `user1@redacted.invalid` |
/// | `organization`, `account` | values of members such as `organization` and `user_id` where the CLI describes itself: its control replies, `init`, `auth_status`; of `accountUuid`, `organizationUuid` and `organizationName` in any text | `<organization:1>` |
/// | `user` | the name in `/home/NAME`, `/Users/NAME` and `C:\Users\NAME` | `/home/<user:1>` |
/// | `host` | private IPv4 addresses, machines in networks such as `.local` and `.internal`, what [`host`](Self::host) adds | `host1.redacted.invalid` |
/// | `signature` | signatures of thinking blocks, and redacted thinking | `<signature:1>` |
/// | `text` | long descriptions and prompts in what the CLI says about itself, and its notes to the model | `<text:1>` |
///
/// **Decisions stay what they were.** The same text has the same placeholder throughout a recording, in every line and in both directions (for
/// the first 100,000 different texts). A placeholder keeps the shape of an address, a host or a key, so that code that checks the shape
/// decides in a replay as it did; one that decides on the value itself sees another value. Only the secret part of a text is replaced (`git
/// clone https://me:<secret:1>@host/x` is still a clone from there, `/home/<user:1>/x` still a path). Ids, uuids, kinds, numbers, tools and
/// the data of images stay, byte for byte. A replay takes a placeholder in what your program wrote for any text: see [`fits_redacted`](super::fits_redacted).
///
/// A secret that was found once (by name, by shape, in the environment) is also found where its name is not, percent-encoded, and in base64, if
/// it has 8 to 4096 characters; up to 256 of them are remembered.
///
/// **A text that comes in pieces** (partial messages) is looked at as one: the placeholder, or the variable of a folder, is in the piece in which
/// the secret begins, and the next pieces lose their part of it, so that together they say what the whole message says. A recorder therefore
/// holds back the last three words of such a text, and what may be the beginning of something known, until more comes, its block ends, or
/// nothing has come for a quarter of a second; 64 KiB without a space are looked at in parts. A recorder that is killed loses what it held.
///
/// **What is not found**: a secret without a telling name or shape that was not added here, but [`lint`](Self::lint) points at words that look
/// random; public addresses and names of hosts, which decisions depend on; what is inside images and other files in base64.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Header, Recording, Redaction};
///
/// let mut recording = Recording::new(Header::new());
/// recording.events.push(Event::new(0, EventKind::Err("ann@x.org: bad passphrase kolibri-77".into())));
///
/// let counts = Redaction::new().secret("kolibri-77").scrub(&mut recording);
/// assert_eq!(counts["email"], 1);
/// assert_eq!(recording.events[0].kind, EventKind::Err("user1@redacted.invalid: bad passphrase <secret:1>".into()));
/// ```
#[derive(Clone, Default)]
pub struct Redaction {
    roots: Vec<Root>,
    secrets: Vec<String>,
    hosts: Vec<String>,
    finder: Finder,
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

    /// Replaces what this regular expression finds, or its first group, by `<secret:1>`, in every text, string, argument and line. A text is
    /// seen without the escapes of JSON; letters and digits are those of ASCII. In a text that comes in pieces a match of up to 256 bytes is
    /// found whole, a longer one perhaps in part.
    ///
    /// ```
    /// use claude_wire::recording::{Event, EventKind, Header, Recording, Redaction};
    ///
    /// # fn main() -> Result<(), claude_wire::recording::Error> {
    /// let redaction = Redaction::new().pattern(r"ticket (ACME-\d+)")?;
    /// let mut recording = Recording::new(Header::new());
    /// recording.events.push(Event::new(0, EventKind::Err("see ticket ACME-1234".into())));
    /// redaction.scrub(&mut recording);
    /// assert_eq!(recording.events[0].kind, EventKind::Err("see ticket <secret:1>".into()));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When it is not a regular expression of the [`regex`](https://docs.rs/regex) crate, needs over 4 MiB, or matches the empty text.
    pub fn pattern(mut self, regex: &str) -> Result<Self, Error> {
        self.finder
            .add(regex)
            .map_err(|why| Error::format(format!("pattern {regex:?} cannot be used: {why}")))?;
        Ok(self)
    }

    /// Replaces everything that should not be in a recording that is shared, and returns how often for each kind of thing.
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

    pub(super) fn finder(&self) -> &Finder {
        &self.finder
    }
}

/// The roots, and how much else there is; never a secret.
impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { roots, secrets, hosts, finder } = self;
        f.debug_struct("Redaction")
            .field("roots", roots)
            .field("secrets", &secrets.len())
            .field("hosts", &hosts.len())
            .field("patterns", &finder.added())
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
