//! What the name of a member, a variable or a flag says about its value.

/// Names whose whole value is a secret, without their case, `_` and `-`.
const SECRETS: [&str; 25] = [
    "accesskey",
    "accesstoken",
    "apikey",
    "authorization",
    "authorizationcode",
    "authtoken",
    "bearertoken",
    "clientsecret",
    "cookie",
    "idtoken",
    "oauthtoken",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "proxyauthorization",
    "refreshtoken",
    "secret",
    "secretaccesskey",
    "secretkey",
    "sessionkey",
    "sessiontoken",
    "setcookie",
    "worksecret",
    "xapikey",
];

/// A name that secrets have, and cursors, and words of a language: its value must look like a secret, too.
const TOKEN: &str = "token";

/// Names of whoever is logged in, in what the CLI tells about itself; elsewhere an argument of a tool may be called so.
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

/// Last words of names of environment variables whose value is a secret: `A_KEY`, `KEY`.
const VARIABLES: [&str; 11] = [
    "KEY",
    "KEY_ID",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "PWD",
    "PAT",
    "AUTH",
    "CREDENTIALS",
];

/// Those that are one as a whole, whatever they end with.
const WHOLE_VARIABLES: [&str; 2] = ["PGPASSWORD", "ANTHROPIC_CUSTOM_HEADERS"];

/// Words that are variables of another meaning, or ordinary words, where nothing stands before them.
const NOT_ALONE: [&str; 6] = ["KEY", "KEY_ID", "PASS", "PWD", "PAT", "AUTH"];

/// Names in the query of a URL, besides those above, whose value is a secret.
const QUERY: [&str; 6] = ["code", "key", "sig", "signature", "state", "xamzsignature"];

/// The longest name of the tables, and more: nothing longer is looked up.
const LONGEST: usize = 32;

/// Whether what stands under this name is a secret, whatever it looks like.
pub(super) fn is_secret(name: &[u8]) -> bool {
    is_variable(name)
        || plain(name).is_some_and(|(plain, len)| {
            SECRETS.iter().any(|known| known.as_bytes() == &plain[..len])
        })
}

/// Whether what stands under this name is a secret if it looks like one.
pub(super) fn may_be_secret(name: &[u8]) -> bool {
    plain(name).is_some_and(|(plain, len)| TOKEN.as_bytes() == &plain[..len])
}

/// Whether a value looks like a secret: one long word of letters and digits.
pub(super) fn looks_secret(value: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    value.len() >= 16
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && value.iter().all(u8::is_ascii_graphic)
}

/// Whether the value of a flag or a parameter of this name is a secret.
pub(super) fn is_secret_argument(name: &[u8]) -> bool {
    is_secret(name) || may_be_secret(name)
}

/// Of whom this name tells, where the CLI tells about itself.
pub(super) fn identity(name: &[u8]) -> Option<&'static str> {
    let (plain, len) = plain(name)?;
    let plain = &plain[..len];
    IDENTITIES
        .iter()
        .find(|(_, names)| names.iter().any(|known| known.as_bytes() == plain))
        .map(|(kind, _)| *kind)
}

/// Whether the value of this parameter of a URL is a secret.
pub(super) fn is_secret_in_url(name: &[u8]) -> bool {
    is_secret_argument(name)
        || plain(name)
            .is_some_and(|(plain, len)| QUERY.iter().any(|known| known.as_bytes() == &plain[..len]))
}

/// Whether this is, by its capitals, the name of a variable, and one whose value is a secret.
pub(super) fn is_variable(name: &[u8]) -> bool {
    is_secret_variable(name) && !name.iter().any(u8::is_ascii_lowercase)
}

/// Whether the value of an environment variable of this name is a secret. Names in lower case are names there, too.
pub(super) fn is_secret_variable(name: &[u8]) -> bool {
    let ends = |word: &str| match name.len().checked_sub(word.len()) {
        Some(0) => !NOT_ALONE.contains(&word),
        Some(at) => name[at - 1] == b'_',
        None => false,
    };
    let is = |word: &str| {
        name.len() >= word.len()
            && name[name.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
    };
    VARIABLES.iter().any(|word| is(word) && ends(word))
        || WHOLE_VARIABLES.iter().any(|whole| name.eq_ignore_ascii_case(whole.as_bytes()))
}

/// The letters and digits of a name, in lower case.
fn plain(name: &[u8]) -> Option<([u8; LONGEST], usize)> {
    let mut plain = [0; LONGEST];
    let mut len = 0;
    for byte in name.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        *plain.get_mut(len)? = byte.to_ascii_lowercase();
        len += 1;
    }
    Some((plain, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_spelled() {
        for name in [
            "api_key",
            "apiKey",
            "API-KEY",
            "x-api-key",
            "GITHUB_TOKEN",
            "AWS_ACCESS_KEY_ID",
            "Set-Cookie",
            "--password",
        ] {
            assert!(is_secret(name.as_bytes()), "{name}");
        }
        assert_eq!(
            (identity(b"organizationUuid"), identity(b"user_id"), identity(b"id")),
            (Some("organization"), Some("account"), None)
        );
        for name in [
            "token",
            "apiKeySource",
            "tokenSource",
            "max_tokens",
            "progressToken",
            "keys",
            "",
            "monkey_key",
            "code",
        ] {
            assert!(!is_secret(name.as_bytes()), "{name}");
        }
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
        ] {
            assert!(is_secret_variable(name.as_bytes()), "{name}");
        }
        for name in ["PWD", "OLDPWD", "KEY", "PATH", "COMPASS", "SSH_AUTH_SOCK", "MONKEY", "EDITOR"]
        {
            assert!(!is_secret_variable(name.as_bytes()), "{name}");
        }
        assert!(
            may_be_secret(b"Token") && !may_be_secret(b"tokens") && is_secret_argument(b"-token")
        );
        assert!(
            looks_secret(b"a1B2c3D4e5F6g7H8")
                && !looks_secret(b"page-2")
                && !looks_secret(b"the 2nd of several words")
        );
        assert!(
            is_secret_in_url(b"code")
                && is_secret_in_url(b"X-Amz-Signature")
                && !is_secret_in_url(b"page")
        );
    }
}
