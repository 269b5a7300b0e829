//! What a page says about time and money, in a browser: who waits for whom and how long, on the time
//! line and in the tables, and what a run cost. `.ci/run page` runs these tests.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording, Stream};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::browser::Browser;
use crate::tool_page::page;

/// Two turns, with the time in milliseconds at which each line crosses: `>` is the program.
fn conversation() -> Vec<(u64, char, Value)> {
    let user = |uuid: &str, text: &str| json!({"type": "user", "uuid": uuid, "message": {"role": "user", "content": text}});
    let said = |id: &str, block: Value| json!({"type": "assistant", "message": {"id": id, "role": "assistant", "content": [block]}});
    let result = |cost: f64, tokens: [u64; 2]| {
        let [input, output] = tokens;
        json!({
            "type": "result", "subtype": "success", "is_error": false, "result": "Done.", "total_cost_usd": cost,
            "usage": {"input_tokens": input, "output_tokens": output},
        })
    };
    let call = json!({"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}});
    let returned = json!({
        "type": "user",
        "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "a"}]},
    });
    let asks = json!({
        "type": "control_request", "request_id": "c1",
        "request": {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"}, "tool_use_id": "t1"},
    });
    let answer = |id: &str, with: Value| json!({"type": "control_response", "response": {"subtype": "success", "request_id": id, "response": with}});
    vec![
        (
            10,
            '>',
            json!({"type": "control_request", "request_id": "r1", "request": {"subtype": "initialize"}}),
        ),
        (30, '<', answer("r1", json!({}))),
        (40, '>', user("u1", "Look around")),
        (145, '<', said("msg_1", call)),
        (195, '<', asks),
        (395, '>', answer("c1", json!({"behavior": "allow"}))),
        (695, '<', returned),
        (700, '<', said("msg_2", json!({"type": "text", "text": "Done."}))),
        (710, '<', result(0.25, [1000, 50])),
        (800, '>', user("u2", "Thanks")),
        (900, '<', said("msg_3", json!({"type": "text", "text": "Done."}))),
        (910, '<', result(0.35, [2000, 7])),
    ]
}

/// The end of the recording.
const END: u64 = 1000;

fn opened() -> (Browser, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut header = Header::new();
    header.cli = Some("2.1.332".to_owned());
    let mut recording = Recording::new(header);
    let mut before = 0;
    for (at, from, line) in conversation() {
        let line = line.to_string();
        let line = line.as_str().into();
        let kind = if from == '>' { EventKind::In(line) } else { EventKind::Out(line) };
        recording.events.push(Event::new(1000 * (at - before), kind));
        before = at;
    }
    recording.events.push(Event::new(1000 * (950 - before), EventKind::Eof(Stream::In)));
    recording.events.push(Event::new(1000 * (END - 950), EventKind::Exit(RecordedExit::code(0))));
    let path = folder.path().join("run.jsonl");
    recording.save(&path).unwrap();
    let target = folder.path().join("page.html");
    page(&target, &[&path]);
    let mut browser = Browser::start();
    browser.open(&target, "");
    (browser, folder)
}

fn list<T: serde::de::DeserializeOwned>(browser: &mut Browser, expression: &str) -> Vec<T> {
    serde_json::from_value(browser.value(expression)).unwrap()
}

/// The names of the bands, and of each bar: the band that it is in, its kind, what a pointer over it
/// shows, and from when to when it goes, in milliseconds.
const BARS: &str = r"(() => {
  const names = [...document.querySelectorAll('.names li')];
  const chart = document.querySelector('.scroll > svg').getBoundingClientRect();
  const tops = names.map(name => name.getBoundingClientRect().top);
  return [...document.querySelectorAll('svg.bar')].map(bar => {
    const rect = bar.querySelector('rect'), box = rect.getBoundingClientRect();
    const middle = box.top + box.height / 2;
    const band = tops.findLastIndex(top => top <= middle);
    const ms = x => Math.round((x - chart.left) / chart.width / 0.96 * 1000);
    return [names[band].textContent, rect.classList[0], rect.querySelector('title').textContent, ms(box.left), ms(box.right)];
  });
})()";

#[test]
#[ignore = "needs chromium: .ci/run page"]
fn bars_show_who_waits_for_whom_and_how_long() {
    let (mut browser, _folder) = opened();
    let bars: Vec<(String, String, String, i64, i64)> = list(&mut browser, BARS);
    let expected = [
        ("program waits: turn", "span-turn", "turn 1: 670 ms", 40, 710),
        ("program waits: turn", "span-turn", "turn 2: 110 ms", 800, 910),
        ("program waits: request", "span-program-request", "initialize: 20 ms", 10, 30),
        ("CLI waits: request", "span-cli-request", "can_use_tool: 200 ms", 195, 395),
        ("tools", "span-tool", "Bash: 550 ms", 145, 695),
    ];
    assert_eq!(bars.len(), expected.len(), "{bars:?}");
    for (band, kind, says, from, to) in expected {
        let of = |bar: &&(String, String, String, i64, i64)| bar.2 == says;
        let bar = bars.iter().find(of).unwrap_or_else(|| panic!("{says}: {bars:?}"));
        assert_eq!((bar.0.as_str(), bar.1.as_str()), (band, kind), "{bar:?}");
        // A pixel is a millisecond or so.
        assert!((bar.3 - from).abs() <= 3 && (bar.4 - to).abs() <= 3, "{bar:?}: {from} to {to}");
    }
}

/// Each line of the wire is a tick in the band of who wrote it, in the order and at the time.
#[test]
#[ignore = "needs chromium: .ci/run page"]
fn both_directions_of_the_wire_are_on_the_time_line() {
    let (mut browser, _folder) = opened();
    let names: Vec<String> =
        list(&mut browser, "[...document.querySelectorAll('.names li')].map(it => it.textContent)");
    assert_eq!(names[..2], ["→ stdin", "← stdout"]);
    let ticks = r"(() => {
      const chart = document.querySelector('.scroll > svg').getBoundingClientRect();
      const tops = [...document.querySelectorAll('.names li')].map(name => name.getBoundingClientRect().top);
      return [...document.querySelectorAll('.scroll .tick')].map(tick => {
        const box = tick.getBoundingClientRect();
        const band = tops.findLastIndex(top => top <= box.top + box.height / 2);
        return [band, Math.round((box.left - chart.left) / chart.width / 0.96 * 1000)];
      });
    })()";
    let ticks: Vec<(usize, i64)> = list(&mut browser, ticks);
    for (band, side) in ['>', '<'].into_iter().enumerate() {
        let shown: Vec<i64> =
            ticks.iter().filter(|(of, _)| *of == band).map(|(_, at)| *at).collect();
        let crossed = conversation().into_iter().filter(|(_, from, _)| *from == side);
        let crossed: Vec<i64> = crossed.map(|(at, ..)| at as i64).collect();
        assert_eq!(shown.len(), crossed.len(), "{side}: {ticks:?}");
        let off = shown.iter().zip(&crossed).map(|(shown, at)| (shown - at).abs());
        assert!(off.max() <= Some(3), "{side}: {shown:?}, {crossed:?}");
    }
}

/// The cells of a table, without those of its head.
fn table(browser: &mut Browser, caption: &str) -> Vec<Vec<String>> {
    let rows = format!(
        "[...[...document.querySelectorAll('table')]\
         .find(table => table.caption.textContent == '{caption}').tBodies[0].rows]\
         .map(row => [...row.cells].map(cell => cell.textContent))"
    );
    list(browser, &rows)
}

#[test]
#[ignore = "needs chromium: .ci/run page"]
fn latencies_and_costs_are_in_tables() {
    let (mut browser, _folder) = opened();
    let head = |caption: &str| {
        format!(
            "[...[...document.querySelectorAll('table')]\
             .find(table => table.caption.textContent == '{caption}').tHead.rows[0].cells]\
             .map(cell => cell.textContent).join()"
        )
    };
    let of_turns = browser.text(&head("Turns"));
    let names = "Prompt,Begins,First reply,Took,Tools,Tokens in,Tokens out,Cost,Result";
    assert_eq!(of_turns, format!(",{names}"));
    assert_eq!(
        table(&mut browser, "Turns"),
        [
            [
                "1",
                "Look around",
                "0.040 s",
                "105 ms",
                "670 ms",
                "1",
                "1000",
                "50",
                "$0.2500",
                "result success"
            ],
            [
                "2",
                "Thanks",
                "0.800 s",
                "100 ms",
                "110 ms",
                "0",
                "2000",
                "7",
                "$0.1000",
                "result success"
            ],
        ]
    );
    assert_eq!(browser.text(&head("Who waits for what")), ",For,Count,Median,95 %,Longest");
    assert_eq!(
        table(&mut browser, "Who waits for what"),
        [
            ["program", "the result of a turn", "2", "110 ms", "110 ms", "670 ms"],
            ["CLI", "tool Bash", "1", "550 ms", "550 ms", "550 ms"],
            ["program", "the first reply of a turn", "2", "100 ms", "100 ms", "105 ms"],
            ["CLI", "can_use_tool", "1", "200 ms", "200 ms", "200 ms"],
            ["program", "initialize", "1", "20 ms", "20 ms", "20 ms"],
        ]
    );
    // What the whole run took and cost.
    let facts: Vec<(String, String)> = list(
        &mut browser,
        "[...document.querySelectorAll('.facts > div')]\
         .map(fact => [fact.querySelector('dt').textContent, fact.querySelector('dd').textContent])",
    );
    for (name, value) in
        [("from launch to end", "1.00 s"), ("turns", "2"), ("tool call", "1"), ("cost", "$0.3500")]
    {
        assert!(facts.contains(&(name.to_owned(), value.to_owned())), "{name}: {facts:?}");
    }
}
