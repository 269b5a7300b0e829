//! `faults`: what programs on the official SDKs do about each fault.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use claude_wire::faults::{FaultInfo, catalogue};
use claude_wire_cli::{Failure, Found, without_own_variables};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{absolute, docs, root};

/// Run programs on the official SDKs against every fault, and write docs/faults.md.
///
/// Each program gets 10 seconds a fault, and four run at a time. The SDKs are in a folder as `.ci/run
/// official-sdks` makes it. The outcomes go into xtask/faults.tsv with the versions of the SDKs, and
/// with those of a session into the page. Without the SDKs the page is written with the outcomes of
/// the last run.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo build --package claude-wire-cli
  cargo xtask faults --sdks target/official-sdks
  cargo xtask faults

Exit codes: 0 the page is written, 2 it is not.")]
pub(crate) struct Arguments {
    /// The folder with both SDKs: the packages of Python in `python`, and `node_modules`
    #[arg(long, value_name = "FOLDER")]
    sdks: Option<PathBuf>,
    /// The stand-in
    #[arg(long, value_name = "PATH", default_value = "target/debug/mock-claude")]
    mock_claude: PathBuf,
    /// Only these faults; the outcomes of the others stay
    #[arg(value_name = "FAULT", requires = "sdks")]
    faults: Vec<String>,
}

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How many run at a time.
const AT_A_TIME: usize = 4;
/// What the programs print without a fault.
const ANSWERS: &str = "Done: é | Again: é";

const SDKS: [&str; 2] = ["python", "typescript"];

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    if let Some(sdks) = &arguments.sdks {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let table = Table::read()?;
        let ran = versions(sdks)?;
        table.may_be_mixed_with(&ran, !arguments.faults.is_empty())?;
        let found = runtime.block_on(all(arguments, sdks))?;
        table.with(ran, found).write()?;
    }
    docs::write_by_test("--test=it", "faults_page::the_page_shows_what_each_sdk_does")?;
    Ok(Found::Nothing)
}

type Outcomes = BTreeMap<(String, usize), String>;

async fn all(arguments: &Arguments, sdks: &Path) -> Result<Outcomes, Failure> {
    let is_unknown = |name: &&String| catalogue().iter().all(|fault| fault.name() != name.as_str());
    if let Some(name) = arguments.faults.iter().find(is_unknown) {
        return Err(format!("no fault {name:?}: docs/faults.md lists all by their whole names"));
    }
    let (sdks, mock) = (absolute(sdks)?, absolute(&arguments.mock_claude)?);
    let names = catalogue().iter().map(FaultInfo::name);
    let wanted =
        |name: &&str| arguments.faults.is_empty() || arguments.faults.iter().any(|it| it == name);
    let mut waiting: Vec<(String, usize)> = names
        .filter(wanted)
        .flat_map(|name| (0..SDKS.len()).map(move |sdk| (name.to_owned(), sdk)))
        .collect();
    waiting.reverse();
    // Node looks for packages next to the program.
    fs::copy(root().join("tests/official/faults.mjs"), sdks.join("faults.mjs"))
        .map_err(|error| format!("{}: {error}", sdks.display()))?;
    for (sdk, name) in SDKS.iter().enumerate() {
        let outcome = outcome(&sdks, &mock, "", sdk).await?;
        if outcome != "ignored" {
            return Err(format!("{name} without a fault: {outcome}"));
        }
    }
    let (mut running, mut found) = (JoinSet::new(), Outcomes::new());
    loop {
        while running.len() < AT_A_TIME
            && let Some((name, sdk)) = waiting.pop()
        {
            let (sdks, mock) = (sdks.clone(), mock.clone());
            running.spawn(async move {
                let outcome = outcome(&sdks, &mock, &name, sdk).await;
                (name, sdk, outcome)
            });
        }
        let Some(done) = running.join_next().await else { return Ok(found) };
        let (name, sdk, outcome) = done.map_err(|error| error.to_string())?;
        let outcome = outcome?;
        println!("{name}\t{}\t{outcome}", SDKS[sdk]);
        found.insert((name, sdk), outcome);
    }
}

/// What a program does about a fault, in the words of the page.
async fn outcome(sdks: &Path, mock: &Path, fault: &str, sdk: usize) -> Result<String, Failure> {
    let failed = |error: std::io::Error| format!("{fault}: {error}");
    let folder = tempfile::tempdir().map_err(failed)?;
    let mut program = program(sdks, &folder, sdk).map_err(failed)?;
    program.env("CLAUDE_WIRE_SCENARIO", root().join("tests/scenarios/faults.json"));
    program.env("STAND_IN", mock).env("CLAUDE_WIRE_SEED", "7");
    match fault {
        "" => drop(program.env_remove("CLAUDE_WIRE_SEED")),
        // Nothing that runs can have this fault: a file that cannot be executed has it.
        "spawn_fail" => {
            let file = folder.path().join("claude");
            fs::write(&file, "not a program\n").map_err(failed)?;
            program.env_remove("CLAUDE_WIRE_SEED").env("STAND_IN", file);
        }
        fault => drop(program.env("CLAUDE_WIRE_FAULT", fault)),
    }
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = program.spawn().map_err(failed)?;
    let mut stdout = child.stdout.take().ok_or("no stdout")?;
    // An orphan of the CLI may have the program's output: only the line counts.
    let line = async {
        let mut bytes = Vec::new();
        while !bytes.contains(&b'\n') && stdout.read_buf(&mut bytes).await.is_ok_and(|n| n > 0) {}
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let Ok(line) = timeout(LIMIT, line).await else { return Ok("hang".to_owned()) };
    let said: Value = serde_json::from_str(line.trim()).unwrap_or_default();
    Ok(word(&said))
}

fn word(said: &Value) -> String {
    let name = said["name"].as_str().unwrap_or_default();
    match (&said["answers"], said["kind"].as_str(), said["typed"].as_bool()) {
        (Value::String(answers), ..) if answers == ANSWERS => "ignored".to_owned(),
        (Value::String(_), ..) => "wrong answer".to_owned(),
        (_, Some("error"), Some(true)) => format!("typed error: `{name}`"),
        (_, Some("error"), _) => format!("generic error: `{name}`"),
        (_, Some("silent"), _) => "wrong answer: an end without a result".to_owned(),
        _ => "wrong answer: the program died".to_owned(),
    }
}

/// A program, in its own folder.
fn program(sdks: &Path, folder: &TempDir, sdk: usize) -> std::io::Result<Command> {
    let programs = root().join("tests/official");
    let mut command = Command::new(if sdk == 0 { "python3" } else { "node" });
    without_own_variables(command.as_std_mut());
    if sdk == 0 {
        command.env("PYTHONPATH", sdks.join("python"));
        command.arg("-B").arg(programs.join("faults.py"));
    } else {
        command.arg(sdks.join("faults.mjs"));
    }
    let (home, cwd) = (folder.path().join("home"), folder.path().join("work"));
    fs::create_dir(&home)?;
    fs::create_dir(&cwd)?;
    command.current_dir(cwd).env("HOME", home);
    Ok(command)
}

/// The versions of the SDKs in this folder, in the order of [`SDKS`].
fn versions(sdks: &Path) -> Result<[String; 2], Failure> {
    let read = |path: PathBuf| {
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let python = read(sdks.join("python/claude_agent_sdk/_version.py"))?;
    let python = python.lines().find_map(|line| line.strip_prefix("__version__ = "));
    let manifest = read(sdks.join("node_modules/@anthropic-ai/claude-agent-sdk/package.json"))?;
    let manifest: Value = serde_json::from_str(&manifest).unwrap_or_default();
    match (python, manifest["version"].as_str()) {
        (Some(python), Some(typescript)) => {
            Ok([python.trim_matches(['"', '\'']).to_owned(), typescript.to_owned()])
        }
        _ => Err(format!("{}: an SDK without a version", sdks.display())),
    }
}

/// `xtask/faults.tsv`: the versions that were run in its first line, and an outcome for each fault.
#[derive(Debug, Default, PartialEq)]
struct Table {
    versions: [String; 2],
    outcomes: Outcomes,
}

impl Table {
    fn path() -> PathBuf {
        root().join("xtask/faults.tsv")
    }

    fn read() -> Result<Self, Failure> {
        let path = Self::path();
        let text = fs::read_to_string(&path);
        Ok(Self::parse(&text.map_err(|error| format!("{}: {error}", path.display()))?))
    }

    fn parse(text: &str) -> Self {
        let mut table = Self::default();
        let mut rows = text.lines();
        let head = rows.next().unwrap_or_default().split('\t').skip(1);
        for (version, cell) in table.versions.iter_mut().zip(head) {
            *version = cell.rsplit(' ').next().unwrap_or_default().to_owned();
        }
        for row in rows {
            let mut cells = row.split('\t').map(str::to_owned);
            if let Some(name) = cells.next() {
                let cells = cells.enumerate();
                table.outcomes.extend(cells.map(|(sdk, said)| ((name.clone(), sdk), said)));
            }
        }
        table
    }

    /// Whether outcomes of these versions may be written next to those that stay.
    fn may_be_mixed_with(&self, ran: &[String; 2], some_stay: bool) -> Result<(), Failure> {
        if some_stay && self.versions != *ran {
            let [python, typescript] = &self.versions;
            return Err(format!(
                "the other outcomes are those of python {python} and typescript {typescript}: name no fault, so that all are run"
            ));
        }
        Ok(())
    }

    /// This table after these versions were run.
    fn with(mut self, versions: [String; 2], found: Outcomes) -> Self {
        self.outcomes.extend(found);
        Self { versions, ..self }
    }

    fn text(&self) -> String {
        let [python, typescript] = &self.versions;
        let mut text = format!("fault\tpython {python}\ttypescript {typescript}\n");
        for fault in catalogue() {
            let of = |sdk| self.outcomes.get(&(fault.name().to_owned(), sdk));
            let cell = |sdk| of(sdk).map(String::as_str).unwrap_or_default();
            text.push_str(&format!("{}\t{}\t{}\n", fault.name(), cell(0), cell(1)));
        }
        text
    }

    fn write(&self) -> Result<(), Failure> {
        let path = Self::path();
        fs::write(&path, self.text()).map_err(|error| format!("{}: {error}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;

    fn versions_of(python: &str, typescript: &str) -> [String; 2] {
        [python.to_owned(), typescript.to_owned()]
    }

    #[test]
    fn versions_are_those_of_the_packages_that_run() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(
            "python/claude_agent_sdk/_version.py",
            "\"\"\"Text.\"\"\"\n\n__version__ = \"1.2.3\"\n",
        );
        let manifest = "node_modules/@anthropic-ai/claude-agent-sdk/package.json";
        put(manifest, r#"{"name": "x", "version": "4.5.6"}"#);
        assert_eq!(versions(folder.path()), Ok(versions_of("1.2.3", "4.5.6")));
        put(manifest, "{}");
        assert!(versions(folder.path()).unwrap_err().contains("without a version"));
        fs::remove_file(folder.path().join(manifest)).unwrap();
        assert!(versions(folder.path()).unwrap_err().contains("package.json"));
    }

    #[test]
    fn a_table_keeps_the_outcomes_and_has_the_versions_of_the_run() {
        let table = Table::parse("fault\tpython 1.0\ttypescript 2.0\ncrlf\tignored\thang\n");
        assert_eq!(table.versions, versions_of("1.0", "2.0"));
        let found = Outcomes::from([(("crlf".to_owned(), 1), "ignored".to_owned())]);
        let text = table.with(versions_of("1.1", "2.1"), found).text();
        assert!(text.starts_with("fault\tpython 1.1\ttypescript 2.1\nspawn_fail\t"), "{text}");
        assert!(text.contains("\ncrlf\tignored\tignored\n"), "{text}");
        assert_eq!(Table::parse(&text).text(), text);
    }

    #[test]
    fn outcomes_of_two_versions_are_not_mixed() {
        let table = Table { versions: versions_of("1.0", "2.0"), ..Table::default() };
        let other = versions_of("1.0", "2.1");
        let error = table.may_be_mixed_with(&other, true).unwrap_err();
        assert!(error.contains("typescript 2.0") && error.contains("name no fault"), "{error}");
        assert_eq!(table.may_be_mixed_with(&other, false), Ok(()));
        assert_eq!(table.may_be_mixed_with(&versions_of("1.0", "2.0"), true), Ok(()));
    }
}
