//! A recording, and its compiled scripts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::lock;
use crate::recording::{Error, Recording};
use crate::transport::Launch;

use super::script::{Script, Unsent};

/// A recording that can be played for launches in any folder.
#[derive(Clone, Debug)]
pub(super) struct CompiledRecording {
    recording: Arc<Recording>,
    pub(super) name: Option<String>,
    pub(super) speed: Option<f64>,
    pub(super) idle_timeout: Option<Duration>,
    /// The latest script and its variables: most launches have the same as the one before.
    latest: Arc<Mutex<Option<Compiled>>>,
}

type Compiled = (BTreeMap<String, String>, Arc<Script>);

impl CompiledRecording {
    pub(super) fn new(recording: Recording) -> Self {
        Self {
            recording: Arc::new(recording),
            name: None,
            speed: None,
            idle_timeout: None,
            latest: Arc::default(),
        }
    }

    /// The same with other settings.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.latest = Arc::default();
        self
    }

    /// The script for a launch. Fails if the values of the variables would make it too long.
    pub(super) fn script(&self, launch: &Launch) -> Result<Arc<Script>, String> {
        let variables = if self.recording.header.vars.is_empty() {
            BTreeMap::new()
        } else {
            launch_folders(launch)
        };
        let mut latest = lock(&self.latest);
        if let Some((known, script)) = &*latest
            && *known == variables
        {
            return Ok(Arc::clone(script));
        }
        let named = |error| match &self.name {
            Some(name) => format!("{name}: {error}"),
            None => format!("the recording: {error}"),
        };
        let script = Arc::new(self.compile(&variables).map_err(named)?);
        *latest = Some((variables, Arc::clone(&script)));
        Ok(script)
    }

    fn compile(&self, variables: &BTreeMap<String, String>) -> Result<Script, Error> {
        let mut script = Script::new(&self.recording.expand(variables)?);
        script.unsent = Unsent::AtOnce;
        if let Some(name) = &self.name {
            script = script.named(name);
        }
        if let Some(speed) = self.speed {
            script = script.speed(speed);
        }
        if let Some(limit) = self.idle_timeout {
            script = script.idle_timeout(limit);
        }
        Ok(script)
    }
}

/// The values of a recording's variables for a launch. A folder that is unknown or not UTF-8 is
/// left out.
fn launch_folders(launch: &Launch) -> BTreeMap<String, String> {
    let folders = [("cwd", launch.working_dir()), ("home", launch.home())];
    folders.into_iter().filter_map(|(name, folder)| Some((name.to_owned(), folder?))).collect()
}
