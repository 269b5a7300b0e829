//! The packages for Python and TypeScript: their metadata, and their READMEs as a new user follows
//! them.
//!
//! `CLAUDE_WIRE_PACKAGES` names a folder with two, `python` and `typescript`, in which the first
//! command of the package's README was run. `.ci/run packages` does that.
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
    use std::os::unix::fs::symlink;
    use std::process::{Command, Output};

    use claude_wire::lab::{ApiReply, ApiScript, Hermetic, real_cli};
    use tokio::sync::Mutex;

    use super::*;
    use crate::support::text;

    /// One test at a time in the folder of TypeScript.
    static TYPESCRIPT: Mutex<()> = Mutex::const_new(());

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
            let mut command = Command::new("sh");
            // More arguments are for the command.
            command
                .args(["-c", &format!("{} \"$@\"", lines[number])])
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
        let package = Package::new("python", "python", "venv/bin");
        let recording = "recordings/test_greeting/test_greets_by_name/001.jsonl";
        follow(&package, recording, "greeting.py", "2 passed", "2 failed").await;
    }

    /// A program that gives its SDK no path, with the mock of the page.
    #[test]
    #[ignore = "needs the installed packages: .ci/run packages"]
    fn typescript_program_without_the_option_is_reached_by_the_mock_of_the_page() {
        let _alone = TYPESCRIPT.blocking_lock();
        let package = Package::new("npm", "typescript", "node_modules/.bin");
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
        command.args(["sh", "mocked.test.ts"]);
        let output = command.output().unwrap();
        fs::remove_file(path).unwrap();
        let said = shown(&output);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    #[test]
    #[ignore = "needs the installed packages: .ci/run packages"]
    fn typescript_compiler_accepts_the_readme() {
        let _alone = TYPESCRIPT.blocking_lock();
        let package = Package::new("npm", "typescript", "node_modules/.bin");
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
        let package = Package::new("npm", "typescript", "node_modules/.bin");
        let recording = "recordings/greeting/greets-by-name/001.jsonl";
        follow(&package, recording, "greeting.ts", "2 passed", "2 failed").await;
    }
}
