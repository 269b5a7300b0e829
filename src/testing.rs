//! What tests of a program that uses the CLI need.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// How the stand-in is installed.
const INSTALL: &str = "cargo install --path mock-cli";
const VARIABLE: &str = "CLAUDE_WIRE_MOCK_CLAUDE";

/// The path of `mock-claude`, the stand-in for the CLI as a whole process.
///
/// It is looked for in this order: where the environment variable `CLAUDE_WIRE_MOCK_CLAUDE` says;
/// next to the running test and one folder above it (`target/debug/deps` and `target/debug`); in
/// the folders of `PATH`.
///
/// ```no_run
/// let cli = claude_wire::testing::mock_claude()?;
/// println!("{}", cli.display());
/// # Ok::<(), claude_wire::testing::Error>(())
/// ```
///
/// # Errors
/// When it is in none of these places, or `CLAUDE_WIRE_MOCK_CLAUDE` names something else than a
/// file. The message says where it was looked for and how it is installed.
pub fn mock_claude() -> Result<PathBuf, Error> {
    find(&SearchContext {
        named: env::var_os(VARIABLE),
        executable: env::current_exe().ok(),
        path: env::var_os("PATH"),
    })
}

/// There is no `mock-claude`.
#[derive(Clone)]
pub struct Error {
    kind: Kind,
    searched: Vec<PathBuf>,
}

#[derive(Clone, Copy)]
enum Kind {
    /// The variable names something that is no file.
    Named,
    NotFound,
}

impl Error {
    /// Where it was looked for, in order.
    pub fn searched(&self) -> &[PathBuf] {
        &self.searched
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Named => {
                f.write_str("the environment variable CLAUDE_WIRE_MOCK_CLAUDE names no file: ")?
            }
            Kind::NotFound => f.write_str("no mock-claude found; searched ")?,
        }
        for (index, path) in self.searched.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", path.display())?;
        }
        write!(
            f,
            "; install it with `{INSTALL}` in a clone of claude-wire, or name it with CLAUDE_WIRE_MOCK_CLAUDE"
        )
    }
}

debug_is_message!(Error);

impl std::error::Error for Error {}

/// What of the process the search looks at.
struct SearchContext {
    named: Option<OsString>,
    executable: Option<PathBuf>,
    path: Option<OsString>,
}

fn find(context: &SearchContext) -> Result<PathBuf, Error> {
    if let Some(named) = context.named.as_ref().filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(Error { kind: Kind::Named, searched: vec![named] })
        };
    }
    let near = context
        .executable
        .iter()
        .flat_map(|executable| executable.ancestors().skip(1).take(2))
        .map(Path::to_owned);
    let path = context.path.iter().flat_map(env::split_paths).filter(|folder| folder.is_absolute());
    let name = format!("mock-claude{}", env::consts::EXE_SUFFIX);
    let searched: Vec<_> = near.chain(path).map(|folder| folder.join(&name)).collect();
    match searched.iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(Error { kind: Kind::NotFound, searched }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder `target/debug/deps` with a test in it, and a `bin` on PATH.
    fn context() -> (tempfile::TempDir, SearchContext) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("debug/deps")).unwrap();
        fs::create_dir(root.path().join("bin")).unwrap();
        let executable = Some(root.path().join("debug/deps/some_test-123"));
        let path =
            Some(env::join_paths([PathBuf::from("relative"), root.path().join("bin")]).unwrap());
        (root, SearchContext { named: None, executable, path })
    }

    #[test]
    fn nearer_places_come_first() {
        let (root, mut context) = context();
        let name = format!("mock-claude{}", env::consts::EXE_SUFFIX);
        for place in ["bin", "debug", "debug/deps"] {
            let file = root.path().join(place).join(&name);
            fs::write(&file, "").unwrap();
            assert_eq!(find(&context).unwrap(), file);
        }
        let named = root.path().join("mine");
        fs::write(&named, "").unwrap();
        context.named = Some(named.clone().into());
        assert_eq!(find(&context).unwrap(), named);
    }

    #[test]
    fn a_missing_one_is_an_error_that_helps() {
        let (root, context) = context();
        let error = find(&context).unwrap_err();
        assert_eq!(error.searched().len(), 3, "{error}");
        let text = error.to_string();
        assert!(text.contains("cargo install --path mock-cli"), "{text}");
        assert_eq!(format!("{error:?}"), format!("Error({text})"));
        assert!(text.contains(&root.path().join("bin").display().to_string()), "{text}");
        assert!(
            !text.contains("relative"),
            "a relative entry of PATH depends on the working directory: {text}"
        );
    }

    #[test]
    fn a_variable_that_names_nothing_is_not_passed_over() {
        let (root, mut context) = context();
        fs::write(root.path().join("bin/mock-claude"), "").unwrap();
        context.named = Some(root.path().join("gone").into());
        let error = find(&context).unwrap_err();
        assert!(error.to_string().contains("names no file"), "{error}");
        context.named = Some(OsString::new());
        assert!(find(&context).is_ok(), "an empty variable is no variable");
    }
}
