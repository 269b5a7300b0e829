//! The folders of the capturing host that a capture names.

use claude_wire::recording::{EventKind, Recording, Root};
use serde_json::Value;

/// The working folder, the configuration folder and the home of the CLI, as far as the capture tells: `cwd` and `memory_paths` of the first
/// `system/init`, and `output_styles_dir` of the reply to `initialize`.
pub(super) fn told(capture: &Recording) -> Vec<Root> {
    let (mut cwd, mut config) = (None, None);
    for event in &capture.events {
        let EventKind::Out(line) = &event.kind else { continue };
        let Ok(message) = serde_json::from_slice::<Value>(line.bytes()) else { continue };
        let folder = |pointer: &str| {
            message.pointer(pointer).and_then(Value::as_str).filter(|path| path.starts_with('/'))
        };
        if message["type"] == "system" && message["subtype"] == "init" && cwd.is_none() {
            cwd = folder("/cwd").map(str::to_owned);
            config = config.or_else(|| {
                Some(folder("/memory_paths/auto")?.split_once("/projects/")?.0.to_owned())
            });
        }
        if message["type"] == "control_response" {
            let styles = folder("/response/response/output_styles_dir");
            config = config.or_else(|| Some(styles?.strip_suffix("/output-styles")?.to_owned()));
        }
    }
    let home = config.as_deref().and_then(|config| config.strip_suffix("/.claude")).map(Root::home);
    let config = config.as_deref().map(|path| Root::new("config", path, "/home/user/.claude"));
    cwd.map(Root::cwd)
        .into_iter()
        .chain(config)
        .chain(home)
        .filter(|root| !root.path().is_empty())
        .collect()
}
