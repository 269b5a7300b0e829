//! The container recipe: what it builds and copies exists, and it does not run as root.

use std::fs;
use std::path::{Path, PathBuf};

use parse_dockerfile::{Command, CopyInstruction, Dockerfile, Instruction, Source};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where a file is copied from and to, with the stage.
fn copied<'a>(copy: &'a CopyInstruction<'_>) -> (Option<&'a str>, &'a str, &'a str) {
    let from = copy.options.iter().find(|flag| flag.name.value == "from");
    let from = from.and_then(|flag| Some(flag.value.as_ref()?.value.as_ref()));
    let [Source::Path(source)] = copy.src.as_slice() else { panic!("{:?}", copy.src) };
    (from, source.value.as_ref(), copy.dest.value.as_ref())
}

/// The names in `--package NAME` of the commands of a stage.
fn packages(recipe: &Dockerfile<'_>, stage: &str) -> Vec<String> {
    let mut names = Vec::new();
    for instruction in recipe.stage(stage).unwrap().instructions {
        let Instruction::Run(run) = instruction else { continue };
        let Command::Shell(command) = &run.arguments else { panic!("{:?}", run.arguments) };
        let words: Vec<_> = command.value.split_whitespace().collect();
        let pairs = words.windows(2).filter(|pair| pair[0] == "--package");
        names.extend(pairs.map(|pair| pair[1].to_owned()));
    }
    names
}

#[test]
fn the_recipe_ships_the_program_with_its_cli_and_without_root() {
    let text = fs::read_to_string(root().join("examples/chat/Dockerfile")).unwrap();
    let recipe = parse_dockerfile::parse(&text).unwrap();

    // It is built with the oldest Rust that is promised, from packages that exist.
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let oldest = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap();
    let image = &recipe.stage("build").unwrap().from.image.value;
    assert!(image.starts_with(&format!("rust:{}", oldest.trim_end_matches('"'))), "{image}");
    assert_eq!(packages(&recipe, "build"), ["chat", "claude-wire-cli"]);
    let binaries = ["chat", "claude-wire"];

    // What is copied between stages comes from one that has it.
    let stages: Vec<_> = recipe.stages().collect();
    let mut shipped = Vec::new();
    for (number, stage) in stages.iter().enumerate() {
        for instruction in stage.instructions {
            let Instruction::Copy(copy) = instruction else { continue };
            let (from, source, to) = copied(copy);
            let Some(from) = from else {
                assert_eq!(source, ".");
                continue;
            };
            let known = stages[..number].iter().filter_map(|stage| stage.from.as_.as_ref());
            assert!(known.clone().any(|(_, name)| name.value == from), "no stage {from}");
            if let Some(binary) = source.strip_prefix("/source/target/release/") {
                assert!(binaries.contains(&binary), "no program {binary}");
            }
            if number + 1 == stages.len() {
                shipped.push(to);
            }
        }
    }
    assert_eq!(shipped, ["/app/chat", "/app/cli/claude"]);

    // The last stage runs the program as a user, without a shell, and has no secrets.
    let last = stages.last().unwrap().instructions;
    let position = |is: fn(&Instruction<'_>) -> bool| last.iter().position(is).unwrap();
    let user = position(|one| matches!(one, Instruction::User(_)));
    let entry = position(|one| matches!(one, Instruction::Entrypoint(_)));
    let Instruction::User(user) = &last[user] else { unreachable!() };
    assert!(user.arguments.value.parse::<u32>().is_ok_and(|id| id > 0), "{:?}", user.arguments);
    let Instruction::Entrypoint(entry) = &last[entry] else { unreachable!() };
    let Command::Exec(command) = &entry.arguments else { panic!("{:?}", entry.arguments) };
    let command: Vec<_> = command.value.iter().map(|word| word.value.as_ref()).collect();
    assert_eq!(command[2..4], ["/app/chat", "--live"]);
    for instruction in last {
        if let Instruction::Env(env) = instruction {
            let env = &env.arguments.value;
            assert!(!env.contains("KEY") && !env.contains("TOKEN"), "{env}");
        }
        assert!(!matches!(instruction, Instruction::Arg(_)), "an argument stays in the image");
    }
    let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "**/target"));
    assert!(ignored.lines().any(|line| line == ".git"));
}
