//! Finding the CLI.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::Error;

/// Where to find the CLI. Searched again at each launch, without running anything.
///
/// Each place of a list either has an executable file `claude` (`claude.exe` on Windows) or is
/// skipped. The error lists all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CliPath {
    /// The places of [`Global`](Self::Global), then `~/.yarn/bin`, `~/.claude/local`, and the
    /// newest version that `claude-wire install` has installed ([`install_dir`]).
    #[default]
    Auto,
    /// The host's PATH (absolute entries only), `~/.npm-global/bin`, `/usr/local/bin`,
    /// `~/.local/bin`, `./node_modules/.bin` of the launch's working directory (see
    /// [`Process::trust_cwd_binaries`]), `~/node_modules/.bin`.
    ///
    /// [`Process::trust_cwd_binaries`]: super::Process::trust_cwd_binaries
    Global,
    /// This directory, which an application ships; if it has no CLI, the places of
    /// [`Auto`](Self::Auto).
    Bundled(PathBuf),
    /// Only this file. A relative path is relative to the host's working directory, not the
    /// launch's.
    Explicit(PathBuf),
}

/// Where `claude-wire install` installs CLIs, each in a directory named after its version:
/// `claude-wire/cli` in `$XDG_DATA_HOME`, or in `~/.local/share` if that is not set to an absolute
/// path. `None` without a home directory.
pub fn install_dir() -> Option<PathBuf> {
    installed(env::var_os("XDG_DATA_HOME"), env::home_dir())
}

fn installed(data: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let data = data.map(PathBuf::from).filter(|data| data.is_absolute());
    let home = home.filter(|home| home.is_absolute()).map(|home| home.join(".local/share"));
    Some(data.or(home)?.join("claude-wire/cli"))
}

impl CliPath {
    /// Returns the absolute path of the CLI that a launch in the working directory of this process
    /// would start now. Nothing is run, and binaries of the working directory are not trusted.
    ///
    /// # Errors
    /// If none of the places has one; the message lists them.
    pub fn find(&self) -> Result<PathBuf, Error> {
        self.locate(&Context::current(None, false))
    }

    /// Returns the absolute path of the CLI.
    pub(super) fn locate(&self, context: &Context) -> Result<PathBuf, Error> {
        if let Self::Explicit(path) = self {
            return explicit(path, context);
        }
        let mut search = Search::default();
        let found = self
            .directories(context)
            .into_iter()
            .find_map(|directory| search.look_in(&directory, context));
        found.ok_or_else(|| Error::cli_not_found(search.searched, search.refused))
    }

    /// The places to search, in order.
    fn directories(&self, context: &Context) -> Vec<PathBuf> {
        let home = |below: &str| context.home.as_ref().map(|home| home.join(below));
        let path = context.path.iter().flat_map(|path| env::split_paths(path).collect::<Vec<_>>());
        let mut places = Vec::new();
        if let Self::Bundled(directory) = self {
            places.push(context.absolute(directory));
        }
        // The meaning of a relative entry would depend on the host's working directory.
        places.extend(path.filter(|entry| entry.is_absolute()));
        places.extend(home(".npm-global/bin"));
        places.extend((!context.windows).then(|| context.usr_local_bin.clone()));
        places.extend(home(".local/bin"));
        places.extend(
            context.trusted_cwd.as_ref().map(|cwd| context.absolute(cwd).join("node_modules/.bin")),
        );
        places.extend(home("node_modules/.bin"));
        if *self != Self::Global {
            places.extend(home(".yarn/bin"));
            places.extend(home(".claude/local"));
            places.extend(context.installed.iter().flat_map(|cli| versions(cli)));
        }
        places
    }
}

/// The directories of the versions below this one, newest first. If there are none, a path that
/// says so in an error.
fn versions(cli: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cli).into_iter().flatten().flatten();
    // A release is newer than its pre-releases.
    let version = |name: &str| -> Option<(Vec<u64>, bool)> {
        let (numbers, suffix) = name.split_once('-').unwrap_or((name, ""));
        let numbers = numbers.split('.').map(|part| part.parse().ok());
        Some((numbers.collect::<Option<_>>()?, suffix.is_empty()))
    };
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    if found.is_empty() {
        return vec![cli.join("VERSION")];
    }
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, directory)| directory).collect()
}

/// The inputs of a search, so that tests need not change the process.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) path: Option<OsString>,
    pub(super) home: Option<PathBuf>,
    /// The host's working directory.
    pub(super) host_cwd: PathBuf,
    /// The launch's working directory, if binaries below it are trusted.
    pub(super) trusted_cwd: Option<PathBuf>,
    pub(super) usr_local_bin: PathBuf,
    /// Where `claude-wire install` installs CLIs.
    pub(super) installed: Option<PathBuf>,
    pub(super) windows: bool,
}

impl Context {
    /// The context of this process, for a launch in `cwd`.
    pub(super) fn current(cwd: Option<&Path>, trust_cwd_binaries: bool) -> Self {
        let host_cwd = env::current_dir().unwrap_or_default();
        Self {
            path: env::var_os("PATH"),
            home: env::home_dir().filter(|home| home.is_absolute()),
            trusted_cwd: trust_cwd_binaries.then(|| cwd.unwrap_or(&host_cwd).to_owned()),
            host_cwd,
            usr_local_bin: PathBuf::from("/usr/local/bin"),
            installed: install_dir(),
            windows: cfg!(windows),
        }
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.host_cwd.join(path)
    }

    fn judge(&self, path: &Path) -> Verdict {
        let Ok(metadata) = fs::metadata(path) else { return Verdict::Missing };
        let extension = path.extension().unwrap_or_default();
        if metadata.is_dir() {
            Verdict::Refused("a directory")
        } else if self.windows
            && ["cmd", "bat"].iter().any(|shim| extension.eq_ignore_ascii_case(shim))
        {
            Verdict::Refused("a shim that needs a shell")
        } else if !is_executable(&metadata) {
            Verdict::NotExecutable
        } else {
            Verdict::Usable
        }
    }
}

enum Verdict {
    Usable,
    NotExecutable,
    Refused(&'static str),
    Missing,
}

fn explicit(path: &Path, context: &Context) -> Result<PathBuf, Error> {
    let path = context.absolute(path);
    match context.judge(&path) {
        // Left to the spawn, which distinguishes a missing permission from a missing file.
        Verdict::Usable | Verdict::NotExecutable => Ok(path),
        Verdict::Refused(why) => Err(Error::cli_not_found(vec![path.clone()], vec![(path, why)])),
        Verdict::Missing => Err(Error::cli_not_found(vec![path], Vec::new())),
    }
}

#[derive(Default)]
struct Search {
    searched: Vec<PathBuf>,
    refused: Vec<(PathBuf, &'static str)>,
}

impl Search {
    fn look_in(&mut self, directory: &Path, context: &Context) -> Option<PathBuf> {
        let (name, shims): (_, &[_]) = if context.windows {
            ("claude.exe", &["claude.cmd", "claude.bat"])
        } else {
            ("claude", &[])
        };
        let candidate = directory.join(name);
        // A directory may be on PATH twice, and in the list again.
        if self.searched.contains(&candidate) {
            return None;
        }
        match context.judge(&candidate) {
            Verdict::Usable => return Some(candidate),
            Verdict::NotExecutable => self.refused.push((candidate.clone(), "not executable")),
            Verdict::Refused(why) => self.refused.push((candidate.clone(), why)),
            Verdict::Missing => {}
        }
        self.searched.push(candidate);
        for shim in shims.iter().map(|shim| directory.join(shim)) {
            if let Verdict::Refused(why) = context.judge(&shim) {
                self.searched.push(shim.clone());
                self.refused.push((shim, why));
            }
        }
        None
    }
}

#[cfg(unix)]
pub(super) fn is_executable(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
pub(super) fn is_executable(_metadata: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    struct Place {
        root: TempDir,
        context: Context,
    }

    /// A separate context below a temporary directory; PATH is `bin1:bin2`.
    fn place() -> Place {
        let root = TempDir::new().unwrap();
        let at = |below: &str| root.path().join(below);
        let context = Context {
            path: Some(env::join_paths([at("bin1"), at("bin2")]).unwrap()),
            home: Some(at("home")),
            host_cwd: at("host"),
            trusted_cwd: Some(at("work")),
            usr_local_bin: at("usr/local/bin"),
            installed: Some(at("data/claude-wire/cli")),
            windows: false,
        };
        Place { root, context }
    }

    impl Place {
        fn at(&self, below: &str) -> PathBuf {
            self.root.path().join(below)
        }

        fn file(&self, below: &str, mode: u32) -> PathBuf {
            let path = self.at(below);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }

        fn locate(&self, cli: &CliPath) -> Result<PathBuf, Error> {
            cli.locate(&self.context)
        }
    }

    /// The order of `Auto`; `Global` stops before the last three.
    const ORDER: [&str; 10] = [
        "bin1/claude",
        "bin2/claude",
        "home/.npm-global/bin/claude",
        "usr/local/bin/claude",
        "home/.local/bin/claude",
        "work/node_modules/.bin/claude",
        "home/node_modules/.bin/claude",
        "home/.yarn/bin/claude",
        "home/.claude/local/claude",
        "data/claude-wire/cli/VERSION/claude",
    ];

    #[test]
    fn installed_clis_come_last_newest_first() {
        let place = place();
        let version =
            |version: &str| place.file(&format!("data/claude-wire/cli/{version}/claude"), 0o755);
        let mut expected = Vec::new();
        for name in ["2.1.99", "2.1.329", "2.10.0-rc.1", "2.10.0", "10.0.0"] {
            expected.push(version(name));
        }
        // The rest of an interrupted installation, and a directory that is not a version.
        place.file("data/claude-wire/cli/.installing-7/claude", 0o755);
        place.file("data/claude-wire/cli/latest/claude", 0o755);
        for file in expected.iter().rev() {
            assert_eq!(&place.locate(&CliPath::Auto).unwrap(), file);
            assert_eq!(&place.locate(&CliPath::Bundled(place.at("none"))).unwrap(), file);
            assert!(place.locate(&CliPath::Global).is_err());
            fs::remove_file(file).unwrap();
        }
        let error = place.locate(&CliPath::Auto).unwrap_err();
        assert!(error.searched().contains(&expected[4]), "{error}");
        let on_path = place.file("home/.claude/local/claude", 0o755);
        version("9.9.9");
        assert_eq!(place.locate(&CliPath::Auto).unwrap(), on_path);
    }

    #[test]
    fn the_tool_installs_below_the_data_directory() {
        let installed = |data: Option<&str>, home: Option<&str>| {
            installed(data.map(OsString::from), home.map(PathBuf::from))
        };
        for (data, home, expected) in [
            (Some("/d"), Some("/h"), Some("/d/claude-wire/cli")),
            (Some("relative"), Some("/h"), Some("/h/.local/share/claude-wire/cli")),
            (None, Some("/h"), Some("/h/.local/share/claude-wire/cli")),
            (Some("/d"), None, Some("/d/claude-wire/cli")),
            (None, Some("relative"), None),
            (None, None, None),
        ] {
            assert_eq!(installed(data, home), expected.map(PathBuf::from));
        }
    }

    #[test]
    fn earlier_places_win() {
        let place = place();
        for (count, below) in ORDER.iter().enumerate().rev() {
            let file = place.file(below, 0o755);
            assert_eq!(place.locate(&CliPath::Auto).unwrap(), file);
            assert_eq!(place.locate(&CliPath::Global).is_ok(), count < 7, "{below}");
        }
    }

    #[test]
    fn the_error_lists_every_place_in_order_and_what_to_do() {
        let place = place();
        let error = place.locate(&CliPath::Auto).unwrap_err();
        assert!(error.is_cli_not_found());
        assert!(!error.is_spawn());
        assert_eq!(error.searched(), ORDER.map(|below| place.at(below)));
        let message = error.to_string();
        assert!(message.contains("npm install -g @anthropic-ai/claude-code"), "{message}");
        assert!(message.contains("`claude-wire install`"), "{message}");
        assert!(message.contains("`CliPath::Bundled`"), "{message}");
        assert!(
            message.contains("CliPath::Explicit") && message.ends_with(error.hint().unwrap()),
            "{message}"
        );
        assert!(message.contains(&place.at(ORDER[4]).display().to_string()), "{message}");
        assert_eq!(place.locate(&CliPath::Global).unwrap_err().searched().len(), 7);
    }

    #[test]
    fn unusable_files_are_skipped_and_listed() {
        let place = place();
        place.file("bin1/claude", 0o644);
        fs::create_dir_all(place.at("bin2/claude")).unwrap();
        std::os::unix::fs::symlink(
            place.at("nowhere"),
            place.file("home/.npm-global/bin/x", 0o755).with_file_name("claude"),
        )
        .unwrap();

        let message = place.locate(&CliPath::Auto).unwrap_err().to_string();
        assert!(message.contains("bin1/claude (not executable),"), "{message}");
        assert!(message.contains("bin2/claude (a directory),"), "{message}");

        let found = place.file("usr/local/bin/claude", 0o755);
        assert_eq!(place.locate(&CliPath::Auto).unwrap(), found);
    }

    #[test]
    fn a_checkout_is_searched_only_when_trusted() {
        let mut place = place();
        let file = place.file("work/node_modules/.bin/claude", 0o755);
        assert_eq!(place.locate(&CliPath::Auto).unwrap(), file);
        place.context.trusted_cwd = None;
        let error = place.locate(&CliPath::Auto).unwrap_err();
        assert!(!error.searched().contains(&file));
    }

    #[test]
    fn relative_entries_of_path_are_never_used() {
        let mut place = place();
        place.file("host/claude", 0o755);
        place.file("host/bin/claude", 0o755);
        place.context.path = Some(":.:bin".into());
        let error = place.locate(&CliPath::Auto).unwrap_err();
        assert_eq!(error.searched().len(), ORDER.len() - 2);
    }

    #[test]
    fn repeated_places_are_searched_once() {
        let mut place = place();
        let twice =
            [place.at("bin1"), place.at("home/.local/bin"), place.at("bin1"), place.at("bin2")];
        place.context.path = Some(env::join_paths(twice).unwrap());
        let error = place.locate(&CliPath::Auto).unwrap_err();
        let [first, second, others @ ..] = ORDER;
        let order = [first, "home/.local/bin/claude", second]
            .into_iter()
            .chain(others.into_iter().filter(|below| !below.contains(".local")));
        assert_eq!(error.searched(), order.map(|below| place.at(below)).collect::<Vec<_>>());
    }

    #[test]
    fn a_bundle_comes_first_and_may_be_absent() {
        let place = place();
        let on_path = place.file("bin1/claude", 0o755);
        for bundle in [place.at("host/bundle"), PathBuf::from("bundle")] {
            assert_eq!(place.locate(&CliPath::Bundled(bundle)).unwrap(), on_path);
        }
        let bundled = place.file("host/bundle/claude", 0o755);
        for bundle in [place.at("host/bundle"), PathBuf::from("bundle")] {
            assert_eq!(place.locate(&CliPath::Bundled(bundle)).unwrap(), bundled);
        }
    }

    #[test]
    fn an_explicit_path_is_the_only_place() {
        let place = place();
        place.file("bin1/claude", 0o755);
        let mine = place.file("host/mine", 0o755);
        assert_eq!(place.locate(&CliPath::Explicit(mine.clone())).unwrap(), mine);
        assert_eq!(place.locate(&CliPath::Explicit("mine".into())).unwrap(), mine);

        let error = place.locate(&CliPath::Explicit("other".into())).unwrap_err();
        assert_eq!(error.searched(), [place.at("host/other")]);
        let error = place.locate(&CliPath::Explicit(place.at("host"))).unwrap_err();
        assert!(error.to_string().contains("host (a directory)"), "{error}");
    }

    #[test]
    fn windows_takes_the_executable_and_refuses_shims() {
        let mut place = place();
        place.context.windows = true;
        let shim = place.file("bin1/claude.cmd", 0o755);
        let error = place.locate(&CliPath::Auto).unwrap_err();
        assert!(error.searched().contains(&shim));
        assert!(error.to_string().contains("claude.cmd (a shim that needs a shell)"), "{error}");
        assert!(place.locate(&CliPath::Explicit(shim)).unwrap_err().is_cli_not_found());

        let exe = place.file("bin2/claude.exe", 0o755);
        assert_eq!(place.locate(&CliPath::Auto).unwrap(), exe);
    }

    #[test]
    fn a_missing_path_or_home_is_reported() {
        let mut place = place();
        place.context = Context {
            path: None,
            home: None,
            installed: None,
            trusted_cwd: None,
            windows: true,
            ..place.context
        };
        let error = place.locate(&CliPath::Auto).unwrap_err();
        assert!(error.searched().is_empty());
        assert!(error.to_string().contains("nowhere"), "{error}");
    }
}
