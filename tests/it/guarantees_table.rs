//! The tables of `docs/guarantees.md` name existing tests and cover every requirement.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of all tables: the guarantee, its tests, the numbers of the requirements.
fn rows() -> Vec<[String; 3]> {
    let page = read(&root().join("docs/guarantees.md"));
    let rows: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter(|line| !line.starts_with("guarantee |"))
        .map(|line| {
            let cells: Vec<_> = line.split(" | ").map(str::to_owned).collect();
            cells.try_into().unwrap_or_else(|cells| panic!("{cells:?} has not three cells"))
        })
        .collect();
    assert!(rows.len() > 200, "only {} rows", rows.len());
    rows
}

/// The files that a name such as `options_args` or `wire/frame` may refer to.
fn files(name: &str) -> Vec<PathBuf> {
    let root = root();
    if let Some(name) = name.strip_prefix("mock-cli/") {
        let shared = root.join(format!("mock-cli/tests/it/{name}.rs"));
        // Some are a program of their own, since they count what the whole program has.
        let own = root.join(format!("mock-cli/tests/{name}.rs"));
        return vec![if own.is_file() { own } else { shared }];
    }
    if let Some(name) = name.strip_prefix("xtask/") {
        return vec![root.join(format!("xtask/src/{name}.rs"))];
    }
    if let Some(name) = name.strip_prefix("examples/") {
        let (package, file) = name.split_once('/').unwrap_or((name, "main"));
        return vec![root.join(format!("examples/{package}/src/{file}.rs"))];
    }
    let folders = [root.join("tests").join(name), root.join("tests/it").join(name)];
    let inside = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten())
        .map(|entry| entry.unwrap().path());
    let single = [
        format!("tests/{name}.rs"),
        format!("tests/it/{name}.rs"),
        format!("src/{name}.rs"),
        format!("src/{name}/mod.rs"),
    ];
    inside.chain(single.map(|path| root.join(path))).filter(|path| path.is_file()).collect()
}

/// True if this is the name of a test, `file::name`.
fn is_test(reference: &str) -> bool {
    let Some((file, name)) = reference.rsplit_once("::") else { return false };
    if file == "real_cli" {
        let list = read(&root().join("tests/real_cli/main.rs"));
        return list.lines().any(|line| line.trim() == format!("{name},"))
            && root().join(format!("tests/real_cli/{name}.rs")).is_file();
    }
    files(file).iter().any(|path| has_test(&read(path), name))
}

/// True if the source has a function of this name with a test attribute, also inside a macro.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let is_test = |line: &str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
    lines.iter().enumerate().any(|(number, line)| {
        let declares =
            line.contains(&format!("fn {name}(")) || line.contains(&format!("fn {name}<"));
        let above = lines[..number]
            .iter()
            .rev()
            .take_while(|line| !line.is_empty() && !line.starts_with('}'));
        declares && above.take(4).any(|line| is_test(line))
    })
}

/// The references in backticks in a cell, as `file::name`.
fn references(tests: &str) -> impl Iterator<Item = &str> {
    tests.split('`').skip(1).step_by(2).filter(|reference| reference.contains("::"))
}

#[test]
fn every_named_test_exists() {
    let mut missing = Vec::new();
    for [_, tests, numbers] in rows() {
        for reference in references(&tests) {
            if !is_test(reference) {
                missing.push(format!("{numbers}: {reference}"));
            }
        }
    }
    assert!(missing.is_empty(), "no such tests:\n{}", missing.join("\n"));
}

#[test]
fn every_guarantee_has_a_test_or_a_reason() {
    for [guarantee, tests, numbers] in rows() {
        assert!(guarantee.ends_with('.'), "{numbers}: not a sentence: {guarantee}");
        assert!(
            references(&tests).any(is_test) || tests == "not yet" || tests == "decided otherwise",
            "{numbers}: {tests}"
        );
    }
}

#[test]
fn every_requirement_has_one_row() {
    let mut numbers = BTreeSet::new();
    for [_, _, cell] in rows() {
        for number in cell.split_whitespace() {
            assert!(numbers.insert(number.to_owned()), "{number} twice");
        }
    }
    let last = "O16 T6 E4 P5 X4 C30 G49 D16 K30 H23 Y40 Z9 A33 B43 M10 F5 Q7 N4 S58";
    let mut expected = BTreeSet::new();
    for last in last.split(' ') {
        let (letter, last) = last.split_at(1);
        let last: usize = last.parse().unwrap();
        expected.extend((1..=last).map(|number| format!("{letter}{number}")));
    }
    assert_eq!(numbers, expected);
}

/// Every method listed for a control request is called against the real CLI.
#[test]
fn every_control_method_runs_against_the_real_cli() {
    let table = read(&root().join("docs/control-requests.md"));
    let sources: String = files("real_cli").iter().map(|path| read(path)).collect();
    let methods: Vec<_> = table
        .lines()
        .filter_map(|line| line.split(" | ").nth(1).filter(|_| line.starts_with("| `")))
        .filter(|cell| !cell.starts_with("none"))
        .flat_map(|cell| {
            cell.split('`')
                .skip(1)
                .step_by(2)
                .map(|path| path.rsplit('.').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(methods.len() > 60, "{methods:?}");
    let missing: Vec<_> = methods
        .iter()
        .filter(|method| *method != "server_info" && !sources.contains(&format!(".{method}(")))
        .collect();
    assert!(missing.is_empty(), "never called: {missing:?}");
}

#[test]
fn every_cli_option_is_tried_on_the_real_cli() {
    let sources: String = files("real_cli").iter().map(|path| read(path)).collect();
    let setter = |name: &'static str| match name {
        "add_dirs" => "add_dir",
        "plugins" => "plugin",
        "mcp_servers" => "external_mcp_server",
        name => name,
    };
    let of_the_cli = claude_wire::Options::table().iter().filter(|row| row.layer() != "sdk");
    let missing: Vec<_> = of_the_cli
        .filter(|row| !sources.contains(&format!(".{}(", setter(row.name))))
        .map(|row| row.name)
        .collect();
    assert!(missing.is_empty(), "never set: {missing:?}");
}
