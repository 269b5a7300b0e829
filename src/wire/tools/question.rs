//! Questions of the model to the user.

use std::collections::BTreeMap;

tool! {
    /// Asks the user. A program answers through the permission request:
    /// [`Answers`](crate::session::handlers::Answers).
    pub enum AskUserQuestion = "AskUserQuestion": AskUserQuestionInput -> AskUserQuestionOutput;
}

object! {
    /// The input of `AskUserQuestion` (CLI 2.1.332).
    pub struct AskUserQuestionInput {
        /// The questions.
        pub questions: Vec<Question> = "questions" required v2_1_332,
        /// The user's answers, by question. The model leaves them out; a permission handler adds
        /// them.
        pub answers: Option<BTreeMap<String, String>> = "answers" v2_1_332,
        /// The user's notes, by question.
        pub annotations: Option<BTreeMap<String, QuestionAnnotation>> = "annotations" v2_1_332,
        /// Where the questions come from.
        pub metadata: Option<QuestionMetadata> = "metadata" declared,
    }
}

object! {
    /// A question of the model to the user: one of the `questions` in the input of
    /// `AskUserQuestion` (CLI 2.1.332).
    pub struct Question {
        /// The question, which is also its name in the answer.
        pub question: String = "question" v2_1_332,
        /// A short label.
        pub header: String = "header" v2_1_332,
        /// The possible answers. The user may give another one.
        pub options: Vec<QuestionOption> = "options" required v2_1_332,
        /// Whether several may be chosen.
        pub multi_select: bool = "multiSelect" lenient v2_1_332,
    }
}

object! {
    /// A possible answer: one of the `options` of a question (CLI 2.1.332).
    pub struct QuestionOption {
        /// The answer.
        pub label: String = "label" v2_1_332,
        /// What it means.
        pub description: String = "description" v2_1_332,
        /// What a host shows while the option is chosen.
        pub preview: Option<String> = "preview" v2_1_332,
    }
}

object! {
    /// What the user adds to an answer (a value of `annotations`, CLI 2.1.332).
    pub struct QuestionAnnotation {
        /// The preview of the chosen option.
        pub preview: Option<String> = "preview" v2_1_332,
        /// The user's notes.
        pub notes: Option<String> = "notes" v2_1_332,
        /// Why the question has no answer; in the output only.
        pub unanswered: Option<Unanswered> = "unanswered" declared,
    }
}

open_enum! {
    /// Why a question has no answer (`unanswered`).
    pub enum Unanswered {
        Skipped = "skipped",
        RepliedInChat = "replied_in_chat",
        Dismissed = "dismissed",
    }
}

object! {
    /// Where questions come from (`metadata`, CLI 2.1.329, declared, not seen).
    pub struct QuestionMetadata {
        /// The part of the CLI, such as a command.
        pub source: Option<String> = "source" declared,
    }
}

object! {
    /// The output of `AskUserQuestion` (CLI 2.1.332).
    pub struct AskUserQuestionOutput {
        /// The questions.
        pub questions: Vec<Question> = "questions" required v2_1_332,
        /// The user's answers, by question; of several choices, joined by `, `.
        pub answers: BTreeMap<String, String> = "answers" required v2_1_332,
        /// What the user wrote instead of an answer.
        pub response: Option<String> = "response" v2_1_332,
        /// The user's notes, by question.
        pub annotations: Option<BTreeMap<String, QuestionAnnotation>> = "annotations" v2_1_332,
        /// The time without an answer after which it was skipped, in milliseconds.
        pub afk_timeout_ms: Option<f64> = "afkTimeoutMs" declared,
    }
}
