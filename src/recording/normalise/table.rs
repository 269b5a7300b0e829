//! The list of what is normalised.

/// Something that differs from run to run; see [`normalised_fields`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct NormalisedField {
    /// What it is.
    pub what: &'static str,
    /// How it is recognised.
    pub by: &'static str,
    /// An example: a line.
    pub example: &'static str,
    /// What becomes of the example.
    pub becomes: &'static str,
    /// Whether it is kept where two runs of one version of the CLI are compared.
    pub is_kept_in_runs: bool,
}

/// What [`normalise`](super::normalise()) replaces. Everything else is kept.
///
/// [`compare`](crate::recording::compare()), and so `claude-wire drift`, compares two versions of
/// the CLI, and replaces all of it. [`agreement`](crate::recording::agreement()) compares two runs of
/// one version, and keeps versions and costs.
pub fn normalised_fields() -> &'static [NormalisedField] {
    &FIELDS
}

const fn field(
    what: &'static str,
    by: &'static str,
    example: &'static str,
    becomes: &'static str,
) -> NormalisedField {
    NormalisedField { what, by, example, becomes, is_kept_in_runs: false }
}

const FIELDS: [NormalisedField; 12] = [
    field(
        "uuids, session ids among them",
        "the shape, in any text",
        r#"{"uuid":"aaaaaaaa-0000-4000-8000-000000000001"}"#,
        r#"{"uuid":"uuid:0"}"#,
    ),
    field(
        "other ids",
        "the key (`id`, `..._id`, `...Id`, `..._ids`, `...Ids`, `..._uuid`, `..._uuids`) of a text with a digit and at least 4 characters; then in any text",
        r#"{"task_id":"b2uw2j20r","text":"b2uw2j20r ends"}"#,
        r#"{"task_id":"id:0","text":"id:0 ends"}"#,
    ),
    field(
        "absolute paths, and paths below a variable",
        "the shape, in any text",
        r#"{"cwd":"/home/user/project"}"#,
        r#"{"cwd":"path:0"}"#,
    ),
    field(
        "ports of this machine",
        "`127.0.0.1:PORT`, in any text",
        r#"{"url":"http://127.0.0.1:40123"}"#,
        r#"{"url":"http://host:0"}"#,
    ),
    field(
        "times",
        "RFC 3339, in any text",
        r#"{"timestamp":"2026-11-21T01:06:49.992Z"}"#,
        r#"{"timestamp":"time"}"#,
    ),
    field(
        "times as scheduled tasks write them",
        "the shape, in any text",
        r#"{"text":"next run Nov 29 4:20am"}"#,
        r#"{"text":"next run time"}"#,
    ),
    field(
        "times in the names of files",
        "`2026-11-21-010649`, in any text",
        r#"{"default_filename":"2026-11-21-010649-hello.txt"}"#,
        r#"{"default_filename":"time-hello.txt"}"#,
    ),
    field(
        "durations in texts",
        "`duration_ms: N` and `<duration_ms>N`, in any text",
        r#"{"text":"tool_uses: 1, duration_ms: 344"}"#,
        r#"{"text":"tool_uses: 1, time"}"#,
    ),
    field(
        "days",
        "the shape, where the key is `date`",
        r#"{"date":"2026-11-21"}"#,
        r#"{"date":"time"}"#,
    ),
    field(
        "times, durations and process ids as numbers",
        "the key (`..._ms`, `...Ms`, `..._at`, `...At`, `..._time`, `...Time`, `...timestamp`, `...duration...`, `pid`)",
        r#"{"duration_ms":31,"pid":77}"#,
        r#"{"duration_ms":0,"pid":0}"#,
    ),
    NormalisedField {
        is_kept_in_runs: true,
        ..field(
            "versions",
            "three numbers with dots, in any text",
            r#"{"claude_code_version":"2.1.332"}"#,
            r#"{"claude_code_version":"version:0"}"#,
        )
    },
    NormalisedField {
        is_kept_in_runs: true,
        ..field(
            "costs",
            "the key of a number (`...usd`, `...cost...`, in any case)",
            r#"{"total_cost_usd":0.0016}"#,
            r#"{"total_cost_usd":0}"#,
        )
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::normalise::{Sides, normalise_between};
    use crate::recording::{Event, EventKind, Header, Recording};

    #[test]
    fn each_example_becomes_what_the_table_says() {
        for field in normalised_fields() {
            let mut recording = Recording::new(Header::new());
            recording.events.push(Event::new(0, EventKind::Out(field.example.into())));
            for (sides, becomes) in [
                (Sides::Versions, field.becomes),
                (Sides::Runs, if field.is_kept_in_runs { field.example } else { field.becomes }),
            ] {
                let normalised = normalise_between(sides, &recording);
                let line = normalised.events[0].payload().unwrap().bytes();
                assert_eq!(String::from_utf8_lossy(line), becomes, "{}, {sides:?}", field.what);
            }
        }
    }
}
