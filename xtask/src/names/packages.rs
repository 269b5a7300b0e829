//! The names that an installed package exports.
//!
//! | set | TypeScript | Python |
//! |---|---|---|
//! | `exports` | what `sdk.d.ts` exports | `__all__` |
//! | `options` | the members of `Options` | the fields of `ClaudeAgentOptions` |
//! | `methods` | the members of `Query` | the methods of `ClaudeSDKClient` |
//! | `prompt` | the members of `SDKUserMessage` | |
//! | `tools` | what `sdk-tools.d.ts` exports | |
//! | `modules` | the entry points of `package.json` | the public modules |

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use claude_wire_cli::Failure;

/// The names of a package, each with its set.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<(&'static str, String)>);

impl Names {
    pub(super) fn add<N: Into<String>>(
        &mut self,
        set: &'static str,
        names: impl IntoIterator<Item = N>,
    ) {
        self.0.extend(names.into_iter().map(|name| (set, name.into())));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(set, name)| (*set, &**name))
    }

    pub(super) fn has(&self, set: &str, name: &str) -> bool {
        self.iter().any(|known| known == (set, name))
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Reads the package in this folder, which `package.json` is in.
pub(super) fn typescript(folder: &Path) -> Result<Names, Failure> {
    let types = read(&folder.join("sdk.d.ts"))?;
    let tools = read(&folder.join("sdk-tools.d.ts"))?;
    let mut names = Names::default();
    names.add("exports", found("sdk.d.ts", "an export", exports(&types))?);
    for (set, declaration) in [
        ("options", "type Options = "),
        ("methods", "interface Query "),
        ("prompt", "type SDKUserMessage = "),
    ] {
        names.add(set, found("sdk.d.ts", declaration.trim(), members(&types, declaration))?);
    }
    names.add("tools", found("sdk-tools.d.ts", "an export", exports(&tools))?);
    let manifest = read(&folder.join("package.json"))?;
    names.add("modules", found("package.json", "an entry point", entry_points(&manifest))?);
    Ok(names)
}

/// Reads the package `claude_agent_sdk` in this folder.
pub(super) fn python(folder: &Path) -> Result<Names, Failure> {
    let package = folder.join("claude_agent_sdk");
    let root = read(&package.join("__init__.py"))?;
    let types = read(&package.join("types.py"))?;
    let client = read(&package.join("client.py"))?;
    let mut names = Names::default();
    names.add("exports", found("__init__.py", "__all__", all(&root))?);
    let options = class(&types, "ClaudeAgentOptions").filter_map(field).collect();
    names.add("options", found("types.py", "class ClaudeAgentOptions", options)?);
    let methods = class(&client, "ClaudeSDKClient").filter_map(method).collect();
    names.add("methods", found("client.py", "class ClaudeSDKClient", methods)?);
    names.add("modules", found("claude_agent_sdk", "a module", modules(&package)?)?);
    Ok(names)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Refuses an empty answer: the file has another form now.
fn found(file: &str, what: &str, names: Vec<String>) -> Result<Vec<String>, Failure> {
    if names.is_empty() {
        return Err(format!("{what} was not found in {file}: adapt xtask/src/names/packages.rs"));
    }
    Ok(names)
}

/// The name at the beginning of a text.
fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The names that a file of declarations exports, in either form:
/// `export declare type A = ...` and `export { A, B as C }`.
fn exports(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("export ").filter(|(at, _)| is_line_start(text, *at)) {
        let rest = &text[at + "export ".len()..];
        let rest = rest.strip_prefix("declare ").unwrap_or(rest);
        let rest = rest.strip_prefix("abstract ").unwrap_or(rest);
        let list = rest.strip_prefix("type ").unwrap_or(rest).strip_prefix('{');
        if let Some((list, _)) = list.and_then(|list| list.split_once('}')) {
            let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
            names.extend(items.filter_map(|item| item.rsplit(' ').next()).map(str::to_owned));
        } else if let Some((kind, rest)) = rest.split_once(' ')
            && ["type", "interface", "class", "function", "const", "enum"].contains(&kind)
        {
            names.push(word(rest).to_owned());
        }
    }
    names
}

fn is_line_start(text: &str, at: usize) -> bool {
    at == 0 || text[..at].ends_with('\n')
}

/// The members of an interface or an object type, without those of nested ones.
fn members(text: &str, declaration: &str) -> Vec<String> {
    let begin = format!("export declare {declaration}");
    let body = text.lines().skip_while(|line| !line.starts_with(&begin)).skip(1);
    let body = body.take_while(|line| !matches!(*line, "}" | "};"));
    let member = |line: &str| {
        let line = line.strip_prefix("    ")?;
        let line = line.strip_prefix("readonly ").unwrap_or(line);
        let name = word(line);
        let rest = line[name.len()..].trim_start_matches('?');
        (!name.is_empty() && rest.starts_with([':', '(', '<'])).then(|| name.to_owned())
    };
    body.filter_map(member).collect()
}

/// The keys of `exports`, without the second spellings that end in `.js`.
fn entry_points(manifest: &str) -> Vec<String> {
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap_or_default();
    let exports = manifest.get("exports").and_then(|exports| exports.as_object());
    let keys = exports.into_iter().flat_map(|exports| exports.keys());
    keys.filter(|key| !key.ends_with(".js")).cloned().collect()
}

/// The strings of `__all__`.
fn all(text: &str) -> Vec<String> {
    let list = text.split_once("\n__all__ = [").and_then(|(_, rest)| rest.split_once(']'));
    let lines = list.into_iter().flat_map(|(list, _)| list.lines());
    let names = lines.filter_map(|line| line.trim().strip_prefix('"')?.split_once('"'));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// The lines of a class, without its documentation.
fn class<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let is_head = move |line: &str, name: &str| {
        line.strip_prefix("class ").is_some_and(|rest| word(rest) == name)
    };
    let name = name.to_owned();
    let body = text.lines().skip_while(move |line| !is_head(line, &name)).skip(1);
    let mut within_text = false;
    let code = body.filter(move |line| {
        let quotes = line.matches("\"\"\"").count();
        let is_code = !within_text && quotes == 0;
        within_text ^= quotes % 2 == 1;
        is_code
    });
    code.take_while(|line| line.is_empty() || line.starts_with(' ') || line.starts_with(')'))
}

/// `name: type` in a class.
fn field(line: &str) -> Option<String> {
    let line = line.strip_prefix("    ")?;
    let name = word(line);
    let public = !name.is_empty() && !name.starts_with('_');
    (public && line[name.len()..].starts_with(": ")).then(|| name.to_owned())
}

/// `def name(` or `async def name(` in a class.
fn method(line: &str) -> Option<String> {
    let line = line.strip_prefix("    ")?;
    let name = word(line.strip_prefix("async ").unwrap_or(line).strip_prefix("def ")?);
    (!name.starts_with('_')).then(|| name.to_owned())
}

/// The public modules of a package.
fn modules(package: &Path) -> Result<Vec<String>, Failure> {
    let failed = |error| format!("{}: {error}", package.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(package).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_module = path.extension().is_some_and(|ending| ending == "py")
            || path.join("__init__.py").is_file();
        let name = path.file_stem().and_then(|name| name.to_str());
        names.extend(name.filter(|_| is_module).map(str::to_owned));
    }
    names.retain(|name| !name.starts_with('_'));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_found_in_every_form() {
        let text = "import { X } from 'x';\nexport declare class A extends Error {\n}\n\
                    /** export declare type No = 1 */\n\
                    export declare type B<T> = {\n    export type: T;\n};\n\
                    declare type Hidden = 1;\nexport declare function c(_a: A): B;\n\
                    export declare const D: 1;\nexport interface E {}\nexport type F =\n  | A;\n\
                    export type { G, H as I } from './g.js';\nexport { J }\nexport { }\n";
        assert_eq!(exports(text), ["A", "B", "c", "D", "E", "F", "G", "I", "J"]);
    }

    #[test]
    fn members_are_those_of_the_object_itself() {
        let text = "export declare type Options2 = {\n    no: 1;\n};\n\
                    export declare type Options = {\n    /**\n     * note: this\n     */\n\
                    \x20   one?: {\n        nested: 1;\n    };\n    two(x: 1): void;\n\
                    \x20   readonly three: 'a' | 'b';\n    four<T>(): T;\n    [Symbol.dispose](): void;\n};\n\
                    export declare type Other = {\n    no: 1;\n};\n";
        assert_eq!(members(text, "type Options = "), ["one", "two", "three", "four"]);
        assert_eq!(members(text, "type Missing = "), [""; 0]);
    }

    #[test]
    fn documentation_of_a_class_is_not_read_for_fields() {
        let text = "class Other:\n    no: int\n\nclass Mine(Base):\n    \"\"\"Text.\n\n    Note: this\n    \"\"\"\n\n\
                    \x20   one: int = 1\n    \"\"\"One line: of text.\"\"\"\n    two: (\n        dict[str, int]\n    ) = None\n\
                    \x20   _three: int\n    async def ask(self) -> None:\n        here: int = 1\n    def _own(self):\n\
                    \x20   @property\n    def state(self):\n\nclass Next:\n    no: int\n";
        assert_eq!(class(text, "Mine").filter_map(field).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(class(text, "Mine").filter_map(method).collect::<Vec<_>>(), ["ask", "state"]);
    }

    #[test]
    fn all_has_comments_and_entry_points_have_second_spellings() {
        let text = "x = 1\n__all__ = [\n    # Main\n    \"query\",\n    \"B\",\n]\nno = [\"C\"]\n";
        assert_eq!(all(text), ["query", "B"]);
        let manifest = r#"{"exports":{".":{"types":"./a"},"./b":{},"./b.js":{}}}"#;
        assert_eq!(entry_points(manifest), [".", "./b"]);
        assert_eq!(entry_points("no JSON"), [""; 0]);
    }

    #[test]
    fn a_package_of_another_form_is_an_error() {
        let folder = tempfile::tempdir().unwrap_or_else(|why| panic!("{why}"));
        for (name, content) in [
            ("sdk.d.ts", "export declare type A = 1;"),
            ("sdk-tools.d.ts", ""),
            ("package.json", "{}"),
        ] {
            fs::write(folder.path().join(name), content).unwrap_or_else(|why| panic!("{why}"));
        }
        let why = typescript(folder.path()).err().unwrap_or_default();
        assert!(why.starts_with("type Options = was not found in sdk.d.ts"), "{why}");
        assert!(python(folder.path()).is_err_and(|why| why.contains("__init__.py")));
    }
}
