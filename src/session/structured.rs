//! Structured answers, deserialized into a type of the caller.

use serde::de::DeserializeOwned;

use super::error::{Error, Result};
use super::turn::Turn;
use crate::wire::ResultMessage;

impl Turn {
    /// Returns the structured answer (`structured_output` of the result, CLI 2.1.329) as a value of
    /// `T`.
    ///
    /// The CLI returns one if it was given a schema: [`json_schema`](Self::json_schema) for one
    /// turn, or [`SessionBuilder::json_schema`](super::SessionBuilder::json_schema) for all. Only a
    /// launch can set a schema, so a schema for a single turn costs a start; with the feature
    /// `schemars` the schema can be derived from `T`, by `json_schema_of::<T>()`.
    ///
    /// ```
    /// use claude_wire::{Replay, Session};
    /// use serde_json::json;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Person {
    ///     name: String,
    ///     age: u8,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let schema = json!({
    ///     "type": "object",
    ///     "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    ///     "required": ["name", "age"],
    ///     "additionalProperties": false,
    /// });
    /// let replay = Replay::open("recordings/2.1.332/structured-output.jsonl")?;
    /// let session = Session::builder().json_schema(schema).transport(replay).start()?;
    /// let person: Person = session.query("Who is it?").json().await?;
    /// assert_eq!((person.name.as_str(), person.age), ("Ann", 3));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the turn failed, with or without a result, or if it succeeded without an answer that is a
    /// `T`: then [`is_structured_output`](Error::is_structured_output) is true, and the error keeps
    /// the [answer](Error::structured_output).
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: a turn that was sent is interrupted, and its output is
    /// lost.
    pub async fn json<T: DeserializeOwned>(mut self) -> Result<T> {
        let result = self.read_result().await?;
        match self.error_of(&result) {
            Some(error) => Err(error),
            None => read(&result),
        }
    }
}

/// Returns the structured answer of a result that did not fail.
fn read<T: DeserializeOwned>(result: &ResultMessage) -> Result<T> {
    let Some(answer) = &result.structured_output else {
        return Err(Error::no_structured_output(result.result.as_deref().unwrap_or_default()));
    };
    answer.deserialize().map_err(|error| {
        Error::structured_output_misfit(std::any::type_name::<T>(), answer.clone(), error)
    })
}

#[cfg(feature = "schemars")]
mod schema {
    use schemars::JsonSchema;
    use schemars::generate::SchemaSettings;
    use serde_json::Value;

    use super::Turn;
    use crate::session::SessionBuilder;

    impl Turn {
        /// [`json_schema`](Self::json_schema) with the schema of `T`.
        ///
        /// ```
        /// use claude_wire::{Replay, Session};
        ///
        /// #[derive(serde::Deserialize, schemars::JsonSchema)]
        /// struct Person {
        ///     name: String,
        ///     age: u8,
        /// }
        ///
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # let replay = Replay::open("recordings/2.1.332/structured-output.jsonl")?;
        /// # let replay = replay.ignore(["--json-schema"]);
        /// # let session = Session::builder().transport(replay).start()?;
        /// let person = session.query("Who is it?").json_schema_of::<Person>().json::<Person>().await?;
        /// # assert_eq!((person.name.as_str(), person.age), ("Ann", 3));
        /// # Ok(())
        /// # }
        /// ```
        pub fn json_schema_of<T: JsonSchema>(self) -> Self {
            self.json_schema(schema_of::<T>())
        }
    }

    impl SessionBuilder {
        /// [`json_schema`](Self::json_schema) with the schema of `T`.
        pub fn json_schema_of<T: JsonSchema>(self) -> Self {
            self.json_schema(schema_of::<T>())
        }
    }

    /// CLI 2.1.329 supports draft 7 and exits on a schema that names a later one; `schemars` would
    /// write 2020-12.
    fn schema_of<T: JsonSchema>() -> Value {
        SchemaSettings::draft07().into_generator().into_root_schema_for::<T>().to_value()
    }
}
