//! Tests of all inputs and all outputs.

use std::time::Duration;

use super::conversation::*;
use super::files::*;
use super::model::*;
use super::permission::*;
use super::session::*;
use super::stop::*;
use super::tool::*;
use super::*;
use crate::wire::RawJson;
use crate::wire::decode::{At, Decode, Sink};
use crate::wire::permission::{PermissionDestination, PermissionUpdate};

const BASE: &str = r#""session_id":"s","transcript_path":"/t","cwd":"/w","prompt_id":"p","permission_mode":"plan","effort":{"level":"low"}"#;

/// Each event with all fields that it declares, except those of every event.
const INPUTS: &[(&str, &str)] = &[
    (
        "PreToolUse",
        r#""tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t1","mcp_server":{"name":"m","source":"project"}"#,
    ),
    (
        "PostToolUse",
        r#""tool_name":"Bash","tool_input":{},"tool_response":{"stdout":"x"},"tool_use_id":"t1","duration_ms":1.5,"mcp_server":{"name":"m","source":"user"}"#,
    ),
    (
        "PostToolUseFailure",
        r#""tool_name":"Bash","tool_input":{},"tool_use_id":"t1","error":"no","is_interrupt":true,"duration_ms":2,"mcp_server":{"name":"m","source":"user"}"#,
    ),
    (
        "PostToolBatch",
        r#""tool_calls":[{"tool_name":"Bash","tool_input":{},"tool_use_id":"t1","tool_response":"x"}]"#,
    ),
    ("Notification", r#""message":"hello","title":"T","notification_type":"idle_prompt""#),
    ("UserPromptSubmit", r#""prompt":"go","source":"sdk","session_title":"T""#),
    (
        "UserPromptExpansion",
        r#""expansion_type":"slash_command","command_name":"loop","command_args":"5m","command_source":"user","prompt":"p""#,
    ),
    (
        "SessionStart",
        r#""source":"resume","agent_type":"main","model":"opus","session_title":"T","seconds_since_last_response":1.5,"context_tokens":10,"prompt_cache_likely_expired":true,"estimated_cache_write_usd":0.25"#,
    ),
    ("SessionEnd", r#""reason":"other""#),
    (
        "Stop",
        r#""stop_hook_active":true,"last_assistant_message":"done","background_tasks":[{"id":"b1","type":"shell","status":"running","description":"d","command":"c","agent_type":"a","server":"s","tool":"t","name":"n"}],"session_crons":[{"id":"c1","schedule":"* * * * *","recurring":true,"prompt":"p"}]"#,
    ),
    ("StopFailure", r#""error":"overloaded","error_details":"529","last_assistant_message":"m""#),
    ("SubagentStart", r#""agent_id":"a1","agent_type":"Explore""#),
    (
        "SubagentStop",
        r#""stop_hook_active":false,"agent_id":"a1","agent_transcript_path":"/a","agent_type":"Explore","last_assistant_message":"m","background_tasks":[],"session_crons":[]"#,
    ),
    ("PreCompact", r#""trigger":"manual","custom_instructions":"keep it""#),
    ("PostCompact", r#""trigger":"auto","compact_summary":"so far""#),
    (
        "PreModelSwitch",
        r#""from_model":"a","to_model":"b","requested_model":"opus","source":"picker","context_tokens":10,"prompt_cache_warm":true,"cache_ttl":"5m","estimated_cache_write_usd":0.5,"pricing":"catalog""#,
    ),
    (
        "PostModelSwitch",
        r#""from_model":"a","to_model":"b","requested_model":"opus","source":"auto","context_tokens":10,"prompt_cache_warm":true,"cache_ttl":"1h","estimated_cache_write_usd":0.5,"pricing":"default""#,
    ),
    (
        "PermissionRequest",
        r#""tool_name":"Bash","tool_input":{},"permission_suggestions":[{"type":"setMode","mode":"plan","destination":"session"}],"mcp_server":{"name":"m","source":"user"},"tool_kind":"mcp_skill","mcp_skill":{"name":"k","version":"v","uri":"u","server_description":"d"}"#,
    ),
    (
        "PermissionDenied",
        r#""tool_name":"Bash","tool_input":{},"tool_use_id":"t1","reason":"rule","mcp_server":{"name":"m","source":"user"}"#,
    ),
    ("Setup", r#""trigger":"maintenance""#),
    ("TeammateIdle", r#""teammate_name":"n","team_name":"t""#),
    (
        "TaskCreated",
        r#""task_id":"1","task_subject":"s","task_description":"d","teammate_name":"n","team_name":"t""#,
    ),
    (
        "TaskCompleted",
        r#""task_id":"1","task_subject":"s","task_description":"d","teammate_name":"n","team_name":"t""#,
    ),
    (
        "Elicitation",
        r#""mcp_server_name":"m","message":"who?","mode":"form","url":"https://x","elicitation_id":"e","requested_schema":{"type":"object"}"#,
    ),
    (
        "ElicitationResult",
        r#""mcp_server_name":"m","elicitation_id":"e","mode":"url","action":"accept","content":{"a":1}"#,
    ),
    ("ConfigChange", r#""source":"policy_settings","file_path":"/f""#),
    ("WorktreeCreate", r#""name":"n""#),
    ("WorktreeRemove", r#""worktree_path":"/w""#),
    (
        "InstructionsLoaded",
        r#""file_path":"/f","memory_type":"Project","load_reason":"include","globs":["*.rs"],"trigger_file_path":"/g","parent_file_path":"/h""#,
    ),
    ("CwdChanged", r#""old_cwd":"/a","new_cwd":"/b""#),
    ("FileChanged", r#""file_path":"/f","event":"unlink""#),
    ("DirectoryAdded", r#""directory":"/d","source":"register_repo_root""#),
    ("MessageDisplay", r#""turn_id":"t","message_id":"m","index":3,"final":true,"delta":"x""#),
    (
        "PreSkillShellCommand",
        r#""tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t:inner","command_name":"shelly","command_source":"projectSettings","invoked_by":"claude""#,
    ),
];

fn input(name: &str, fields: &str) -> RawJson {
    RawJson::parse(format!(r#"{{{BASE},"hook_event_name":"{name}",{fields}}}"#)).unwrap()
}

/// What the type has no field for, and what it could not read.
fn leftover<E: HookEvent + Decode>(raw: &RawJson) -> Vec<String> {
    let mut sink = Sink::auditing();
    E::decode(&mut raw.cursor().reader(), &At::Root, &mut sink).unwrap();
    let defects: Vec<_> = sink.defects.iter().map(ToString::to_string).collect();
    let base = [
        "session_id",
        "transcript_path",
        "cwd",
        "prompt_id",
        "permission_mode",
        "effort",
        "hook_event_name",
    ];
    defects
        .into_iter()
        .chain(sink.into_unmodelled().into_iter().filter(|path| !base.contains(&path.as_str())))
        .collect()
}

#[test]
fn every_field_of_every_event_has_a_place() {
    assert_eq!(INPUTS.len(), 34);
    macro_rules! check {
        ($($event:ident),*) => {
            for (name, fields) in INPUTS {
                let raw = input(name, fields);
                let leftover = match *name {
                    $(stringify!($event) => {
                        assert_eq!($event::NAME, *name);
                        leftover::<$event>(&raw)
                    })*
                    other => panic!("no type for {other}"),
                };
                assert_eq!(leftover, [""; 0], "{name}");
            }
        };
    }
    check!(
        PreToolUse,
        PreSkillShellCommand,
        PostToolUse,
        PostToolUseFailure,
        PostToolBatch,
        Notification,
        UserPromptSubmit,
        UserPromptExpansion,
        SessionStart,
        SessionEnd,
        Stop,
        StopFailure,
        SubagentStart,
        SubagentStop,
        PreCompact,
        PostCompact,
        PreModelSwitch,
        PostModelSwitch,
        PermissionRequest,
        PermissionDenied,
        Setup,
        TeammateIdle,
        TaskCreated,
        TaskCompleted,
        Elicitation,
        ElicitationResult,
        ConfigChange,
        WorktreeCreate,
        WorktreeRemove,
        InstructionsLoaded,
        CwdChanged,
        FileChanged,
        DirectoryAdded,
        MessageDisplay
    );
}

#[test]
fn every_word_of_the_samples_is_known() {
    for (name, fields) in INPUTS {
        let debug = format!("{:?}", HookInput::of(&input(name, fields)));
        // A value that is in the unknown variant of its enum; `other` of SessionEnd is a value of
        // the CLI.
        assert!(!debug.contains("Other("), "{name}: {debug}");
    }
}

#[test]
fn a_field_that_no_type_names_is_listed_whatever_its_name() {
    for (name, fields) in INPUTS {
        assert!(HookInput::of(&input(name, fields)).unmodelled().is_empty(), "{name}");
        // A message has some of these fields; an input has none of them.
        for extra in ["type", "uuid", "subtype", "anything"] {
            if fields.contains(&format!(r#""{extra}":"#)) {
                continue;
            }
            let input = input(name, &format!(r#""{extra}":"x",{fields}"#));
            assert_eq!(HookInput::of(&input).unmodelled(), [extra], "{name}");
        }
    }
}

#[test]
fn hook_inputs_know_all_names_and_keep_unknown_events() {
    let names: Vec<_> = HookEventName::ALL.iter().map(HookEventName::as_str).collect();
    assert_eq!(names, INPUTS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, fields) in INPUTS {
        let raw = input(name, fields);
        let event = HookInput::of(&raw);
        assert_eq!(event.name().as_str(), *name);
        assert!(!matches!(event, HookInput::Unknown(_)), "{name}");
        assert_eq!(event.raw(), &raw);
    }
    let future = input("CoffeeBreak", r#""minutes":5"#);
    let event = HookInput::of(&future);
    assert_eq!(event, HookInput::Unknown(future));
    assert_eq!(event.name().as_str(), "CoffeeBreak");
}

#[test]
fn common_fields_are_read_separately() {
    let base = HookBase::of(&input("Stop", r#""agent_id":"a","agent_type":"Explore""#));
    assert_eq!(
        (&*base.session_id, &*base.transcript_path, &*base.cwd, &*base.hook_event_name),
        ("s", "/t", "/w", "Stop")
    );
    assert_eq!(base.prompt_id.as_deref(), Some("p"));
    assert_eq!(base.permission_mode.unwrap().as_str(), "plan");
    assert_eq!(base.effort.unwrap().level, "low");
    assert_eq!(
        (base.agent_id.as_deref(), base.agent_type.as_deref()),
        (Some("a"), Some("Explore"))
    );
}

#[test]
fn a_broken_input_is_read_as_far_as_it_goes() {
    let event: PreToolUse =
        traits::decode(&RawJson::parse(r#"{"tool_name":"Bash","tool_use_id":7}"#).unwrap())
            .unwrap();
    assert_eq!((&*event.tool_name, &*event.tool_use_id), ("Bash", ""));
    assert!(event.tool_input.is_null());
}

fn json<E: HookData>(output: HookOutput<E>) -> String {
    RawJson::from_serialize(&output).unwrap().text().into_owned()
}

/// The answer with this event's own fields, as (event, fields).
fn specific<E: HookEvent>(output: E::Output) -> (&'static str, String) {
    let text = json(HookOutput::<E>::with(output));
    let start = format!(r#"{{"hookSpecificOutput":{{"hookEventName":"{}","#, E::NAME);
    let fields = text.strip_prefix(&start).and_then(|rest| rest.strip_suffix("}}"));
    (E::NAME, fields.unwrap_or_else(|| panic!("{text}")).to_owned())
}

#[test]
fn every_event_specific_field_is_written() {
    let raw = |text: &str| RawJson::parse(text.to_owned()).unwrap();
    let paths = || vec!["/a".to_owned()];
    let context = r#""additionalContext":"c""#;
    let with_context = [
        specific::<PostToolUseFailure>(PostToolUseFailureOutput::default().additional_context("c")),
        specific::<PostToolBatch>(PostToolBatchOutput::default().additional_context("c")),
        specific::<Notification>(NotificationOutput::default().additional_context("c")),
        specific::<Stop>(StopOutput::default().additional_context("c")),
        specific::<SubagentStart>(SubagentStartOutput::default().additional_context("c")),
        specific::<SubagentStop>(SubagentStopOutput::default().additional_context("c")),
        specific::<Setup>(SetupOutput::default().additional_context("c")),
        specific::<PostModelSwitch>(PostModelSwitchOutput::default().additional_context("c")),
    ];
    for (event, fields) in &with_context {
        assert_eq!(fields, context, "{event}");
    }
    let others = [
        (
            specific::<PreToolUse>(
                PreToolUseOutput::default()
                    .permission_decision("defer")
                    .permission_decision_reason("r")
                    .updated_input(raw(r#"{"a": 1}"#))
                    .additional_context("c")
                    .permission_display(PermissionDisplay::new("t", "d", "n")),
            ),
            r#""permissionDecision":"defer","permissionDecisionReason":"r","updatedInput":{"a": 1},"additionalContext":"c","permissionDisplay":{"title":"t","description":"d","displayName":"n"}"#,
        ),
        (
            specific::<PreSkillShellCommand>(
                PreSkillShellCommandOutput::default()
                    .permission_decision("deny")
                    .permission_decision_reason("r")
                    .updated_input(raw("{}")),
            ),
            r#""permissionDecision":"deny","permissionDecisionReason":"r","updatedInput":{}"#,
        ),
        (
            specific::<PostToolUse>(
                PostToolUseOutput::default()
                    .additional_context("c")
                    .classifier_context("k")
                    .updated_tool_output(raw("[1]"))
                    .updated_mcp_tool_output(raw("\"\\ud83d\"")),
            ),
            r#""additionalContext":"c","classifierContext":"k","updatedToolOutput":[1],"updatedMCPToolOutput":"\ud83d""#,
        ),
        (
            specific::<UserPromptSubmit>(
                UserPromptSubmitOutput::default()
                    .additional_context("c")
                    .session_title("t")
                    .suppress_original_prompt(true),
            ),
            r#""additionalContext":"c","sessionTitle":"t","suppressOriginalPrompt":true"#,
        ),
        (
            specific::<UserPromptExpansion>(
                UserPromptExpansionOutput::default()
                    .additional_context("c")
                    .suppress_original_prompt(false),
            ),
            r#""additionalContext":"c","suppressOriginalPrompt":false"#,
        ),
        (
            specific::<SessionStart>(
                SessionStartOutput::default()
                    .additional_context("c")
                    .initial_user_message("m")
                    .session_title("t")
                    .watch_paths(paths())
                    .reload_skills(true),
            ),
            r#""additionalContext":"c","initialUserMessage":"m","sessionTitle":"t","watchPaths":["/a"],"reloadSkills":true"#,
        ),
        (
            specific::<PreModelSwitch>(
                PreModelSwitchOutput::default()
                    .permission_decision(PermissionDecision::Ask)
                    .permission_decision_reason("r"),
            ),
            r#""permissionDecision":"ask","permissionDecisionReason":"r""#,
        ),
        (specific::<PermissionRequest>(Decides::of_allow()), r#""decision":{"behavior":"allow"}"#),
        (
            specific::<PermissionRequest>(PermissionRequestOutput::Allow {
                input: Some(raw("{}")),
                updates: vec![PermissionUpdate::SetMode {
                    mode: "plan".into(),
                    destination: PermissionDestination::Session,
                }],
            }),
            r#""decision":{"behavior":"allow","updatedInput":{},"updatedPermissions":[{"type":"setMode","mode":"plan","destination":"session"}]}"#,
        ),
        (
            specific::<PermissionRequest>(PermissionRequestOutput::Deny {
                message: Some("m".into()),
                interrupt: true,
            }),
            r#""decision":{"behavior":"deny","message":"m","interrupt":true}"#,
        ),
        (
            specific::<PermissionDenied>(PermissionDeniedOutput::default().retry(true)),
            r#""retry":true"#,
        ),
        (
            specific::<Elicitation>(
                ElicitationOutput::default().action("accept").content(raw(r#"{"a":1}"#)),
            ),
            r#""action":"accept","content":{"a":1}"#,
        ),
        (
            specific::<ElicitationResult>(
                ElicitationResultOutput::default().action("cancel").content(raw("{}")),
            ),
            r#""action":"cancel","content":{}"#,
        ),
        (specific::<WorktreeCreate>(WorktreeCreateOutput::new("/w")), r#""worktreePath":"/w""#),
        (
            specific::<CwdChanged>(CwdChangedOutput::default().watch_paths(paths())),
            r#""watchPaths":["/a"]"#,
        ),
        (
            specific::<FileChanged>(FileChangedOutput::default().watch_paths(paths())),
            r#""watchPaths":["/a"]"#,
        ),
        (
            specific::<MessageDisplay>(MessageDisplayOutput::default().display_content("d")),
            r#""displayContent":"d""#,
        ),
    ];
    for ((event, fields), expected) in &others {
        assert_eq!(fields, expected, "{event}");
    }
    let mut events: Vec<_> = with_context
        .iter()
        .chain(others.iter().map(|(own, _)| own))
        .map(|(event, _)| *event)
        .collect();
    events.dedup();
    assert_eq!(events.len(), 23, "the CLI declares a separate answer for 23 events");
}

#[test]
fn common_output_fields_are_written() {
    assert_eq!(json(HookOutput::<Stop>::new()), "{}");
    assert_eq!(
        json(HookOutput::<SessionEnd>::stop("enough")),
        r#"{"continue":false,"stopReason":"enough"}"#
    );
    let all = HookOutput::<PreCompact>::block("b")
        .continues(true)
        .suppress_output()
        .system_message("m")
        .terminal_sequence("\u{7}")
        .decision(HookDecision::Approve);
    assert_eq!(
        json(all),
        r#"{"continue":true,"suppressOutput":true,"decision":"approve","systemMessage":"m","terminalSequence":"\u0007","reason":"b"}"#
    );
    assert_eq!(json(HookOutput::<Stop>::background(None)), r#"{"async":true}"#);
    let later = HookOutput::<Stop>::background(Some(Duration::from_millis(1500)))
        .system_message("not with this one");
    assert_eq!(json(later), r#"{"async":true,"asyncTimeout":1500}"#);
}

#[test]
fn short_cuts_set_the_part_of_the_event() {
    assert_eq!(
        json(HookOutput::<UserPromptSubmit>::context("c")),
        r#"{"hookSpecificOutput":{"hookEventName":"UserPromptSubmit","additionalContext":"c"}}"#
    );
    assert_eq!(
        json(HookOutput::<PreToolUse>::allow()),
        r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow"}}"#
    );
    assert_eq!(
        json(HookOutput::<PreModelSwitch>::deny("r")),
        r#"{"hookSpecificOutput":{"hookEventName":"PreModelSwitch","permissionDecision":"deny","permissionDecisionReason":"r"}}"#
    );
    assert_eq!(
        json(HookOutput::<PermissionRequest>::deny("r")),
        r#"{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"deny","message":"r"}}}"#
    );
    let own = RawJson::parse(r#"{"hookEventName":"CoffeeBreak","sugar":2}"#).unwrap();
    assert_eq!(
        json(HookOutput::<HookInput>::with(own)),
        r#"{"hookSpecificOutput":{"hookEventName":"CoffeeBreak","sugar":2}}"#
    );
}
