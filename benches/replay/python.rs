//! A one-shot query of the official Python SDK.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::rows::Row;
use crate::{Failure, bare};

/// The row, with its target.
pub(crate) const ROW: (&str, Option<f64>) =
    ("a one-shot query of the official Python SDK", Some(6.0));

pub(crate) fn run(folder: &Path, mock: &Path) -> Result<Row, Failure> {
    let (name, target) = ROW;
    let Some(installed) = env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS") else {
        println!("CLAUDE_WIRE_OFFICIAL_SDKS does not name a folder");
        return Ok(Row::skipped(name, target));
    };
    // What the SDK writes: `initialize` and a prompt.
    let plan = folder.join("python.plan");
    fs::write(&plan, PLAN)?;
    let output = Command::new("python3")
        .arg("-B")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/replay/one_shot.py"))
        .args([mock, &env::current_exe()?, &folder.join("python.jsonl")])
        .env("PYTHONPATH", Path::new(&installed).join("python"))
        .env(bare::PLAN, &plan)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let mut medians = said.split_whitespace().map(str::parse);
    match (medians.next(), medians.next()) {
        (Some(Ok(replay)), Some(Ok(bare))) => Ok(Row::of(name, replay, Some(bare), target)),
        _ => Err(format!("{said}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

const PLAN: &str = r#">
{"type":"control_response","response":{"subtype":"success","request_id":"REQUEST_ID","response":{"commands":[],"output_style":"default","models":[],"account":{}}}}
>
{"type":"system","subtype":"init","cwd":"/w","tools":["Bash"],"model":"m","permissionMode":"default","session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","uuid":"00000000-0000-4000-8000-000000000000"}
{"type":"assistant","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"4."}],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","uuid":"00000000-0000-4000-8000-000000000000"}
{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"duration_api_ms":1,"num_turns":1,"result":"4.","total_cost_usd":0.0,"usage":{"input_tokens":1,"output_tokens":1},"modelUsage":{},"permission_denials":[],"session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","uuid":"00000000-0000-4000-8000-000000000000"}
"#;
