//! The session: the async driver and the public handle.
