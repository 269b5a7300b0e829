//! `compatibility`: programs on clients that others wrote, against recordings and scenarios.

mod cases;
mod client;
mod counts;
mod link;
mod outcome;
mod page;
mod record;
mod shows;
mod wrapper;

use std::path::PathBuf;
use std::process::Command;

use claude_wire_cli::{Failure, Found, lab};
use tokio::runtime::{Builder, Runtime};

use self::cases::{Case, cases};
use self::client::{Client, Tools};
use self::page::{Table, broken};
use crate::{absolute, root};

/// Run programs on clients that others wrote against recordings and scenarios, and write the page
/// docs/compatibility.md.
///
/// Each program plays what was recorded with it, what was recorded with the same program on another
/// client, entries of the corpus, and scenarios. Each recording and scenario is also played to a program
/// that was changed in one place, and must be refused for this change. The outcomes go into
/// xtask/compatibility.tsv, and from there into the page; those of clients that are not run stay. The
/// SDKs and the adapter are in a folder as `.ci/run official-sdks` makes it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo build --package claude-wire-cli
  cargo xtask compatibility --sdks target/official-sdks --peers
  cargo xtask compatibility --sdks target/official-sdks --peers --wrapper-tests --check
  cargo xtask compatibility --sdks target/official-sdks --record ./claude acp

Exit codes: 0 all is well, 1 a program was refused that was not changed, or one that was changed was accepted, or \
                       refused for another reason, or with --check an outcome is not that of the page, 2 the command \
                       could not do its work.")]
pub(crate) struct Arguments {
    /// The folder with the SDKs: the packages of Python in `python`, `node_modules`, and the adapter
    /// in `acp`
    #[arg(long, value_name = "FOLDER")]
    sdks: Option<PathBuf>,
    /// The stand-in
    #[arg(long, value_name = "PATH", default_value = "target/debug/mock-claude")]
    mock_claude: PathBuf,
    /// Also build and run the programs on crates of Rust, in tests/peers
    #[arg(long)]
    peers: bool,
    /// Also run the tests of claude-wrapper that need a `claude`, with the stand-in
    #[arg(long, requires = "peers")]
    wrapper_tests: bool,
    /// Run these tests with this CLI, too, in a closed network
    #[arg(long, value_name = "CLI", requires = "wrapper_tests", conflicts_with = "check")]
    real_cli: Option<PathBuf>,
    /// Write nothing; compare the outcomes with those of the page, but for the reasons. In a closed
    /// network
    #[arg(long)]
    check: bool,
    /// Record what is missing first, with this CLI, in a closed network
    #[arg(long, value_name = "CLI", conflicts_with = "check")]
    record: Option<PathBuf>,
    /// Only these clients: `python`, `typescript`, `acp` (with --sdks), `shell`, `codes`, `wrapper` (with
    /// --peers). Default: all that can run
    #[arg(value_name = "CLIENT")]
    clients: Vec<String>,
}

/// How many run at a time.
const AT_A_TIME: usize = 3;

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let chosen = chosen(arguments)?;
    let tools = Tools {
        sdks: arguments.sdks.as_deref().map(absolute).transpose()?,
        peers: arguments.peers.then(build_peers).transpose()?,
        mock_claude: absolute(&arguments.mock_claude)?,
    };
    let target = root().join("target/peers");
    if arguments.wrapper_tests {
        wrapper::build_all(&target)?;
    }
    if arguments.check || arguments.record.is_some() || arguments.real_cli.is_some() {
        lab::enter_closed_network()?;
    }
    let mut problems = Vec::new();
    if arguments.wrapper_tests {
        let tests = runtime()?.block_on(wrapper::with_stand_in(&target, &tools.mock_claude))?;
        match arguments.check {
            true => problems.extend(tests.unlike(&wrapper::Tests::load())),
            false => tests.save()?,
        }
        if let Some(cli) = &arguments.real_cli {
            runtime()?.block_on(wrapper::with_real_cli(&target, &absolute(cli)?))?.save()?;
        }
    }
    if let Some(cli) = &arguments.record {
        let cli = absolute(cli)?;
        runtime()?.block_on(record::missing(&chosen, &tools, &cli))?;
    }
    problems.extend(runtime()?.block_on(play(chosen, tools, arguments.check))?);
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    Ok(if problems.is_empty() { Found::Nothing } else { Found::Something })
}

/// The argument without which programs of this client cannot run, if it is not there.
fn lacks(arguments: &Arguments, client: Client) -> Option<&'static str> {
    let (is_there, argument) = match client {
        Client::Shell => return None,
        Client::Python | Client::TypeScript | Client::Acp => {
            (arguments.sdks.is_some(), "--sdks FOLDER")
        }
        // Crates of Rust, so that the programs are built.
        Client::Codes | Client::Wrapper => (arguments.peers, "--peers"),
    };
    (!is_there).then_some(argument)
}

/// The cases of the clients that are named, all of which must be able to run; of all that can if none is
/// named.
fn chosen(arguments: &Arguments) -> Result<Vec<Case>, Failure> {
    for name in &arguments.clients {
        let client = Client::ALL.into_iter().find(|client| client.name() == name);
        let client = client.ok_or_else(|| {
            format!("no client is named {name:?}; `cargo xtask compatibility --help` names them")
        })?;
        if let Some(argument) = lacks(arguments, client) {
            return Err(format!("programs of the client {name} cannot run without {argument}"));
        }
    }
    let is_named = |client: Client| {
        arguments.clients.is_empty() || arguments.clients.iter().any(|name| name == client.name())
    };
    let mut chosen = cases();
    chosen.retain(|case| is_named(case.client) && lacks(arguments, case.client).is_none());
    Ok(chosen)
}

/// Plays them, and writes what came of it, unless it is only compared. Returns what is wrong.
async fn play(chosen: Vec<Case>, tools: Tools, is_check: bool) -> Result<Vec<String>, Failure> {
    let mut table = Table::load();
    let mut problems = Vec::new();
    let tools = std::sync::Arc::new(tools);
    let one = |case: Case| {
        let tools = tools.clone();
        async move {
            let outcome = outcome::outcome(&case, &tools).await?;
            Ok((case, outcome))
        }
    };
    let ran = lab::side_by_side(chosen, AT_A_TIME, one).await?;
    for (case, outcome) in ran {
        println!(
            "{}\t{}\t{}\t{}",
            case.client.name(),
            case.plays(),
            outcome.played,
            outcome.changed
        );
        problems.extend(broken(&case, &outcome));
        let expected = table.get(&case);
        if is_check && !expected.is_some_and(|expected| expected.is_like(&outcome)) {
            let what = format!("{} with {}", case.client.name(), case.plays());
            problems.push(format!("not as the page says: {what}: {outcome:?}, not {expected:?}"));
        }
        table.set(&case, outcome);
    }
    if !is_check {
        table.save()?;
    }
    Ok(problems)
}

/// Builds the programs of `tests/peers`, which no other command does. Returns their folder.
fn build_peers() -> Result<PathBuf, Failure> {
    let target = root().join("target/peers");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--manifest-path=tests/peers/Cargo.toml"]);
    cargo.arg("--target-dir").arg(&target).current_dir(root());
    let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err("the programs of tests/peers cannot be built".to_owned());
    }
    absolute(&target.join("debug"))
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))
}
