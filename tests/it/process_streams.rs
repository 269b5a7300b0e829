//! A child's streams and exit status reach the host unchanged.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use crate::process_support::{args, rest, run, script, shell};
use claude_wire::transport::{CliPath, Exit, Launch, Process};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn bytes_go_both_ways_unchanged() {
    let mut cat = run(&Process::new(CliPath::Explicit("/bin/cat".into())), Launch::default()).await;
    let sent: Vec<u8> =
        (0..1_000_000_u32).map(|n| n.to_le_bytes()[usize::from(n % 7 == 0)]).collect();
    let (mut stdin, expected) = (cat.stdin, sent.clone());
    // Written in a task that then drops stdin: more than the pipes can buffer, in both directions
    // at once.
    let writer = tokio::spawn(async move { stdin.write_all(&sent).await });
    assert!(rest(cat.stdout).await == expected);
    writer.await.unwrap().unwrap();
    assert_eq!(cat.control.wait().await.unwrap(), Exit::from_code(0));
}

#[tokio::test]
async fn a_flood_on_stderr_does_not_affect_stdout() {
    let cli = run(&shell(), script("head -c 400000 /dev/zero >&2; echo done")).await;
    let (stdout, stderr) = tokio::join!(rest(cli.stdout), rest(cli.stderr));
    assert_eq!(stdout, b"done\n");
    assert_eq!(stderr, vec![0; 400_000]);
}

#[tokio::test]
async fn the_exit_is_reported_as_code_or_signal_and_repeatedly() {
    for (how, exit) in [
        ("exit 0", Exit::from_code(0)),
        ("exit 143", Exit::from_code(143)),
        ("kill -9 $$", Exit::from_signal(9)),
        ("kill -15 $$", Exit::from_signal(15)),
    ] {
        let mut cli = run(&shell(), script(how)).await;
        assert_eq!(cli.control.wait().await.unwrap(), exit, "{how}");
        assert_eq!(cli.control.wait().await.unwrap(), exit, "{how}");
    }
}

#[tokio::test]
async fn opens_again_with_other_arguments_and_another_directory() {
    let shell = shell();
    let root = tempfile::TempDir::new().unwrap();
    let cwd = root.path().canonicalize().unwrap();
    let first = run(&shell, script("echo one")).await;
    let second = run(&shell, Launch { cwd: Some(cwd.clone()), ..script("pwd; echo $PWD") }).await;
    assert_eq!(rest(first.stdout).await, b"one\n");
    assert_eq!(
        String::from_utf8(rest(second.stdout).await).unwrap(),
        format!("{0}\n{0}\n", cwd.display())
    );
}

#[tokio::test]
async fn arguments_arrive_byte_for_byte() {
    let hostile = [
        "",
        " ",
        "a b",
        "$(id)",
        "`id`",
        "; exit 9",
        "'\"\\",
        "*",
        "--",
        "-x",
        "new\nline",
        "\u{1f980}",
        "%s",
    ];
    let print = ["-c", r#"for arg; do printf '%s|' "$arg"; done"#, "sh"];
    let cli = run(&shell(), args(print.into_iter().chain(hostile))).await;
    let expected: String = hostile.iter().map(|arg| format!("{arg}|")).collect();
    assert_eq!(String::from_utf8(rest(cli.stdout).await).unwrap(), expected);
}
