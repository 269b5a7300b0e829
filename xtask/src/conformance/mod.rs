//! `conformance`: the cases of `claude-wire conformance`, played by our session and by programs on
//! the official SDKs.

pub(crate) mod host;
mod page;
mod server;

/// The options of the cases, as ours: the tests of the cases have them, too.
#[path = "../../../tests/it/host_support/options.rs"]
#[allow(unreachable_pub, reason = "it is a helper of tests as well")]
mod options;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use claude_wire_cli::{Failure, Found, without_own_variables};
use serde_json::Value;

use self::page::Column;
use super::{absolute, root};

/// Play the conformance cases with our session and the official SDKs, and write docs/conformance.md.
///
/// The SDKs are in a folder as `.ci/run official-sdks` makes it. The outcomes go into
/// xtask/conformance.tsv and from there into the page. Without the SDKs only our session plays, and
/// the columns of the others stay. Each outcome is one that the lists of expected failures have.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo build --package claude-wire-cli
  cargo xtask conformance --sdks target/official-sdks
  cargo xtask conformance --check

Exit codes: 0 the page is written, or is up to date, 1 it is not up to date, 2 a host differs from its list, or could not be run.")]
pub(crate) struct Arguments {
    /// The folder with both SDKs: the packages of Python in `python`, and `node_modules`
    #[arg(long, value_name = "FOLDER")]
    sdks: Option<PathBuf>,
    /// The tool
    #[arg(long, value_name = "PATH", default_value = "target/debug/claude-wire")]
    tool: PathBuf,
    /// Write nothing, and compare
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let tool = absolute(&arguments.tool)?;
    let mut columns = vec![(Column::Session, play(&tool, ours()?)?)];
    if let Some(sdks) = &arguments.sdks {
        let sdks = absolute(sdks)?;
        columns.push((Column::Python, play(&tool, python(&sdks))?));
        columns.push((Column::TypeScript, play(&tool, typescript(&sdks)?)?));
    }
    let files = page::files(&columns)?;
    if !arguments.check {
        for (path, text) in files {
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        return Ok(Found::Nothing);
    }
    let mut found = Found::Nothing;
    for (path, text) in files {
        if fs::read_to_string(&path).unwrap_or_default() != text {
            eprintln!("xtask: {} is not up to date: run cargo xtask conformance", path.display());
            found = Found::Something;
        }
    }
    Ok(found)
}

/// A host, and its list of expected failures.
struct Host {
    command: String,
    list: &'static str,
    env: Vec<(&'static str, PathBuf)>,
}

fn ours() -> Result<Host, Failure> {
    let this = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    Ok(Host {
        command: format!("exec '{}' conformance-host", this.display()),
        list: "mock-cli/conformance/host-differences.json",
        env: vec![],
    })
}

fn python(sdks: &Path) -> Host {
    let program = root().join("tests/official/conformance.py");
    Host {
        command: format!("exec python3 -B '{}'", program.display()),
        list: "tests/official/conformance-python.json",
        env: vec![("PYTHONPATH", sdks.join("python"))],
    }
}

fn typescript(sdks: &Path) -> Result<Host, Failure> {
    // Node looks for packages next to the program.
    let program = sdks.join("conformance.mjs");
    fs::copy(root().join("tests/official/conformance.mjs"), &program)
        .map_err(|error| format!("{}: {error}", program.display()))?;
    Ok(Host {
        command: format!("exec node '{}'", program.display()),
        list: "tests/official/conformance-typescript.json",
        env: vec![],
    })
}

/// The outcomes of all cases.
fn play(tool: &Path, host: Host) -> Result<Vec<Value>, Failure> {
    let mut command = Command::new(tool);
    without_own_variables(&mut command);
    command.current_dir(root()).envs(host.env);
    command.args(["conformance", "--json", "--timeout=60", "--command", &host.command]);
    command.args(["--expect", host.list]);
    let output = command.output().map_err(|error| format!("{}: {error}", tool.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let outcomes = printed.lines().map(serde_json::from_str);
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    let outcomes: Vec<Value> = outcomes.collect::<Result<_, _>>().map_err(|error| {
        format!("{}: its report is not JSON: {error}: {}", tool.display(), said())
    })?;
    // One that plays nothing would empty the page.
    match (output.status.success(), outcomes.is_empty()) {
        (true, false) => return Ok(outcomes),
        (true, true) => return Err(format!("{}: it played no case", tool.display())),
        (false, _) => {}
    }
    let is_known =
        |outcome: &&Value| ["passed", "expected"].iter().any(|result| outcome["result"] == *result);
    for outcome in outcomes.iter().filter(|outcome| !is_known(outcome)) {
        eprintln!("{outcome}");
    }
    Err(format!("{}: {}: {}", host.command, output.status, said()))
}
