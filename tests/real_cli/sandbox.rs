//! A sandbox that is not available, and one at work.
//!
//! The second part runs if `CLAUDE_WIRE_SANDBOX` names a folder with `bwrap` and `socat`.

use std::sync::{Arc, Mutex};

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::options::{
    SandboxCredentials, SandboxFilesystem, SandboxSecretVariable, SandboxSettings,
};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    unavailable().await;
    if let Ok(folder) = std::env::var("CLAUDE_WIRE_SANDBOX") {
        at_work(&folder).await;
    }
}

fn bash(command: &str) -> ApiReply {
    ApiReply::tool_use("Bash", json!({"command": command, "dangerouslyDisableSandbox": true}))
}

/// Without its programs the CLI does not start, unless the settings say that commands may run
/// without a sandbox.
async fn unavailable() {
    let script =
        ApiScript::new().on_prompt("Run", [bash("echo done > made"), ApiReply::text("Done.")]);
    let place = place(script).await;
    let session = |settings: SandboxSettings| {
        place.session().env("PATH", "/nowhere").sandbox(settings).allowed_tools(["Bash"])
    };
    let refused = session(SandboxSettings::default().enabled(true)).start().unwrap();
    let error = refused.query("Run").text().await.unwrap_err();
    let why = "sandbox is enabled but dependencies are missing: bubblewrap (bwrap) not installed";
    assert!(error.to_string().contains(why), "{error}");
    assert!(!place.cwd().join("made").exists());
    refused.stop().await.ok();

    let said = Arc::new(Mutex::new(String::new()));
    let heard = said.clone();
    let settings = SandboxSettings::default().enabled(true).fail_if_unavailable(false);
    let session = session(settings)
        .on_stderr(move |line| heard.lock().unwrap().push_str(line))
        .start()
        .unwrap();
    assert_eq!(session.query("Run").text().await.unwrap(), "Done.");
    assert!(place.cwd().join("made").exists());
    let said = said.lock().unwrap().clone();
    assert!(said.contains("Commands will run WITHOUT sandboxing"), "{said}");
    assert!(finish(session, place).await.success());
}

/// What commands can do in it, without a question.
async fn at_work(folder: &str) {
    // The script needs the folders of the place, so the commands find them in variables.
    let looks = [
        "touch \"$HOME/closed\" || echo closed; touch \"$HOME/open/new\" && echo open",
        "cat \"$HOME/open/secret\" || echo unreadable; touch here/new || echo unwritable; echo made > made",
        "echo \"[$HIDDEN][${MASKED%%_*}]\"; echo > /dev/tcp/127.0.0.1/${ANTHROPIC_BASE_URL##*:} || echo offline",
    ];
    let replies = looks.map(bash).into_iter().chain([ApiReply::text("Done.")]);
    let place = place(ApiScript::new().on_prompt("Look", replies)).await;
    std::fs::create_dir(place.home().join("open")).unwrap();
    std::fs::write(place.home().join("open/secret"), "secret").unwrap();
    std::fs::create_dir(place.cwd().join("here")).unwrap();
    let path = |below: &str| place.home().join(below).to_string_lossy().into_owned();
    let here = place.cwd().join("here").to_string_lossy().into_owned();
    let files = SandboxFilesystem::default()
        .allow_write(vec![path("open")])
        .deny_read(vec![path("open/secret")])
        .deny_write(vec![here]);
    let variable = |name: &str, mode: &str| {
        serde_json::from_value::<SandboxSecretVariable>(json!({"name": name, "mode": mode}))
            .unwrap()
    };
    let secrets = SandboxCredentials::default()
        .env_vars(vec![variable("HIDDEN", "deny"), variable("MASKED", "mask")]);
    let settings = SandboxSettings::default()
        .enabled(true)
        .auto_allow_bash(true)
        .allow_unsandboxed_commands(false)
        .filesystem(files)
        .credentials(secrets);
    let session = place
        .session()
        .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
        .env("HIDDEN", "hidden")
        .env("MASKED", "masked")
        .sandbox(settings)
        .start()
        .unwrap();
    let summary = session.query("Look").collect_summary().await.unwrap();
    let returned: Vec<String> = summary
        .tool_calls
        .iter()
        .map(|call| call.result.as_ref().unwrap().content.as_ref().unwrap().deserialize().unwrap())
        .collect();
    let ends = |call: usize| {
        returned[call].lines().filter(|line| !line.contains(": ")).collect::<Vec<_>>()
    };
    assert_eq!(ends(0), ["closed", "open"], "{returned:?}");
    assert_eq!(ends(1), ["unreadable", "unwritable"], "{returned:?}");
    assert_eq!(ends(2), ["[][fake]", "offline"], "{returned:?}");
    assert!(place.cwd().join("made").exists() && place.home().join("open/new").exists());
    assert!(!place.home().join("closed").exists());
    assert!(finish(session, place).await.success());
}
