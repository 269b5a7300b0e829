//! What a replay does not compare of a command line, and why.
//!
//! `docs/stand-in.md` has this list as a table; a test compares the two.

/// Why a flag is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// An id that an SDK makes.
    Id,
    /// It changes which lines are written, and how, but not what is said. A replay writes the
    /// recorded lines.
    Output,
    /// It announces what comes in `initialize`, where it is compared.
    Announcement,
}

impl Why {
    /// As the page and reports say it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Id => "an id that the SDK makes",
            Self::Output => "how output is written",
            Self::Announcement => "announces what is compared in `initialize`",
        }
    }
}

/// The flags that are not compared, by long name.
pub(super) const NOT_COMPARED: [(&str, Why); 17] = [
    ("--await-claim", Why::Announcement),
    ("--await-initialize", Why::Announcement),
    ("--correlation-id", Why::Id),
    ("--debug", Why::Output),
    ("--debug-file", Why::Output),
    ("--debug-to-stderr", Why::Output),
    ("--include-hook-events", Why::Output),
    ("--include-partial-messages", Why::Output),
    ("--initialize-fields", Why::Announcement),
    ("--input-format", Why::Output),
    ("--managed-settings-in-initialize", Why::Announcement),
    ("--parent-session-id", Why::Id),
    ("--print", Why::Output),
    ("--replay-user-messages", Why::Output),
    ("--session-id", Why::Id),
    ("--session-mirror", Why::Output),
    ("--verbose", Why::Output),
];

/// Why a flag of a session is left out of the comparison; `None`: it is not.
pub(super) fn left_out(flag: &str) -> Option<Why> {
    NOT_COMPARED.iter().find(|(name, _)| *name == flag).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_documented_in_order() {
        let documented: Vec<_> = include_str!("../../../docs/stand-in.md")
            .lines()
            .skip_while(|line| *line != "Not compared:")
            .take_while(|line| !line.starts_with("What is written"))
            .filter_map(|line| line.strip_prefix("| `--")?.split_once("` | "))
            .map(|(flag, why)| (format!("--{flag}"), why.trim_end_matches(" |")))
            .collect();
        let order = [Why::Id, Why::Output, Why::Announcement];
        let listed = order.iter().flat_map(|why| {
            NOT_COMPARED.iter().filter(move |(_, of)| of == why).map(|(flag, why)| (*flag, *why))
        });
        assert_eq!(documented.len(), NOT_COMPARED.len());
        for ((documented, says), (flag, why)) in documented.iter().zip(listed) {
            assert_eq!(documented, flag);
            assert!(says.starts_with(why.text()), "{flag}: {says}");
        }
    }

    #[test]
    fn every_flag_of_the_list_is_known() {
        for (flag, _) in NOT_COMPARED {
            assert!(super::super::FlagTable::of(None).flag(flag).is_some(), "{flag}");
        }
    }
}
