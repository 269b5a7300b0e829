//! The effects of the work outside the conversation: repositories, folders, published changes.

object! {
    /// A shell command changed a repository (`system` / `vcs_state_changed`, CLI 2.1.332). Says
    /// where to look, not what the new state is.
    pub struct VcsStateChanged {
        /// What happened.
        pub kind: VcsChange = "kind" v2_1_332,
        /// The shell's folder when the command finished.
        pub cwd: String = "cwd" v2_1_332,
        /// The branch that a commit landed on, or that a push updated.
        pub branch: Option<String> = "branch" v2_1_332,
    }
}

open_enum! {
    /// What a shell command did to a repository (`kind` of a `vcs_state_changed`).
    pub enum VcsChange {
        Commit = "commit",
        Push = "push",
        Merge = "merge",
        Rebase = "rebase",
    }
}

object! {
    /// A change was submitted for review, such as a pull request (`system` /
    /// `code_change_published`, CLI 2.1.332). Sent each time the session acts on it, not only the
    /// first time.
    pub struct CodeChangePublished {
        /// Its hosting service, such as `github` or `gitlab`; an open set.
        pub provider: String = "provider" v2_1_332,
        /// Its URL, as the command printed it; not verified.
        pub url: String = "url" v2_1_332,
        /// The repository's path, such as `owner/name`; not verified.
        pub repo: String = "repo" v2_1_332,
        /// The number of the pull request, or its equivalent.
        pub identifier: String = "identifier" v2_1_332,
        /// What the session did.
        pub action: Option<PublishedAction> = "action" v2_1_332,
        /// The branch that the session worked on.
        pub branch: Option<String> = "branch" v2_1_332,
    }
}

open_enum! {
    /// What a session did with a published change (`action`).
    pub enum PublishedAction {
        Created = "created",
        Edited = "edited",
        Merged = "merged",
        Commented = "commented",
        Closed = "closed",
        Reopened = "reopened",
        Ready = "ready",
        Draft = "draft",
        AutoMergeEnabled = "auto-merge-enabled",
        AutoMergeDisabled = "auto-merge-disabled",
        Pushed = "pushed",
        CheckedOut = "checked-out",
        Started = "started",
    }
}

object! {
    /// The folder that a shell call of the main thread ended in (`system` / `shell_cwd`, CLI
    /// 2.1.332). Only sent to a host that requests it instead of a hook.
    pub struct ShellCwd {
        /// The folder.
        pub cwd: String = "cwd" v2_1_332,
    }
}

object! {
    /// The work was recognised (`system` / `dev_intent`, CLI 2.1.329, declared, not seen).
    pub struct DevIntent {
        /// What kind of work.
        pub kind: DevKind = "kind" declared,
        /// The evidence.
        pub trigger: Option<DevTrigger> = "trigger" declared,
    }
}

open_enum! {
    /// A recognised kind of work (`kind` of a `dev_intent`).
    pub enum DevKind {
        IosApp = "ios_app",
        AndroidApp = "android_app",
    }
}

open_enum! {
    /// The evidence for a kind of work (`trigger` of a `dev_intent`).
    pub enum DevTrigger {
        SwiftEdit = "swift_edit",
        UikitImport = "uikit_import",
        XcodeProject = "xcode_project",
        IosCommand = "ios_command",
        KotlinEdit = "kotlin_edit",
        JavaEdit = "java_edit",
        AndroidImport = "android_import",
        AndroidManifest = "android_manifest",
        GradlePlugin = "gradle_plugin",
        AndroidCommand = "android_command",
        ProjectScan = "project_scan",
    }
}
