//! The CLI's built-in tools: every recorded call and result reads as its type.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::wire::control::CliRequest;
use claude_wire::wire::declared::declared;
use claude_wire::wire::hook::HookInput;
use claude_wire::wire::tools::*;
use claude_wire::wire::{Body, Frame, Message, RawJson};
use serde_json::{Value, json};

use crate::support::captures::captures;

/// What a type leaves open of one input or output.
type Complaints = Vec<String>;

/// Reads values of one tool.
struct Reader {
    is_named: fn(&str) -> bool,
    input: fn(&RawJson) -> Complaints,
    output: fn(&RawJson) -> Complaints,
}

fn complaints<T>(read: &ToolData<T>, raw: &RawJson) -> Complaints {
    assert_eq!(read.raw(), raw);
    let defects = read.defects().iter().map(|defect| defect.to_string());
    defects.chain(read.unmodelled()).collect()
}

macro_rules! readers {
    ($($tool:ident)*) => {
        [$(($tool::NAME, Reader {
            is_named: $tool::is_named,
            input: |raw| complaints(&$tool::read_input(raw), raw),
            output: |raw| complaints(&$tool::read_output(raw), raw),
        })),*]
    };
}

fn readers() -> BTreeMap<&'static str, Reader> {
    readers!(Agent AskUserQuestion Bash CronCreate CronDelete CronList Edit EnterPlanMode
        ExitPlanMode Glob Grep NotebookEdit Read TaskCreate TaskGet TaskList TaskStop TaskUpdate
        TodoWrite WebFetch WebSearch Write)
    .into()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The lines of the recordings and of the captures, in both directions.
fn lines() -> Vec<(String, Value)> {
    let mut files = captures();
    for version in ["2.1.329", "2.1.332"] {
        let folder = fs::read_dir(root().join("recordings").join(version)).unwrap();
        let paths = folder.map(|entry| entry.unwrap().path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "jsonl")));
    }
    assert!(files.len() > 100, "only {} files", files.len());
    let mut lines = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for row in fs::read_to_string(&file).unwrap().lines() {
            let row: Value = serde_json::from_str(row).unwrap();
            let line = match (&row["line"], &row["out"], &row["in"]) {
                (Value::String(line), ..) => serde_json::from_str(line).ok(),
                (_, out @ Value::Object(_), _) => Some(out.clone()),
                (_, _, sent @ Value::Object(_)) => Some(sent.clone()),
                _ => None,
            };
            lines.extend(line.map(|line| (name.clone(), line)));
        }
    }
    lines
}

/// Each object inside a value.
fn objects(value: &Value) -> Vec<&Value> {
    let inside: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => return Vec::new(),
    };
    let mut all: Vec<_> = inside.flat_map(objects).collect();
    if value.is_object() {
        all.push(value);
    }
    all
}

fn raw(value: &Value) -> RawJson {
    RawJson::from_serialize(value).unwrap()
}

/// A call: the tool, its input, and the call's identifier. Tools on the API's side do not count.
fn call(object: &Value) -> Option<(&str, &Value, &str)> {
    if object["type"] == "server_tool_use" {
        return None;
    }
    let fields = [("name", "input", "id"), ("tool_name", "tool_input", "tool_use_id")];
    let asked = ("tool_name", "input", "tool_use_id");
    fields.into_iter().chain([asked]).find_map(|(name, input, id)| {
        let input = object.get(input).filter(|input| input.is_object())?;
        Some((object.get(name)?.as_str()?, input, object.get(id)?.as_str()?))
    })
}

#[test]
fn every_recorded_call_and_result_reads_as_its_type() {
    let readers = readers();
    let reader = |name: &str| readers.iter().find(|(_, reader)| (reader.is_named)(name));
    let mut called = BTreeMap::<&str, usize>::new();
    let mut returned = BTreeMap::<&str, usize>::new();
    let (mut texts, mut others) = (0, BTreeSet::new());
    let mut found = BTreeMap::<String, String>::new();
    let (mut begun, mut unparsed) = (0, 0);
    for (file, line) in lines() {
        let mut complain = |what: String, complaints: Complaints| {
            for why in complaints.iter().filter(|why| !why.contains("made_up")) {
                found.entry(format!("{what}: {why}")).or_insert_with(|| file.clone());
            }
        };
        let streamed = line["type"] == "stream_event";
        for (name, input, _) in objects(&line).into_iter().filter_map(call) {
            let Some((name, reader)) = reader(name) else {
                others.insert(name.to_owned());
                continue;
            };
            // A block that begins in a stream has no input yet.
            if streamed && input == &json!({}) {
                begun += 1;
                continue;
            }
            // One that is not JSON is no tool's.
            if input.get("__unparsedToolInput").is_some() {
                unparsed += 1;
                continue;
            }
            *called.entry(name).or_default() += 1;
            complain(format!("{name} input"), (reader.input)(&raw(input)));
        }
    }
    // An identifier is used once in a file.
    let mut tools = BTreeMap::<(String, String), String>::new();
    for (file, line) in lines() {
        for (name, _, id) in objects(&line).into_iter().filter_map(call) {
            tools.insert((file.clone(), id.to_owned()), name.to_owned());
        }
        for user in objects(&line).into_iter().filter(|user| user["type"] == "user") {
            let Some(output) = user.get("tool_use_result") else { continue };
            // A host may send one with a prompt.
            let Some(id) = user["message"]["content"][0]["tool_use_id"].as_str() else { continue };
            let Some(tool) = tools.get(&(file.clone(), id.to_owned())) else { continue };
            let Some((name, reader)) = reader(tool) else { continue };
            if output.is_string() {
                texts += 1;
                continue;
            }
            *returned.entry(name).or_default() += 1;
            for why in (reader.output)(&raw(output)) {
                found.entry(format!("{name} output: {why}")).or_insert_with(|| file.clone());
            }
        }
    }
    println!(
        "calls {called:?}, {begun} begun\noutputs {returned:?}, {texts} texts\nno type: {others:?}"
    );
    assert!(found.is_empty(), "{found:#?}");
    assert!(unparsed >= 2, "{unparsed}");
    assert!(called["Bash"] > 50 && returned["Bash"] > 20 && texts > 5, "{called:?} {returned:?}");
    // Those that run without a network.
    for tool in [
        "Agent",
        "AskUserQuestion",
        "CronCreate",
        "CronDelete",
        "CronList",
        "Edit",
        "EnterPlanMode",
        "ExitPlanMode",
        "NotebookEdit",
        "Read",
        "TaskStop",
        "Write",
    ] {
        assert!(called.contains_key(tool) && returned.contains_key(tool), "{tool}");
    }
    let builtin = others.iter().filter(|name| !name.starts_with("mcp__"));
    let untyped: Vec<_> = builtin.map(|name| &**name).collect();
    assert_eq!(untyped, [STRUCTURED_OUTPUT], "calls of tools without a type");
}

/// The schemas that the CLI sends to the API have no field that an input does not declare.
#[test]
fn every_field_of_the_schemas_is_declared() {
    let text = fs::read_to_string(root().join("recordings/2.1.332/requests.json")).unwrap();
    let requests: Value = serde_json::from_str(&text).unwrap();
    let inputs = declared().tool_inputs;
    let (mut fields, mut missing) = (0, Vec::new());
    for (key, tool) in requests["lines"].as_object().unwrap() {
        let Some(name) = tool["subtype"].as_str().filter(|_| key.starts_with("tool/")) else {
            continue;
        };
        let Some(shape) = inputs.get(name) else {
            assert!(
                BUILT_IN.contains(&name)
                    || key == "tool/StructuredOutput"
                    || tool["defer_loading"] == true,
                "{key}"
            );
            continue;
        };
        let mut paths = Vec::new();
        properties(&tool["input_schema"], "", &mut paths);
        fields += paths.len();
        missing.extend(paths.into_iter().filter(|(path, words)| {
            let known: Vec<_> = shape.words(path).collect();
            !shape.has(path)
                || !(known.is_empty() || words.iter().all(|word| known.contains(&&**word)))
        }));
    }
    assert!(fields > 30, "only {fields} fields");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The fields of a JSON schema, with the words of each.
fn properties(schema: &Value, at: &str, paths: &mut Vec<(String, Vec<String>)>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        let words = field["enum"].as_array().into_iter().flatten();
        paths.push((path.clone(), words.map(|word| word.as_str().unwrap().into()).collect()));
        properties(field, &path, paths);
        properties(&field["items"], &format!("{path}[]"), paths);
        properties(&field["additionalProperties"], &format!("{path}.*"), paths);
    }
}

fn message(line: &Value) -> Message {
    Message::new(Frame::parse(line.to_string()).unwrap())
}

/// A message of the model with one call.
fn tool_use(name: &str, input: &str) -> Message {
    let line = format!(
        r#"{{"type":"assistant","message":{{"model":"m","content":[{{"type":"tool_use","id":"t","name":"{name}","input":{input}}}]}}}}"#
    );
    Message::new(Frame::parse(line).unwrap())
}

fn input_as<T: BuiltInTool>(name: &str, input: &str) -> Option<ToolData<T::Input>> {
    let message = tool_use(name, input);
    message.as_assistant().unwrap().message.content[0].as_tool_use().unwrap().input_as::<T>()
}

#[test]
fn a_wrong_field_costs_that_field_only() {
    let text = r#"{"command": "ls", "timeout":"soon","description":null,"run_in_background":true,"new":{"a":1e400}}"#;
    let bash = input_as::<Bash>("Bash", text).unwrap();
    assert_eq!((&*bash.command, bash.timeout, bash.run_in_background), ("ls", None, Some(true)));
    let defects: Vec<_> = bash.defects().iter().map(ToString::to_string).collect();
    assert_eq!(
        defects,
        ["input.timeout: expected a number in the range of a double, found a string"]
    );
    assert_eq!(bash.unmodelled(), ["input.new"]);
    assert_eq!(bash.raw().text(), text);

    let todos = r#"{"todos":[{"content":"a","status":"later","activeForm":1},7,{"content":"b","status":"completed","activeForm":"B"}]}"#;
    let todos = input_as::<TodoWrite>("TodoWrite", todos).unwrap();
    let items: Vec<_> =
        todos.todos.iter().map(|item| (&*item.content, item.status.as_str())).collect();
    assert_eq!(items, [("a", "later"), ("b", "completed")]);
    let paths: Vec<_> = todos.defects().iter().map(|defect| defect.path()).collect();
    assert_eq!(paths, ["input.todos[0].activeForm", "input.todos[1]"]);
    assert_eq!(todos.unmodelled(), [r#"input.todos[0].status = "later""#]);

    // Every tool: any other JSON is one defect or none, and stays as it was.
    for (name, reader) in readers() {
        for text in ["7", "null", "[1]", "\"x\"", "true"] {
            let value = RawJson::parse(text).unwrap();
            let complaints = [(reader.input)(&value), (reader.output)(&value)];
            assert!(complaints.iter().all(|all| all.len() == 1), "{name} {text}: {complaints:?}");
        }
        let unknown = RawJson::parse(r#"{"zzz":[1, 2]}"#).unwrap();
        assert!((reader.input)(&unknown).contains(&"input.zzz".into()), "{name}");
        assert!((reader.output)(&unknown).contains(&"output.zzz".into()), "{name}");
    }
}

#[test]
fn every_field_of_a_wrong_type_costs_that_field_only() {
    let declared = declared();
    let mut fields = 0;
    for (name, reader) in readers() {
        let sides =
            [(&declared.tool_inputs, reader.input), (&declared.tool_outputs, reader.output)];
        for (kinds, read) in sides {
            let shape = &kinds[name];
            let alone = read(&raw(&json!({})));
            for field in shape.paths().filter(|path| !path.contains(['.', '['])) {
                fields += 1;
                // A field takes one of these at most.
                let values = [json!(true), json!([[]]), json!({"zzz": 1})];
                let mut found: Complaints =
                    values.iter().flat_map(|value| read(&raw(&json!({field: value})))).collect();
                found.retain(|why| !alone.contains(why));
                let about = format!(".{field}");
                assert!(found.iter().all(|why| why.contains(&about)), "{name}{about}: {found:?}");
                let wrong = found.iter().any(|why| why.contains(&format!("{about}: expected ")));
                assert_eq!(wrong, !shape.is_any(field), "{name}{about}: {found:?}");
            }
        }
    }
    assert!(fields > 150, "only {fields} fields");
}

#[test]
fn an_earlier_name_is_the_same_tool() {
    let agent = r#"{"description":"d","prompt":"p"}"#;
    for name in ["Agent", "Task"] {
        assert_eq!(input_as::<Agent>(name, agent).unwrap().prompt, "p", "{name}");
    }
    for name in ["TaskStop", "KillShell", "KillBash"] {
        let stop = input_as::<TaskStop>(name, r#"{"shell_id":"b1"}"#).unwrap();
        assert_eq!(stop.shell_id.as_deref(), Some("b1"), "{name}");
        assert!(input_as::<Bash>(name, "{}").is_none());
    }
    for name in ["bash", "Bash2", "mcp__x__Bash", ""] {
        assert!(input_as::<Bash>(name, r#"{"command":"ls"}"#).is_none(), "{name}");
    }
}

#[test]
fn names_of_tools_are_complete_and_unique() {
    let names: BTreeSet<_> = BUILT_IN.iter().copied().collect();
    assert_eq!(names.iter().copied().collect::<Vec<_>>(), BUILT_IN, "sorted, each once");
    for (before, now) in RENAMED {
        assert!(names.contains(now) && !names.contains(before), "{before}");
        assert_eq!(current_name(before), *now);
        assert!(earlier_names(now).any(|name| name == *before));
    }
    assert!(REMOVED.iter().all(|name| !names.contains(name) && current_name(name) == *name));
    assert!(readers().keys().all(|name| names.contains(name)));
    assert_eq!(earlier_names("TaskStop").collect::<Vec<_>>(), ["KillBash", "KillShell"]);
    assert_eq!(earlier_names("Bash").count(), 0);
    // What sessions announce.
    let mut announced = BTreeSet::new();
    for (_, line) in lines().iter().filter(|(_, line)| line["subtype"] == "init") {
        let tools = line["tools"].as_array().into_iter().flatten().filter_map(Value::as_str);
        announced.extend(tools.filter(|name| !name.starts_with("mcp__")).map(String::from));
    }
    assert!(announced.len() > 20, "{announced:?}");
    for name in &announced {
        assert!(names.contains(current_name(name)) || name == STRUCTURED_OUTPUT, "{name}");
    }
}

#[test]
fn a_result_reads_as_an_output_and_a_failure_as_a_text() {
    let user = |result: Value| {
        message(&json!({"type":"user","message":{"role":"user","content":[
            {"type":"tool_result","tool_use_id":"t","content":"c"}]},"tool_use_result":result}))
    };
    let done = user(json!({"stdout":"out","stderr":"","interrupted":false,"gitOperation":{
        "commit":{"sha":"abc","kind":"amended"},"pr":{"number":3,"action":"folded"}}}));
    let output = done.as_user().unwrap().output_as::<Bash>().unwrap();
    assert_eq!(output.stdout, "out");
    let git = output.git_operation.clone().unwrap();
    assert_eq!(git.commit.unwrap().kind, GitCommitKind::Amended);
    assert_eq!(git.pr.unwrap().action.as_str(), "folded");
    assert_eq!(output.unmodelled(), [r#"output.gitOperation.pr.action = "folded""#]);
    // Another type than that of the call: everything that does not fit is listed.
    let other = done.as_user().unwrap().output_as::<Glob>().unwrap();
    assert!(!other.defects().is_empty() && other.unmodelled().contains(&"output.stdout".into()));
    // A call that goes on, whichever tool it is.
    for (result, is_detached) in [
        (json!({"detachedToolCall": true}), true),
        (json!({"detachedToolCall": false, "stdout": "out"}), false),
        (json!({"stdout": "out"}), false),
        (json!("detachedToolCall"), false),
    ] {
        let message = user(result);
        let message = message.as_user().unwrap();
        assert_eq!(message.is_detached(), is_detached);
        let has_output =
            !is_detached && message.tool_use_result.as_ref().unwrap().as_str().is_none();
        assert_eq!(message.output_as::<WebFetch>().is_some(), has_output);
        assert_eq!(message.output_as::<WebSearch>().is_some(), has_output);
    }
    // The pages of a PDF.
    let read = user(json!({"type": "parts", "file": {"count": 2}, "pages": [
        {"base64": "AA==", "mediaType": "image/png"},
        {"base64": "", "mediaType": "image/png", "error": "too large"}]}));
    let read = read.as_user().unwrap().output_as::<Read>().unwrap();
    let pages = read.pages.clone().unwrap();
    assert_eq!((&*pages[0].base64, &*pages[0].media_type), ("AA==", "image/png"));
    assert_eq!(pages[1].error.as_deref(), Some("too large"));
    // The text of a failure, and no result.
    assert!(user(json!("Error: no")).as_user().unwrap().output_as::<Bash>().is_none());
    let plain = message(&json!({"type":"user","message":{"role":"user","content":"hi"}}));
    assert!(plain.as_user().unwrap().output_as::<Bash>().is_none());
}

#[test]
fn a_search_of_the_web_reads_both_kinds_of_results() {
    let output = json!({"query":"q","durationSeconds":1.5,"results":[
        {"tool_use_id":"s","content":[{"title":"T","url":"u"}]}, "then", 7]});
    let read = WebSearch::read_output(&raw(&output));
    let [WebSearchResult::Links(links), WebSearchResult::Text(text)] = &read.results[..] else {
        panic!("{read:?}")
    };
    assert_eq!((&*links.content[0].title, &**text), ("T", "then"));
    let defects: Vec<_> = read.defects().iter().map(ToString::to_string).collect();
    assert_eq!(defects, ["output.results[2]: expected an object or a string, found a number"]);
}

/// Every place on the wire with an input has the same method.
#[test]
fn permission_requests_hooks_and_denials_read_inputs() {
    let call = json!({"tool_name":"Bash","tool_use_id":"t","tool_input":{"command":"ls"}});
    let result = message(&json!({"type":"result","subtype":"success","permission_denials":[call]}));
    let Body::Result(result) = result.body() else { panic!("{result:?}") };
    assert_eq!(result.permission_denials[0].input_as::<Bash>().unwrap().command, "ls");
    assert!(result.permission_denials[0].input_as::<Read>().is_none());

    let asked = json!({"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"ls"}});
    let CliRequest::CanUseTool(asked) = CliRequest::of(&raw(&asked)) else { panic!() };
    assert_eq!(asked.input_as::<Bash>().unwrap().command, "ls");
    assert!(asked.input_as::<Write>().is_none());

    let hook = |event: &str| {
        HookInput::of(&raw(&json!({"hook_event_name": event, "tool_name": "Bash",
            "tool_input": {"command": "ls"}, "tool_use_id": "t", "tool_calls": [call],
            "tool_response": {"stdout": "a", "stderr": "", "interrupted": false}})))
    };
    macro_rules! reads {
        ($event:ident) => {{
            let HookInput::$event(event) = hook(stringify!($event)) else { panic!() };
            assert_eq!(event.input_as::<Bash>().unwrap().command, "ls");
            assert!(event.input_as::<Read>().is_none());
            event
        }};
    }
    reads!(PreToolUse);
    reads!(PostToolUseFailure);
    reads!(PermissionRequest);
    reads!(PermissionDenied);
    let ran = reads!(PostToolUse);
    assert_eq!(ran.output_as::<Bash>().unwrap().stdout, "a");
    assert!(ran.output_as::<Read>().is_none());
    let HookInput::PostToolBatch(batch) = hook("PostToolBatch") else { panic!() };
    assert_eq!(batch.tool_calls[0].input_as::<Bash>().unwrap().command, "ls");
}

/// A call whose input is not JSON has what the model wrote, and no input of its tool.
#[test]
fn an_input_that_is_not_json_is_not_one_of_the_tool() {
    let call = |name: &str, input: Value| {
        let block = json!({"type": "tool_use", "id": "t", "name": name, "input": input});
        let line = json!({"type": "assistant", "message": {"model": "m", "content": [block]}});
        let message = Message::new(Frame::parse(line.to_string()).unwrap());
        let content = &message.as_assistant().unwrap().message.content;
        content[0].as_tool_use().unwrap().clone()
    };
    for name in ["Bash", "Write", "mcp__calc__add"] {
        let input = json!({"__unparsedToolInput": {"raw": "{\"command\": \"é", "len": 14}});
        let call = call(name, input);
        let unparsed = call.unparsed_input().unwrap();
        assert_eq!((&*unparsed.raw, unparsed.len), ("{\"command\": \"é", Some(14)));
        assert!(unparsed.defects().is_empty() && unparsed.unmodelled().is_empty());
        assert!(call.input_as::<Bash>().is_none() && call.input_as::<Write>().is_none());
    }
    let call = |input: Value| call("Bash", input).unparsed_input();
    assert!(call(json!({"command": "ls"})).is_none());
    let odd = call(json!({"__unparsedToolInput": {"len": -1, "mood": 1}})).unwrap();
    let defects: Vec<_> = odd.defects().iter().map(|defect| defect.path().to_string()).collect();
    assert_eq!(defects, ["__unparsedToolInput.len", "__unparsedToolInput.raw"]);
    assert_eq!(odd.unmodelled(), ["__unparsedToolInput.mood"]);
}
