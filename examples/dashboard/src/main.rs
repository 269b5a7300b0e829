//! Shows a supervisor in a terminal: the states of its sessions, their queues, costs and events.
//!
//! `cargo run --package dashboard` watches sessions with stand-ins: no network, no key, no `claude`.
//! Arrows choose a session, `r` restarts it, `q` quits. Without a terminal it prints one frame.
//!
//! To use it for your sessions, build your own [`Supervisor`] in `main`: the rest only reads it.

mod stage;
mod view;

use std::io::{self, IsTerminal};
use std::time::Duration;

use claude_wire::supervisor::{Supervisor, SupervisorEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use self::view::View;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let supervisor = stage::supervisor().start().await?;
    let events = supervisor.events();
    if io::stdout().is_terminal() && io::stdin().is_terminal() {
        let busy = tokio::spawn(stage::ask_forever(supervisor.clone()));
        watch(&supervisor, events).await?;
        busy.abort();
    } else {
        print_one_frame(&supervisor, events).await?;
    }
    supervisor.stop().await;
    Ok(())
}

/// Draws four times a second, until the user quits.
async fn watch(
    supervisor: &Supervisor,
    mut events: broadcast::Receiver<SupervisorEvent<String>>,
) -> Result {
    let mut terminal = ratatui::init();
    let mut view = View::default();
    let result = async {
        loop {
            note(&mut view, &mut events);
            view.look(supervisor);
            terminal.draw(|frame| view.draw(frame))?;
            // Waiting for a key blocks, so it has a thread.
            match tokio::task::spawn_blocking(key).await?? {
                Some(KeyCode::Char('q') | KeyCode::Esc) => return Ok(()),
                Some(KeyCode::Down) => view.choose(1),
                Some(KeyCode::Up) => view.choose(-1),
                Some(KeyCode::Char('r')) => {
                    if let Some(key) = view.chosen() {
                        let supervisor = supervisor.clone();
                        tokio::spawn(async move { supervisor.restart_session(&key).await });
                    }
                }
                _ => {}
            }
        }
    };
    let result: Result = result.await;
    ratatui::restore();
    result
}

fn key() -> io::Result<Option<KeyCode>> {
    if !event::poll(Duration::from_millis(250))? {
        return Ok(None);
    }
    Ok(match event::read()? {
        Event::Key(key) if key.is_press() => match key.code {
            // In the raw mode of the terminal Ctrl-C is a key, not a signal.
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                Some(KeyCode::Esc)
            }
            code => Some(code),
        },
        _ => None,
    })
}

/// What has happened since the last look.
fn note(view: &mut View, events: &mut broadcast::Receiver<SupervisorEvent<String>>) {
    loop {
        match events.try_recv() {
            Ok(event) => view.note(&event),
            Err(TryRecvError::Lagged(count)) => view.missed(count),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

/// Lets each session answer once, and prints what the dashboard shows then.
async fn print_one_frame(
    supervisor: &Supervisor,
    mut events: broadcast::Receiver<SupervisorEvent<String>>,
) -> Result {
    let mut view = View::default();
    stage::ask_each_once(supervisor).await;
    while !stage::is_settled(supervisor) {
        match events.recv().await {
            Ok(event) => view.note(&event),
            Err(RecvError::Lagged(count)) => view.missed(count),
            Err(RecvError::Closed) => break,
        }
    }
    note(&mut view, &mut events);
    view.look(supervisor);
    let mut terminal = Terminal::new(TestBackend::new(100, 24))?;
    terminal.draw(|frame| view.draw(frame))?;
    print!("{}", view::text(terminal.backend()));
    Ok(())
}
