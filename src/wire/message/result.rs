//! `result`: the end of a turn.

object! {
    /// The end of a turn (`result`, CLI 2.1.329).
    pub struct ResultMessage {
        /// `subtype`.
        pub subtype: ResultSubtype = "subtype" required,
        /// `is_error`; true also for an API error that ended the turn with the subtype `success`.
        pub is_error: bool = "is_error" required,
        /// `duration_ms`: wall time of the turn, in milliseconds.
        pub duration_ms: f64 = "duration_ms" required,
        /// `result`: the final text, or the text of an API error.
        pub result: Option<String> = "result",
        /// `terminal_reason`: why the loop ended.
        pub terminal_reason: Option<TerminalReason> = "terminal_reason",
    }
}

open_enum! {
    /// `subtype` of a result.
    pub enum ResultSubtype {
        Success = "success",
        ErrorDuringExecution = "error_during_execution",
    }
}

open_enum! {
    /// `terminal_reason` of a result: why the loop ended.
    pub enum TerminalReason {
        Completed = "completed",
    }
}
