//! The kinds of cases.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Section {
    Argv,
    Initialize,
    Callback,
    Mcp,
    HostFrame,
    Parser,
    Framing,
    Exit,
}

impl Section {
    pub(super) const ALL: [Self; 8] = [
        Self::Argv,
        Self::Initialize,
        Self::Callback,
        Self::Mcp,
        Self::HostFrame,
        Self::Parser,
        Self::Framing,
        Self::Exit,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Argv => "argv_cases",
            Self::Initialize => "initialize_cases",
            Self::Callback => "callback_cases",
            Self::Mcp => "mcp_cases",
            Self::HostFrame => "host_frame_cases",
            Self::Parser => "parser_cases",
            Self::Framing => "framing_cases",
            Self::Exit => "exit_cases",
        }
    }
}
