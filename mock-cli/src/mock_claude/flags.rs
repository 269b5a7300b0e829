//! The flags of each version of the CLI that recordings were made with, as its parser reads them.

use claude_wire::CLI_VERSION;

/// The newest version first.
pub(crate) const TABLES: FlagTables = FlagTables(&[
    (CLI_VERSION, include_str!("../../flags/2.1.332.txt")),
    ("2.1.329", include_str!("../../flags/2.1.329.txt")),
]);

/// The tables by the names of their versions. Never empty.
#[derive(Clone, Copy)]
pub(crate) struct FlagTables(pub(crate) &'static [(&'static str, &'static str)]);

impl FlagTables {
    /// The lines of a version's table, one for each flag. A version without a table uses the newest
    /// one.
    pub(crate) fn lines(self, version: Option<&str>) -> impl Iterator<Item = &'static str> {
        let own = self.0.iter().find(|(name, _)| Some(*name) == version);
        let (_, table) = own.unwrap_or(&self.0[0]);
        table.lines().filter(|line| line.starts_with('-'))
    }
}

/// The flags of a version; of one without a table, those of the newest.
pub(crate) fn of(version: Option<&str>) -> Vec<Flag> {
    in_tables(TABLES, version)
}

pub(crate) fn in_tables(tables: FlagTables, version: Option<&str>) -> Vec<Flag> {
    tables.lines(version).map(Flag::parse).collect()
}

/// A flag, as its line in the table has it.
#[derive(Debug, PartialEq)]
pub(crate) struct Flag {
    /// As errors name it: `-r, --resume [value]`.
    pub(crate) spec: &'static str,
    pub(crate) names: Vec<&'static str>,
    pub(crate) value: Value,
    pub(crate) variadic: bool,
    pub(crate) hidden: bool,
    pub(crate) check: Check,
}

/// Whether a value follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    None,
    Optional,
    Required,
}

/// What a value must be.
#[derive(Debug, PartialEq)]
pub(crate) enum Check {
    Anything,
    Number,
    Positive,
    PositiveInteger,
    /// The values that an error lists, and the other accepted ones.
    OneOf(Vec<&'static str>, Vec<&'static str>),
}

impl Flag {
    fn parse(line: &'static str) -> Self {
        let mut columns = line.split("  ");
        let spec = columns.next().unwrap_or_default();
        let (mut hidden, mut check) = (false, Check::Anything);
        for column in columns {
            match column {
                "hidden" => hidden = true,
                other => check = Check::parse(other),
            }
        }
        let value = match spec {
            _ if spec.contains('<') => Value::Required,
            _ if spec.contains('[') => Value::Optional,
            _ => Value::None,
        };
        let names = spec.split([',', ' ']).filter(|word| word.starts_with('-')).collect();
        Self { spec, names, value, variadic: spec.contains("..."), hidden, check }
    }

    /// The long name, which is the last.
    pub(crate) fn long(&self) -> &'static str {
        self.names.last().copied().unwrap_or_default()
    }

    /// Why a value is refused.
    pub(crate) fn refuse(&self, value: &str) -> Option<String> {
        let number = value.trim().parse::<f64>().ok();
        let long = self.long();
        match &self.check {
            Check::Anything => None,
            // Nothing counts as 0 there.
            Check::Number => (number.is_none() && !value.trim().is_empty())
                .then(|| "must be a number".to_owned()),
            Check::Positive => number
                .is_none_or(|number| number <= 0.0)
                .then(|| format!("{long} must be a number greater than 0")),
            Check::PositiveInteger => number
                .is_none_or(|number| number <= 0.0 || number.fract() != 0.0)
                .then(|| format!("{long} must be a positive integer")),
            Check::OneOf(named, others) => {
                let allowed = named.contains(&value) || others.contains(&value);
                (!allowed).then(|| format!("Allowed choices are {}.", named.join(", ")))
            }
        }
    }
}

impl Check {
    fn parse(column: &'static str) -> Self {
        let Some(choices) = column.strip_prefix("one of: ") else {
            return match column {
                "number" => Self::Number,
                "positive" => Self::Positive,
                "positive integer" => Self::PositiveInteger,
                _ => Self::Anything,
            };
        };
        let (named, others) = choices.split_once(" (").unwrap_or((choices, ""));
        let list = |text: &'static str| {
            text.trim_end_matches(')').split(", ").filter(|word| !word.is_empty()).collect()
        };
        Self::OneOf(list(named), list(others))
    }
}

#[cfg(test)]
mod tests {
    use super::super::argv;
    use super::*;

    /// In the table's own words, since its name is a literal.
    #[test]
    fn each_table_is_that_of_its_version() {
        for (version, table) in TABLES.0 {
            let first = table.lines().next().unwrap_or_default();
            assert!(first.starts_with(&format!("# The flags of CLI {version},")), "{first}");
        }
    }

    #[test]
    fn reads_the_notation() {
        let flag = Flag::parse("--allowedTools, --allowed-tools <tools...>");
        assert_eq!(
            (flag.names.as_slice(), flag.value, flag.variadic),
            (&["--allowedTools", "--allowed-tools"][..], Value::Required, true)
        );
        let flag = Flag::parse("-d, --debug [filter]");
        assert_eq!(
            (flag.names.as_slice(), flag.value, flag.hidden),
            (&["-d", "--debug"][..], Value::Optional, false)
        );
        let flag = Flag::parse("--remote [description|session_id|url]  hidden");
        assert_eq!((flag.long(), flag.value, flag.hidden), ("--remote", Value::Optional, true));
        let flag = Flag::parse("--m <mode>  hidden  one of: a, b (c)");
        assert_eq!(flag.check, Check::OneOf(vec!["a", "b"], vec!["c"]));
    }

    #[test]
    fn every_line_of_every_table_is_a_flag() {
        for (version, _) in TABLES.0 {
            let mut names: Vec<_> =
                of(Some(version)).iter().flat_map(|flag| flag.names.clone()).collect();
            assert!(names.len() > 100 && names.iter().all(|name| name.len() > 1), "{version}");
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(all, names.len(), "{version} has a flag twice");
            let columns = TABLES.lines(Some(version)).flat_map(|line| line.split("  ").skip(1));
            for column in columns.filter(|column| *column != "hidden") {
                assert_ne!(Check::parse(column), Check::Anything, "{version}: {column}");
            }
        }
    }

    #[test]
    fn every_flag_that_an_option_of_the_sdk_writes_is_known() {
        let names: Vec<_> = of(None).iter().flat_map(|flag| flag.names.clone()).collect();
        for flag in claude_wire::Options::table().iter().flat_map(|row| row.flags) {
            assert!(names.contains(flag), "{flag}");
        }
    }

    /// Each table has a flag that the other lacks, as those of versions far apart do.
    #[test]
    fn each_version_takes_the_flags_of_its_table() {
        const BOTH: FlagTables = FlagTables(&[
            ("2.0.0", "# newest\n-p, --print\n--came <value>\n"),
            ("1.0.0", "-p, --print\n--went  hidden\n"),
        ]);
        let takes = |version, args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            argv::read(&args, in_tables(BOTH, version), false).map(|_| ())
        };
        let unknown = |flag: &str| Err(format!("error: unknown option '{flag}'"));
        for version in [Some("2.0.0"), Some("9.9.9"), None] {
            assert_eq!(takes(version, &["-p", "--came", "x"]), Ok(()), "{version:?}");
            assert_eq!(takes(version, &["-p", "--went"]), unknown("--went"), "{version:?}");
        }
        assert_eq!(takes(Some("1.0.0"), &["-p", "--went"]), Ok(()));
        assert_eq!(takes(Some("1.0.0"), &["-p", "--came", "x"]), unknown("--came"));
    }

    #[test]
    fn an_unknown_version_has_the_flags_of_the_newest() {
        assert_eq!(of(Some("9.9.9")), of(Some(CLI_VERSION)));
        assert_eq!(of(None), of(Some(CLI_VERSION)));
    }
}
