//! What is sent ahead of the CLI's input: lines for a shell that set the environment, the directory
//! and the arguments, and then become the CLI.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::transport::Error;

/// Reads lines and runs them. It is the only text that a launcher has on its command line, so it has
/// nothing that any shell on the way would change: no single quote, no backslash, no exclamation
/// mark, no newline.
///
/// `read` takes no byte after its newline, so what follows the last line is left for the CLI. A line
/// that is cut off, since the connection broke, is not run.
///
/// The names of its variables are none that a launch would set: they would change its value.
pub(super) const READ_LINES: &str = r#"while IFS= read -r _cw_l; do eval "$_cw_l"; done"#;

/// Ends the CLI together with the process that started the shell, where that is possible.
const END_WITH_PARENT: &str = r#"if setpriv --help 2>/dev/null | grep -q -e --pdeathsig; then set -- setpriv --pdeathsig TERM -- "$@"; fi"#;

/// The variable that the shell itself needs.
const LOCALE: &str = "LC_ALL";

/// What is set up before the CLI starts.
pub(super) struct Setup<'a> {
    /// `None` removes.
    pub(super) env: BTreeMap<OsString, Option<OsString>>,
    pub(super) cwd: Option<&'a Path>,
    pub(super) program: &'a OsStr,
    pub(super) args: &'a [OsString],
    pub(super) end_with_parent: bool,
}

impl Setup<'_> {
    /// The lines.
    ///
    /// # Errors
    /// If a shell cannot set a variable of this name, or a value has a zero byte.
    pub(super) fn lines(&self) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        let mut line = |parts: &[&[u8]]| {
            parts.iter().for_each(|part| text.extend_from_slice(part));
            text.push(b'\n');
        };
        // A newline in a value would end a line.
        line(&[br"_cw_n=$(printf '\n_') && _cw_n=${_cw_n%_}"]);
        // In any other locale, bash loses bytes that are not valid there.
        line(&[b"_cw_a=${LC_ALL+x}${LC_ALL-} && LC_ALL=C"]);
        for (name, value) in self.env.iter().filter(|(name, _)| *name != LOCALE) {
            let name = name_of(name)?;
            match value {
                Some(value) => line(&[b"export ", name, b"=", &quoted(value)?]),
                None => line(&[b"unset ", name]),
            }
        }
        if let Some(cwd) = self.cwd {
            // A relative directory is below the one in which the launcher starts.
            let below: &[u8] = if cwd.is_absolute() { b"" } else { b"./" };
            line(&[b"cd -- ", below, &quoted(cwd.as_os_str())?, b" || exit 1"]);
        }
        let mut words = b"set --".to_vec();
        for word in std::iter::once(self.program).chain(self.args.iter().map(|arg| &**arg)) {
            words.push(b' ');
            words.extend(quoted(word)?);
        }
        line(&[&words]);
        // So the locale is that of the launch again only after the shell.
        match self.env.get(OsStr::new(LOCALE)) {
            None => line(&[br#"case $_cw_a in x*) set -- env "LC_ALL=${_cw_a#x}" "$@"; esac"#]),
            Some(None) => line(&[br#"set -- env -u LC_ALL "$@""#]),
            Some(Some(value)) => line(&[b"set -- env LC_ALL=", &quoted(value)?, b" \"$@\""]),
        }
        if self.end_with_parent {
            line(&[END_WITH_PARENT.as_bytes()]);
        }
        line(&[b"exec \"$@\""]);
        Ok(text)
    }
}

/// A word in single quotes, in which only the quote itself has a meaning. A newline is that of the
/// variable `_cw_n`.
pub(super) fn quoted(word: &OsStr) -> Result<Vec<u8>, Error> {
    let mut quoted = b"'".to_vec();
    for byte in word.as_encoded_bytes() {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            b'\n' => quoted.extend_from_slice(br#"'"$_cw_n"'"#),
            0 => {
                return Err(Error::other(
                    "an argument, a variable or the directory of this launch has a zero byte",
                ));
            }
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    Ok(quoted)
}

fn name_of(name: &OsStr) -> Result<&[u8], Error> {
    let bytes = name.as_encoded_bytes();
    let starts = bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    if starts && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        return Ok(bytes);
    }
    Err(Error::other(format!(
        "a shell cannot set the variable {}: a name has ASCII letters, digits and underscores, and \
         does not begin with a digit",
        name.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(env: &[(&str, Option<&str>)]) -> Result<String, Error> {
        let env = env.iter().map(|(name, value)| ((*name).into(), value.map(Into::into)));
        let setup = Setup {
            env: env.collect(),
            cwd: Some(Path::new("it's")),
            program: OsStr::new("claude"),
            args: &["-p".into(), "a\nb".into(), "".into()],
            end_with_parent: false,
        };
        setup.lines().map(|lines| String::from_utf8(lines).unwrap())
    }

    #[test]
    fn each_line_is_whole_and_quotes_its_values() {
        let text = lines(&[("A", Some("$(x) `y` \"z\"")), ("B", None)]).unwrap();
        let expected = [
            r"_cw_n=$(printf '\n_') && _cw_n=${_cw_n%_}",
            "_cw_a=${LC_ALL+x}${LC_ALL-} && LC_ALL=C",
            r#"export A='$(x) `y` "z"'"#,
            "unset B",
            r"cd -- ./'it'\''s' || exit 1",
            r#"set -- 'claude' '-p' 'a'"$_cw_n"'b' ''"#,
            r#"case $_cw_a in x*) set -- env "LC_ALL=${_cw_a#x}" "$@"; esac"#,
            r#"exec "$@""#,
            "",
        ];
        assert_eq!(text.split('\n').collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_locale_is_set_after_the_shell() {
        for (value, expected) in [
            (Some("C.UTF-8"), "set -- env LC_ALL='C.UTF-8' \"$@\""),
            (None, "set -- env -u LC_ALL \"$@\""),
        ] {
            let text = lines(&[("LC_ALL", value)]).unwrap();
            assert_eq!(
                text.lines().filter(|line| line.contains("env ")).collect::<Vec<_>>(),
                [expected]
            );
            assert!(!text.contains("export LC_ALL") && !text.contains("unset LC_ALL"), "{text}");
        }
    }

    #[test]
    fn what_a_shell_cannot_carry_is_an_error() {
        for name in ["", "1A", "A-B", "A B", "a=b", "\u{e4}"] {
            let error = lines(&[(name, Some("x"))]).unwrap_err().to_string();
            assert!(error.contains("a shell cannot set the variable"), "{error}");
        }
        let error = lines(&[("A", Some("secret\0"))]).unwrap_err().to_string();
        assert!(error.contains("zero byte") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn the_command_line_means_the_same_to_every_shell() {
        assert!(!READ_LINES.contains(['\'', '\\', '!', '\n']));
    }
}
