//! Secrets identified by their place: under names of secrets, in the environment and the headers of
//! MCP servers, after flags. And what is never a secret.

use claude_wire::recording::{Event, EventKind, Recording, Redaction, Root, lint, scrub};
use serde_json::{Value, json};

use crate::support::recorded::{delta, lines, pieces, recorded, redacted};

/// Harmless names and values, so that only their place identifies them.
fn servers() -> Value {
    json!({
        "files": {"command": "files-server", "args": ["--root", "/srv"], "env": {"REGION": "alpha", "MODE": "beta gamma"}},
        "issues": {"type": "http", "url": "https://mcp.example.com/x", "headers": {"X-Tenant": "delta", "X-List": ["epsilon"]}},
    })
}

const SECRETS: [&str; 4] = ["alpha", "beta gamma", "delta", "epsilon"];

fn assert_all_gone(text: &str, what: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what}: {secret} in {text}");
    }
    assert!(text.contains("files-server") && text.contains("mcp.example.com"), "{what}: {text}");
}

/// The text as JSON in a string, nested this many times.
fn in_strings(text: String, depth: usize) -> String {
    (0..depth).fold(text, |text, _| json!({ "content": text }).to_string())
}

#[test]
fn env_and_headers_of_mcp_servers_are_secret_in_lines() {
    let servers = servers();
    for line in [
        json!({"type": "user", "mcpServers": servers}),
        json!({"type": "control_request", "request": {"subtype": "mcp_set_servers", "servers": servers}}),
        json!({"type": "control_response", "response": {"response": {"mcpServers": [
            {"name": "files", "config": servers["files"]}, {"name": "issues", "config": servers["issues"]},
        ]}}}),
        json!({"type": "control_request", "request": {"subtype": "initialize", "agents": {"a": {"mcpServers": [servers]}}}}),
        json!({"type": "assistant", "message": {"content": [{"type": "tool_use", "input": {"mcp_servers": servers}}]}}),
    ] {
        assert_all_gone(&redacted(&line.to_string()), "line");
    }
}

#[test]
fn env_and_headers_of_mcp_servers_are_secret_in_texts() {
    let config = json!({ "mcpServers": servers() });
    let texts = [
        config.to_string(),
        serde_json::to_string_pretty(&config).unwrap(),
        format!("The file .mcp.json:\n```json\n{config:#}\n```\nand so on"),
        format!("claude -p --mcp-config '{config}' 'Say hello'"),
    ];
    for text in texts {
        for depth in 0..3 {
            let line = in_strings(json!({"type": "user", "content": text}).to_string(), depth);
            assert_all_gone(&redacted(&line), "line");
        }
        // As written to stderr, on one line.
        let line = text.replace('\n', " ");
        assert_all_gone(&redacted(&format!("started with {line}")), "stderr");
    }
}

#[test]
fn env_and_headers_of_mcp_servers_are_secret_in_arguments() {
    let config = json!({ "mcpServers": servers() }).to_string();
    let settings = r#"{"env":{"REGION":"alpha"},"model":"opus"}"#;
    for argv in [
        vec!["--mcp-config".to_owned(), config.clone()],
        vec![format!("--mcp-config={config}")],
        vec![
            "--settings".to_owned(),
            settings.to_owned(),
            "--mcp-config".to_owned(),
            config.clone(),
        ],
        vec![format!("--settings={settings}"), format!("--mcp-config={config}")],
    ] {
        let mut recording = recorded(&[""; 0]);
        recording.header.argv = Some(argv);
        scrub(&mut recording, &[]);
        let argv = recording.header.argv.as_ref().unwrap();
        assert_all_gone(&argv.concat(), "argv");
        assert!(argv.len() < 3 || argv[1] == r#"{"env":{"REGION":"<secret:1>"},"model":"opus"}"#);
        assert!(scrub(&mut recording, &[]).is_empty(), "a second run finds nothing");
    }
}

#[test]
fn the_env_of_settings_is_secret() {
    let (there, gone) =
        (r#"{"env":{"A":"alpha"},"b":"c"}"#, r#"{"env":{"A":"<secret:1>"},"b":"c"}"#);
    let escaped = |text: &str| Value::from(text).to_string();
    for (line, expected) in [
        (format!(r#"{{"settings":{there}}}"#), format!(r#"{{"settings":{gone}}}"#)),
        (
            format!(r#"{{"request":{{"subtype":"apply_flag_settings","settings":{there}}}}}"#),
            format!(r#"{{"request":{{"subtype":"apply_flag_settings","settings":{gone}}}}}"#),
        ),
        (
            format!(r#"{{"response":{{"effective":{there},"sources":[{{"settings":{there}}}]}}}}"#),
            format!(r#"{{"response":{{"effective":{gone},"sources":[{{"settings":{gone}}}]}}}}"#),
        ),
        // What the options `settings` and `managed_settings` write into the handshake.
        (
            format!(
                r#"{{"request":{{"subtype":"initialize","settings":{there},"managedSettings":{there}}}}}"#
            ),
            format!(
                r#"{{"request":{{"subtype":"initialize","settings":{gone},"managedSettings":{gone}}}}}"#
            ),
        ),
        // A settings file, and a command.
        (
            format!(r#"{{"content":{}}}"#, escaped(there)),
            format!(r#"{{"content":{}}}"#, escaped(gone)),
        ),
        (
            format!(r#"{{"command":{}}}"#, escaped(&format!("claude --settings '{there}' -p x"))),
            format!(r#"{{"command":{}}}"#, escaped(&format!("claude --settings '{gone}' -p x"))),
        ),
        (format!("claude --settings={there}"), format!("claude --settings={gone}")),
    ] {
        assert_eq!(redacted(&line), expected);
    }
    // Elsewhere an environment is data of a tool.
    let line = r#"{"tool":{"env":{"A":"alpha"},"headers":{"B":"beta"}},"envs":{"settings":"x"}}"#;
    assert_eq!(redacted(line), line);
}

#[test]
fn a_configuration_in_pieces_is_recognised() {
    let config = json!({ "mcpServers": servers(), "more": "words after it" }).to_string();
    let input = json!({"file_path": ".mcp.json", "content": config}).to_string();
    for (kind, key, text) in
        [("text_delta", "text", &config), ("input_json_delta", "partial_json", &input)]
    {
        for size in [1, 7, 40] {
            let text: Vec<char> = text.chars().collect();
            let stream: Vec<String> = text
                .chunks(size)
                .map(|piece| delta(None, kind, key, &piece.iter().collect::<String>()))
                .collect();
            let mut recording = recorded(&stream);
            scrub(&mut recording, &[]);
            assert_all_gone(&pieces(&recording, key).concat(), kind);
            assert_eq!(lint(&recording), []);
        }
    }
}

#[test]
fn the_last_word_of_a_name_decides_in_any_case() {
    for name in [
        "db_password",
        "dbPassword",
        "DB_PASSWORD",
        "DbPassword",
        "db-password",
        "dbpassword",
        "spring.datasource.password",
        "api_token",
        "apiToken",
        "API_TOKEN",
        "aws_secret_access_key",
        "AWS_SECRET_ACCESS_KEY",
        "awsSecretAccessKey",
        "client_secret",
        "STRIPE_KEY",
        "password2",
    ] {
        let value = "Zq7-xW3_vT9k";
        for text in [
            format!("{name}={value}"),
            format!("{name} = {value}"),
            format!("{name}: {value}"),
            format!("{name}: \"{value}\""),
            format!("  '{name}' => '{value}',"),
            format!("tool --{name} {value} --verbose"),
            format!("tool --{name}={value}"),
            format!("https://x.example.com/?a=b&{name}={value}&c=d"),
        ] {
            let line = json!({"type": "user", "content": text}).to_string();
            let expected = line.replace(value, "<secret:1>");
            assert_eq!(redacted(&line), expected);
            assert_eq!(redacted(&text), text.replace(value, "<secret:1>"));
        }
        let line = json!({ name: value, "b": [{ name: [value] }] }).to_string();
        assert_eq!(redacted(&line), line.replace(value, "<secret:1>"));
    }
}

#[test]
fn the_value_after_a_flag_is_secret_in_texts_and_lists() {
    for (text, expected) in [
        (
            "deploy --password hunter-2 --token Zq7xW3vT9k now",
            "deploy --password <secret:1> --token <secret:2> now",
        ),
        ("deploy --password 'two words' -v", "deploy --password '<secret:1>' -v"),
        ("deploy --password \"two words\" -v", "deploy --password \"<secret:1>\" -v"),
        (
            "claude mcp add x --api-key Zq7xW3vT9k -- y",
            "claude mcp add x --api-key <secret:1> -- y",
        ),
        ("mysqldump -u root -pZq7xW3vT9k app | gzip", "mysqldump -u root -p<secret:1> app | gzip"),
        ("curl --user 'me:Zq7xW3vT9k' https://x", "curl --user 'me:<secret:1>' https://x"),
        ("docker login -u me -p Zq7xW3vT9k ghcr.io", "docker login -u me -p <secret:1> ghcr.io"),
        ("sshpass -p Zq7xW3vT9k ssh me@h", "sshpass -p <secret:1> ssh me@h"),
        ("redis-cli -a Zq7xW3vT9k ping", "redis-cli -a <secret:1> ping"),
        (
            "aws configure set aws_secret_access_key Zq7xW3vT9k --profile p",
            "aws configure set aws_secret_access_key <secret:1> --profile p",
        ),
        ("gh secret set DEPLOY --body Zq7xW3vT9k", "gh secret set DEPLOY --body <secret:1>"),
        (
            "gh secret set DEPLOY -b \"Zq7xW3vT9k\" -R a/b",
            "gh secret set DEPLOY -b \"<secret:1>\" -R a/b",
        ),
    ] {
        let line = json!({ "command": text }).to_string();
        assert_eq!(redacted(&line), json!({ "command": expected }).to_string());
    }
    assert_eq!(
        redacted(r#"{"args":["--api-key","Zq7xW3vT9k","--verbose","-p","3"]}"#),
        r#"{"args":["--api-key","<secret:1>","--verbose","-p","3"]}"#
    );
    // In prose, and if the next word is a flag or a reference.
    for text in [
        "use --password to set it, or --token if you have one",
        "tool --password --verbose; tool --token $TOKEN --api-key \"${KEY}\" --secret <secret>",
        "curl -u me https://x; mysql -p app; mkdir -p some/folder1",
        "gh secret set DEPLOY --body \"$TOKEN\"; gh secret set DEPLOY <key.txt",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn lists_and_blocks_have_the_name_above_them() {
    for (text, expected) in [
        ("password: |\n  Zq7xW3vT9k\nuser: me", "password: |\n  <secret:1>\nuser: me"),
        (
            "  password: >-\n    Zq7xW3vT9k\n  user: me1",
            "  password: >-\n    <secret:1>\n  user: me1",
        ),
        ("password:\n  Zq7xW3vT9k\nuser: me", "password:\n  <secret:1>\nuser: me"),
        ("api_key: !vault Zq7xW3vT9k", "api_key: !vault <secret:1>"),
        (
            "api_key: !vault |\n  Zq7xW3vT9k\n  pL5nR8sM2c",
            "api_key: !vault |\n  <secret:1>\n  <secret:2>",
        ),
        (
            "api_keys:\n  - Zq7xW3vT9k\n  - pL5nR8sM2c\nb: c",
            "api_keys:\n  - <secret:1>\n  - <secret:2>\nb: c",
        ),
        ("tokens = [\"Zq7xW3vT9kpL5nR8sM2c\", \"b\"]", "tokens = [\"<secret:1>\", \"b\"]"),
        ("{\"password\": [\"Zq7xW3vT9k\"]}", "{\"password\": [\"<secret:1>\"]}"),
        (
            "{\"api_keys\": [\n  \"Zq7xW3vT9k\",\n  \"b\",\n  \"pL5nR8sM2c\"\n]}",
            "{\"api_keys\": [\n  \"<secret:1>\",\n  \"b\",\n  \"<secret:2>\"\n]}",
        ),
    ] {
        for depth in 0..3 {
            let line = in_strings(json!({ "content": text }).to_string(), depth);
            let expected = in_strings(json!({ "content": expected }).to_string(), depth);
            assert_eq!(redacted(&line), expected);
            assert_eq!(redacted(&expected), expected, "a second time");
        }
    }
    assert_eq!(
        redacted(r#"{"api_keys":["Zq7xW3vT9k","b"],"password":["hunter-2"]}"#),
        r#"{"api_keys":["<secret:1>","b"],"password":["<secret:2>"]}"#
    );
    // Names of secrets, code, prose, and what is not below the name.
    for text in [
        "secrets: [\"GITHUB_TOKEN\", \"NPM_TOKEN\"]",
        "secrets:\n  - GITHUB_TOKEN\n  - NPM_TOKEN",
        "if not password:\n    return None\nif password:\n    break",
        "password:\nuser1234: me",
        "The password:\n  Zq7xW3vT9k2",
        "def f(password: str,\n      token: str)",
        "max_tokens: 4096\ntokens:\n  - word",
        "password: |\n",
        "keys: ['name', 'id', 'created_at']",
    ] {
        let line = json!({ "content": text }).to_string();
        assert_eq!(redacted(&line), line);
    }
}

#[test]
fn only_passwords_in_connection_strings_are_redacted() {
    for (text, expected) in [
        (
            "postgres://me:Zq7xW3vT9k@db.example.com:5432/app",
            "postgres://me:<secret:1>@db.example.com:5432/app",
        ),
        (
            "mongodb+srv://me:p/ss#w0rd@c.example.com/?w=1",
            "mongodb+srv://me:<secret:1>@c.example.com/?w=1",
        ),
        ("redis://:Zq7xW3vT9k@h:6379", "redis://:<secret:1>@h:6379"),
        ("https://a1B2c3D4e5F6g7H8i9@git.example.com/x", "https://<secret:1>@git.example.com/x"),
        (
            "Server=h,1433;User Id=sa;Password=p!w2345;Encrypt=true",
            "Server=h,1433;User Id=sa;Password=<secret:1>;Encrypt=true",
        ),
        (
            "host=h user=u password=Zq7xW3vT9k sslmode=require",
            "host=h user=u password=<secret:1> sslmode=require",
        ),
        (
            "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0+/==;EndpointSuffix=y",
            "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=<key:1>;EndpointSuffix=y",
        ),
    ] {
        assert_eq!(
            redacted(&json!({ "t": text }).to_string()),
            json!({ "t": expected }).to_string()
        );
    }
    for text in [
        "http://localhost:8080/a@b",
        "https://me@example.com/x",
        "postgres://me:${PASSWORD}@h/x",
        "see https://x.example.com/@me/p",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn ids_and_uuids_are_never_touched() {
    // A known secret that also occurs in an id.
    let (id, uuid) = ("toolu_a1b2c3d4e5", "a1b2c3d4-0000-4000-8000-0a1b2c3d4e5f");
    let ids = json!({
        "type": "assistant", "uuid": uuid, "session_id": uuid, "request_id": "req_a1b2c3d4", "parent_tool_use_id": id,
        "message": {"id": "msg_a1b2c3d4", "content": [{"type": "tool_use", "id": id, "name": "Bash", "input": {}}]},
        "user_message_uuids": [uuid],
    })
    .to_string();
    let response = json!({"type": "control_response", "response": {"request_id": "a1b2c3d4", "response": {"toolUseID": id}}}).to_string();
    let hook = json!({"type": "control_request", "request_id": "a1b2c3d4", "request": {"subtype": "hook_callback", "callback_id": "hook_a1b2c3d4", "tool_use_id": id}}).to_string();
    let password = r#"{"password":"a1b2c3d4","t":"it is a1b2c3d4"}"#;
    let mut recording = recorded(&[password, &ids, &response, &hook]);
    recording.events.push(Event::new(0, EventKind::In(response.as_str().into())));
    scrub(&mut recording, &[]);
    let clean = r#"{"password":"<secret:1>","t":"it is <secret:1>"}"#;
    assert_eq!(lines(&recording), [clean, &ids, &response, &hook, &response]);
    // A key is recognised under any name.
    assert_eq!(
        redacted(r#"{"id":"ghp_a1B2c3D4e5F6g7H8i9J0"}"#),
        r#"{"id":"ghp_REDACTED1xxxxxxxxxxx"}"#
    );
}

/// Gateways make ids of many forms, and some look like what is redacted elsewhere.
#[test]
fn ids_of_tool_calls_are_kept_whatever_their_form() {
    for id in ["ghp_a1B2c3D4e5F6g7H8i9J0", "call_1|fc_2@x.io", "10.0.0.1/7", "a b"] {
        let lines_with_it = [
            json!({"type": "assistant", "parent_tool_use_id": id, "message": {"content": [{"type": "tool_use", "id": id, "name": "Bash", "input": {}}]}}),
            json!({"type": "assistant", "message": {"content": [{"id": id, "name": "web_search", "type": "server_tool_use"}]}}),
            json!({"type": "assistant", "message": {"content": [{"id": id, "name": "Bash", "input": {"a": "1", "b": "2", "c": "3", "d": ["4", "5"], "e": {"f": "6"}}, "type": "tool_use"}]}}),
            json!({"type": "system", "subtype": "x", "preceding_tool_use_ids": ["t", id], "sourceToolUseID": id, "parentToolUseID": id}),
            json!({"type": "stream_event", "event": {"type": "content_block_start", "content_block": {"type": "tool_use", "id": id, "name": "Bash"}}}),
            json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": id, "content": "ok"}]}}),
            json!({"type": "control_request", "request_id": "r", "request": {"subtype": "can_use_tool", "tool_use_id": id}}),
            json!({"type": "control_response", "response": {"request_id": "r", "response": {"toolUseID": id}}}),
        ];
        for line in lines_with_it {
            let line = line.to_string();
            let mut recording = recorded(&[&line]);
            scrub(&mut recording, &[]);
            assert_eq!(lines(&recording), [line]);
        }
    }
}

#[test]
fn base64_of_images_is_never_rewritten() {
    // Whatever the bytes look like: folders, users, prefixes of keys, a known secret.
    let alphabet =
        "iVBORw0KGgo/home/annAKIA0123456789ABCDEF/srv/ann/x+10/Users/bob/sk-ant-a1b2c3d4e5f6/";
    let data = alphabet.replace('-', "+").repeat(6);
    let roots = [Root::home("/srv/ann"), Root::cwd("/srv/ann/x")];
    let redaction =
        roots.into_iter().fold(Redaction::new().secret("0123456789ABCDEF"), Redaction::root);
    for line in [
        json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "t", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}]}]}}),
        json!({"type": "user", "message": {"content": [{"type": "image", "data": data, "mimeType": "image/png"}]}}),
        json!({"type": "user", "tool_use_result": {"type": "image", "file": {"base64": data, "type": "image/png"}}}),
        json!({"type": "user", "contents": [{"uri": "x://y", "blob": data}]}),
        json!({"type": "user", "content": format!("see data:image/png;base64,{data} and so on")}),
        json!({"type": "user", "content": json!({"url": format!("data:image/png;base64,{data}")}).to_string()}),
    ] {
        let line = line.to_string();
        let mut recording = recorded(&[&line]);
        redaction.scrub(&mut recording);
        assert_eq!(lines(&recording), [line]);
    }
}

#[test]
fn a_caller_can_add_patterns() {
    let redaction =
        Redaction::new().pattern(r"\bACME-\d{4}\b").unwrap().pattern(r#"pin "?(\d+)"#).unwrap();
    let mut stream = ["see ACME", "-12", "34, pin", " 99", "7 or so, and on, and on"]
        .map(|piece| delta(None, "text_delta", "text", piece))
        .to_vec();
    stream.push(
        json!({"type": "user", "a": "ACME-1234 ACME-99999", "b": "{\"x\": \"pin \\\"4711\\\"\"}"})
            .to_string(),
    );
    let mut recording: Recording = recorded(&stream);
    recording.header.argv = Some(vec!["--ticket=ACME-1234".to_owned()]);
    assert_eq!(redaction.lint(&recording).len(), 5);
    redaction.scrub(&mut recording);
    assert_eq!(
        pieces(&recording, "text"),
        ["see <secret:1>", "", ", pin", " <secret:2>", " or so, and on, and on"]
    );
    let last = json!({"type": "user", "a": "<secret:1> ACME-99999", "b": "{\"x\": \"pin \\\"<secret:3>\\\"\"}"}).to_string();
    assert_eq!(lines(&recording).pop().unwrap(), last);
    assert_eq!(recording.header.argv.as_ref().unwrap()[0], "--ticket=<secret:1>");
    assert_eq!(redaction.lint(&recording), []);
    assert!(!format!("{redaction:?}").contains("ACME"));

    for (pattern, why) in [("(", "unclosed group"), ("x*", "matches the empty text")] {
        let error = Redaction::new().pattern(pattern).unwrap_err();
        assert!(error.is_format() && error.to_string().contains(why), "{error}");
    }
}
