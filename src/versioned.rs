//! The head of a JSON file of this project's own: `"claude-wire": KIND, "version": N`.

use serde::Deserialize;

/// Whether a text is such a file, and of the version that this build reads. Looked at before the rest: of a newer file that may mean anything.
pub(crate) fn check_head(json: &str, kind: &str, version: u64) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "claude-wire")]
        kind: Option<String>,
        version: Option<u64>,
    }
    let head: Head = serde_json::from_str(json).map_err(|error| error.to_string())?;
    if head.kind.as_deref() != Some(kind) {
        return Err(format!(
            "expected \"claude-wire\": \"{kind}\", got {:?}",
            head.kind.unwrap_or_default()
        ));
    }
    if head.version != Some(version) {
        let got = head.version.map_or("none".into(), |version| version.to_string());
        return Err(format!("version: this build reads {version}, the file has {got}"));
    }
    Ok(())
}
