//! What the name of a member, a variable or a flag says about its value.

/// Names whose whole value is replaced, without their case, `_` and `-`.
const MEMBERS: [(&str, &[&str]); 3] = [
    (
        "secret",
        &[
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
            "token",
            "worksecret",
            "xapikey",
        ],
    ),
    (
        "organization",
        &["organisation", "organization", "organizationid", "organizationname", "organizationuuid", "orgid", "orgname", "orguuid"],
    ),
    ("account", &["accountid", "accountuuid", "userid", "useruuid"]),
];

/// Ends of names of environment variables whose value is a secret.
const VARIABLES: [&str; 7] = ["_KEY", "_KEY_ID", "_TOKEN", "_SECRET", "_PASSWORD", "_PASSWD", "_CREDENTIALS"];

/// Names in the query of a URL, besides those above, whose value is a secret.
const QUERY: [&str; 6] = ["code", "key", "sig", "signature", "state", "xamzsignature"];

/// The longest name of the tables, and more: nothing longer is looked up.
const LONGEST: usize = 32;

/// The kind of thing that stands under this name, if it is one that must not.
pub(super) fn kind_of(name: &[u8]) -> Option<&'static str> {
    if is_variable(name) {
        return Some("secret");
    }
    let (plain, len) = plain(name)?;
    let plain = &plain[..len];
    MEMBERS.iter().find(|(_, names)| names.iter().any(|known| known.as_bytes() == plain)).map(|(kind, _)| *kind)
}

/// Whether the value of this parameter of a URL is a secret.
pub(super) fn is_secret_in_url(name: &[u8]) -> bool {
    kind_of(name) == Some("secret") || plain(name).is_some_and(|(plain, len)| QUERY.iter().any(|known| known.as_bytes() == &plain[..len]))
}

/// Whether this is the name of an environment variable whose value is a secret.
pub(super) fn is_variable(name: &[u8]) -> bool {
    VARIABLES.iter().any(|end| name.ends_with(end.as_bytes())) && !name.iter().any(u8::is_ascii_lowercase)
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
        for name in ["api_key", "apiKey", "API-KEY", "x-api-key", "GITHUB_TOKEN", "AWS_ACCESS_KEY_ID", "Set-Cookie", "--password"] {
            assert_eq!(kind_of(name.as_bytes()), Some("secret"), "{name}");
        }
        assert_eq!(kind_of(b"organizationUuid"), Some("organization"));
        for name in ["apiKeySource", "tokenSource", "max_tokens", "progressToken", "keys", "", "monkey_key", "code"] {
            assert_eq!(kind_of(name.as_bytes()), None, "{name}");
        }
        assert!(is_secret_in_url(b"code") && is_secret_in_url(b"X-Amz-Signature") && !is_secret_in_url(b"page"));
    }
}
