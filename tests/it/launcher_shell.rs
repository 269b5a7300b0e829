//! Whatever the arguments, the environment and the directory of a launch contain, the CLI gets them
//! as they are, through real shells.
#![cfg(all(feature = "session", unix))]

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use claude_wire::transport::{Environment, Exit, Inherit, Launch, Launcher, Secret, Transport};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Says what it got: its directory, its arguments and its environment, each ended by a zero byte,
/// then an empty one, then its input.
const CLI: &str = r#"
    cwd=$(pwd -P && printf x) && printf '%s\0' "${cwd%?x}"
    [ $# = 0 ] || printf '%s\0' "$@"
    env -0 && printf '\0' && exec cat
"#;

/// What a CLI has got.
#[derive(Debug, PartialEq)]
struct Got {
    cwd: Vec<u8>,
    args: Vec<OsString>,
    env: Vec<Vec<u8>>,
    input: Vec<u8>,
}

async fn run(launcher: Launcher, launch: Launch, input: &[u8]) -> (Got, Exit) {
    let count = launch.args.len();
    let script = ["-c".into(), OsString::from(CLI), "cli".into()];
    let args = script.into_iter().chain(launch.args.clone()).collect();
    let mut cli = launcher.cli("sh").open(Launch { args, ..launch }).await.unwrap();
    let mut output = Vec::new();
    let write = async {
        cli.stdin.write_all(input).await.unwrap();
        drop(cli.stdin);
    };
    let ((), read) = tokio::join!(write, cli.stdout.read_to_end(&mut output));
    read.unwrap();
    let exit = cli.control.wait().await.unwrap();
    let mut errors = String::new();
    cli.stderr.read_to_string(&mut errors).await.unwrap();
    assert_eq!(errors, "");
    let mut rest = &output[..];
    let mut next = || {
        let end = rest.iter().position(|byte| *byte == 0).expect("a whole field");
        let field = rest[..end].to_vec();
        rest = &rest[end + 1..];
        field
    };
    let cwd = next();
    let args = (0..count).map(|_| OsString::from_vec(next())).collect();
    let mut env = Vec::new();
    loop {
        match next() {
            field if field.is_empty() => break,
            field => env.push(field),
        }
    }
    (Got { cwd, args, env, input: rest.to_vec() }, exit)
}

/// Launchers whose words are read by a shell, as `ssh` does, and others, with two shells as `sh`.
fn launchers(folder: &Path) -> Vec<Launcher> {
    let mut launchers = vec![Launcher::new("env")];
    let path = std::env::var("PATH").unwrap();
    let shells = ["bash", "dash", "zsh", "busybox"].map(|shell| {
        std::env::split_paths(&path).map(|at| at.join(shell)).find(|file| file.is_file())
    });
    for shell in shells.into_iter().flatten() {
        // Named `sh`, it is what the launcher starts.
        let bin = folder.join(shell.file_name().unwrap());
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(&shell, bin.join("sh")).unwrap();
        let path = format!("PATH={}:{path}", bin.display());
        launchers.push(Launcher::new("env").arg(&path));
        // As sshd runs a command: with the shell of the user.
        let login = Launcher::new("env").arg(path).args(["sh", "-c", r#"exec sh -c "$0""#]);
        launchers.push(login.through_shell(true));
    }
    assert!(launchers.len() >= 3, "no shell on PATH");
    launchers
}

/// Texts with all that a shell gives a meaning to, and any bytes but zero.
fn value() -> impl Strategy<Value = OsString> {
    let meant = b"'\"\\$`!\n\r\t ;&|<>(){}[]*?#~=%^-_aN\x01\x7f\xc3\xff".to_vec();
    prop_oneof![
        vec(proptest::sample::select(meant), 0..30).prop_map(OsString::from_vec),
        vec(1_u8..=255, 0..60).prop_map(OsString::from_vec),
        "\\PC{0,20}".prop_map(OsString::from),
        Just("$(touch pwned) `touch pwned` ; touch pwned".into()),
        Just("'\"$_cw_n\"'\nexport A=1\n".into()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn every_value_survives_every_shell(
        args in vec(value(), 0..5),
        values in vec(value(), 0..4),
        key in "[^\u{0}]{1,20}",
        directory in vec(proptest::sample::select(b"'\"\\$`\n ;-~a\xff".to_vec()), 1..12),
        input in vec(any::<u8>(), 0..200),
    ) {
        let root = tempfile::tempdir().unwrap();
        let cwd = root.path().canonicalize().unwrap().join(OsString::from_vec(directory));
        fs::create_dir_all(&cwd).unwrap();
        let mut env = Environment::new().inherit(Inherit::None).api_key(Secret::new(key.clone()));
        let mut expected = vec![[b"ANTHROPIC_API_KEY=", key.as_bytes()].concat()];
        for (n, value) in values.into_iter().enumerate() {
            expected.push([format!("VALUE_{n}=").as_bytes(), value.as_bytes()].concat());
            env = env.set(format!("VALUE_{n}"), value);
        }
        // Names that a script would use, too.
        for name in ["a", "l", "n"] {
            expected.push(format!("{name}=x\n{name}").into_bytes());
            env = env.set(name, format!("x\n{name}"));
        }
        let env = env.remove("HOME").set("LC_ALL", "C.UTF-8");
        expected.push(b"LC_ALL=C.UTF-8".to_vec());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for launcher in launchers(root.path()) {
            let launch = Launch {
                args: args.clone(), env: env.clone(), cwd: Some(cwd.clone()), ..Launch::default()
            };
            let (got, exit) = runtime.block_on(run(launcher, launch, &input));
            prop_assert!(exit.success());
            prop_assert_eq!(&*got.cwd, cwd.as_os_str().as_bytes());
            prop_assert_eq!(&got.args, &args);
            prop_assert_eq!(&got.input, &input);
            for variable in &expected {
                prop_assert!(got.env.contains(variable), "{:?} in {:?}", variable, got.env);
            }
            prop_assert!(!got.env.iter().any(|it| it.starts_with(b"HOME=")));
            prop_assert!(!cwd.join("pwned").exists() && !root.path().join("pwned").exists());
        }
    }
}

#[tokio::test]
async fn a_long_launch_arrives_whole() {
    // Longer than the pipe to the launcher, and than one argument of a program may be.
    let long = "it's $long\n".repeat(20_000);
    let env = Environment::new().set("LONG", "x".repeat(100_000));
    let launch = Launch { args: vec!["a".into()], env, ..Launch::default() };
    let (got, exit) = run(Launcher::new("env"), launch, long.as_bytes()).await;
    assert!(exit.success());
    assert_eq!(got.input, long.as_bytes());
    assert!(got.env.iter().any(|it| it.len() == "LONG=".len() + 100_000));
}

/// The exit of a launch, and what it wrote to its standard error.
async fn failed(launcher: Launcher, launch: Launch) -> (Exit, String) {
    let mut cli = launcher.open(launch).await.unwrap();
    drop(cli.stdin);
    let mut errors = String::new();
    cli.stderr.read_to_string(&mut errors).await.unwrap();
    (cli.control.wait().await.unwrap(), errors)
}

#[tokio::test]
async fn what_is_missing_there_is_said_on_standard_error() {
    let launcher = || Launcher::new("env");
    let (exit, errors) = failed(launcher().cli("no-such-cli"), Launch::default()).await;
    assert_eq!(exit.code, Some(127));
    assert!(errors.contains("no-such-cli"), "{errors}");
    let cwd = Some("/no/such directory".into());
    let (exit, errors) = failed(launcher().cli("cat"), Launch { cwd, ..Launch::default() }).await;
    assert_eq!(exit.code, Some(1));
    assert!(errors.contains("/no/such directory"), "{errors}");

    let error = Launcher::new("no-such-launcher").open(Launch::default()).await.unwrap_err();
    assert!(error.to_string().contains("no-such-launcher"), "{error}");
}

#[tokio::test]
async fn a_launch_that_is_cut_off_starts_nothing() {
    // The launcher passes on only the first bytes.
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made");
    let launch = Launch { args: vec![made.clone().into()], ..Launch::default() };
    for bytes in [1, 30, 100, 180] {
        let head = Launcher::new("sh").args([
            "-c".into(),
            format!(r#"head -c {bytes} | "$@""#),
            "sh".into(),
        ]);
        let (_, _) = failed(head.cli("touch"), launch.clone()).await;
        assert!(!made.exists(), "after {bytes} bytes");
    }
    let whole = Launcher::new("sh").args(["-c", r#"cat | "$@""#, "sh"]);
    let (exit, errors) = failed(whole.cli("touch"), launch).await;
    assert!(exit.success() && made.exists(), "{errors}");
}
