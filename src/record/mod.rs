//! A recorder around any transport.
