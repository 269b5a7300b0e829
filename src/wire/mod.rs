//! The line codec and the vocabulary of the wire.
