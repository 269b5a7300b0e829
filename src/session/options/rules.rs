//! Lists of tool rules, such as `Read,Bash(git log:*, git diff:*)`.
//!
//! The CLI splits a list at commas and blanks outside parentheses, so a rule must contain neither.

/// Returns what is wrong with a rule, as "what was expected"; `None` if it is valid.
pub(super) fn fault(rule: &str) -> Option<&'static str> {
    if rule.is_empty() {
        return Some("rules that are not empty");
    }
    if rule.chars().any(char::is_control) {
        return Some("rules without line breaks and control characters");
    }
    let mut depth = 0_usize;
    for letter in rule.chars() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(BALANCED),
            ')' => depth -= 1,
            ',' if depth == 0 => return Some(ONE_RULE),
            blank if blank.is_whitespace() && depth == 0 => return Some(ONE_RULE),
            _ => {}
        }
    }
    (depth > 0).then_some(BALANCED)
}

const BALANCED: &str = "rules with balanced parentheses";
const ONE_RULE: &str = "one rule in each item, no comma or blank outside its parentheses";

/// Splits a list written as one text at the commas outside parentheses, and trims the items. An
/// empty text has no items.
pub(super) fn split(list: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut items = list.split(|letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    let items: Vec<_> = items.by_ref().map(|item| item.trim().to_owned()).collect();
    if items == [""] { Vec::new() } else { items }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_rule_may_hold_anything_between_its_parentheses() {
        for rule in [
            "Read",
            "Bash(git:*)",
            "Bash(git log:*, git diff:*)",
            "Bash(a (b), c)",
            "mcp__s__t",
            "-x",
        ] {
            assert_eq!(fault(rule), None, "{rule}");
        }
    }

    #[test]
    fn a_bad_rule_is_refused_with_what_was_expected() {
        for (rule, expected) in [
            ("", "rules that are not empty"),
            ("Bash(git:*", BALANCED),
            ("Bash)git:*(", BALANCED),
            ("Bash(a))", BALANCED),
            ("Read,Edit", ONE_RULE),
            ("Read Edit", ONE_RULE),
            ("Bash(a) ", ONE_RULE),
            ("Bash(a\nb)", "rules without line breaks and control characters"),
            ("Bash(a\0b)", "rules without line breaks and control characters"),
        ] {
            assert_eq!(fault(rule), Some(expected), "{rule:?}");
        }
    }

    #[test]
    fn a_list_is_split_outside_parentheses_only() {
        assert_eq!(split("Read, Bash(a, b) ,Edit"), ["Read", "Bash(a, b)", "Edit"]);
        assert_eq!(split("Read"), ["Read"]);
        assert_eq!(split("Read,,Edit"), ["Read", "", "Edit"]);
        assert_eq!(split(" "), Vec::<String>::new());
    }
}
