//! Where the instructions of a message go: those of a row less those of the same row at half its
//! size, for each message, in groups.
//!
//! callgrind counts the instructions of each function and, where code was inlined into it, of each
//! file. An instruction belongs to the group of its file; if the file is of the standard library, to
//! the group of its function. What is shared (the C library, the allocator, formatting) is counted
//! where it is called, so that what the CLI uses of it is not counted for the session.

use std::collections::HashMap;
use std::fs;

use crate::{Failure, callgrind, corpus};

/// A row, its size, and how many messages it has.
type Profiled = (&'static str, usize, fn(usize) -> usize);

const PROFILED: [Profiled; 3] = [
    ("deltas", 16_000, |size| size),
    ("singly", 8_000, |size| size),
    ("bodies", 4, |size| corpus::turns(size).lines),
];

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Group {
    Fields,
    Copies,
    Lines,
    Allocator,
    Session,
    Runtime,
    Other,
    Cli,
}

use Group::{Allocator, Cli, Copies, Fields, Lines, Other, Runtime, Session};

/// The last one is not a cost of the library.
const GROUPS: [(Group, &str); 8] = [
    (Fields, "find, check and decode the fields"),
    (Copies, "copies"),
    (Lines, "cut lines: the newline, UTF-8"),
    (Allocator, "the allocator"),
    (Session, "the session: from the buffer to the reader"),
    (Runtime, "the runtime: wake, schedule, poll, look at the time"),
    (Other, "other"),
    (Cli, "the CLI in memory: makes and writes the lines"),
];

/// Files, by what their path begins with in this package or has in it elsewhere.
const FILES: [(&str, Group); 8] = [
    ("benches/", Cli),
    ("src/wire/codec", Lines),
    ("src/wire/", Fields),
    ("src/", Session),
    ("/tokio-util-", Lines),
    ("/memchr-", Lines),
    ("/tokio-", Runtime),
    ("/mio-", Runtime),
];

/// Functions of the CLI, with all that is inlined into them.
const CLI: [&str; 3] = ["scaling::rows::answer", "scaling::corpus", "SimplexStream::poll_write"];

/// Functions, by what is first in their name.
const FUNCTIONS: [(&str, Group); 13] = [
    ("scaling::", Cli),
    ("claude_wire::wire::codec", Lines),
    ("claude_wire::wire::", Fields),
    ("claude_wire::", Session),
    ("tokio_util::", Lines),
    ("memchr::", Lines),
    ("bytes::", Lines),
    ("bytestring::", Lines),
    ("tokio::", Runtime),
    ("mio::", Runtime),
    ("std::sys::pal::unix::time", Runtime),
    ("std::time::", Runtime),
    ("tracing::instrument", Session),
];

/// What is counted where it is called, by what a name begins with; and all of the C library.
const SHARED: [&str; 7] = [
    "__rustc::",
    "alloc::raw_vec",
    "<alloc::raw_vec",
    "alloc::fmt",
    "core::fmt",
    "<core::fmt",
    "core::str",
];

/// The groups of some of it, by what is in the name; the rest belongs to its caller. Only the making
/// of the lines formats text.
const CALLED: [(&str, Group); 10] = [
    ("fmt::", Cli),
    ("__rustc::", Allocator),
    ("alloc::raw_vec", Allocator),
    ("malloc", Allocator),
    ("calloc", Allocator),
    ("realloc", Allocator),
    ("free", Allocator),
    ("memcpy", Copies),
    ("memmove", Copies),
    ("from_utf8", Lines),
];

/// Prints the table.
pub(crate) fn run() -> Result<(), Failure> {
    let rows = PROFILED.map(|(row, ..)| format!("{row:>10}")).concat();
    println!("{:<52}{rows}", "instructions of a message");
    let columns = PROFILED.iter().map(|(row, size, messages)| {
        let (all, half) = (counted(row, *size)?, counted(row, size / 2)?);
        let each = |group| {
            let of = |counts: &Counts| counts.get(&group).copied().unwrap_or_default() as f64;
            (of(&all) - of(&half)) / (messages(*size) - messages(size / 2)) as f64
        };
        Ok(GROUPS.map(|(group, _)| each(group)))
    });
    let columns = columns.collect::<Result<Vec<_>, Failure>>()?;
    let show = |what: &str, count: &dyn Fn(&[f64; GROUPS.len()]) -> f64| {
        let counts = columns.iter().map(|column| format!("{:>10.0}", count(column)));
        println!("{what:<52}{}", counts.collect::<String>());
    };
    for (place, (_, what)) in GROUPS.iter().enumerate() {
        show(what, &|column| column[place]);
    }
    show("all but the CLI", &|column| column[..GROUPS.len() - 1].iter().sum());
    Ok(())
}

type Counts = HashMap<Group, u64>;
type Names = HashMap<String, String>;

fn counted(row: &str, size: usize) -> Result<Counts, Failure> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("callgrind.out");
    let total = callgrind(&file, row, size)?;
    let counts = count(&fs::read_to_string(&file)?)?;
    let sum: u64 = counts.values().sum();
    // What runs before `main` and after it is in no group.
    if sum > total || sum * 100 < total * 98 {
        return Err(format!("{row} {size}: {sum} instructions of {total} are in a group").into());
    }
    Ok(counts)
}

/// A function, with the object that it is in.
#[derive(Clone, Default)]
struct Function {
    object: String,
    name: String,
}

impl Function {
    fn is_shared(&self) -> bool {
        self.object.contains("/libc.so")
            || self.object.contains("/ld-linux")
            || SHARED.iter().any(|start| self.name.starts_with(start))
            || self.name.contains(" as core::fmt::")
    }

    /// Its group, for its instructions that are from this file.
    fn group(&self, file: &str) -> Group {
        let file = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(file);
        let file = if file.starts_with("/benches/") || file.starts_with("/src/") {
            &file[1..]
        } else {
            file
        };
        let is_of = |mark: &str| match mark.strip_prefix('/') {
            Some(_) => file.contains(mark),
            None => file.starts_with(mark),
        };
        if CLI.iter().any(|mark| self.name.contains(mark)) {
            return Cli;
        }
        if let Some((_, group)) = FILES.iter().find(|(mark, _)| is_of(mark)) {
            return *group;
        }
        let places =
            FUNCTIONS.iter().filter_map(|(mark, group)| Some((self.name.find(mark)?, group)));
        places.min_by_key(|(place, _)| *place).map_or(Other, |(_, group)| *group)
    }
}

/// Reads a file of callgrind: see "Callgrind Format Specification" in the manual of valgrind.
fn count(profile: &str) -> Result<Counts, Failure> {
    let mut counts = Counts::new();
    let (mut files, mut functions, mut objects) = <(Names, Names, Names)>::default();
    let (mut file, mut function) = (String::new(), Function::default());
    // The callee, after its `calls=` line.
    let (mut callee, mut object, mut is_call) = (String::new(), None, false);
    for line in profile.lines() {
        match line.split_once('=') {
            Some(("fl" | "fi" | "fe", name)) => file = resolved(&mut files, name),
            Some(("cfi" | "cfl", name)) => drop(resolved(&mut files, name)),
            Some(("ob", name)) => function.object = resolved(&mut objects, name),
            Some(("cob", name)) => object = Some(resolved(&mut objects, name)),
            Some(("fn", name)) => function.name = resolved(&mut functions, name),
            Some(("cfn", name)) => callee = resolved(&mut functions, name),
            Some(("calls", _)) => is_call = true,
            Some(_) => {}
            None => {
                let Some((position, cost)) = line.split_once(' ') else { continue };
                if !position.starts_with(|it: char| it.is_ascii_digit() || "+-*".contains(it)) {
                    continue;
                }
                let cost: u64 = cost.parse()?;
                if !is_call {
                    if !function.is_shared() {
                        *counts.entry(function.group(&file)).or_default() += cost;
                    }
                    continue;
                }
                is_call = false;
                let object = object.take().unwrap_or_else(|| function.object.clone());
                let callee = Function { object, name: std::mem::take(&mut callee) };
                let is_start = function.name == "(below main)";
                if callee.is_shared() && !function.is_shared() && !is_start {
                    let of_caller = function.group(&file);
                    let known = CALLED.iter().find(|(mark, _)| callee.name.contains(mark));
                    let group = known.filter(|_| of_caller != Cli).map_or(of_caller, |it| it.1);
                    *counts.entry(group).or_default() += cost;
                }
            }
        }
    }
    Ok(counts)
}

/// Names are written once, as `(1) name`, and then as `(1)`.
fn resolved(known: &mut Names, written: &str) -> String {
    match written.split_once(' ') {
        Some((number, name)) => {
            known.insert(number.to_owned(), name.to_owned());
            name.to_owned()
        }
        None => known.get(written).cloned().unwrap_or_default(),
    }
}
