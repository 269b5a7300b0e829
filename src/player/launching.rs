//! The launch in a run: where it is compared, and what of the script depends on it.
#![expect(clippy::result_large_err, reason = "a divergence is made once: it ends its run")]

use serde_json::Value;

use super::difference::Difference;
use super::machine::{Machine, Met};
use super::report::Divergence;
use super::script::Expected;
use super::tools;

/// The hint for a host that does not begin as the SDKs do.
pub(super) const NO_INITIALIZE: &str = "your program wrote a prompt without `initialize`, which the recorded one sent first, as \
     the SDKs do; send it, or record this program";

impl Machine {
    /// Compares what the command line settles by itself.
    pub(super) fn begin_launch(&mut self) -> Result<(), Divergence> {
        let script = &self.script;
        let (Some(recorded), Some(live)) = (&script.launch, &self.live) else {
            return Ok(());
        };
        let mut differences = recorded.contradictions(live, &script.user_rules);
        let prompts = recorded.prompt_differences(live, &script.user_rules);
        let misplaced = misplaced_prompt(recorded.prompt(), live.prompt());
        let misplaced = misplaced.filter(|_| !prompts.is_empty());
        differences.extend(prompts);
        if live.prompt().is_some() {
            // A host that gives its prompt there sends no `initialize` before it.
            differences.extend(recorded.declared(live, None, &script.user_rules));
            self.is_settled = true;
        }
        differences.extend(recorded.session_differences(live, &script.user_rules));
        self.renumbered = recorded.ids(live, script.session.as_deref(), &script.user_rules);
        if differences.is_empty() {
            return Ok(());
        }
        let differs = Divergence::launch(None, differences).instead(script.launch_instead(None));
        Err(match misplaced {
            Some(hint) => differs.because(hint.to_owned()),
            None => differs,
        })
    }

    /// The session of this launch: the recorded id, and the live one.
    pub(super) fn session(&self) -> Option<(String, String)> {
        let launch = self.script.launch.as_ref();
        let recorded = launch.and_then(|launch| launch.session_id());
        let recorded = recorded.or(self.script.session.as_deref())?;
        let live = self.renumbered.live_of(recorded).unwrap_or(recorded);
        Some((recorded.to_owned(), live.to_owned()))
    }

    /// Compares what may be declared in `initialize`, when that is there, or at the first prompt.
    pub(super) fn settle(
        &mut self,
        initialize: Option<&Value>,
        arrived: impl FnOnce() -> String,
    ) -> Result<(), Divergence> {
        if std::mem::replace(&mut self.is_settled, true) {
            return Ok(());
        }
        let (Some(recorded), Some(live)) = (&self.script.launch, &self.live) else {
            return Ok(());
        };
        let differences = recorded.declared(live, initialize, &self.script.user_rules);
        if differences.is_empty() {
            return Ok(());
        }
        let instead = self.script.launch_instead(initialize);
        let differs = Divergence::launch(Some(arrived()), differences).instead(instead);
        let is_never_sent = initialize.is_none()
            && self.unmet(|_, what| matches!(what, Expected::Request { subtype, .. } if subtype == "initialize")).is_some();
        Err(if is_never_sent { differs.because(NO_INITIALIZE.to_owned()) } else { differs })
    }

    /// The differences between the tools that an `initialize` shows, and the recorded ones.
    pub(super) fn manifest_differences(&self, initialize: &Value) -> Vec<Difference> {
        let live = tools::of_manifests(initialize);
        live.iter().flat_map(|(server, live)| self.tool_differences(server, live)).collect()
    }

    /// The differences between the tools of a server and the recorded ones.
    pub(super) fn tool_differences(&self, server: &str, live: &Value) -> Vec<Difference> {
        let (rules, ids) = (&self.script.user_rules, &self.renumbered);
        tools::differences(&self.script.tools, server, live, rules, ids)
    }

    /// Whether the live host has an in-process server, as far as is known. One may be missing if a
    /// rule leaves `--mcp-config` out.
    pub(super) fn has_server(&self, server: &str, initialize: &Value) -> bool {
        match &self.live {
            Some(live) => live.has_server(server, initialize),
            None => {
                let servers = initialize.get("sdkMcpServers").and_then(Value::as_array);
                servers.is_none_or(|servers| servers.iter().any(|name| name == server))
            }
        }
    }

    /// Leaves out the handshakes with the servers whose manifests this host sends: the CLI asks for
    /// them only if there is none.
    pub(super) fn leave_out_handshakes(&mut self, now: u64, initialize: &Value) {
        let manifests = initialize.get("sdkMcpServerManifests").and_then(Value::as_object);
        let Some(manifests) = manifests else { return };
        let script = self.script.clone();
        let mut left_out: Vec<_> = script
            .cli_requests
            .values()
            .filter(|request| {
                tools::handshake_of(&request.request)
                    .is_some_and(|server| manifests.contains_key(server))
            })
            .collect();
        left_out.sort_by_key(|request| request.output);
        for request in left_out {
            if self.is_played(request.output) {
                continue;
            }
            self.pass_over(now, request.output);
            if let Some(answer) = request.answer.filter(|answer| self.met[*answer].is_none()) {
                self.meet(now, answer, Met::default());
            }
        }
    }
}

/// The hint for a prompt that is an argument on one side only: then the rest cannot be the same.
fn misplaced_prompt(recorded: Option<&str>, live: Option<&str>) -> Option<&'static str> {
    match (recorded, live) {
        (None, Some(_)) => Some(
            "your program gives its prompt as an argument (`claude -p PROMPT`), while the recorded one wrote its prompts to stdin; \
             write it there, or record this program",
        ),
        (Some(_), None) => Some(
            "the recorded program gave its prompt as an argument (`claude -p PROMPT`), and yours does not; give it there, or record \
             this program",
        ),
        _ => None,
    }
}
