//! Requests without a method. `Session::control` sends them.

macro_rules! unsent_requests { ($then:ident $($with:tt)*) => { $then! { $($with)*

unsent {
    request SetColor = "set_color" {
        published unknown "none: the CLI knows no such request, although it is declared";
        effect Effect::Acts;
        reply untyped ();
    }

    request ClaimSession = "claim_session" {
        internal refuses "none: `Spare::claim` sends it; any other process refuses it";
        effect Effect::Acts;
        reply body session::ClaimedSession;
    }

    request SetChromeBrowserHints = "set_chrome_browser_hints" {
        internal refuses "none: only for sessions that Anthropic hosts";
        effect Effect::Acts;
        reply untyped ();
    }

    request GetCloudSession = "get_cloud_session" {
        internal refuses "none: sessions in the cloud are left to Anthropic's own programs";
        effect Effect::Reads;
        reply untyped ();
    }

    request GetCloudSessionTranscript = "get_cloud_session_transcript" {
        internal refuses "none: sessions in the cloud are left to Anthropic's own programs";
        effect Effect::Reads;
        reply untyped ();
    }

    request UpdateCloudSession = "update_cloud_session" {
        internal refuses "none: sessions in the cloud are left to Anthropic's own programs";
        effect Effect::Acts;
        reply untyped ();
    }

    request LogHostEvents = "log_host_events" {
        internal answers "none: only for the telemetry of Anthropic's VS Code extension";
        effect Effect::Acts;
        reply body session::HostEventsReceipt;
    }

    request ListDirectory = "list_directory" {
        internal unknown "none: the CLI knows no such request, although its schema has it";
        effect Effect::Reads;
        reply untyped ();
    }

    request Dictate = "dictate" {
        internal unknown "none: the CLI knows no such request, although its schema has it";
        effect Effect::Acts;
        reply untyped ();
    }

    request RegisterDeviceHooks = "register_device_hooks" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UploadDeviceHookTemplate = "upload_device_hook_template" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request StartShellTask = "start_shell_task" {
        internal unknown "none: the CLI knows no such request, although its schema has it";
        effect Effect::Acts;
        reply untyped ();
    }

    request RemoteToolsAnnounce = "remote_tools_announce" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiAttach = "ui_attach" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiDetach = "ui_detach" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiRender = "ui_render" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiPress = "ui_press" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiClientModule = "ui_client_module" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiClientPress = "ui_client_press" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiMessage = "ui_message" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiClientFault = "ui_client_fault" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request TurnHandoff = "turn_handoff" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request ComparisonFork = "comparison_fork" {
        internal unknown "none: the CLI knows no such request, although its schema has it";
        effect Effect::Acts;
        reply untyped ();
    }

    request UiInput = "ui_input" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiSelect = "ui_select" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiPanes = "ui_panes" {
        internal answers "none: only for programs that draw the panes of plugins";
        effect Effect::Acts;
        reply body UiPanes;
    }

    request UiPaneShow = "ui_pane_show" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiPaneFocus = "ui_pane_focus" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiClose = "ui_close" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiScroll = "ui_scroll" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiFocus = "ui_focus" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiPromptEdit = "ui_prompt_edit" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }

    request UiPromptAutocomplete = "ui_prompt_autocomplete" {
        internal refuses;
        effect Effect::Acts;
        reply untyped ();
    }
}

}}}
