//! Past sessions are searched on disk.

use claude_wire::history::{Page, SearchHit};
use serde_json::json;

use crate::history_support::{Config, age, id, reply, text, user, with};

#[test]
fn a_search_finds_messages_of_all_sessions() {
    let config = Config::new();
    let directory = config.directory("w");
    let tool = json!([{"type": "tool_result", "tool_use_id": "t", "content": "needle"}]);
    for n in 1..=3 {
        let lines = [
            user(1, None, json!("Find the \"N\u{e9}edle\", or a needle")),
            reply(2, 1, "m", text("Nothing here.")),
            user(3, Some(2), tool.clone()),
            reply(4, 3, "m2", text("A NEEDLE.")),
        ];
        config.write(&directory, n, &lines);
    }
    let history = config.history();
    let find = |text: &str, page| {
        let results = history.search_sessions(text, page).unwrap();
        assert!(results.skipped.is_empty());
        let short = |hit: SearchHit| {
            (hit.session.last_modified / 1000 % 10, hit.message.uuid[35..].to_owned(), hit.excerpt)
        };
        results.into_iter().map(short).collect::<Vec<_>>()
    };
    let whole = "Find the \"N\u{e9}edle\", or a needle".to_owned();
    let all: Vec<_> = [3, 2, 1]
        .into_iter()
        .flat_map(|n| [(n, "1".to_owned(), whole.clone()), (n, "4".into(), "A NEEDLE.".into())])
        .collect();
    assert_eq!(find("needle", Page::all()), all);
    assert_eq!(find("Needle", Page { offset: 1, limit: Some(2) }), all[1..3]);
    assert_eq!(find("\"N\u{c9}EDLE\"", Page::first(1)), all[..1]);
    assert_eq!(find("no such", Page::all()), []);
    for empty in ["", " "] {
        assert!(history.search_sessions(empty, Page::all()).unwrap_err().is_invalid_value());
    }
}

/// Not one that was written later under the same id, and that no list shows.
#[test]
fn a_search_reads_the_transcripts_of_the_list() {
    let config = Config::new();
    let lines = |prompt: &str| [user(1, None, json!(prompt)), reply(2, 1, "m", text("needle"))];
    config.write(&config.directory("v"), 1, &lines("listed"));
    let side = lines("not listed").map(|line| with(line, &[("isSidechain", json!(true))]));
    let later = config.write(&config.directory("w"), 1, &side);
    age(&later, 2);
    let found = config.history().search_sessions("needle", Page::all()).unwrap();
    let hits: Vec<_> = found.hits.iter().map(|hit| &*hit.session.summary).collect();
    assert_eq!((hits, found.skipped.len()), (vec!["listed"], 0));
}

#[test]
fn a_search_ignores_the_case_of_all_letters() {
    let config = Config::new();
    let directory = config.directory("w");
    for (n, text) in (1..).zip(["\u{39f}\u{394}\u{39f}\u{3a3} 1", "Stra\u{df}e", "I\u{307}"]) {
        config.write(&directory, n, &[user(1, None, json!(text))]);
    }
    for (wanted, expected) in [
        ("\u{39f}\u{394}\u{39f}\u{3a3}", 1),
        ("\u{3bf}\u{3b4}\u{3bf}\u{3c2}", 1),
        ("\u{3bf}\u{3b4}\u{3bf}\u{3c3}", 1),
        ("STRASSE", 2),
        ("stra\u{1e9e}e", 2),
        ("\u{130}", 3),
    ] {
        let found = config.history().search_sessions(wanted, Page::all()).unwrap();
        let hits: Vec<_> = found.hits.iter().map(|hit| hit.session.session_id.clone()).collect();
        assert_eq!(hits, [id(expected)], "{wanted}");
    }
}
