//! A built-in tool: its name, and the types of its input and its output.

use std::ops::Deref;

use super::names::current_name;
use crate::wire::decode::{At, Decode, Defect, Shape, Sink};
use crate::wire::json::RawJson;

/// A tool that is part of the CLI. The implementors are empty types, one for each tool: [`Bash`],
/// [`Read`] and so on. A program cannot add its own.
///
/// [`Bash`]: super::Bash
/// [`Read`]: super::Read
pub trait BuiltInTool: sealed::OfTheCli {
    /// The tool's name in CLI 2.1.332.
    const NAME: &'static str;

    /// The type of its input.
    type Input;

    /// The type of its output.
    type Output;

    /// Whether this is the tool's name, or an earlier one.
    ///
    /// ```
    /// use claude_wire::wire::tools::{Agent, BuiltInTool};
    ///
    /// assert!(Agent::is_named("Agent") && Agent::is_named("Task") && !Agent::is_named("Bash"));
    /// ```
    fn is_named(name: &str) -> bool {
        current_name(name) == Self::NAME
    }

    /// Reads an input of this tool. The paths of defects begin with `input`.
    fn read_input(input: &RawJson) -> ToolData<Self::Input>;

    /// Reads an output of this tool, in the form of `tool_use_result`. The paths of defects begin
    /// with `output`.
    fn read_output(output: &RawJson) -> ToolData<Self::Output>;
}

pub(super) mod sealed {
    pub trait OfTheCli {}
}

/// The input or the output of a tool. Derefs to the typed value.
///
/// A field that is missing or of the wrong type is left empty and listed as a defect; the others
/// are not affected. [`raw`](Self::raw) has everything as it was on the wire.
#[derive(Clone, Debug)]
pub struct ToolData<T> {
    value: T,
    raw: RawJson,
    defects: Vec<Defect>,
    audit: fn(&RawJson) -> Vec<String>,
}

impl<T> ToolData<T> {
    /// The typed value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The value as it was on the wire.
    pub fn raw(&self) -> &RawJson {
        &self.raw
    }

    /// The fields that were missing or of the wrong type, and were therefore left empty.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// What the type does not name: paths of fields, and `path = "word"` for values of enums. They
    /// are in [`raw`](Self::raw) only.
    pub fn unmodelled(&self) -> Vec<String> {
        (self.audit)(&self.raw)
    }
}

impl<T> Deref for ToolData<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> PartialEq for ToolData<T> {
    /// Equal if and only if the text on the wire is the same.
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

pub(super) fn read_input<T: Decode + Default>(raw: &RawJson) -> ToolData<T> {
    read(raw, "input", |raw| unmodelled::<T>(raw, "input"))
}

pub(super) fn read_output<T: Decode + Default>(raw: &RawJson) -> ToolData<T> {
    read(raw, "output", |raw| unmodelled::<T>(raw, "output"))
}

fn read<T: Decode + Default>(
    raw: &RawJson,
    name: &str,
    audit: fn(&RawJson) -> Vec<String>,
) -> ToolData<T> {
    let mut sink = Sink::default();
    let value = decode(raw, name, &mut sink);
    ToolData { value, raw: raw.clone(), defects: sink.defects, audit }
}

fn unmodelled<T: Decode + Default>(raw: &RawJson, name: &str) -> Vec<String> {
    let mut sink = Sink::auditing();
    decode::<T>(raw, name, &mut sink);
    sink.into_unnamed()
}

fn decode<T: Decode + Default>(raw: &RawJson, name: &str, sink: &mut Sink) -> T {
    T::decode(&mut raw.cursor().reader(), &At::Root.key(name), sink).unwrap_or_default()
}

/// The fields of an input or an output.
pub(super) fn shape<T: Decode>() -> Shape {
    let mut shape = Shape::default();
    T::declare("", &mut shape);
    shape
}

object! {
    /// The input of a tool without fields (CLI 2.1.329).
    pub struct NoInput: raw {}
}

object! {
    /// What the model wrote as the input of a call, where that is not JSON: its stream was cut off
    /// (`__unparsedToolInput`, CLI 2.1.332).
    pub struct UnparsedInput {
        /// What the model wrote.
        pub raw: String = "raw" required v2_1_332,
        /// Its length, in units of UTF-16.
        pub len: Option<u64> = "len" v2_1_332,
    }
}

/// Where it is in the place of an input.
const UNPARSED: &str = "/__unparsedToolInput";

/// What is in the place of an input that is not JSON.
pub(super) fn read_unparsed(input: &RawJson) -> Option<ToolData<UnparsedInput>> {
    let inside = input.pointer(UNPARSED)?;
    Some(read(&inside, &UNPARSED[1..], |raw| unmodelled::<UnparsedInput>(raw, &UNPARSED[1..])))
}

/// Declares a tool: an empty type with its name, its input and its output.
macro_rules! tool {
    ($(#[$meta:meta])* pub enum $name:ident = $wire:literal: $input:ident -> $output:ident;) => {
        $(#[$meta])*
        #[doc = ""]
        #[doc = concat!(
            "Wire name `", $wire, "`; input [`", stringify!($input), "`], output [`",
            stringify!($output), "`].",
        )]
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl $crate::wire::tools::tool::sealed::OfTheCli for $name {}

        impl $crate::wire::tools::BuiltInTool for $name {
            const NAME: &'static str = $wire;

            type Input = $input;
            type Output = $output;

            fn read_input(
                input: &$crate::wire::json::RawJson,
            ) -> $crate::wire::tools::ToolData<$input> {
                $crate::wire::tools::tool::read_input(input)
            }

            fn read_output(
                output: &$crate::wire::json::RawJson,
            ) -> $crate::wire::tools::ToolData<$output> {
                $crate::wire::tools::tool::read_output(output)
            }
        }
    };
}
