//! The types of options have the fields of the TypeScript SDK 0.3.332, and keep those of later
//! versions.

#![cfg(feature = "session")]

use std::collections::BTreeSet;

use claude_wire::session::options::{
    AgentDefinition, McpServer, McpToolPolicy, McpTransport, PermissionMode, SandboxAwsPair,
    SandboxCredentials, SandboxFilesystem, SandboxNetwork, SandboxRipgrep, SandboxSecretFile,
    SandboxSecretVariable, SandboxSettings, SandboxSigv4, SandboxTls, ToolServerConfig,
};
use claude_wire::wire::hook::session::EndReason;
use claude_wire::wire::usage::{
    LimitNotice, ORG_POLICY_PREFIXES, USAGE_LIMIT_PREFIXES, USAGE_TRANSITION_PREFIXES,
    USAGE_WARNING_PREFIXES,
};
use serde_json::{Value, json};

/// The fields of a published type, as `sdk.d.ts` lists them. A `!` is after one that is required.
struct Published {
    name: &'static str,
    fields: &'static str,
}

const AGENT: Published = Published {
    name: "AgentDefinition",
    fields: "description! tools disallowedTools prompt! model mcpServers criticalSystemReminder_EXPERIMENTAL \
        skills initialPrompt maxTurns autoCompactWindow background omitClaudeMd memory effort permissionMode \
        observer observerMessage",
};
const STDIO: Published =
    Published { name: "McpStdioServerConfig", fields: "type command! args env timeout alwaysLoad" };
const SSE: Published =
    Published { name: "McpSSEServerConfig", fields: "type! url! headers tools timeout alwaysLoad" };
const HTTP: Published = Published {
    name: "McpHttpServerConfig",
    fields: "type! url! headers tools timeout alwaysLoad",
};
const SDK: Published =
    Published { name: "McpSdkServerConfig", fields: "type! name! timeout tools" };
const POLICY: Published =
    Published { name: "McpServerToolPolicy", fields: "name! permission_policy org_max_permission" };
const SANDBOX: Published = Published {
    name: "SandboxSettings",
    fields: "enabled failIfUnavailable autoAllowBashIfSandboxed allowUnsandboxedCommands network filesystem \
        credentials ignoreViolations enableWeakerNestedSandbox allowNestedUserNamespaces \
        enableWeakerNetworkIsolation allowAppleEvents excludedCommands ripgrep bwrapPath socatPath",
};
const NETWORK: Published = Published {
    name: "SandboxNetworkConfig",
    fields: "allowedDomains deniedDomains strictAllowlist allowManagedDomainsOnly allowUnixSockets \
        allowAllUnixSockets allowLocalBinding allowMachLookup httpProxyPort socksProxyPort tlsTerminate",
};
const TLS: Published =
    Published { name: "SandboxNetworkConfig.tlsTerminate", fields: "caCertPath caKeyPath" };
const FILESYSTEM: Published = Published {
    name: "SandboxFilesystemConfig",
    fields: "allowWrite denyWrite denyRead allowRead allowManagedReadPathsOnly disabled",
};
const CREDENTIALS: Published = Published {
    name: "SandboxSettings.credentials",
    fields: "files envVars allowPlaintextInject awsPairs sigv4",
};
const FILE: Published = Published {
    name: "SandboxSettings.credentials.files",
    fields: "path! mode! extract onExtractNoMatch decode maskClaims maskDuplicates injectHosts",
};
const VARIABLE: Published = Published {
    name: "SandboxSettings.credentials.envVars",
    fields: "name! mode! extract onExtractNoMatch decode maskClaims injectHosts",
};
const AWS: Published = Published {
    name: "SandboxSettings.credentials.awsPairs",
    fields: "accessKeyIdVar! secretAccessKeyVar! sessionTokenVar",
};
const SIGV4: Published =
    Published { name: "SandboxSettings.credentials.sigv4", fields: "streaming presigned sigv4a" };
const RIPGREP: Published = Published { name: "SandboxSettings.ripgrep", fields: "command! args" };

impl Published {
    fn fields(&self) -> BTreeSet<&'static str> {
        self.fields.split_whitespace().map(|field| field.trim_end_matches('!')).collect()
    }
}

fn set(fields: &[&'static str]) -> BTreeSet<&'static str> {
    fields.iter().copied().collect()
}

#[test]
fn every_published_field_is_typed() {
    for (published, ours) in [
        (AGENT, AgentDefinition::FIELDS),
        (POLICY, McpToolPolicy::FIELDS),
        (SANDBOX, SandboxSettings::FIELDS),
        (NETWORK, SandboxNetwork::FIELDS),
        (TLS, SandboxTls::FIELDS),
        (FILESYSTEM, SandboxFilesystem::FIELDS),
        (CREDENTIALS, SandboxCredentials::FIELDS),
        (FILE, SandboxSecretFile::FIELDS),
        (VARIABLE, SandboxSecretVariable::FIELDS),
        (AWS, SandboxAwsPair::FIELDS),
        (SIGV4, SandboxSigv4::FIELDS),
        (RIPGREP, SandboxRipgrep::FIELDS),
    ] {
        assert_eq!(published.fields(), set(ours), "{}", published.name);
    }
    // One type is how a server outside this process is reached, and its transport says which.
    let outside = STDIO.fields().into_iter().chain(SSE.fields()).chain(HTTP.fields());
    assert_eq!(outside.collect::<BTreeSet<_>>(), set(McpServer::FIELDS));
    // The name of a server in this process is the key of its settings.
    let mut inside = SDK.fields();
    assert!(inside.remove("type") && inside.remove("name"));
    assert_eq!(inside, set(ToolServerConfig::FIELDS));
}

/// The beginnings of texts about limits, as `sdk.d.ts` exports them.
const USAGE_LIMIT_ERROR: &str = "You've hit your|You've reached your|You're out of usage credits|\
    Your org is out of usage · add funds to continue|Your org is out of usage · contact your admin|\
    Your seat type doesn't include usage credits|Your seat type doesn't include usage|\
    Your usage allocation has been disabled by your admin|Your group's usage limit is set to $0|\
    Fable 5 requires usage credits|You're out of extra usage|Your seat type doesn't include extra usage";
const ORG_POLICY_LIMIT: &str = "This service is disabled for your org";
const USAGE_WARNING: &str = "You've used|You're close to";
const USAGE_TRANSITION: &str = "You're now using usage credits|You're now using your usage allocation|\
    Now using your usage allocation|Now using usage credits|Now using credits|\
    You're now using extra usage|Now using extra usage";

#[test]
fn texts_about_limits_are_recognised_by_how_they_begin() {
    for (published, ours, notice) in [
        (USAGE_LIMIT_ERROR, USAGE_LIMIT_PREFIXES, LimitNotice::Reached),
        (ORG_POLICY_LIMIT, ORG_POLICY_PREFIXES, LimitNotice::OrgPolicy),
        (USAGE_WARNING, USAGE_WARNING_PREFIXES, LimitNotice::Warning),
        (USAGE_TRANSITION, USAGE_TRANSITION_PREFIXES, LimitNotice::Transition),
    ] {
        assert_eq!(published.split('|').collect::<Vec<_>>(), ours);
        for prefix in ours {
            for text in [prefix.to_string(), format!("\n {prefix} limit · resets 3am")] {
                assert_eq!(LimitNotice::of(&text), Some(notice), "{text}");
            }
            for text in [format!("It says: {prefix}"), prefix.to_uppercase()] {
                assert_ne!(LimitNotice::of(&text), Some(notice), "{text}");
            }
        }
    }
    for text in ["", "You've hit you", "You've use", "Now using credit", "You're close"] {
        assert_eq!(LimitNotice::of(text), None, "{text}");
    }
}

#[test]
fn every_published_word_has_a_variant() {
    assert_eq!(EndReason::KNOWN, ["clear", "resume", "logout", "prompt_input_exit", "other"]);
    let modes = ["default", "acceptEdits", "bypassPermissions", "plan", "dontAsk", "auto"];
    assert!(modes.iter().all(|mode| PermissionMode::KNOWN.contains(mode)));
    // Not in the published type, but accepted by the CLI.
    assert!(PermissionMode::KNOWN.contains(&"manual"));
    assert_eq!(McpTransport::KNOWN, ["stdio", "http", "sse", "sdk"]);
}

/// An object with every field of the published types, and unknown ones on every level.
fn whole_sandbox() -> Value {
    json!({
        "enabled": true, "failIfUnavailable": false, "autoAllowBashIfSandboxed": true,
        "allowUnsandboxedCommands": false,
        "network": {
            "allowedDomains": ["a"], "deniedDomains": [], "strictAllowlist": true,
            "allowManagedDomainsOnly": false, "allowUnixSockets": ["/s"], "allowAllUnixSockets": false,
            "allowLocalBinding": true, "allowMachLookup": ["m.*"], "httpProxyPort": 1, "socksProxyPort": 65535,
            "tlsTerminate": {"caCertPath": "/c", "caKeyPath": "/k", "new": 1}, "new": 2
        },
        "filesystem": {
            "allowWrite": ["/w"], "denyWrite": ["/d"], "denyRead": [], "allowRead": ["/r"],
            "allowManagedReadPathsOnly": true, "disabled": false, "new": [3]
        },
        "credentials": {
            "files": [
                {
                    "path": "/f", "mode": "mask", "extract": "e", "onExtractNoMatch": "warn", "decode": "jwt",
                    "maskClaims": ["c"], "maskDuplicates": true, "injectHosts": ["h"], "new": {"a": 4}
                },
                {"path": "/g", "mode": "later"}
            ],
            "envVars": [{
                "name": "V", "mode": "deny", "extract": "e", "onExtractNoMatch": "error", "decode": "later",
                "maskClaims": [], "injectHosts": [], "new": 5
            }],
            "allowPlaintextInject": false,
            "awsPairs": [{"accessKeyIdVar": "A", "secretAccessKeyVar": "B", "sessionTokenVar": "C", "new": 6}],
            "sigv4": {"streaming": "deny", "presigned": "passthrough", "sigv4a": "later", "new": 7},
            "new": 8
        },
        "ignoreViolations": {"*": ["v"], "git": []}, "enableWeakerNestedSandbox": false,
        "allowNestedUserNamespaces": false, "enableWeakerNetworkIsolation": false, "allowAppleEvents": false,
        "excludedCommands": ["docker"], "ripgrep": {"command": "rg", "args": [], "new": 9},
        "bwrapPath": "/b", "socatPath": "/s", "new": null
    })
}

#[test]
fn objects_with_every_field_survive_in_both_directions() {
    let sandbox = whole_sandbox();
    let read: SandboxSettings = serde_json::from_value(sandbox.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), sandbox);
    assert_eq!(read.extra.len(), 1);
    assert_eq!(
        read.credentials.unwrap().files.unwrap()[1].mode.as_str(),
        "later",
        "an unknown word is kept"
    );

    let agent = json!({
        "description": "d", "prompt": "p", "tools": [], "disallowedTools": ["mcp__*"], "model": "inherit",
        "mcpServers": ["s", {"o": {"command": "c", "new": 1}}],
        "criticalSystemReminder_EXPERIMENTAL": "r", "skills": ["k"], "initialPrompt": "i", "maxTurns": 1,
        "autoCompactWindow": 100_000, "background": false, "omitClaudeMd": true, "memory": "local",
        "effort": 3, "permissionMode": "manual", "observer": "a,b", "observerMessage": "m", "new": [2]
    });
    let read: AgentDefinition = serde_json::from_value(agent.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), agent);
    assert_eq!(read.permission_mode, Some(PermissionMode::Manual));
    assert_eq!(read.extra.len(), 1);
}
