//! The user of the session, and access from elsewhere: account, feedback, other devices, the
//! browser.

macro_rules! account_requests { ($then:ident $($with:tt)*) => { $then! { $($with)*

/// Signing in to Claude: the account that a session runs on.
group Account = account {
    request ClaudeAuthenticate = "claude_authenticate" {
        hidden answers;
        effect Effect::Acts;
        reply body account::LoginUrls;
        /// Begins to sign in: the pages to send the user to. With a plan for claude.ai, or else to
        /// the console.
        fn login(with_claude_ai: bool) { "loginWithClaudeAi": with_claude_ai }
        /// Signs in with a profile of the console.
        with console_profile() { "consoleProfile": true }
    }

    request ListCloudSessions = "list_cloud_sessions" {
        internal answers;
        effect Effect::Reads;
        reply body cloud::CloudSessions;
        /// Lists the sessions of the account in the cloud. The answer says why there is no list, for
        /// example without a login.
        fn cloud_sessions() {}
        /// A person asked for the list now.
        with user_initiated() { "user_initiated": true }
        /// Lists the runs of scheduled tasks instead, which the plain list leaves out.
        with only_runs() { "only_runs": true }
        /// Lists archived sessions only.
        with only_archived() { "only_archived": true }
        /// The page after that of this `next_cursor`, asked for in the same way.
        with cursor(cursor: &str) { "cursor": cursor }
    }

    request ClaudeOauthCallback = "claude_oauth_callback" {
        hidden refuses;
        effect Effect::Acts;
        reply empty ();
        /// Passes on code and state of the manual page.
        fn finish_login(authorization_code: &str, state: &str) {
            "authorizationCode": authorization_code,
            "state": state,
        }
    }

    request ClaudeOauthWaitForCompletion = "claude_oauth_wait_for_completion" {
        hidden refuses;
        effect Effect::Acts;
        reply empty ();
        /// Waits until the user has signed in at the automatic page; mind the
        /// [`timeout`](Call::timeout).
        fn await_login() {}
    }
}

/// Feedback to Anthropic.
group Feedback = feedback {
    request SubmitFeedback = "submit_feedback" {
        internal answers;
        effect Effect::Acts;
        reply body account::FeedbackReceipt;
        /// Sends feedback, **with the whole conversation**; [`save_locally`](Call::save_locally)
        /// writes a file instead. If the CLI may not send it, the answer says why.
        fn submit(description: &str) { "description": description, "surface": "sdk" }
        /// Writes the feedback into a file, and sends nothing.
        with save_locally() { "save_locally": true }
        /// The kind of feedback.
        with kind(kind: FeedbackKind) { "type": kind }
        /// A title for the feedback.
        with title(title: &str) { "title": title }
        /// What the feedback is about.
        with area(area: &str) { "area": area }
    }

    request SubmitSurveyFeedback = "submit_survey_feedback" {
        internal answers;
        effect Effect::Acts;
        reply body account::FeedbackReceipt;
        /// Sends the answer to a survey, **with the whole conversation**. `appearance_id`
        /// identifies the time at which the user saw it.
        fn submit_survey(survey: Survey, rating: Rating, appearance_id: &str, description: &str) {
            "description": description,
            "appearance_id": appearance_id,
            "survey_response": rating,
            "survey_type": survey,
            "surface": "sdk",
        }
    }

    request MessageRated = "message_rated" {
        internal answers;
        effect Effect::Acts;
        reply empty ();
        /// Says what the user thinks of a message.
        fn rate(message_uuid: &str, part: RatedPart, sentiment: Sentiment) {
            "messageUuid": message_uuid,
            "sentiment": sentiment,
            "surface": part,
            "cleared": false,
        }
        /// Withdraws a rating.
        fn clear_rating(message_uuid: &str, part: RatedPart, sentiment: Sentiment) {
            "messageUuid": message_uuid,
            "sentiment": sentiment,
            "surface": part,
            "cleared": true,
        }
    }
}

/// Control from other devices, and programs that pass the output on.
group Remote = remote {
    request RemoteControl = "remote_control" {
        hidden answers;
        effect Effect::Acts;
        reply optional account::RemoteControl;
        /// Lets the user control the session from other devices.
        fn enable() { "enabled": true }
        /// Ends remote control.
        fn disable() { "enabled": false }
        /// The session's name on the other devices.
        with name(name: &str) { "name": name }
        /// Continues an earlier one: its `bridge_session_id`.
        with reattach(bridge_session_id: &str) { "reattach_session_id": bridge_session_id }
        /// Leaves it in place when the CLI exits.
        with keep_on_exit() { "keep_session_on_exit": true }
    }

    request SetHasSubscribers = "set_has_subscribers" {
        published answers;
        effect Effect::Lasts(lasting().initial("has_subscribers", "true"));
        reply empty ();
        /// Says whether someone watches the output that your program passes on; `None` is "not
        /// known". It matters to a CLI that was started to hold back partial messages. Each new
        /// process begins as watched, and is sent the last answer again.
        fn set_has_subscribers(has_subscribers: impl Into<Option<bool>>) {
            "has_subscribers": or_null(has_subscribers.into())
        }
    }
}

/// The CLI's browser.
group Chrome = chrome {
    request GetChromeDialog = "get_chrome_dialog" {
        internal answers;
        effect Effect::Reads;
        reply body account::ChromeStatus;
        /// Whether a browser may be used and is connected.
        fn status() {}
    }

    request GetChromeBrowsers = "get_chrome_browsers" {
        internal refuses;
        effect Effect::Reads;
        reply body account::ChromeBrowsers;
        /// The available browsers. An error if none is connected.
        fn browsers() {}
    }

    request SelectChromeBrowser = "select_chrome_browser" {
        internal refuses;
        effect Effect::Acts;
        reply optional account::ChromeChoice;
        /// Uses this browser from now on.
        fn select(device_id: &str) { "device_id": device_id }
    }
}

}}}
