//! Sessions in the cloud.

object! {
    /// The sessions in the cloud (reply to `list_cloud_sessions`, CLI 2.1.332).
    pub struct CloudSessions {
        /// `ok` or `unavailable`.
        pub status: String = "status" v2_1_332,
        /// The sessions.
        pub sessions: Vec<CloudSessionInfo> = "sessions" declared,
        /// True if there are more.
        pub truncated: Option<bool> = "truncated" declared,
        /// True if only runs of scheduled tasks are listed.
        pub only_runs: Option<bool> = "only_runs" declared,
        /// True if only archived ones are listed.
        pub only_archived: Option<bool> = "only_archived" declared,
        /// Where the list continues.
        pub next_cursor: Option<String> = "next_cursor" declared,
        /// Why there is no list.
        pub reason: Option<UnavailableReason> = "reason" v2_1_332,
        /// The same, in words.
        pub message: Option<String> = "message" v2_1_332,
    }
}

open_enum! {
    /// Why sessions in the cloud are not available (`reason`).
    pub enum UnavailableReason {
        StartedBySession = "started_by_session",
        Provider = "provider",
        EvaluationRun = "evaluation_run",
        NonessentialTraffic = "nonessential_traffic",
        Policy = "policy",
        PolicyUnverified = "policy_unverified",
        NotSignedIn = "not_signed_in",
        SignInExpired = "sign_in_expired",
        NotFound = "not_found",
        Forbidden = "forbidden",
        TemporarilyUnavailable = "temporarily_unavailable",
        Failed = "failed",
    }
}

object! {
    /// A session in the cloud (an item of `sessions`, CLI 2.1.329, declared, not seen).
    pub struct CloudSessionInfo {
        /// The session.
        pub id: String = "id" declared,
        /// Its title; may be empty.
        pub title: String = "title" declared,
        /// When it last changed, ISO 8601.
        pub updated_at: String = "updated_at" declared,
        /// What it does.
        pub status: Option<CloudSessionStatus> = "status" declared,
        /// Where it runs.
        pub environment_kind: Option<EnvironmentKind> = "environment_kind" declared,
        /// Its repository.
        pub repository: Option<GitRepository> = "repository" declared,
        /// Its other repositories.
        pub other_repositories: Vec<GitRepository> = "other_repositories" declared,
        /// The branch that it works on.
        pub branch: Option<String> = "branch" declared,
        /// The branch that is checked out.
        pub current_branch: Option<String> = "current_branch" declared,
        /// True if it is pinned.
        pub pinned: Option<bool> = "pinned" declared,
        /// Its tags.
        pub tags: Option<Vec<String>> = "tags" declared,
        /// The phase of its life; an open set.
        pub lifecycle_status: Option<String> = "lifecycle_status" declared,
        /// What its worker does; an open set.
        pub worker_status: Option<String> = "worker_status" declared,
        /// How it is connected; an open set.
        pub connection_status: Option<String> = "connection_status" declared,
        /// When it was made, ISO 8601.
        pub created_at: Option<String> = "created_at" declared,
        /// The environment that it runs in.
        pub environment_id: Option<String> = "environment_id" declared,
        /// The pool of runners that it runs in.
        pub self_hosted_runner_pool_id: Option<String> = "self_hosted_runner_pool_id" declared,
        /// The scheduled task that started it.
        pub trigger_id: Option<String> = "trigger_id" declared,
        /// The agent that it belongs to.
        pub agent_id: Option<String> = "agent_id" declared,
        /// The session that started it.
        pub parent_session_id: Option<String> = "parent_session_id" declared,
        /// The session that suggested it.
        pub suggested_from_session_id: Option<String> = "suggested_from_session_id" declared,
        /// When it was taken from that session, ISO 8601.
        pub detached_from_parent_at: Option<String> = "detached_from_parent_at" declared,
        /// When it was last active, ISO 8601.
        pub last_event_at: Option<String> = "last_event_at" declared,
        /// When it was marked as done, ISO 8601.
        pub completed_at: Option<String> = "completed_at" declared,
        /// When it was marked as opened, ISO 8601.
        pub opened_in_app_at: Option<String> = "opened_in_app_at" declared,
        /// True if there is something new.
        pub unread: Option<bool> = "unread" declared,
        /// Where it was started; an open set.
        pub origin: Option<String> = "origin" declared,
        /// The model.
        pub model: Option<String> = "model" declared,
        /// How hard the model works.
        pub effort_level: Option<String> = "effort_level" declared,
        /// The permission mode.
        pub permission_mode: Option<String> = "permission_mode" declared,
        /// Its state, in its own words.
        pub recap: Option<String> = "recap" declared,
        /// How its last turn ended.
        pub summary: Option<CloudSessionSummary> = "summary" declared,
    }
}

open_enum! {
    /// What a session in the cloud does (`status`).
    pub enum CloudSessionStatus {
        Running = "running",
        Idle = "idle",
        RequiresAction = "requires_action",
        Archived = "archived",
        Pending = "pending",
        Failed = "failed",
    }
}

open_enum! {
    /// Where a session in the cloud runs (`environment_kind`).
    pub enum EnvironmentKind {
        Bridge = "bridge",
        AnthropicCloud = "anthropic_cloud",
        Byoc = "byoc",
        Snap = "snap",
    }
}

object! {
    /// A repository (`repository`, CLI 2.1.329, declared, not seen).
    pub struct GitRepository {
        /// Its owner.
        pub owner: String = "owner" declared,
        /// Its name.
        pub name: String = "name" declared,
    }
}

object! {
    /// How the last turn of a session ended (`summary`, CLI 2.1.329, declared, not seen).
    pub struct CloudSessionSummary {
        /// The state of the work, as a category.
        pub status_category: Option<String> = "status_category" declared,
        /// The same, in words.
        pub status_detail: Option<String> = "status_detail" declared,
        /// What the user has to do.
        pub needs_action: Option<String> = "needs_action" declared,
    }
}
