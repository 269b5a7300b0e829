//! The texts of a W3C trace context.

/// The most members that a state may have.
const MAX_MEMBERS: usize = 32;

/// What a `traceparent` must have and does not; `None` if it is valid.
pub(super) fn parent_fault(value: &str) -> Option<&'static str> {
    let mut parts = value.splitn(5, '-');
    let mut hex = |length: usize| {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        parts.next().filter(|part| part.len() == length && part.bytes().all(is_hex))
    };
    let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    let Some(version) = hex(2).filter(|version| *version != "ff") else {
        return Some("a version of two lowercase hex digits that is not ff");
    };
    if hex(32).is_none_or(is_zero) {
        return Some("a trace id of 32 lowercase hex digits that is not all zeros");
    }
    if hex(16).is_none_or(is_zero) {
        return Some("a parent id of 16 lowercase hex digits that is not all zeros");
    }
    if hex(2).is_none() {
        return Some("flags of two lowercase hex digits");
    }
    // A later version may have more parts.
    match parts.next() {
        Some(_) if version == "00" => Some("four parts in version 00"),
        Some(rest) if rest.chars().any(char::is_control) => Some("no control characters"),
        _ => None,
    }
}

/// What a `tracestate` must have and does not; `None` if it is valid.
pub(super) fn state_fault(value: &str) -> Option<&'static str> {
    let mut keys = Vec::new();
    for member in value.split(',').map(|member| member.trim_matches([' ', '\t'])) {
        if member.is_empty() {
            // The standard allows empty members.
            continue;
        }
        let Some((key, value)) = member.split_once('=') else {
            return Some("an equals sign in each member");
        };
        if !is_key(key) {
            return Some("keys of lowercase letters, digits and _-*/, or tenant@system");
        }
        let is_printable = |byte: u8| (0x20..=0x7e).contains(&byte) && byte != b'=';
        if value.is_empty() || value.len() > 256 || !value.bytes().all(is_printable) {
            return Some("values of 1 to 256 printable ASCII characters without = and commas");
        }
        if keys.contains(&key) {
            return Some("each key once");
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return Some("at least one member");
    }
    (keys.len() > MAX_MEMBERS).then_some("at most 32 members")
}

fn is_key(key: &str) -> bool {
    let part = |part: &str, longest: usize, digit_first: bool| {
        let is_first =
            |byte: &u8| byte.is_ascii_lowercase() || (digit_first && byte.is_ascii_digit());
        let is_other = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte)
        };
        part.as_bytes().first().is_some_and(is_first)
            && part.len() <= longest
            && part.bytes().all(is_other)
    };
    match key.split_once('@') {
        Some((tenant, system)) => part(tenant, 241, true) && part(system, 14, false),
        None => part(key, 256, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn a_parent_has_the_form_of_the_standard() {
        for good in [
            format!("00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-ff"),
            format!("cc-{TRACE}-{SPAN}-00-what-the-future-brings"),
            format!("01-{TRACE}-{SPAN}-00-"),
        ] {
            assert_eq!(parent_fault(&good), None, "{good}");
        }
        for (bad, what) in [
            (String::new(), "version"),
            (format!("0-{TRACE}-{SPAN}-01"), "version"),
            (format!("ff-{TRACE}-{SPAN}-01"), "version"),
            (format!(" 00-{TRACE}-{SPAN}-01"), "version"),
            (format!("00-{}-{SPAN}-01", TRACE.to_uppercase()), "trace id"),
            (format!("00-{}-{SPAN}-01", &TRACE[1..]), "trace id"),
            (format!("00-{}-{SPAN}-01", "0".repeat(32)), "trace id"),
            (format!("00-{TRACE}-{}-01", "0".repeat(16)), "parent id"),
            (format!("00-{TRACE}-{SPAN}0-01"), "parent id"),
            (format!("00-{TRACE}-{SPAN}"), "flags"),
            (format!("00-{TRACE}-{SPAN}-1"), "flags"),
            (format!("00-{TRACE}-{SPAN}-01\n"), "flags"),
            (format!("00-{TRACE}-{SPAN}-01-more"), "four parts"),
            (format!("01-{TRACE}-{SPAN}-01-a\0b"), "control"),
        ] {
            assert!(parent_fault(&bad).is_some_and(|fault| fault.contains(what)), "{bad:?}");
        }
    }

    #[test]
    fn a_state_has_the_form_of_the_standard() {
        let long = format!("a={}", "v".repeat(256));
        let many = (0..32).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        for good in
            ["a=b", "rojo=00f0,congo=t61", "t@s=1", "0t@s=1", " a=1\t, ,b=x y", &long, &many]
        {
            assert_eq!(state_fault(good), None, "{good}");
        }
        for (bad, what) in [
            ("", "at least one"),
            (" , ", "at least one"),
            ("a", "equals"),
            ("a=", "values"),
            ("=b", "keys"),
            ("A=b", "keys"),
            ("a@0s=b", "keys"),
            ("a=b=c", "values"),
            ("a=ä", "values"),
            ("a=b\n", "values"),
            ("a=1,a=2", "each key once"),
            (&format!("{long}v"), "values"),
            (&format!("{many},more=v"), "at most 32"),
        ] {
            assert!(state_fault(bad).is_some_and(|fault| fault.contains(what)), "{bad:?}");
        }
    }
}
