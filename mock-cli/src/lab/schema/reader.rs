//! From the expression of a schema to the fields that it describes.
//!
//! The names of the functions that make schemas differ from build to build, so the functions are
//! recognised by their arguments: an object with fields, an array of alternatives, a word.

use std::collections::BTreeSet;
use std::rc::Rc;

use claude_wire::wire::declared::Shape;

use super::expression::{Expr, Member};
use super::script::{Script, as_function};

/// Methods that leave the fields of a schema as they are.
const PLAIN_METHODS: [&str; 27] = [
    "brand",
    "catch",
    "catchall",
    "datetime",
    "default",
    "describe",
    "finite",
    "int",
    "length",
    "loose",
    "max",
    "meta",
    "min",
    "nonempty",
    "nonnegative",
    "nullable",
    "nullish",
    "optional",
    "passthrough",
    "positive",
    "readonly",
    "refine",
    "regex",
    "safe",
    "strict",
    "superRefine",
    "url",
];

/// The values of the parameters and the locals of a function.
type Scope<'a> = Vec<(&'a str, Rc<Expr<'a>>)>;

/// Reads schemas of one script.
pub(super) struct Reader<'s, 'a> {
    script: &'s Script<'a>,
    /// The names that are being read: a schema may contain itself.
    open: Vec<&'a str>,
    /// Where the script has a form that is not understood.
    pub(super) unread: BTreeSet<String>,
}

impl<'s, 'a> Reader<'s, 'a> {
    pub(super) fn new(script: &'s Script<'a>) -> Self {
        Self { script, open: Vec::new(), unread: BTreeSet::new() }
    }

    /// The fields of a schema. What cannot be read is noted under `what`.
    pub(super) fn shape(&mut self, expr: &Expr<'a>) -> Shape {
        let mut shape = Shape::default();
        self.read(expr, &Vec::new(), "", &mut shape);
        shape
    }

    /// The alternatives of a union, also of nested unions. Any other schema is its own only
    /// alternative.
    pub(super) fn alternatives(&self, expr: &Expr<'a>) -> Vec<Expr<'a>> {
        match self.union(expr) {
            Some(items) => items.iter().flat_map(|item| self.alternatives(item)).collect(),
            None => vec![expr.clone()],
        }
    }

    /// The fields of an object, by name; `None` for anything else.
    pub(super) fn members(&self, expr: &Expr<'a>) -> Option<Vec<Member<'a>>> {
        match expr {
            Expr::Object(members) => Some(members.clone()),
            Expr::Call(callee, arguments) => match &**callee {
                Expr::Field(base, "extend") => {
                    let mut members = self.members(base)?;
                    members.extend(self.members(arguments.first()?)?);
                    Some(members)
                }
                Expr::Field(base, method) if PLAIN_METHODS.contains(method) => self.members(base),
                Expr::Name(name) => match (self.definition(name), &arguments[..]) {
                    (Some((_, schema)), []) => self.members(&schema),
                    (None, [Expr::Object(members)]) => Some(members.clone()),
                    _ => None,
                },
                _ => None,
            },
            Expr::Field(base, "shape") => self.members(base),
            _ => None,
        }
    }

    /// A definition, without what makes it lazy.
    fn definition(&self, name: &'a str) -> Option<(&'a str, Rc<Expr<'a>>)> {
        let definition = self.script.definition(name)?;
        match as_function(&definition) {
            Some(function) if function.parameters.iter().all(|name| name.is_empty()) => {
                function.locals.is_empty().then(|| (name, Rc::new(function.result.clone())))
            }
            Some(_) => None,
            None => Some((name, definition)),
        }
    }

    /// The items of a union.
    fn union(&self, expr: &Expr<'a>) -> Option<Vec<Expr<'a>>> {
        let Expr::Call(callee, arguments) = expr else { return None };
        match (&**callee, &arguments[..]) {
            (Expr::Field(base, method), _) if PLAIN_METHODS.contains(method) => self.union(base),
            (Expr::Name(name), [] | [Expr::Text(_), ..]) if arguments.len() < 2 => {
                let (_, schema) = self.definition(name)?;
                arguments.is_empty().then(|| self.union(&schema))?
            }
            (Expr::Name(_), [Expr::List(items)] | [Expr::Text(_), Expr::List(items), ..]) => {
                let items = self.items(items, &Vec::new())?;
                items.iter().all(|item| matches!(item, Expr::Call(..))).then_some(items)
            }
            _ => None,
        }
    }

    fn read(&mut self, expr: &Expr<'a>, scope: &Scope<'a>, at: &str, shape: &mut Shape) {
        if self.understand(expr, scope, at, shape).is_none() {
            let at = if at.is_empty() { "(all)" } else { at };
            self.unread.insert(at.to_owned());
        }
    }

    /// Reads a schema; `None` if its form is not understood.
    fn understand(
        &mut self,
        expr: &Expr<'a>,
        scope: &Scope<'a>,
        at: &str,
        shape: &mut Shape,
    ) -> Option<()> {
        let schema = match expr {
            Expr::Name(name) => match local(scope, name) {
                Some(bound) => bound,
                None => self.definition(name)?.1,
            },
            Expr::Field(base, name) => Rc::new(self.field(base, name)?),
            Expr::Call(callee, arguments) => match &**callee {
                Expr::Field(base, method) => {
                    return self.method(base, method, arguments, scope, at, shape);
                }
                Expr::Name(name) => return self.call(name, arguments, scope, at, shape),
                _ => return None,
            },
            _ => return None,
        };
        self.read(&schema, scope, at, shape);
        Some(())
    }

    fn method(
        &mut self,
        base: &Expr<'a>,
        method: &str,
        arguments: &[Expr<'a>],
        scope: &Scope<'a>,
        at: &str,
        shape: &mut Shape,
    ) -> Option<()> {
        if let Expr::Name(name) = base
            && local(scope, name).is_none()
            && self.script.definition(name).is_none()
        {
            // A text of a certain form, such as `iso.datetime()`.
            return Some(());
        }
        match (method, arguments) {
            ("extend" | "safeExtend", [Expr::Object(members)]) => {
                self.read(base, scope, at, shape);
                self.fields(members, scope, at, shape);
            }
            ("and" | "or" | "merge", [other]) => {
                self.read(base, scope, at, shape);
                self.read(other, scope, at, shape);
            }
            ("omit" | "pick", [Expr::Object(members)]) => {
                let names = members.iter().filter_map(|member| match member {
                    Member::Named(name, _) => Some(*name),
                    Member::Spread(_) => None,
                });
                let names: Vec<_> = names.collect();
                let kept: Vec<_> = self
                    .members(base)?
                    .into_iter()
                    .filter(|member| match member {
                        Member::Named(name, _) => names.contains(name) == (method == "pick"),
                        Member::Spread(_) => true,
                    })
                    .collect();
                self.fields(&kept, scope, at, shape);
            }
            ("array", []) => self.read(base, scope, &items_of(at, shape), shape),
            (method, _) if PLAIN_METHODS.contains(&method) => self.read(base, scope, at, shape),
            _ => return None,
        }
        Some(())
    }

    fn call(
        &mut self,
        name: &'a str,
        arguments: &[Expr<'a>],
        scope: &Scope<'a>,
        at: &str,
        shape: &mut Shape,
    ) -> Option<()> {
        if local(scope, name).is_some() {
            return None;
        }
        if let Some(definition) = self.script.definition(name) {
            if self.open.contains(&name) {
                // It contains itself: all its fields are listed already.
                return Some(());
            }
            let (schema, scope) = apply(&definition, arguments, scope)?;
            self.open.push(name);
            self.read(&schema, &scope, at, shape);
            self.open.pop();
            return Some(());
        }
        match arguments {
            // A text, a number, anything.
            [] => {}
            [Expr::Object(members)] => self.fields(members, scope, at, shape),
            [Expr::Text(word)] => shape.add_word(at, word),
            [Expr::Literal(_) | Expr::Opaque("void 0")] => {}
            [Expr::List(items)] | [Expr::Text(_), Expr::List(items), ..] => {
                for item in self.items(items, scope)? {
                    self.read_item(&item, scope, at, shape);
                }
            }
            [Expr::Function(function)] => self.read(&function.result, scope, at, shape),
            // An array of words with a name, or else a function that prepares a value for a schema.
            [Expr::Name(words)] => {
                self.words(&[Expr::Spread(Box::new(Expr::Name(words)))], scope, at, shape)?
            }
            [Expr::Name(_) | Expr::Function(_), schema] => self.read(schema, scope, at, shape),
            [bounded @ Expr::Call(..)] => {
                let items = items_of(at, shape);
                self.read(bounded, scope, &items, shape);
            }
            [_, values @ Expr::Call(..)] => {
                let values_at = format!("{at}.*");
                shape.add(&values_at);
                self.read(values, scope, &values_at, shape);
            }
            _ => return None,
        }
        Some(())
    }

    fn read_item(&mut self, item: &Expr<'a>, scope: &Scope<'a>, at: &str, shape: &mut Shape) {
        match item {
            Expr::Text(word) => shape.add_word(at, word),
            Expr::Literal(_) => {}
            schema => self.read(schema, scope, at, shape),
        }
    }

    fn words(
        &mut self,
        items: &[Expr<'a>],
        scope: &Scope<'a>,
        at: &str,
        shape: &mut Shape,
    ) -> Option<()> {
        for item in self.items(items, scope)? {
            self.read_item(&item, scope, at, shape);
        }
        Some(())
    }

    fn fields(&mut self, members: &[Member<'a>], scope: &Scope<'a>, at: &str, shape: &mut Shape) {
        for member in members {
            match member {
                Member::Named(name, schema) => {
                    let field =
                        if at.is_empty() { (*name).to_owned() } else { format!("{at}.{name}") };
                    shape.add(&field);
                    self.read(schema, scope, &field, shape);
                }
                Member::Spread(object) => match self.members(object) {
                    Some(members) => self.fields(&members, scope, at, shape),
                    None => drop(self.unread.insert(format!("{at}..."))),
                },
            }
        }
    }

    /// The items of a list, with those of the lists spread into it; `None` if one of these is not
    /// understood.
    fn items(&self, items: &[Expr<'a>], scope: &Scope<'a>) -> Option<Vec<Expr<'a>>> {
        let mut all = Vec::new();
        for item in items {
            match item {
                Expr::Spread(inner) => all.extend(self.spread(inner, scope)?),
                item => all.push(item.clone()),
            }
        }
        Some(all)
    }

    fn spread(&self, list: &Expr<'a>, scope: &Scope<'a>) -> Option<Vec<Expr<'a>>> {
        match list {
            Expr::List(items) => self.items(items, scope),
            Expr::Text(_) => Some(vec![list.clone()]),
            Expr::Name(name) => {
                let list = local(scope, name).or_else(|| self.script.definition(name))?;
                self.spread(&list, &Vec::new())
            }
            // The words of an enum, or the alternatives of a union.
            Expr::Field(base, "options") => Some(vec![(**base).clone()]),
            Expr::Call(callee, arguments) => {
                let (Expr::Field(base, "map"), [function]) = (&**callee, &arguments[..]) else {
                    return None;
                };
                let items = self.spread(base, scope)?.into_iter();
                items
                    .map(|item| match function {
                        Expr::Name(_) => Some(Expr::Call(Box::new(function.clone()), vec![item])),
                        _ => None,
                    })
                    .collect()
            }
            _ => None,
        }
    }

    /// `schema().shape.name`.
    fn field(&self, base: &Expr<'a>, name: &str) -> Option<Expr<'a>> {
        let Expr::Field(_, "shape") = base else { return None };
        self.members(base)?.into_iter().find_map(|member| match member {
            Member::Named(found, schema) if found == name => Some(schema),
            _ => None,
        })
    }
}

/// What a function returns for these arguments, and the values of the names in it.
fn apply<'a>(
    definition: &Rc<Expr<'a>>,
    arguments: &[Expr<'a>],
    scope: &Scope<'a>,
) -> Option<(Rc<Expr<'a>>, Scope<'a>)> {
    let Some(function) = as_function(definition) else {
        return arguments.is_empty().then(|| (definition.clone(), Vec::new()));
    };
    let mut inner: Scope<'a> = Vec::new();
    for (parameter, argument) in function.parameters.iter().zip(arguments) {
        let bound = match argument {
            Expr::Name(name) => local(scope, name),
            _ => None,
        };
        inner.push((parameter, bound.unwrap_or_else(|| Rc::new(argument.clone()))));
    }
    inner.extend(function.locals.iter().map(|(name, schema)| (*name, Rc::new(schema.clone()))));
    Some((Rc::new(function.result.clone()), inner))
}

fn local<'a>(scope: &Scope<'a>, name: &str) -> Option<Rc<Expr<'a>>> {
    scope.iter().rev().find(|(known, _)| *known == name).map(|(_, bound)| bound.clone())
}

fn items_of(at: &str, shape: &mut Shape) -> String {
    let items = format!("{at}[]");
    shape.add(&items);
    items
}
