//! What the machine is told once.

use std::time::Duration;

use crate::wire::control::{Request, RequestName};

/// The default of [`Config::drain_timeout`], and of sessions.
pub(crate) const DEFAULT_DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What the machine is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// The `initialize` request, with whatever the host registers.
    pub initialize: Request,
    /// The longest wait for the reply to `initialize`.
    pub initialize_timeout: Duration,
    /// The longest wait for the reply to any other request, unless the request says otherwise.
    pub control_timeout: Duration,
    /// The longest wait for the result of a turn that was interrupted. Default: 10 s.
    pub drain_timeout: Duration,
    /// Does a launch that is to resume nothing go on with a conversation all the same, which its
    /// options name?
    pub resumes: bool,
    /// How many prompts may wait behind the one that runs, or that will run once the CLI is ready.
    pub max_queue: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            initialize: Request::new(RequestName::Initialize),
            initialize_timeout: Duration::from_secs(60),
            control_timeout: Duration::from_secs(60),
            drain_timeout: DEFAULT_DRAIN_TIMEOUT,
            resumes: false,
            max_queue: 1024,
        }
    }
}
