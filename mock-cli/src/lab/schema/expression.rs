//! The part of JavaScript that the declaration of a schema uses: calls, members, literals, and
//! functions that return them. Anything else is skipped.

/// An expression. Names and texts are as in the script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr<'a> {
    Name(&'a str),
    /// A string.
    Text(&'a str),
    /// A boolean, a number.
    Literal(String),
    List(Vec<Expr<'a>>),
    Object(Vec<Member<'a>>),
    Call(Box<Expr<'a>>, Vec<Expr<'a>>),
    Field(Box<Expr<'a>>, &'a str),
    Function(Box<Function<'a>>),
    /// `...x`, in a list or among arguments.
    Spread(Box<Expr<'a>>),
    /// Anything else.
    Opaque(&'a str),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Member<'a> {
    Named(&'a str, Expr<'a>),
    Spread(Expr<'a>),
}

/// A function that returns an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Function<'a> {
    pub(super) parameters: Vec<&'a str>,
    /// `let name=...;` before the `return`.
    pub(super) locals: Vec<(&'a str, Expr<'a>)>,
    pub(super) result: Expr<'a>,
}

/// Reads the expression that begins at `at`; `None` if the script ends inside it.
pub(super) fn expression(script: &str, at: usize) -> Option<Expr<'_>> {
    Parser { script, at }.expression()
}

/// Reads the function whose parameters begin at `at`, after `function name`.
pub(super) fn function(script: &str, at: usize) -> Option<Expr<'_>> {
    let mut parser = Parser { script, at };
    let parameters = parser.parameters()?;
    parser.block(parameters)
}

/// The name that begins at `at`; empty if there is none.
pub(super) fn name_at(script: &str, at: usize) -> &str {
    let rest = &script[at..];
    let length = rest.bytes().take_while(|&byte| is_name_byte(byte)).count();
    if rest.starts_with(|first: char| first.is_ascii_digit()) { "" } else { &rest[..length] }
}

/// The name that ends at `end`; empty if there is none.
pub(super) fn name_before(script: &str, end: usize) -> &str {
    let length = script[..end].bytes().rev().take_while(|&byte| is_name_byte(byte)).count();
    &script[end - length..end]
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

struct Parser<'a> {
    script: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.script.as_bytes().get(self.at).copied()
    }

    fn sees(&self, text: &str) -> bool {
        self.script.as_bytes()[self.at..].starts_with(text.as_bytes())
    }

    fn takes(&mut self, text: &str) -> bool {
        let sees = self.sees(text);
        if sees {
            self.at += text.len();
        }
        sees
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expression(&mut self) -> Option<Expr<'a>> {
        self.space();
        let start = self.at;
        let first = self.operand()?;
        let whole = self.postfix(first)?;
        self.space();
        match self.peek() {
            None | Some(b',' | b';' | b')' | b']' | b'}') => Some(whole),
            // An operator: the whole is something else.
            Some(_) => self.rest(start),
        }
    }

    fn operand(&mut self) -> Option<Expr<'a>> {
        let start = self.at;
        match self.peek()? {
            b'"' | b'\'' => Some(Expr::Text(self.text()?)),
            b'`' => self.text().map(|_| Expr::Opaque(&self.script[start..self.at])),
            b'[' => self.list(b']').map(Expr::List),
            b'{' => self.object().map(Expr::Object),
            b'(' => self.parenthesis(),
            b'!' => {
                self.at += 1;
                Some(match self.expression()? {
                    Expr::Literal(number) if number == "0" => Expr::Literal("true".to_owned()),
                    Expr::Literal(number) if number == "1" => Expr::Literal("false".to_owned()),
                    _ => Expr::Opaque(&self.script[start..self.at]),
                })
            }
            b'-' | b'+' | b'.' | b'0'..=b'9' => {
                self.at += 1;
                let digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
                while self.peek().is_some_and(digit) {
                    self.at += 1;
                }
                Some(Expr::Literal(self.script[start..self.at].to_owned()))
            }
            b'/' => {
                self.regex()?;
                Some(Expr::Opaque(&self.script[start..self.at]))
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Option<Expr<'a>> {
        let start = self.at;
        let name = name_at(self.script, self.at);
        if name.is_empty() {
            return self.rest(start);
        }
        self.at += name.len();
        match name {
            "true" | "false" | "null" => return Some(Expr::Literal(name.to_owned())),
            "new" | "typeof" | "void" | "await" | "async" | "class" => return self.rest(start),
            "function" => {
                self.space();
                self.at += name_at(self.script, self.at).len();
                let parameters = self.parameters()?;
                return self.block(parameters);
            }
            _ => {}
        }
        if self.takes("=>") { self.body(vec![name]) } else { Some(Expr::Name(name)) }
    }

    /// Calls and members after an operand.
    fn postfix(&mut self, mut base: Expr<'a>) -> Option<Expr<'a>> {
        loop {
            self.space();
            let start = self.at;
            if self.takes("?.") || self.takes(".") {
                let name = name_at(self.script, self.at);
                if name.is_empty() {
                    self.at = start;
                    return Some(base);
                }
                self.at += name.len();
                base = Expr::Field(Box::new(base), name);
            } else if self.sees("(") {
                base = Expr::Call(Box::new(base), self.list(b')')?);
            } else if self.sees("[") {
                self.balanced()?;
                base = Expr::Opaque(&self.script[start..self.at]);
            } else {
                return Some(base);
            }
        }
    }

    /// The items up to the end of a list or of arguments; the parser is at its beginning.
    fn list(&mut self, end: u8) -> Option<Vec<Expr<'a>>> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                byte if byte == end => {
                    self.at += 1;
                    return Some(items);
                }
                b',' => self.at += 1,
                _ if self.takes("...") => items.push(Expr::Spread(Box::new(self.expression()?))),
                // Out of step: better unread than read wrong.
                b')' | b']' | b'}' | b';' => return None,
                _ => items.push(self.expression()?),
            }
        }
    }

    fn object(&mut self) -> Option<Vec<Member<'a>>> {
        self.at += 1;
        let mut members = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(members);
                }
                b',' => self.at += 1,
                _ if self.takes("...") => members.push(Member::Spread(self.expression()?)),
                _ => members.push(self.member()?),
            }
        }
    }

    fn member(&mut self) -> Option<Member<'a>> {
        let start = self.at;
        let key = match self.peek()? {
            b'"' | b'\'' => self.text()?,
            b'[' => {
                self.balanced()?;
                &self.script[start..self.at]
            }
            _ => {
                let length =
                    self.script[start..].bytes().take_while(|&byte| is_name_byte(byte)).count();
                self.at += length;
                &self.script[start..self.at]
            }
        };
        self.space();
        match self.peek()? {
            b':' => {
                self.at += 1;
                Some(Member::Named(key, self.expression()?))
            }
            b',' | b'}' if !key.is_empty() => Some(Member::Named(key, Expr::Name(key))),
            // A method.
            b'(' => {
                self.balanced()?;
                self.space();
                self.balanced()?;
                Some(Member::Named(key, Expr::Opaque(&self.script[start..self.at])))
            }
            _ => None,
        }
    }

    /// `(x)=>...`, or an expression in parentheses.
    fn parenthesis(&mut self) -> Option<Expr<'a>> {
        let start = self.at;
        self.balanced()?;
        let end = self.at;
        if self.takes("=>") {
            let body = self.at;
            self.at = start;
            let parameters = self.parameters()?;
            self.at = body;
            return self.body(parameters);
        }
        self.at = start + 1;
        let inner = self.expression()?;
        self.space();
        if self.peek() == Some(b')') {
            self.at += 1;
            return Some(inner);
        }
        self.at = end;
        Some(Expr::Opaque(&self.script[start..end]))
    }

    /// The names of a function's parameters; those that are not plain names are left out.
    fn parameters(&mut self) -> Option<Vec<&'a str>> {
        self.space();
        let start = self.at;
        if !self.sees("(") {
            return None;
        }
        self.balanced()?;
        let inner = &self.script[start + 1..self.at - 1];
        Some(inner.split(',').map(|parameter| name_at(parameter, 0)).collect())
    }

    fn body(&mut self, parameters: Vec<&'a str>) -> Option<Expr<'a>> {
        self.space();
        if self.sees("{") {
            return self.block(parameters);
        }
        let result = self.expression()?;
        Some(Expr::Function(Box::new(Function { parameters, locals: Vec::new(), result })))
    }

    /// `{let a=...;return ...}`; any other block is opaque.
    fn block(&mut self, parameters: Vec<&'a str>) -> Option<Expr<'a>> {
        let start = self.at;
        self.balanced()?;
        let end = self.at;
        self.at = start + 1;
        let function = self.statements(parameters);
        self.at = end;
        let opaque = Expr::Opaque(&self.script[start..end]);
        Some(function.map_or(opaque, |function| Expr::Function(Box::new(function))))
    }

    fn statements(&mut self, parameters: Vec<&'a str>) -> Option<Function<'a>> {
        let mut locals = Vec::new();
        while self.takes("let ") || self.takes("const ") {
            loop {
                let name = name_at(self.script, self.at);
                self.at += name.len();
                if name.is_empty() || !self.takes("=") {
                    return None;
                }
                locals.push((name, self.expression()?));
                if !self.takes(",") {
                    break;
                }
            }
            self.takes(";");
        }
        if !self.takes("return") {
            return None;
        }
        let result = self.expression()?;
        self.takes(";");
        self.sees("}").then_some(Function { parameters, locals, result })
    }

    /// Reads a string; returns the text between its quotes.
    fn text(&mut self) -> Option<&'a str> {
        let quote = self.peek()?;
        let start = self.at + 1;
        self.at = start;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'$' if quote == b'`' && self.sees("${") => {
                    self.at += 1;
                    self.balanced()?;
                }
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return Some(&self.script[start..self.at - 1]);
                    }
                }
            }
        }
    }

    fn regex(&mut self) -> Option<()> {
        self.at += 1;
        let mut in_class = false;
        loop {
            match self.peek()? {
                b'\\' => self.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at += 1;
        self.at += name_at(self.script, self.at).len();
        Some(())
    }

    /// Skips a bracket and everything up to its closing bracket.
    fn balanced(&mut self) -> Option<()> {
        let mut depth = 0u32;
        loop {
            self.over(&mut depth)?;
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Skips one byte, string or regular expression.
    fn over(&mut self, depth: &mut u32) -> Option<()> {
        match self.peek()? {
            b'"' | b'\'' | b'`' => return self.text().map(|_| ()),
            b'/' if self.begins_regex() => return self.regex(),
            b'(' | b'[' | b'{' => *depth += 1,
            b')' | b']' | b'}' => *depth = depth.checked_sub(1)?,
            _ => {}
        }
        self.at += 1;
        Some(())
    }

    /// A slash after a value divides; elsewhere it begins a regular expression.
    fn begins_regex(&self) -> bool {
        let before = self.script[..self.at].trim_end();
        let last = before.bytes().last().unwrap_or(b'(');
        let is_value =
            is_name_byte(last) || matches!(last, b')' | b']' | b'}' | b'"' | b'\'' | b'`');
        !is_value || matches!(name_before(before, before.len()), "return" | "typeof" | "case")
    }

    /// Skips the rest of an expression that is something else.
    fn rest(&mut self, start: usize) -> Option<Expr<'a>> {
        let mut depth = 0;
        while let Some(byte) = self.peek() {
            if depth == 0 && matches!(byte, b',' | b';' | b')' | b']' | b'}') {
                break;
            }
            self.over(&mut depth)?;
        }
        Some(Expr::Opaque(&self.script[start..self.at]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(script: &str) -> Expr<'_> {
        expression(script, 0).unwrap()
    }

    fn call<'a>(name: &'a str, arguments: Vec<Expr<'a>>) -> Expr<'a> {
        Expr::Call(Box::new(Expr::Name(name)), arguments)
    }

    #[test]
    fn calls_members_and_literals() {
        let Expr::Call(method, arguments) =
            read(r#"u({type:P("a"),n:v().max(3).optional()}).describe("x"),y"#)
        else {
            panic!()
        };
        assert_eq!(arguments, [Expr::Text("x")]);
        let Expr::Field(object, "describe") = *method else { panic!() };
        let n = read("v().max(3).optional()");
        let members =
            vec![Member::Named("type", call("P", vec![Expr::Text("a")])), Member::Named("n", n)];
        assert_eq!(*object, call("u", vec![Expr::Object(members)]));
        assert_eq!(
            read("[!0,!1,-1.5,null]"),
            Expr::List(
                ["true", "false", "-1.5", "null"].map(|word| Expr::Literal(word.into())).into()
            )
        );
    }

    #[test]
    fn keys_are_names_strings_or_shorthands() {
        let expected = [
            Member::Named("a-b", Expr::Name("x")),
            Member::Named("1h", Expr::Name("y")),
            Member::Named("short", Expr::Name("short")),
            Member::Spread(call("Z", Vec::new())),
        ];
        assert_eq!(read(r#"{"a-b":x,1h:y,short,...Z()}"#), Expr::Object(expected.into()));
    }

    #[test]
    fn functions_return_expressions() {
        let lazy = |script| match read(script) {
            Expr::Function(function) => *function,
            other => panic!("{other:?}"),
        };
        assert_eq!(lazy("()=>A()").result, call("A", Vec::new()));
        assert_eq!(lazy("(e,n)=>u(e)").parameters, ["e", "n"]);
        assert_eq!(lazy("e=>u(e)").parameters, ["e"]);
        let block = lazy("()=>{let e=u({a:r()});return u({b:e.optional(),c:e})}");
        assert_eq!(block.locals.len(), 1);
        assert_eq!(block.locals[0].0, "e");
        assert_eq!(
            function("function F(e){return u({t:P(e)})}var", 10),
            Some(Expr::Function(Box::new(Function {
                parameters: vec!["e"],
                locals: Vec::new(),
                result: read("u({t:P(e)})"),
            })))
        );
    }

    #[test]
    fn anything_else_is_skipped() {
        for (script, opaque) in [
            (r#""a"+"b",c"#, r#""a"+"b""#),
            ("a?b(1,2):c,d", "a?b(1,2):c"),
            ("void 0,d", "void 0"),
            (r"/[/)'\]]+\//gu,d", r"/[/)'\]]+\//gu"),
            ("()=>{if(a/2>b)return/[)]/;},d", "{if(a/2>b)return/[)]/;}"),
            ("`a${b(`)`)}c`,d", "`a${b(`)`)}c`"),
            ("new X(1),d", "new X(1)"),
            ("async()=>{},d", "async()=>{}"),
        ] {
            assert_eq!(
                read(&format!("[{script}]")),
                Expr::List(vec![
                    Expr::Opaque(opaque),
                    Expr::Name(script.rsplit(',').next().unwrap()),
                ]),
                "{script}"
            );
        }
    }

    #[test]
    fn a_truncated_script_is_not_read() {
        for script in ["", "u(", "u({a:", "[1,", "\"a", "`${", "(", "f(a]"] {
            assert_eq!(expression(script, 0), None, "{script}");
        }
    }
}
