//! Whatever breaks off, starts over or comes late: a reader that applies each piece in order ends
//! up with the whole blocks of the reply.

use crate::support::stream::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// A block of the reply, and how it is sent.
#[derive(Clone, Debug)]
struct Block {
    kind: Kind,
    pieces: Vec<String>,
    /// How many of the pieces are streamed; `None` if not even the start is.
    streamed: Option<usize>,
    whole: When,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Thinking,
    Tool,
}

/// When the whole block comes, unless an earlier block delays it: the CLI keeps the order.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum When {
    BeforeItsStop,
    AfterItsStop,
    AtTheEnd,
    InTheNextMessage,
}

#[derive(Clone, Debug)]
struct Message {
    /// What broke off before it.
    broken: Vec<Broken>,
    blocks: Vec<Block>,
    /// True if it comes whole, without a stream.
    is_whole: bool,
    has_stop: bool,
    /// True if the blocks that come at the end are in one line.
    at_once: bool,
}

#[derive(Clone, Debug)]
struct Broken {
    blocks: Vec<(Kind, Vec<String>)>,
    sign: Sign,
    /// True if it has the id of the final message.
    same_id: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sign {
    Abandoned,
    AbandonedAndRetry,
    Retry,
    None,
}

impl Block {
    fn whole(&self, id: &str) -> Value {
        let all = self.pieces.concat();
        match self.kind {
            Kind::Text => text(&all),
            Kind::Thinking => thinking(&all),
            Kind::Tool => tool(id, "Bash", json!({"command": all})),
        }
    }

    /// What the reader shows in the end.
    fn shown(&self) -> String {
        let all = self.pieces.concat();
        match self.kind {
            Kind::Text | Kind::Thinking => all,
            Kind::Tool => json!({"command": all}).to_string(),
        }
    }
}

/// The lines of a block's stream up to its stop.
fn stream(id: &str, index: usize, tool_id: &str, kind: Kind, pieces: &[String]) -> Vec<Value> {
    let place = index as u64;
    let start = match kind {
        Kind::Text => text(""),
        Kind::Thinking => thinking(""),
        Kind::Tool => tool(tool_id, "Bash", json!({})),
    };
    let mut lines = vec![block_start(id, place, start)];
    // The stream of an input contains spaces that the whole input does not have.
    lines.extend(matches!(kind, Kind::Tool).then(|| input_piece(id, place, "{\"command\": \"")));
    lines.extend(pieces.iter().map(|piece| match kind {
        Kind::Text => text_piece(id, place, piece),
        Kind::Thinking => thinking_piece(id, place, piece),
        Kind::Tool => input_piece(id, place, piece),
    }));
    lines
}

/// All lines of a reply.
fn lines(messages: &[Message]) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut late: Vec<Value> = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let id = format!("m{number}");
        let mut due = std::mem::take(&mut late);
        for (attempt, broken) in message.broken.iter().enumerate() {
            let own = format!("{id}.{attempt}");
            // A whole message has the id of the last attempt, which then has a sign; or another id.
            let is_last = attempt + 1 == message.broken.len() && broken.sign != Sign::None;
            let same = broken.same_id && (is_last || !message.is_whole);
            let id = if same { &id } else { &own };
            lines.push(message_start(id));
            lines.append(&mut due);
            for (index, (kind, pieces)) in broken.blocks.iter().enumerate() {
                lines.extend(stream(id, index, &format!("{own}.{index}"), *kind, pieces));
            }
            let (ends, retries) = match broken.sign {
                Sign::Abandoned => (true, false),
                Sign::AbandonedAndRetry => (true, true),
                Sign::Retry => (false, true),
                Sign::None => (false, false),
            };
            lines.extend(ends.then(|| abandoned(id, 0)));
            lines.extend(retries.then(api_retry));
        }
        let blocks = || message.blocks.iter().enumerate();
        let whole = |index: usize| message.blocks[index].whole(&format!("{id}:{index}"));
        if message.is_whole {
            lines.append(&mut due);
            lines.extend(blocks().map(|(index, _)| self::whole(&id, json!([whole(index)]))));
            continue;
        }
        lines.push(message_start(&id));
        let (mut at_the_end, mut when) = (Vec::new(), When::BeforeItsStop);
        for (index, block) in blocks() {
            let tool_id = format!("{id}:{index}");
            // A block that is not streamed comes in its place, after the blocks before it.
            let streamed = block.streamed.or_else(|| (when > When::AfterItsStop).then_some(0));
            if let Some(streamed) = streamed {
                let pieces = &block.pieces[..streamed.min(block.pieces.len())];
                lines.extend(stream(&id, index, &tool_id, block.kind, pieces));
                let all = streamed >= block.pieces.len() && matches!(block.kind, Kind::Tool);
                lines.extend(all.then(|| input_piece(&id, index as u64, "\"}")));
            }
            lines.append(&mut due);
            let line = self::whole(&id, json!([whole(index)]));
            let stop = streamed.map(|_| block_stop(&id, index as u64));
            if streamed.is_some() && block.whole > when {
                when = block.whole;
            }
            match when {
                When::InTheNextMessage => {
                    lines.extend(stop);
                    late.push(line);
                }
                When::AtTheEnd => {
                    lines.extend(stop);
                    at_the_end.push(whole(index));
                }
                When::AfterItsStop => lines.extend(stop.into_iter().chain([line])),
                When::BeforeItsStop => lines.extend([line].into_iter().chain(stop)),
            }
        }
        if message.at_once && !at_the_end.is_empty() {
            lines.push(self::whole(&id, Value::Array(at_the_end)));
        } else {
            lines.extend(at_the_end.into_iter().map(|block| self::whole(&id, json!([block]))));
        }
        lines.extend(message.has_stop.then(|| message_stop(&id)));
    }
    lines.append(&mut late);
    lines
}

/// Unrelated lines, at any place.
fn noise() -> impl Strategy<Value = Value> {
    select(vec![
        of_sub_agent(message_start("s")),
        of_sub_agent(text_piece("m0", 0, "not mine")),
        of_sub_agent(whole("m0", json!([text("not mine")]))),
        of_sub_agent(abandoned("m0", 0)),
        of_sub_agent(api_retry()),
        json!({"type": "system", "subtype": "status", "status": "requesting"}),
        json!({"type": "stream_event", "event": {"type": "ping"}, "parent_tool_use_id": null}),
        json!({"type": "user", "message": {"role": "user", "content": "mine"}, "parent_tool_use_id": null}),
    ])
}

fn kind() -> impl Strategy<Value = Kind> {
    select(vec![Kind::Text, Kind::Text, Kind::Thinking, Kind::Tool])
}

fn pieces() -> impl Strategy<Value = Vec<String>> {
    vec(select(vec!["a", "b", "é", "\u{1f600}", " ", ""]).prop_map(String::from), 0..4)
}

fn block() -> impl Strategy<Value = Block> {
    let when = select(vec![
        When::BeforeItsStop,
        When::BeforeItsStop,
        When::AfterItsStop,
        When::AtTheEnd,
        When::InTheNextMessage,
    ]);
    let streamed =
        prop_oneof![1 => Just(None), 2 => (0..4usize).prop_map(Some), 3 => Just(Some(9))];
    (kind(), pieces(), streamed, when).prop_map(|(kind, pieces, streamed, whole)| Block {
        kind,
        pieces,
        streamed,
        whole,
    })
}

fn broken() -> impl Strategy<Value = Broken> {
    let sign = select(vec![Sign::Abandoned, Sign::AbandonedAndRetry, Sign::Retry, Sign::None]);
    (vec((kind(), pieces()), 0..3), sign, any::<bool>())
        .prop_map(|(blocks, sign, same_id)| Broken { blocks, sign, same_id })
}

fn message() -> impl Strategy<Value = Message> {
    (vec(broken(), 0..3), vec(block(), 1..4), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(broken, blocks, is_whole, has_stop, at_once)| Message {
            broken,
            blocks,
            is_whole,
            has_stop,
            at_once,
        },
    )
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().unwrap().block_on(work)
}

/// The blocks, with the spacing of an input normalised.
fn spaced_alike(blocks: &[String]) -> Vec<String> {
    let value = |block: &String| block.starts_with('{').then(|| block.parse::<Value>().unwrap());
    let spaced = |block: &String| value(block).map_or(block.clone(), |value| value.to_string());
    blocks.iter().map(spaced).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn shown_text_equals_the_reply(
        mut messages in vec(message(), 1..4),
        noise in vec((any::<Index>(), noise()), 0..6),
    ) {
        // No block begins like another one.
        let blocks = messages.iter_mut().flat_map(|message| &mut message.blocks);
        for (number, piece) in blocks.filter_map(|block| block.pieces.first_mut()).enumerate() {
            piece.insert_str(0, &number.to_string());
        }
        let mut all = lines(&messages);
        for (at, line) in noise {
            all.insert(at.index(all.len() + 1), line);
        }
        let blocks = || messages.iter().flat_map(|message| &message.blocks);
        let texts = |wanted: fn(&Kind) -> bool| {
            let blocks = blocks().filter(|block| wanted(&block.kind));
            blocks.map(|block| block.pieces.concat()).collect::<String>()
        };
        let shown = wait(shown(|| turn(&all)));
        prop_assert_eq!(&shown.text, &texts(|kind| matches!(kind, Kind::Text)), "{:#?}", all);
        prop_assert_eq!(&shown.thinking, &texts(|kind| matches!(kind, Kind::Thinking)), "{:#?}", all);
        let expected: Vec<_> = blocks().map(Block::shown).collect();
        prop_assert_eq!(spaced_alike(&shown.blocks), expected, "{:#?}", all);
    }
}

/// Any line about a reply, in any order.
fn any_line() -> impl Strategy<Value = (u8, String, u64, usize)> {
    let id = select(vec!["a", "b", ""]).prop_map(String::from);
    (0..12u8, id, 0..3u64, 0..5usize)
}

/// The line with these numbers. The whole text of each line is unique.
fn line(n: usize, (what, id, place, length): (u8, String, u64, usize)) -> Value {
    let piece = &"\u{e9}-\u{1f600}xy"[..[0, 2, 3, 7, 8][length]];
    let full = format!("\u{e9}-\u{1f600}x{n}");
    let mut line = match what {
        0 => message_start(&id),
        1 | 2 => text_start(&id, place),
        3..=5 => text_piece(&id, place, piece),
        6 => block_stop(&id, place),
        7 => message_stop(&id),
        8 => abandoned(&id, place),
        9 => api_retry(),
        10 => block_start(&id, place, tool("t", "Bash", json!({}))),
        _ => whole(&id, json!([text(&full)])),
    };
    if id.is_empty() {
        line.as_object_mut().unwrap().remove("api_message_id");
        for pointer in ["/message", "/event/message"] {
            let message = line.pointer_mut(pointer).and_then(Value::as_object_mut);
            message.map(|message| message.remove("id"));
        }
    }
    line
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn lines_in_any_order_lose_no_whole_block(numbers in vec(any_line(), 1..24)) {
        let all: Vec<_> = numbers.into_iter().enumerate().map(|(n, line)| self::line(n, line)).collect();
        let shown = wait(shown(|| turn(&all)));
        let wholes = all.iter().filter_map(|line| line.pointer("/message/content/0/text")?.as_str());
        for whole in wholes {
            let count = shown.blocks.iter().filter(|block| *block == whole).count();
            prop_assert_eq!(count, 1, "{} in {:?} of {:#?}", whole, shown.blocks, all);
        }
        let of_texts: String = shown.blocks.iter().filter(|block| !block.starts_with('{')).map(String::as_str).collect();
        prop_assert_eq!(shown.text, of_texts);
    }
}
