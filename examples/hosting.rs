//! The patterns of hosting, in the order of the official guide: a session for one task, sessions that
//! stay, sessions that come and go, several agents in one container. `docs/hosting.md` explains them.
//!
//! `cargo run --example hosting` plays scripted CLIs: no network, no key, no `claude`.
//! `cargo run --example hosting -- --live` asks an installed `claude`, which costs money.

use std::error::Error;
use std::time::Duration;

use claude_wire::player::PromptMatch;
use claude_wire::session::Restart;
use claude_wire::supervisor::{ChildSpec, Pool, SessionRef, Snapshot, Supervisor};
use claude_wire::{Scenario, Session, SessionBuilder, reply, with_session};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    println!("1. Ephemeral: a session for one task");
    ephemeral().await?;
    println!("2. Long-running: named sessions that are kept alive");
    let saved = long_running().await?;
    println!("3. Hybrid: the next run of the program goes on with the conversations");
    hybrid(&saved).await?;
    println!("4. Single container: agents that work together, and a pool");
    single_container().await
}

/// What all sessions have in common. Called at each start of a CLI: a key would be read again.
fn agent(role: &str) -> SessionBuilder {
    let builder = Session::builder()
        .system_prompt(format!("You are {role}. Answer in one short sentence."))
        .tools([""; 0])
        .timeout(Duration::from_secs(60));
    if live() { builder } else { builder.transport(scripted()) }
}

/// The session is stopped when its work is done, also if it failed.
async fn ephemeral() -> Result {
    let work = async |session: Session| session.query("Translate: good morning").text().await;
    println!("   {}", with_session(agent("a translator"), work).await?);
    Ok(())
}

/// Sessions have names, and are used by them from anywhere. Returns what the next run needs.
async fn long_running() -> Result<String> {
    let supervisor = Supervisor::builder()
        .intensity(5, Duration::from_secs(10))
        .child(user("ann"))
        .start()
        .await?;
    // One more while it runs, and one that is stopped and forgotten.
    let bob = supervisor.start_session(user("bob")).await?;
    supervisor.start_session(user("eve")).await?;
    supervisor.terminate_session(&"eve".into()).await?;

    let ann = supervisor.session(&"ann".into())?;
    ask(&ann, "My name is Ann").await?;
    ask(&bob, "My name is Bob").await?;
    if !live() {
        // The caller gets the error; the session is restarted, and the next query works.
        let error = ann.query("Crash").await?.text().await.expect_err("it crashes");
        println!("   a crash: {}", error.to_string().lines().next().unwrap_or_default());
    }
    ask(&ann, "Who am I?").await?;

    // Health waits for no session. A probe asks the CLI itself, without tokens.
    println!("   {:?}", supervisor.health());
    println!("   probe: {:?}", supervisor.probe(&"bob".into(), Duration::from_secs(10)).await?);
    supervisor.restart_session(&"bob".into()).await?;
    for child in supervisor.list() {
        println!("   {}: {:?}, restarted {} times", child.key, child.state, child.restarts);
    }
    let saved = serde_json::to_string(&supervisor.snapshot())?;
    supervisor.stop().await;
    Ok(saved)
}

/// A snapshot has the names and the ids of the conversations, which the first start resumes.
async fn hybrid(saved: &str) -> Result {
    let snapshot: Snapshot<String> = serde_json::from_str(saved)?;
    // After ten minutes without a prompt the CLI is stopped; the next prompt starts it again.
    let ann = user("ann").idle_after(Duration::from_secs(600)).max_usd(2.0);
    let supervisor = Supervisor::builder().restore(snapshot).child(ann).start().await?;
    ask(&supervisor.session(&"ann".into())?, "Who am I?").await?;
    supervisor.stop().await;
    Ok(())
}

/// Requests that do not belong together share a pool: each has a session to itself.
async fn single_container() -> Result {
    let team = ["a poet", "a critic"].map(|role| ChildSpec::new(role, move || agent(role)));
    let team = Supervisor::<String>::builder().name("team").children(team).start().await?;
    let verse = ask(&team.session(&"a poet".into())?, "Write one line about rain").await?;
    ask(&team.session(&"a critic".into())?, &format!("Judge this line: {verse}")).await?;
    team.stop().await;
    let pool = Pool::builder(2, || agent("a translator")).start().await?;
    let request = async || -> Result<String> {
        Ok(pool.get().await?.query("Translate: good morning").text().await?)
    };
    let texts = tokio::try_join!(request(), request(), request())?;
    println!("   three requests, {} sessions: {texts:?}", pool.size());
    pool.stop().await;
    Ok(())
}

fn user(name: &'static str) -> ChildSpec {
    ChildSpec::new(name, || agent("an assistant")).conversation(Restart::Resume)
}

async fn ask(session: &SessionRef, prompt: &str) -> Result<String> {
    let text = session.query(prompt).await?.text().await?;
    println!("   {}: {text}", session.key());
    Ok(text)
}

fn live() -> bool {
    std::env::args().nth(1).as_deref() == Some("--live")
}

/// A CLI that knows these prompts, each as often as it is asked, and every session.
fn scripted() -> Scenario {
    let known =
        [("Translate", "Guten Morgen."), ("Who am I", "You are Ann."), ("Write", "It rains.")];
    let crash = Scenario::new().any_order().on_prompt("Crash", reply().crash("SIGKILL")).always();
    let cli = known.into_iter().fold(crash, |cli, (part, text)| {
        cli.when(PromptMatch::Contains(part.into()), reply().text(text)).always()
    });
    cli.on_any_prompt(reply().text("Noted.")).always().any_session()
}
