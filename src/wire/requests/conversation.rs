//! The session itself, its settings, its usage and its conversation.

macro_rules! conversation_requests { ($then:ident $($with:tt)*) => { $then! { $($with)*

session {
    request Initialize = "initialize" {
        published answers "`connect`; sent at each handshake, its reply is `server_info`";
        effect Effect::Acts;
        reply body server::ServerInfo;
    }

    request Interrupt = "interrupt" {
        published answers;
        effect Effect::Acts;
        reply optional session::Interrupted;
        /// Interrupts the turn that runs. It ends with a result that says so; without a turn
        /// nothing happens, and no CLI is started for it. Prompts that wait run afterwards, unless
        /// [`cancel_queued`](Call::cancel_queued) drops them.
        fn_if_running interrupt() {}
        /// Drops the prompts that wait, too. Needs a CLI with the capability
        /// `interrupt_cancel_queued_v1`.
        with cancel_queued() { "cancel_queued": true }
    }

    request SetModel = "set_model" {
        published answers;
        effect Effect::Lasts(lasting());
        reply body session::ModelSet;
        /// Answers with this model from now on, or with the default one. The CLI has the API answer
        /// a word with a model that is new to it, and refuses if the API knows no such model. Holds
        /// until it is set again, also when the CLI has to be restarted.
        ///
        /// ```
        /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
        /// session.set_model("sonnet").await?;
        /// session.set_model(None).await?;
        /// # Ok(()) }
        /// ```
        fn set_model['a](model: impl Into<Option<&'a str>>) { "model": model.into() }
    }

    request SetPermissionMode = "set_permission_mode" {
        published answers;
        effect Effect::Lasts(lasting());
        reply body session::ModeSet;
        /// Changes what may be done without asking. `bypassPermissions` is refused with the code
        /// `bypass_not_launched` unless the CLI was launched for it, an unknown mode with
        /// `invalid_mode`. Holds until it is set again, also when the CLI has to be restarted.
        fn set_permission_mode(mode: impl Into<PermissionMode>) { "mode": mode.into() }
    }

    request SetMaxThinkingTokens = "set_max_thinking_tokens" {
        published answers;
        effect Effect::Lasts(lasting().merged());
        reply empty ();
        /// Changes how long the model may think, in tokens, and how much of it is shown. If
        /// `highlights` cannot be shown the CLI refuses, but has changed the tokens. Holds until it
        /// is set again, also when the CLI has to be restarted.
        ///
        /// ```
        /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
        /// use claude_wire::session::Change;
        /// use claude_wire::wire::message::ThinkingDisplay;
        ///
        /// session.set_max_thinking_tokens(2048, Change::Keep).await?;
        /// session.set_max_thinking_tokens(Change::Keep, ThinkingDisplay::Omitted).await?;
        /// session.set_max_thinking_tokens(None, None).await?; // both as they were at the launch
        /// # Ok(()) }
        /// ```
        fn set_max_thinking_tokens(
            tokens: impl Into<Change<u32>>,
            display: impl Into<Change<ThinkingDisplay>>,
        ) {
            "max_thinking_tokens": tokens.into(),
            "thinking_display": display.into(),
        }
    }
}

/// Settings: those in force, flag settings, those that are written down.
group Settings = settings {
    request GetSettings = "get_settings" {
        published answers;
        effect Effect::Reads;
        reply body settings::SettingsReport;
        /// The settings that are in force, and where they come from.
        fn get() {}
    }

    request ApplyFlagSettings = "apply_flag_settings" {
        published answers;
        effect Effect::Lasts(lasting().merged());
        reply empty ();
        /// Changes settings of this process, the layer of `--settings`: sets each key to a value,
        /// or removes it (`None`); the keys that are not named stay. On an error nothing was
        /// changed. The CLI accepts keys that it does not know. Holds also when the CLI has to be
        /// restarted.
        ///
        /// ```
        /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
        /// use serde_json::json;
        ///
        /// session.settings().apply([("effortLevel", Some(json!("low"))), ("outputStyle", None)]).await?;
        /// # Ok(()) }
        /// ```
        fn apply[K: Into<String>](settings: impl IntoIterator<Item = (K, Option<Value>)>) {
            "settings": object(settings)
        }
    }

    request UpdateSettings = "update_settings" {
        published answers;
        effect Effect::Acts;
        reply empty ();
        /// Writes the output style into the local settings of the project, the only key that the
        /// CLI takes there.
        fn save_output_style(style: &str) {
            "source": "localSettings",
            "settings": json!({"outputStyle": style}),
        }
        /// Writes the effort into the user's settings, the only key that the CLI takes there.
        fn save_effort(effort: impl Into<Effort>) {
            "source": "userSettings",
            "settings": json!({"effortLevel": effort.into().as_str()}),
        }
    }
}

/// Context window, cost and limits.
group Usage = usage {
    request GetContextUsage = "get_context_usage" {
        published answers;
        effect Effect::Reads;
        reply body context::ContextReport;
        /// What fills the context window. The CLI has the API count every part, which takes some
        /// time and some two dozen requests; a [`summary`](Call::summary) estimates.
        fn context() {}
        /// Estimates, and sends nothing to the API.
        with summary() { "detail": "summary" }
    }

    request GetUsage = "get_usage" {
        published answers;
        effect Effect::Reads;
        reply body usage::UsageDetails;
        /// Cost of the session, limits of the plan, and what the usage goes to.
        fn details() {}
        /// Leaves out what the usage goes to, which is found out from the transcripts.
        with skip_behaviors() { "skip_behaviors": true }
    }

    request GetSessionCost = "get_session_cost" {
        published answers;
        effect Effect::Reads;
        reply body usage::SessionCost;
        /// Cost of the session, as a text for display.
        fn cost() {}
    }
}

/// The conversation: title, side questions, waiting prompts, export.
group Conversation = conversation {
    request SideQuestion = "side_question" {
        hidden answers;
        effect Effect::Acts;
        reply body session::SideAnswer;
        /// Asks the model something that neither becomes part of the conversation nor waits for the
        /// turn that runs.
        fn side_question(question: &str) { "question": question }
        /// Earlier side questions and their answers, as the CLI's own front end sends them.
        with history(history: impl IntoIterator<Item = Value>) {
            "history": Value::from_iter(history)
        }
    }

    request RenameSession = "rename_session" {
        published answers;
        effect Effect::Acts;
        reply empty ();
        /// Gives this session a title.
        fn rename(title: &str) { "title": title, "source": "host" }
        /// Gives the session of this id a title. CLI 2.1.329 refuses any id but that of the session
        /// itself.
        fn rename_other(session_id: &str, title: &str) {
            "title": title,
            "source": "host",
            "session_id": session_id,
        }
    }

    request GenerateSessionTitle = "generate_session_title" {
        hidden answers;
        effect Effect::Acts;
        reply body session::Title;
        /// Has the model find a title for what is described; with `persist` the session gets it.
        fn generate_title(description: &str, persist: bool) {
            "description": description,
            "persist": persist,
        }
    }

    request CancelAsyncMessage = "cancel_async_message" {
        published answers;
        effect Effect::Acts;
        reply body session::CancelledMessage;
        /// Drops a prompt that the CLI holds and has not begun with. The prompts of this crate's
        /// turns are held back until it is their turn; dropping the [`Turn`](crate::Turn) is the way
        /// to withdraw those.
        fn cancel_message(message_uuid: &str) { "message_uuid": message_uuid }
    }

    request ExportConversation = "export_conversation" {
        internal answers;
        effect Effect::Acts;
        reply body session::Export;
        /// The conversation as a text.
        fn export() {}
    }

    request SetPromptSuggestionsPaused = "set_prompt_suggestions_paused" {
        internal answers;
        effect Effect::Lasts(lasting().initial("paused", "false"));
        reply empty ();
        /// Stops the suggestions of next prompts, or lets them go on.
        fn pause_suggestions(paused: bool) { "paused": paused }
    }

    request UltrareviewLaunch = "ultrareview_launch" {
        hidden answers;
        effect Effect::Acts;
        reply body session::ReviewLaunch;
        /// Has the changes reviewed at length, elsewhere and at a price. Without `confirm` the
        /// answer may be that the user has to agree first.
        fn launch_review(args: &str, confirm: bool) { "args": args, "confirm": confirm }
    }
}

}}}
