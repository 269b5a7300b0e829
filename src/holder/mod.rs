//! Keeps CLIs alive while your program is replaced.
//!
//! A [`Holder`] is a process next to your program: `claude-wire hold`, or one of your own. It starts
//! the CLIs, and your program reaches them through a socket, with [`HeldTransport`]. If your program
//! exits or is killed, the CLIs go on. The next one that asks for the same key gets the same CLI:
//! the lines of its last turn from the prompt on, what no program has had, and the requests that wait
//! for an answer.
//! [`Session::held_turn`](crate::Session::held_turn) returns that turn.
//!
//! * **One owner.** While a program is connected for a key, another one is refused:
//!   [`Error::is_owned`](crate::transport::Error::is_owned).
//! * **Nothing is lost.** A CLI whose lines wait for an owner is stopped by a full pipe once
//!   [`buffer`](Holder::buffer) is reached, and goes on when they are read. Lines that an owner has
//!   had are dropped first; if some of the last turn were, the next owner gets a warning.
//! * **Nothing comes twice.** The next owner gets a line of the last turn once, also if the former
//!   one had it; neither requests that were answered, nor replies to requests of the former owner.
//!   A turn that had ended is returned as well, because the holder cannot know what your program has
//!   done with it: compare [`Turn::uuid`](crate::session::Turn::uuid).
//! * **Nothing stays for ever.** A CLI without an owner is ended after
//!   [`unclaimed`](Holder::unclaimed), as a session ends it.
//! * The socket is for one user: mode 0600, and a connection of another user is closed. A
//!   [`HeldTransport`] sends nothing to a holder of another user, but for one of root.
//! * If the holder ends, its CLIs end. A session then sees a crash, and resumes the conversation once
//!   there is a holder again.
//!
//! # The protocol of the socket
//!
//! Lines, ended by a newline. A connection is for one CLI. The program begins with a JSON object:
//!
//! | first line | answer |
//! |---|---|
//! | `{"type":"open","key":KEY,"args":[..],"env":{..},"cwd":PATH}` | `{"type":"opened","pid":N,"turn":{"uuid":U,"ended":B,"missing":N},"ran":B}`; `turn` is null if there is none; `ran`: the CLI had started before |
//! | | `{"type":"owned","pid":N}`: the process that has the key |
//! | | `{"type":"failed","error":TEXT}`: the CLI could not be started |
//! | `{"type":"list"}` | `{"type":"held","sessions":[{"key":K,"pid":N,"owner":N,"turn":..}]}` |
//!
//! `args`, `env` (the whole environment) and `cwd` count if a CLI is started. After `opened`, each
//! line has a letter, and then its content:
//!
//! | from the program | | from the holder | |
//! |---|---|---|---|
//! | `i` | a line for the CLI | `o` | a line of its output |
//! | `e` | the end of its input | `O` | the same, without a newline: the output ended there |
//! | `t` | SIGTERM | `r` | a line of standard error |
//! | `k` | SIGKILL | `b` | the CLI has closed its input |
//! | | | `c` | the CLI has closed its output |
//! | | | `x` | its exit: `{"code":N,"signal":N}`; the last line |
//!
//! The end of the connection, at any point, leaves the CLI running. A line without its newline is
//! ignored. One over 64 MiB does not reach the CLI, and an `r` says so; a [`HeldTransport`] does not
//! send it: the session sees a closed input, with the reason on standard error. So that replies
//! reach the owner that asked, the holder adds `/N` to the ids of the requests of the Nth owner,
//! from the second on, and removes it from the replies.

mod client;
mod hello;
mod kept;
mod lines;
mod server;
mod task;

pub use self::client::HeldTransport;
pub use self::hello::HeldSession;
pub use self::server::Holder;
