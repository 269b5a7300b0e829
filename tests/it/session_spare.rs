//! A process that is started in advance and claimed later: the launch, the claim, and the launches
//! after it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::cli::{FakeCli, Launches, Log, cli, refusal, success};
use claude_wire::session::options::AgentDefinition;
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Options, PermissionMode, Session, SessionBuilder};
use serde_json::{Value, json};

const FLAG: &str = "--await-claim";

/// A CLI that logs each request and answers the claim like this, in any number of processes.
fn spare_cli(launches: &Launches, log: &Log, claimed: fn(&Value) -> Value) -> Memory {
    let (launches, log) = (launches.clone(), log.clone());
    cli(move |launch, mut cli| {
        launches.note(launch);
        let log = log.clone();
        async move { serve(&mut cli, &log, claimed).await }
    })
}

async fn serve(cli: &mut FakeCli, log: &Log, claimed: fn(&Value) -> Value) -> Exit {
    while let Some(line) = cli.read().await {
        log.push(line["request"].to_string());
        if line["type"] == "user" {
            let text = line["message"]["content"].as_str().unwrap_or_default();
            cli.turn(line["uuid"].as_str().unwrap_or_default(), text).await;
        } else if line["request"]["subtype"] == "claim_session" {
            cli.write(claimed(&line)).await;
        } else {
            cli.write(success(&line, json!({"commands": [], "pid": 1}))).await;
        }
    }
    log.push("end of input");
    Exit::from_code(0)
}

fn accept(line: &Value) -> Value {
    let initialize = json!({"commands": [{"name": "of-the-project"}], "agents": [], "pid": 2});
    success(
        line,
        json!({"status": "ok", "session_id": "s", "sdk_mcp_settled": true, "initialize": initialize}),
    )
}

fn refuse(line: &Value) -> Value {
    refusal(line, "project_settings_not_claimable: settings.json sets model")
}

fn builder(transport: Memory) -> SessionBuilder {
    Session::builder().transport(transport).allowed_tools(["Read"])
}

/// The requests so far, without the handshakes.
fn requests(log: &Log) -> Vec<Value> {
    let all = log.all().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    all.filter(|request| !request.is_null() && request["subtype"] != "initialize").collect()
}

#[tokio::test(start_paused = true)]
async fn claim_binds_the_process_that_waits() {
    let (launches, log) = (Launches::default(), Log::default());
    let spare = builder(spare_cli(&launches, &log, accept)).prewarm().await.unwrap();
    assert!(launches.args(0).contains(&FLAG.into()), "{:?}", launches.args(0));
    assert_eq!(spare.server_info().unwrap().pid, Some(1));
    let session = spare.claim(Options::default().cwd("/project").model("opus")).await.unwrap();
    assert_eq!(
        requests(&log),
        [
            json!({"subtype": "claim_session", "cwd": "/project", "include_initialize": true}),
            json!({"subtype": "set_model", "model": "opus"}),
        ]
    );
    let info = session.server_info().unwrap();
    assert_eq!(info.commands[0].name, "of-the-project", "not those of the parking directory");
    assert_eq!(session.query("hello").text().await.unwrap(), "hello");
    assert_eq!(launches.len(), 1, "in the same process");
}

#[tokio::test(start_paused = true)]
async fn every_option_of_a_claim_is_in_it() {
    let agent = AgentDefinition::new("Reviews", "Review.");
    let plain = || Options::default().cwd("/p");
    for (claim, fields) in [
        (plain(), json!({})),
        (plain().add_dirs(["/a", "/b"]), json!({"additional_directories": ["/a", "/b"]})),
        (
            plain().permission_mode(PermissionMode::AcceptEdits),
            json!({"permission_mode": "acceptEdits"}),
        ),
        (plain().title("T"), json!({"title": "T"})),
        (
            plain().agents([("r", agent)]),
            json!({"agents": {"r": {"description": "Reviews", "prompt": "Review."}}}),
        ),
        (plain().system_prompt("You."), json!({"system_prompt": ["You."]})),
        (plain().system_prompt_blocks(["a", "b"]), json!({"system_prompt": ["a", "b"]})),
        (plain().append_system_prompt("And."), json!({"append_system_prompt": "And."})),
        (
            plain().env("CLAUDE_CODE_HOST_SESSION_ID", "h"),
            json!({"env": {"CLAUDE_CODE_HOST_SESSION_ID": "h"}}),
        ),
    ] {
        let (launches, log) = (Launches::default(), Log::default());
        let spare = builder(spare_cli(&launches, &log, accept)).prewarm().await.unwrap();
        spare.claim(claim).await.unwrap().stop().await.unwrap();
        let mut expected =
            json!({"subtype": "claim_session", "cwd": "/p", "include_initialize": true});
        expected.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(requests(&log), [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_claim_cannot_set_is_refused_and_the_process_ends() {
    for (claim, field) in [
        (Options::default(), "cwd"),
        (Options::default().cwd("/p").max_turns(3), "claim"),
        (Options::default().cwd("/p").allowed_tools(["Bash"]), "claim"),
        (Options::default().cwd("/p").resume("6f1a3e52-0000-4000-8000-000000000001"), "claim"),
        (Options::default().cwd("/p").env_remove("A"), "env"),
        (Options::default().cwd("/p").system_prompt_file("f"), "system_prompt"),
    ] {
        let (launches, log) = (Launches::default(), Log::default());
        let spare = builder(spare_cli(&launches, &log, accept)).prewarm().await.unwrap();
        let error = spare.claim(claim).await.unwrap_err();
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
        assert_eq!(requests(&log), [Value::Null; 0], "nothing was sent");
        ended(&log).await;
    }
}

/// Waits until the last process has read the end of its input.
async fn ended(log: &Log) {
    while log.all().last().map(String::as_str) != Some("end of input") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn later_launches_have_the_options_of_the_claim_and_do_not_wait() {
    let (launches, log) = (Launches::default(), Log::default());
    let host = builder(spare_cli(&launches, &log, accept)).cwd("/parking");
    let spare = host.prewarm().await.unwrap();
    let claim = Options::default().cwd("/project").append_system_prompt("And.").title("T");
    let session = spare.claim(claim).await.unwrap();
    session.query("one").text().await.unwrap();
    // Another launch, for one query.
    session.query("two").max_turns(2).text().await.unwrap();
    session.query("three").text().await.unwrap();
    let fork = session.fork().unwrap();
    fork.query("four").text().await.unwrap();
    let cwds: Vec<_> = launches.all().into_iter().map(|launch| launch.cwd).collect();
    let in_project = || Some(PathBuf::from("/project"));
    assert_eq!(cwds, [Some("/parking".into()), in_project(), in_project(), in_project()]);
    for launch in 0..launches.len() {
        let args = launches.args(launch);
        assert_eq!(args.contains(&FLAG.into()), launch == 0, "{args:?}");
        assert!(args.iter().any(|arg| arg.contains("Read")), "{args:?}");
        let appended = args.iter().any(|arg| arg.contains("And."));
        assert_eq!(appended, launch > 0, "{args:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_claim_says_why_and_ends_the_process() {
    let (launches, log) = (Launches::default(), Log::default());
    let host = builder(spare_cli(&launches, &log, refuse));
    let spare = host.clone().prewarm().await.unwrap();
    let claim = Options::default().cwd("/project");
    let error = spare.claim(claim.clone()).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert!(refusal.error().starts_with("project_settings_not_claimable"), "{error}");
    ended(&log).await;
    let session = host.options(claim).start().unwrap();
    assert_eq!(session.query("hello").text().await.unwrap(), "hello");
    assert!(!launches.args(1).contains(&FLAG.into()));
}

#[tokio::test(start_paused = true)]
async fn process_that_ended_while_it_waited_is_started_again_for_the_claim() {
    let (launches, log) = (Launches::default(), Log::default());
    let (known, requested) = (launches.clone(), log.clone());
    let transport = cli(move |launch, mut cli| {
        let process = known.note(launch);
        let log = requested.clone();
        async move {
            if process == 0 {
                cli.handshake().await;
                return Exit::from_code(1);
            }
            serve(&mut cli, &log, accept).await
        }
    });
    let spare = builder(transport).prewarm().await.unwrap();
    let session = spare.claim(Options::default().cwd("/project")).await.unwrap();
    assert_eq!(session.query("hello").text().await.unwrap(), "hello");
    assert_eq!(launches.len(), 2);
    assert!(launches.args(1).contains(&FLAG.into()), "and claimed");
    assert_eq!(requests(&log).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn spare_that_is_dropped_or_stopped_ends_its_process() {
    for stop in [false, true] {
        let (launches, log) = (Launches::default(), Log::default());
        let spare = builder(spare_cli(&launches, &log, accept)).prewarm().await.unwrap();
        match stop {
            true => assert_eq!(spare.stop().await.unwrap(), Some(Exit::from_code(0))),
            false => drop(spare),
        }
        ended(&log).await;
        assert_eq!(requests(&log), [Value::Null; 0]);
        assert_eq!(launches.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn start_and_claim_have_time_limits() {
    let silent = cli(|_, mut cli| async move {
        cli.drain().await;
        Exit::from_code(0)
    });
    let limit = Duration::from_secs(3);
    let error = builder(silent).initialize_timeout(limit).prewarm().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");

    let log = Log::default();
    let ends = log.clone();
    let ready = cli(move |_, mut cli| {
        let log = ends.clone();
        async move {
            cli.handshake().await;
            cli.drain().await;
            log.push("end of input");
            Exit::from_code(0)
        }
    });
    let spare = builder(ready).control_timeout(limit).prewarm().await.unwrap();
    let error = spare.claim(Options::default().cwd("/p")).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    ended(&log).await;
}

#[tokio::test(start_paused = true)]
async fn dropped_claim_ends_the_process() {
    let log = Log::default();
    let ends = log.clone();
    let ready = cli(move |_, mut cli| {
        let log = ends.clone();
        async move {
            cli.handshake().await;
            cli.request("claim_session").await;
            log.push("claimed");
            cli.drain().await;
            log.push("end of input");
            Exit::from_code(0)
        }
    });
    let spare = builder(ready).prewarm().await.unwrap();
    let claim = tokio::spawn(spare.claim(Options::default().cwd("/p")));
    while log.len() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    claim.abort();
    ended(&log).await;
}

#[tokio::test(start_paused = true)]
async fn conversation_cannot_be_resumed_by_a_process_that_waits() {
    let id = "6f1a3e52-0000-4000-8000-000000000001";
    for (host, field) in [
        (Session::builder().resume(id), "resume"),
        (Session::builder().resume(id).fork_session(true), "resume"),
        (Session::builder().continue_conversation(true), "continue_conversation"),
    ] {
        let launches = Launches::default();
        let host = host.transport(spare_cli(&launches, &Log::default(), accept));
        let error = host.prewarm().await.unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
        assert_eq!(launches.len(), 0);
    }
}

/// An older CLI does not know the flag.
#[tokio::test(start_paused = true)]
async fn cli_without_the_flag_is_a_start_error() {
    let old = cli(|_, mut cli| async move {
        cli.complain("error: unknown option '--await-claim'\n").await;
        Exit::from_code(1)
    });
    let error = builder(old).prewarm().await.unwrap_err();
    assert!(error.is_process(), "{error}");
    assert!(error.stderr_tail().contains(FLAG), "{error}");
}

/// What is made at each launch is below the claim, as the options of the builder are.
#[tokio::test(start_paused = true)]
async fn a_claim_holds_over_what_is_made_at_each_launch() {
    for forks in [false, true] {
        let (launches, log) = (Launches::default(), Log::default());
        let count = Arc::new(AtomicUsize::new(0));
        let host = builder(spare_cli(&launches, &log, accept)).env("A", "builder").env("B", "b");
        let host = host.options_at_launch(move || {
            let count = count.fetch_add(1, Ordering::Relaxed);
            let made = Options::default().cwd("/made").append_system_prompt("Made.").max_turns(9);
            made.env("A", format!("made {count}")).api_key(format!("key-{count}"))
        });
        let spare = host.prewarm().await.unwrap();
        let claim = Options::default().cwd("/project").append_system_prompt("Claimed.");
        let session = spare.claim(claim.env("CLAUDE_CODE_HOST_SESSION_ID", "h")).await.unwrap();
        session.query("one").text().await.unwrap();
        let session = if forks { session.fork().unwrap() } else { session };
        session.query("two").max_turns(2).text().await.unwrap();
        let all = launches.all();
        let cwds: Vec<_> = all.iter().map(|launch| launch.cwd.clone().unwrap()).collect();
        assert_eq!(cwds, [PathBuf::from("/made"), PathBuf::from("/project")]);
        let prompts = [0, 1].map(|launch| launches.flag(launch, "--append-system-prompt").unwrap());
        assert_eq!(prompts, ["Made.", "Claimed."]);
        assert_eq!(launches.flag(1, "--max-turns").as_deref(), Some("2"));
        // It replaces the variables of the builder, and the claim adds its own.
        let variables = [0, 1].map(|launch| {
            let variables = all[launch].env.resolve([], None);
            ["A", "B", "CLAUDE_CODE_HOST_SESSION_ID", "ANTHROPIC_API_KEY"].map(|name| {
                let value = variables.get(std::ffi::OsStr::new(name));
                value.map(|value| value.to_str().unwrap().to_owned())
            })
        });
        let expected = |count, host: Option<&str>| {
            let (made, key) = (format!("made {count}"), format!("key-{count}"));
            [Some(made), None, host.map(str::to_owned), Some(key)]
        };
        assert_eq!(variables, [expected(0, None), expected(1, Some("h"))]);
    }
}

/// The CLI adds the variables of a claim to those that it has.
#[tokio::test(start_paused = true)]
async fn a_claim_adds_its_variables_to_those_of_the_builder() {
    let (launches, log) = (Launches::default(), Log::default());
    let host = builder(spare_cli(&launches, &log, accept)).env("A", "a");
    let host = host.env("CLAUDE_CODE_HOST_SESSION_ID", "parked");
    let claim = Options::default().cwd("/p").env("CLAUDE_CODE_HOST_SESSION_ID", "h");
    let session = host.prewarm().await.unwrap().claim(claim).await.unwrap();
    session.query("one").max_turns(2).text().await.unwrap();
    for (launch, host) in [(0, "parked"), (1, "h")] {
        let variables = launches.all()[launch].env.resolve([], None);
        let value = |name: &str| variables[std::ffi::OsStr::new(name)].clone();
        assert_eq!((value("A"), value("CLAUDE_CODE_HOST_SESSION_ID")), ("a".into(), host.into()));
    }
}

/// A query that has another mode goes back to that of the claim.
#[tokio::test(start_paused = true)]
async fn the_mode_of_a_claim_counts_over_one_that_was_made_at_the_launch() {
    for (made, claimed, asked, expected) in [
        (Some("acceptEdits"), Some("plan"), "plan", vec!["plan"]),
        (Some("acceptEdits"), Some("plan"), "default", vec!["plan", "default", "plan"]),
        (Some("acceptEdits"), None, "acceptEdits", vec![]),
        (Some("acceptEdits"), None, "plan", vec!["plan", "acceptEdits"]),
        (None, Some("plan"), "default", vec!["default", "plan"]),
    ] {
        let (launches, log) = (Launches::default(), Log::default());
        let host = builder(spare_cli(&launches, &log, accept));
        let host = match made {
            Some(mode) => host.options_at_launch(move || Options::default().permission_mode(mode)),
            None => host,
        };
        let claim = Options::default().cwd("/p");
        let claim = claimed.map_or(claim.clone(), |mode| claim.permission_mode(mode));
        let session = host.prewarm().await.unwrap().claim(claim).await.unwrap();
        session.query("one").permission_mode(asked).text().await.unwrap();
        session.query("two").text().await.unwrap();
        let modes = requests(&log).into_iter().filter(|request| request.get("mode").is_some());
        let modes: Vec<_> = modes.map(|request| request["mode"].clone()).collect();
        assert_eq!(modes, expected, "{made:?} {claimed:?} {asked}");
        assert_eq!(launches.len(), 1);
    }
}
