//! A conversation has one owner.

use claude_wire::player::reply;
use claude_wire::session::{Exclusive, SessionEvent};
use claude_wire::supervisor::{ChildSpec, ChildState, Supervisor};
use claude_wire::testing::mock_claude;
use claude_wire::{Scenario, Session, SessionBuilder};

const ID: &str = "6f1a3e52-0000-4000-8000-000000000002";

/// Sessions with a folder for configuration and one for work.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["config", "work"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let scenario = Scenario::new().on_any_prompt(reply().text("Hi!")).always();
        std::fs::write(folder.path().join("scenario.json"), scenario.unverified().to_json())
            .unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn builder(&self) -> SessionBuilder {
        Session::builder()
            .cli_path(mock_claude().unwrap())
            .cwd(self.path("work"))
            .env("CLAUDE_CONFIG_DIR", self.path("config").to_str().unwrap())
            .env("CLAUDE_WIRE_SCENARIO", self.path("scenario.json").to_str().unwrap())
            .env("CLAUDE_WIRE_PAUSE", "0")
    }

    fn leases(&self) -> Vec<String> {
        let mut found = Vec::new();
        for folder in std::fs::read_dir(self.path("config").join("projects")).into_iter().flatten()
        {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                found.push(file.unwrap().file_name().into_string().unwrap());
            }
        }
        found
    }
}

fn lease(id: &str) -> String {
    format!(".claude-wire-{id}.lease")
}

#[tokio::test]
async fn a_second_owner_is_refused_or_gets_a_fork_and_the_end_frees_the_conversation() {
    let place = Place::new();
    let first = place.builder().resume(ID).exclusive(Exclusive::Refuse).start().unwrap();
    assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
    assert_eq!(place.leases(), [lease(ID)]);

    let second = place.builder().resume(ID).exclusive(Exclusive::Refuse).start().unwrap();
    let refused = second.query("Hello").text().await.unwrap_err();
    let owner = format!("process {}", std::process::id());
    assert!(refused.is_owned() && refused.to_string().contains(&owner), "{refused}");

    let fork = place.builder().resume(ID).exclusive(Exclusive::Fork).start().unwrap();
    assert_eq!(fork.query("Hello").text().await.unwrap(), "Hi!");
    let forked = fork.session_id().unwrap();
    assert_ne!(forked, ID);
    assert!(place.leases().contains(&lease(&forked)));

    // One that does not take part is not looked at.
    let free = place.builder().resume(ID).start().unwrap();
    assert_eq!(free.query("Hello").text().await.unwrap(), "Hi!");

    for session in [first, fork, free] {
        session.stop().await.unwrap();
        drop(session);
    }
    assert_eq!(second.query("Hello").text().await.unwrap(), "Hi!");
    second.stop().await.unwrap();
    drop(second);
    assert_eq!(place.leases(), [""; 0]);
}

#[tokio::test]
async fn sessions_under_a_supervisor_hold_their_conversations() {
    let place = Place::new();
    let builder = place.builder();
    let spec = |key: &str| {
        let builder = builder.clone();
        ChildSpec::new(key, move || builder.clone()).resume(ID)
    };
    let supervisor = Supervisor::builder().child(spec("a")).start().await.unwrap();
    let refused = supervisor.start_session(spec("b")).await.unwrap_err();
    assert!(refused.session_error().unwrap().is_owned(), "{refused}");
    let a = supervisor.session(&"a".to_owned()).unwrap();
    assert_eq!(a.query("Hello").await.unwrap().text().await.unwrap(), "Hi!");
    // A restart keeps it.
    supervisor.restart_session(&"a".to_owned()).await.unwrap();
    assert_eq!(a.state(), ChildState::Up);
    supervisor.stop().await;
    drop((a, supervisor));
    assert_eq!(place.leases(), [""; 0]);
}

#[tokio::test]
async fn without_a_folder_of_transcripts_nothing_is_held() {
    let place = Place::new();
    std::fs::write(place.path("config").join("projects"), "").unwrap();
    for exclusive in [Exclusive::Refuse, Exclusive::Fork] {
        let session = place.builder().resume(ID).exclusive(exclusive).start().unwrap();
        let mut events = session.events();
        assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
        assert_eq!(session.session_id().as_deref(), Some(ID));
        session.stop().await.unwrap();
        drop(session);
        while let Some(event) = events.next().await {
            assert!(!matches!(event, SessionEvent::Warning(_)), "{event:?}");
        }
    }
}
