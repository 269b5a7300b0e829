//! The form of a launch: what the CLI reads and writes in it, and so which faults can happen.

use super::fault::Fault;
use super::point::Point;
use crate::transport::Launch;

/// What the CLI writes on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Written {
    /// A line for each message.
    #[default]
    Lines,
    /// The result, as one object.
    Object,
    /// All messages, as one array.
    Array,
    /// The answer, as text.
    Text,
}

/// The form of a launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) written: Written,
    /// Stdin is text: the prompt, or a part of it.
    pub(crate) reads_text: bool,
    /// The prompt is known to be among the arguments.
    pub(crate) has_prompt: bool,
}

impl Form {
    /// The form that the flags of a launch say. A prompt among the arguments is not found.
    pub(super) fn of(launch: &Launch) -> Self {
        let args = launch.args.iter().map(|arg| arg.to_string_lossy());
        let args: Vec<_> = args.take_while(|arg| arg != "--").collect();
        let value = |flag: &str| {
            let mut values = args.iter().enumerate().filter_map(|(at, arg)| {
                let rest = arg.strip_prefix(flag)?;
                match rest.strip_prefix('=') {
                    Some(value) => Some(value.to_owned()),
                    None if rest.is_empty() => args.get(at + 1).map(|next| next.to_string()),
                    None => None,
                }
            });
            values.next_back()
        };
        let has = |flag: &str| args.iter().any(|arg| arg == flag);
        let written = match value("--output-format").as_deref() {
            Some("stream-json") => Written::Lines,
            Some("json") if has("--verbose") => Written::Array,
            Some("json") => Written::Object,
            None if !has("--print") && !has("-p") => return Self::default(),
            _ => Written::Text,
        };
        let reads_text = value("--input-format").as_deref() != Some("stream-json");
        Self { written, reads_text, has_prompt: false }
    }

    /// Why a fault cannot happen in a launch of this form, if so.
    pub(super) fn refusal(self, fault: &Fault) -> Option<String> {
        let (is_lines, is_text) = (self.written == Written::Lines, self.written == Written::Text);
        let name = fault.name();
        let what = match (fault.info().point, name) {
            (Point::Reply | Point::Request | Point::Hook, _) if self.reads_text => {
                "a control request or a reply needs --input-format stream-json"
            }
            (_, "reset") if self.reads_text && fault.text("direction") == "in" => {
                "a line that is a prompt needs --input-format stream-json"
            }
            (_, "closed_stdin") if self.reads_text && !self.has_prompt => {
                "the prompt is all that is read, and its end closes the input"
            }
            (Point::ToolUse | Point::Init, _) if !is_lines => self.lacks(),
            (_, "unknown_type" | "unknown_subtype" | "control_after_result") if !is_lines => {
                self.lacks()
            }
            (_, "extra_field" | "missing_field") if is_text => self.lacks(),
            (_, "missing_field")
                if self.written == Written::Object && fault.text("type") != "result" =>
            {
                self.lacks()
            }
            (_, "hang_after_result")
                if !is_lines && (fault.number("late_ms") > 0 || fault.number("every_ms") > 0) =>
            {
                self.lacks()
            }
            _ => return None,
        };
        Some(format!("the fault {name} cannot happen in this launch: {what}"))
    }

    fn lacks(self) -> &'static str {
        match self.written {
            Written::Text => "text output has no such line; use --output-format stream-json",
            _ => "--output-format json has no such line; use stream-json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[&str]) -> Form {
        Form::of(&Launch { args: args.iter().map(Into::into).collect(), ..Launch::default() })
    }

    #[test]
    fn the_form_is_that_of_the_flags() {
        let form = |written, reads_text| Form { written, reads_text, has_prompt: false };
        let session = ["-p", "--output-format", "stream-json", "--input-format=stream-json"];
        assert_eq!(of(&session), Form::default());
        assert_eq!(of(&[]), Form::default(), "a host without arguments writes lines");
        assert_eq!(of(&["-p"]), form(Written::Text, true));
        assert_eq!(of(&["--output-format=text", "hello"]), form(Written::Text, true));
        assert_eq!(of(&["--print", "--output-format", "json"]), form(Written::Object, true));
        assert_eq!(of(&["--output-format", "json", "--verbose"]), form(Written::Array, true));
        let last = ["--output-format=json", "--output-format", "stream-json"];
        assert_eq!(of(&last), form(Written::Lines, true));
        assert_eq!(of(&["-p", "--", "--output-format=json"]), form(Written::Text, true));
    }

    #[test]
    fn a_fault_that_cannot_happen_is_refused_with_the_reason() {
        let refused = |args: &[&str], fault: &str| of(args).refusal(&Fault::parse(fault).unwrap());
        let text = refused(&["-p"], "stuck_tool").unwrap();
        assert!(text.contains("stuck_tool") && text.contains("text output has no such"), "{text}");
        let json = ["-p", "--output-format", "json"];
        for (args, fault) in [
            (&["-p"][..], "missing_field"),
            (&json, "missing_field:type=assistant"),
            (&json, "hang_after_result:late_ms=5"),
            (&["-p"], "closed_stdin"),
            (&["-p", "--output-format", "stream-json"], "late_reply"),
            (&["-p", "--output-format", "stream-json"], "reset:direction=in"),
        ] {
            assert!(refused(args, fault).is_some(), "{args:?} {fault}");
        }
        for fault in super::super::catalogue() {
            assert_eq!(Form::default().refusal(&Fault::named(fault.name()).unwrap()), None);
        }
        assert_eq!(refused(&["-p"], "reset"), None);
        assert_eq!(refused(&json, "missing_field"), None);
        assert_eq!(refused(&json, "hang_after_result"), None);
    }
}
