//! A script, and the meaning of its names.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use memchr::memmem;

use super::expression::{self, Expr, Function, name_before};

/// Lists of words, by the names that they are exported under.
pub(super) type Words = HashMap<String, Vec<String>>;

/// The script that has the schema.
pub(super) struct Script<'a> {
    text: &'a str,
    /// Every definition is `name=WRAPPER(()=>schema)`, so that it is made when it is first used.
    wrapper: &'a str,
    /// The names that are defined in this way, in the script's order.
    schemas: Vec<&'a str>,
    /// The names that other scripts define, such as those of the functions that make schemas.
    imported: HashSet<&'a str>,
    /// Lists of other scripts, by their names.
    foreign: &'a Words,
    definitions: RefCell<HashMap<&'a str, Option<Rc<Expr<'a>>>>>,
}

impl<'a> Script<'a> {
    /// The script, if it has definitions of the kind that contains one of the `anchors`.
    pub(super) fn new(text: &'a str, anchors: &[&str], foreign: &'a Words) -> Option<Self> {
        let wrapper = anchors.iter().find_map(|anchor| {
            memmem::find_iter(text.as_bytes(), anchor.as_bytes())
                .find_map(|at| wrapper_before(&text[..at]))
        })?;
        let definition = format!("={wrapper}(()=>");
        let found = memmem::find_iter(text.as_bytes(), definition.as_bytes());
        let schemas = found.map(|at| name_before(text, at)).filter(|name| !name.is_empty());
        Some(Self {
            text,
            wrapper,
            schemas: schemas.collect(),
            imported: imported(text),
            foreign,
            definitions: RefCell::default(),
        })
    }

    /// The names of all schemas.
    pub(super) fn schemas(&self) -> &[&'a str] {
        &self.schemas
    }

    /// The value of a name; `None` for one that another script defines.
    pub(super) fn definition(&self, name: &'a str) -> Option<Rc<Expr<'a>>> {
        if self.imported.contains(name) {
            let words = self.foreign.get(name)?.iter();
            return Some(Rc::new(Expr::List(words.map(|word| Expr::Text(word)).collect())));
        }
        if let Some(known) = self.definitions.borrow().get(name) {
            return known.clone();
        }
        let found = self.look_up(name).map(Rc::new);
        self.definitions.borrow_mut().insert(name, found.clone());
        found
    }

    /// The schema of a name.
    pub(super) fn schema(&self, name: &'a str) -> Option<Rc<Expr<'a>>> {
        self.schemas.contains(&name).then(|| self.definition(name))?
    }

    /// The imported names in the arguments of a call: lists of words, among others.
    pub(super) fn wanted(&self) -> HashSet<String> {
        let has = |text: String| memmem::find(self.text.as_bytes(), text.as_bytes()).is_some();
        let names = self.imported.iter().copied();
        names
            .filter(|name| has(format!("({name})")) || has(format!("[...{name}")))
            .map(String::from)
            .collect()
    }

    fn look_up(&self, name: &'a str) -> Option<Expr<'a>> {
        if self.schemas.contains(&name) {
            let at = self.find(&format!("{name}={}(()=>", self.wrapper))?;
            return expression::expression(self.text, at);
        }
        if let Some(at) = self.find(&format!("function {name}")) {
            return expression::function(self.text, at);
        }
        let at = self.find(&format!("{name}="))?;
        expression::expression(self.text, at)
    }

    /// Where the text after `pattern` begins; `pattern` begins with a whole word.
    fn find(&self, pattern: &str) -> Option<usize> {
        let text = self.text.as_bytes();
        memmem::find_iter(text, pattern.as_bytes())
            .filter(|&at| name_before(self.text, at).is_empty() && !text[..at].ends_with(b"."))
            .map(|at| at + pattern.len())
            .find(|&behind| match pattern.starts_with("function ") {
                true => text.get(behind) == Some(&b'('),
                // `a==b` and `a=>b` define nothing.
                false => !matches!(text.get(behind), Some(b'=' | b'>')),
            })
    }
}

/// The lists of words that a script defines and exports under some of these names.
pub(super) fn exported_words(text: &str, names: &HashSet<String>) -> Vec<(String, Vec<String>)> {
    let exports = text.rsplit_once("export{").and_then(|(_, exports)| exports.split_once('}'));
    let exports = exports.map_or("", |(exports, _)| exports).split(',');
    let wanted = exports.filter(|export| names.contains(*export));
    wanted
        .filter_map(|name| Some((name.to_owned(), words_of(text, name, text.len(), 0)?)))
        .collect()
}

/// The words of the last list of a name before `end`, with those of the lists spread into it.
fn words_of(text: &str, name: &str, end: usize, depth: usize) -> Option<Vec<String>> {
    let definition = format!("{name}=[");
    let at = memmem::rfind_iter(&text.as_bytes()[..end], definition.as_bytes())
        .find(|&at| name_before(text, at).is_empty() && !text[..at].ends_with('.'))
        .filter(|_| depth < 8)?;
    let Expr::List(items) = expression::expression(text, at + name.len() + 1)? else { return None };
    let mut words = Vec::new();
    for item in items {
        match item {
            Expr::Text(word) => words.push(word.to_owned()),
            Expr::Spread(list) => match *list {
                Expr::Name(name) => words.extend(words_of(text, name, at, depth + 1)?),
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(words)
}

/// The `p` of the nearest `name=p(()=>` before the end.
fn wrapper_before(text: &str) -> Option<&str> {
    let arrows = memmem::rfind_iter(text.as_bytes(), b"(()=>").take(4);
    arrows.into_iter().find_map(|arrow| {
        let wrapper = name_before(text, arrow);
        let before = text[..arrow - wrapper.len()].strip_suffix('=')?;
        let name = name_before(before, before.len());
        (!wrapper.is_empty() && !name.is_empty()).then_some(wrapper)
    })
}

/// The names in `import{a,b as c}from"..."`.
fn imported(text: &str) -> HashSet<&str> {
    let mut names = HashSet::new();
    for import in text.split("import{").skip(1) {
        if let Some((list, rest)) = import.split_once('}')
            && rest.starts_with("from\"")
        {
            names.extend(list.split(',').filter_map(|name| name.split_whitespace().last()));
        }
    }
    names
}

/// A function as it is in the script; `None` for anything else.
pub(super) fn as_function<'e, 'a>(expr: &'e Expr<'a>) -> Option<&'e Function<'a>> {
    match expr {
        Expr::Function(function) => Some(function),
        _ => None,
    }
}
