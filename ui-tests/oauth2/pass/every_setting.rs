use auth_ui_tests::prelude::*;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

#[derive(TokenResource)]
pub struct Token;

#[derive(auth_runtime::UserIdentity)]
pub struct UserIdentity;

authentication! {
    repo: Sqlite,
    encryption_key: env("ENCRYPTION_KEY"),
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        remember_me {}
        oidc corporate {
            client_id: |_| Some("us".to_owned()),
            base_url: env("BASE_URL"),
            openid_configuration_uri: "/discovery",
            private_key: env("KEY"),
            private_key_id: "1",
            redirect_uri: env("PUBLIC_URL"),
            client_authentication_method: private_key_jwt,
            client_assertion_alg: EdDSA,
            scope: ["email", "profile"],
            code_verifier: false,
            allow(OA-01, reason = "its makers are asked for better"),
            nonce: false,
            id_token_signed_response_alg: PS256,
            id_token_ttl: 5 minutes,
            leeway: 30 seconds,
            trusted_audiences: ["another-client"],
            fetch_user_info: true,
            authorization_params { prompt: "login", access_type: "offline" }
            claims { email: "contact.mail", name: display }
            identity_resource: UserIdentity,
            optional: true,
            identity_field: email,
            identity_format: email,
            registration_enabled: true,
            user_info_to_attributes { display_name: self::name_of }
            update_on_sign_in: [display_name],
            store_tokens: true,
            trust_email_verified: true,
            on_untrusted_email_match: confirm,
            sender: Mailer,
            prevent_hijacking: true,
            remember_me: true,
            extra_claims: |user| auth_runtime::token::ExtraClaims::new([("name", user.email.clone().into())])
                .unwrap_or_default(),
            backchannel_logout: true,
            reauthentication_window: 1 hour,
            request_action_name: go,
            register_action_name: arrive,
            link_action_name: attach,
            unlink_action_name: detach,
            list_action_name: mine,
            confirm_action_name: it_is_me,
            sign_out_action_name: leave,
            access_token_action_name: token_there,
            limits { network_max_failures: 30, max_messages: 3 }
        }
        oauth2 plain {
            client_id: "us",
            client_secret: env("SECRET"),
            base_url: "https://idp.example.com",
            authorize_url: "/authorize",
            token_url: "https://login.example.com/token",
            user_url: "/user",
            auth_method: client_secret_basic,
            claims { sub: "data.id" }
            user_info_to_attributes { display_name: |info| info.name().map(str::to_uppercase) }
            registration_enabled: false,
            update_on_sign_in: [display_name],
            sign_in_action_name: enter,
        }
    }
    add_ons { confirmation { monitor_fields: [email], sender: Mailer } }
}

fn name_of(info: &auth_runtime::oauth::UserInfo) -> Option<String> {
    info.name().map(str::to_owned)
}

fn main() {}
