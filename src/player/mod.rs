//! Plays the CLI's part from a recording or a scenario.
