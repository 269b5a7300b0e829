//! Sessions on two machines, reached by a real sshd: network namespaces inside of one that has no way
//! out, with the real CLI.
//!
//! Needs root, an sshd (Debian: openssh-server), `CLAUDE_WIRE_REAL_CLI`, and a network namespace with
//! only loopback: `.ci/run real-cli` runs it. Alone in its process, because it adds interfaces.
#![cfg(all(feature = "lab", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use claude_wire::Session;
use claude_wire::lab::{ApiReply, ApiScript, Hermetic, When, real_cli};
use claude_wire::session::SessionBuilder;
use claude_wire::store::InMemorySessionStore;
use claude_wire::transport::{Launcher, OrphanGuard};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

/// How often to poll for what gives no event.
const LOOK: Duration = Duration::from_millis(20);
/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);
/// In the environment of the program that is killed: what it needs, as JSON.
const PROGRAM: &str = "OVER_SSH_PROGRAM";
/// A value that every shell on the way could read as something else.
const HOSTILE: &str = "canary ' \" \\ $(touch /pwned) `x` $HOME\n!! \u{e4}\u{1f600} ;&|<>*? end";

/// What the commands say if they fail.
fn ok(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn ip(words: &str) {
    ok(Command::new("ip").args(words.split_whitespace()));
}

/// A machine with an sshd, in its own namespaces for the network and for processes.
struct Machine {
    child: Child,
    number: u8,
    folder: PathBuf,
}

impl Machine {
    /// Makes the namespaces, joins them to this one by a cable, and starts the sshd.
    fn start(number: u8, root: &Path) -> Self {
        let folder = root.join(format!("machine-{number}"));
        fs::create_dir_all(folder.join("config")).unwrap();
        let key = |name: &str| {
            let file = folder.join(name);
            ok(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&file));
            fs::read_to_string(file.with_extension("pub")).unwrap()
        };
        let host_key = key("host");
        fs::write(folder.join("authorized"), key("user")).unwrap();
        let this = format!("10.77.{number}.2");
        fs::write(folder.join("known"), format!("[{this}]:2222 {host_key}")).unwrap();
        let at = folder.display();
        let config = format!(
            "Port 2222\nListenAddress {this}\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized\n\
             PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n\
             PermitRootLogin prohibit-password\nClientAliveInterval 1\nClientAliveCountMax 2\n"
        );
        fs::write(folder.join("sshd_config"), config).unwrap();
        // The sshd begins when the cable is there.
        let begin = r#"ip link set lo up && read go && exec /usr/sbin/sshd -D -e -f "$0""#;
        let child = Command::new("unshare")
            .args(["--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--"])
            .args(["sh", "-c", begin])
            .arg(folder.join("sshd_config"))
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut machine = Self { number, folder, child };
        machine.has_own_network();
        let (pid, here) = (machine.child.id(), machine.cable());
        ip(&format!("link add {here} type veth peer name cable netns {pid}"));
        ip(&format!("addr add 10.77.{number}.1/30 dev {here}"));
        ip(&format!("link set {here} up"));
        machine.inside(&format!("addr add {this}/30 dev cable"));
        machine.inside("link set cable up");
        machine.child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        let mut lines = BufReader::new(machine.child.stderr.take().unwrap()).lines();
        let listens =
            lines.by_ref().map_while(Result::ok).any(|line| line.contains("listening on"));
        assert!(listens, "the sshd did not start");
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| println!("sshd {number}: {line}"))
        });
        machine
    }

    fn cable(&self) -> String {
        format!("cable{}", self.number)
    }

    /// Waits until the child has left this network namespace.
    fn has_own_network(&self) {
        let network = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/net")).unwrap();
        let own = network("self");
        while network(&self.child.id().to_string()) == own {
            // A namespace has no event.
            std::thread::sleep(LOOK);
        }
    }

    /// `ip` on this machine.
    fn inside(&self, words: &str) {
        let network = format!("--net=/proc/{}/ns/net", self.child.id());
        ok(Command::new("nsenter").arg(network).arg("ip").args(words.split_whitespace()));
    }

    /// Pulls the cable out, at its end of it.
    fn cut_off(&self) {
        self.inside("link set cable down");
    }

    /// The CLIs that run here.
    fn clis(&self) -> Vec<String> {
        let own = fs::read_link(format!("/proc/{}/ns/net", self.child.id())).unwrap();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().into_string() else { continue };
            let is_here = fs::read_link(entry.path().join("ns/net")).is_ok_and(|net| net == own);
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            if is_here && name.trim() == "claude" {
                found.push(pid);
            }
        }
        found
    }

    async fn has_no_cli(&self) {
        let none = async {
            while !self.clis().is_empty() {
                // They are not our children.
                tokio::time::sleep(LOOK).await;
            }
        };
        let ended = tokio::time::timeout(LIMIT, none).await;
        ended.unwrap_or_else(|_| panic!("machine {}: {:?} live on", self.number, self.clis()));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Passes connections on from the cables to the API, which only listens on loopback.
async fn relay(to: String) -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                if let Ok(mut api) = TcpStream::connect(to).await {
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut api).await;
                }
            });
        }
    });
    port
}

/// What a session on a machine needs. A program gets it as JSON.
#[derive(Serialize, Deserialize)]
struct Plan {
    number: u8,
    folder: PathBuf,
    /// Where the API is.
    port: u16,
    cwd: PathBuf,
    env: Vec<(String, String)>,
}

impl Plan {
    fn new(place: &Hermetic, machine: &Machine, port: u16) -> Self {
        let env = place.env().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let folder = machine.folder.clone();
        Self { number: machine.number, folder, port, cwd: place.cwd(), env }
    }

    /// The machines see the same files, and have each their own configuration.
    fn session(&self) -> SessionBuilder {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let transport = Launcher::ssh(format!("root@10.77.{}.2", self.number))
            .args(["-p", "2222", "-F", "/dev/null", "-i"])
            .arg(file("user"))
            .args(["-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10", "-o"])
            .arg(format!("UserKnownHostsFile={}", file("known")))
            .args(["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2"])
            .cli(real_cli().unwrap())
            .shared_files(true);
        let builder = Session::builder().transport(transport).cwd(&self.cwd);
        let builder =
            self.env.iter().fold(builder, |builder, (name, value)| builder.env(name, value));
        builder
            .env("ANTHROPIC_BASE_URL", format!("http://10.77.{}.1:{}", self.number, self.port))
            .env("CLAUDE_CONFIG_DIR", file("config"))
            .env("HOSTILE", HOSTILE)
    }
}

/// The processes that have this text on their command line, apart from the CLI.
fn shown_by_ps(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let (line, name) = (read("cmdline"), read("comm"));
        if String::from_utf8_lossy(&line).contains(text) && name.trim_ascii() != b"claude" {
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    found
}

/// The program that is killed; run by the test below, as another process.
#[tokio::test]
#[ignore = "a part of another test"]
async fn program() {
    let plan: Plan = serde_json::from_str(&std::env::var(PROGRAM).unwrap()).unwrap();
    let session = plan.session().orphan_guard(OrphanGuard::Required).start().unwrap();
    let answer = session.query("Killed").text().await;
    panic!("it is killed before the end: {answer:?}");
}

#[tokio::test]
#[ignore = "needs root, an sshd, the real CLI and a closed network"]
async fn sessions_of_a_machine_that_is_cut_off_go_on_at_another() {
    fs::create_dir_all("/run/sshd").unwrap();
    let write = json!({"command": "printf %s \"$HOSTILE\" >from-tool", "description": "write"});
    let script = ApiScript::new()
        .when(When::prompt("First"), [ApiReply::text("one")])
        .when(When::prompt("First of the other"), [ApiReply::text("other one")])
        .when(When::prompt("Write"), [ApiReply::tool_use("Bash", write), ApiReply::text("written")])
        .when(When::prompt("Never"), [ApiReply::text("never").hold(0, "cut")])
        .when(When::prompt("Again"), [ApiReply::text("two")])
        .when(When::prompt("And again"), [ApiReply::text("other two")])
        .when(When::prompt("Killed"), [ApiReply::text("never").hold(0, "killed")]);
    let place = Hermetic::start(real_cli().unwrap(), script).await.unwrap();
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (Machine::start(1, root.path()), Machine::start(2, root.path()));
    let api = place.env().into_iter().find(|(name, _)| *name == "ANTHROPIC_BASE_URL").unwrap().1;
    let port = relay(api.trim_start_matches("http://").to_owned()).await;

    // Sessions on both, with one store.
    let store = Arc::new(InMemorySessionStore::new());
    let plan = |machine| Plan::new(&place, machine, port);
    let on = |machine| plan(machine).session().session_store(store.clone());
    let first = on(&one).append_system_prompt(HOSTILE).allowed_tools(["Bash"]).start().unwrap();
    let other = on(&two).start().unwrap();
    assert_eq!(first.query("First").text().await.unwrap(), "one");
    assert_eq!(other.query("First of the other").text().await.unwrap(), "other one");
    assert_eq!((one.clis().len(), two.clis().len()), (1, 1));

    // Hostile values arrive, and no one sees them on the way.
    assert_eq!(first.query("Write").text().await.unwrap(), "written");
    assert_eq!(fs::read_to_string(place.cwd().join("from-tool")).unwrap(), HOSTILE);
    let system = place.api().requests()[0].body()["system"].to_string();
    assert!(system.contains(json!(HOSTILE).to_string().trim_matches('"')), "{system}");
    assert!(!Path::new("/pwned").exists());
    assert_eq!(shown_by_ps("canary"), [""; 0]);
    assert_eq!(shown_by_ps("sk-ant-api03-made-up"), [""; 0]);

    // In the middle of a turn, a machine is cut off: its session fails, the other does not notice.
    let mut turn = first.query("Never");
    let cut = async {
        place.api().reached("cut").await;
        one.cut_off();
    };
    let (last, ()) = tokio::join!(
        async {
            loop {
                match turn.next().await.expect("an error before the end") {
                    Ok(_) => {}
                    Err(error) => return error,
                }
            }
        },
        cut
    );
    assert!(last.is_process(), "{last:?}");
    assert!(last.to_string().contains("not responding"), "{last}");
    assert!(other.state().is_up());
    // What ran there ends by itself, since its sshd misses the client too.
    one.has_no_cli().await;

    // Both conversations go on, on the machine that is left.
    let id = first.session_id().unwrap();
    drop(turn);
    let _ = first.stop().await;
    let moved = on(&two).resume(id.as_str()).start().unwrap();
    assert_eq!(moved.query("Again").text().await.unwrap(), "two");
    assert_eq!(moved.session_id().as_deref(), Some(&*id));
    let history = place.api().requests().last().unwrap().body()["messages"].to_string();
    assert!(history.contains("\"First\"") && history.contains("\"one\""), "{history}");
    assert_eq!(other.query("And again").text().await.unwrap(), "other two");
    assert_eq!(two.clis().len(), 2);

    // A CLI ends with its session, and with its program.
    for session in [moved, other] {
        assert!(session.stop().await.unwrap().unwrap().success());
    }
    two.has_no_cli().await;
    let program = serde_json::to_string(&plan(&two)).unwrap();
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program", "--ignored", "--nocapture"])
        .env(PROGRAM, program)
        .spawn()
        .unwrap();
    place.api().reached("killed").await;
    assert_eq!(two.clis().len(), 1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    two.has_no_cli().await;
    place.finish().unwrap_or_else(|error| panic!("{error}"));
}
