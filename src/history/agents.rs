//! Sub-agents: their transcripts are in the folder of their session.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::error::{Error, Result};
use super::folders::History;
use super::message::SessionMessages;
use super::page::Page;
use super::transcript::Transcript;
use crate::wire::RawJson;

impl History {
    /// The ids of a session's sub-agents, also of those that sub-agents or workflows started. In
    /// the order of their files' names. Empty for a session without any.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or a folder cannot be read.
    pub fn list_subagents(&self, session_id: &str) -> Result<Vec<String>> {
        Ok(self.agents(session_id)?.into_iter().map(|(id, _)| id).collect())
    }

    /// The messages of a sub-agent, in the order of the conversation. Each names the call of the
    /// tool that started the sub-agent, if the CLI has written it down.
    ///
    /// # Errors
    /// If the session id is not a uuid, no such session or sub-agent exists, or a file cannot be
    /// read.
    pub fn get_subagent_messages(
        &self,
        session_id: &str,
        agent_id: &str,
        page: Page,
    ) -> Result<SessionMessages> {
        let agents = self.agents(session_id)?;
        let Some((_, path)) = agents.into_iter().find(|(id, _)| id == agent_id) else {
            return Err(Error::not_found(format!(
                "session {session_id} has no sub-agent {agent_id:?}: `list_subagents` has those \
                 that exist"
            )));
        };
        let mut transcript = Transcript::read(&path)?;
        let metadata = fs::read(path.with_extension("meta.json")).ok();
        if let Some(metadata) = metadata.and_then(|text| RawJson::parse(text).ok()) {
            transcript.agent = Some(metadata);
        }
        let messages = transcript.agent_messages(page);
        Ok(SessionMessages { messages, skipped: transcript.skipped().to_vec() })
    }

    fn agents(&self, session_id: &str) -> Result<Vec<(String, PathBuf)>> {
        let (_, transcripts) = self.with_agents(session_id)?;
        let id = |path: &PathBuf| {
            let name = path.file_stem()?.to_string_lossy();
            Some(name.strip_prefix("agent-")?.to_owned())
        };
        Ok(transcripts.into_iter().filter_map(|path| Some((id(&path)?, path))).collect())
    }

    /// The transcript of a session, and all those in its folder: of its sub-agents and workflows.
    pub(crate) fn with_agents(&self, session_id: &str) -> Result<(PathBuf, Vec<PathBuf>)> {
        let (transcript, _) = self.find(session_id)?;
        let mut found = Vec::new();
        collect(&transcript.with_extension("").join("subagents"), &mut found)?;
        Ok((transcript, found))
    }
}

/// The transcripts in a folder and those inside it. Links are not followed to other
/// folders, so that this ends.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error| Error::io(error, folder);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let (path, file) = (entry.path(), entry.file_type().map_err(failed)?);
        if file.is_dir() {
            collect(&path, found)?;
        } else if file.is_file() && path.extension() == Some("jsonl".as_ref()) {
            found.push(path);
        }
    }
    Ok(())
}
