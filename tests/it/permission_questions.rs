//! The tool `AskUserQuestion` is answered by allowing it.

use crate::support::ask::{answers, ask, yes};
use claude_wire::session::handlers::Answers;
use claude_wire::{Decision, Session};

const INPUT: &str = r#"{"questions":[{"question":"Which \"one\"?","header":"One","options":[{"label":"A","description":"the first"},{"label":"B","description":"the second"}],"multiSelect":false},{"question":"What else?","header":"Else","options":[],"multiSelect":true}], "answers":{"old":"gone"},"big":1e400}"#;

fn question(tool: &str) -> [String; 1] {
    [ask(
        "p",
        &format!(
            r#"{{"subtype":"can_use_tool","tool_name":"{tool}","input":{INPUT},"tool_use_id":"t1"}}"#
        ),
    )]
}

#[tokio::test(start_paused = true)]
async fn the_answers_go_with_the_input() {
    let builder = Session::builder().on_permission(|request| async move {
        let [one, more] = &request.questions()[..] else { panic!("{:?}", request.questions()) };
        assert_eq!(
            (&*one.header, one.multi_select, more.multi_select, more.options.len()),
            ("One", false, true, 0)
        );
        assert_eq!((&*one.options[1].label, &*one.options[1].description), ("B", "the second"));
        Answers::new()
            .answer(&one.question, &one.options[1].label)
            .answer(&more.question, "nothing")
            .notes(&more.question, "thanks")
            .decide(&request)
    });
    let (kept, _) = INPUT.split_once(r#", "answers""#).unwrap();
    let expected = format!(
        r#"{{"behavior":"allow","updatedInput":{kept},"big":1e400,"answers":{{"Which \"one\"?":"B","What else?":"nothing"}},"annotations":{{"What else?":{{"notes":"thanks"}}}}}},"toolUseID":"t1"}}"#
    );
    assert_eq!(answers(builder, &question("AskUserQuestion")).await, [yes("p", &expected)]);
}

#[tokio::test(start_paused = true)]
async fn another_tool_asks_nothing() {
    let builder = Session::builder().on_permission(|request| async move {
        assert!(request.questions().is_empty());
        Decision::allow()
    });
    let expected = format!(r#"{{"behavior":"allow","updatedInput":{INPUT},"toolUseID":"t1"}}"#);
    assert_eq!(answers(builder, &question("Bash")).await, [yes("p", &expected)]);
}
