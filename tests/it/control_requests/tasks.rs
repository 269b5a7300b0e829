//! `session.tasks()`.

use super::exchange::{acknowledged, refused, reply};

#[tokio::test(start_paused = true)]
async fn stop_names_a_task() {
    acknowledged("stop_task", r#"{"subtype":"stop_task","task_id":"b1"}"#, |session| {
        session.tasks().stop("b1")
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn background_takes_one_tool_call_or_all() {
    let sent = reply("background_tasks", r#"{"subtype":"background_tasks"}"#, |session| {
        session.tasks().background_all()
    })
    .await;
    assert_eq!(sent.backgrounded, None);
    let request = r#"{"subtype":"background_tasks","tool_use_id":"toolu_1"}"#;
    let sent =
        reply("background_tasks/one", request, |session| session.tasks().background("toolu_1"))
            .await;
    assert_eq!(sent.backgrounded, Some(false));
}

#[tokio::test(start_paused = true)]
async fn output_is_the_end_of_what_was_written() {
    let request = r#"{"subtype":"get_task_output","task_id":"b1"}"#;
    let output = reply("get_task_output", request, |session| session.tasks().output("b1")).await;
    assert_eq!((output.output.as_str(), output.total_bytes, output.truncated), ("out\n", 4, false));
    let error =
        refused("get_task_output/unknown", request, |session| session.tasks().output("b1")).await;
    assert_eq!(error.refusal().unwrap().code(), None);
}
