//! Host paths become variables, and variables become the paths of another host.

use std::collections::BTreeMap;

use proptest::prelude::*;

use claude_wire::recording::{Event, EventKind, Header, Payload, Recording, Root, scrub};

fn recorded(lines: &[&str]) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.events =
        lines.iter().map(|line| Event::new(0, EventKind::Out((*line).into()))).collect();
    recording
}

fn lines(recording: &Recording) -> Vec<String> {
    let text = |payload: &Payload| String::from_utf8_lossy(payload.bytes()).into_owned();
    recording.events.iter().filter_map(|event| event.payload().map(text)).collect()
}

fn live(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn roots() -> [Root; 2] {
    [Root::home("/Users/ann/"), Root::cwd("/Users/ann/src/app_1")]
}

#[test]
fn only_paths_and_slugs_become_variables() {
    let mut recording = recorded(&[
        r#"{"cwd":"/Users/ann/src/app_1", "n":1.0,"n":1.0}"#,
        r#"{"memory":"/Users/ann/.claude/projects/-Users-ann-src-app-1/memory/"}"#,
        r#"{"json":"{\"file\":\"/Users/ann/src/app_1/a.txt\"}\n/Users/ann/src/app_1\n"}"#,
        "stderr: /Users/ann/src/app_1: No such file.",
    ]);
    scrub(&mut recording, &roots());
    assert_eq!(
        lines(&recording),
        [
            r#"{"cwd":"${cwd}", "n":1.0,"n":1.0}"#,
            r#"{"memory":"${home}/.claude/projects/${cwd_slug}/memory/"}"#,
            r#"{"json":"{\"file\":\"${cwd}/a.txt\"}\n${cwd}\n"}"#,
            "stderr: ${cwd}: No such file.",
        ]
    );
    assert_eq!(
        recording.header.vars,
        live(&[
            ("cwd", "/home/user/project"),
            ("cwd_slug", "-home-user-project"),
            ("home", "/home/user")
        ])
    );
}

#[test]
fn a_path_is_only_replaced_at_a_component_boundary() {
    let text = "/Users/anna /Users/ann-2 /Users/ann_2 /Users/ann.txt x-Users-ann-src-app-10";
    let mut recording = recorded(&[text]);
    scrub(&mut recording, &roots());
    // Homes of other users do not become variables.
    assert_eq!(
        lines(&recording),
        [
            "/Users/<user:1> /Users/<user:2> /Users/<user:3> /Users/<user:4> x${home_slug}-src-app-10"
        ]
    );

    let mut recorded = recorded(&["/Users/ann. /Users/ann, /Users/ann' /Users/ann/x"]);
    scrub(&mut recorded, &roots());
    assert_eq!(lines(&recorded), ["${home}. ${home}, ${home}' ${home}/x"]);
}

#[test]
fn an_escape_is_not_torn() {
    let mut recording = recorded(&[r#"{"a":"\/root and \n/root"}"#, r"\/root"]);
    scrub(&mut recording, &[Root::home("/root")]);
    assert_eq!(lines(&recording), [r#"{"a":"\/root and \n${home}"}"#, r"\${home}"]);
}

#[test]
fn short_roots_do_not_match_too_much() {
    let mut recording = recorded(&["--root /root/x / -root"]);
    scrub(&mut recording, &[Root::home("/root"), Root::new("top", "/", "/")]);
    assert_eq!(lines(&recording), ["--root ${home}/x / -root"]);
}

#[test]
fn live_values_are_substituted_in_paths_and_slugs() {
    let mut recording = recorded(&[
        r#"{"cwd":"/Users/ann/src/app_1","at":"-Users-ann-src-app-1","home":"/Users/ann"}"#,
    ]);
    recording.header.argv = Some(vec!["--add-dir=/Users/ann/src/app_1".to_owned()]);
    scrub(&mut recording, &roots());

    let defaults = recording.expand(&BTreeMap::new()).unwrap();
    assert_eq!(
        lines(&defaults),
        [r#"{"cwd":"/home/user/project","at":"-home-user-project","home":"/home/user"}"#]
    );
    assert!(defaults.header.vars.is_empty());

    let there = recording.expand(&live(&[("cwd", "/tmp/t.1"), ("unused", "x")])).unwrap();
    assert_eq!(lines(&there), [r#"{"cwd":"/tmp/t.1","at":"-tmp-t-1","home":"/home/user"}"#]);
    assert_eq!(there.header.argv.unwrap(), ["--add-dir=/tmp/t.1"]);
}

#[test]
fn dollars_of_the_session_are_escaped() {
    let text = "echo ${HOME} ${cwd} ${dollar} ${dollar}{cwd} $ ${ /Users/ann";
    let mut recording = recorded(&[text]);
    scrub(&mut recording, &roots());
    assert_eq!(
        lines(&recording),
        ["echo ${HOME} ${dollar}{cwd} ${dollar}{dollar} ${dollar}{dollar}{cwd} $ ${ ${home}"]
    );
    let back = live(&[("cwd", "/elsewhere"), ("home", "/Users/ann")]);
    assert_eq!(lines(&recording.expand(&back).unwrap()), [text]);

    let before = recording.to_bytes();
    scrub(&mut recording, &roots());
    assert_eq!(recording.to_bytes(), before);
}

#[test]
fn values_are_escaped_where_the_line_is_json() {
    let mut recording = recorded(&[r#"{"cwd":"C:\\Users\\ann\\app"}"#, r"C:\Users\ann\app"]);
    scrub(&mut recording, &[Root::cwd(r"C:\Users\ann\app")]);
    assert_eq!(lines(&recording), [r#"{"cwd":"${cwd}"}"#, "${cwd}"]);
    let there = recording.expand(&live(&[("cwd", "D:\\\"x\"")])).unwrap();
    assert_eq!(lines(&there), [r#"{"cwd":"D:\\\"x\""}"#, "D:\\\"x\""]);
}

#[test]
fn a_folder_that_is_already_a_variable_is_hidden_as_well() {
    let text = b"{\"claude-wire\":\"recording\",\"version\":1,\"vars\":{\"cwd\":\"/srv/me/x\",\"cwd_slug\":\"-srv-me-x\"}}\n\
        {\"us\":0,\"out\":{\"cwd\":\"${cwd}\"}}\n";
    let mut recording = Recording::from_bytes(text).unwrap();
    assert_eq!(scrub(&mut recording, &[Root::cwd("/srv/me/x")]).get("path"), Some(&2));
    assert_eq!(recording.header.vars["cwd"], "/home/user/project");
    assert_eq!(recording.header.vars["cwd_slug"], "-home-user-project");
    assert!(!String::from_utf8(recording.to_bytes()).unwrap().contains("srv"));
    assert!(
        scrub(&mut recording, &[Root::cwd("/srv/me/x")]).is_empty(),
        "a second run finds nothing"
    );
}

/// Bytes in the form of an image in a message.
fn image(data: &str) -> String {
    format!(
        r#"{{"type":"user","message":{{"content":[{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{data}"}}}}]}}}}"#
    )
}

/// A base64 digit, by number.
fn digits(numbers: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    numbers.iter().map(|number| char::from(DIGITS[usize::from(number % 64)])).collect()
}

proptest! {
    /// For roots of any length, at any place in the data.
    #[test]
    fn the_data_of_an_image_is_not_a_path(
        numbers in proptest::collection::vec(any::<u8>(), 300..600),
        at in any::<prop::sample::Index>(),
        root in prop_oneof![Just("/w"), Just("/srv/me"), Just("/data/x1/y2")],
    ) {
        let mut data = digits(&numbers);
        // Every digit that may follow a path.
        for after in ["+", "/", "="] {
            let at = 1 + at.index(data.len() - 1);
            data.insert_str(at, &format!("{root}{after}"));
        }
        let mut recording = recorded(&[&image(&data), &format!("data:image/png;base64,{data}")]);
        scrub(&mut recording, &[Root::cwd(root)]);
        prop_assert_eq!(lines(&recording), [image(&data), format!("data:image/png;base64,{data}")]);
    }

    /// A path is replaced wherever it begins, however long it is.
    #[test]
    fn a_long_path_is_not_data(names in proptest::collection::vec("[a-z]{1,40}", 0..30)) {
        let path: String = names.iter().map(|name| format!("/{name}")).collect();
        let line = |root: &str| format!(r#"{{"path":"{root}{path}","text":"see\n{root}{path} \u00e9{root}{path}"}}"#);
        let mut recording = recorded(&[&line("/srv/me")]);
        scrub(&mut recording, &[Root::cwd("/srv/me")]);
        prop_assert_eq!(lines(&recording), [line("${cwd}")]);
    }
}
