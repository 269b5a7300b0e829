//! The fields of published types that are typed here, compared with ours.
//!
//! The types of options are open: a field without a type is kept in `extra`. So only this finds a
//! field that a new version adds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use claude_wire::session::options::{
    AgentDefinition, McpServer, McpToolPolicy, SandboxAwsPair, SandboxCredentials,
    SandboxFilesystem, SandboxNetwork, SandboxRipgrep, SandboxSecretFile, SandboxSecretVariable,
    SandboxSettings, SandboxSigv4, SandboxTls, ToolServerConfig,
};
use claude_wire::wire::declared::{Kinds, declared};
use claude_wire_cli::Failure;

/// An object type in a file of declarations: how the line of its declaration begins, and the
/// members that lead to it.
type Published = (&'static str, &'static [&'static str]);

/// A type of options here, and those that it stands for.
struct Typed {
    name: &'static str,
    fields: &'static [&'static str],
    published: Vec<Published>,
    /// Published members that are no fields here: which type it is, or the key of its settings.
    left_out: &'static [&'static str],
}

fn typed(name: &'static str, fields: &'static [&'static str], published: &[Published]) -> Typed {
    Typed { name, fields, published: published.to_vec(), left_out: &[] }
}

const SANDBOX: &str = "declare const PublishedSandboxSettingsSchema: ";
const AGENT: &str = "export declare type AgentDefinition = ";
const STDIO: &str = "export declare type McpStdioServerConfig = ";
const SSE: &str = "export declare type McpSSEServerConfig = ";
const HTTP: &str = "export declare type McpHttpServerConfig = ";
const SDK: &str = "export declare type McpSdkServerConfig = ";
const POLICY: &str = "export declare type McpServerToolPolicy = ";

/// The types of options.
fn options() -> Vec<Typed> {
    let of_sandbox =
        |name, fields, path: &'static [&'static str]| typed(name, fields, &[(SANDBOX, path)]);
    let of_server = typed("ToolServerConfig", ToolServerConfig::FIELDS, &[(SDK, &[])]);
    vec![
        typed("AgentDefinition", AgentDefinition::FIELDS, &[(AGENT, &[])]),
        // One type is how a server outside is reached, and its transport says which.
        typed("McpServer", McpServer::FIELDS, &[(STDIO, &[]), (SSE, &[]), (HTTP, &[])]),
        Typed { left_out: &["type", "name"], ..of_server },
        typed("McpToolPolicy", McpToolPolicy::FIELDS, &[(POLICY, &[])]),
        of_sandbox("SandboxSettings", SandboxSettings::FIELDS, &[]),
        of_sandbox("SandboxNetwork", SandboxNetwork::FIELDS, &["network"]),
        of_sandbox("SandboxTls", SandboxTls::FIELDS, &["network", "tlsTerminate"]),
        of_sandbox("SandboxFilesystem", SandboxFilesystem::FIELDS, &["filesystem"]),
        of_sandbox("SandboxCredentials", SandboxCredentials::FIELDS, &["credentials"]),
        of_sandbox("SandboxSecretFile", SandboxSecretFile::FIELDS, &["credentials", "files"]),
        of_sandbox(
            "SandboxSecretVariable",
            SandboxSecretVariable::FIELDS,
            &["credentials", "envVars"],
        ),
        of_sandbox("SandboxAwsPair", SandboxAwsPair::FIELDS, &["credentials", "awsPairs"]),
        of_sandbox("SandboxSigv4", SandboxSigv4::FIELDS, &["credentials", "sigv4"]),
        of_sandbox("SandboxRipgrep", SandboxRipgrep::FIELDS, &["ripgrep"]),
    ]
}

/// Tools whose published types have another name.
const RENAMED: [(&str, &str); 3] =
    [("Edit", "FileEdit"), ("Read", "FileRead"), ("Write", "FileWrite")];

/// The types of tools that are not an `interface` with one list of members: a union, which has a
/// member for each of its forms.
const UNIONS: [&str; 2] = ["AgentOutput", "FileReadOutput"];

/// What differs between the types of the package in this folder and ours.
pub(super) fn differences(folder: &Path) -> Result<Vec<String>, Failure> {
    let read = |file: &str| {
        let path = folder.join(file);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (types, tools) = (read("sdk.d.ts")?, read("sdk-tools.d.ts")?);
    let mut found = Vec::new();
    for Typed { name, fields: ours, published, left_out } in options() {
        let mut fields = BTreeSet::new();
        for (begins, path) in published {
            let members = members(&types, begins, path, 4);
            if members.is_empty() {
                let place = [&[begins][..], path].concat().join(".");
                return Err(format!(
                    "{place} was not found in sdk.d.ts: adapt xtask/src/names/fields.rs"
                ));
            }
            fields.extend(members);
        }
        fields.retain(|name| !left_out.contains(name));
        found.extend(compared(name, &fields, &ours.iter().copied().collect()));
    }
    let declared = declared();
    for (kinds, ending) in [(declared.tool_inputs, "Input"), (declared.tool_outputs, "Output")] {
        found.extend(of_tools(&tools, &kinds, ending));
    }
    Ok(found)
}

/// Published fields of tools that we have not. An object that takes every field counts as having it.
fn of_tools(tools: &str, kinds: &Kinds, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (tool, shape) in kinds {
        let published =
            RENAMED.iter().find(|(ours, _)| ours == tool).map_or(&**tool, |name| name.1);
        let name = format!("{published}{ending}");
        let begins = format!("export interface {name} ");
        if UNIONS.contains(&&*name) || !tools.lines().any(|line| line.starts_with(&begins)) {
            continue;
        }
        let fields: BTreeSet<&str> = members(tools, &begins, &[], 2).into_iter().collect();
        let missing = fields.iter().filter(|field| !shape.has(field));
        found.extend(missing.map(|field| format!("`{name}.{field}` has no field in wire::tools")));
    }
    found
}

/// What only one of both has.
fn compared(ours: &str, published: &BTreeSet<&str>, typed: &BTreeSet<&str>) -> Vec<String> {
    let missing = published.difference(typed).map(|field| {
        format!("`{field}` is published and not a field of `session::options::{ours}`")
    });
    let gone = typed
        .difference(published)
        .map(|field| format!("`{field}` of `session::options::{ours}` is not published"));
    missing.chain(gone).collect()
}

/// The members of an object type that is reached by these members; each level is indented by
/// `indent` spaces more.
fn members<'a>(text: &'a str, begins: &str, path: &[&str], indent: usize) -> Vec<&'a str> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(begins));
    if lines.next().is_none_or(|line| line.trim_end().ends_with("{}")) {
        return Vec::new();
    }
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut path = path.iter();
    let mut level = indent;
    let mut wanted = path.next();
    let mut found = Vec::new();
    for line in lines {
        if !line.is_empty() && depth(line) < level {
            break;
        }
        let Some(name) = member(line, level) else { continue };
        match wanted {
            Some(next) if *next == name => {
                wanted = path.next();
                level += indent;
            }
            Some(_) => {}
            None => found.push(name),
        }
    }
    found
}

/// The name of a member on this level.
fn member(line: &str, level: usize) -> Option<&str> {
    let (space, rest) = line.split_at_checked(level)?;
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    let name = rest.get(..end)?;
    let after = rest.get(end..)?.trim_start_matches('?');
    let is_member = space.bytes().all(|byte| byte == b' ') && !name.is_empty();
    (is_member && after.starts_with(':')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "declare const Other: () => {\n    no: 1;\n};\n\
        declare const Schema: () => z.ZodObject<{\n    one: z.ZodString;\n    /**\n     * note: this\n     */\n\
        \x20   two: z.ZodObject<{\n        deep: z.ZodEnum<{\n            deny: \"deny\";\n        }>;\n\
        \x20       deeper?: {\n            last: 1;\n        };\n    }>;\n    three?: string;\n}>;\n\
        export interface Empty {}\nexport interface Next {\n    no: 1;\n}\n";

    #[test]
    fn members_are_found_on_their_level() {
        let of = |path: &[&str]| members(TEXT, "declare const Schema: ", path, 4);
        assert_eq!(of(&[]), ["one", "two", "three"]);
        assert_eq!(of(&["two"]), ["deep", "deeper"]);
        assert_eq!(of(&["two", "deeper"]), ["last"]);
        assert_eq!(of(&["four"]), [""; 0]);
        assert_eq!(members(TEXT, "export interface Empty ", &[], 4), [""; 0]);
        assert_eq!(members(TEXT, "export interface Missing ", &[], 4), [""; 0]);
    }

    #[test]
    fn a_new_field_and_one_that_is_gone_are_named() {
        let found = compared("X", &["a", "new"].into(), &["a", "old"].into());
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("`new` is published") && found[1].contains("`old`"), "{found:?}");
        let kinds = declared().tool_inputs;
        let text = "export interface BashInput {\n  command: string;\n  newest?: string;\n}\n";
        let found = of_tools(text, &kinds, "Input");
        assert_eq!(found, ["`BashInput.newest` has no field in wire::tools"]);
    }
}
