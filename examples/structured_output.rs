//! An answer as your own type.
//!
//! `cargo run --example structured_output` replays a recorded session: no network, no key, no
//! `claude`.
//! `cargo run --example structured_output -- --live "Who wrote Faust, and how old did he get?"`
//! asks an installed `claude`.
//!
//! With the feature `schemars` you need not write the schema: `.json_schema_of::<Person>()`.

use claude_wire::{Replay, Session};
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Deserialize)]
struct Person {
    name: String,
    age: u8,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The CLI refuses a `$schema` later than draft 7; without one it is content.
    let mut builder = Session::builder().json_schema(json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0, "maximum": 150}},
        "required": ["name", "age"],
        "additionalProperties": false,
    }));
    let mut args = std::env::args().skip(1);
    let live = args.next().is_some_and(|arg| arg == "--live");
    let prompt =
        args.next().unwrap_or_else(|| if live { "Invent a person." } else { "Who is it?" }.into());
    if !live {
        let replay = Replay::open(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/recordings/2.1.332/structured-output.jsonl"
        ))?;
        // It was recorded with a schema that has no limits for the age.
        builder = builder.transport(replay.ignore(["--json-schema"]));
    }
    let session = builder.start()?;

    match session.query(prompt).json::<Person>().await {
        Ok(Person { name, age }) => println!("{name} is {age}"),
        // An answer of another shape is not lost.
        Err(error) if error.is_structured_output() => match error.structured_output() {
            Some(answer) => println!("not a person: {}", answer.text()),
            None => println!("no value, but the text {:?}", error.result_text()),
        },
        Err(error) => return Err(error.into()),
    }
    println!("for {} US dollars", session.spending().cost_usd);
    session.stop().await?;
    Ok(())
}
