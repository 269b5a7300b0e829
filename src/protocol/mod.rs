//! Turns, requests and callbacks as a machine without I/O and without a clock.
