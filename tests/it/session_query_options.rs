//! The options of one query: applied at once, by a switch, or by another launch that resumes the
//! conversation.

use std::sync::{Arc, Mutex};

use crate::support::cli::{FakeCli, SESSION, cli};
use claude_wire::Session;
use claude_wire::session::control::Patch;
use claude_wire::session::options::Thinking;
use claude_wire::transport::Exit;
use serde_json::json;

async fn turn(cli: &mut FakeCli, text: &str) {
    let (uuid, _) = cli.prompt().await;
    cli.turn(&uuid, text).await;
}

#[tokio::test(start_paused = true)]
async fn the_model_is_switched_for_one_turn_and_back() {
    let transport = cli(|launch, mut cli| async move {
        assert!(launch.args.windows(2).any(|pair| pair == ["--model", "opus"]), "{launch:?}");
        cli.acknowledge("initialize").await;
        turn(&mut cli, "one").await;
        assert_eq!(
            cli.acknowledge("set_model").await,
            json!({"subtype": "set_model", "model": "haiku"})
        );
        turn(&mut cli, "two").await;
        assert_eq!(
            cli.acknowledge("set_model").await,
            json!({"subtype": "set_model", "model": "opus"})
        );
        turn(&mut cli, "three").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().model("opus").transport(transport).start().unwrap();
    assert_eq!(session.query("1").text().await.unwrap(), "one");
    assert_eq!(session.query("2").model("haiku").text().await.unwrap(), "two");
    assert_eq!(session.query("3").text().await.unwrap(), "three");
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test(start_paused = true)]
async fn the_current_setting_is_restored_and_not_the_option() {
    let transport = cli(|_, mut cli| async move {
        cli.acknowledge("initialize").await;
        assert_eq!(cli.acknowledge("set_model").await["model"], "sonnet");
        assert_eq!(cli.acknowledge("set_permission_mode").await["mode"], "plan");
        assert_eq!(
            cli.acknowledge("set_model").await["model"],
            "opus",
            "the current model differs from the option by now"
        );
        assert_eq!(cli.acknowledge("set_permission_mode").await["mode"], "acceptEdits");
        turn(&mut cli, "one").await;
        assert_eq!(cli.acknowledge("set_model").await["model"], "sonnet");
        assert_eq!(cli.acknowledge("set_permission_mode").await["mode"], "plan");
        turn(&mut cli, "two").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder()
        .model("opus")
        .permission_mode("default")
        .transport(transport)
        .start()
        .unwrap();
    session.set_model("sonnet").await.unwrap();
    session.set_permission_mode("plan").await.unwrap();
    assert_eq!(
        session.query("1").model("opus").permission_mode("acceptEdits").text().await.unwrap(),
        "one"
    );
    assert_eq!(
        session.query("2").model("sonnet").permission_mode("plan").text().await.unwrap(),
        "two"
    );
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test(start_paused = true)]
async fn a_launch_for_one_query_keeps_the_current_settings() {
    let launches = Arc::new(Mutex::new(0));
    let transport = cli(move |_, mut cli| {
        let launch = std::mem::replace(&mut *launches.lock().unwrap(), 1);
        async move {
            cli.acknowledge("initialize").await;
            assert_eq!(cli.acknowledge("set_model").await["model"], "sonnet", "launch {launch}");
            turn(&mut cli, "done").await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().model("opus").transport(transport).start().unwrap();
    session.set_model("sonnet").await.unwrap();
    for query in
        [session.query("1"), session.query("2").system_prompt("Be brief."), session.query("3")]
    {
        assert_eq!(query.text().await.unwrap(), "done");
    }
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test(start_paused = true)]
async fn a_prompt_is_verbatim_at_once() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        for marked in [false, true, false] {
            let line = cli.read().await.unwrap();
            assert_eq!(line.get("client_composed").is_some(), marked, "{line}");
            cli.turn(line["uuid"].as_str().unwrap(), "done").await;
        }
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    for query in
        [session.query("1"), session.query("/2").verbatim_prompts(true), session.query("3")]
    {
        assert_eq!(query.text().await.unwrap(), "done");
    }
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test(start_paused = true)]
async fn the_options_of_a_query_override_the_current_settings() {
    let launches = Arc::new(Mutex::new(0));
    let transport = cli(move |_, mut cli| {
        let launch = std::mem::replace(&mut *launches.lock().unwrap(), 1);
        async move {
            cli.acknowledge("initialize").await;
            if launch == 0 {
                cli.acknowledge("set_max_thinking_tokens").await;
                cli.acknowledge("apply_flag_settings").await;
            }
            let rest = json!({"subtype": "apply_flag_settings", "settings": {"c": 3}});
            assert!(
                launch == 0 || cli.acknowledge("apply_flag_settings").await == rest,
                "launch {launch}"
            );
            turn(&mut cli, "done").await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    session.set_max_thinking_tokens(2048, Patch::Keep).await.unwrap();
    let settings = session.settings().apply([
        ("a", Some(json!(1))),
        ("effortLevel", Some(json!("low"))),
        ("c", Some(json!(3))),
    ]);
    settings.await.unwrap();
    assert_eq!(session.query("1").text().await.unwrap(), "done");
    let query =
        session.query("2").thinking(Thinking::Disabled).effort("high").settings(json!({"a": 2}));
    assert_eq!(query.text().await.unwrap(), "done");
    assert!(session.stop().await.unwrap().unwrap().success());
}

#[tokio::test(start_paused = true)]
async fn skipping_permissions_is_a_switch_if_the_launch_allows_it() {
    let transport = cli(|launch, mut cli| async move {
        let bypasses = launch.args.iter().any(|arg| arg == "bypassPermissions");
        let may = launch.args.iter().any(|arg| arg == "--allow-dangerously-skip-permissions");
        cli.acknowledge("initialize").await;
        assert!(may || bypasses, "{launch:?}");
        assert_eq!(cli.acknowledge("set_permission_mode").await["mode"], "bypassPermissions");
        turn(&mut cli, if bypasses { "launched" } else { "switched" }).await;
        assert_eq!(cli.acknowledge("set_permission_mode").await["mode"], "default");
        cli.drain().await;
        Exit::from_code(0)
    });
    let builder = Session::builder().permission_mode("default").transport(transport);
    for (builder, how) in [
        (builder.clone().allow_dangerously_skip_permissions(true), "switched"),
        (builder, "launched"),
    ] {
        let session = builder.start().unwrap();
        assert_eq!(
            session.query("1").permission_mode("bypassPermissions").text().await.unwrap(),
            how
        );
        assert!(session.stop().await.unwrap().unwrap().success());
    }
}

#[tokio::test(start_paused = true)]
async fn launch_options_restart_the_cli_and_resume_the_conversation() {
    let launches = Arc::new(Mutex::new(Vec::new()));
    let seen = launches.clone();
    let transport = cli(move |launch, mut cli| {
        let args: Vec<_> =
            launch.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        seen.lock().unwrap().push(args);
        async move {
            cli.acknowledge("initialize").await;
            turn(&mut cli, "done").await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    for query in
        [session.query("1"), session.query("2").system_prompt("Be brief."), session.query("3")]
    {
        assert_eq!(query.text().await.unwrap(), "done");
    }
    session.stop().await.unwrap();
    let launches = launches.lock().unwrap();
    let resumes = &format!("--resume={SESSION}");
    let has = |index: usize, arg: &str| launches[index].iter().any(|other| other == arg);
    assert_eq!(launches.len(), 3);
    assert!(!has(0, resumes) && !has(0, "Be brief."), "{launches:?}");
    assert!(has(1, resumes) && has(1, "Be brief."), "{launches:?}");
    assert!(has(2, resumes) && !has(2, "Be brief."), "{launches:?}");
}

#[tokio::test(start_paused = true)]
async fn an_invalid_query_option_is_reported_before_anything_is_sent() {
    let transport = cli(|_, _| async { unreachable!("nothing is sent") });
    let session = Session::builder().transport(transport).start().unwrap();
    let error = session.query("1").max_turns(0).text().await.unwrap_err();
    assert!(error.is_option() && error.to_string().contains("max_turns"), "{error}");
    let session = Session::builder()
        .initialize_field("toolAliases", json!({"A": "C"}))
        .transport(crate::support::cli::echo())
        .start()
        .unwrap();
    let error = session.query("1").tool_aliases([("A", "B")]).text().await.unwrap_err();
    assert!(
        error.is_option() && error.to_string().contains("toolAliases"),
        "the field would be overwritten: {error}"
    );
    let error = session.query("1").resume(SESSION).text().await.unwrap_err();
    assert!(error.to_string().contains("`resume`"), "{error}");
}

/// Options that have no meaning for one query are rejected, never ignored: each by its name.
#[tokio::test(start_paused = true)]
async fn an_option_of_the_session_is_refused_for_one_query() {
    type Set = fn(claude_wire::Turn) -> claude_wire::Turn;
    const ID: &str = "6f1a3e52-0000-4000-8000-00000000000e";
    // With the options of the session each of them would be valid.
    let plain = Session::builder();
    let resumes = Session::builder().resume(SESSION);
    let forks = resumes.clone().fork_session(true);
    const SECOND: std::time::Duration = std::time::Duration::from_secs(1);
    let cases: [(&str, claude_wire::SessionBuilder, Set); 11] = [
        ("resume", plain.clone(), |turn| turn.resume(ID)),
        ("continue_conversation", plain.clone(), |turn| turn.continue_conversation(true)),
        ("continue_conversation", plain.clone(), |turn| turn.continue_conversation(false)),
        ("fork_session", resumes.clone(), |turn| turn.fork_session(true)),
        ("session_id", forks, |turn| turn.session_id(ID)),
        ("resume_session_at", resumes.clone(), |turn| turn.resume_session_at(ID)),
        ("resume_drops_turn", resumes.resume_session_at(ID), |turn| turn.resume_drops_turn(ID)),
        ("title", plain.clone(), |turn| turn.title("a title")),
        ("control_timeout", plain.clone(), |turn| turn.control_timeout(SECOND)),
        ("initialize_timeout", plain.clone(), |turn| turn.initialize_timeout(SECOND)),
        ("drain_timeout", plain, |turn| turn.drain_timeout(SECOND)),
    ];
    for (name, builder, set) in cases {
        let transport = cli(|_, _| async { unreachable!("nothing is sent") });
        let session = builder.transport(transport).start().unwrap();
        let error = set(session.query("go")).text().await.unwrap_err();
        let refused = error.option_error().unwrap_or_else(|| panic!("{name}: {error}"));
        assert_eq!(refused.field(), name, "{error}");
        assert!(error.to_string().contains("session"), "{error}");
        assert_eq!(session.state().launches, 0);
    }
}
