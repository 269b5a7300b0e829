//! The requests to the API in a turn, and what the CLI does about each message.
#![expect(clippy::result_large_err, reason = "a divergence is made once: it ends its run")]

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use serde_json::json;

use crate::player::model::{ApiReply, Raw};

use super::answers::{Answer, Item, Scripted, answers};
use super::errors::{self, Again, ApiFailure};
use super::handle::Cli;
use super::hook_calls;
use super::limits;
use super::prompt::{Prompt, REPEATED_AT};
use super::state::State;
use super::stream::{Broken, Streamed};
use super::structured::ENFORCES;
use super::tools::Ran;

/// How a turn ends that is not interrupted.
#[derive(Debug)]
pub(super) enum End {
    Success,
    MaxTurns(f64),
    MaxBudget(f64),
    Failed(ApiFailure),
    /// The model said nothing, twice.
    Nothing,
    /// The prompt wants no answer.
    Noted,
    /// A hook refused the prompt; what it said.
    Prevented(String),
    /// A hook that must not fail did, and the prompt is blocked; why.
    Unguarded(String),
    /// A hook ended the turn after its tools, or deferred one.
    HookStopped,
    /// The structured answer had another form too often; what the CLI says about it.
    Unstructured(String),
    /// The prompt is not the scenario's.
    Diverged,
}

/// What the CLI says to the model after a refusal.
const REFUSED: &str = "The response above was stopped by a safety classifier. Continue without it.";

/// The reasons for which a message ends before its time, and goes on with the next one.
const CUT_SHORT: [&str; 2] = ["max_tokens", "model_context_window_exceeded"];
/// How often the CLI lets the model go on after such a message.
const MAX_RESUMED: u32 = 3;
/// What it says then.
const TOO_LONG: &str = "Output token limit hit. Resume where it ended.";
/// What it says where the stream broke after a block.
const CUT_OFF: &str = "Your response above was cut off mid-stream. Resume where it ended.";
/// What it says to a message without a block.
const NOTHING: &str = "[Your previous response had no visible output. Please continue and produce a user-visible response.]";

/// Requests to the API, until one needs no more.
pub(super) async fn rounds(cli: &Cli, mut answers: VecDeque<Answer>) -> End {
    let mut round = 0_u32;
    let mut stop_hook_active = false;
    // How often the stream broke, how often the message was too long, and whether it was empty.
    let (mut broken, mut cut_short, mut was_empty) = (0, 0, false);
    loop {
        let (scripted, is_whole) = match cli.next_message(&mut answers).await {
            Ok(Some(next)) => next,
            Ok(None) => return End::Success,
            Err(failure) => return End::Failed(failure),
        };
        cli.with(|state| state.turn().receives = true);
        let tools = cli.run_tools(scripted.results.clone());
        let is_last = |streamed: &Result<Streamed, Broken>| {
            streamed.is_ok() && cli.with(|state| state.spent().is_some())
        };
        let message = async {
            if broken < 2 && !is_whole {
                return cli.stream(&scripted, broken > 0).await;
            }
            Ok(cli.fetch(&scripted, !is_whole).await)
        };
        let (ran, streamed) = both(tools, message, is_last).await;
        let streamed = match streamed {
            Ok(streamed) => streamed,
            Err(Broken::Later { used_tools: true }) => continue,
            Err(Broken::Later { used_tools: false }) => {
                cli.with(|state| state.nudge(CUT_OFF));
                take_more(cli, &mut answers, CUT_OFF);
                continue;
            }
            Err(Broken::Connection | Broken::Error(_)) if broken > 0 => {
                broken += 1;
                continue;
            }
            Err(why) => {
                broken += 1;
                let is_overloaded =
                    matches!(&why, Broken::Error(kind) if kind == "overloaded_error");
                cli.retry(1, is_overloaded.then_some(529));
                continue;
            }
        };
        broken = 0;
        round += 1;
        if let Some(budget) = cli.with(|state| state.spent()) {
            return End::MaxBudget(budget);
        }
        if CUT_SHORT.contains(&&*streamed.stop_reason) && streamed.tools.is_empty() {
            if cut_short == MAX_RESUMED {
                return End::Failed(ApiFailure::too_long());
            }
            cut_short += 1;
            cli.with(|state| state.nudge(TOO_LONG));
            take_more(cli, &mut answers, TOO_LONG);
            if answers.is_empty() {
                // The model goes on as it did.
                answers.push_back(Answer::Message(scripted));
            }
            continue;
        }
        if scripted.items.is_empty() {
            if std::mem::replace(&mut was_empty, true) {
                return End::Nothing;
            }
            cli.with(|state| state.nudge(NOTHING));
            take_more(cli, &mut answers, NOTHING);
            if answers.is_empty() {
                answers.push_back(Answer::Message(scripted));
            }
            continue;
        }
        if streamed.stop_reason == "refusal" {
            match cli.with(|state| state.refused(&streamed.id)) {
                Some(failure) => return End::Failed(failure),
                None => {
                    take_more(cli, &mut answers, REFUSED);
                    continue;
                }
            }
        }
        if streamed.tools.is_empty() {
            if let Some(Answer::Failure { .. }) = answers.front() {
                continue;
            }
            let last = cli.with(|state| state.turn().text.clone());
            let fields = json!({
                "stop_hook_active": stop_hook_active, "last_assistant_message": last, "background_tasks": [], "session_crons": [],
            });
            let decision = cli.hooks("Stop", "", None, hook_calls::fields(fields)).await;
            stop_hook_active = true;
            let Some(reason) = decision.block else {
                if !cli.with(State::enforces_structure) {
                    return End::Success;
                }
                cli.with(|state| state.nudge(ENFORCES));
                take_more(cli, &mut answers, ENFORCES);
                if answers.is_empty() {
                    // The model says what it said.
                    answers.push_back(Answer::Message(scripted));
                }
                continue;
            };
            let text = cli.with(|state| state.stop_feedback(&reason));
            take_more(cli, &mut answers, &text);
            continue;
        }
        match ran {
            None | Some(Ran::GoesOn) => {}
            Some(Ran::Answered) => return End::Success,
            Some(Ran::Stopped) => return End::HookStopped,
            Some(Ran::Misshapen) => {
                if let Some(error) = cli.with(State::structure_exhausted) {
                    return End::Unstructured(error);
                }
                if answers.is_empty() {
                    // The model gives the same answer.
                    answers.push_back(Answer::Message(scripted));
                }
            }
        }
        cli.with(State::take_steered);
        if let Some(limit) = cli.with(|state| state.options.max_turns)
            && f64::from(round) >= limit
        {
            return End::MaxTurns(limit);
        }
    }
}

/// Waits for two futures, of which the first goes first; only for the second if that is `enough`.
async fn both<A, B>(
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
    enough: impl Fn(&B) -> bool,
) -> (Option<A>, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none()
            && let Poll::Ready(output) = one.as_mut().poll(cx)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = other.as_mut().poll(cx)
        {
            second = Some(output);
        }
        match second.take() {
            Some(output) if first.is_some() || enough(&output) => {
                Poll::Ready((first.take(), output))
            }
            output => {
                second = output;
                Poll::Pending
            }
        }
    })
    .await
}

/// The CLI says something to the model by itself. If the turn has no answer left, another turn of
/// the scenario may be one to this text.
fn take_more(cli: &Cli, more: &mut VecDeque<Answer>, text: &str) {
    if more.is_empty()
        && let Ok(reply) = cli.with(|state| state.turns.take_named(text))
    {
        more.extend(answers(&reply));
    }
}

impl Cli {
    /// The next message of the model, and whether it is asked for in one piece; errors of the API
    /// before it are retried.
    pub(super) async fn next_message(
        &self,
        answers: &mut VecDeque<Answer>,
    ) -> Result<Option<(Box<Scripted>, bool)>, ApiFailure> {
        let mut asked = Asked::default();
        loop {
            match answers.pop_front() {
                None => return Ok(None),
                Some(Answer::Branch { denied, answers: mut chosen }) => {
                    if self.with(|state| state.turn_of(self.agent()).denied) == denied {
                        chosen.append(answers);
                        *answers = chosen;
                    }
                }
                Some(Answer::Message(scripted))
                    if !scripted.is_message() && scripted.reply.error.is_none() =>
                {
                    self.act_between(&scripted.items).await;
                }
                Some(Answer::Failure { status, text }) => {
                    self.with(|state| state.note_request(self.agent()));
                    return Err(ApiFailure::of_status(status, text));
                }
                Some(Answer::Message(scripted)) => {
                    let mut scripted = self.with_faults(scripted, answers);
                    let failure = match (&scripted.reply.error, &scripted.reply.raw) {
                        (Some(_), _) => self.refused_by_api(&scripted.reply, &mut asked),
                        (None, Some(page)) => self.unreadable(page, &mut asked),
                        (None, None) => return Ok(Some((scripted, asked.is_whole))),
                    };
                    self.act_between(&scripted.items).await;
                    if let Some(failure) = failure {
                        return Err(failure);
                    }
                    if answers.is_empty() {
                        // The API goes on as it was; what the scenario has after it happens once.
                        scripted.items.clear();
                        answers.push_back(Answer::Message(scripted));
                    }
                }
            }
        }
    }

    /// The API answers with an error: the failure of the turn, if it is not asked again.
    fn refused_by_api(&self, reply: &ApiReply, asked: &mut Asked) -> Option<ApiFailure> {
        let error = reply.error.as_ref()?;
        let status = error.status;
        let (limit, subscribed) = self.with(|state| {
            state.requests += 1;
            state.note_request(self.agent());
            state.note_limits(&reply.headers);
            (state.options.max_retries, state.options.subscribed)
        });
        let reached = limits::reached(status, &reply.headers);
        if let Some(failure) = reached.filter(|_| subscribed) {
            return Some(failure);
        }
        let message = errors::message(status, error.message.as_deref());
        match errors::again(status, &message) {
            Again::Announced if asked.announced < limit => {
                asked.announced += 1;
                self.retry(asked.announced, Some(status));
            }
            Again::Unseen if asked.unseen < errors::UNSEEN => asked.unseen += 1,
            Again::Whole if !asked.is_whole => asked.is_whole = true,
            _ => {
                return Some(self.with(|state| {
                    let is_large = status == 413 && state.results > 0;
                    if is_large || status == 400 && errors::is_too_long(&message) {
                        let what = "a conversation that is too long for the API";
                        state.note_not_simulated(what.to_owned());
                    }
                    let gateway = state.options.gateway.as_deref();
                    errors::failure(status, &message, &state.lines.model, gateway)
                }));
            }
        }
        None
    }

    /// The API answers with something else than a message: the failure of the turn, if it did so
    /// when the message was asked for in one piece, too. Nothing is written before that.
    fn unreadable(&self, page: &Raw, asked: &mut Asked) -> Option<ApiFailure> {
        self.with(|state| {
            state.requests += 1;
            state.note_request(self.agent());
            if !page.is_html() {
                let what = "an answer of the API that is neither a message nor a page of HTML";
                state.note_not_simulated(what.to_owned());
            }
        });
        if !asked.is_whole {
            asked.is_whole = true;
            return None;
        }
        Some(ApiFailure::unreadable(page))
    }

    /// What the scenario has where the model says nothing.
    async fn act_between(&self, items: &[Item]) {
        for item in items {
            if let Item::Do(effect) = item {
                self.act(effect).await;
            }
        }
    }
}

/// How a message was asked for so far.
#[derive(Default)]
struct Asked {
    /// How often again, with a line.
    announced: u32,
    /// How often again, without one.
    unseen: u32,
    /// Whether in one piece.
    is_whole: bool,
}

impl State {
    /// The budget, if it is spent.
    pub(super) fn spent(&self) -> Option<f64> {
        self.options.max_budget.filter(|budget| self.ledger.cost() >= *budget)
    }

    /// A hook blocks the end of the turn.
    fn stop_feedback(&mut self, reason: &str) -> String {
        let text = format!("Stop hook feedback:\n{reason}");
        let mut line = self.lines.user(json!([{"type": "text", "text": text}]));
        line["isSynthetic"] = true.into();
        self.out(&line);
        self.count_message();
        self.stop_hook_problem();
        text
    }

    /// The CLI says something to the model.
    fn nudge(&mut self, text: &str) {
        let mut line = self.lines.user(json!([{"type": "text", "text": text}]));
        line["isSynthetic"] = true.into();
        self.out(&line);
        self.count_message();
    }

    /// The model's safeguards stopped a message. The CLI goes on once.
    fn refused(&mut self, message: &str) -> Option<ApiFailure> {
        self.safety_stops += 1;
        if self.turn().refused {
            return Some(ApiFailure { is_written: true, ..errors::refusal() });
        }
        self.turn().refused = true;
        let fields = json!({
            "content": "Opus 5.5's safeguards stopped the response above · continuing once with that noted", "level": "notice",
        });
        let line = self.lines.system("informational", fields);
        self.out(&line);
        let mut line = self.lines.user(json!([{"type": "text", "text": REFUSED}]));
        line["isSynthetic"] = true.into();
        line["refused_message_id"] = message.into();
        line["refusal_retry"] = true.into();
        self.out(&line);
        self.count_message();
        None
    }

    /// Prompts that came during the tools go into the running turn.
    fn take_steered(&mut self) {
        let queue = std::mem::take(&mut self.queue).into_iter();
        let (steered, later): (Vec<_>, Vec<_>) = queue.partition(Prompt::may_steer);
        if self.options.replays_prompts {
            steered.iter().for_each(|prompt| self.repeat(prompt, Some(REPEATED_AT)));
        }
        for prompt in steered {
            self.matched += 1;
            if let Some(uuid) = prompt.uuid {
                let line = self.lines.lifecycle(&uuid, "started");
                self.out(&line);
                self.turn().prompts.push(uuid.clone());
                self.turn().steered.push(uuid);
            }
        }
        self.queue = later.into();
    }
}
