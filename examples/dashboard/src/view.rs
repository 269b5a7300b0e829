//! What the dashboard shows, and how.

use std::collections::VecDeque;

use claude_wire::session::{Phase, TurnEnding, TurnReport};
use claude_wire::supervisor::{
    ChildInfo, ChildState, Supervisor, SupervisorEvent, SupervisorHealth,
};
use ratatui::Frame;
use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Cell, Paragraph, Row, Table};

/// How many events are kept.
const EVENTS: usize = 100;

#[derive(Default)]
pub(crate) struct View {
    name: String,
    health: SupervisorHealth,
    children: Vec<ChildInfo<String>>,
    events: VecDeque<String>,
    chosen: usize,
}

impl View {
    /// Reads the supervisor, which waits for nothing.
    pub(crate) fn look(&mut self, supervisor: &Supervisor) {
        self.name = supervisor.name().to_owned();
        self.health = supervisor.health();
        self.children = supervisor.list();
        self.chosen = self.chosen.min(self.children.len().saturating_sub(1));
    }

    pub(crate) fn note(&mut self, event: &SupervisorEvent<String>) {
        self.push(match event {
            SupervisorEvent::Up(key) => format!("{key} is up"),
            SupervisorEvent::Degraded(key, why) => format!("{key} is degraded: {why:?}"),
            SupervisorEvent::Down(key, why) => format!("{key} is down: {why}"),
            SupervisorEvent::Restarting(key, delay) => format!("{key} is restarted in {delay:.1?}"),
            SupervisorEvent::Resting(key) => format!("{key} rests"),
            // The table shows who answers.
            SupervisorEvent::TurnStarted(..) => return,
            SupervisorEvent::TurnEnded(key, report) => turn(key, report),
            other => format!("{other:?}"),
        });
    }

    pub(crate) fn missed(&mut self, count: u64) {
        self.push(format!("{count} events were missed"));
    }

    fn push(&mut self, text: String) {
        self.events.push_front(text);
        self.events.truncate(EVENTS);
    }

    /// Moves the choice down or up.
    pub(crate) fn choose(&mut self, by: isize) {
        let last = self.children.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
    }

    pub(crate) fn chosen(&self) -> Option<String> {
        self.children.get(self.chosen).map(|child| child.key.clone())
    }

    pub(crate) fn draw(&self, frame: &mut Frame) {
        let rows = u16::try_from(self.children.len()).unwrap_or(u16::MAX).saturating_add(3);
        let layout =
            Layout::vertical([Constraint::Length(1), Constraint::Max(rows), Constraint::Min(3)]);
        let [head, table, events] = layout.areas(frame.area());
        frame.render_widget(self.head(), head);
        frame.render_widget(self.table(), table);
        let lines: Vec<_> = self.events.iter().map(|event| Line::raw(event.as_str())).collect();
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().title("events")), events);
    }

    fn head(&self) -> Line<'_> {
        let SupervisorHealth { total, active, restarting, degraded, failed, .. } = self.health;
        let usd: f64 = self.children.iter().map(|child| child.spending.cost_usd).sum();
        Line::raw(format!(
            "{}: {total} sessions, {active} active, {restarting} restarting, {degraded} degraded, {failed} failed; {usd:.4} USD",
            self.name
        ))
        .style(Style::new().add_modifier(Modifier::BOLD))
    }

    fn table(&self) -> Table<'_> {
        let rows = self.children.iter().enumerate().map(|(index, child)| {
            let style = match index == self.chosen {
                true => Style::new().add_modifier(Modifier::REVERSED),
                false => Style::new(),
            };
            row(child).style(style)
        });
        let head = ["key", "state", "does", "queue", "restarts", "turns", "USD", "tokens"];
        let widths = [16, 12, 10, 6, 9, 6, 9, 10].map(Constraint::Length);
        Table::new(rows, widths)
            .header(Row::new(head).style(Style::new().add_modifier(Modifier::UNDERLINED)))
            .block(Block::bordered().title("sessions"))
    }
}

fn turn(key: &str, report: &TurnReport) -> String {
    let end = match &report.end {
        TurnEnding::Result(outcome) => outcome.to_string(),
        TurnEnding::Failed(error) => error.to_string(),
        TurnEnding::Dropped => "dropped".to_owned(),
        other => format!("{other:?}"),
    };
    let usd = report.spending.as_ref().map_or(0.0, |spent| spent.cost_usd);
    format!("{key} had a turn of {:.1?} for {usd:.4} USD: {end}", report.duration)
}

fn row(child: &ChildInfo<String>) -> Row<'static> {
    let tokens = child.spending.all_models().tokens;
    let does = match child.phase {
        Some(Phase::Busy | Phase::Draining) => "answers",
        Some(Phase::Ready) => "waits",
        Some(Phase::Starting) => "starts",
        _ => "-",
    };
    Row::new([
        Cell::from(child.key.clone()),
        Cell::from(child.state.as_str()).style(Style::new().fg(colour(child.state))),
        Cell::from(does),
        Cell::from(child.queued.to_string()),
        Cell::from(child.restarts.to_string()),
        Cell::from(child.spending.results.to_string()),
        Cell::from(format!("{:.4}", child.spending.cost_usd)),
        Cell::from((tokens.input + tokens.output).to_string()),
    ])
}

fn colour(state: ChildState) -> Color {
    match state {
        ChildState::Up => Color::Green,
        ChildState::Degraded | ChildState::Restarting | ChildState::Starting => Color::Yellow,
        ChildState::Quarantined | ChildState::Failed => Color::Red,
        _ => Color::DarkGray,
    }
}

/// A frame as text, without spaces at the ends of lines.
pub(crate) fn text(backend: &TestBackend) -> String {
    let buffer = backend.buffer();
    let width = usize::from(buffer.area.width).max(1);
    let lines = buffer.content.chunks(width).map(|cells| {
        let line: String = cells.iter().map(|cell| cell.symbol()).collect();
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage;
    use ratatui::Terminal;

    fn drawn(view: &View, (width, height): (u16, u16)) -> (String, TestBackend) {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        (text(terminal.backend()), terminal.backend().clone())
    }

    #[tokio::test]
    async fn a_frame_shows_states_costs_and_events() {
        let supervisor = stage::supervisor().start().await.unwrap();
        let mut events = supervisor.events();
        let mut view = View::default();
        stage::ask_each_once(&supervisor).await;
        while !stage::is_settled(&supervisor) {
            view.note(&events.recv().await.unwrap());
        }
        while let Ok(event) = events.try_recv() {
            view.note(&event);
        }
        view.look(&supervisor);
        let (shown, backend) = drawn(&view, (100, 24));
        let line =
            |start: &str| shown.lines().find(|line| line.contains(start)).unwrap_or_default();
        assert!(
            line("chat: ").contains("4 sessions, 3 active, 0 restarting, 1 degraded, 0 failed"),
            "{shown}"
        );
        assert!(line("│anna").contains("up") && line("│anna").contains("waits"), "{shown}");
        assert!(line("│dora").contains("degraded"), "{shown}");
        assert!(shown.contains("dora is degraded: Authentication"), "{shown}");
        let dora = shown.lines().position(|line| line.starts_with("│dora")).unwrap();
        let cell = &backend.buffer()[(18, u16::try_from(dora).unwrap())];
        assert_eq!((cell.symbol(), cell.fg), ("d", Color::Yellow), "{shown}");
        supervisor.stop().await;
    }

    #[tokio::test]
    async fn a_choice_stays_in_the_list_and_is_shown() {
        let supervisor = stage::supervisor().start().await.unwrap();
        let mut view = View::default();
        assert_eq!(view.chosen(), None);
        view.choose(1);
        view.look(&supervisor);
        assert_eq!(view.chosen().as_deref(), Some("anna"));
        view.choose(-1);
        view.choose(2);
        assert_eq!(view.chosen().as_deref(), Some("carol"));
        view.choose(9);
        assert_eq!(view.chosen().as_deref(), Some("dora"));
        let (shown, backend) = drawn(&view, (100, 24));
        let dora = shown.lines().position(|line| line.starts_with("│dora")).unwrap();
        let cell = &backend.buffer()[(1, u16::try_from(dora).unwrap())];
        assert!(cell.modifier.contains(Modifier::REVERSED));
        supervisor.stop().await;
    }

    #[test]
    fn no_size_of_a_terminal_is_too_small() {
        for size in [(1, 1), (3, 2), (20, 5), (300, 100)] {
            let (shown, _) = drawn(&View::default(), size);
            assert_eq!(shown.lines().count(), usize::from(size.1));
        }
    }
}
