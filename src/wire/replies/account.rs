//! Signing in, feedback, remote control and the browser.

object! {
    /// Where a user signs in (reply to `claude_authenticate`, CLI 2.1.329).
    pub struct LoginUrls: raw {
        /// The page that ends with a code, which the host passes on.
        pub manual_url: String = "manualUrl" required,
        /// The page that ends at a port that the CLI listens on.
        pub automatic_url: String = "automaticUrl" required,
        /// True if the login is for the console.
        pub console_profile: Option<bool> = "consoleProfile" declared,
    }
}

object! {
    /// What happened to feedback (reply to `submit_feedback` and `submit_survey_feedback`, CLI
    /// 2.1.329).
    pub struct FeedbackReceipt: raw {
        /// Identifies the feedback; `None` if it was not sent.
        pub feedback_id: Option<String> = "feedback_id",
        /// Why it cannot be sent, in words.
        pub unavailable_reason: Option<String> = "unavailable_reason",
        /// Why sending failed, as a code.
        pub failure_reason: Option<String> = "failure_reason" declared,
        /// The HTTP status of the failure.
        pub status_code: Option<u16> = "status_code" declared,
        /// True if the organization has zero data retention.
        pub is_zdr_org: Option<bool> = "is_zdr_org" declared,
        /// Where the feedback was saved.
        pub bundle_path: Option<String> = "bundle_path" declared,
        /// Where the shared conversation is.
        pub ccshare_url: Option<String> = "ccshare_url" declared,
    }
}

object! {
    /// Where a session can be controlled from (reply to `remote_control`, CLI 2.1.329, declared,
    /// not seen).
    pub struct RemoteControl: raw {
        /// The session's page.
        pub session_url: Option<String> = "session_url" declared,
        /// The page to connect at.
        pub connect_url: Option<String> = "connect_url" declared,
        /// The environment.
        pub environment_id: Option<String> = "environment_id" declared,
        /// The session, to attach to again.
        pub bridge_session_id: Option<String> = "bridge_session_id" declared,
    }
}

object! {
    /// How Chrome is connected (reply to `get_chrome_dialog`, CLI 2.1.329).
    pub struct ChromeStatus {
        /// True if it may be used.
        pub allowed: bool = "allowed" required,
        /// True if the plan includes it.
        pub subscriber: bool = "subscriber" required,
        /// True inside the Windows subsystem for Linux.
        pub wsl: bool = "wsl" required,
        /// True if the extension is installed.
        pub installed: bool = "installed" required,
        /// True if the extension is connected.
        pub connected: bool = "connected" required,
        /// The browser that is paired.
        pub paired_browser: Option<String> = "paired_browser" declared,
        /// True if it is on by default.
        pub enabled_by_default: bool = "enabled_by_default" required,
        /// True if it was on at the start.
        pub at_startup: Option<bool> = "at_startup",
        /// Pages of the extension.
        pub urls: ChromeUrls = "urls" required,
    }
}

object! {
    /// Pages of the extension (`urls`, CLI 2.1.329).
    pub struct ChromeUrls {
        /// Where to get it.
        pub install: String = "install",
        /// Where to connect it again.
        pub reconnect: String = "reconnect",
        /// Where to set its permissions.
        pub permissions: String = "permissions",
    }
}

object! {
    /// The browsers (reply to `get_chrome_browsers`, CLI 2.1.329, declared, not seen).
    pub struct ChromeBrowsers {
        /// The browsers.
        pub browsers: Vec<ChromeBrowser> = "browsers" required declared,
    }
}

object! {
    /// A browser (an item of `browsers`, CLI 2.1.329, declared, not seen).
    pub struct ChromeBrowser {
        /// Identifies it.
        pub device_id: String = "device_id" declared,
        /// Its name for display.
        pub name: String = "name" declared,
        /// Its operating system.
        pub os_platform: Option<String> = "os_platform" declared,
        /// True for the one in use.
        pub current: bool = "current" declared,
    }
}

object! {
    /// The browser in use from now on (reply to `select_chrome_browser`, CLI 2.1.329, declared, not
    /// seen).
    pub struct ChromeChoice {
        /// Its name for display.
        pub name: Option<String> = "name" declared,
    }
}
