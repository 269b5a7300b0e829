//! How bytes reach a CLI, and how its life is owned.
