//! A scenario, built turn by turn.

use super::{
    CommandOutput, ModelReply, Scenario, ScenarioError, ScriptedCommand, ScriptedServer,
    ScriptedSkill, ShellHook,
};
use crate::player::simulator::{PromptMatch, ScriptedTurn, Times};

impl Scenario {
    /// A scenario without prompts: it only answers control requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next prompt must have this text. `reply` is the turn that follows: a [`ModelReply`], or the
    /// text that the model says.
    ///
    /// ```
    /// use claude_wire::Scenario;
    ///
    /// let scenario = Scenario::new().on_prompt("Hello", "Hi!");
    /// # let _ = scenario.unverified();
    /// ```
    #[must_use]
    pub fn on_prompt(self, text: impl Into<String>, reply: impl Into<ModelReply>) -> Self {
        self.when(PromptMatch::Text(text.into()), reply)
    }

    /// The next prompt may be anything.
    #[must_use]
    pub fn on_any_prompt(self, reply: impl Into<ModelReply>) -> Self {
        self.when(PromptMatch::Any, reply)
    }

    /// The next prompt must be one that this accepts.
    ///
    /// ```
    /// use claude_wire::player::PromptMatch;
    /// use claude_wire::{Scenario, reply};
    ///
    /// let scenario = Scenario::new()
    ///     .when(PromptMatch::Contains("weather".into()), reply().text("Sunny."))
    ///     .times(2);
    /// # let _ = scenario.unverified();
    /// ```
    #[must_use]
    pub fn when(mut self, prompt: PromptMatch, reply: impl Into<ModelReply>) -> Self {
        let reply = reply.into();
        self.turns.push(ScriptedTurn { when: prompt, times: Times::Exactly(1), reply });
        self
    }

    /// The latest turn is played this often, each time with the same reply. Default: once.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        self.latest(Times::Exactly(times))
    }

    /// The latest turn is played as often as a prompt asks for it, or never.
    #[must_use]
    pub fn always(self) -> Self {
        self.latest(Times::Any)
    }

    fn latest(mut self, times: Times) -> Self {
        if let Some(turn) = self.turns.last_mut() {
            turn.times = times;
        }
        self
    }

    /// The prompts come in any order: each gets the first turn that accepts it and is not played
    /// yet.
    #[must_use]
    pub fn any_order(mut self) -> Self {
        self.any_order = true;
        self
    }

    /// The turns that follow are for the next launch, and those before it for the launches before.
    ///
    /// ```
    /// use claude_wire::{Scenario, reply};
    ///
    /// let scenario = Scenario::new()
    ///     .on_prompt("Hello", reply().text("Hi!"))
    ///     .next_launch()
    ///     .on_prompt("Hello", reply().text("Hi again!"));
    /// # let _ = scenario.unverified();
    /// ```
    #[must_use]
    pub fn next_launch(mut self) -> Self {
        self.launches.push(self.turns.len());
        self
    }

    /// Uses the dialect of early guides to the CLI, which no known version speaks: a bare `message`
    /// for the model's text, `tool_use` and `result` lines for tools, `done` at the end of a turn,
    /// no result, and an exit after the last turn. For testing that your program does not hang with
    /// such a CLI.
    #[must_use]
    pub fn legacy(mut self) -> Self {
        self.legacy = true;
        self
    }

    /// The project has this skill, in all launches.
    #[must_use]
    pub fn skill(mut self, name: impl Into<String>, skill: ScriptedSkill) -> Self {
        self.outside.skills.insert(name.into(), skill);
        self
    }

    /// The settings have this hook, in all launches.
    #[must_use]
    pub fn settings_hook(mut self, hook: ShellHook) -> Self {
        self.outside.settings_hooks.push(hook);
        self
    }

    /// There is this MCP server, for launches whose configuration names it.
    #[must_use]
    pub fn mcp_server(mut self, name: impl Into<String>, server: ScriptedServer) -> Self {
        self.outside.mcp_servers.insert(name.into(), server);
        self
    }

    /// The working folder has this file, at this path in it, in all launches: the host's request
    /// `read_file` reads it, and no other file. Tools do not: what they return is in the replies.
    ///
    /// ```
    /// # use claude_wire::{Scenario, Session};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scenario = Scenario::new().file("notes.txt", "one\n");
    /// let session = Session::builder().transport(scenario).start()?;
    /// let file = session.files().read("notes.txt").await?;
    /// assert_eq!(file.contents, "one\n");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, content: impl Into<String>) -> Self {
        self.outside.files.insert(path.into(), content.into());
        self
    }

    /// The CLI has no key: each turn ends by saying so, and the model is not asked. The prompts of
    /// such a scenario need no turns.
    ///
    /// ```
    /// # use claude_wire::{Scenario, Session};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scenario = Scenario::new().logged_out();
    /// let session = Session::builder().transport(scenario).start()?;
    /// let error = session.query("Hello").text().await.unwrap_err();
    /// assert!(error.is_result(), "{error}");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn logged_out(mut self) -> Self {
        self.outside.logged_out = true;
        self
    }

    /// What happens when the CLI of this launch has started, before it reads anything: a
    /// [raw](ModelReply::raw) line, a line on [stderr](ModelReply::stderr), a
    /// [delay](ModelReply::delay), an [exit](ModelReply::exit), a [crash](ModelReply::crash), or that it
    /// [hangs](ModelReply::hang). Other steps are reported as not simulated. Without
    /// [turns for launches](Self::next_launch) it happens in each launch.
    ///
    /// ```
    /// use claude_wire::{Scenario, reply};
    ///
    /// // The first launch crashes, the second one works.
    /// let scenario = Scenario::new()
    ///     .on_start(reply().stderr("out of memory").crash("SIGABRT"))
    ///     .next_launch()
    ///     .on_prompt("Hello", "Hi!");
    /// # let _ = scenario.unverified();
    /// ```
    #[must_use]
    pub fn on_start(mut self, steps: ModelReply) -> Self {
        let launch = self.launches.len();
        self.ends.entry(launch).or_default().0 = steps;
        self
    }

    /// The same for the end of this launch, when its input has ended and every turn is over: before
    /// the CLI exits with its own code, unless the steps say another one.
    ///
    /// ```
    /// use claude_wire::{Scenario, reply};
    ///
    /// let scenario = Scenario::new()
    ///     .on_prompt("Hello", "Hi!")
    ///     .on_end(reply().stderr("could not save the session").exit(3));
    /// # let _ = scenario.unverified();
    /// ```
    #[must_use]
    pub fn on_end(mut self, steps: ModelReply) -> Self {
        let launch = self.launches.len();
        self.ends.entry(launch).or_default().1 = steps;
        self
    }

    /// What the CLI prints for a command, in the place of what it prints without the scenario's say:
    /// `auth status`, `mcp get example`, `--version`.
    ///
    /// A launch asks for it if it has the same words, and all of its flags and arguments; of several,
    /// the first counts. Such a launch takes no turn, is not one of the [launches](Self::next_launch),
    /// and may come as often as your program likes.
    ///
    /// The CLI of a scenario is logged in with a key, and answers `auth status`, `agents`, `doctor`,
    /// `mcp list`, `mcp get`, `mcp remove`, `plugin list` and `plugin marketplace list` by itself. A
    /// launch for another command is a divergence, unless this says
    /// what it prints.
    ///
    /// ```
    /// use claude_wire::player::{CommandOutput, Scenario};
    ///
    /// let scenario = Scenario::new()
    ///     .on_command("mcp list", "example: https://example.com - ✔ Connected\n")?
    ///     .on_command("auth status", CommandOutput::new("{\"loggedIn\": false}\n").exit_code(1))?
    ///     .on_command("--version", "1.0.0 (Claude Code)\n")?;
    /// # Ok::<(), claude_wire::player::ScenarioError>(())
    /// ```
    ///
    /// # Errors
    /// If the CLI has no such command.
    pub fn on_command(
        mut self,
        command: &str,
        output: impl Into<CommandOutput>,
    ) -> Result<Self, ScenarioError> {
        let command = ScriptedCommand::new(command, output.into()).map_err(ScenarioError::new)?;
        self.commands.push(command);
        Ok(self)
    }

    /// The sessions that exist before the first launch, by their ids. A launch that resumes another
    /// one ends as the CLI ends for an id that it does not know: with an error on stderr, with an
    /// error as its result if its output is `stream-json`, and with exit code 1.
    ///
    /// Without this only the sessions of earlier launches exist, and those whose transcripts are in
    /// the CLI's folder.
    #[must_use]
    pub fn sessions<I: Into<String>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.sessions.get_or_insert_default().extend(ids.into_iter().map(Into::into));
        self
    }

    /// Every session exists that a launch resumes.
    ///
    /// ```
    /// use claude_wire::Scenario;
    ///
    /// let scenario = Scenario::new().on_any_prompt("Where were we?").any_session();
    /// # let _ = scenario.unverified();
    /// ```
    #[must_use]
    pub fn any_session(mut self) -> Self {
        self.any_session = true;
        self
    }
}
