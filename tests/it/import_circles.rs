//! Imports between files run one way: no file imports from one that needs it.

use std::collections::{BTreeMap, BTreeSet};

use crate::house_rules::files;

/// Files that import from each other, each set with the reason.
const CIRCLES: &[(&[&str], &str)] = &[(
    &[
        "src/protocol/machine.rs",
        "src/protocol/machine/again.rs",
        "src/protocol/machine/doubt.rs",
        "src/protocol/machine/switch.rs",
    ],
    "the state of the machine is one struct, and each file has the part of it and the transitions \
     of one subject",
)];

/// A module, by the names of its folders and its file.
type Module = Vec<String>;

/// The names of a path, such as `["super", "error", "Error"]`.
type Names = Vec<String>;

/// What a file declares and what it imports.
#[derive(Default)]
struct Source {
    path: String,
    children: BTreeSet<String>,
    declared: BTreeSet<String>,
    /// What its `use` declarations name, by the name in this file. `*` is for globs.
    used: Vec<(String, Names)>,
    /// Other paths in its code.
    paths: Vec<Names>,
    /// The macros that it declares, and those that it calls.
    rules: BTreeSet<String>,
    calls: BTreeSet<String>,
    /// The `use` declarations that only re-export.
    exported: BTreeSet<Names>,
}

/// The words and marks of a source, without comments, texts and attributes; `::` is one mark.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(length) = raw_text(rest) {
            length
        } else if first == '"' {
            1 + text_length(&rest[1..])
        } else if first == '\'' {
            character(rest)
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of `r"..."` or `br#"..."#`.
fn raw_text(rest: &str) -> Option<usize> {
    let prefix = if rest.starts_with("br") { 2 } else { usize::from(rest.starts_with('r')) };
    let marks = rest[prefix..].bytes().take_while(|byte| *byte == b'#').count();
    let start = prefix + marks + 1;
    if prefix == 0 || rest.as_bytes().get(start - 1) != Some(&b'"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(marks));
    Some(start + rest[start..].find(&end).unwrap() + end.len())
}

/// The length of a text up to and with its closing quote.
fn text_length(rest: &str) -> usize {
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.unwrap() + 1
}

/// The length of a character such as `'a'` or `'\n'`, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => 4 + rest[3..].find('\'').unwrap(),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// Without what is only for tests: items after `#[cfg(test)]`, and the names of test modules.
fn without_tests(tokens: &[String]) -> (Vec<String>, BTreeSet<String>) {
    let marks = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let only_tests = [marks("# [ cfg ( test ) ]"), marks("# [ cfg ( all ( test ,")];
    let (mut kept, mut modules, mut at) = (Vec::new(), BTreeSet::new(), 0);
    while at < tokens.len() {
        if !only_tests.iter().any(|only| tokens[at..].starts_with(only)) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        // The item ends with a `;`, or with the `}` of its body.
        let (mut depth, mut end) = (0_usize, at);
        loop {
            match tokens[end].as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" if depth == 0 => break,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            let ends = depth == 0
                && (tokens[end] == ";"
                    || (tokens[end] == "}" && tokens.get(end + 1).is_none_or(|next| next != ";")));
            end += 1;
            if ends {
                break;
            }
        }
        if let Some(name) = tokens[at..end].iter().position(|token| token == "mod") {
            modules.insert(tokens[at + name + 1].clone());
        }
        at = end;
    }
    (kept, modules)
}

/// The paths of a `use` declaration, each with its name in the file. Returns the number of tokens.
fn use_tree(tokens: &[String], prefix: &[String], found: &mut Vec<(String, Names)>) -> usize {
    let (mut path, mut at) = (prefix.to_vec(), 0);
    let mut alias = None;
    let mut is_list = false;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "::" => at += 1,
            "as" => {
                alias = Some(tokens[at + 1].clone());
                at += 2;
            }
            "{" => {
                is_list = true;
                at += 1;
                while tokens[at] != "}" {
                    at += use_tree(&tokens[at..], &path, found);
                    at += usize::from(tokens[at] == ",");
                }
                at += 1;
            }
            "," | "}" | ";" => break,
            name => {
                if name != "self" || path.is_empty() {
                    path.push(name.to_owned());
                }
                at += 1;
            }
        }
    }
    if let (false, Some(last)) = (is_list, path.last()) {
        found.push((alias.unwrap_or_else(|| last.clone()), path));
    }
    at
}

fn read(path: &str, text: &str, children: BTreeSet<String>) -> Source {
    let (tokens, _) = without_tests(&tokens(text));
    let mut source = Source { path: path.to_owned(), children, ..Source::default() };
    let is_name = |token: &str| token.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at].as_str();
        let next = |after: usize| tokens.get(at + after).map_or("", String::as_str);
        let before = if at == 0 { "" } else { tokens[at - 1].as_str() };
        let restricts = before == "in" && tokens[at - 2] == "(" && tokens[at - 3] == "pub";
        match token {
            // `impl Trait + use<'a>` is not an import.
            "use" if next(1) != "<" => {
                let mut found = Vec::new();
                let length = use_tree(&tokens[at + 1..], &[], &mut found);
                // `pub use`, `pub(crate) use`: what is re-exported is not imported.
                if before == "pub" || before == ")" {
                    source.exported.extend(found.iter().map(|(_, path)| path.clone()));
                }
                source.used.extend(found);
                at += length;
            }
            "struct" | "enum" | "trait" | "type" | "fn" | "const" | "static" => {
                source.declared.insert(next(1).to_owned());
            }
            "macro_rules" => {
                source.declared.insert(next(2).to_owned());
                source.rules.insert(next(2).to_owned());
            }
            name if is_name(name) && next(1) == "!" => {
                source.calls.insert(name.to_owned());
            }
            // `pub(in super::super)` is not an import.
            name if is_name(name) && next(1) == "::" && before != "::" && !restricts => {
                let mut path = vec![name.to_owned()];
                while next(1 + 2 * (path.len() - 1)) == "::" && is_name(next(2 * path.len())) {
                    path.push(next(2 * path.len()).to_owned());
                }
                source.paths.push(path);
            }
            _ => {}
        }
        at += 1;
    }
    source
}

/// All files of a package by their modules, without those of tests.
fn sources(root: &str, texts: &[(String, String)]) -> BTreeMap<Module, Source> {
    let module = |path: &str| -> Module {
        let below = path.strip_prefix(root).unwrap().trim_matches('/').trim_end_matches(".rs");
        let names = below.split('/').filter(|name| !["mod", "lib"].contains(name));
        names.map(str::to_owned).collect()
    };
    let mut all: BTreeMap<Module, &(String, String)> =
        texts.iter().map(|text| (module(&text.0), text)).collect();
    let mut tests = Vec::new();
    for (module, (_, text)) in &all {
        let (_, names) = without_tests(&tokens(text));
        tests.extend(names.into_iter().map(|name| [module.as_slice(), &[name]].concat()));
    }
    all.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
    let children = |parent: &Module| -> BTreeSet<String> {
        let is_child = |module: &&Module| {
            module.len() == parent.len() + 1 && module.starts_with(parent.as_slice())
        };
        all.keys().filter(is_child).map(|module| module.last().unwrap().clone()).collect()
    };
    let source = |(module, (path, text)): (&Module, &&(String, String))| {
        (module.clone(), read(path, text, children(module)))
    };
    all.iter().map(source).collect()
}

/// The module that declares what a path in `from` names; `None` if that is outside of the crate.
fn declares(
    all: &BTreeMap<Module, Source>,
    from: &Module,
    path: &[String],
    depth: usize,
) -> Option<Module> {
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (from.clone(), &path[1..]),
        "super" => (from.clone(), path),
        name => {
            let source = &all[from];
            let is_used = source.used.iter().any(|(used, path)| used == name && path[0] != name);
            if !is_used && !source.children.contains(name) {
                return None;
            }
            (from.clone(), path)
        }
    };
    while rest.first().is_some_and(|name| name == "super") {
        at.pop();
        rest = &rest[1..];
    }
    while let Some(name) = rest.first() {
        let source = all.get(&at)?;
        if source.children.contains(name) {
            at.push(name.clone());
            rest = &rest[1..];
            continue;
        }
        if source.declared.contains(name) || depth == 0 {
            break;
        }
        let named = source.used.iter().find(|(used, _)| used == name);
        if let Some((_, path)) = named.filter(|(_, path)| path.as_slice() != rest) {
            let whole = [path.as_slice(), &rest[1..]].concat();
            return declares(all, &at, &whole, depth - 1);
        }
        break;
    }
    Some(at)
}

/// From which files each file imports.
fn imports(all: &BTreeMap<Module, Source>) -> BTreeMap<String, BTreeSet<String>> {
    let mut imports = BTreeMap::<_, BTreeSet<_>>::new();
    for (module, source) in all {
        let used = source.used.iter().map(|(_, path)| path);
        let used = used.filter(|path| !source.exported.contains(*path));
        let found = used.chain(&source.paths).filter_map(|path| declares(all, module, path, 20));
        // Macros are found by their names: `macro_rules!` has no paths.
        let of_macros = source.calls.difference(&source.rules);
        let of_macros = of_macros.filter_map(|name| {
            let is_declared = |(_, other): &(&Module, &Source)| other.rules.contains(name);
            all.iter().find(is_declared).map(|(module, _)| module.clone())
        });
        let paths = found.chain(of_macros).filter(|to| to != module);
        imports.insert(source.path.clone(), paths.map(|to| all[&to].path.clone()).collect());
    }
    imports
}

/// The sets of files that import from each other, directly or through others.
fn circles(imports: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<BTreeSet<&str>> {
    let reached = |from| {
        let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
        while let Some(file) = waiting.pop() {
            let all = imports[file].iter().map(String::as_str);
            waiting.extend(all.filter(|to| reached.insert(*to)));
        }
        reached
    };
    let reached: BTreeMap<_, _> =
        imports.keys().map(|file| (file.as_str(), reached(file.as_str()))).collect();
    let in_circles = reached.iter().filter(|(file, forth)| forth.contains(*file));
    in_circles
        .map(|(file, forth)| {
            forth.iter().copied().filter(|to| reached[to].contains(file)).collect()
        })
        .collect()
}

#[test]
fn no_import_runs_in_a_circle() {
    let mut exceptions: Vec<_> = CIRCLES.iter().collect();
    for (root, fewest) in [("src", 1000), ("mock-cli/src", 100)] {
        let imports = imports(&sources(root, &files(&[root], "rs")));
        let count: usize = imports.values().map(BTreeSet::len).sum();
        assert!(count > fewest, "{root}: only {count} imports");
        let mut found = circles(&imports);
        exceptions.retain(|(files, _)| !found.remove(&files.iter().copied().collect()));
        let arrows = |circle: &BTreeSet<&str>| -> String {
            let arrows = circle.iter().flat_map(|from| {
                let to = imports[*from].iter().filter(|to| circle.contains(to.as_str()));
                to.map(move |to| format!("{from} -> {to}\n"))
            });
            arrows.collect()
        };
        let found: Vec<_> = found.iter().map(arrows).collect();
        assert!(
            found.is_empty(),
            "files import from each other: move what both need into the lower one, or into a new \
             file below both\n\n{}",
            found.join("\n")
        );
    }
    assert!(exceptions.is_empty(), "not circles any more: {exceptions:#?}");
}

/// The sizes of the circles in these files of `src/`.
fn sizes_of_circles(texts: &[(&str, &str)]) -> Vec<usize> {
    let texts = texts.iter().map(|(path, text)| (format!("src/{path}"), (*text).to_owned()));
    let imports = imports(&sources("src", &texts.collect::<Vec<_>>()));
    circles(&imports).iter().map(BTreeSet::len).collect()
}

#[test]
fn every_form_of_a_circle_is_found() {
    for import in [
        "use super::b::B;",
        "use super::{b::{self, B as Other}};",
        "use super::b;\nfn f(x: &b::B) {}",
        "use crate::B;",
        "fn f() { let x = crate::b::B; }",
        "pub(super) fn f(c: char) { if c == '\"' { super::b::f(r#\"\"\"#) } }",
        "use super::c::B;",
    ] {
        let texts = [
            ("lib.rs", "mod a;\nmod b;\nmod c;\npub use self::b::B;"),
            ("a.rs", &format!("{import}\npub struct A;")),
            ("b.rs", "use super::a::A;\npub struct B(A);"),
            ("c.rs", "pub use super::b::B;"),
        ];
        assert_eq!(sizes_of_circles(&texts), [2], "{import}");
    }
    let child = [
        ("lib.rs", "mod a;"),
        ("a.rs", "mod b;\nuse self::b::B;\nstruct A;"),
        ("a/b.rs", "use super::A;\npub struct B;"),
    ];
    assert_eq!(sizes_of_circles(&child), [2]);
    let rules = [
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "macro_rules! m { () => { crate::b::B } }"),
        ("b.rs", "struct B;\nm!();"),
    ];
    assert_eq!(sizes_of_circles(&rules), [2]);
    let three = [
        ("lib.rs", "mod a;\nmod b;\nmod c;"),
        ("a.rs", "use crate::b::B;\nstruct A;"),
        ("b.rs", "use crate::c::C;\nstruct B;"),
        ("c.rs", "use crate::a::A;\nstruct C;"),
    ];
    assert_eq!(sizes_of_circles(&three), [3]);
}

#[test]
fn what_is_not_an_import_makes_no_circle() {
    for text in [
        "// use super::b::B;\n//! See [`B`](super::b::B).",
        "const TEXT: &str = \"super::b::B\";",
        "#[cfg(test)]\nuse super::b::B;",
        "#[cfg(test)]\nmod tests {\n    use super::super::b::B;\n}",
        "pub(in super::b) fn f() {}",
        "fn f(x: &u8) -> impl Fn(u8) + use<'_> { move |y| { y; } }",
    ] {
        let texts = [
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", &format!("{text}\npub struct A;")),
            ("b.rs", "use super::a::A;\npub struct B(A);"),
        ];
        assert_eq!(sizes_of_circles(&texts), [0; 0], "{text}");
    }
    let tests = [
        ("lib.rs", "mod a;"),
        ("a.rs", "#[cfg(test)]\nmod tests;\nstruct A;"),
        ("a/tests.rs", "use super::A;"),
    ];
    assert_eq!(sizes_of_circles(&tests), [0; 0]);
}
