//! The share of secrets that is redacted: in credential files, and for fresh random secrets.
//!
//! `cargo test --test it redaction_rates:: -- --nocapture` prints the figures that
//! `docs/redaction.md` states.

use std::collections::BTreeMap;

use claude_wire::recording::{Recording, lint, scrub};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::support::recorded::{lines, recorded};

const AWS: &str = include_str!("redaction_support/aws-secret-keys.txt");
const FILES: &str = include_str!("redaction_support/credential-files.jsonl");

/// A file that a tool has read, in the CLI's format.
fn read_by_tool(text: &str) -> String {
    let result = json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": text});
    json!({"type": "user", "message": {"role": "user", "content": [result]}, "session_id": "s"})
        .to_string()
}

/// Which lines still contain one of their secrets.
fn left(lines_and_secrets: &[(String, Vec<String>)]) -> Vec<usize> {
    let holds = |(line, secrets): &(String, Vec<String>)| {
        let mut recording = recorded(&[line]);
        scrub(&mut recording, &[]);
        let text = lines(&recording).remove(0);
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "no JSON any more: {text}");
        secrets.iter().any(|secret| text.contains(secret.as_str()))
    };
    let numbered = lines_and_secrets.iter().enumerate();
    numbered.filter(|(_, line)| holds(line)).map(|(number, _)| number).collect()
}

#[test]
fn every_aws_secret_key_in_a_credentials_file_is_redacted() {
    let file = |key: &str| {
        let text = format!(
            "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {key}\n"
        );
        (read_by_tool(&text), vec![key.to_owned()])
    };
    let files: Vec<_> = AWS.lines().map(file).collect();
    let left = left(&files);
    println!("aws credentials: {} of {} redacted", files.len() - left.len(), files.len());
    assert_eq!((files.len(), left.len()), (200, 0), "{left:?}");

    // All of them in one recording, which remembers found secrets.
    let all: Vec<&str> = files.iter().map(|(line, _)| line.as_str()).collect();
    let mut recording = recorded(&all);
    scrub(&mut recording, &[]);
    let text = lines(&recording).concat();
    assert!(AWS.lines().all(|key| !text.contains(key)));
    assert_eq!(lint(&recording), []);
}

#[test]
fn credential_files_are_redacted_except_public_keys() {
    let read = |line: &str| {
        let file: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let secrets = file["secrets"].as_array().unwrap().iter().map(text).collect();
        (text(&file["file"]), text(&file["text"]), secrets)
    };
    let files: Vec<(String, String, Vec<String>)> = FILES.lines().map(read).collect();
    let as_read: Vec<_> =
        files.iter().map(|(_, text, secrets)| (read_by_tool(text), secrets.clone())).collect();
    let left: Vec<&str> = left(&as_read).into_iter().map(|at| files[at].0.as_str()).collect();
    let without = files.iter().filter(|(.., secrets)| secrets.is_empty()).count();
    println!(
        "credential files: {} of {} kinds redacted, {without} without a secret",
        files.len() - left.len() - without,
        files.len()
    );
    assert_eq!((files.len(), without), (38, 1));
    assert_eq!(left, [""; 0]);

    // The public key, and text around a secret, are kept.
    let mut recording = recorded(&as_read.iter().map(|(line, _)| line).collect::<Vec<_>>());
    scrub(&mut recording, &[]);
    let text = lines(&recording);
    assert_eq!(text[37], as_read[37].0);
    for (at, around) in [
        (3, "db.example.com:5432:app:appuser:<secret:"),
        (16, "https://me:<secret:"),
        (21, "Server=db;Database=app;User Id=sa;Password=<secret:"),
        (23, "mysql -uroot -p<secret:"),
        (24, "curl -u admin:<secret:"),
        (31, "&issuer=y"),
    ] {
        assert!(text[at].contains(around), "{}", text[at]);
    }
}

/// The name of a secret, as the words that each spelling joins.
const NAMES: [&[&str]; 25] = [
    &["password"],
    &["db", "password"],
    &["admin", "passwd"],
    &["user", "passphrase"],
    &["secret"],
    &["client", "secret"],
    &["app", "secret", "key"],
    &["webhook", "secret"],
    &["api", "key"],
    &["stripe", "api", "key"],
    &["private", "key"],
    &["encryption", "key"],
    &["storage", "account", "key"],
    &["aws", "secret", "access", "key"],
    &["api", "token"],
    &["access", "token"],
    &["refresh", "token"],
    &["auth", "token"],
    &["session", "token"],
    &["github", "token"],
    &["slack", "bot", "token"],
    &["npm", "token"],
    &["service", "credentials"],
    &["db", "pass"],
    &["secret", "key", "base"],
];

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// A name in one of five spellings.
fn spelled(words: &[&str], spelling: usize) -> String {
    match spelling {
        0 => words.join("_"),
        1 => words.join("_").to_uppercase(),
        2 => words[0].to_owned() + &words[1..].iter().map(|word| capital(word)).collect::<String>(),
        3 => words.iter().map(|word| capital(word)).collect(),
        _ => words.join("-"),
    }
}

/// A secret in the form that services and password generators produce.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9]{16,40}",
        "[0-9a-f]{32}",
        "[0-9a-f]{40}",
        "[A-Za-z0-9_-]{20,43}",
        "[A-Za-z0-9+/]{38}==",
        "[a-z0-9]{24}",
        "[A-Za-z0-9!#%*+.@^_-]{10,20}",
        "[A-Z2-7]{32}",
    ]
}

/// The forms in which a secret is written; `%n` is its name, `%v` the secret.
const FORMS: [(&str, &str); 46] = [
    ("name=value", "%n=%v"),
    ("name=value", "export %n=%v"),
    ("name=value", "export %n='%v'"),
    ("name=value", "%n=\"%v\""),
    ("name=value", "A=b\n%n=%v\nC=d"),
    ("name=value", "%n = %v"),
    ("name=value", "%n = '%v'"),
    ("name=value", "%n := \"%v\""),
    ("name=value", "const %n = \"%v\";"),
    ("name=value", "config.%n = '%v'"),
    ("name=value", "host=h user=u %n=%v sslmode=require"),
    ("name=value", "Server=h;User=u;%n=%v;Timeout=30"),
    ("JSON", "{\"%n\":\"%v\"}"),
    ("JSON", "{\n  \"a\": 1,\n  \"%n\": \"%v\"\n}"),
    ("JSON", "{\"a\": {\"b\": [{\"%n\": \"%v\", \"c\": null}]}}"),
    ("JSON", "{'%n': '%v'}"),
    ("JSON", "{\"name\": \"%n\", \"value\": \"%v\"}"),
    ("JSON", "{\"%n\": [\"%v\"]}"),
    ("JSON", "{\n  \"%ns\": [\n    \"%v\",\n    \"b\"\n  ]\n}"),
    ("YAML", "%n: %v"),
    ("YAML", "%n: |\n  %v"),
    ("YAML", "a:\n  - %n: >-\n      %v\n    b: c"),
    ("YAML", "%n:\n  %v\nb: c"),
    ("YAML", "%ns:\n  - %v\n  - b"),
    ("YAML", "%n: !vault %v"),
    ("YAML", "a:\n  %n: %v\n  b: c"),
    ("YAML", "- %n: \"%v\""),
    ("YAML", "a: b\n%n: '%v' # as of today\n"),
    ("YAML", "env:\n  - name: %n\n    value: %v"),
    ("command", "tool --%n %v"),
    ("command", "tool --%n=%v --verbose"),
    ("command", "tool run --%n '%v' x"),
    ("command", "%n=%v tool run"),
    ("command", "docker run -e %n=%v image"),
    ("command", "curl -u admin:%v https://x.example.com"),
    ("command", "aws configure set %n %v"),
    ("command", "gh secret set %n --body %v"),
    ("command", "gh secret set %n -b '%v' --env production"),
    ("URL", "https://x.example.com/a?%n=%v"),
    ("URL", "https://x.example.com/a?b=c&%n=%v&d=e"),
    ("URL", "postgres://me:%v@db.example.com:5432/app"),
    ("URL", "redis://:%v@cache.example.com"),
    ("header", "Authorization: Bearer %v"),
    ("header", "Authorization: token %v"),
    ("header", "curl -H 'X-%n: %v' https://x.example.com"),
    ("header", "X-%n: %v\r\nHost: x.example.com\r\n"),
];

/// Where a text is: read by a tool, written to stderr, typed into a command, or in JSON within
/// JSON.
const PLACES: [fn(&str) -> String; 4] = [
    read_by_tool,
    |text| {
        let input = json!({"command": text});
        let block = json!({"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": input});
        json!({"type": "assistant", "message": {"content": [block]}}).to_string()
    },
    |text| read_by_tool(&json!({"stdout": text}).to_string()),
    |text| text.to_owned(),
];

/// Names that are harmless in code, and names of secrets where they are variables.
#[test]
fn variables_whose_names_are_harmless_in_code_are_redacted() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let names = ["AZURE_STORAGE_KEY", "HOST_KEY", "STATE_KEY", "SYNC_TOKEN", "SECRET_KEY_BASE"];
    let mut missed = Vec::new();
    for number in 0..1000 {
        let secret = secret().new_tree(&mut runner).unwrap().current();
        let form = ["%n=%v", "export %n='%v'", "{\"%n\":\"%v\"}", "env:\n  %n: %v"][number % 4];
        let text = form.replace("%n", names[number % 5]).replace("%v", &secret);
        let mut recording = recorded(&[read_by_tool(&text)]);
        scrub(&mut recording, &[]);
        if lines(&recording)[0].contains(&secret) {
            missed.push(text);
        }
    }
    assert!(missed.len() <= 50, "{} of 1000: {missed:#?}", missed.len());

    for code in ["const STORAGE_KEY = \"todo-items\";", "HOST_KEY = 'host'", "STATE_KEY: appState"]
    {
        let mut recording = recorded(&[read_by_tool(code)]);
        assert_eq!(scrub(&mut recording, &[]).values().sum::<u64>(), 0, "{code}");
    }
}

const SAMPLES: usize = 20_000;

#[test]
fn fresh_secrets_are_redacted_in_the_usual_forms() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = (secret(), 0..NAMES.len(), 0..5usize, 0..FORMS.len(), 0..PLACES.len());
    let mut all: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut missed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for _ in 0..SAMPLES {
        let (secret, name, spelling, form, place) =
            strategy.new_tree(&mut runner).unwrap().current();
        let (kind, form) = FORMS[form];
        let name = spelled(NAMES[name], spelling);
        let text = form.replace("%n", &name).replace("%v", &secret);
        let mut recording: Recording = recorded(&[PLACES[place](&text)]);
        scrub(&mut recording, &[]);
        let redacted = lines(&recording).remove(0);
        let (of, found) = all.entry(kind).or_default();
        *of += 1;
        if redacted.contains(&secret) {
            missed.entry(kind).or_default().push(text);
        } else {
            *found += 1;
        }
    }
    let (mut of_all, mut found_all) = (0, 0);
    for (kind, (of, found)) in &all {
        println!("fresh secrets, {kind}: {:.1} % of {of}", 100.0 * *found as f64 / *of as f64);
        (of_all, found_all) = (of_all + of, found_all + found);
        let examples = missed.get(kind).map(|texts| &texts[..texts.len().min(12)]);
        assert!(found * 100 >= of * 95, "{kind}: {examples:#?}");
    }
    println!("fresh secrets, all: {:.1} % of {of_all}", 100.0 * found_all as f64 / of_all as f64);
    if std::env::var_os("SHOW_MISSED").is_some() {
        for text in missed.values().flatten() {
            println!("  missed: {text:?}");
        }
    }
    assert!(found_all * 100 >= of_all * 98, "{found_all} of {of_all}");
}
