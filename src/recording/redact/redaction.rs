//! The settings of a redaction.

use std::fmt;

use super::finder::Finder;
use crate::recording::error::Error;
use crate::recording::vars::Root;

/// What to keep out of a recording: the known kinds, and what only you know.
///
/// | kind | what | becomes |
/// |---|---|---|
/// | `path` | the paths of the [`root`](Self::root)s, and their slugs | `${cwd}`, ...: see [`Recording::expand`](crate::recording::Recording::expand) |
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
/// **Decisions stay the same.** The same text has the same placeholder throughout a recording, in
/// every line and in both directions (for the first 100,000 different texts). A placeholder keeps
/// the shape of an address, a host or a key, so code that checks the shape decides in a replay as
/// it did before; code that checks the value itself sees another value. Only the secret part of a
/// text is replaced (`git clone https://me:<secret:1>@host/x` is still a clone from there,
/// `/home/<user:1>/x` still a path). Ids, uuids, kinds, numbers, tools and the data of images stay,
/// byte for byte. In a replay a placeholder matches any text that your program wrote: see
/// [`fits_redacted`](super::fits_redacted).
///
/// A secret that was found once (by name, by shape, in the environment) is also found without its
/// name, percent-encoded, and in base64, if it has 8 to 4096 characters; up to 256 of them are
/// remembered.
///
/// **A text that comes in deltas** (partial messages) is searched as one. The placeholder, or the
/// variable of a folder, is in the delta in which the secret begins, and the next deltas lose their
/// part of it, so that together they say what the whole message says. A recorder therefore holds
/// back the last three words of such a text, and a possible beginning of a known secret, until more
/// comes, its block ends, or nothing has come for a quarter of a second. 64 KiB without a space are
/// searched in parts. A recorder that is killed loses what it held back.
///
/// **What is not found**: a secret without a telling name or shape that you did not add, though
/// [`lint`](Self::lint) flags words that look random; public addresses and host names, which
/// decisions depend on; what is inside images and other base64 files.
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
    /// Only what is recognised by name or shape.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a folder of the host a variable.
    #[must_use]
    pub fn root(mut self, root: Root) -> Self {
        self.roots.push(root);
        self
    }

    /// Replaces this text wherever it occurs, also percent-encoded and in base64. A text of fewer
    /// than 8 bytes is ignored: it would match too much.
    #[must_use]
    pub fn secret(mut self, text: impl Into<String>) -> Self {
        self.secrets.push(text.into());
        self
    }

    /// Replaces this name of a machine wherever it occurs as a whole word. A name of fewer than 4
    /// bytes is ignored.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Replaces the matches of this regular expression, or of its first group, by `<secret:1>`, in
    /// every text, string, argument and line. The expression sees a text without JSON escapes;
    /// letters and digits are ASCII. In a text that comes in deltas a match of up to 256 bytes is
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
    /// If it is not a regular expression of the [`regex`](https://docs.rs/regex) crate, needs over
    /// 4 MiB, or matches the empty text.
    pub fn pattern(mut self, regex: &str) -> Result<Self, Error> {
        self.finder
            .add(regex)
            .map_err(|why| Error::format(format!("pattern {regex:?} cannot be used: {why}")))?;
        Ok(self)
    }

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

/// Shows the roots, and how much else there is; never a secret.
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
