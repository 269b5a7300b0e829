//! Rules of CONTRIBUTING that a compiler does not check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::Options;
use claude_wire::wire::control::RequestName;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below these folders with this extension, and their text.
pub(crate) fn files(folders: &[&str], ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // What a workspace below has built.
                if !path.ends_with("target") {
                    waiting.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == ending) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folders:?}");
    found
}

/// The line numbers of real-time sleeps without a comment that explains them.
fn sleeps(text: &str) -> Vec<usize> {
    let lines: Vec<_> = text.lines().collect();
    let virtual_clock = text.contains("start_paused = true");
    let said = |number: usize| {
        let from = number.saturating_sub(4);
        lines[from..=number].iter().any(|line| line.contains("//"))
    };
    let real = |line: &str| {
        let sleep = [["sleep", "("], ["sleep_ms", "("]].map(|name| name.concat());
        sleep.iter().any(|sleep| line.contains(sleep))
            && (line.contains("thread::") || !virtual_clock)
    };
    (0..lines.len()).filter(|&at| real(lines[at]) && !said(at)).map(|at| at + 1).collect()
}

/// Tests wait for events or use tokio's paused clock. A test that waits for real time is slow where
/// it passes and fails on slow machines.
#[test]
fn every_real_time_sleep_has_a_reason() {
    let found: Vec<_> = files(&["tests", "mock-cli/tests", "xtask"], "rs")
        .iter()
        .flat_map(|(name, text)| sleeps(text).into_iter().map(move |line| format!("{name}:{line}")))
        .collect();
    assert!(found.is_empty(), "real sleeps without a reason:\n{}", found.join("\n"));
}

#[test]
fn a_sleep_without_a_reason_is_detected() {
    let sleep = ["thread::sl", "eep(x);"].concat();
    assert_eq!(sleeps(&sleep), [1]);
    assert_eq!(sleeps(&format!("start_paused = true\n{sleep}")), [2]);
    assert_eq!(sleeps(&format!("// The disk has no event.\n{sleep}")), [0; 0]);
    let sleep = sleep.replace("thread::", "tokio::time::");
    assert_eq!(sleeps(&sleep), [1]);
    assert_eq!(sleeps(&format!("start_paused = true\n{sleep}")), [0; 0]);
}

/// The Rust code of the guides (the README and the pages of `docs/`) is compiled, so that it stays
/// valid.
#[test]
fn every_block_of_rust_in_a_guide_is_compiled() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut pages = files(&["docs"], "md");
    pages.push(("README.md".into(), fs::read_to_string(root().join("README.md")).unwrap()));
    let mut blocks = 0;
    for (name, text) in &pages {
        let fences: Vec<_> = text.lines().filter(|line| line.starts_with("```")).collect();
        for fence in fences.iter().step_by(2).filter(|fence| fence.contains("rust")) {
            blocks += 1;
            assert!(!fence.contains("ignore"), "{name}: a block is not compiled: {fence}");
            assert!(
                library.contains(&format!("include_str!(\"../{name}\")")),
                "{name} has Rust, and src/lib.rs does not include it as documentation"
            );
        }
    }
    assert!(blocks >= 6, "only {blocks} blocks");
}

/// The path of every link of a guide to a file of this repository exists.
#[test]
fn every_link_of_a_guide_has_a_target() {
    let mut pages = files(&["docs"], "md");
    for name in
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"]
    {
        pages.push((name.into(), fs::read_to_string(root().join(name)).unwrap()));
    }
    let mut links = 0;
    for (name, text) in &pages {
        let folder = root().join(name).parent().map(Path::to_path_buf).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if target.is_empty() || target.contains("://") {
                continue;
            }
            links += 1;
            assert!(folder.join(target).exists(), "{name}: no {target}");
        }
    }
    assert!(links > 10, "only {links} links");
}

/// The folders and files of `src/` from the bottom up, each with those that it may import from.
/// They are below it, so that no import runs up. All may use `common`. `session` uses of
/// `recording` only what finds secrets; `recorder` plays what it has recorded.
const ARROWS: [(&str, &[&str]); 17] = [
    ("common", &[]),
    ("wire", &[]),
    ("history", &["wire"]),
    ("transport", &[]),
    ("holder", &["transport", "wire"]),
    ("store", &["history", "transport", "wire"]),
    ("recording", &["wire"]),
    ("protocol", &["wire"]),
    ("telemetry", &[]),
    ("session", &["history", "protocol", "recording", "store", "telemetry", "transport", "wire"]),
    ("supervisor", &["session", "telemetry", "transport"]),
    ("faults", &["transport", "wire"]),
    ("player", &["faults", "recording", "transport", "wire"]),
    ("recorder", &["player", "recording", "transport"]),
    ("lab", &["faults", "player", "recording", "session"]),
    ("testing", &[]),
    ("fuzzing", &["protocol", "recording", "session", "transport", "wire"]),
];

/// What only unit tests import.
const ARROWS_OF_TESTS: [(&str, &str); 1] = [("recorder", "session")];

/// The folder or file of `src/` that a path belongs to.
fn layer(path: &str) -> &str {
    let below = path.strip_prefix("src/").unwrap();
    below.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The name at the start of a text, or those at the starts of a `{list}`.
fn first_names(text: &str) -> Vec<String> {
    let Some(list) = text.strip_prefix('{') else {
        let name = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        return vec![name];
    };
    let (mut depth, mut names, mut item) = (0, Vec::new(), String::new());
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(std::mem::take(&mut item)),
            '{' | '}' => depth += if c == '{' { 1 } else { -1 },
            c if depth == 0 => item.push(c),
            _ => {}
        }
    }
    names.push(item);
    names
        .iter()
        .map(|name| first_names(name.trim()).concat())
        .filter(|name| !name.is_empty())
        .collect()
}

/// What a source imports from other parts of the crate, with whether only its unit tests do.
/// Comments do not count; paths inside functions do.
fn imports(path: &str, text: &str) -> Vec<(String, bool)> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let tests = if path.ends_with("/tests.rs") || path.contains("/tests/") {
        0
    } else {
        code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len())
    };
    let module = path.trim_end_matches("/mod.rs").matches('/').count();
    let to_the_root = ["super::".repeat(module), "crate::".into()];
    let found = to_the_root.iter().flat_map(|root| {
        code.match_indices(root.as_str()).filter(|(at, _)| {
            let before = &code[..*at];
            !before.ends_with("super::")
                && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    });
    found
        .flat_map(|(at, root)| {
            first_names(&code[at + root.len()..]).into_iter().map(move |name| (name, at >= tests))
        })
        .collect()
}

/// The arrows of a source that are not allowed. `exports` says in which layer a name of the root is
/// declared.
fn arrows_up(path: &str, text: &str, exports: &[(String, String)]) -> Vec<String> {
    let from = layer(path);
    let (_, allowed) = ARROWS.iter().find(|(name, _)| *name == from).unwrap_or_else(|| {
        panic!("{path}: `{from}` is not in the list of layers: add it where it belongs")
    });
    let is_layer = |name: &str| ARROWS.iter().any(|(layer, _)| *layer == name);
    let mut found = Vec::new();
    for (name, in_tests) in imports(path, text) {
        let exported = exports.iter().find(|(export, _)| *export == name);
        let to = exported.map_or(&*name, |(_, layer)| layer);
        let fits = !is_layer(to)
            || to == from
            || to == "common"
            || allowed.contains(&to)
            || (in_tests && ARROWS_OF_TESTS.contains(&(from, to)));
        if !fits {
            found
                .push(format!("{path}: imports `{name}`, and `{from}` may not import from `{to}`"));
        }
    }
    found
}

/// The names that the root of the crate re-exports, and the layer of each.
fn exports() -> Vec<(String, String)> {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let exports: Vec<_> = library
        .split("pub use self::")
        .skip(1)
        .flat_map(|rest| {
            let path = rest.split(';').next().unwrap();
            let (layer, _) = path.split_once("::").unwrap();
            let names = match path.split_once('{') {
                Some((_, list)) => first_names(&format!("{{{list}")),
                None => vec![path.rsplit("::").next().unwrap().to_owned()],
            };
            names.into_iter().map(|name| (name, layer.to_owned()))
        })
        .collect();
    assert!(exports.len() > 20, "{exports:?}");
    exports
}

#[test]
fn no_import_runs_up_between_folders() {
    for (index, (from, allowed)) in ARROWS.iter().enumerate() {
        for to in *allowed {
            assert!(ARROWS[..index].iter().any(|(layer, _)| layer == to), "{from} -> {to} runs up");
        }
    }
    let exports = exports();
    let sources = files(&["src"], "rs");
    let found: Vec<_> = sources
        .iter()
        .filter(|(path, _)| path != "src/lib.rs")
        .flat_map(|(path, text)| arrows_up(path, text, &exports))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (from, allowed) in ARROWS {
        for to in allowed {
            let used = sources.iter().any(|(path, text)| {
                layer(path) == from && imports(path, text).iter().any(|(name, _)| name == to)
            });
            assert!(used, "{from} -> {to} is allowed, and not used");
        }
    }
}

#[test]
fn every_form_of_an_import_is_found() {
    let exports = [("Session".to_owned(), "session".to_owned())];
    let up = |text: &str| arrows_up("src/wire/json/raw.rs", text, &exports);
    for text in [
        "use crate::protocol::Machine;",
        "use crate::{Session, wire::Frame};",
        "use crate::{\n    player::{Replay, Scenario},\n    wire::Frame,\n};",
        "fn f() {\n    let x = crate::session::query(\"a\");\n}",
        "fn f(x: &crate::Session) {}",
        "use super::super::super::recording::Event;",
        "macro_rules! m { () => { $crate::lab::FakeApi } }",
        "#[cfg(test)]\nmod tests {\n    use crate::recorder::Recorder;\n}",
    ] {
        assert_eq!(up(text).len(), 1, "{text}: {:?}", up(text));
    }
    for text in [
        "use crate::wire::{Frame, hook::{HookData}};",
        "//! See [`Session`](crate::session::Session).",
        "    // crate::session does it.",
        "use super::super::frame::Frame;",
        "pub(in crate::wire) fn f() { crate::CLI_VERSION }",
        "use mycrate::session::X;",
    ] {
        assert_eq!(up(text), [""; 0], "{text}");
    }
    let tests_only = "#[cfg(test)]\nmod tests {\n    use crate::Session;\n}";
    assert_eq!(arrows_up("src/recorder/disk.rs", tests_only, &exports), [""; 0]);
    assert_eq!(arrows_up("src/recorder/disk.rs", "use crate::Session;", &exports).len(), 1);
    assert_eq!(arrows_up("src/recorder/mod.rs", "use super::session::X;", &exports).len(), 1);
}

/// Who installs the crate to replay, or to run the real CLI in a test, builds no HTTP server
/// framework.
#[test]
fn wiremock_is_built_by_its_feature_only() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let uses: Vec<_> = manifest.lines().filter(|line| line.contains("dep:wiremock")).collect();
    assert_eq!(uses, [r#"wiremock = ["lab", "dep:wiremock"]"#]);
    let dependency = manifest.lines().find(|line| line.starts_with("wiremock = {")).unwrap();
    assert!(dependency.contains("optional = true"), "{dependency}");
    let others: Vec<_> = manifest.lines().filter(|line| line.contains("\"wiremock\"")).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// A request is declared in `wire/requests`, and an option in `session/options/table.rs`. One more
/// file may name it.
const MOST_PLACES: usize = 2;

/// Names that are in more files, each with the reason. At most ten.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("fork_session", "a past session is forked by the same name, as in the official SDKs"),
    ("initialize", "MCP has a method of this name as well"),
    ("api_key", "it is also a name for secrets, which redaction looks for"),
    ("debug", "a level of logs, and the usual English word"),
    ("sandbox", "the usual word for it in docs of tools, settings and permissions"),
    ("allowed_tools", "tools in the program's process need it, and their guide says so"),
    ("idle_timeout", "the protocol's limit for a turn has the same name"),
    ("control_timeout", "the protocol's limit for requests has the same name"),
    ("initialize_timeout", "the protocol's limit for the handshake has the same name"),
    ("drain_timeout", "the protocol's limit for an interrupted turn has the same name"),
];

/// The sources of the library, by path, without tests and without the player.
fn counted_sources() -> BTreeMap<String, String> {
    let all = files(&["src"], "rs").into_iter().filter(|(path, _)| is_counted(path));
    all.map(|(path, text)| (path, without_tests(&text).to_owned())).collect()
}

fn is_counted(path: &str) -> bool {
    !path.starts_with("src/player/") && !path.contains("/tests/") && !path.ends_with("/tests.rs")
}

/// A source up to its test module.
fn without_tests(text: &str) -> &str {
    let start = text.match_indices("\n#[cfg(test)]\n").find(|(at, attribute)| {
        let after = text[at + attribute.len()..].lines().find(|line| !line.starts_with("#["));
        after.is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    });
    start.map_or(text, |(at, _)| &text[..at])
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'))
}

/// The files that each of the names is in.
fn places<'a>(
    sources: &BTreeMap<String, String>,
    names: impl Iterator<Item = &'a str>,
    is_in: impl Fn(&str, &str) -> bool,
) -> BTreeMap<&'a str, Vec<String>> {
    let places = |name: &str| -> Vec<_> {
        let named = sources.iter().filter(|(_, text)| is_in(text, name));
        named.map(|(path, _)| path.clone()).collect()
    };
    names.map(|name| (name, places(name))).collect()
}

/// The names that a source declares of the wire: fields as they are called here and there, words
/// (the values of a field), and the fields that requests write. Comments do not count.
fn declared_names(text: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        let quoted =
            |text: &'static str| line.split(text).skip(1).filter_map(|rest| rest.split('"').next());
        if let Some((field, _)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(':'))
            && line.contains(" = \"")
        {
            names.insert(field);
            names.extend(quoted(" = \"").take(1));
        } else if line.starts_with(|first: char| first.is_ascii_uppercase()) {
            names.extend(quoted(" = \"").take(1));
        } else if ["claim \"", "initialize \""].iter().any(|start| line.starts_with(start)) {
            names.extend(quoted(" \"").take(1));
        }
        let written = line.split('"').collect::<Vec<_>>();
        let written = written.windows(2).skip(1).step_by(2).filter(|pair| pair[1].starts_with(':'));
        names.extend(written.map(|pair| pair[0]));
    }
    names
}

#[test]
fn declarations_name_what_is_on_the_wire_and_comments_do_not() {
    let source = "/// debug: \"comment\"\npub read_as: Option<u64> = \"readAs\" declared,\n\
        Word = \"word\",\nfn theme(a: &str) { \"field\": a, \"other\": \"value\" }\n\
        claim \"claimed\" = claimed_prompt;\nlet debug = \"no\";\n";
    let names = ["claimed", "field", "other", "readAs", "read_as", "word"];
    assert_eq!(declared_names(source), names.into());
}

/// One fact is in one place. `cargo xtask check` shows the count.
#[test]
fn requests_and_options_are_named_in_two_files_at_most() {
    let sources = counted_sources();
    // `interrupt` is also the name of a field.
    let requests = RequestName::KNOWN.iter().copied().filter(|name| *name != "interrupt");
    let quoted = |text: &str, name: &str| text.contains(&format!("\"{name}\""));
    let mut found = places(&sources, requests, quoted);
    // What a field or a word of the wire is called as well may be anywhere.
    let declare =
        |path: &str| ["src/wire/", "src/session/options/"].iter().any(|at| path.starts_with(at));
    let declaring = sources.iter().filter(|(path, _)| declare(path));
    let wire: BTreeSet<_> = declaring.flat_map(|(_, text)| declared_names(text)).collect();
    let options = Options::table().iter().map(|row| row.name);
    let options: Vec<_> = options.filter(|name| !wire.contains(name)).collect();
    assert!(options.len() > 30 && options.contains(&"managed_settings"), "{options:?}");
    let has_word = |text: &str, name: &str| words(text).any(|word| word == name);
    found.extend(places(&sources, options.into_iter(), has_word));

    println!("the files that name each request and option; at most {MOST_PLACES}:");
    found.iter().for_each(|(name, files)| println!("  {name}: {}", files.join(", ")));
    found.retain(|_, files| files.len() > MOST_PLACES);
    assert!(EXCEPTIONS.len() <= 10, "{} exceptions", EXCEPTIONS.len());
    for (name, reason) in EXCEPTIONS {
        assert!(found.remove(name).is_some(), "{name} needs no exception ({reason})");
    }
    assert!(found.is_empty(), "named in more than {MOST_PLACES} files: {found:#?}");
}

#[test]
fn a_test_module_is_not_counted() {
    let source = "code\n#[cfg(test)]\nuse this;\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n\"name\"";
    assert_eq!(without_tests(source), "code\n#[cfg(test)]\nuse this;");
    assert_eq!(without_tests("all"), "all");
    assert!(is_counted("src/lib.rs") && !is_counted("src/protocol/tests/model.rs"));
}

/// The public types that a source declares, by name.
fn public_types(text: &str) -> Vec<&str> {
    let word =
        |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let mut names = Vec::new();
    for line in text.lines().map(str::trim_start) {
        let declared = ["struct ", "enum ", "trait ", "type ", "union "]
            .iter()
            .find_map(|kind| line.strip_prefix("pub ")?.strip_prefix(kind));
        // The events of hooks and their outputs are declared by macros with a form of their own.
        let (name, rest) = line.split_at(word(line));
        let event = rest.ends_with('{') && (rest.starts_with(" -> ") || rest.starts_with(" of \""));
        let name = declared.map_or(name, |rest| &rest[..word(rest)]);
        let is_type = name.starts_with(|c: char| c.is_ascii_uppercase());
        if is_type && (declared.is_some() || event) {
            names.push(name);
        }
    }
    names
}

/// Names with more than one public type, and why.
const SHARED_NAMES: &[(&str, &str)] = &[
    ("Error", "each module has its own, as `std::io` and `std::fmt` do"),
    ("Result", "that of the module's own error"),
    (
        "PermissionRequest",
        "hook events have the CLI's names; a permission handler is given the other",
    ),
];

/// A reader who finds a name in a signature knows the type, without looking for the import.
#[test]
fn a_public_name_has_one_type() {
    let mut homes = BTreeMap::<String, Vec<String>>::new();
    for (file, text) in files(&["src"], "rs") {
        for name in public_types(&text) {
            homes.entry(name.to_owned()).or_default().push(file.clone());
        }
    }
    assert!(homes.len() > 400, "only {} types", homes.len());
    for name in ["HookEvent", "PreToolUse", "PreToolUseOutput", "Message", "System", "Transport"] {
        assert!(homes.contains_key(name), "{name}");
    }
    homes.retain(|_, files| files.len() > 1);
    for (name, why) in SHARED_NAMES {
        assert!(homes.remove(*name).is_some(), "{name} has one type now, so `{why}` can go");
    }
    assert!(homes.is_empty(), "names with several public types: {homes:#?}");
}

/// Fewer lines are a sliver: a reader opens a file for them, and finds a part of an idea.
const FEWEST_LINES: usize = 40;

/// Shorter files, each with the reason.
const SHORT_FILES: &[(&str, &str)] = &[
    ("src/history/page.rs", "a public type that four files take"),
    ("src/recording/format.rs", "numbers that files below and above `limits.rs` need"),
    (
        "src/recording/redact/scrub.rs",
        "joins `redaction.rs` and `redactor.rs`, which imports the former",
    ),
    ("src/session/driver/held.rs", "the driver's file is long enough"),
    ("src/session/options/variable.rs", "how options become variables, next to `argv.rs`"),
    ("src/session/tool_blocks.rs", "`streams.rs` is above `telemetry.rs`, and both need it"),
    ("src/store/jsonl.rs", "the form of lines that all stores share"),
];

/// The folders whose files may be shorter, with the reason.
const SHORT_IN: &[(&str, &str)] = &[
    ("src/player/", "types that many of its files import, below all of them"),
    ("src/supervisor/", "types that many of its files import, below all of them"),
];

/// An idea is in one file. The `mod.rs` of a folder is a table of contents.
#[test]
fn no_file_is_a_sliver() {
    let mut short: BTreeMap<_, _> = files(&["src"], "rs")
        .into_iter()
        .filter(|(path, _)| !path.ends_with("/mod.rs"))
        .filter(|(path, _)| !SHORT_IN.iter().any(|(folder, _)| path.starts_with(folder)))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines < FEWEST_LINES)
        .collect();
    for (path, reason) in SHORT_FILES {
        assert!(short.remove(*path).is_some(), "{path} is long enough now ({reason})");
    }
    assert!(short.is_empty(), "merge these with what they belong to: {short:#?}");
}

/// The first lines of a file say what is in it.
#[test]
fn every_module_has_a_doc() {
    let folders = ["src", "mock-cli/src", "tests", "mock-cli/tests/it", "benches"];
    let bare: Vec<_> = files(&folders, "rs")
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(name, _)| name)
        .collect();
    assert!(bare.is_empty(), "files that do not begin with `//!`:\n{}", bare.join("\n"));
}
