//! The real CLI in the loop: how a session works with it, one behaviour per file.
//!
//! Runs if `CLAUDE_WIRE_REAL_CLI` names a CLI, inside a network namespace with only loopback;
//! otherwise it reports that nothing ran.
#![allow(clippy::unwrap_used, reason = "tests")]

#[cfg(feature = "lab")]
mod harness;
#[cfg(feature = "lab")]
mod support;

/// Each name is a file with one test, `run`.
#[cfg(feature = "lab")]
macro_rules! tests {
    ($($(#[$condition:meta])* $name:ident),* $(,)?) => {
        $($(#[$condition])* mod $name;)*

        #[allow(clippy::vec_init_then_push, reason = "some depend on a feature")]
        fn trials() -> Vec<libtest_mimic::Trial> {
            let mut trials = Vec::new();
            $($(#[$condition])* trials.push(harness::trial(stringify!($name), $name::run));)*
            trials
        }
    };
}

#[cfg(feature = "lab")]
tests![
    api_error_401,
    api_error_429_then_success,
    api_error_529_until_give_up,
    background_sub_agent,
    bad_flag,
    clear,
    control_requests,
    control_requests_at_work,
    dropped_turn,
    every_option,
    fork,
    front_door,
    #[cfg(unix)]
    held_turn,
    hooks,
    hooks_every_event,
    hooks_failed_guard,
    hooks_out_of_time,
    hooks_typed,
    image_prompt,
    initial_prompt,
    in_process_tool,
    #[cfg(feature = "mcp")]
    in_process_tool_added,
    #[cfg(feature = "mcp")]
    in_process_tool_after_a_kill,
    #[cfg(feature = "mcp")]
    in_process_tool_cancelled,
    #[cfg(feature = "mcp")]
    in_process_tool_of_rmcp,
    #[cfg(feature = "mcp")]
    in_process_tool_sent_ahead,
    interrupt_mid_stream,
    interrupt_mid_tool,
    #[cfg(target_os = "linux")]
    killed_host,
    killed_resumed_cleared,
    large_answer,
    leases,
    max_budget,
    max_turns,
    mid_stream_drop,
    missing_key,
    no_reply_in_the_script,
    one_shot,
    option_fields,
    option_forms,
    options_of_one_query,
    partial_messages,
    past_sessions,
    permission_allow,
    permission_always,
    permission_changed_input,
    permission_confirmed,
    permission_deny,
    permission_deny_interrupt,
    permission_without_handler,
    #[cfg(feature = "mcp")]
    prewarm,
    #[cfg(feature = "mcp")]
    program_with_two_launches,
    prompt_fields,
    questions_to_the_user,
    queue_of_five,
    recorded_then_replayed,
    recorded_through_the_stand_in,
    reinitialize,
    resume_after_sigkill,
    resume_from_a_store,
    resume_with_another_system_prompt,
    sandbox,
    server_policies,
    session_mirror,
    set_model,
    set_permission_mode,
    settings_after_a_kill,
    settings_layers,
    sigterm,
    slash_command,
    spending,
    steer,
    stdin_eof_mid_turn,
    stop_mid_turn,
    structured_output,
    #[cfg(feature = "schemars")]
    structured_type,
    system_prompt_blocks,
    three_turns,
    tool_allowed,
    trace_context,
];

#[cfg(feature = "lab")]
fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    killed_host::be_killed();
    harness::main(trials())
}

#[cfg(not(feature = "lab"))]
fn main() {
    eprintln!(
        "real_cli: SKIPPED, nothing ran: it needs `--features lab`, and CLAUDE_WIRE_REAL_CLI to name a real CLI"
    );
}
