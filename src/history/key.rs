//! The name of the folder in which the CLI keeps the sessions of a directory.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The variable with a name that replaces the key of every directory.
pub(crate) const PROJECT_NAME: &str = "CLAUDE_CODE_PROJECT_DIR_NAME";

/// The longest key that is not cut, in UTF-16 units.
const LONGEST: usize = 200;

/// The name of the folder below `projects` for the sessions of this directory, as the CLI makes it.
///
/// Symbolic links in the path are followed, and each UTF-16 unit that is not an ASCII letter or
/// digit becomes a `-`. A key of more than 200 units is cut there, and a hash of the whole path is
/// appended. A directory that does not exist has the key of its path.
///
/// ```
/// use claude_wire::history::project_key;
///
/// assert_eq!(project_key("/does-not-exist/my.app"), "-does-not-exist-my-app");
/// assert_eq!(project_key("/does-not-exist/\u{1f600}"), "-does-not-exist---");
/// ```
pub fn project_key(directory: impl AsRef<Path>) -> String {
    key(&path_text(&canonical(directory.as_ref())))
}

/// The name that replaces the key of every directory in an environment, if there is one. It counts
/// only together with `CLAUDE_CONFIG_DIR`, and only if it may be the name of a folder everywhere
/// (seen with CLI 2.1.332).
pub(crate) fn project_name(variable: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    variable("CLAUDE_CONFIG_DIR").filter(|folder| !folder.is_empty())?;
    variable(PROJECT_NAME)?.into_string().ok().filter(|name| is_usable(name))
}

/// The name of the folder for the sessions of this directory, in a CLI with these variables.
#[cfg(feature = "session")]
pub(crate) fn project_of(
    directory: impl AsRef<Path>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> String {
    project_name(variable).unwrap_or_else(|| project_key(directory))
}

/// Whether the CLI takes this name for the folder of its project.
fn is_usable(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let device = ["con", "prn", "aux", "nul"].contains(&&*lower)
        || ["com", "lpt"].iter().any(|start| {
            lower.strip_prefix(start).is_some_and(|n| matches!(n.as_bytes(), [b'0'..=b'9']))
        });
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && !device
}

/// The path of a directory, as a session names it.
#[cfg(feature = "session")]
pub(crate) fn directory_text(directory: &Path) -> String {
    path_text(&canonical(directory))
}

/// The key of a path that is already canonical.
pub(super) fn key(path: &str) -> String {
    let whole = uncut_key(path);
    match whole.get(LONGEST..) {
        None | Some("") => whole,
        Some(_) => format!("{}-{}", &whole[..LONGEST], base36(hash(path))),
    }
}

/// The start that all keys of a long path have, whatever hash follows it. `None` for a path whose
/// key is not cut.
pub(super) fn cut_key(path: &str) -> Option<String> {
    let mut whole = uncut_key(path);
    (whole.len() > LONGEST).then(|| {
        whole.truncate(LONGEST);
        whole + "-"
    })
}

/// The key before it is cut. ASCII only.
pub(super) fn uncut_key(path: &str) -> String {
    let dashed = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte),
        _ => '-',
    };
    path.encode_utf16().map(dashed).collect()
}

/// The hash of a path: 32 bits over UTF-16 units, and its absolute value.
fn hash(path: &str) -> u32 {
    let add = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
    path.encode_utf16().fold(0, add).unsigned_abs()
}

fn base36(mut number: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.extend(char::from_digit(number % 36, 36));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// The path with its symbolic links followed. Of a path that does not exist, as much as exists.
pub(super) fn canonical(directory: &Path) -> PathBuf {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let mut missing: Vec<OsString> = Vec::new();
    for ancestor in absolute.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return missing.iter().rev().fold(real, |mut path, part| {
                if part == ".." {
                    path.pop();
                } else {
                    path.push(part);
                }
                path
            });
        }
        match ancestor.components().next_back() {
            Some(Component::Normal(part)) => missing.push(part.to_owned()),
            Some(Component::ParentDir) => missing.push("..".into()),
            _ => {}
        }
    }
    absolute
}

/// A path as the CLI reads it: what is not UTF-8 becomes U+FFFD, and macOS composes accents.
pub(super) fn path_text(path: &Path) -> String {
    composed(path.to_string_lossy().into_owned(), cfg!(target_os = "macos"))
}

fn composed(text: String, compose: bool) -> String {
    use unicode_normalization::UnicodeNormalization;
    if compose { text.nfc().collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_name_is_taken_where_the_cli_takes_it() {
        for (config, name, taken) in [
            ("/c", "team_a-1", true),
            ("/c", "con1", true),
            ("/c", "", false),
            ("/c", "a/b", false),
            ("/c", "..", false),
            ("/c", "a.b", false),
            ("/c", "a b", false),
            ("/c", " team ", false),
            ("/c", "CON", false),
            ("/c", "com0", false),
            ("/c", "lpt9", false),
            ("/c", &"x".repeat(64), true),
            ("/c", &"x".repeat(65), false),
            // Without a configuration folder it does not count.
            ("", "team_a-1", false),
        ] {
            let variable = |asked: &str| match asked {
                "CLAUDE_CONFIG_DIR" => Some(config.into()),
                PROJECT_NAME => Some(name.into()),
                _ => None,
            };
            let expected = taken.then(|| name.to_owned());
            assert_eq!(project_name(variable), expected, "{config} {name}");
        }
        assert_eq!(project_name(|name| (name == PROJECT_NAME).then(|| "team".into())), None);
    }

    #[test]
    fn each_unit_of_utf_16_that_is_not_alphanumeric_becomes_a_dash() {
        for (path, expected) in [
            ("/home/u/my.app", "-home-u-my-app"),
            ("/home/me/my.proj_1", "-home-me-my-proj-1"),
            (r"C:\Users\me", "C--Users-me"),
            ("/tmp/e\u{1f600}x", "-tmp-e--x"),
            ("/tmp/\u{4e2d}", "-tmp--"),
            ("/tmp/\u{e9}", "-tmp--"),
            ("/tmp/e\u{301}", "-tmp-e-"),
            ("/", "-"),
            ("", ""),
        ] {
            assert_eq!(key(path), expected, "{path}");
        }
    }

    #[test]
    fn the_hash_is_that_of_the_cli() {
        for (path, expected) in
            [("", "0"), ("a", "2p"), ("hello world", "to5x38"), ("/home/u/my.app", "purf1i")]
        {
            assert_eq!(base36(hash(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_key_of_more_than_200_units_is_cut_and_hashed() {
        let exact = format!("/{}", "a".repeat(199));
        assert_eq!(key(&exact), format!("-{}", "a".repeat(199)));
        assert_eq!(cut_key(&exact), None);
        let longer = format!("/{}", "a".repeat(210));
        assert_eq!(key(&longer), format!("-{}-djaaup", "a".repeat(199)));
        assert_eq!(cut_key(&longer), Some(format!("-{}-", "a".repeat(199))));
        // 100 characters, 200 units, and the slash.
        let wide = format!("/{}", "\u{1f600}".repeat(100));
        assert_eq!(key(&wide)[..201], "-".repeat(201));
        assert!(key(&wide).len() > 202);
    }

    #[test]
    fn accents_are_composed_only_where_the_cli_does_so() {
        assert_eq!(composed("e\u{301}".into(), true), "\u{e9}");
        assert_eq!(composed("e\u{301}".into(), false), "e\u{301}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_as_far_as_the_path_exists() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("real")).unwrap();
        std::os::unix::fs::symlink(root.join("real"), root.join("link")).unwrap();
        assert_eq!(canonical(&root.join("link")), root.join("real"));
        assert_eq!(canonical(&root.join("link/no/such")), root.join("real/no/such"));
        assert_eq!(canonical(&root.join("link/no/../such")), root.join("real/such"));
    }
}
