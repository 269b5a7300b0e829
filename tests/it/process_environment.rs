//! The child's environment is layered, and the key appears nowhere else.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;

use crate::process_support::{line, rest, run, script, shell};
use claude_wire::transport::{CliPath, Environment, Inherit, Launch, Process, Secret, Transport};

#[tokio::test]
async fn the_child_sees_the_layers() {
    let print = r#"echo "$CLAUDE_CODE_ENTRYPOINT|$MINE|$ANTHROPIC_API_KEY|$CLAUDE_AGENT_SDK_VERSION|${PATH:+path}""#;
    let env = Environment::new()
        .set("MINE", "a b")
        .set("ANTHROPIC_API_KEY", "user's")
        .api_key("given".into());
    let version = env!("CARGO_PKG_VERSION");

    let cli = run(&shell(), Launch { env: env.clone(), ..script(print) }).await;
    assert_eq!(rest(cli.stdout).await, format!("sdk-rs|a b|given|{version}|path\n").as_bytes());

    let env = env
        .inherit(Inherit::None)
        .set("CLAUDE_CODE_ENTRYPOINT", "mine")
        .remove("CLAUDE_AGENT_SDK_VERSION");
    // A shell sets its own PATH; env does not.
    let cli = run(
        &Process::new(CliPath::Explicit("/usr/bin/env".into())),
        Launch { env, ..Launch::default() },
    )
    .await;
    assert_eq!(
        rest(cli.stdout).await,
        b"ANTHROPIC_API_KEY=given\nCLAUDE_CODE_ENTRYPOINT=mine\nMINE=a b\n"
    );
}

#[tokio::test]
async fn the_key_is_only_in_the_environment_of_the_child() {
    let canary = "sk-ant-canary-8c2e";
    let env = Environment::new().api_key(Secret::new(canary));
    let launch = Launch { env, ..script("echo ready; cat") };

    let cli = run(&shell(), launch.clone()).await;
    let (_, _stdout) = line(cli.stdout).await;
    let pid = cli.control.pid().unwrap();
    let read =
        |file: &str| String::from_utf8(fs::read(format!("/proc/{pid}/{file}")).unwrap()).unwrap();
    assert!(
        read("environ").contains(&format!("ANTHROPIC_API_KEY={canary}\0")),
        "or the test proves nothing"
    );

    let nowhere = Launch { cwd: Some("/nowhere".into()), ..launch.clone() };
    let no_cli = Process::new(CliPath::Explicit("/nowhere".into()));
    let nul = Launch { env: launch.env.clone().set("NUL", "\0"), ..launch.clone() };
    let errors = [
        shell().open(nowhere).await.unwrap_err(),
        no_cli.open(launch.clone()).await.unwrap_err(),
        shell().open(nul).await.unwrap_err(),
    ];
    let shown = format!(
        "{launch:?} {:#?} {errors:?} {} {} {}",
        launch.env, errors[0], errors[1], errors[2]
    );
    for text in [shown, read("cmdline")] {
        assert!(!text.contains(canary), "{text}");
    }
}
