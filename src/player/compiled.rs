//! A recording, and its compiled scripts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::common::lock;
use crate::recording::{self, Error, Event, EventKind, Recording};
use crate::transport::Launch;

use super::candidate::{Candidate, FieldCheck};
use super::explain::{self, Wrote};
use super::host_line::one_line;
use super::kept::KeptFile;
use super::launch::{LiveLaunch, RecordedLaunch};
use super::machine::Input;
use super::opening::{FirstPrompt, likeness};
use super::put_back;
use super::renumber::Renumbered;
use super::rules::Rules;
use super::script::{Script, Unsent};

/// A recording that can be played for launches in any folder.
#[derive(Clone, Debug)]
pub(super) struct CompiledRecording {
    source: Source,
    pub(super) name: Option<String>,
    pub(super) settings: Settings,
    pub(super) rules: Arc<Rules>,
    /// The run folder of its launches.
    pub(super) run: Option<Arc<Path>>,
    /// The latest script and its folders: most launches have the same as the one before.
    latest: Arc<Mutex<Option<Compiled>>>,
    beginning: Arc<Mutex<Option<Arc<Beginning>>>>,
}

/// How a recording is played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) speed: Option<f64>,
    pub(super) pause: Duration,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) unsent: Unsent,
    pub(super) program: Option<&'static str>,
    pub(super) allow_truncated: bool,
}

/// Where the recording is. A file is read when it is needed.
#[derive(Clone, Debug)]
enum Source {
    Memory(Arc<Recording>),
    File(PathBuf),
}

/// What of a launch matters for a replay.
#[derive(Clone, Debug, Default)]
pub(super) struct Launched {
    pub(super) args: Vec<String>,
    /// The values of a recording's variables. A folder that is unknown or not UTF-8 is left out.
    pub(super) folders: BTreeMap<String, String>,
    /// The sessions of earlier launches.
    pub(super) sessions: Renumbered,
}

/// The header and the first prompt, with the folders of the latest launch.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    folders: Option<BTreeMap<String, String>>,
    /// `None`: it does not say.
    pub(super) launch: Option<RecordedLaunch>,
    pub(super) cli: Option<String>,
    pub(super) prompt: FirstPrompt,
    /// Whether it is truncated before its first prompt, which is not known then.
    pub(super) is_cut: bool,
}

/// A script, and the folders it was compiled for; `None` if the recording has no variables.
type Compiled = (Option<BTreeMap<String, String>>, Arc<Script>);

impl Default for Settings {
    fn default() -> Self {
        Self {
            speed: None,
            pause: Duration::ZERO,
            idle_timeout: None,
            unsent: Unsent::AtOnce,
            program: None,
            allow_truncated: false,
        }
    }
}

impl CompiledRecording {
    pub(super) fn new(recording: Recording) -> Self {
        Self::of(Source::Memory(Arc::new(recording)))
    }

    /// The recording in a file.
    pub(super) fn of_file(path: &Path, recording: Recording) -> Self {
        let source = Source::Memory(Arc::new(recording));
        Self { source, ..Self::file(path) }
    }

    /// A file, which is not read yet.
    pub(super) fn file(path: &Path) -> Self {
        Self { name: Some(path.display().to_string()), ..Self::of(Source::File(path.to_owned())) }
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            name: None,
            settings: Settings::default(),
            rules: Arc::default(),
            run: None,
            latest: Arc::default(),
            beginning: Arc::default(),
        }
    }

    /// The same with other settings.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.latest = Arc::default();
        self
    }

    /// How reports name it: the name of its file in a folder of recordings.
    pub(super) fn short_name(&self) -> String {
        let name = self.name.as_deref().map(Path::new).and_then(Path::file_name);
        name.map_or_else(|| "the recording".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        match &self.source {
            Source::Memory(recording) => recording.warnings().to_vec(),
            Source::File(_) => Vec::new(),
        }
    }

    /// What a report says about it if no launch used it.
    pub(super) fn unused(&self, launch: &Launched) -> String {
        let what = self.beginning(launch);
        let what = what.map_or_else(|why| why, |beginning| beginning.to_string());
        format!("{}: {what}", self.short_name())
    }

    /// What it begins with. Reads no more of a file than that.
    pub(super) fn beginning(&self, launch: &Launched) -> Result<Arc<Beginning>, String> {
        let mut known = lock(&self.beginning);
        if let Some(beginning) = &*known
            && beginning.folders.as_ref().is_none_or(|folders| *folders == launch.folders)
        {
            return Ok(Arc::clone(beginning));
        }
        let (first, is_known) = self.first()?;
        let folders = (!first.header.vars.is_empty()).then(|| launch.folders.clone());
        let recorded = RecordedLaunch::of_header(&first.header, &launch.folders);
        let first = first.expand(&launch.folders).map_err(|error| self.named(error))?;
        let prompt = FirstPrompt::of(&first);
        let (cli, is_cut) = (first.header.cli, !is_known);
        let beginning = Beginning { folders, launch: recorded, cli, prompt, is_cut };
        Ok(Arc::clone(known.insert(Arc::new(beginning))))
    }

    /// Its header, and what its host did up to the first prompt; whether that is known.
    fn first(&self) -> Result<(Recording, bool), String> {
        match &self.source {
            Source::Memory(recording) => {
                let is_last = |event: &Event| FirstPrompt::is_last(&recording.header, event);
                let end = recording.events.iter().position(is_last);
                let is_known = end.is_some() || recording.require_whole().is_ok();
                let end = end.map_or(recording.events.len(), |at| at + 1);
                let mut first = Recording::new(recording.header.clone());
                first.events = recording.events[..end].to_vec();
                Ok((first, is_known))
            }
            Source::File(path) => recording::open_beginning(path, FirstPrompt::is_last)
                .map_err(|error| error.to_string()),
        }
    }

    /// What a launch that wrote this was compared with, field by field.
    pub(super) fn candidate(&self, launch: &Launched, wrote: &Wrote) -> Candidate {
        let name = self.short_name();
        let fields = match self.checks(launch, wrote) {
            Ok(fields) => fields,
            Err(why) => return Candidate::new(name, Vec::new()).out(why),
        };
        Candidate::new(name, fields)
    }

    fn checks(&self, launch: &Launched, wrote: &Wrote) -> Result<Vec<FieldCheck>, String> {
        let (first, _) = self.first()?;
        let recorded = RecordedLaunch::of_header(&first.header, &launch.folders);
        let first = first.expand(&launch.folders).map_err(|error| self.named(error))?;
        let recorded = recorded.map(|recorded| recorded.with_events(&first.events));
        let live = launch.read(first.header.cli.as_deref());
        let wrote = &wrote.recorded(&ids(recorded.as_ref(), &live, &self.rules));
        let mut fields = match &recorded {
            Some(recorded) => {
                let initialize = wrote.initialize.as_ref();
                recorded.checks(&live, wrote.is_settled(), initialize, &self.rules)
            }
            None => {
                let why = "the recording does not say how it was launched";
                vec![FieldCheck::ignored("launch", why)]
            }
        };
        let lines = first.events.iter().filter_map(|event| match &event.kind {
            EventKind::In(line) => Some(Input::Line(line.bytes().clone())),
            _ => None,
        });
        let is_text = FirstPrompt::is_text_of(&first.header);
        let expected = Wrote::of(&lines.collect::<Vec<_>>(), is_text);
        if let (Some(expected), Some(actual)) = (&expected.initialize, &wrote.initialize) {
            let settles = recorded.is_some();
            fields.extend(explain::requests("initialize", expected, actual, settles, &self.rules));
        }
        if wrote.has_prompt() {
            fields.extend(explain::first_prompts(&expected, wrote, &self.rules));
        }
        Ok(fields)
    }

    /// The script for a launch. Fails if the file cannot be read or is truncated, or the values of
    /// the variables would make it too long.
    pub(super) fn script(&self, launch: &Launched) -> Result<Arc<Script>, String> {
        let mut latest = lock(&self.latest);
        if let Some((folders, script)) = &*latest
            && folders.as_ref().is_none_or(|folders| *folders == launch.folders)
        {
            return Ok(Arc::clone(script));
        }
        let recording = self.recording()?;
        if !self.settings.allow_truncated {
            recording.require_whole().map_err(|error| {
                format!("{}; Replay::allow_truncated plays it all the same", self.named(error))
            })?;
        }
        let mut script = self.compile(&recording, launch).map_err(|error| self.named(error))?;
        script.kept = self.kept(&recording, launch, &script)?;
        let script = Arc::new(script);
        let is_anywhere = recording.header.vars.is_empty() && script.kept.is_empty();
        let folders = (!is_anywhere).then(|| launch.folders.clone());
        *latest = Some((folders, Arc::clone(&script)));
        Ok(script)
    }

    /// All of it, with its variables.
    pub(super) fn recording(&self) -> Result<Arc<Recording>, String> {
        Ok(match &self.source {
            Source::Memory(recording) => Arc::clone(recording),
            Source::File(path) => {
                Arc::new(Recording::open(path).map_err(|error| error.to_string())?)
            }
        })
    }

    /// The files that are kept next to it, and the outputs that they come before.
    fn kept(
        &self,
        recording: &Recording,
        launch: &Launched,
        script: &Script,
    ) -> Result<Vec<(usize, Arc<KeptFile>)>, String> {
        let Some(name) = &self.name else { return Ok(Vec::new()) };
        let files = KeptFile::of(Path::new(name), &recording.header, &launch.folders)
            .map_err(|error| format!("{name}: its kept files cannot be read: {error}"))?;
        Ok(put_back::placed(files, &script.outputs))
    }

    fn named(&self, error: Error) -> String {
        match &self.name {
            Some(name) => format!("{name}: {error}"),
            None => format!("the recording: {error}"),
        }
    }

    fn compile(&self, recording: &Recording, launch: &Launched) -> Result<Script, Error> {
        let mut script = Script::for_launches(recording, &launch.folders)?;
        script.run = self.run.clone();
        script.folders.clone_from(&launch.folders);
        script.user_rules = Arc::clone(&self.rules);
        script = script.pause(self.settings.pause);
        script.unsent = self.settings.unsent;
        script.program = self.settings.program.map(str::to_owned);
        if let Some(name) = &self.name {
            script = script.named(name);
        }
        if let Some(speed) = self.settings.speed {
            script = script.speed(speed);
        }
        if let Some(limit) = self.settings.idle_timeout {
            script = script.idle_timeout(limit);
        }
        Ok(script)
    }
}

impl Beginning {
    /// Whether a launch with these arguments may be this recording.
    pub(super) fn is_possible(&self, launch: &Launched, rules: &Rules) -> bool {
        self.contradicts(launch, rules) == 0
    }

    /// In how many places a launch with these arguments contradicts this recording.
    pub(super) fn contradicts(&self, launch: &Launched, rules: &Rules) -> usize {
        self.launch.as_ref().map_or(0, |recorded| {
            let live = launch.read(self.cli.as_deref());
            recorded.contradictions(&live, rules).len()
        })
    }

    /// Whether its prompt among the arguments, or that it has none, is that of a launch.
    pub(super) fn has_argument_of(&self, launch: &Launched, rules: &Rules) -> bool {
        self.launch.as_ref().is_none_or(|recorded| {
            recorded.prompt_differences(&launch.read(self.cli.as_deref()), rules).is_empty()
        })
    }

    /// How much of what it asks is what a launch asks that has this prompt on stdin, from 0 to 1.
    pub(super) fn likeness(&self, launch: &Launched, prompt: &FirstPrompt, rules: &Rules) -> f64 {
        let live = launch.read(self.cli.as_deref());
        let prompt = prompt.recorded(&ids(self.launch.as_ref(), &live, rules)).into_owned();
        likeness(&self.prompt.asked(self.argument()), &prompt.asked(live.prompt()))
    }

    /// The prompt among its arguments.
    fn argument(&self) -> Option<&str> {
        self.launch.as_ref()?.prompt()
    }

    /// The ids that are known when this launch starts.
    pub(super) fn ids(&self, launch: &Launched, rules: &Rules) -> Renumbered {
        ids(self.launch.as_ref(), &launch.read(self.cli.as_deref()), rules)
    }
}

/// Its prompts, for a report.
impl fmt::Display for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(argument) = self.argument() else { return write!(f, "{}", self.prompt) };
        write!(f, "prompt {}", one_line(&Value::from(argument).to_string(), 120))?;
        match self.prompt {
            FirstPrompt::None => Ok(()),
            _ => write!(f, ", {}", self.prompt),
        }
    }
}

fn ids(recorded: Option<&RecordedLaunch>, live: &LiveLaunch, rules: &Rules) -> Renumbered {
    let of = |recorded: &RecordedLaunch| recorded.ids(live, None, rules);
    recorded.map_or_else(|| live.sessions().clone(), of)
}

impl Launched {
    /// The command line, read as the CLI of a version does.
    pub(super) fn read(&self, version: Option<&str>) -> LiveLaunch {
        LiveLaunch::new(&self.args, version)
            .started_in(self.folders.get("cwd"))
            .after(self.sessions.clone())
    }

    pub(super) fn new(launch: &Launch) -> Self {
        let folders = [("cwd", launch.working_dir()), ("home", launch.home())];
        let folders = folders.into_iter().filter_map(|(name, path)| Some((name.to_owned(), path?)));
        let args = launch.args.iter().map(|arg| arg.to_string_lossy().into_owned());
        Self { args: args.collect(), folders: folders.collect(), ..Self::default() }
    }

    /// After these sessions.
    pub(super) fn after(self, sessions: Renumbered) -> Self {
        Self { sessions, ..self }
    }
}
