//! Recordings of sessions: read, write, seal, scrub, import.
