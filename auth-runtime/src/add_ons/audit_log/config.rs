use super::{Batching, IpPrivacyMode};

/// The settings of one audit log. The macro writes it as a constant.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// The add-on's name.
    pub name: &'static str,
    /// Which actions are recorded.
    pub selection: Selection,
    /// Accepted columns that are not public and that `include_fields` does not name.
    pub hidden_fields: &'static [&'static str],
    /// What is stored in place of addresses.
    pub ip_privacy: IpPrivacyMode,
    /// When events are written.
    pub mode: Mode,
}

/// Which actions are recorded, as the build resolved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Whether an action is recorded that is not listed.
    pub others: bool,
    /// The strategy and the kind of each action that is treated the other way.
    pub except: &'static [(&'static str, &'static str)],
}

impl Selection {
    /// Whether this action is recorded.
    #[must_use]
    pub fn includes(&self, strategy: &str, action: &str) -> bool {
        self.others ^ self.except.contains(&(strategy, action))
    }
}

/// When events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With the action.
    Durable,
    /// Together with others, soon after.
    Batched(Batching),
}
