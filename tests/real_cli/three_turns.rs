//! Three turns in one process, which remembers the conversation.

use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ["First answer.", "Second answer.", "Third answer."].into_iter().zip(1..).fold(
        ApiScript::new(),
        |script, (answer, turn)| {
            script
                .when(When::prompt(format!("question {turn}")).turn(turn), [ApiReply::text(answer)])
        },
    );
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let mut processes = Vec::new();
    for (answer, turn) in ["First answer.", "Second answer.", "Third answer."].into_iter().zip(1..)
    {
        let result = session.query(format!("question {turn}")).final_result().await.unwrap();
        assert_eq!(result.result.as_deref(), Some(answer));
        assert_eq!(result.result_index, Some(turn - 1));
        assert_eq!(Some(result.session_id), session.session_id());
        processes.push(session.pid().unwrap());
    }
    assert!(processes.iter().all(|pid| *pid == processes[0]), "{processes:?}");
    assert!(finish(session, place).await.success());
}
