//! The options of one query: what they mean for a session whose process may already be running.

use super::error::Result;
use super::options::FileOrJson;
use super::options::Timeouts;
use super::setup::Setup;
use super::{Options, PermissionMode};
use crate::protocol::{Settled, Switch};
use crate::wire::control::{Request, RequestName};

/// How the options of a query are applied.
pub(super) struct Plan {
    pub(super) timeouts: Timeouts,
    /// Whether the prompt is verbatim.
    pub(super) verbatim: bool,
    /// The settings that a control request can switch.
    pub(super) switches: Vec<Switch>,
    /// What a launch has on top of the session's options, if one may be needed.
    pub(super) launch: Option<Box<Options>>,
    /// Settings changed by control requests that this launch overrides.
    pub(super) settled: Vec<Settled>,
}

impl Plan {
    /// Applies the options of a query on top of those of its session.
    ///
    /// # Errors
    /// If the combination is rejected, or an option is only valid for a session.
    pub(super) fn of(query: &Options, session: &Options, setup: &Setup) -> Result<Self> {
        if *query == Options::default() {
            let verbatim = session.verbatim_prompts == Some(true);
            return Ok(Self {
                timeouts: session.timeouts(),
                verbatim,
                switches: Vec::new(),
                launch: None,
                settled: Vec::new(),
            });
        }
        let resolved = query.over(session);
        resolved.validate()?;
        resolved.check_start(setup.transport.runs_here())?;
        query.refuse_session_only()?;
        let (timeouts, verbatim) = (resolved.timeouts(), resolved.verbatim_prompts == Some(true));
        let renews = setup.renew.is_some();
        let (switches, rest) = switches(query, session, renews);
        let launched = rest.over(session);
        setup.refuse_fields_set_twice(&launched)?;
        let differs = launched.launch()? != session.launch()?
            || launched.initialize() != session.initialize();
        Ok(Self {
            timeouts,
            verbatim,
            switches,
            // What is made at a launch may differ from what the session began with.
            launch: (differs || renews && has_launch_options(&rest)).then(|| Box::new(rest)),
            settled: settled(query),
        })
    }
}

/// The options of a command: a prompt that begins with a slash, even if prompts are verbatim.
pub(super) fn command() -> Options {
    Options::default().verbatim_prompts(false)
}

/// Returns what can be switched while the CLI runs, and the other options of the query. The machine
/// skips switches that are already in force, since it knows the current value, which may differ from
/// the session's option.
fn switches(query: &Options, session: &Options, renews: bool) -> (Vec<Switch>, Options) {
    let (mut switches, mut rest) = (Vec::new(), query.clone());
    if let Some(model) = rest.model.take() {
        switches.push(Switch { apply: set_model(Some(&model)), restore: usual_model(session) });
    }
    if let Some(mode) = &query.permission_mode {
        switches.push(Switch { apply: set_mode(mode), restore: usual_mode(session) });
        let may_bypass = || may_bypass(session) && !renews;
        if *mode != PermissionMode::BypassPermissions || may_bypass() {
            rest.permission_mode = None;
        }
    }
    (switches, rest)
}

/// Whether a launch is made with any of these options of a query.
fn has_launch_options(query: &Options) -> bool {
    let of_launch = Options {
        timeout: None,
        idle_timeout: None,
        control_timeout: None,
        initialize_timeout: None,
        drain_timeout: None,
        verbatim_prompts: None,
        ..query.clone()
    };
    of_launch != Options::default()
}

/// Whether a CLI is launched in the same way with both.
pub(super) fn launch_alike(one: &Options, other: &Options) -> bool {
    let args =
        |options: &Options| options.launch().ok().map(|launch| (launch, options.initialize()));
    args(one).is_some_and(|one| args(other) == Some(one))
}

/// Returns the requests that set what a CLI launched with these options has.
pub(super) fn as_launched(options: &Options) -> [Request; 2] {
    [usual_model(options), usual_mode(options)]
}

fn usual_model(options: &Options) -> Request {
    set_model(options.model.as_deref())
}

fn usual_mode(options: &Options) -> Request {
    set_mode(options.permission_mode.as_ref().unwrap_or(&PermissionMode::Default))
}

fn set_model(model: Option<&str>) -> Request {
    Request::new(RequestName::SetModel).with("model", model)
}

fn set_mode(mode: &PermissionMode) -> Request {
    Request::new(RequestName::SetPermissionMode).with("mode", mode.as_str())
}

/// Applies the options of a query on top of the session's current settings. Settings are merged key
/// by key, if the keys are known.
fn settled(query: &Options) -> Vec<Settled> {
    let all = |set: bool, request| set.then_some(Settled { request, key: None });
    let key =
        |key: &str| Settled { request: RequestName::ApplyFlagSettings, key: Some(key.into()) };
    let mut settled: Vec<_> = [
        all(
            query.thinking.is_some() || query.thinking_display.is_some(),
            RequestName::SetMaxThinkingTokens,
        ),
        all(matches!(query.settings, Some(FileOrJson::File(_))), RequestName::ApplyFlagSettings),
        all(query.cwd.is_some(), RequestName::SetCwd),
    ]
    .into_iter()
    .flatten()
    .collect();
    settled.extend(query.effort.iter().map(|_| key("effortLevel")));
    settled.extend(
        query.inline_settings().iter().flat_map(|settings| settings.keys()).map(|name| key(name)),
    );
    settled
}

/// A CLI can only be switched to skip all permissions if it was launched for that.
fn may_bypass(session: &Options) -> bool {
    session.allow_dangerously_skip_permissions == Some(true)
        || session.permission_mode == Some(PermissionMode::BypassPermissions)
}
