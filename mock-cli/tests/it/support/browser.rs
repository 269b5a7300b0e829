//! A page in a headless Chromium, driven as its user would: through the browser's own protocol, on a
//! pipe, so that nothing listens.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The browser reads from file 3 and writes to file 4.
const ON_A_PIPE: &str = "exec chromium \"$@\" 3<&0 4>&1 0</dev/null 1>&2";

/// A browser with one page. It ends when it is dropped.
pub struct Browser {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    calls: u64,
    /// What happened, until it is asked for.
    events: VecDeque<Value>,
    folder: TempDir,
}

impl Browser {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", ON_A_PIPE, "sh"]).args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1400,1000",
            "--remote-debugging-pipe",
        ]);
        command.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (session, calls, events) = (None, 0, VecDeque::new());
        let mut browser = Self { process, input, output, session, calls, events, folder };
        let page = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let page = json!({"targetId": page["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", page);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Opens a file, with what follows its name in the address, and waits until it is loaded.
    pub fn open(&mut self, file: &Path, then: &str) {
        let url = format!("file://{}{then}", file.display());
        // A page that differs in its fragment only is not loaded again.
        self.navigate("about:blank");
        self.navigate(&url);
    }

    fn navigate(&mut self, url: &str) {
        self.events.retain(|event| event["method"] != "Page.loadEventFired");
        let went = self.call("Page.navigate", json!({"url": url}));
        assert!(went["errorText"].is_null(), "{url}: {went}");
        self.event("Page.loadEventFired", |_| true);
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Waits for the events that come after those of the mouse, such as `toggle`.
    pub fn settle(&mut self) {
        self.value("new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))");
    }

    pub fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression}: {value}")).to_owned()
    }

    pub fn number(&mut self, expression: &str) -> f64 {
        let value = self.value(expression);
        value.as_f64().unwrap_or_else(|| panic!("{expression}: {value}"))
    }

    /// Clicks with the mouse in the middle of an element.
    pub fn click(&mut self, element: &str) {
        let (x, y) = self.point_at(element);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Puts the pointer on an element, an expression; returns where it is.
    pub fn point_at(&mut self, element: &str) -> (f64, f64) {
        let place = format!(
            "(() => {{ const element = {element}; element.scrollIntoView({{block: 'center'}}); \
             const box = element.getClientRects()[0]; \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        );
        let place = self.value(&place);
        let (x, y) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
        self.call("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": x, "y": y}));
        (x, y)
    }

    /// Types a text into a field in the place of what is in it.
    pub fn type_into(&mut self, field: &str, text: &str) {
        self.click(field);
        self.value(&format!("{field}.select()"));
        match text {
            "" => {
                for kind in ["keyDown", "keyUp"] {
                    let key = json!({"type": kind, "key": "Delete", "windowsVirtualKeyCode": 46});
                    self.call("Input.dispatchKeyEvent", key);
                }
            }
            _ => drop(self.call("Input.insertText", json!({"text": text}))),
        }
    }

    /// The file that a click saves.
    pub fn saved_by(&mut self, element: &str) -> PathBuf {
        let folder = self.folder.path().join("saved");
        let ask =
            json!({"behavior": "allowAndName", "downloadPath": folder, "eventsEnabled": true});
        self.call("Browser.setDownloadBehavior", ask);
        self.click(element);
        let done = self.event("Browser.downloadProgress", |event| event["state"] != "inProgress");
        assert_eq!(done["state"], "completed", "{done}");
        folder.join(done["guid"].as_str().unwrap())
    }

    /// The addresses that were asked for so far, but for `about:blank`.
    pub fn asked_for(&mut self) -> Vec<String> {
        // All that happened before is reported before the answer.
        self.value("0");
        let requests =
            self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let addresses = requests.map(|event| event["params"]["request"]["url"].as_str().unwrap());
        addresses.filter(|url| *url != "about:blank").map(str::to_owned).collect()
    }

    /// Errors of the page and of its policy so far, and dialogs that were opened.
    pub fn complaints(&mut self) -> Vec<String> {
        self.value("0");
        let is_one = |event: &&Value| match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" => true,
            "Log.entryAdded" => event["params"]["entry"]["level"] == "error",
            _ => false,
        };
        self.events.iter().filter(is_one).map(Value::to_string).collect()
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let mut call = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session
            && !method.starts_with("Browser.")
        {
            call["sessionId"] = json!(session);
        }
        self.input.write_all(call.to_string().as_bytes()).unwrap();
        self.input.write_all(&[0]).unwrap();
        self.input.flush().unwrap();
        loop {
            let mut message = self.message();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
            self.events.push_back(message);
        }
    }

    /// Waits for an event; returns what it says.
    fn event(&mut self, method: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let is_it = |event: &Value| event["method"] == method && is_it(&event["params"]);
        loop {
            if let Some(at) = self.events.iter().position(is_it) {
                return self.events.remove(at).unwrap()["params"].take();
            }
            let message = self.message();
            self.events.push_back(message);
        }
    }

    fn message(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.output.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser ended");
        serde_json::from_slice(&bytes).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its processes end with it; the folder is removed after it.
        let close = json!({"id": 0, "method": "Browser.close"}).to_string();
        let asked =
            self.input.write_all(close.as_bytes()).and_then(|()| self.input.write_all(&[0]));
        if asked.is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
