//! A CLI that is started in advance and claimed for a directory, replayed with other directories.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::support::project;
use claude_wire::player::Replay;
use claude_wire::recording::Recording;
use claude_wire::session::Error;
use claude_wire::{Options, PermissionMode, Session};
use serde_json::Value;

/// The recording of a claim, with the claimed directory, and a first prompt that names a file in it.
fn recorded(claimed: &str) -> Replay {
    let text = std::fs::read_to_string(project::recording("prewarm")).unwrap();
    let json = serde_json::to_string(claimed).unwrap();
    let slug: String =
        claimed.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let text = text
        .replace("Where are you?", "Where is ${cwd}/project/a.txt?")
        .replace("In the project.", "Not in ${cwd}/project-2, but in ${cwd_slug}-project.")
        .replace("${cwd}/project-2", "/srv/elsewhere")
        .replace("${cwd}/project", &json[1..json.len() - 1])
        .replace("${cwd_slug}-project", &slug);
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with(r#"{"end""#)).collect();
    Replay::new(Recording::from_bytes(lines.join("\n").as_bytes()).unwrap()).allow_truncated()
}

async fn claimed(replay: &Replay, cwd: &str) -> Result<Session, Error> {
    let spare = Session::builder()
        .transport(replay.clone())
        .cwd("/parking")
        .allowed_tools(["Bash"])
        .prewarm()
        .await?;
    let claim = Options::default().cwd(cwd).permission_mode(PermissionMode::AcceptEdits);
    spare.claim(claim).await
}

/// The messages of a turn.
async fn asked(session: &Session, prompt: &str, replay: &Replay) -> Vec<Value> {
    let (mut turn, mut messages) = (session.query(prompt), Vec::new());
    while let Some(message) = turn.next().await {
        let message = message.unwrap_or_else(|error| panic!("{error}\n{}", replay.report()));
        messages.push(serde_json::from_slice(message.frame().bytes()).unwrap());
    }
    messages
}

#[tokio::test(start_paused = true)]
async fn the_claimed_directory_takes_the_place_of_the_recorded_one() {
    for recorded_in in ["/parking/project", "/srv/recorded", "/tmp/.tmpAb3/app", "/a b/\"c\""] {
        for cwd in ["/srv/recorded", "/tmp/.tmpXy9/app", "/srv/\"quoted\"", "/parking/project"] {
            let replay = recorded(recorded_in);
            let session = claimed(&replay, cwd).await.unwrap();
            let messages = asked(&session, &format!("Where is {cwd}/a.txt?"), &replay).await;
            let init = messages.iter().find(|line| line["subtype"] == "init").unwrap();
            assert_eq!(init["cwd"], cwd, "{recorded_in}");
            let slug: String =
                cwd.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            assert_eq!(
                messages.last().unwrap()["result"],
                format!("Not in /srv/elsewhere, but in {slug}."),
                "{recorded_in}"
            );
            asked(&session, "Thanks", &replay).await;
            assert!(session.stop().await.unwrap().unwrap().success(), "{}", replay.report());
            replay.assert_finished();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_about_another_directory_is_a_difference() {
    for folder in ["/srv/live-2", "/srv/live/a", "/srv/recorded", "/parking"] {
        let replay = recorded("/srv/recorded");
        let session = claimed(&replay, "/srv/live").await.unwrap();
        let prompt = format!("Where is {folder}/a.txt?");
        assert!(session.query(prompt.as_str()).text().await.is_err(), "{folder}");
        assert!(replay.report().to_string().contains("divergences=1"), "{}", replay.report());
    }
}
