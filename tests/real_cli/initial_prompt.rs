//! An agent with an `initialPrompt`: the CLI starts a turn by itself, and the first prompt has its
//! own answer, whenever it is written.

use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::SessionEvent;
use claude_wire::session::options::AgentDefinition;

use crate::support::{finish, place};

/// How long after the handshake the prompt is written. CLI 2.1.332 opens its own turn after about 50
/// ms, and takes about 100 ms for it here.
const DELAYS: [u64; 8] = [0, 10, 20, 30, 40, 50, 70, 300];

pub(crate) async fn run() {
    for delay in DELAYS {
        let script = ApiScript::new()
            .on_prompt("Look around", [ApiReply::text("I looked around.")])
            .on_prompt("What now?", [ApiReply::text("Now this.")])
            .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
        let place = place(script).await;
        let mut agent = AgentDefinition::new("Leads", "You lead.");
        agent.initial_prompt = Some("Look around".into());
        let session = place.session().agents([("lead", agent)]).agent("lead").start().unwrap();
        let mut events = session.events();
        if delay > 0 {
            session.connect().await.unwrap();
            // The CLI reports nothing before it opens its turn.
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let summary = session.query("What now?").collect_summary().await.unwrap();
        assert_eq!(summary.texts, ["Now this."], "after {delay} ms");
        assert_eq!(session.query("Thanks").text().await.unwrap(), "You are welcome.");
        finish(session, place).await;
        let mut own = Vec::new();
        while let Some(event) = events.next().await {
            if let SessionEvent::Message(message) = event {
                own.extend(message.as_result().and_then(|result| result.result.clone()));
            }
        }
        assert_eq!(own, ["I looked around."], "after {delay} ms");
    }
}
