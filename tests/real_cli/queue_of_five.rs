//! Five prompts at once: five results, in order, none merged with another.

use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = (1..=5).fold(ApiScript::new(), |script, number| {
        let reply = ApiReply::text(format!("Answer {number}."));
        let reply = if number == 1 { reply.hold(2, "all five wait") } else { reply };
        script.when(When::prompt(format!("Question {number}")).turn(number), [reply])
    });
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let turns = (1..=5).map(|number| {
        let turn = session.query(format!("Question {number}"));
        tokio::spawn(turn.final_result())
    });
    let turns: Vec<_> = turns.collect();
    place.api().reached("all five wait").await;
    assert_eq!(session.queue_len(), 4);
    place.api().release("all five wait");
    for (turn, number) in turns.into_iter().zip(1..) {
        let result = turn.await.unwrap().unwrap();
        assert_eq!(result.result, Some(format!("Answer {number}.")));
        assert_eq!(result.result_index, Some(number - 1));
        assert_eq!(result.user_message_uuids.map(|uuids| uuids.len()), Some(1));
    }
    assert!(finish(session, place).await.success());
}
