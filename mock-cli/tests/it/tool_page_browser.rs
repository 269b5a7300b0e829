//! The page of `claude-wire show --html` in a browser: what a click does, and that nothing of a
//! recording runs. `.ci/run page` runs these tests.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::recording::Recording;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::browser::Browser;
use crate::support::corpus;
use crate::tool_page::{ATTACKS, done, hostile, page, tool};

/// A browser with the page of these recordings.
struct Opened {
    browser: Browser,
    page: PathBuf,
    _folder: TempDir,
}

fn opened(names: &[&str]) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("page.html");
    let paths: Vec<_> = names.iter().map(|name| corpus(name)).collect();
    page(&target, &paths.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    let mut browser = Browser::start();
    browser.open(&target, "");
    Opened { browser, page: target, _folder: folder }
}

const SEARCH: &str = "document.getElementById('search')";
/// The rows that are seen, by their ids.
const SEEN: &str = "[...document.querySelectorAll('.row')].filter(row => row.checkVisibility()).map(row => row.id)";

impl Opened {
    fn seen(&mut self) -> Vec<String> {
        serde_json::from_value(self.browser.value(SEEN)).unwrap()
    }

    /// The rows that are seen with this text in the search field, and what the page says of them.
    fn found(&mut self, wanted: &str) -> (Vec<String>, String) {
        self.browser.type_into(SEARCH, wanted);
        (self.seen(), self.browser.text("document.getElementById('found').textContent"))
    }
}

/// An element of a row.
fn of_row(row: &str, selector: &str) -> String {
    format!("document.querySelector('#{row} {selector}')")
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "needs chromium: .ci/run page"]
fn a_search_leaves_the_lines_that_have_the_text() {
    let mut opened = opened(&["sub-agent.jsonl"]);
    let recorded = lines(&corpus("sub-agent.jsonl"));
    let all = opened.seen();
    assert_eq!(all.len(), recorded.len() - 2, "an event each, without header and end");
    assert_eq!(opened.found(""), (all.clone(), "26 lines".to_owned()));
    // What the lines show, in any case; and what is in the raw line only.
    for wanted in ["Nothing to see", "nothing TO see", "\"uuid\":", "command_lifecycle", "msg_2"] {
        let (seen, says) = opened.found(wanted);
        let has = |line: &&String| line.to_lowercase().contains(&wanted.to_lowercase());
        let expected = recorded[1..=all.len()].iter().filter(has).count();
        assert!(expected > 0 && expected < all.len(), "{wanted}: {expected}");
        assert_eq!(seen.len(), expected, "{wanted}: {seen:?}");
        assert_eq!(says, format!("{expected} of 26 lines"), "{wanted}");
        for row in seen {
            let index: usize = row.rsplit('-').next().unwrap().parse().unwrap();
            assert!(has(&&recorded[index + 1]), "{wanted}: {row}");
        }
    }
    assert_eq!(opened.found("not in it"), (vec![], "0 of 26 lines".to_owned()));
    assert_eq!(opened.found(""), (all, "26 lines".to_owned()));
}

#[test]
#[ignore = "needs chromium: .ci/run page"]
fn kinds_of_lines_are_left_out_and_come_back() {
    let mut opened = opened(&["sub-agent.jsonl"]);
    let all = opened.seen();
    for kind in ["talk", "tools", "control", "status"] {
        let switch = format!("document.querySelector('[data-kind={kind}][type=checkbox]')");
        let of_kind = format!("document.querySelectorAll('.row[data-kind={kind}]').length");
        let of_kind = opened.browser.number(&of_kind) as usize;
        opened.browser.click(&switch);
        let left = opened.seen();
        assert!(of_kind > 0 && left.len() == all.len() - of_kind, "{kind}: {left:?}");
        opened.browser.click(&switch);
        assert_eq!(opened.seen(), all, "{kind}");
    }
}

/// Pieces of a streamed reply are left out at first where there are many.
#[test]
#[ignore = "needs chromium: .ci/run page"]
fn many_streamed_pieces_are_shown_when_they_are_asked_for() {
    let mut opened = opened(&["../../tests/official/recordings/python-agent-partial.jsonl"]);
    let before = opened.seen().len();
    let pieces = "document.querySelectorAll('.row[data-kind=delta]').length";
    let pieces = opened.browser.number(pieces) as usize;
    assert!(pieces > 40, "{pieces}");
    opened.browser.click("document.querySelector('[data-kind=delta][type=checkbox]')");
    assert_eq!(opened.seen().len(), before + pieces);
}

#[test]
#[ignore = "needs chromium: .ci/run page"]
fn a_click_shows_the_raw_line_and_another_hides_it() {
    let mut opened = opened(&["permission-allow.jsonl"]);
    let recorded = lines(&corpus("permission-allow.jsonl"));
    for row in opened.seen() {
        let index: usize = row.rsplit('-').next().unwrap().parse().unwrap();
        let raw = of_row(&row, ".raw");
        let seen = format!("{raw}.checkVisibility()");
        assert_eq!(opened.browser.text(&format!("{raw}.textContent")), "", "{row}");
        assert_eq!(opened.browser.value(&seen), false, "{row}");
        opened.browser.click(&of_row(&row, ".at"));
        opened.browser.settle();
        assert_eq!(opened.browser.value(&seen), true, "{row}");
        let shown = opened.browser.text(&format!("{raw}.textContent"));
        assert!(shown.starts_with("{\n  \"us\": "), "{shown}");
        let [shown, line] =
            [&shown, &recorded[index + 1]].map(|json| serde_json::from_str::<Value>(json).unwrap());
        assert_eq!(shown, line, "{row}");
        opened.browser.click(&of_row(&row, ".at"));
        assert_eq!(opened.browser.value(&seen), false, "{row}");
    }
}

/// Numbers, escapes and repeated keys are as they were recorded: only space is added.
#[test]
#[ignore = "needs chromium: .ci/run page"]
fn a_raw_line_is_shown_as_it_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        r#"{"type":"x","n":12345678901234567890.0,"n":1e2,"e":{},"a":[],"t":"\u00e9\"{,:[\\"}"#;
    let recording = crate::tool_show::recording(&[&format!("<{line}")]);
    let path = folder.path().join("one.jsonl");
    recording.save(&path).unwrap();
    page(&folder.path().join("page.html"), &[&path]);
    let mut browser = Browser::start();
    browser.open(&folder.path().join("page.html"), "");
    browser.click("document.querySelector('.row .at')");
    browser.settle();
    let shown = browser.text("document.querySelector('.raw').textContent");
    // No string of this line has a space.
    let shown: String = shown.split(['\n', ' ']).collect();
    assert!(lines(&path).contains(&shown), "{shown}");
    assert!(shown.contains(line), "{shown}");
}

#[test]
#[ignore = "needs chromium: .ci/run page"]
fn a_link_goes_to_the_answer_even_if_it_is_filtered_out() {
    let mut opened = opened(&["permission-allow.jsonl"]);
    // The last request, and its answer.
    let link = "[...document.querySelectorAll('.row.is-request a.pair')].at(-1)";
    let row = opened.browser.text(&format!("{link}.closest('.row').id"));
    let answer = opened.browser.text(&format!("{link}.getAttribute('href').slice(1)"));
    assert_ne!(row, answer);
    assert_eq!(opened.found("\"subtype\":\"can_use_tool\"").0, std::slice::from_ref(&row));
    opened.browser.click(&of_row(&row, "a.pair"));
    opened.browser.settle();
    assert_eq!(opened.seen(), [row.clone(), answer.clone()]);
    let target = opened.browser.text("document.querySelector(':target').id");
    assert_eq!(target, answer);
    // So does an address that someone was sent.
    let page = opened.page.clone();
    opened.browser.open(&page, &format!("#{answer}"));
    let top = format!("document.getElementById('{answer}').getBoundingClientRect().top");
    let top = opened.browser.number(&top);
    assert!(top > 0.0 && top < opened.browser.number("innerHeight"), "{top}");
    // Under the pointer, a line shows what it belongs to.
    let marked = "[...document.querySelectorAll('.partner')].map(row => row.id).join()";
    opened.browser.point_at("document.querySelector('h1')");
    assert_eq!(opened.browser.text(marked), "");
    opened.browser.point_at(&of_row(&row, ".at"));
    assert_eq!(opened.browser.text(marked), answer);
}

#[test]
#[ignore = "needs chromium: .ci/run page"]
fn the_time_line_grows_and_spreads() {
    let mut opened = opened(&["sub-agent.jsonl"]);
    let width = "document.querySelector('.scroll > svg').getBoundingClientRect().width";
    let ticks = "[...document.querySelectorAll('.scroll .tick')].map(tick => tick.getBoundingClientRect().x)";
    let before = opened.browser.number(width);
    opened.browser.click("document.querySelector('[data-zoom=\"2\"]')");
    assert_eq!(opened.browser.number(width), 2.0 * before);
    opened.browser.click("document.querySelector('[data-zoom=\"0.5\"]')");
    assert_eq!(opened.browser.number(width), before);
    let distinct = |browser: &mut Browser| {
        let places: Vec<f64> = serde_json::from_value(browser.value(ticks)).unwrap();
        let mut places: Vec<_> = places.iter().map(|place| place.round() as i64).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    };
    let by_time = distinct(&mut opened.browser);
    opened.browser.click("document.querySelector('[data-even]')");
    let even = distinct(&mut opened.browser);
    assert!(even > by_time, "lines at one time are apart: {even}, {by_time}");
    opened.browser.click("document.querySelector('[data-even]')");
    assert_eq!(distinct(&mut opened.browser), by_time);
    // Each sub-agent has its lane.
    let lanes = "[...document.querySelectorAll('.names li')].map(name => name.textContent).join()";
    assert!(opened.browser.text(lanes).contains("look around"));
}

#[test]
#[ignore = "needs chromium: .ci/run page"]
fn a_button_saves_the_recording_to_the_byte() {
    let mut opened = opened(&["three-turns.jsonl", "sub-agent.jsonl"]);
    for (number, name) in [(2, "sub-agent.jsonl"), (1, "three-turns.jsonl")] {
        let saved =
            opened.browser.saved_by(&format!("document.querySelector('[data-save=\"{number}\"]')"));
        assert_eq!(fs::read(saved).unwrap(), fs::read(corpus(name)).unwrap(), "{name}");
    }
    assert_eq!(opened.browser.complaints(), [""; 0]);
    let out = opened.page.with_extension("out");
    done(&tool(&["extract", "-o", out.to_str().unwrap()], &[&opened.page]));
    for name in ["three-turns.jsonl", "sub-agent.jsonl"] {
        assert_eq!(fs::read(out.join(name)).unwrap(), fs::read(corpus(name)).unwrap(), "{name}");
    }
}

/// Two folders of two launches each, of which one is in both.
#[test]
#[ignore = "needs chromium: .ci/run page"]
fn two_runs_are_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for (name, of) in [
        ("before/1.jsonl", "permission-allow.jsonl"),
        ("before/2.jsonl", "one-shot.jsonl"),
        ("after/1.jsonl", "permission-deny.jsonl"),
    ] {
        fs::create_dir_all(place(name).parent().unwrap()).unwrap();
        fs::copy(corpus(of), place(name)).unwrap();
    }
    let (target, after) = (place("page.html"), place("after"));
    let args = ["show", "--html", target.to_str().unwrap(), "--next-to", after.to_str().unwrap()];
    done(&tool(&args, &[&place("before")]));
    let mut browser = Browser::start();
    browser.open(&target, "");

    assert_eq!(browser.text("document.querySelector('h1').textContent"), "before ↔ after");
    // The same question on both sides, at the same height; the answers differ, and are marked.
    let at = |row: &str, what: &str| {
        format!("document.querySelector('{row}').getBoundingClientRect().{what}")
    };
    let [left, right] = ["r1", "r2"].map(|run| format!(".row[id^={run}-].is-prompt"));
    assert_eq!(browser.number(&at(&left, "top")), browser.number(&at(&right, "top")));
    assert!(browser.number(&at(&left, "right")) < browser.number(&at(&right, "left")));
    let answers =
        |run: &str| format!("[...document.querySelectorAll('.row[id^={run}-].is-answer')].at(-1)");
    for (run, decision) in [("r1", "allow"), ("r2", "deny")] {
        let said = browser.text(&format!("{}.textContent", answers(run)));
        assert!(said.contains(decision), "{said}");
    }
    let line = |run: &str| format!("{}.closest('.line')", answers(run));
    assert_eq!(browser.value(&format!("{} === {}", line("r1"), line("r2"))), true);
    assert_eq!(browser.value(&format!("{}.matches('.both.differs')", line("r1"))), true);
    let same = "document.querySelector('.row.is-prompt').closest('.line').matches('.both.same')";
    assert_eq!(browser.value(same), true);
    // Neither runs into the other, or out of the page.
    let too_wide = "[...document.querySelectorAll('.two table')].filter(table => \
                    table.getBoundingClientRect().right > table.closest('section').getBoundingClientRect().right + 1).length";
    assert_eq!(browser.number(too_wide), 0.0);
    assert!(browser.number("document.documentElement.scrollWidth") <= browser.number("innerWidth"));
    // Where one has no such line, its side is empty.
    let empty = "[...document.querySelectorAll('#pair-1 .line.one')].every(line => \
                 [...line.children].filter(side => side.childElementCount === 0).length === 1)";
    assert_eq!(browser.value(empty), true);
    assert!(browser.number("document.querySelectorAll('#pair-1 .differences li').length") > 0.0);

    // The launch that the other run lacks is alone, and a link goes to it.
    assert_eq!(browser.number("document.querySelectorAll('nav a').length"), 2.0);
    assert!(browser.number(&at("#pair-2", "top")) > browser.number("innerHeight"));
    browser.click("document.querySelector('nav a[href=\"#pair-2\"]')");
    let top = browser.number(&at("#pair-2", "top"));
    assert!(top >= 0.0 && top < browser.number("innerHeight"), "{top}");
    assert!(browser.text("document.querySelector('#pair-2 .absent').textContent").contains("No"));

    // A search leaves the lines of both that have the text, and hides the pair without one.
    browser.type_into(SEARCH, "Create a file");
    let seen =
        "[...document.querySelectorAll('.line')].filter(line => line.checkVisibility()).length";
    let rows: Vec<String> = serde_json::from_value(browser.value(SEEN)).unwrap();
    assert!(rows.iter().any(|row| row.starts_with("r1-")), "{rows:?}");
    assert!(rows.iter().any(|row| row.starts_with("r2-")), "{rows:?}");
    assert!(!rows.iter().any(|row| row.starts_with("r3-")), "{rows:?}");
    assert!(browser.number(seen) <= rows.len() as f64);
    assert_eq!(browser.complaints(), [""; 0]);
}

/// Everything that a reader can do to a page.
fn use_all(browser: &mut Browser) {
    browser.type_into(SEARCH, "OWNED");
    browser.type_into(SEARCH, "");
    browser.value("document.querySelectorAll('.row').forEach(row => { row.open = true; })");
    browser.value("document.querySelectorAll('.row').forEach(row => row.dispatchEvent(new MouseEvent('mouseenter')))");
    browser.value(
        "document.querySelectorAll('a, [data-zoom], [data-even]').forEach(it => it.dispatchEvent(new MouseEvent('click', {bubbles: true})))",
    );
    browser.settle();
}

/// First, that what an attack does would be seen.
#[test]
#[ignore = "needs chromium: .ci/run page"]
fn hostile_recordings_run_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut browser = Browser::start();
    let weak = "<title>x</title><input id=search><script>document.title='OWNED'</script>\
                <img src=x>";
    fs::write(path("weak.html"), weak).unwrap();
    browser.open(&path("weak.html"), "");
    assert_eq!(browser.text("document.title"), "OWNED");
    assert_eq!(browser.asked_for().len(), 2);
    drop(browser);

    let mut files = Vec::new();
    for (number, attack) in ATTACKS.iter().enumerate() {
        files.push(path(&format!("{number} {}.jsonl", attack.replace('/', ""))));
        hostile(attack).save(&files[number]).unwrap();
    }
    // One by one, all in one page, and next to each other.
    let all: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    page(&path("all.html"), &all);
    let two = path("two.html");
    let args = ["show", "--html", two.to_str().unwrap(), "--next-to"];
    done(&tool(&args, &[all[0], all[5]]));
    let mut browser = Browser::start();
    for name in ["all.html", "two.html"] {
        browser.open(&path(name), "");
        // The page's own script did run: it counts the lines.
        let rows = browser.number("document.querySelectorAll('.row').length");
        assert!(rows > 40.0, "{name}: {rows}");
        let says = browser.text("document.getElementById('found').textContent");
        assert!(says.ends_with(" lines"), "{name}: {says}");
        use_all(&mut browser);
        let raw = "[...document.querySelectorAll('.raw')].filter(raw => raw.textContent.includes('OWNED')).length";
        assert!(browser.number(raw) > 20.0, "{name}: the raw lines have the attack");
        assert!(!browser.text("document.title").starts_with("OWNED"), "{name}");
        let foreign = "document.querySelectorAll('main script, main img, main iframe, main style, [onerror], [onload], [onfocus]').length";
        assert_eq!(browser.number(foreign), 0.0, "{name}");
        assert_eq!(browser.complaints(), [""; 0], "{name}");
    }
    // Nothing but the pages themselves was asked for.
    let asked = browser.asked_for();
    assert_eq!(asked.len(), 2, "{asked:?}");
}

/// A recording that is opened by its page alone is whole, whatever it says.
#[test]
#[ignore = "needs chromium: .ci/run page"]
fn hostile_recordings_are_saved_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.jsonl");
    let target = folder.path().join("page.html");
    let mut browser = Browser::start();
    for attack in [ATTACKS[1], ATTACKS[4]] {
        hostile(attack).save(&path).unwrap();
        done(&tool(&["show", "--force", "--html", target.to_str().unwrap()], &[&path]));
        browser.open(&target, "");
        let saved = browser.saved_by("document.querySelector('[data-save]')");
        let bytes = fs::read(saved).unwrap();
        assert_eq!(bytes, fs::read(&path).unwrap(), "{attack}");
        let again = Recording::from_bytes(&bytes).unwrap();
        assert_eq!(again.events.len(), hostile(attack).events.len(), "{attack}");
    }
}
