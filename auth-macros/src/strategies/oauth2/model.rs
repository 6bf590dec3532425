//! The block, complete and valid.

use super::{
    account::{Account, Place},
    ast, belonging,
    client::Client,
    flow::Flow,
    presets::Preset,
    rules,
};
use crate::{
    block::Allow,
    errors::Errors,
    limits::Found,
    model::Cx,
    part::{Written, check_name},
    warning::Warning,
};

/// The strategy.
#[derive(Debug)]
pub(crate) struct OAuth2 {
    pub(super) preset: &'static Preset,
    pub(super) client: Client,
    pub(super) flow: Flow,
    pub(super) account: Account,
    pub(super) allows: Vec<Allow>,
    pub(super) warnings: Vec<Warning>,
}

impl OAuth2 {
    pub(super) fn resolve(written: &ast::OAuth2, cx: &Cx<'_>, errors: &mut Errors) -> Option<Self> {
        let (preset, name) = (written.preset(), written.name());
        check_name(name, errors);
        belonging::check(preset, written.seen.words(), errors);
        let mut warnings = Vec::new();
        let client = Client::resolve(written, preset, &mut warnings, errors);
        let flow = Flow::resolve(&written.flow, preset, &mut warnings, errors);
        let mut allows = written.allows.clone();
        let place = Place {
            word: &written.word,
            name,
            preset,
            guarding: &written.guarding,
        };
        let found = Found {
            allows: &mut allows,
            warnings: &mut warnings,
            errors,
        };
        rules::check_claims(&written.flow, &written.account, found.errors);
        let account = Account::resolve(place, &written.account, cx, found)?;
        Some(Self {
            preset,
            client,
            flow,
            account,
            allows,
            warnings,
        })
    }
}
