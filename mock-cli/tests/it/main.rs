//! The stand-in and the tool, run as the processes that users run.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../../../tests/it/support/captures.rs"]
mod captures;
mod support;

mod argv_forms;
#[cfg(feature = "lab")]
mod check;
mod conformance;
mod conformance_limits;
#[cfg(feature = "lab")]
mod drift;
mod hold;
mod install;
mod kept_files;
mod legacy_dialect;
mod mock_claude;
mod mock_claude_fault_runs;
mod mock_claude_faults;
mod mock_claude_journal;
mod mock_claude_launches;
mod mock_claude_modes;
mod mock_claude_records;
mod mock_claude_scenario;
mod official_sdks;
mod official_sdks_acp;
mod official_sdks_conformance;
mod official_sdks_faults;
mod official_sdks_history;
mod one_run;
mod one_scenario;
mod orphan_guard;
mod packages;
mod readme;
mod recorder_killed;
mod recording_limits;
mod run_reports;
#[cfg(feature = "lab")]
mod schema;
mod session_exclusive;
#[cfg(target_os = "linux")]
mod session_owners;
mod session_through_launcher;
mod session_through_mock;
mod shipped;
mod tool_accept;
mod tool_decode;
mod tool_doctor;
mod tool_help;
mod tool_import;
mod tool_lint;
mod tool_numbers;
mod tool_output;
mod tool_page;
#[cfg(unix)]
mod tool_page_browser;
#[cfg(unix)]
mod tool_page_waits;
mod tool_record;
mod tool_show;
#[cfg(unix)]
mod tool_terminal;
mod tool_verify;
mod tool_why;
