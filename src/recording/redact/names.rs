//! What the name of a member, a variable, a flag or a header says about its value.
//!
//! The last words of a name decide, in any case and spelling: `db_password`, `dbPassword`,
//! `DB-PASSWORD` and `spring.db.password` are the same name here. A number at the end is not a word
//! (`API_KEY_2`).

/// What a value is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A secret, whatever it looks like.
    Secret,
    /// A secret if it looks like one and has at least this length.
    Perhaps(usize),
    /// Anything.
    Other,
}

/// Ends of names whose value is a secret, without the spaces, dots and hyphens between the words.
const SECRETS: [&str; 38] = [
    "accesskey",
    "accesstoken",
    "accountkey",
    "apikey",
    "apitoken",
    "authkey",
    "authorization",
    "authorizationcode",
    "authtoken",
    "bearertoken",
    "bottoken",
    "clientkeydata",
    "cookie",
    "deploykey",
    "encryptionkey",
    "idtoken",
    "keypass",
    "masterkey",
    "oauthtoken",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "refreshtoken",
    "requirepass",
    "secret",
    "secretkey",
    "secretkeybase",
    "securitytoken",
    "servicekey",
    "sessionkey",
    "sessiontoken",
    "sharedaccesskey",
    "sharedkey",
    "signingkey",
    "sshkey",
    "storepass",
];

/// Last words of names whose value is a secret in capitals (`A_KEY`), and elsewhere if it looks
/// like one.
const LAST_WORDS: [&str; 11] = [
    "key",
    "token",
    "pass",
    "pwd",
    "pat",
    "auth",
    "credential",
    "credentials",
    "jwt",
    "bearer",
    "sid",
];

/// Those of [`LAST_WORDS`] that mean something else as the whole name of a variable.
const NOT_ALONE: [&str; 9] =
    ["key", "pass", "pwd", "pat", "auth", "jwt", "bearer", "sid", "credential"];

/// Words before `key` and `token` that give them another meaning.
const HARMLESS: [&str; 55] = [
    "arrow",
    "attribution",
    "bos",
    "cache",
    "cancel",
    "cancellation",
    "column",
    "composite",
    "continuation",
    "csrf",
    "end",
    "eos",
    "event",
    "foreign",
    "group",
    "hash",
    "host",
    "hot",
    "i18n",
    "idempotency",
    "image",
    "index",
    "json",
    "lookup",
    "map",
    "mask",
    "max",
    "message",
    "next",
    "num",
    "object",
    "pad",
    "page",
    "param",
    "parent",
    "partition",
    "primary",
    "progress",
    "public",
    "query",
    "range",
    "react",
    "route",
    "routing",
    "row",
    "sep",
    "short",
    "sort",
    "start",
    "state",
    "stop",
    "storage",
    "sync",
    "translation",
    "unk",
];

/// Those of [`HARMLESS`] that name a secret in capitals if the value looks like one:
/// `AZURE_STORAGE_KEY` is one, and `STORAGE_KEY = "todos"` in code is not.
const HARMLESS_IN_CODE: [&str; 4] = ["host", "state", "storage", "sync"];

/// Variables that are secrets whatever their last word.
const WHOLE: [&str; 4] =
    ["PGPASSWORD", "ANTHROPIC_CUSTOM_HEADERS", "MYSQL_PWD", "AWS_ACCESS_KEY_ID"];

/// Names of URL parameters whose value is a secret.
const QUERY: [&str; 13] = [
    "access",
    "auth",
    "code",
    "jwt",
    "key",
    "pass",
    "pwd",
    "sid",
    "sig",
    "signature",
    "state",
    "token",
    "xamzsignature",
];

/// Names of the user's identity in the CLI's reports about itself; elsewhere a tool's argument may
/// have such a name.
const IDENTITIES: [(&str, &[&str]); 2] = [
    (
        "organization",
        &[
            "organisation",
            "organization",
            "organizationid",
            "organizationname",
            "organizationuuid",
            "orgid",
            "orgname",
            "orguuid",
        ],
    ),
    ("account", &["accountid", "accountuuid", "userid", "useruuid"]),
];

/// The longest name, in bytes.
const LONGEST: usize = 80;

/// What a value of this name is.
pub(super) fn named(name: &[u8]) -> Named {
    let Some(name) = Name::read(name) else { return Named::Other };
    if name.ends_with_any(&SECRETS)
        || WHOLE.iter().any(|whole| name.is(whole))
        || name.is_access_key_id()
    {
        return Named::Secret;
    }
    let last = name.word(0);
    let is_last = LAST_WORDS.contains(&last) || last.ends_with("token");
    if is_last && name.is_capital && HARMLESS_IN_CODE.contains(&name.word(1)) {
        return Named::Perhaps(8);
    }
    if !is_last || HARMLESS.contains(&name.word(1)) {
        return Named::Other;
    }
    match name.word(1).is_empty() {
        false if name.is_capital => Named::Secret,
        true if name.is_capital && !NOT_ALONE.contains(&last) => Named::Secret,
        false => Named::Perhaps(8),
        true => Named::Perhaps(16),
    }
}

/// What each value in a list of this name is: `api_keys` is a list of what `api_key` is. A list may
/// also name what is secret, so that its values must look like secrets.
pub(super) fn named_in_list(name: &[u8]) -> Named {
    match name {
        [one @ .., b's' | b'S'] if named(name) == Named::Other => match named(one) {
            Named::Secret => Named::Perhaps(8),
            other => other,
        },
        _ => named(name),
    }
}

/// Whether an environment variable of this name is a secret. Lower case makes no difference.
pub(super) fn is_secret_variable(name: &[u8]) -> bool {
    let upper = name.to_ascii_uppercase();
    let is_key = Name::read(&upper).is_some_and(|name| HARMLESS_IN_CODE.contains(&name.word(1)));
    let of_upper = named(&upper);
    of_upper == Named::Secret
        || (is_key && of_upper != Named::Other)
        || named(name) == Named::Secret
}

/// Whether the value of this URL parameter is a secret.
pub(super) fn is_secret_in_url(name: &[u8]) -> bool {
    named(name) != Named::Other
        || Name::read(name).is_some_and(|name| QUERY.iter().any(|known| name.is(known)))
}

/// Whether this is, by its capitals, the name of a variable.
pub(super) fn is_variable(name: &[u8]) -> bool {
    name.iter().any(u8::is_ascii_uppercase) && !name.iter().any(u8::is_ascii_lowercase)
}

/// The identity that this name stands for in the CLI's reports about itself.
pub(super) fn identity(name: &[u8]) -> Option<&'static str> {
    let name = Name::read(name)?;
    IDENTITIES
        .iter()
        .find(|(_, names)| names.iter().any(|known| name.is(known)))
        .map(|(kind, _)| *kind)
}

/// The words of a name, in lower case.
struct Name {
    /// All words, joined.
    letters: [u8; LONGEST],
    len: usize,
    /// The starts of the last word and of the one before it.
    starts: [usize; 2],
    is_capital: bool,
}

impl Name {
    fn read(name: &[u8]) -> Option<Self> {
        let end = name.iter().rposition(u8::is_ascii_alphabetic)? + 1;
        let name = &name[..end];
        let mut read =
            Self { letters: [0; LONGEST], len: 0, starts: [0; 2], is_capital: is_variable(name) };
        let mut before = b'_';
        for (at, byte) in name.iter().enumerate() {
            if byte.is_ascii_alphanumeric() {
                let follows_capital = byte.is_ascii_uppercase()
                    && before.is_ascii_uppercase()
                    && name.get(at + 1).is_some_and(u8::is_ascii_lowercase);
                let begins = !before.is_ascii_alphanumeric()
                    || (byte.is_ascii_uppercase() && !before.is_ascii_uppercase())
                    || follows_capital;
                if begins && read.len > 0 {
                    read.starts = [read.len, read.starts[0]];
                }
                *read.letters.get_mut(read.len)? = byte.to_ascii_lowercase();
                read.len += 1;
            }
            before = *byte;
        }
        Some(read)
    }

    /// The last word for 0, the last but one for 1; empty if there is none.
    fn word(&self, back: usize) -> &str {
        let [last, before] = self.starts;
        let word = if back == 0 { last..self.len } else { before..last };
        std::str::from_utf8(&self.letters[word]).unwrap_or_default()
    }

    fn all(&self) -> &[u8] {
        &self.letters[..self.len]
    }

    /// Whether its letters and digits are these.
    fn is(&self, name: &str) -> bool {
        let plain =
            name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
        plain.eq(self.all().iter().copied())
    }

    fn ends_with_any(&self, ends: &[&str]) -> bool {
        ends.iter().any(|end| self.all().ends_with(end.as_bytes()))
    }

    /// `AWS_ACCESS_KEY_ID`, and others in capitals.
    fn is_access_key_id(&self) -> bool {
        self.is_capital && self.word(0) == "id" && self.word(1) == "key"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_decide_in_any_spelling() {
        for name in [
            "db_password",
            "dbPassword",
            "DB_PASSWORD",
            "DbPassword",
            "db-password",
            "spring.datasource.password",
            "dbpassword",
            "password2",
            "API_KEY_2",
            "api_key",
            "apiKey",
            "APIKey",
            "x-api-key",
            "api_token",
            "apiToken",
            "aws_secret_access_key",
            "AWS_ACCESS_KEY_ID",
            "GITHUB_TOKEN",
            "STRIPE_KEY",
            "Set-Cookie",
            "--password",
            "client-key-data",
            "_password",
            "clientSecret",
            "TOKEN",
            "npm_config__authToken",
            "SECRET_KEY_BASE",
            "secretKeyBase",
        ] {
            assert_eq!(named(name.as_bytes()), Named::Secret, "{name}");
        }
        for (name, least) in [
            ("token", 16),
            ("Token", 16),
            ("key", 16),
            ("stripe_key", 8),
            ("dbPass", 8),
            ("_auth", 16),
            ("AZURE_STORAGE_KEY", 8),
            ("SYNC_TOKEN", 8),
        ] {
            assert_eq!(named(name.as_bytes()), Named::Perhaps(least), "{name}");
        }
        for name in [
            "apiKeySource",
            "turnAttributionKey",
            "tokenSource",
            "max_tokens",
            "progressToken",
            "nextPageToken",
            "keys",
            "",
            "monkey",
            "code",
            "primary_key",
            "publicKey",
            "PATH",
            "PUBLIC_KEY",
            "passwordless",
            "secrets",
            "bypass",
            "tokenCount",
            "storage_key",
            "hostKey",
        ] {
            assert_eq!(named(name.as_bytes()), Named::Other, "{name}");
        }
    }

    #[test]
    fn a_list_has_the_name_of_its_values() {
        for (name, expected) in [
            ("api_keys", Named::Perhaps(8)),
            ("PASSWORDS", Named::Perhaps(8)),
            ("password", Named::Secret),
            ("credentials", named(b"credentials")),
            ("primary_keys", Named::Other),
            ("names", Named::Other),
            ("s", Named::Other),
        ] {
            assert_eq!(named_in_list(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn variables_and_parameters_have_distinct_names() {
        for name in [
            "TOKEN",
            "A_PASS",
            "A_PWD",
            "A_PAT",
            "A_AUTH",
            "PGPASSWORD",
            "ANTHROPIC_CUSTOM_HEADERS",
            "npm_token",
            "my_key",
            "AZURE_STORAGE_KEY",
            "host_key",
        ] {
            assert!(is_secret_variable(name.as_bytes()), "{name}");
        }
        for name in
            ["PWD", "OLDPWD", "KEY", "PATH", "COMPASS", "SSH_AUTH_SOCK", "MONKEY", "EDITOR", "AUTH"]
        {
            assert!(!is_secret_variable(name.as_bytes()), "{name}");
        }
        assert!(
            is_secret_in_url(b"code")
                && is_secret_in_url(b"X-Amz-Signature")
                && !is_secret_in_url(b"page")
        );
        assert_eq!(
            (identity(b"organizationUuid"), identity(b"user_id"), identity(b"id")),
            (Some("organization"), Some("account"), None)
        );
    }
}
