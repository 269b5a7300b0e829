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
        /// Interrupts the running turn, which then ends with a result that says so. Without a turn
        /// nothing happens, and no CLI is started. Waiting prompts run afterwards, unless
        /// [`cancel_queued`](Call::cancel_queued) drops them.
        fn_if_running interrupt() {}
        /// Drops the waiting prompts, too. Needs a CLI with the capability
        /// `interrupt_cancel_queued_v1`.
        with cancel_queued() { "cancel_queued": true }
    }

    request SetModel = "set_model" {
        published answers;
        effect Effect::Lasts(lasting());
        reply body session::ModelSet;
        /// Switches to this model, or to the default one. If the model is new to the CLI, it sends
        /// the API a minimal request first, and refuses if the API does not know the model. Lasts
        /// until it is set again, also if the CLI is restarted.
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
        /// `invalid_mode`. Lasts until it is set again, also if the CLI is restarted.
        fn set_permission_mode(mode: impl Into<PermissionMode>) { "mode": mode.into() }
    }

    request SetMaxThinkingTokens = "set_max_thinking_tokens" {
        published answers;
        effect Effect::Lasts(lasting().merged());
        reply empty ();
        /// Changes how long the model may think, in tokens, and how much of it is shown. If
        /// `highlights` cannot be shown the CLI refuses, but has changed the tokens. Lasts until it
        /// is set again, also if the CLI is restarted.
        ///
        /// ```
        /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
        /// use claude_wire::session::control::Patch;
        /// use claude_wire::wire::message::ThinkingDisplay;
        ///
        /// session.set_max_thinking_tokens(2048, Patch::Keep).await?;
        /// session.set_max_thinking_tokens(Patch::Keep, ThinkingDisplay::Omitted).await?;
        /// session.set_max_thinking_tokens(None, None).await?; // both as they were at the launch
        /// # Ok(()) }
        /// ```
        fn set_max_thinking_tokens(
            tokens: impl Into<Patch<u32>>,
            display: impl Into<Patch<ThinkingDisplay>>,
        ) {
            "max_thinking_tokens": tokens.into(),
            "thinking_display": display.into(),
        }
    }
}

/// Settings: the effective ones, flag settings, saved ones.
group Settings = settings {
    request GetSettings = "get_settings" {
        published answers;
        effect Effect::Reads;
        reply body settings::SettingsReport;
        /// The effective settings, and their sources.
        fn get() {}
    }

    request ApplyFlagSettings = "apply_flag_settings" {
        published answers;
        effect Effect::Lasts(lasting().merged());
        reply empty ();
        /// Changes settings of this process, the layer of `--settings`: sets each key to a value,
        /// or removes it (`None`); other keys are not changed. On an error nothing was changed. The
        /// CLI accepts unknown keys. Lasts also if the CLI is restarted.
        ///
        /// ```
        /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
        /// use serde_json::json;
        ///
        /// session.settings().apply([("effortLevel", Some(json!("low"))), ("outputStyle",
        /// None)]).await?;
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
        /// Saves the output style in the local settings of the project, the only key that the CLI
        /// accepts there.
        fn save_output_style(style: &str) {
            "source": "localSettings",
            "settings": json!({"outputStyle": style}),
        }
        /// Saves the effort in the user's settings, the only key that the CLI accepts there.
        fn save_effort(effort: impl Into<Effort>) {
            "source": "userSettings",
            "settings": json!({"effortLevel": effort.into().as_str()}),
        }
    }
}

/// Context window, cost and limits.
group SessionUsage = usage {
    request GetContextUsage = "get_context_usage" {
        published answers;
        effect Effect::Reads;
        reply body context::ContextReport;
        /// What fills the context window. The CLI has the API count every part, which takes some
        /// time and about two dozen requests; a [`summary`](Call::summary) only estimates.
        fn context() {}
        /// Only estimates, and sends nothing to the API.
        with summary() { "detail": "summary" }
    }

    request GetUsage = "get_usage" {
        published answers;
        effect Effect::Reads;
        reply body usage::UsageDetails;
        /// Cost of the session, limits of the plan, and what the usage is spent on.
        fn details() {}
        /// Leaves out what the usage is spent on, which is computed from the transcripts.
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
        /// Asks the model something outside the conversation, without waiting for the running turn.
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
        /// Has the model find a title for the description; with `persist` the session gets it.
        fn generate_title(description: &str, persist: bool) {
            "description": description,
            "persist": persist,
        }
    }

    request CancelAsyncMessage = "cancel_async_message" {
        published answers;
        effect Effect::Acts;
        reply body session::CancelledMessage;
        /// Drops a prompt that is in the CLI's queue and has not started. This crate sends the
        /// prompt of a turn only when it is due; to withdraw an earlier one, drop the
        /// [`Turn`](crate::Turn).
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
        /// Stops or resumes the suggestions of next prompts.
        fn pause_suggestions(paused: bool) { "paused": paused }
    }

    request SetMessageWaiting = "set_message_waiting" {
        internal answers;
        effect Effect::Acts;
        reply empty ();
        /// Says whether your program keeps a message of a person until the running turn ends. While
        /// it does, a session of Claude Desktop ends the turn sooner; in others nothing changes.
        fn set_message_waiting(waiting: bool) { "waiting": waiting }
    }

    request PromptDraftActivity = "prompt_draft_activity" {
        internal answers;
        effect Effect::Acts;
        reply empty ();
        /// Says that a person is typing a prompt: at the first key, and about every 10 seconds
        /// while typing goes on. Between turns the CLI may prepare the next request; during a turn
        /// it does nothing.
        fn note_draft_activity() {}
    }

    request SetPeerDelivery = "set_peer_delivery" {
        internal answers;
        effect Effect::Acts;
        reply body session::PeerDelivery;
        /// Says which messages from other sessions the CLI delivers without asking. What is not set
        /// stays as it is, so that a call without any setting only reads them. It is not sent again
        /// to a new process, because a choice of a person holds for one conversation: repeat
        /// [`shows_held_messages`](Call::shows_held_messages) yourself.
        fn set_peer_delivery() {}
        /// Whether your program lets a person answer the messages that the CLI holds
        /// (`peer_message_hold`). It then holds them until they are answered.
        with shows_held_messages(shows: bool) { "shows_held_messages": shows }
        /// A person chose to always deliver these in the conversation with this id. `made_in`: the
        /// kind of session whose risk the person was shown.
        with always_in_session(session_id: &str, scope: HoldScope, made_in: SessionClass) {
            "session": always(scope, made_in, Some(session_id)),
        }
        /// Ends that choice.
        with not_in_session() { "session": Value::Null }
        /// Whether a person chose to always deliver messages of their own sessions, in every
        /// conversation.
        with always_in_account(always: bool) { "account": always }
    }

    request DecideHeldPeerMessage = "decide_held_peer_message" {
        internal answers;
        effect Effect::Acts;
        reply body session::HeldMessageDecision;
        /// Delivers a message of another session that the CLI holds, as a person decided. The id is
        /// that of the [`peer_message_hold`](crate::wire::system::peers) line.
        fn deliver_held_message(hold_id: &str) { "hold_id": hold_id, "decision": "deliver" }
        /// Drops it.
        fn drop_held_message(hold_id: &str) { "hold_id": hold_id, "decision": "drop" }
        /// Delivers such messages for the rest of the conversation, too. Only for a message that is
        /// delivered.
        with always(scope: HoldScope, made_in: SessionClass) {
            "always": always(scope, made_in, None),
        }
    }

    request UltrareviewLaunch = "ultrareview_launch" {
        hidden answers;
        effect Effect::Acts;
        reply body session::ReviewLaunch;
        /// Starts a thorough review of the changes, which runs remotely and costs money. Without
        /// `confirm` the answer may be that the user must agree first.
        fn launch_review(args: &str, confirm: bool) { "args": args, "confirm": confirm }
    }
}

}}}
