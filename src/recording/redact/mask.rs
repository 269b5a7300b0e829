//! Masking of keys in texts that are shown, not recorded: error messages.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::finder::Finder;
use super::is_secret_variable;
use super::known::Known;
use super::line::Looking;
use super::text::Text;

/// The replacement for a secret, as in [`Secret`](crate::transport::Secret).
const MASK: &str = "[redacted]";

/// Masks these secrets in a text, and what looks like a key, a token or a password by shape or
/// name.
pub(crate) fn masked(text: &str, secrets: &[String]) -> String {
    let mut known = Known::default();
    for secret in secrets {
        known.add_secret("secret", secret.as_bytes());
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let looking = Looking { finder: &Finder::default(), known: &known, out: false };
    for place in looking.in_text(&Text::new(text.as_bytes())).places {
        let is_secret = matches!(place.kind, "key" | "token" | "secret");
        // Matches are whole characters; but an error message must not panic if one is not.
        let Some(before) = text.get(copied..place.range.start).filter(|_| is_secret) else {
            continue;
        };
        out.push_str(before);
        out.push_str(MASK);
        copied = place.range.end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    // The rules skip shorter secrets, since they search recordings for words.
    secrets
        .iter()
        .filter(|secret| (4..8).contains(&secret.len()))
        .fold(out, |out, secret| out.replace(secret.as_str(), MASK))
}

/// The values in an environment whose variable names say that they are secrets.
pub(crate) fn secret_values(env: &BTreeMap<OsString, OsString>) -> Vec<String> {
    let texts = env.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
    let secrets = texts.filter(|(name, value)| is_secret_variable(name) && is_telling(value));
    secrets.map(|(_, value)| value.to_owned()).collect()
}

/// Whether a value can be searched for: a single plain word is too common, and an existing path is
/// not a secret.
fn is_telling(value: &str) -> bool {
    let leads = value.starts_with('/')
        && value[1..].split('/').next().is_some_and(|top| Path::new("/").join(top).exists());
    !leads && (value.len() >= 16 || !value.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn existing_paths_are_not_secrets() {
        assert!(!is_telling("/usr/share/keys") && !is_telling("/") && !is_telling("production"));
        assert!(is_telling("/9sQ+x8/zK2w==") && is_telling("hunter-2-hunter"));
    }

    #[test]
    fn keys_are_masked_and_other_text_is_kept() {
        let key = ["sk", "ant", "api03", "a1B2c3D4e5F6g7H8"].join("-");
        let text = format!(
            "é 401: key {key} of ann@mail.example.org at 10.1.2.3, MY_TOKEN=abc123def\nmine: s3cr3t, kolibri-77-kolibri"
        );
        let secrets = ["kolibri-77-kolibri".to_owned(), "s3cr3t".to_owned()];
        assert_eq!(
            masked(&text, &secrets),
            "é 401: key [redacted] of ann@mail.example.org at 10.1.2.3, MY_TOKEN=[redacted]\nmine: [redacted], [redacted]"
        );
        assert_eq!(masked("nothing to hide", &secrets), "nothing to hide");
        assert_eq!(masked("", &[]), "");
    }
}
