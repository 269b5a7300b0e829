//! The generated part of a page that is otherwise written by hand.

use claude_wire_cli::Failure;

const END: &str = "<!-- The end mark. -->\n";

/// The page, with the part that this command of xtask generates replaced.
pub(crate) fn replaced(page: &str, command: &str, part: &str) -> Result<String, Failure> {
    let begin = format!("<!-- From here to the end mark written by `cargo xtask {command}`. -->\n");
    let parts = page.split_once(&begin).and_then(|(head, rest)| {
        let (_, tail) = rest.split_once(END)?;
        Some((head, tail))
    });
    let (head, tail) =
        parts.ok_or_else(|| format!("the page has no line {begin:?} and {END:?}"))?;
    Ok(format!("{head}{begin}{part}{END}{tail}"))
}
