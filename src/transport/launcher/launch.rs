//! Starts the CLI through another program.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt;

use super::script::{READ_LINES, Setup};
use crate::transport::locate::is_executable;
use crate::transport::{
    BoxFuture, CliPath, Connection, Environment, Error, Launch, PathMap, Process, Shutdown,
    Transport,
};

/// The shell where the CLI runs.
const SHELL: &str = "sh";

/// Runs the CLI through another program: on another machine, in a container, in a job of a cluster.
///
/// The program starts a POSIX shell and passes its three streams on. What the launch has (arguments,
/// environment, API key, directory) goes through the standard input, ahead of the CLI's own input.
/// So no value is on the command line of the launcher, where `ps` shows it, and none is read by a
/// shell on the way: every value arrives as it is. Where the CLI runs, its arguments are on its
/// command line as always, and its environment is that of a process.
///
/// **Environment.** The launcher itself runs with the environment of your program, which `ssh` and
/// the like need. The CLI gets what its shell has, and the variables of the [`Launch`] that you set
/// or removed, with the key. What [`Inherit::Only`](crate::transport::Inherit::Only) names is sent
/// too; the default, to inherit everything, sends nothing: it would be the environment of another
/// machine. Say by [`passes_environment`](Self::passes_environment) if the shell has the
/// environment of the launcher: a session finds the CLI's configuration folder by it.
///
/// **Paths.** [`map_path`](Self::map_path) says what a folder here is called there. It changes the
/// working directory, arguments that are a path, and those of the form `--flag=<path>`; not what is
/// inside of JSON, not variables, not messages.
///
/// **Its end.** The end of a session closes the CLI's input, which every launcher passes on. SIGTERM
/// and SIGKILL go to the launcher here, not to the CLI there. Each constructor says what the CLI does
/// when the launcher is gone. [`Control::pid`](crate::transport::Control::pid) is that of the launcher.
///
/// The guide is in `docs/launchers.md`.
///
/// ```no_run
/// use claude_wire::Session;
/// use claude_wire::transport::Launcher;
///
/// # async fn example() -> Result<(), claude_wire::Error> {
/// let transport = Launcher::ssh("build1").arg("-p").arg("2222").cli("/opt/claude/bin/claude");
/// let session = Session::builder().transport(transport).cwd("/srv/shop").start()?;
/// # let _ = session;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Launcher {
    program: OsString,
    args: Vec<OsString>,
    /// What follows the arguments.
    target: Vec<OsString>,
    /// Whether the target begins with the name of a container or a pod. Neither tool takes a `--`
    /// before it.
    names_target: bool,
    /// The launcher joins its words with spaces, for a shell to read.
    joins: bool,
    end_with_parent: bool,
    cli: OsString,
    paths: PathMap,
    shared_files: bool,
    passes_environment: bool,
    shutdown: Shutdown,
}

impl Launcher {
    /// Any program that runs a command, given as its last arguments, and passes on the streams:
    /// `nice`, `bwrap`, `sudo -u user`. It is looked for on `PATH`, unless it is a path.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            target: Vec::new(),
            names_target: false,
            joins: false,
            end_with_parent: false,
            cli: "claude".into(),
            paths: PathMap::default(),
            shared_files: false,
            passes_environment: false,
            shutdown: Shutdown::default(),
        }
    }

    /// Another machine: `ssh -T <destination>`, without questions (`BatchMode`). A machine that does
    /// not answer for 45 seconds is given up, and the session fails: `ServerAliveInterval` 15 and
    /// `ServerAliveCountMax` 3, unless you give others with [`arg`](Self::arg).
    ///
    /// When the connection ends, the CLI gets SIGTERM, if the machine has `setpriv` (util-linux);
    /// otherwise it ends when it next reads its input. A machine that is cut off notices only if its
    /// sshd has `ClientAliveInterval`.
    pub fn ssh(destination: impl Into<OsString>) -> Self {
        let options = ["-T", "-o", "BatchMode=yes"];
        Self {
            args: options.map(Into::into).into(),
            // After the arguments of the user: the first value of an option counts.
            target: vec![
                "-o".into(),
                "ServerAliveInterval=15".into(),
                "-o".into(),
                "ServerAliveCountMax=3".into(),
                "--".into(),
                destination.into(),
            ],
            joins: true,
            end_with_parent: true,
            ..Self::new("ssh")
        }
    }

    /// A running container: `docker exec -i <container>`. When `docker` is gone, the CLI ends when
    /// it next reads its input. For Podman, use [`program`](Self::program).
    ///
    /// A name that is empty or begins with `-`, which docker would take for an option, fails when
    /// the CLI is started.
    pub fn docker_exec(container: impl Into<OsString>) -> Self {
        Self {
            args: ["exec", "-i"].map(Into::into).into(),
            target: vec![container.into()],
            names_target: true,
            ..Self::new("docker")
        }
    }

    /// A running pod: `kubectl exec -i <pod>`. When `kubectl` is gone, the CLI ends when it next
    /// reads its input.
    ///
    /// A name that is empty or begins with `-`, which kubectl would take for an option, fails when
    /// the CLI is started.
    pub fn kubectl_exec(pod: impl Into<OsString>) -> Self {
        Self {
            args: ["exec", "-i"].map(Into::into).into(),
            target: vec![pod.into(), "--".into()],
            names_target: true,
            ..Self::new("kubectl")
        }
    }

    /// A job step of Slurm with one task: `srun --ntasks=1`. Slurm ends the step with `srun`, which
    /// passes SIGTERM on. It also passes on its environment.
    pub fn srun() -> Self {
        Self { args: vec!["--ntasks=1".into()], passes_environment: true, ..Self::new("srun") }
    }

    /// A unit of systemd on this machine, for limits of memory and CPU:
    /// `systemd-run --user --scope --quiet`. The CLI is in the process group of the launcher, so it
    /// ends as without one. It inherits the launcher's environment.
    pub fn systemd_run() -> Self {
        Self {
            args: ["--user", "--scope", "--quiet"].map(Into::into).into(),
            target: vec!["--".into()],
            shared_files: true,
            passes_environment: true,
            ..Self::new("systemd-run")
        }
    }

    /// Adds an argument of the launcher, such as an option of `ssh`. It is before the destination,
    /// the container or the pod.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments, as [`arg`](Self::arg) does.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Another program with the same command line, such as `podman` for `docker`.
    #[must_use]
    pub fn program(self, program: impl Into<OsString>) -> Self {
        Self { program: program.into(), ..self }
    }

    /// Whether the launcher joins the words of its command with spaces, for a shell to read, as
    /// `ssh` does (default for [`new`](Self::new): no).
    #[must_use]
    pub fn through_shell(self, joins: bool) -> Self {
        Self { joins, ..self }
    }

    /// Whether the CLI gets SIGTERM when the process that started its shell is gone (default: only
    /// for [`ssh`](Self::ssh)), with the `setpriv` of util-linux where it runs. Only for launchers
    /// whose process there lives as long as the connection.
    #[must_use]
    pub fn end_with_parent(self, end_with_parent: bool) -> Self {
        Self { end_with_parent, ..self }
    }

    /// The CLI where it runs: a path, or a name that is looked for on the `PATH` there (default:
    /// `claude`). The `PATH` of a shell without a terminal is often shorter than yours.
    #[must_use]
    pub fn cli(self, cli: impl Into<OsString>) -> Self {
        Self { cli: cli.into(), ..self }
    }

    /// Says that the folder `here` is called `there` where the CLI runs. Of nested folders the
    /// innermost counts.
    #[must_use]
    pub fn map_path(mut self, here: impl Into<PathBuf>, there: impl Into<PathBuf>) -> Self {
        self.paths.add(here.into(), there.into());
        self
    }

    /// Whether the CLI sees the files of this machine (default: only for
    /// [`systemd_run`](Self::systemd_run)), under the same paths or those of
    /// [`map_path`](Self::map_path).
    ///
    /// A session then checks its directory here, and resumes from a [store](crate::store): it
    /// writes the transcript to a temporary folder here (`TMPDIR`), which the CLI must see. Without
    /// shared files the CLI only resumes what its own configuration folder has.
    ///
    /// The CLI's configuration folder is that of `CLAUDE_CONFIG_DIR` or `HOME` in the environment of
    /// the CLI. A session that knows neither of them takes over no settings and no credentials, and
    /// holds no conversation; warnings say so. Set one for the session, or use
    /// [`passes_environment`](Self::passes_environment).
    #[must_use]
    pub fn shared_files(self, shared: bool) -> Self {
        Self { shared_files: shared, ..self }
    }

    /// Whether the CLI has the environment of this program as well, as with `nice` or `bwrap`, but
    /// not with `docker run` or `sudo` (default: only for [`srun`](Self::srun) and
    /// [`systemd_run`](Self::systemd_run)). It changes nothing for the launcher, but tells a session
    /// which configuration folder the CLI has.
    #[must_use]
    pub fn passes_environment(self, passes: bool) -> Self {
        Self { passes_environment: passes, ..self }
    }

    /// How long the launcher may take to end after its handle was dropped.
    #[must_use]
    pub fn shutdown(self, shutdown: Shutdown) -> Self {
        Self { shutdown, ..self }
    }

    /// The launcher's command line: it has nothing of a launch.
    fn command(&self) -> Vec<OsString> {
        let mut words = [&self.args[..], &self.target].concat();
        if self.joins {
            words.push(format!("exec {SHELL} -c '{READ_LINES}'").into());
        } else {
            words.extend([SHELL, "-c", READ_LINES].map(Into::into));
        }
        words
    }

    /// Fails if the launcher would take the name of its target for an option.
    fn check(&self) -> Result<(), Error> {
        match self.target.first().filter(|_| self.names_target) {
            Some(name) if name.is_empty() || name.as_encoded_bytes().starts_with(b"-") => {
                let (name, program) = (name.display(), self.program.display());
                Err(Error::other(format!(
                    "`{program} exec` cannot be given `{name}` as a name: it is empty, or would be \
                     an option"
                )))
            }
            _ => Ok(()),
        }
    }

    /// What is sent ahead of the CLI's input.
    fn setup(&self, launch: &Launch) -> Result<Vec<u8>, Error> {
        let cwd = launch.cwd.as_deref().map(|cwd| self.paths.there(cwd));
        let args: Vec<_> = launch.args.iter().map(|arg| self.paths.argument(arg)).collect();
        let setup = Setup {
            env: changes(launch, cwd.as_deref()),
            cwd: cwd.as_deref(),
            program: &self.cli,
            args: &args,
            end_with_parent: self.end_with_parent,
        };
        setup.lines()
    }
}

impl Transport for Launcher {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            self.check()?;
            let setup = self.setup(&launch)?;
            let program = found(&self.program, env::var_os("PATH"))?;
            let local = Launch {
                args: self.command(),
                env: Environment::new(),
                cwd: None,
                orphan_guard: launch.orphan_guard,
            };
            let process = Process::new(CliPath::Explicit(program)).shutdown(self.shutdown);
            let mut connection = process.open(local).await?;
            // A launcher that has failed says why on its standard error, and by its exit.
            let _ = connection.stdin.write_all(&setup).await;
            Ok(connection)
        })
    }

    fn runs_here(&self) -> bool {
        self.shared_files
    }

    fn path_map(&self) -> Option<&PathMap> {
        Some(&self.paths)
    }

    fn environment(&self, launch: &Launch) -> BTreeMap<OsString, OsString> {
        let mut env = match self.passes_environment {
            // That of the launcher.
            true => Environment::new().resolve(env::vars_os(), None),
            false => BTreeMap::new(),
        };
        let cwd = launch.cwd.as_deref().map(|cwd| self.paths.there(cwd));
        for (name, value) in changes(launch, cwd.as_deref()) {
            match value {
                Some(value) => env.insert(name, value),
                None => env.remove(&name),
            };
        }
        env
    }
}

/// The variables that a launch sets where the CLI runs, and those that it removes (`None`).
fn changes(launch: &Launch, cwd: Option<&Path>) -> BTreeMap<OsString, Option<OsString>> {
    let removed = launch.env.overrides().filter(|(_, value)| value.is_none());
    let mut env: BTreeMap<_, _> = removed.map(|(name, _)| (name.to_owned(), None)).collect();
    let set = launch.env.carried(env::vars_os(), cwd);
    env.extend(set.into_iter().map(|(name, value)| (name, Some(value))));
    env
}

/// The launcher's program: a path, or a name that is on `PATH`.
fn found(program: &OsStr, path: Option<OsString>) -> Result<PathBuf, Error> {
    if Path::new(program).components().count() > 1 {
        return Ok(program.into());
    }
    let folders = path.unwrap_or_default();
    let mut name = program.to_owned();
    if Path::new(program).extension().is_none() {
        name.push(env::consts::EXE_SUFFIX);
    }
    let mut files = env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&name));
    // As a shell searches.
    let runs = |file: &PathBuf| file.metadata().is_ok_and(|it| it.is_file() && is_executable(&it));
    files
        .find(runs)
        .ok_or_else(|| Error::other(format!("the launcher `{}` is not on PATH", program.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Inherit, Secret};

    fn words(launcher: &Launcher) -> String {
        let words = launcher.command();
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_command_line_is_that_of_the_launcher() {
        let shell = format!("sh -c {READ_LINES}");
        let ssh = format!(
            "-T -o BatchMode=yes -p 22 -o ServerAliveInterval=15 -o ServerAliveCountMax=3 -- me@host \
             exec sh -c '{READ_LINES}'"
        );
        for (launcher, expected) in [
            (Launcher::ssh("me@host").arg("-p").arg("22"), ssh),
            (Launcher::docker_exec("c").args(["-u", "me"]), format!("exec -i -u me c {shell}")),
            (Launcher::kubectl_exec("p").arg("-n=x"), format!("exec -i -n=x p -- {shell}")),
            (Launcher::srun().arg("--mem=2G"), format!("--ntasks=1 --mem=2G {shell}")),
            (Launcher::systemd_run(), format!("--user --scope --quiet -- {shell}")),
            (Launcher::new("nice"), shell.clone()),
        ] {
            assert_eq!(words(&launcher), expected);
        }
    }

    #[tokio::test]
    async fn a_name_that_would_be_an_option_is_refused() {
        for name in ["", "-", "--privileged", "-uroot"] {
            for launcher in [
                Launcher::docker_exec(name),
                Launcher::docker_exec(name).program("podman").arg("-t"),
                Launcher::kubectl_exec(name).args(["-n", "agents"]),
            ] {
                let error = launcher.open(Launch::default()).await.unwrap_err().to_string();
                assert!(error.contains(&format!("`{name}`")), "{error}");
            }
        }
        for name in ["c", "pod/a-b"] {
            assert!(Launcher::docker_exec(name).check().is_ok());
            assert!(Launcher::kubectl_exec(name).check().is_ok());
        }
        // `ssh` has a `--` before it.
        assert!(Launcher::ssh("-oProxyCommand=x").check().is_ok());
        assert!(words(&Launcher::ssh("-x")).contains(" -- -x exec sh"));
    }

    #[cfg(unix)]
    #[test]
    fn a_launcher_that_may_not_be_executed_is_passed_over() {
        use std::os::unix::fs::PermissionsExt as _;

        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [plain, folder, real] = folders.each_ref().map(|folder| folder.path().join("ssh"));
        std::fs::write(&plain, "").unwrap();
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&real, "").unwrap();
        let look = || {
            let path = env::join_paths(folders.iter().map(|folder| folder.path())).unwrap();
            found(OsStr::new("ssh"), Some(path)).map_err(|error| error.to_string())
        };
        assert!(look().unwrap_err().ends_with("the launcher `ssh` is not on PATH"));
        for (file, mode) in [(&real, 0o755), (&real, 0o100), (&plain, 0o111)] {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(look().as_ref(), Ok(file), "{mode:o}");
        }
        // A path is left to the start, which says what is wrong.
        assert_eq!(found(folder.as_os_str(), None).unwrap(), folder);
    }

    #[test]
    fn nothing_of_a_launch_is_on_the_command_line() {
        let env = Environment::new().inherit(Inherit::only(["PATH"])).set("TOKEN", "canary-1");
        let launch = Launch {
            args: vec!["--append-system-prompt=canary-2".into(), "/here/x".into()],
            env: env.remove("GONE").api_key(Secret::new("canary-3")),
            cwd: Some("/here/canary-4".into()),
            ..Launch::default()
        };
        let launcher = Launcher::ssh("host").map_path("/here", "/there").cli("/opt/claude");
        assert!(!words(&launcher).contains("canary"));
        let setup = String::from_utf8(launcher.setup(&launch).unwrap()).unwrap();
        for line in [
            "export TOKEN='canary-1'",
            "export ANTHROPIC_API_KEY='canary-3'",
            "export PWD='/there/canary-4'",
            "unset GONE",
            "cd -- '/there/canary-4' || exit 1",
            "set -- '/opt/claude' '--append-system-prompt=canary-2' '/there/x'",
        ] {
            assert!(setup.lines().any(|it| it == line), "{line}: {setup}");
        }
        assert!(setup.contains("export PATH="), "named to be inherited");
        let all = Launch::default();
        let setup = String::from_utf8(launcher.setup(&all).unwrap()).unwrap();
        assert!(!setup.contains("export PATH="), "the environment of another machine");
    }
}
