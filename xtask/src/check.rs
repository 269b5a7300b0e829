//! `check`: rules of this repository that neither the compiler nor a test of one package can check.

use std::collections::BTreeSet;
use std::process::Command;

use claude_wire_cli::{Failure, Found};
use serde_json::Value;

use super::{english, root};

/// Check what the house asks for, and print each figure.
///
/// The library and an installation of the stand-in have few crates, and the sources keep the rules of
/// CONTRIBUTING, its English among them.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask check

Exit codes: 0 all is as it should be, 1 it is not, 2 it could not be found out.")]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<Found, Failure> {
    let crates = crates()?;
    println!(
        "crates of `cargo install --path mock-cli`: {} of at most {MOST_CRATES}",
        crates.len()
    );
    let mut is_small = crates.len() <= MOST_CRATES;
    for (features, most) in LIBRARY {
        is_small &= few_crates(features, most)?;
    }
    let binaries = test_binaries()?;
    println!("test binaries of `cargo test`: {} of at most {MOST_BINARIES}", binaries.len());
    is_small &= binaries.len() <= MOST_BINARIES;
    let all_pass = house_rules()?;
    let is_plain = !english::too_many(&root())?;
    let is_well = is_small && all_pass && is_plain;
    Ok(if is_well { Found::Nothing } else { Found::Something })
}

/// Runs the tests that read the sources, and shows what they print. Whether all pass.
fn house_rules() -> Result<bool, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["test", "--quiet", "--workspace", "--all-features"]);
    cargo.args(["--test=it", "house_rules::", "--", "--nocapture", "--test-threads=1"]);
    let output = cargo.output().map_err(|error| format!("cargo test: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    print!("{printed}");
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    match passed(&printed) {
        0 if output.status.success() => Err("no test named house_rules was run".to_owned()),
        _ => Ok(output.status.success()),
    }
}

/// How many tests passed, of all the summaries that a run of cargo prints.
fn passed(printed: &str) -> usize {
    let counts = printed.lines().filter_map(|line| {
        let (before, _) = line.strip_prefix("test result: ")?.split_once(" passed")?;
        before.rsplit(' ').next()?.parse::<usize>().ok()
    });
    counts.sum()
}

/// How many crates an installation of `mock-claude` may build.
const MOST_CRATES: usize = 90;

/// How many crates a program gets with the library, this one included: with its default features,
/// and without.
const LIBRARY: [(&[&str], usize); 2] = [(&[], 56), (&["--no-default-features"], 19)];

/// How many binaries `cargo test` may link.
const MOST_BINARIES: usize = 14;

/// The binaries that `cargo test` links.
fn test_binaries() -> Result<BTreeSet<String>, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root());
    cargo.args(["metadata", "--locked", "--no-deps", "--format-version=1"]);
    let output = cargo.output().map_err(|error| format!("cargo metadata: {error}"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let members = list(&metadata["workspace_default_members"]);
    let packages = list(&metadata["packages"]).into_iter();
    let packages = packages.filter(|package| members.contains(&package["id"]));
    let targets = packages.flat_map(|package| {
        let tested = list(&package["targets"]).into_iter().filter(|target| target["test"] == true);
        tested.map(|target| format!("{} {}", package["name"], target["name"])).collect::<Vec<_>>()
    });
    let targets: BTreeSet<_> = targets.collect();
    match targets.contains("\"claude-wire\" \"it\"") {
        true => Ok(targets),
        false => Err(format!("cargo metadata does not name tests/it: {targets:?}")),
    }
}

/// Prints how many crates the library has with these features. Whether that is few enough.
fn few_crates(features: &[&str], most: usize) -> Result<bool, Failure> {
    let count = tree("claude-wire", features)?.len();
    let with: String = features.iter().map(|feature| format!(" {feature}")).collect();
    println!("crates of claude-wire{with}: {count} of at most {most}");
    Ok(count <= most)
}

/// The crates that an installation of `mock-claude` builds, each with its version.
fn crates() -> Result<BTreeSet<String>, Failure> {
    let crates = tree("claude-wire-cli", &[])?;
    // An empty answer, or the answer to another question, does not count.
    for expected in ["claude-wire-cli", "claude-wire", "clap", "tokio"] {
        if !crates.iter().any(|name| name.split(' ').next() == Some(expected)) {
            return Err(format!("cargo tree does not name {expected}"));
        }
    }
    Ok(crates)
}

/// The crates that a package has on this platform, itself and its build dependencies included.
fn tree(package: &str, features: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root().join("mock-cli"));
    cargo.args(["tree", "--locked", "--package", package, "--edges=normal,build"]);
    cargo.args(["--prefix=none", "--format={p}"]).args(features);
    let output = cargo.output().map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let crates = read(&String::from_utf8_lossy(&output.stdout));
    match crates.iter().any(|name| name.split(' ').next() == Some(package)) {
        true => Ok(crates),
        false => Err(format!("cargo tree does not name {package}")),
    }
}

/// `name version` of each line, once.
fn read(tree: &str) -> BTreeSet<String> {
    let lines = tree.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_and_each_version_of_it() {
        let tree = "a v1.0.0 (/x)\nb v1.0.0\nb v1.0.0 (*)\n\nb v2.0.0\nc v1.0.0 (proc-macro)\n";
        assert_eq!(read(tree).len(), 4);
    }

    #[test]
    fn a_run_without_a_test_is_seen() {
        let summary =
            |count: usize| format!("test result: ok. {count} passed; 0 failed; 9 ignored\n");
        assert_eq!(passed(&format!("running 2 tests\n..\n{}{}", summary(2), summary(0))), 2);
        assert_eq!(passed(&summary(0)), 0);
        assert_eq!(passed(""), 0);
    }

    #[test]
    fn an_installation_builds_few_crates() {
        let crates = crates().unwrap_or_else(|why| panic!("{why}"));
        assert!(crates.len() <= MOST_CRATES, "{}: {crates:#?}", crates.len());
        assert!(!crates.iter().any(|name| name.starts_with("wiremock ")), "{crates:#?}");
    }

    #[test]
    fn the_tests_are_few_binaries() {
        let binaries = test_binaries().unwrap_or_else(|why| panic!("{why}"));
        assert!(binaries.len() <= MOST_BINARIES, "{}: {binaries:#?}", binaries.len());
    }

    #[test]
    fn the_library_has_few_crates() {
        for (features, most) in LIBRARY {
            let crates = tree("claude-wire", features).unwrap_or_else(|why| panic!("{why}"));
            assert!(crates.len() <= most, "{features:?}: {}: {crates:#?}", crates.len());
            let has_runtime = crates.iter().any(|name| name.starts_with("mio "));
            assert_eq!(has_runtime, features.is_empty(), "{features:?}: {crates:#?}");
        }
    }
}
