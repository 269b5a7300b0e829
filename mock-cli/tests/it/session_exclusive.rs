//! A conversation has one owner.

use std::path::{Path, PathBuf};

use claude_wire::history::project_key;
use claude_wire::player::reply;
use claude_wire::session::{EndCause, Exclusive, SessionEvent};
use claude_wire::supervisor::{ChildSpec, ChildState, Supervisor};
use claude_wire::testing::mock_claude;
use claude_wire::{Scenario, Session, SessionBuilder};

pub(crate) const ID: &str = "6f1a3e52-0000-4000-8000-000000000002";

/// Sessions with a folder for configuration and one for work.
pub(crate) struct Place(tempfile::TempDir);

/// A session in a place, which another process may have made.
pub(crate) fn builder(place: &Path) -> SessionBuilder {
    Session::builder()
        .cli_path(mock_claude().unwrap())
        .cwd(place.join("work"))
        .env("CLAUDE_CONFIG_DIR", place.join("config").to_str().unwrap())
        .env("CLAUDE_WIRE_SCENARIO", place.join("scenario.json").to_str().unwrap())
        .env("CLAUDE_WIRE_PAUSE", "0")
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(Scenario::new().any_session())
    }

    /// The CLI knows this session alone, and so continues it.
    fn knowing(id: &str) -> Self {
        Self::with(Scenario::new().sessions([id]))
    }

    fn with(scenario: Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["config", "work"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let scenario = scenario.on_any_prompt(reply().text("Hi!")).always();
        std::fs::write(folder.path().join("scenario.json"), scenario.unverified().to_json())
            .unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn builder(&self) -> SessionBuilder {
        builder(self.0.path())
    }

    /// Writes a transcript, as the CLI keeps it.
    fn keep(&self, id: &str) {
        self.keep_in(&project_key(self.path("work")), id);
    }

    fn keep_in(&self, project: &str, id: &str) {
        let folder = self.path("config").join("projects").join(project);
        std::fs::create_dir_all(&folder).unwrap();
        let prompt = r#"{"type":"user","message":{"role":"user","content":"Hello"}}"#;
        std::fs::write(folder.join(format!("{id}.jsonl")), format!("{prompt}\n")).unwrap();
    }

    fn leases(&self) -> Vec<String> {
        let mut found = Vec::new();
        for folder in std::fs::read_dir(self.path("config").join("projects")).into_iter().flatten()
        {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let name = file.unwrap().file_name().into_string().unwrap();
                if !name.ends_with(".jsonl") {
                    found.push(name);
                }
            }
        }
        found
    }
}

pub(crate) fn lease(id: &str) -> String {
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
async fn the_newest_conversation_is_held_before_the_cli_starts() {
    let place = Place::knowing(ID);
    place.keep(ID);
    let builder = || place.builder().continue_conversation(true);
    let first = builder().exclusive(true).start().unwrap();
    assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
    assert_eq!(first.session_id().as_deref(), Some(ID));
    assert_eq!(place.leases(), [lease(ID)]);

    let second = builder().exclusive(true).start().unwrap();
    let refused = second.query("Hello").text().await.unwrap_err();
    assert!(refused.is_owned() && refused.to_string().contains(ID), "{refused}");
    assert_eq!(second.state().last_end.unwrap().cause, EndCause::NotStarted);

    let fork = builder().exclusive(Exclusive::Fork).start().unwrap();
    assert_eq!(fork.query("Hello").text().await.unwrap(), "Hi!");
    let forked = fork.session_id().unwrap();
    assert_ne!(forked, ID);
    assert!(place.leases().contains(&lease(&forked)));

    // One that is not exclusive, by either word.
    let free = builder().exclusive(false).start().unwrap();
    assert_eq!(free.query("Hello").text().await.unwrap(), "Hi!");

    first.stop().await.unwrap();
    drop(first);
    assert_eq!(second.query("Hello").text().await.unwrap(), "Hi!");
    assert_eq!(second.session_id().as_deref(), Some(ID));
}

/// `CLAUDE_CODE_PROJECT_DIR_NAME` names the folder of new transcripts, and the CLI resumes a
/// conversation in whatever folder has it.
#[tokio::test]
async fn a_conversation_is_held_where_its_transcript_is() {
    let key = |place: &Place| project_key(place.path("work"));
    let named = |name: &'static str| move |_: &Place| name.to_owned();
    type Folder<'a> = &'a dyn Fn(&Place) -> String;
    let rows: [(&str, Option<Folder<'_>>, Folder<'_>); 5] = [
        ("team", None, &named("team")),
        ("team", Some(&key), &key),
        // No name that the CLI takes.
        ("a/b", Some(&key), &key),
        ("", Some(&key), &key),
        ("", Some(&named("elsewhere")), &named("elsewhere")),
    ];
    for (name, kept, held) in rows {
        let place = Place::new();
        std::fs::create_dir(place.path("other")).unwrap();
        if let Some(kept) = kept {
            place.keep_in(&kept(&place), ID);
        }
        let builder = |cwd: &str| {
            let builder = place.builder().cwd(place.path(cwd)).resume(ID).exclusive(true);
            builder.env("CLAUDE_CODE_PROJECT_DIR_NAME", name)
        };
        let first = builder("work").start().unwrap();
        assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
        let lease = place.path("config/projects").join(held(&place)).join(lease(ID));
        assert!(lease.exists(), "{name}: {:?}", place.leases());
        let second = builder("other").start().unwrap();
        let refused = second.query("Hello").text().await.unwrap_err();
        assert!(refused.is_owned(), "{name}: {refused}");
        first.stop().await.unwrap();
        drop(first);
        assert_eq!(second.query("Hello").text().await.unwrap(), "Hi!");
        assert!(lease.exists(), "{name}: {:?}", place.leases());
        second.stop().await.unwrap();
    }
}

#[tokio::test]
async fn the_newest_conversation_is_that_of_the_named_folder() {
    let place = Place::knowing(ID);
    place.keep_in("team", ID);
    let builder = place.builder().env("CLAUDE_CODE_PROJECT_DIR_NAME", "team");
    let builder = || builder.clone().continue_conversation(true).exclusive(true);
    let first = builder().start().unwrap();
    assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
    let second = builder().start().unwrap();
    let refused = second.query("Hello").text().await.unwrap_err();
    assert!(refused.is_owned(), "{refused}");
    // Its CLI was not even started.
    assert_eq!(second.state().last_end.unwrap().cause, EndCause::NotStarted);
}

/// What cannot be known before is found when the CLI confirms the id.
#[tokio::test]
async fn a_conversation_that_the_cli_finds_alone_is_left_to_its_owner() {
    let place = Place::knowing(ID);
    for exclusive in [Exclusive::Refuse, Exclusive::Fork] {
        let builder = || place.builder().continue_conversation(true).exclusive(exclusive);
        let first = builder().start().unwrap();
        assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
        let second = builder().start().unwrap();
        let mut events = second.events();
        let mut turn = second.query("Hello");
        let mut error = None;
        while let Some(message) = turn.next().await {
            match message {
                Ok(message) => {
                    let kind = message.frame().kind_name().into_owned();
                    assert!(!["assistant", "result"].contains(&&*kind), "{message:?}");
                }
                Err(failure) => error = Some(failure),
            }
        }
        let error = error.unwrap();
        let owner = format!("process {}", std::process::id());
        assert!(error.is_owned() && error.to_string().contains(&owner), "{error}");
        let end = loop {
            if let SessionEvent::Disconnected(end) = events.next().await.unwrap() {
                break end;
            }
        };
        assert_eq!(end.cause, EndCause::Owned);
        assert_eq!(second.session_id(), None, "it has no conversation");
        assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
        first.stop().await.unwrap();
        drop(first);
        assert_eq!(second.query("Hello").text().await.unwrap(), "Hi!");
        second.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_child_whose_conversation_is_owned_is_not_started_again() {
    let place = Place::knowing(ID);
    let builder = place.builder();
    let spec = |key: &str| {
        let builder = builder.clone();
        ChildSpec::new(key, move || builder.clone().continue_conversation(true))
    };
    let supervisor = Supervisor::builder().child(spec("a")).child(spec("b")).start().await.unwrap();
    let [a, b] = ["a", "b"].map(|key| supervisor.session(&key.to_owned()).unwrap());
    assert_eq!(a.query("Hello").await.unwrap().text().await.unwrap(), "Hi!");
    let refused = b.query("Hello").await.unwrap().text().await.unwrap_err();
    assert!(refused.is_owned(), "{refused}");
    b.wait_for(ChildState::Failed).await.unwrap();
    assert_eq!(supervisor.list()[1].restarts, 0);
    assert_eq!(a.query("Hello").await.unwrap().text().await.unwrap(), "Hi!");
    supervisor.stop().await;
}

/// The first run in a container has no configuration folder yet.
#[cfg(unix)]
#[tokio::test]
async fn in_a_new_configuration_folder_conversations_are_held() {
    use std::os::unix::fs::PermissionsExt;

    for resumes in [false, true] {
        let place = Place::new();
        let config = place.path("home/new");
        let builder = || {
            let builder = place.builder().env("CLAUDE_CONFIG_DIR", config.to_str().unwrap());
            builder.exclusive(true)
        };
        let builder = if resumes { builder().resume(ID) } else { builder() };
        let first = builder.clone().start().unwrap();
        let mut events = first.events();
        assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
        let id = first.session_id().unwrap();
        let second = builder.resume(id.as_str()).start().unwrap();
        let refused = second.query("Hello").text().await.unwrap_err();
        assert!(refused.is_owned(), "{refused}");
        for path in [place.path("home"), config.clone(), config.join("projects")] {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o700, "{}", path.display());
        }
        first.stop().await.unwrap();
        drop(first);
        while let Some(event) = events.next().await {
            assert!(!matches!(event, SessionEvent::Warning(_)), "{event:?}");
        }
    }
}

/// Without a transcript there is nothing that another session could resume.
#[tokio::test]
async fn a_conversation_that_is_not_kept_is_not_held() {
    for (exclusive, resumes) in [
        (Some(Exclusive::Refuse), false),
        (Some(Exclusive::Refuse), true),
        (Some(Exclusive::Fork), true),
        // Under a supervisor, where it is on by default.
        (None, true),
    ] {
        for keeps in [false, true] {
            let place = Place::new();
            let builder = place.builder().no_session_persistence(!keeps);
            let builder = if resumes { builder.resume(ID) } else { builder };
            let held = usize::from(keeps);
            let case = format!("{exclusive:?}, resumes: {resumes}, keeps: {keeps}");
            let Some(exclusive) = exclusive else {
                let child = ChildSpec::new("a", move || builder.clone());
                let supervisor = Supervisor::builder().child(child).start().await.unwrap();
                let a = supervisor.session(&"a".to_owned()).unwrap();
                assert_eq!(a.query("Hello").await.unwrap().text().await.unwrap(), "Hi!");
                assert_eq!(place.leases().len(), held, "{case}");
                supervisor.stop().await;
                continue;
            };
            let builder = builder.exclusive(exclusive);
            let first = builder.clone().start().unwrap();
            assert_eq!(first.query("Hello").text().await.unwrap(), "Hi!");
            assert_eq!(place.leases().len(), held, "{case}");
            if resumes {
                let second = builder.exclusive(Exclusive::Refuse).start().unwrap();
                let answer = second.query("Hello").text().await;
                assert_eq!(answer.is_err_and(|error| error.is_owned()), keeps, "{case}");
                second.stop().await.unwrap();
            }
            first.stop().await.unwrap();
        }
    }
}

/// It was silent before: then no one knows that the promise is not kept.
#[tokio::test]
async fn without_a_folder_of_transcripts_nothing_is_held_and_a_warning_says_so() {
    let place = Place::new();
    std::fs::write(place.path("config").join("projects"), "").unwrap();
    for exclusive in [Exclusive::Refuse, Exclusive::Fork] {
        let session = place.builder().resume(ID).exclusive(exclusive).start().unwrap();
        let mut events = session.events();
        assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
        assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
        assert_eq!(session.session_id().as_deref(), Some(ID));
        session.stop().await.unwrap();
        drop(session);
        let mut warnings = Vec::new();
        while let Some(event) = events.next().await {
            if let SessionEvent::Warning(text) = event {
                warnings.push(text);
            }
        }
        let [warning] = &warnings[..] else { panic!("{warnings:?}") };
        let why = place.path("config").join("projects");
        let names_both = warning.contains(ID) && warning.contains(why.to_str().unwrap());
        assert!(names_both && warning.contains("is not held"), "{warning}");
    }
}
