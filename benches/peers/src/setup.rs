//! The clients and the files of a run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use meter::Failure;
use serde_json::Value;

use crate::corpus;
use crate::options::Options;
use crate::row;

pub(crate) struct Setup {
    /// This program, as the CLI of the clients.
    pub(crate) cli: PathBuf,
    /// The folder of the Rust clients.
    pub(crate) clients: PathBuf,
    pub(crate) python: Option<PathBuf>,
    pub(crate) typescript: Option<PathBuf>,
    pub(crate) deltas: Lines,
    pub(crate) paced: Lines,
    pub(crate) turns: Lines,
    pub(crate) line: Lines,
    pub(crate) is_quick: bool,
    _folder: tempfile::TempDir,
}

/// A file of lines.
pub(crate) struct Lines {
    pub(crate) path: String,
    pub(crate) count: usize,
    /// The bytes of text in all deltas and answers.
    pub(crate) text: usize,
}

impl Setup {
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        let cli = env::current_exe()?;
        let clients = cli.parent().ok_or("this program is in no folder")?.to_owned();
        let installed = |path: &str| {
            let path = options.sdks.as_ref()?.canonicalize().ok()?.join(path);
            path.exists().then_some(path)
        };
        let python = installed("python");
        let typescript = installed("node_modules/@anthropic-ai/claude-agent-sdk");
        for (sdk, name) in [(&python, "python"), (&typescript, "typescript")] {
            if sdk.is_none() {
                println!("SKIPPED: the {name} SDK: --sdks names no folder that has it");
            }
        }
        if options.is_written && (python.is_none() || typescript.is_none()) {
            return Err("--write needs both SDKs".into());
        }
        let size = |full: usize| if options.is_quick { full / 10 } else { full };
        let folder = tempfile::tempdir()?;
        let write = |name: &str, corpus: corpus::Corpus| {
            let path = folder.path().join(name);
            fs::write(&path, &corpus.bytes)?;
            let path = path.into_os_string().into_string().map_err(|_| "a path without a name")?;
            Ok::<_, Failure>(Lines { path, count: corpus.lines, text: text_of(&corpus.bytes)? })
        };
        Ok(Self {
            deltas: write("deltas.jsonl", corpus::deltas(size(100_000)))?,
            paced: write("paced.jsonl", corpus::deltas(size(1_500)))?,
            turns: write("turns.jsonl", corpus::turns(size(40)))?,
            line: write("line.jsonl", corpus::answers(1, 64 << 20))?,
            cli,
            clients,
            python,
            typescript,
            is_quick: options.is_quick,
            _folder: folder,
        })
    }

    /// What has run, for the page.
    pub(crate) fn versions(&self) -> String {
        let first = |program: &str, arguments: &[&str], python: Option<&Path>| {
            let mut command = Command::new(program);
            command.args(arguments);
            command.envs(python.map(|path| ("PYTHONPATH", path)));
            let output = command.output().ok().filter(|output| output.status.success())?;
            Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let mut versions = vec![first("rustc", &["--version"], None).unwrap_or_default()];
        for name in ["claude-codes", "claude-wrapper"] {
            versions.push(format!("{name} {}", locked(name).unwrap_or_default()));
        }
        if let Some(path) = &self.python {
            let ask = "import importlib.metadata as m, platform; print(m.version('claude-agent-sdk') + ' on Python ' + platform.python_version())";
            let version = first("python3", &["-c", ask], Some(path)).unwrap_or_default();
            versions.push(format!("Python SDK {version}"));
        }
        if let Some(path) = &self.typescript {
            let about = fs::read_to_string(path.join("package.json")).unwrap_or_default();
            let about: Value = serde_json::from_str(&about).unwrap_or_default();
            let node = first("node", &["--version"], None).unwrap_or_default();
            let version = about["version"].as_str().unwrap_or_default();
            versions.push(format!("TypeScript SDK {version} on Node {node}"));
        }
        versions.join(", ")
    }
}

/// The bytes of text in the deltas and answers of these lines.
fn text_of(lines: &[u8]) -> Result<usize, Failure> {
    let mut bytes = 0;
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line)?;
        let texts = [&line["event"]["delta"]["text"], &line["message"]["content"][0]["text"]];
        bytes += texts.iter().filter_map(|text| text.as_str()).map(str::len).sum::<usize>();
    }
    Ok(bytes)
}

/// The version of a crate in our lock file.
fn locked(name: &str) -> Option<&'static str> {
    let (_, entry) = include_str!("../Cargo.lock").split_once(&format!("\nname = \"{name}\"\n"))?;
    entry.lines().next()?.strip_prefix("version = ")?.split('"').nth(1)
}

/// Builds each client by itself: what one asks of `serde_json` must not change another.
pub(crate) fn build() -> Result<(), Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for package in row::PACKAGES {
        let status = Command::new(&cargo)
            .args(["build", "--release", "--locked", "--quiet", "--package", package])
            .arg("--manifest-path")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .status()?;
        if !status.success() {
            return Err(format!("{package} does not build").into());
        }
    }
    Ok(())
}
