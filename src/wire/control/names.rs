//! The names of all requests that a host may send.

string_enum! {
    /// What a host may ask (`request.subtype` of a host's `control_request`): every request that CLI
    /// 2.1.332 declares or was seen to know. Methods of [`Session`](crate::Session) send most of them;
    /// `docs/control-requests.md` says which, and [`Session::control`](crate::Session::control) sends any.
    ///
    /// ```
    /// use claude_wire::wire::control::RequestName;
    ///
    /// assert_eq!(RequestName::from("interrupt"), RequestName::Interrupt);
    /// assert!(RequestName::KNOWN.contains(&"dictate"));
    /// ```
    pub enum RequestName {
        Interrupt = "interrupt",
        Initialize = "initialize",
        SetPermissionMode = "set_permission_mode",
        SetModel = "set_model",
        SetMaxThinkingTokens = "set_max_thinking_tokens",
        RenameSession = "rename_session",
        SetColor = "set_color",
        McpStatus = "mcp_status",
        GetContextUsage = "get_context_usage",
        GetSessionCost = "get_session_cost",
        ListModels = "list_models",
        GetUsage = "get_usage",
        GetMemoryDialog = "get_memory_dialog",
        GetSkillsDialog = "get_skills_dialog",
        GetChromeDialog = "get_chrome_dialog",
        GetChromeBrowsers = "get_chrome_browsers",
        SelectChromeBrowser = "select_chrome_browser",
        GetSandboxDialog = "get_sandbox_dialog",
        GetStatus = "get_status",
        ExportConversation = "export_conversation",
        ListCloudSessions = "list_cloud_sessions",
        GetCloudSession = "get_cloud_session",
        GetCloudSessionTranscript = "get_cloud_session_transcript",
        UpdateCloudSession = "update_cloud_session",
        LogHostEvents = "log_host_events",
        GetBinaryVersion = "get_binary_version",
        McpCall = "mcp_call",
        FileSuggestions = "file_suggestions",
        McpMessage = "mcp_message",
        RewindFiles = "rewind_files",
        CancelAsyncMessage = "cancel_async_message",
        ReadFile = "read_file",
        ListDirectory = "list_directory",
        GetWorkspaceDiff = "get_workspace_diff",
        GetPlan = "get_plan",
        SeedReadState = "seed_read_state",
        McpSetServers = "mcp_set_servers",
        RegisterRepoRoot = "register_repo_root",
        ReloadPlugins = "reload_plugins",
        ReloadSkills = "reload_skills",
        ReloadOutputStyles = "reload_output_styles",
        McpReconnect = "mcp_reconnect",
        ReloadConnectors = "reload_connectors",
        McpToggle = "mcp_toggle",
        SetMcpPermissionModeOverride = "set_mcp_permission_mode_override",
        SetChromeBrowserHints = "set_chrome_browser_hints",
        SetPromptSuggestionsPaused = "set_prompt_suggestions_paused",
        SetHasSubscribers = "set_has_subscribers",
        SetMessageWaiting = "set_message_waiting",
        DecideHeldPeerMessage = "decide_held_peer_message",
        SetPeerDelivery = "set_peer_delivery",
        PromptDraftActivity = "prompt_draft_activity",
        Dictate = "dictate",
        SetCwd = "set_cwd",
        ClaimSession = "claim_session",
        RegisterDeviceHooks = "register_device_hooks",
        UploadDeviceHookTemplate = "upload_device_hook_template",
        MessageRated = "message_rated",
        StopTask = "stop_task",
        StartShellTask = "start_shell_task",
        BackgroundTasks = "background_tasks",
        GetTaskOutput = "get_task_output",
        ApplyFlagSettings = "apply_flag_settings",
        GetSettings = "get_settings",
        GetHooksListing = "get_hooks_listing",
        UpdateSettings = "update_settings",
        SubmitFeedback = "submit_feedback",
        SubmitSurveyFeedback = "submit_survey_feedback",
        RemoteToolsAnnounce = "remote_tools_announce",
        UiAttach = "ui_attach",
        UiDetach = "ui_detach",
        UiRender = "ui_render",
        UiPress = "ui_press",
        UiClientModule = "ui_client_module",
        UiClientPress = "ui_client_press",
        UiMessage = "ui_message",
        UiClientFault = "ui_client_fault",
        TurnHandoff = "turn_handoff",
        ComparisonFork = "comparison_fork",
        ListPermissionRules = "list_permission_rules",
        McpReadResource = "mcp_read_resource",
        UiInput = "ui_input",
        UiSelect = "ui_select",
        UiPanes = "ui_panes",
        UiPaneShow = "ui_pane_show",
        UiPaneFocus = "ui_pane_focus",
        UiClose = "ui_close",
        UiScroll = "ui_scroll",
        UiFocus = "ui_focus",
        UiPromptEdit = "ui_prompt_edit",
        UiPromptAutocomplete = "ui_prompt_autocomplete",
        /// Not declared, and yet known to the CLI.
        McpAuthenticate = "mcp_authenticate",
        /// Not declared, and yet known to the CLI.
        McpOauthCallbackUrl = "mcp_oauth_callback_url",
        /// Not declared, and yet known to the CLI.
        McpClearAuth = "mcp_clear_auth",
        /// Not declared, and yet known to the CLI.
        ChannelEnable = "channel_enable",
        /// Not declared, and yet known to the CLI.
        SideQuestion = "side_question",
        /// Not declared, and yet known to the CLI.
        GenerateSessionTitle = "generate_session_title",
        /// Not declared, and yet known to the CLI.
        UltrareviewLaunch = "ultrareview_launch",
        /// Not declared, and yet known to the CLI.
        ClaudeAuthenticate = "claude_authenticate",
        /// Not declared, and yet known to the CLI.
        ClaudeOauthCallback = "claude_oauth_callback",
        /// Not declared, and yet known to the CLI.
        ClaudeOauthWaitForCompletion = "claude_oauth_wait_for_completion",
        /// Not declared, and yet known to the CLI.
        RemoteControl = "remote_control",
    }
}
