//! Independent writes may come in any order: the output is the same, and nothing diverges.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, control, recording, user};
use claude_wire::player::Script;
use proptest::prelude::*;

/// The events of a session: some requests of the CLI in one turn, some reading requests around it.
#[derive(Clone, Debug)]
struct Session {
    callbacks: usize,
    /// For each request of the host: whether it was recorded before, within or after the turn, and
    /// when it is sent live.
    reads: Vec<(u8, u8)>,
}

fn session() -> impl Strategy<Value = Session> {
    (0..5usize, prop::collection::vec((0..3u8, 0..3u8), 0..6))
        .prop_map(|(callbacks, reads)| Session { callbacks, reads })
}

fn read(number: usize, id: &str) -> String {
    control(id, &format!(r#"{{"subtype":"read_file","path":"{number}"}}"#))
}

fn answer(number: usize) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"c{number}","response":{{"n":{number}}}}}}}"#
    )
}

impl Session {
    fn events(&self) -> String {
        let mut events = Vec::new();
        let reads = |place, events: &mut Vec<String>| {
            for (number, _) in
                self.reads.iter().enumerate().filter(|(_, (recorded, _))| *recorded == place)
            {
                events
                    .push(format!(r#"{{"us":1,"in":{}}}"#, read(number, &format!("old{number}"))));
                events.push(format!(
                    r#"{{"us":1,"out":{{"type":"control_response","response":{{"subtype":"success","request_id":"old{number}"}}}}}}"#
                ));
            }
        };
        reads(0, &mut events);
        events.push(format!(r#"{{"us":1,"in":{}}}"#, user("Hi")));
        for number in 0..self.callbacks {
            let request = format!(
                r#"{{"type":"control_request","request_id":"c{number}","request":{{"subtype":"hook_callback"}}}}"#
            );
            events.push(format!(r#"{{"us":1,"out":{request}}}"#));
        }
        reads(1, &mut events);
        for number in 0..self.callbacks {
            events.push(format!(r#"{{"us":1,"in":{}}}"#, answer(number)));
            events.push(format!(r#"{{"us":1,"out":{{"type":"assistant","n":{number}}}}}"#));
        }
        events.push(r#"{"us":1,"out":{"type":"result"}}"#.to_owned());
        reads(2, &mut events);
        events.join("\n")
    }

    fn expected(&self) -> Vec<String> {
        let mut lines = vec![r#"{"type":"result"}"#.to_owned()];
        lines.extend(
            (0..self.callbacks).map(|number| format!(r#"{{"type":"assistant","n":{number}}}"#)),
        );
        lines.extend(
            (0..self.reads.len())
                .map(|number| format!(r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"new{number}"}}}}"#)),
        );
        lines.sort();
        lines
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn independent_writes_commute(session in session(), order in any::<prop::sample::Index>(), capacity in 1..200usize, seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let lines = runtime.block_on(async {
            let mut host = Host::with(Script::new(&recording(&session.events())), capacity);
            let live = |place: u8| session.reads.iter().enumerate().filter(move |(_, (_, live))| *live == place);
            for (number, _) in live(0) {
                host.write(read(number, &format!("new{number}"))).await;
            }
            host.write(user("Hi")).await;
            let mut lines = Vec::new();
            let mut asked = 0;
            while asked < session.callbacks {
                let line = host.line().await.unwrap();
                if line.contains("hook_callback") { asked += 1 } else { lines.push(line) }
            }
            let mut writes: Vec<String> = (0..session.callbacks).map(answer).collect();
            writes.extend(live(1).map(|(number, _)| read(number, &format!("new{number}"))));
            shuffle(&mut writes, seed, order);
            for write in writes {
                host.write(write).await;
            }
            for (number, _) in live(2) {
                host.write(read(number, &format!("new{number}"))).await;
            }
            let end = host.finish().await;
            lines.extend(end.out.lines().map(str::to_owned));
            lines
        });
        let assistants: Vec<_> = lines.iter().filter(|line| line.contains("assistant")).collect();
        prop_assert!(assistants.is_sorted(), "the turn keeps its order: {assistants:?}");
        let mut sorted = lines.clone();
        sorted.sort();
        prop_assert_eq!(sorted, session.expected());
    }

    #[test]
    fn no_host_makes_the_player_panic(lines in prop::collection::vec(line(), 0..12), events in prop::collection::vec(event(), 0..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut host = Host::of(&events.join("\n"));
            for line in lines {
                host.write(line).await;
            }
            host.eof();
            let end = host.end().await;
            assert!(end.exit.code == Some(70) || end.report.is_clean(), "{:?}: {}", end.exit, end.report);
        });
    }
}

fn shuffle(writes: &mut [String], seed: u64, order: prop::sample::Index) {
    for place in (1..writes.len()).rev() {
        let other =
            (seed.rotate_left(place as u32 * 7) as usize ^ order.index(1 << 16)) % (place + 1);
        writes.swap(place, other);
    }
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(user("a")),
        Just(user("b")),
        Just(r#"{"type":"user","uuid":"u1","message":{"role":"user","content":"a"}}"#.to_owned()),
        Just(control("r1", r#"{"subtype":"interrupt"}"#)),
        Just(control(
            "r1",
            r#"{"subtype":"initialize","hooks":{"Stop":[{"hookCallbackIds":["h"]}]}}"#
        )),
        Just(control("r2", r#"{"subtype":"get_usage"}"#)),
        Just(
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"c1"}}"#
                .to_owned()
        ),
        Just(r#"{"type":"control_cancel_request","request_id":"r1"}"#.to_owned()),
        Just("nonsense".to_owned()),
        "[ -~]{0,12}".prop_map(String::from),
    ]
}

fn event() -> impl Strategy<Value = String> {
    let out = prop_oneof![
        Just(r#"{"type":"system","subtype":"init","user_message_uuids":["u1"]}"#),
        Just(r#"{"type":"result"}"#),
        Just(
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1","response":{"still_queued":["u1"]}}}"#
        ),
        Just(r#"{"type":"control_response","response":{"subtype":"success","request_id":"r2"}}"#),
        Just(
            r#"{"type":"control_request","request_id":"c1","request":{"subtype":"hook_callback","callback_id":"h"}}"#
        ),
        Just(r#"{"type":"control_cancel_request","request_id":"c1"}"#),
        Just(r#"{"type":"command_lifecycle","command_uuid":"u1","state":"queued"}"#),
    ];
    prop_oneof![
        line()
            .prop_filter("JSON", |line| line.starts_with('{')
                && serde_json::from_str::<serde_json::Value>(line).is_ok())
            .prop_map(|line| format!(r#"{{"us":1,"in":{line}}}"#)),
        out.prop_map(|line| format!(r#"{{"us":1,"out":{line}}}"#)),
        Just(r#"{"us":1,"err":"oh"}"#.to_owned()),
        Just(r#"{"us":1,"eof":"out"}"#.to_owned()),
        Just(r#"{"us":1,"eof":"in"}"#.to_owned()),
        Just(r#"{"us":1,"exit":{"code":0}}"#.to_owned()),
    ]
}
