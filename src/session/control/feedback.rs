//! Feedback to the makers of the CLI.

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::account::FeedbackReceipt;

/// Feedback to the makers of the CLI; see [`Session::feedback`]. None of these requests is declared.
#[derive(Clone, Copy, Debug)]
pub struct Feedback<'a>(pub(super) &'a Session);

/// What a user thinks of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sentiment {
    /// `positive`
    Positive,
    /// `negative`
    Negative,
}

/// What a user rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RatedPart {
    /// A tool call (`tool_use`).
    ToolUse,
    /// A text of the model (`assistant_text`).
    AssistantText,
}

/// The kind of feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedbackKind {
    /// `bug`
    Bug,
    /// `idea`
    Idea,
    /// `missing_capability`
    MissingCapability,
}

/// How a user answers a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rating {
    /// `bad`
    Bad,
    /// `fine`
    Fine,
    /// `good`
    Good,
}

/// What a survey is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Survey {
    /// `session`
    Session,
    /// `post_compact`
    PostCompact,
    /// `memory`
    Memory,
    /// `long_context`
    LongContext,
}

impl Feedback<'_> {
    /// Sends feedback, **with the whole conversation** (`submit_feedback`); [`save_locally`](Call::save_locally) writes a file instead. Where
    /// the CLI may not send it, the answer says why.
    pub fn submit(&self, description: &str) -> Call<Reply<FeedbackReceipt>> {
        Call::new(self.0, "submit_feedback", Reply::read)
            .with("description", description)
            .with("surface", "sdk")
    }

    /// Sends the answer to a survey, **with the whole conversation** (`submit_survey_feedback`). `appearance_id` names the time that the user
    /// saw it.
    pub fn submit_survey(
        &self,
        survey: Survey,
        rating: Rating,
        appearance_id: &str,
        description: &str,
    ) -> Call<Reply<FeedbackReceipt>> {
        let survey = match survey {
            Survey::Session => "session",
            Survey::PostCompact => "post_compact",
            Survey::Memory => "memory",
            Survey::LongContext => "long_context",
        };
        let rating = match rating {
            Rating::Bad => "bad",
            Rating::Fine => "fine",
            Rating::Good => "good",
        };
        Call::new(self.0, "submit_survey_feedback", Reply::read)
            .with("description", description)
            .with("appearance_id", appearance_id)
            .with("survey_response", rating)
            .with("survey_type", survey)
            .with("surface", "sdk")
    }

    /// Says what the user thinks of a message (`message_rated`).
    pub fn rate(&self, message_uuid: &str, part: RatedPart, sentiment: Sentiment) -> Call<()> {
        self.rating(message_uuid, part, sentiment, false)
    }

    /// Takes a rating back (`message_rated`, `cleared`).
    pub fn clear_rating(
        &self,
        message_uuid: &str,
        part: RatedPart,
        sentiment: Sentiment,
    ) -> Call<()> {
        self.rating(message_uuid, part, sentiment, true)
    }

    fn rating(
        &self,
        message_uuid: &str,
        part: RatedPart,
        sentiment: Sentiment,
        cleared: bool,
    ) -> Call<()> {
        let sentiment = match sentiment {
            Sentiment::Positive => "positive",
            Sentiment::Negative => "negative",
        };
        let part = match part {
            RatedPart::ToolUse => "tool_use",
            RatedPart::AssistantText => "assistant_text",
        };
        Call::plain(self.0, "message_rated")
            .with("messageUuid", message_uuid)
            .with("sentiment", sentiment)
            .with("surface", part)
            .with("cleared", cleared)
    }
}

impl Call<Reply<FeedbackReceipt>> {
    /// Writes the feedback into a file, and sends nothing (`save_locally`).
    pub fn save_locally(self) -> Self {
        self.with("save_locally", true)
    }

    /// The kind of feedback (`type`).
    pub fn kind(self, kind: FeedbackKind) -> Self {
        self.with(
            "type",
            match kind {
                FeedbackKind::Bug => "bug",
                FeedbackKind::Idea => "idea",
                FeedbackKind::MissingCapability => "missing_capability",
            },
        )
    }

    /// A title for the feedback (`title`).
    pub fn title(self, title: &str) -> Self {
        self.with("title", title)
    }

    /// What the feedback is about (`area`).
    pub fn area(self, area: &str) -> Self {
        self.with("area", area)
    }
}
