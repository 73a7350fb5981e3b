//! The end of a run: its state in the log, and what happened.

/// The state of a run in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// The members are those of the desired set.
    Success,
    /// There was no desired set.
    Failed,
    /// Too many members would have left.
    Rejected,
    /// A source was stale.
    Skip,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The run.
    pub run_id: i64,
    /// Its state.
    pub state: State,
    /// What happened.
    pub message: String,
    /// The number of members afterwards.
    pub coverage: Option<i32>,
    /// Rows received.
    pub received: Option<i32>,
    /// Rows that name no user.
    pub invalid: Option<i32>,
}

impl State {
    /// Its name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Skip => "skip",
        }
    }
}

impl Outcome {
    pub(super) fn new(run_id: i64, state: State, message: impl Into<String>) -> Self {
        Self { run_id, state, message: message.into(), coverage: None, received: None, invalid: None }
    }
}
