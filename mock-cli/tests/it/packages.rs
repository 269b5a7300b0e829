//! The packages for Python and TypeScript: their metadata, and their READMEs as a new user follows
//! them.
//!
//! `CLAUDE_WIRE_PACKAGES` names a folder with two, `python` and `typescript`, in which the first
//! command of the package's README was run, and `sources`, a Python SDK without a CLI. `.ci/run
//! packages` does that.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn package(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `mock-cli/Cargo.toml` is where the version is written.
#[test]
fn versions_are_those_of_the_cargo_package() {
    let npm: Value = serde_json::from_str(&read(&package("npm/package.json"))).unwrap();
    assert_eq!(npm["version"], env!("CARGO_PKG_VERSION"));
    let python = read(&package("python/pyproject.toml"));
    // maturin takes it from the Cargo package.
    assert!(python.contains("\ndynamic = [\"version\"]\n"));
    assert!(python.contains("\nmanifest-path = \"../Cargo.toml\"\n"));
    assert!(!python.contains("\nversion = "));
}

#[test]
fn metadata_is_complete() {
    let npm: Value = serde_json::from_str(&read(&package("npm/package.json"))).unwrap();
    let python = read(&package("python/pyproject.toml"));
    for key in ["name", "description", "license", "keywords"] {
        assert!(!npm[key].is_null(), "{key}");
        assert!(python.contains(&format!("\n{key} = ")), "{key}");
    }
    assert!(npm["description"].as_str().unwrap().contains("Claude Code CLI"));
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        assert_eq!(read(&package("python").join(licence)), read(&package(licence)), "{licence}");
    }
    // What the map of exports names is in the package.
    let exports = npm["exports"].as_object().unwrap().values();
    let paths = exports.flat_map(|export| match export {
        Value::String(path) => vec![path.clone()],
        other => other.as_object().unwrap().values().map(|path| path.to_string()).collect(),
    });
    for path in paths {
        assert!(package("npm").join(path.trim_matches('"')).is_file(), "{path}");
    }
}

/// The two packages have the same modes, and those of `mock-claude`.
#[test]
fn modes_are_those_of_the_stand_in() {
    use claude_wire::recorder::Mode;
    let python = read(&package("python/src/claude_wire/_run.py"));
    let npm = read(&package("npm/src/run.js"));
    for mode in [Mode::None, Mode::Once, Mode::Rewrite, Mode::Passthrough] {
        let quoted = format!("\"{mode}\"");
        let listed = |text: &str| {
            text.lines().any(|line| line.contains("MODES = ") && line.contains(&quoted))
        };
        assert!(listed(&python) && listed(&npm), "{mode}");
    }
}

/// The two packages unset the same variables, which the stand-in knows, and among them each that
/// names something to play.
#[test]
fn unset_variables_are_those_of_the_stand_in() {
    let listed = |path: &str, name: &str| -> Vec<String> {
        let text = read(&package(path));
        let (_, list) = text.split_once(name).unwrap().1.split_once('=').unwrap();
        let list = list.split([';', ')']).next().unwrap();
        list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let python = listed("python/src/claude_wire/_run.py", "_SOURCES");
    assert_eq!(python, listed("npm/src/run.js", "const SOURCES"));
    let known = listed("src/mock_claude/environment.rs", "const NAMES");
    assert!(!python.is_empty() && python.iter().all(|name| known.contains(name)), "{python:?}");
    let sources = listed("src/mock_claude/source.rs", "const VARIABLES");
    assert!(!sources.is_empty() && sources.iter().all(|name| python.contains(name)), "{python:?}");
}

/// What a new user does, with the real CLI in front of the fake API.
#[cfg(all(unix, feature = "lab"))]
mod followed {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::{Command, Output};

    use claude_wire::lab::{ApiReply, ApiScript, Hermetic, real_cli};
    use tokio::sync::Mutex;

    use super::*;
    use crate::support::text;

    /// One test at a time in each folder.
    static PYTHON: Mutex<()> = Mutex::const_new(());
    static TYPESCRIPT: Mutex<()> = Mutex::const_new(());

    fn python() -> Package {
        Package::new("python", "python", "venv/bin")
    }

    fn typescript() -> Package {
        Package::new("npm", "typescript", "node_modules/.bin")
    }

    /// A package, and the folder in which its README is followed.
    struct Package {
        readme: String,
        folder: PathBuf,
        /// Where its interpreter has programs.
        programs: PathBuf,
    }

    impl Package {
        fn new(source: &str, folder: &str, programs: &str) -> Self {
            let packages = std::env::var_os("CLAUDE_WIRE_PACKAGES")
                .expect("CLAUDE_WIRE_PACKAGES names the folder with the installed packages");
            let folder = Path::new(&packages).join(folder);
            let programs = folder.join(programs);
            let package =
                Self { readme: read(&package(source).join("README.md")), folder, programs };
            for (name, content) in package.files() {
                fs::write(package.folder.join(name), content).unwrap();
            }
            let _ = fs::remove_dir_all(package.folder.join("recordings"));
            package
        }

        /// Those that the README shows: a line that ends in "in `NAME`:", then a block.
        fn files(&self) -> Vec<(String, String)> {
            let parts = self.readme.split("`:\n\n```");
            let parts: Vec<&str> = parts.collect();
            let files = parts.windows(2).map(|pair| {
                let name = pair[0].rsplit('`').next().unwrap();
                let code = pair[1].split_once('\n').unwrap().1;
                (name.to_owned(), code.split("```").next().unwrap().to_owned())
            });
            let files: Vec<_> = files.collect();
            assert_eq!(files.len(), 2, "{files:?}");
            files
        }

        /// The three commands: install, record, replay.
        fn command(&self, number: usize) -> Command {
            let block = self.readme.split("```sh\n").nth(1).unwrap();
            let lines: Vec<&str> = block.split("```").next().unwrap().lines().collect();
            assert_eq!(lines.len(), 3, "{lines:?}");
            self.run(lines[number])
        }

        /// A command of a shell, in the folder. More arguments are for the command.
        fn run(&self, line: &str) -> Command {
            let mut command = Command::new("sh");
            command
                .args(["-c", &format!("{line} \"$@\""), "sh"])
                .current_dir(&self.folder)
                .env_clear();
            command.env("NO_COLOR", "1").env("COLUMNS", "200");
            command.env("HOME", self.folder.join("home"));
            // npx would ask the registry for a newer npm.
            command.env("npm_config_update_notifier", "false");
            self.path(&mut command, None);
            command
        }

        fn path(&self, command: &mut Command, first: Option<&Path>) {
            let path = std::env::var("PATH").unwrap();
            let first = first.map(|first| format!("{}:", first.display())).unwrap_or_default();
            command.env("PATH", format!("{first}{}:{path}", self.programs.display()));
        }

        async fn records(&self) -> Output {
            let cli = real_cli().expect("CLAUDE_WIRE_REAL_CLI names the real CLI");
            let api =
                ApiScript::new().on_prompt("Greet Alice", [ApiReply::text("Good morning, Alice!")]);
            let place = Hermetic::start(&cli, api).await.unwrap();
            let bin = tempfile::tempdir().unwrap();
            symlink(&cli, bin.path().join("claude")).unwrap();
            let mut command = self.command(1);
            command.envs(place.env());
            self.path(&mut command, Some(bin.path()));
            let output =
                tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            place.finish().unwrap();
            output
        }

        fn replays(&self) -> Output {
            self.command(2).output().unwrap()
        }

        /// Changes the program as the README says.
        fn changes(&self, program: &str) {
            let path = self.folder.join(program);
            let code = read(&path);
            assert_eq!(code.matches("Greet ").count(), 1, "{code}");
            fs::write(path, code.replace("Greet ", "Welcome ")).unwrap();
        }

        /// The lines of the report that the README shows.
        fn report(&self) -> Vec<&str> {
            let block = self.readme.split("```text\n").nth(1).unwrap();
            block.split("```").next().unwrap().lines().map(str::trim).collect()
        }
    }

    fn shown(output: &Output) -> String {
        text(&output.stdout) + &text(&output.stderr)
    }

    async fn follow(package: &Package, recording: &str, program: &str, passed: &str, failed: &str) {
        let recorded = package.records().await;
        let said = shown(&recorded);
        assert!(recorded.status.success() && said.contains(passed), "{said}");
        assert!(said.contains("claude-wire: recorded "), "{said}");
        assert!(package.readme.contains(recording), "{recording}");
        let content = read(&package.folder.join(recording));
        assert!(content.contains("Good morning, Alice!"), "{content}");

        let replayed = package.replays();
        let said = shown(&replayed);
        assert!(replayed.status.success() && said.contains(passed), "{said}");
        assert!(!said.contains("claude-wire: recorded "), "{said}");

        package.changes(program);
        let changed = package.replays();
        let said = shown(&changed);
        assert!(!changed.status.success() && said.contains(failed), "{said}");
        for line in package.report() {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert_eq!(read(&package.folder.join(recording)), content, "a replay only reads it");
    }

    #[tokio::test]
    #[ignore = "needs the installed packages, a real CLI and a closed network: .ci/run packages"]
    async fn python_readme_leads_to_a_recorded_test() {
        let _alone = PYTHON.lock().await;
        let package = python();
        let recording = "recordings/test_greeting/test_greets_by_name/001.jsonl";
        follow(&package, recording, "greeting.py", "2 passed", "2 failed").await;
    }

    /// A page of the documentation.
    fn page(name: &str) -> String {
        read(&super::package("../docs").join(name))
    }

    /// The block of a page in this language that has this text.
    fn block(page: &str, language: &str, with: &str) -> String {
        let start = format!("```{language}\n");
        let mut blocks = page.split(&start).skip(1);
        let block = blocks.find_map(|part| {
            let block = part.split("```").next().unwrap();
            block.contains(with).then(|| block.to_owned())
        });
        block.unwrap_or_else(|| panic!("no block of {language} with {with}"))
    }

    /// npm made the `package.json`: there was nothing in the folder but the package.
    #[test]
    #[ignore = "needs the installed packages: .ci/run packages"]
    fn typescript_readme_begins_in_an_empty_folder() {
        let _alone = TYPESCRIPT.blocking_lock();
        let manifest = read(&typescript().folder.join("package.json"));
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let keys: Vec<_> = manifest.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["dependencies"], "{manifest}");
        let names: Vec<_> = manifest["dependencies"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["@anthropic-ai/claude-agent-sdk", "claude-wire", "vitest"]);
    }

    const TIDY_PYTHON: &str = r#"
import asyncio

from claude_agent_sdk import AssistantMessage, ClaudeAgentOptions, ClaudeSDKClient, PermissionResultDeny, TextBlock


async def deny(name, given, context):
    return PermissionResultDeny(message="no")


async def ask():
    text = ""
    async with ClaudeSDKClient(ClaudeAgentOptions(can_use_tool=deny)) as client:
        await client.query("Tidy up")
        async for message in client.receive_response():
            if isinstance(message, AssistantMessage):
                text += "".join(block.text for block in message.content if isinstance(block, TextBlock))
    return text


def tidy_up():
    return asyncio.run(ask())
"#;

    const TIDY_TYPESCRIPT: &str = r#"
import { query } from "@anthropic-ai/claude-agent-sdk";

async function* prompts() {
  yield { type: "user" as const, message: { role: "user" as const, content: "Tidy up" }, parent_tool_use_id: null };
}

export async function tidyUp(claude: string): Promise<string> {
  const canUseTool = async () => ({ behavior: "deny" as const, message: "no" });
  for await (const message of query({ prompt: prompts(), options: { canUseTool, pathToClaudeCodeExecutable: claude } })) {
    if (message.type === "result" && message.subtype === "success") return message.result;
  }
  return "";
}
"#;

    /// The script of a page tests a program, and fails if that asks something else.
    fn works_by_hand(package: &Package, interpreter: &str, script: &str, snippet: &str) {
        by_hand(package, script, snippet);
        let line = format!("cd by-hand && PATH=$PWD:$PATH && {interpreter} {script}");
        let output = package.run(&line).output().unwrap();
        assert!(output.status.success(), "{}", shown(&output));
        let journal = package.folder.join("by-hand/run-1");
        let files = fs::read_dir(&journal).unwrap().count();
        assert!(files > 0, "the run is where the page says");
        let program = package.folder.join("by-hand/my-program");
        fs::write(&program, read(&program).replace("Add", "Multiply")).unwrap();
        fs::remove_dir_all(journal).unwrap();
        let output = package.run(&line).output().unwrap();
        assert!(!output.status.success(), "{}", shown(&output));
    }

    /// A program with two launches, its recordings and the script of the page that tests it.
    fn by_hand(package: &Package, script: &str, snippet: &str) {
        let place = package.folder.join("by-hand");
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(place.join("recordings/greeting")).unwrap();
        let repository = super::package("..");
        for file in fs::read_dir(repository.join("tests/official/recordings/shell-sum")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), place.join("recordings/greeting").join(file.file_name()))
                .unwrap();
        }
        let program = place.join("my-program");
        fs::copy(repository.join("tests/scenarios/sum.sh"), &program).unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        // Nothing is left of it in the folder for all.
        assert_eq!(snippet.matches("\"/tmp/run-1\"").count(), 1, "{snippet}");
        fs::write(place.join(script), snippet.replace("/tmp/run-1", "run-1")).unwrap();
    }

    #[test]
    #[ignore = "needs the installed packages: .ci/run packages"]
    fn python_snippets_of_the_page_work_as_written() {
        let _alone = PYTHON.blocking_lock();
        let (package, page) = (python(), page("python.md"));
        let snippet = block(&page, "python", "def test_denies_what_deletes(");
        fs::write(package.folder.join("tidy.py"), TIDY_PYTHON).unwrap();
        let test = format!("from tidy import tidy_up\n\n\n{snippet}");
        fs::write(package.folder.join("test_tidy.py"), test).unwrap();
        let output = package.run("pytest test_tidy.py").output().unwrap();
        for name in ["tidy.py", "test_tidy.py"] {
            fs::remove_file(package.folder.join(name)).unwrap();
        }
        let said = shown(&output);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");

        let script = block(&page, "python", "from claude_wire import Run");
        works_by_hand(&package, "python", "check.py", &script);
    }

    #[test]
    #[ignore = "needs the installed packages: .ci/run packages"]
    fn typescript_snippets_of_the_page_work_as_written() {
        let _alone = TYPESCRIPT.blocking_lock();
        let (package, page) = (typescript(), page("typescript.md"));
        let snippet = block(&page, "ts", "test(\"denies what deletes\"");
        fs::write(package.folder.join("tidy.ts"), TIDY_TYPESCRIPT).unwrap();
        let imports = "import { test } from \"claude-wire/vitest\";\nimport { expect } from \"vitest\";\n\
                       import { tidyUp } from \"./tidy.js\";\n";
        fs::write(package.folder.join("tidy.test.ts"), format!("{imports}{snippet}")).unwrap();
        let output = package.run("npx vitest run tidy.test.ts").output().unwrap();
        for name in ["tidy.ts", "tidy.test.ts"] {
            fs::remove_file(package.folder.join(name)).unwrap();
        }
        let said = shown(&output);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");

        // It has no types, so Node takes it as it is.
        let script = block(&page, "ts", "import { Run } from \"claude-wire\"");
        works_by_hand(&package, "node", "check.mjs", &script);
    }

    /// A file that is put away, and comes back.
    struct PutAway(PathBuf);

    impl PutAway {
        fn new(file: PathBuf) -> Self {
            fs::rename(&file, file.with_extension("away")).unwrap();
            Self(file)
        }
    }

    impl Drop for PutAway {
        fn drop(&mut self) {
            fs::rename(self.0.with_extension("away"), &self.0).unwrap();
        }
    }

    /// A program on the Python SDK in another process than the test: the SDK starts the CLI of its
    /// wheel there, unless one of the ways of the page is taken.
    #[test]
    #[ignore = "needs the installed packages and a closed network: .ci/run packages"]
    fn python_program_in_another_process_is_reached_in_the_ways_of_the_page() {
        let _alone = PYTHON.blocking_lock();
        let (package, page) = (python(), page("python.md"));
        let option =
            page.split('`').find(|code| code.starts_with("ClaudeAgentOptions(cli_path=os"));
        let option = option.expect("the option of the page");
        assert!(page.contains("- or delete `claude_agent_sdk/_bundled/claude` in the environment"));
        let test = r#"
import subprocess
import sys


def test_other(claude_wire):
    claude_wire.scenario([{"prompt": "Greet Alice", "reply": "Good morning!"}])
    done = subprocess.run([sys.executable, "other.py"], capture_output=True, text=True)
    assert done.stdout == "Good morning!\n", done.stdout + done.stderr
"#;
        fs::write(package.folder.join("test_other.py"), test).unwrap();
        let run = |options: &str, path: Option<&Path>| {
            let program = format!(
                "import asyncio\nimport os\n\nfrom claude_agent_sdk import AssistantMessage, ClaudeAgentOptions, query\n\n\n\
                 async def main():\n    async for message in query(prompt=\"Greet Alice\", options={options}):\n        \
                 if isinstance(message, AssistantMessage):\n            print(message.content[0].text)\n\n\nasyncio.run(main())\n"
            );
            fs::write(package.folder.join("other.py"), program).unwrap();
            let mut command = package.run("pytest test_other.py");
            if let Some(path) = path {
                command.env("PYTHONPATH", path);
            }
            let output = command.output().unwrap();
            (output.status.success(), shown(&output))
        };
        let (passes, said) = run("ClaudeAgentOptions()", None);
        assert!(!passes && said.contains("the stand-in was not launched"), "{said}");

        let (passes, said) = run(option, None);
        assert!(passes && said.contains("1 passed"), "the option: {said}");

        let sources = package.folder.join("../sources");
        assert!(sources.join("claude_agent_sdk").is_dir());
        assert!(!sources.join("claude_agent_sdk/_bundled/claude").exists());
        let (passes, said) = run("ClaudeAgentOptions()", Some(&sources));
        assert!(passes && said.contains("1 passed"), "--no-binary: {said}");

        let packages = fs::read_dir(package.folder.join("venv/lib")).unwrap().next().unwrap();
        let installed = packages.unwrap().path().join("site-packages/claude_agent_sdk");
        let away = PutAway::new(installed.join("_bundled/claude"));
        let (passes, said) = run("ClaudeAgentOptions()", None);
        drop(away);
        assert!(passes && said.contains("1 passed"), "without the file: {said}");
        for name in ["other.py", "test_other.py"] {
            fs::remove_file(package.folder.join(name)).unwrap();
        }
    }

    /// A program that gives its SDK no path, with the mock of the page.
    #[test]
    #[ignore = "needs the installed packages: .ci/run packages"]
    fn typescript_program_without_the_option_is_reached_by_the_mock_of_the_page() {
        let _alone = TYPESCRIPT.blocking_lock();
        let package = typescript();
        let page = read(&super::package("../docs/typescript.md"));
        let mock = page.split("```ts\n").find(|block| block.contains("vi.mock(")).unwrap();
        let test = r#"
            import { expect } from "vitest";
            import { greet } from "./greeting.js";

            test("greets", async ({ claudeWire }) => {
              claudeWire.scenario([{ prompt: "Greet Alice", reply: "Good morning!" }]);
              expect(await greet("Alice")).toBe("Good morning!");
            });
        "#;
        let path = package.folder.join("mocked.test.ts");
        fs::write(&path, format!("{}{test}", mock.split("```").next().unwrap())).unwrap();
        let mut command = package.command(2);
        command.arg("mocked.test.ts");
        let output = command.output().unwrap();
        fs::remove_file(path).unwrap();
        let said = shown(&output);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    #[test]
    #[ignore = "needs the installed packages: .ci/run packages"]
    fn typescript_compiler_accepts_the_readme() {
        let _alone = TYPESCRIPT.blocking_lock();
        let package = typescript();
        let compile = |test: &str| {
            let mut command = Command::new("tsc");
            command.args(["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext"]);
            command.args(["--target", "es2022", "--types", "node", test]);
            command.current_dir(&package.folder);
            package.path(&mut command, None);
            command.output().unwrap()
        };
        let accepted = compile("greeting.test.ts");
        assert!(accepted.status.success(), "{}", shown(&accepted));
        let wrong = read(&package.folder.join("greeting.test.ts")).replace(".prompts", ".prompt");
        fs::write(package.folder.join("wrong.test.ts"), wrong).unwrap();
        let refused = compile("wrong.test.ts");
        fs::remove_file(package.folder.join("wrong.test.ts")).unwrap();
        assert!(shown(&refused).contains("'prompt' does not exist"), "{}", shown(&refused));
    }

    #[tokio::test]
    #[ignore = "needs the installed packages, a real CLI and a closed network: .ci/run packages"]
    async fn typescript_readme_leads_to_a_recorded_test() {
        let _alone = TYPESCRIPT.lock().await;
        let package = typescript();
        let recording = "recordings/greeting/greets-by-name/001.jsonl";
        follow(&package, recording, "greeting.ts", "2 passed", "2 failed").await;
    }
}
