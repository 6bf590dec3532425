//! The only list of paths that generated code uses.

use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream};
use quote::{ToTokens, TokenStreamExt};

/// A path below the runtime crate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuntimePath(&'static [&'static str]);

macro_rules! paths {
    ($($NAME:ident = $($segment:ident)::+;)*) => {
        $( pub(crate) const $NAME: RuntimePath = RuntimePath(&[$(stringify!($segment)),+]); )*
    };
}

paths! {
    PRIVATE = __private;
    STAGE_2 = __private::authentication_stage2;
    API_KEY_RESOURCE = __api_key_resource;
    TOKEN_RESOURCE = __token_resource;
    AUDIT_LOG_RESOURCE = __audit_log_resource;
    OIDC_CONNECTION_RESOURCE = __oidc_connection_resource;
    USER_IDENTITY_RESOURCE = __user_identity_resource;
    USER_QUERIES = __user_queries;
    IDENTITY_QUERIES = __identity_queries;
    PASSWORD_QUERIES = __password_queries;
    MAGIC_LINK_QUERIES = __magic_link_queries;
    CONFIRMATION_QUERIES = __confirmation_queries;
    OAUTH2_QUERIES = __oauth2_queries;

    API_KEY = strategies::api_key;
    API_KEY_SCOPES = api_key;
    AUDIT_LOG = add_ons::audit_log;
    AUTHENTICATION = authentication;
    CONFIRMATION = add_ons::confirmation;
    CONTEXT = context;
    CUSTOM = strategies::custom;
    DB = db;
    ERROR = error;
    HASHER = hasher;
    LOG_OUT_EVERYWHERE = add_ons::log_out_everywhere;
    IDENTITY = identity;
    LIMITS = limits;
    MAGIC_LINK = strategies::magic_link;
    OAUTH = oauth;
    DYNAMIC_OIDC = strategies::dynamic_oidc;
    OAUTH2 = strategies::oauth2;
    OAUTH_PRESETS = oauth::presets;
    PASSWORD = strategies::password;
    REMEMBER_ME = strategies::remember_me;
    SECRET = secret;
    SENDER = sender;
    SESSION = session;
    STRATEGY = strategy;
    TENANT = tenant;
    TOKEN = token;
    TOKEN_STORE = resources::token;
    USER = user;
}

impl RuntimePath {
    /// The path with the span of what a user wrote, for calls that may not fit it.
    pub(crate) fn at(self, span: Span) -> TokenStream {
        let mut tokens = TokenStream::new();
        for segment in ["auth_runtime"].iter().chain(self.0) {
            for spacing in [Spacing::Joint, Spacing::Alone] {
                let mut colon = Punct::new(':', spacing);
                colon.set_span(span);
                tokens.append(colon);
            }
            tokens.append(Ident::new(segment, span));
        }
        tokens
    }
}

impl ToTokens for RuntimePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.at(Span::call_site()));
    }
}
