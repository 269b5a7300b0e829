//! The page in a real browser, over a scripted CLI. `.ci/run browser` installs Chromium and its
//! driver, and runs this.

use std::fs;
use std::process::Stdio;

use claude_wire::player::ApiReply;
use claude_wire::{Scenario, reply};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::client::{Service, webdriver};
use super::over;
use crate::service::Settings;

/// A browser, driven over the WebDriver protocol.
struct Browser {
    driver: Child,
    /// The address of its session.
    session: String,
    _profile: tempfile::TempDir,
}

/// How a script finds the parts of the page.
const FIND: &str = "const text = (css) => document.querySelector(css)?.textContent ?? '';
    const all = (css) => [...document.querySelectorAll(css)].map((e) => e.textContent).join('|');";

impl Browser {
    async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is not installed: apt-get install chromium chromium-driver");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("chromedriver ended");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // What else it says must not block it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let profile = tempfile::tempdir().unwrap();
        let mut args = vec![format!("--user-data-dir={}", profile.path().display())];
        args.extend(
            "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run \
             --disable-background-networking --disable-component-update --disable-sync \
             --window-size=900,700"
                .split_whitespace()
                .map(str::to_owned),
        );
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": args},
            "timeouts": {"script": 60_000, "pageLoad": 60_000},
        }}});
        let root = format!("http://127.0.0.1:{port}/session");
        let session = webdriver("POST", &root, &wanted).await;
        let session = format!("{root}/{}", session["sessionId"].as_str().unwrap());
        Self { driver, session, _profile: profile }
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        webdriver("POST", &format!("{}/{path}", self.session), &body).await
    }

    /// The address of an element.
    async fn element(&self, css: &str) -> String {
        let found = self.ask("element", json!({"using": "css selector", "value": css})).await;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        format!("element/{id}")
    }

    async fn click(&self, css: &str) {
        let element = self.element(css).await;
        self.ask(&format!("{element}/click"), json!({})).await;
    }

    async fn write(&self, css: &str, text: &str) {
        let element = self.element(css).await;
        self.ask(&format!("{element}/clear"), json!({})).await;
        self.ask(&format!("{element}/value"), json!({"text": text})).await;
    }

    /// Waits until the page makes this true, without asking it again and again.
    async fn wait(&self, condition: &str) {
        let script = format!(
            "{FIND}
             const done = arguments[0];
             const watch = new MutationObserver(look);
             function look() {{
               if (!({condition})) return;
               watch.disconnect();
               done(true);
             }}
             watch.observe(document, {{subtree: true, childList: true, characterData: true, attributes: true}});
             look();"
        );
        let done = self.ask("execute/async", json!({"script": script, "args": []})).await;
        assert_eq!(done, true, "{condition}");
    }

    async fn read(&self, what: &str) -> Value {
        let script = format!("{FIND} return {what};");
        self.ask("execute/sync", json!({"script": script, "args": []})).await
    }

    /// A picture of the page, where `CHAT_PICTURES` names a folder.
    async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("CHAT_PICTURES") else { return };
        let picture = webdriver("GET", &format!("{}/screenshot", self.session), &Value::Null).await;
        let path = std::path::Path::new(&folder).join(format!("{name}.png.base64"));
        fs::write(path, picture.as_str().unwrap()).unwrap();
    }

    async fn quit(mut self) {
        webdriver("DELETE", &self.session, &Value::Null).await;
        self.driver.kill().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver: .ci/run browser"]
async fn a_person_chats_cancels_and_permits() {
    let tidy = reply()
        .ask_permission("Bash", json!({"command": "rm -r build"}))
        .tool_result("")
        .if_allowed("It is gone.")
        .if_denied("It stays.");
    let cli = Scenario::new()
        .on_prompt(
            "Hello <b>you</b>",
            reply().message(ApiReply::text("Hi, <i>there</i>!").delta_chars(4).hold(3, "rest")),
        )
        .on_prompt("Count", reply().text("One.").hang())
        .on_prompt("Tidy up", tidy.clone())
        .on_prompt("Tidy up again", tidy);
    let service = Service::start(over(&cli), Settings::default()).await;
    let browser = Browser::start().await;
    let page = format!("http://{}/", service.address);
    browser.ask("url", json!({"url": page})).await;
    browser.wait("text('#state') === 'connected'").await;

    // Text appears as it is written, and is never markup.
    browser.write("#text", "Hello <b>you</b>").await;
    browser.click("#send").await;
    browser.wait("text('.answer') === 'Hi, '").await;
    assert_eq!(browser.read("text('.prompt')").await, "Hello <b>you</b>");
    assert_eq!(browser.read("document.querySelector('#send').disabled").await, true);
    cli.release("rest");
    browser
        .wait("text('.answer') === 'Hi, <i>there</i>!' && all('.note').includes('US dollars')")
        .await;
    assert_eq!(browser.read("document.querySelectorAll('main b, main i').length").await, 0);

    // The turn is cancelled, and the session stays.
    browser.write("#text", "Count").await;
    browser.click("#send").await;
    browser.wait("all('.answer').endsWith('One.')").await;
    browser.click("#cancel").await;
    browser.wait("all('.note').endsWith('Cancelled.')").await;

    // A question comes to the page, and is answered there.
    browser.write("#text", "Tidy up").await;
    browser.click("#send").await;
    browser.wait("text('.question').includes('May Bash run?')").await;
    assert_eq!(browser.read("text('.question pre')").await, "rm -r build");
    browser.picture("question").await;
    browser.click(".question .allow").await;
    browser
        .wait("all('.answer').endsWith('It is gone.') && !document.querySelector('.question')")
        .await;

    // A page that is loaded again has everything, the open question included.
    browser.write("#text", "Tidy up again").await;
    browser.click("#send").await;
    browser.wait("text('.question').includes('May Bash run?')").await;
    browser.ask("refresh", json!({})).await;
    browser.wait("text('.question').includes('May Bash run?')").await;
    assert_eq!(browser.read("document.querySelectorAll('.question').length").await, 1);
    assert_eq!(browser.read("document.querySelectorAll('.prompt').length").await, 4);
    browser.click(".question .deny").await;
    browser.wait("all('.answer').endsWith('It stays.')").await;
    browser.picture("end").await;

    // Another session is another conversation.
    browser.write("#name", "other\u{E006}").await;
    browser.wait("text('#state') === 'connected' && !document.querySelector('.prompt')").await;

    service.stop().await;
    browser.wait("text('#state') === 'connecting'").await;
    browser.quit().await;
    cli.assert_finished();
}
