//! A comparison of schemas, as text or as JSON.

use std::fmt;

use serde_json::{Value, json};

use super::compare::{Compared, Comparison};
use super::difference::{Rows, What};
use crate::{Failure, Found};

impl Comparison {
    /// The exit code: what was not read is as bad as a difference.
    pub(crate) fn verdict(&self) -> Result<Found, Failure> {
        let differs = self.added() + self.gone() + self.needless.len() > 0;
        match self.unread() {
            0 if differs => Ok(Found::Something),
            0 => Ok(Found::Nothing),
            count => Err(format!("{count} of {} sections could not be read", self.sections.len())),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let sections = self.sections.iter().map(|section| {
            let excused = section.excused.iter();
            json!({
                "section": section.section,
                "new": rows(&section.added),
                "gone": rows(&section.gone),
                "left_out": excused.map(|(reason, of)| json!({"reason": reason, "rows": rows(of)})).collect::<Vec<_>>(),
                "could_not_read": section.unread,
            })
        });
        json!({
            "from": self.from,
            "to": self.to,
            "sections": sections.collect::<Vec<_>>(),
            "needless_exceptions": self.needless,
        })
    }
}

fn rows(rows: &Rows) -> Vec<Value> {
    let row = |(what, kinds): (&What, &std::collections::BTreeSet<String>)| match what {
        What::Kind => json!({"kinds": kinds}),
        What::Field(path) => json!({"kinds": kinds, "field": path}),
        What::Word(path, word) => json!({"kinds": kinds, "field": path, "word": word}),
        What::Raw(path) => json!({"kinds": kinds, "field": path, "raw": true}),
    };
    rows.iter().map(row).collect()
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "schema: from {} to {}", self.from, self.to)?;
        for section in &self.sections {
            writeln!(f, "{section}")?;
        }
        for exception in &self.needless {
            writeln!(f, "no longer needed: the exception for {exception}")?;
        }
        let left_out: usize =
            self.sections.iter().flat_map(|section| section.excused.values()).map(Rows::len).sum();
        writeln!(
            f,
            "{} sections compared: {} new, {} gone, {left_out} left out for a reason, {} could not be read",
            self.sections.len() - self.unread(),
            self.added(),
            self.gone(),
            self.unread(),
        )
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.section)?;
        for why in &self.unread {
            write!(f, "\n  could not read: {why}")?;
        }
        for (word, rows) in [("new", &self.added), ("gone", &self.gone)] {
            for (what, kinds) in rows {
                let kinds: Vec<_> = kinds.iter().map(String::as_str).collect();
                match what {
                    What::Kind => {
                        kinds.iter().try_for_each(|kind| write!(f, "\n  {word}: {kind}"))?
                    }
                    what => write!(f, "\n  {word}: {}: {what}", kinds.join(", "))?,
                }
            }
        }
        if self.added.is_empty() && self.gone.is_empty() && self.unread.is_empty() {
            f.write_str(" no difference")?;
        }
        for (reason, rows) in &self.excused {
            let count: usize = rows.values().map(std::collections::BTreeSet::len).sum();
            write!(f, "\n  left out, {count}: {reason}")?;
        }
        Ok(())
    }
}
