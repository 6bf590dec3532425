use crate::{
    strategy::{PhaseInfo, PhaseMethod},
    token::Purpose,
};

/// The settings of one log-out-everywhere. The macro writes it as a constant.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// The add-on's name.
    pub name: &'static str,
    /// The purposes whose tokens end; all of them without.
    pub include_purposes: Option<&'static [Purpose]>,
    /// Purposes whose tokens are spared.
    pub exclude_purposes: &'static [Purpose],
    /// Whether API keys end too.
    pub api_keys: bool,
}

/// `POST …`, for whoever is signed in.
pub const LOG_OUT: PhaseInfo = PhaseInfo {
    name: "log_out",
    path: "",
    method: PhaseMethod::Post,
};
