//! Sealed, truncated, edited: what the footer shows, and what a failed write leaves behind.

use std::io;

use claude_wire::recording::{
    Event, EventKind, Header, Integrity, Payload, RecordedExit, Recording, Writer,
};

fn two_events() -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.events.push(Event::new(1, EventKind::Out(Payload::from(r#"{"n":1}"#))));
    recording.events.push(Event::new(2, EventKind::Exit(RecordedExit::signal("SIGKILL"))));
    recording
}

#[test]
fn a_recording_in_memory_is_replayable() {
    let recording = two_events();
    assert_eq!(recording.integrity(), &Integrity::InMemory);
    recording.require_whole().unwrap();
}

#[test]
fn written_recordings_are_sealed() {
    let recording = Recording::from_bytes(&two_events().to_bytes()).unwrap();
    assert_eq!(recording.integrity(), &Integrity::Sealed);
    assert!(recording.warnings().is_empty());
    recording.require_whole().unwrap();
}

#[test]
fn a_cut_anywhere_is_detected() {
    let whole = two_events().to_bytes();
    let header = whole.iter().position(|byte| *byte == b'\n').unwrap();
    // The footer is complete without its last line break.
    for cut in header..whole.len() - 1 {
        let recording = Recording::from_bytes(&whole[..cut])
            .unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        let Integrity::Truncated { dropped } = recording.integrity() else {
            panic!("cut at {cut}: {recording:?}")
        };
        assert!(!recording.is_replayable());
        // Only the cut line is lost, and nothing is invented.
        let kept = two_events().events;
        assert_eq!(recording.events[..], kept[..recording.events.len()]);
        let text = String::from_utf8(whole[..cut - dropped].to_vec()).unwrap();
        assert_eq!(text.lines().count(), 1 + recording.events.len(), "cut at {cut}");
        assert_eq!(recording.warnings().len(), 1);
        assert!(
            recording.warnings()[0].contains(&format!("{dropped} bytes")),
            "{:?}",
            recording.warnings()
        );
    }
}

#[test]
fn a_truncated_recording_is_refused_for_replay_with_advice() {
    let whole = two_events().to_bytes();
    let recording = Recording::from_bytes(&whole[..whole.len() / 2]).unwrap();
    let error = recording.require_whole().unwrap_err();
    assert!(error.is_truncated());
    assert!(error.to_string().contains("claude-wire seal"), "{error}");
}

#[test]
fn an_edited_recording_warns_and_can_be_sealed_again() {
    let text = String::from_utf8(two_events().to_bytes()).unwrap();
    let changed = text.replace("\"n\":1", "\"n\":2");
    let line_gone = text.replace("{\"us\":1,\"out\":{\"n\":1}}\n", "");
    let miscounted = text.replace("\"events\":2", "\"events\":3");
    for (edited, events, found) in [(changed, 2, 2), (line_gone, 2, 1), (miscounted, 3, 2)] {
        let recording = Recording::from_bytes(edited.as_bytes()).unwrap();
        assert_eq!(recording.integrity(), &Integrity::Edited { events, found });
        assert!(recording.is_replayable());
        assert!(recording.warnings()[0].contains("claude-wire seal"), "{:?}", recording.warnings());
        let sealed = Recording::from_bytes(&recording.to_bytes()).unwrap();
        assert_eq!(sealed.integrity(), &Integrity::Sealed);
        assert_eq!(sealed.events, recording.events);
    }
}

#[test]
fn nothing_may_follow_the_footer() {
    let mut twice = two_events().to_bytes();
    twice.extend_from_slice(&two_events().to_bytes());
    let error = Recording::from_bytes(&twice).unwrap_err();
    assert_eq!(error.line(), Some(4));
    assert!(error.to_string().contains("must be the last line"), "{error}");
}

#[test]
fn an_empty_footer_is_rejected() {
    let text = String::from_utf8(two_events().to_bytes())
        .unwrap()
        .replace("\"events\":2", "\"events\":\"2\"");
    let error = Recording::from_bytes(text.as_bytes()).unwrap_err();
    assert_eq!(error.line(), Some(4));
    assert!(error.to_string().contains("\"end\" must be"), "{error}");
}

#[test]
fn a_writer_produces_the_same_file() {
    let recording = two_events();
    let mut writer = Writer::new(Vec::new(), &recording.header).unwrap();
    for event in &recording.events {
        writer.event(event).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), recording.to_bytes());
}

#[test]
fn a_writer_writes_each_line_at_once() {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, &Header::new()).unwrap();
    writer.event(&two_events().events[0]).unwrap();
    drop(writer);
    let recording = Recording::from_bytes(&file).unwrap();
    assert_eq!(recording.events, two_events().events[..1]);
    assert_eq!(recording.integrity(), &Integrity::Truncated { dropped: 0 });
}

/// Accepts this many bytes, then fails once, then would accept more.
#[derive(Debug)]
struct FullOnce {
    room: usize,
    written: Vec<u8>,
}

impl io::Write for FullOnce {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            self.room = usize::MAX;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let n = bytes.len().min(self.room);
        self.room -= n;
        self.written.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failed_writer_writes_no_more() {
    let mut full = FullOnce { room: 50, written: Vec::new() };
    let mut writer = Writer::new(&mut full, &Header::new()).unwrap();
    assert!(writer.event(&two_events().events[0]).unwrap_err().is_io());
    assert!(writer.event(&two_events().events[1]).unwrap_err().is_io());
    assert!(writer.finish().unwrap_err().is_io());
    let recording = Recording::from_bytes(&full.written).unwrap();
    assert!(!recording.is_replayable());
}

#[test]
fn saving_replaces_the_whole_file_and_leaves_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.jsonl");
    Recording::new(Header::new()).save(&path).unwrap();
    two_events().save(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), two_events().to_bytes());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    std::fs::create_dir(folder.path().join("taken")).unwrap();
    let error = two_events().save(folder.path().join("taken")).unwrap_err();
    assert!(error.is_io());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_private_file_stays_private_when_it_is_saved_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.jsonl");
    two_events().save(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    two_events().save(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_error_names_the_file_and_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.jsonl");
    std::fs::write(&path, "{\"claude-wire\":\"recording\",\"version\":1}\n{\"us\":1}\n{\"us\":\n")
        .unwrap();
    let error = Recording::open(&path).unwrap_err();
    assert_eq!((error.path(), error.line()), (Some(path.as_path()), Some(3)));
    assert!(error.to_string().starts_with(&format!("{}:3: ", path.display())), "{error}");

    let missing = Recording::open(folder.path().join("missing.jsonl")).unwrap_err();
    assert!(missing.is_io() && missing.to_string().contains("missing.jsonl"), "{missing}");
}
