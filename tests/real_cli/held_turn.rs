//! A program leaves in the middle of a turn, with a permission request open, and the next one goes
//! on: with the same handshake, which the holder answers, and with another one.

use std::future::pending;

use claude_wire::Decision;
use claude_wire::holder::{HeldTransport, Holder};
use claude_wire::lab::{ApiReply, ApiScript, real_cli};
use claude_wire::transport::{CliPath, Process};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use crate::support::{finish, place};

pub(crate) async fn run() {
    for has_other_fields in [false, true] {
        let input = json!({"command": "touch made.txt", "description": "make a file"});
        let place = place(
            ApiScript::new()
                .on_prompt(
                    "Make a file",
                    [ApiReply::tool_use("Bash", input), ApiReply::text("Made.")],
                )
                .on_prompt("And now?", [ApiReply::text("Nothing more.")]),
        )
        .await;
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let cli = Process::new(CliPath::Explicit(real_cli().unwrap()));
        let (stop, stopped) = oneshot::channel::<()>();
        let holder = Holder::bind(&socket, cli).unwrap();
        let holder = tokio::spawn(holder.run(async { drop(stopped.await) }));

        let leaving = HeldTransport::new(&socket, "key");
        let (asked, mut is_asked) = mpsc::unbounded_channel();
        let first = place.session().transport(leaving.clone()).on_permission(move |_| {
            let _ = asked.send(());
            pending::<Decision>()
        });
        let first = first.start().unwrap();
        let turn = tokio::spawn(first.query("Make a file").text());
        is_asked.recv().await.unwrap();
        let pid = first.pid();
        leaving.leave();
        turn.await.unwrap().unwrap_err();
        drop(first);
        while HeldTransport::list(&socket).await.unwrap()[0].owner.is_some() {
            tokio::task::yield_now().await;
        }
        assert!(!place.cwd().join("made.txt").exists(), "no one has allowed it");

        let builder = place.session().transport(HeldTransport::new(&socket, "key"));
        let builder = builder.on_permission(|_| async { Decision::allow() });
        let second = match has_other_fields {
            true => builder.initialize_field("anotherField", json!(true)),
            false => builder,
        };
        let second = second.start().unwrap();
        let turn = second.held_turn().await.unwrap().expect("the turn that was begun");
        assert_eq!(second.pid(), pid);
        assert_eq!(turn.text().await.unwrap(), "Made.");
        assert!(place.cwd().join("made.txt").is_file());
        assert_eq!(second.query("And now?").text().await.unwrap(), "Nothing more.");
        assert_eq!(second.stats().lines.stray_replies, 0);
        assert!(finish(second, place).await.success());
        drop(stop);
        holder.await.unwrap();
    }
}
