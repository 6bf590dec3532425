use super::{PASSWORD, REST, first_lines, mistakes, mistakes_of, mistakes_of_password};

#[test]
fn a_right_block_has_no_mistakes() {
    let settings = r#"
        identity_format: email,
        pepper: env("PEPPER"), previous_pepper: |_| Some("old".to_owned()),
        sign_in_token_lifetime: 30 seconds,
        require_confirmed_with: confirmed_at,
        blocklist_words: ["acme"],
        argon2id { memory_kib: 65536, iterations: 3, parallelism: 2 }
        breached_passwords { checker: Checker::new(1, 2), when_unreachable: refuse }
        resettable { sender: Mailer, token_lifetime: 10 minutes }
    "#;
    assert_eq!(mistakes_of_password(settings), Vec::<String>::new());
}

#[test]
fn every_mistake_is_reported_once() {
    let block = r#"
        repoo: Repo,
        session_identifier: never,
        tokens { token_resource: Token, signing_secret: env("S"), token_lifetime: 10, leeway: 2 minutes }
        strategies {
            password { identity_field: emial, minimum_length: 4, resettable { senders: Mailer } }
            webauthn { anything: at all }
            pasword {}
        }
        add_ons { audit_log {} }
    "#;
    assert_eq!(
        first_lines(&mistakes(block)),
        [
            "unknown setting `repoo` for `authentication!`",
            "unknown session identifier `never`",
            "expected a duration such as `10 minutes`, found `10`",
            "unknown setting `senders` for `resettable`",
            "`webauthn` is not supported yet",
            "unknown strategy `pasword`",
            "`leeway` is longer than allowed",
            "no column `emial` on `User`",
            "passwords of 4 characters are too easy to guess",
            "`audit_log` needs an `audit_log_resource`",
        ]
    );
}

#[test]
fn near_names_are_told() {
    assert_eq!(
        mistakes_of_password("minimum_lenght: 15"),
        ["unknown setting `minimum_lenght` for `password`\n\
          = help: a setting with a similar name exists: `minimum_length`"]
    );
}

#[test]
fn a_missing_comma_costs_one_mistake() {
    assert_eq!(
        mistakes_of_password("minimum_length: 15 maximum_bytes: 512"),
        ["expected `,` before the next setting"]
    );
    assert_eq!(
        mistakes_of_password("sign_in_token_lifetime: 30 maximum_bytes: 512"),
        ["expected a duration such as `10 minutes`, found `30`"]
    );
}

#[test]
fn values_are_of_their_kind() {
    for (setting, text) in [
        (
            "sign_in_token_lifetime: \"1 minute\"",
            "expected a duration such as `10 minutes`, found `\"1 minute\"`",
        ),
        (
            "sign_in_token_lifetime: 1 minuet",
            "unknown unit of time `minuet`",
        ),
        (
            "sign_in_token_lifetime: 0 seconds",
            "`sign_in_token_lifetime` must be longer than nothing",
        ),
        (
            "sign_in_enabled: maybe",
            "expected `true` or `false`, found `maybe`",
        ),
        ("sign_in_enabled:", "`sign_in_enabled` has no value"),
        ("sign_in_enabled", "`sign_in_enabled` has no value"),
        (
            "sign_in_enabled { }",
            "`sign_in_enabled` is a setting, not a block",
        ),
        ("resettable: true", "`resettable` is a block"),
        (
            "resettable again { sender: Mailer }",
            "`resettable` takes no name",
        ),
        ("minimum_length: -1", "expected a whole number, found `- 1`"),
        ("minimum_length: 15u8", "expected a whole number, found `15u8`"),
        (
            "password_field: Password",
            "expected a name of lower case letters, digits and `_`, found `Password`",
        ),
        (
            "blocklist_words: [acme]",
            "expected a list of texts such as `[\"acme\", \"rocket\"]`, found `[acme]`",
        ),
        ("hash_provider: bcrypt", "`bcrypt` cannot make new hashes"),
        ("5: 6", "expected a setting of `password`, found `5 : 6`"),
        (
            "pepper: env(NAME)",
            "expected a secret such as `env(\"NAME\")`, a closure or a type that implements `Secret`, found `env (NAME)`",
        ),
    ] {
        assert_eq!(first_lines(&mistakes_of_password(setting)), [text], "{setting}");
    }
}

#[test]
fn c14_settings_stand_once() {
    assert_eq!(
        mistakes_of_password("identity_field: email"),
        ["`identity_field` is set twice"]
    );
    assert_eq!(
        mistakes_of_password("resettable { sender: A } resettable { sender: B }"),
        ["`resettable` is there twice"]
    );
}

#[test]
fn names_of_fixed_routes_are_taken() {
    for name in ["sign_out", "sessions", "refresh"] {
        let block = format!("{REST} strategies {{ password {name} {{ {PASSWORD} }} }}");
        assert_eq!(
            mistakes(&block),
            [format!(
                "`{name}` is a route of every resource\n\
                 = help: give it another name: `password {name}_2 {{ … }}`"
            )]
        );
    }
}

#[test]
fn the_name_of_the_librarys_own_actions_is_taken() {
    let strategy = format!("{REST} strategies {{ password session {{ {PASSWORD} }} }}");
    let add_on = format!("{REST} add_ons {{ log_out_everywhere session {{}} }}");
    for (block, kind) in [(strategy, "password"), (add_on, "log_out_everywhere")] {
        assert_eq!(
            mistakes(&block),
            [format!(
                "`session` is what the library's own actions go by, in audit events and limits\n\
                 = help: give it another name: `{kind} session_2 {{ … }}`"
            )]
        );
    }
}

#[test]
fn c7_c8_p14_what_needs_tokens() {
    let with = |settings: &str| {
        mistakes(&format!(
            "repo: Repo, strategies {{ password {{ identity_field: email, register_action_accept: [age], {settings} }} }}"
        ))
    };
    assert_eq!(
        with("resettable { sender: Mailer }"),
        ["`password` needs tokens, which are off\n\
          = help: add `tokens { … }`, or set `sign_in_tokens_enabled: false` and remove `resettable`"]
    );
    assert_eq!(with("sign_in_tokens_enabled: false"), Vec::<String>::new());
    assert_eq!(
        first_lines(&mistakes_of_password("sign_in_enabled: false")),
        ["sign-in tokens need `sign_in_enabled`"]
    );
}

#[test]
fn p1_p3_columns_are_what_they_are_used_as() {
    let of = |settings: &str| {
        mistakes(&format!(
            "{REST} strategies {{ password {{ register_action_accept: [age], {settings} }} }}"
        ))
    };
    assert_eq!(
        of(""),
        ["`password` needs `identity_field`\n\
          = note: `User` has no column `username`, which is the default\n\
          = help: add `identity_field: email`"]
    );
    assert_eq!(
        of("identity_field: age"),
        ["`age` cannot be an identity: its type is `i32`\n\
          = help: use a column of type `String` or `Option<String>`"]
    );
    assert_eq!(
        first_lines(&of("identity_field: hashed_password")),
        ["`hashed_password` cannot be an identity: it is sensitive"]
    );
    assert_eq!(
        first_lines(&of("identity_field: email, hashed_password_field: display_name")),
        ["`display_name` holds hashes and is not marked as sensitive"]
    );
    assert_eq!(
        first_lines(&of("identity_field: email, require_confirmed_with: confirmed")),
        ["`confirmed` cannot tell who is confirmed: its type is `bool`"]
    );
}

#[test]
fn in_04_the_register_action_takes_no_column_that_is_not_for_people() {
    let block = format!(
        "{REST} strategies {{ password {{ identity_field: email, require_confirmed_with: confirmed_at, \
         register_action_accept: [age, id, email, hashed_password, confirmed_at, age, nope] }} }}"
    );
    assert_eq!(
        first_lines(&mistakes(&block)),
        [
            "the register action cannot take `id`: it is the key",
            "the register action cannot take `email`: it is the identity, which is always taken",
            "the register action cannot take `hashed_password`: it holds the hash of the password",
            "the register action cannot take `confirmed_at`: it tells who is confirmed",
            "`age` is listed twice",
            "no column `nope` on `User`",
        ]
    );
}

#[test]
fn every_column_of_a_new_row_gets_a_value() {
    let text = "the register action has no value for `age`\n\
        = help: name it in `register_action_accept`, make it an `Option`, \
        give it a value with `#[auth(default = …)]`, or set `registration_enabled: false`";
    let block =
        |settings: &str| format!("{REST} strategies {{ password {{ identity_field: email, {settings} }} }}");
    assert_eq!(mistakes(&block("")), [text]);
    assert_eq!(mistakes(&block("register_action_accept: []")), [text]);
    assert_eq!(
        mistakes(&block("registration_enabled: false")),
        Vec::<String>::new()
    );
}

#[test]
fn i_3_every_action_has_a_name_of_its_own() {
    let two = |names: &str, settings: &str| {
        let accept = "identity_field: email, register_action_accept: [age]";
        mistakes(&format!(
            "{REST} strategies {{ password {{ {accept} }} password {names} {{ {accept}, {settings} }} }}"
        ))
    };
    assert_eq!(
        two("second", "change_password_enabled: false"),
        ["`sign_in_with_token` is an action of `password` already\n\
          = help: set `sign_in_with_token_action_name` in `second`"]
    );
    assert_eq!(first_lines(&two("", "")), ["two strategies are named `password`"]);
    assert_eq!(
        first_lines(&mistakes_of_password("sign_in_action_name: authentication")),
        ["`authentication` is a function of every resource"]
    );
    assert_eq!(
        first_lines(&mistakes_of_password("sign_in_action_name: change_password")),
        ["`change_password` is an action of `password` already"]
    );
}

#[test]
fn promises_are_given_up_where_a_setting_can() {
    assert_eq!(
        mistakes_of_password("allow(PW-04, reason = \"x\")"),
        [
            "`PW-04` cannot be given up in `password`\n= help: its settings can give up `PW-03`, `SU-04` or `RL-01`"
        ]
    );
    assert_eq!(
        first_lines(&mistakes_of_password("allow(PW-03)")),
        ["giving up `PW-03` needs a reason"]
    );
    assert_eq!(
        first_lines(&mistakes_of_password("allow(PW-03, reason = \" \")")),
        ["giving up `PW-03` needs a reason"]
    );
    assert_eq!(
        first_lines(&mistakes_of_password("allow(anything)")),
        ["expected a promise and the reason to give it up"]
    );
}

#[test]
fn tn_01_a_tenant_column_says_so_for_everybody() {
    let of = |field: &str, settings: &str| {
        mistakes(&format!(
            "{REST} tenant_field: {field}, strategies {{ password {{ {settings} registration_enabled: false }} }}"
        ))
    };
    assert!(of("age", "identity_field: email,").is_empty());
    assert_eq!(
        of("id", "identity_field: email,"),
        [
            "`id` cannot say which tenant a person belongs to: it is the key, which is another one for each person"
        ]
    );
    assert_eq!(
        of("display_name", "identity_field: email,"),
        [
            "`display_name` cannot say which tenant a person belongs to: it may be null\n\
          = note: a person without a tenant would be a stranger to everybody"
        ]
    );
    assert_eq!(
        of("email", "identity_field: email,"),
        ["`email` cannot be an identity: it says which tenant a person belongs to"]
    );
    assert_eq!(
        first_lines(&mistakes(&format!(
            "{REST} tenant_field: age, strategies {{ password {{ {PASSWORD} }} }}"
        ))),
        ["the register action cannot take `age`: it says which tenant a person belongs to"]
    );
}

#[test]
fn i_1_subject_names_keep_to_their_alphabet() {
    assert_eq!(
        first_lines(&mistakes(&format!("{REST} subject_name: \"The Person\""))),
        ["expected a subject name of lower case letters, digits and `_`, found `The Person`"]
    );
    let user = "#[diesel(table_name = users)] #[auth(subject_name = \"person\")] struct User { id: i64 }";
    assert_eq!(
        first_lines(&mistakes_of(user, &format!("{REST} subject_name: \"human\""))),
        ["the struct says that its subject name is `person`"]
    );
    assert_eq!(
        mistakes_of(user, &format!("{REST} subject_name: \"person\"")),
        Vec::<String>::new()
    );
}

#[test]
fn the_struct_is_judged_too() {
    for (user, text) in [
        ("struct User { id: i64 }", "`User` names no table"),
        (
            "#[diesel(table_name = users)] struct User { name: String }",
            "no column `id` on `User`",
        ),
        (
            "#[diesel(table_name = users, primary_key(a, b))] struct User { a: i64, b: i64 }",
            "composite keys are not supported yet",
        ),
        (
            "#[diesel(table_name = users)] struct User<T> { id: T }",
            "`User` has parameters",
        ),
        (
            "#[diesel(table_name = users)] struct User { id: i64, #[diesel(embed)] name: Name }",
            "embedded structs are not supported yet",
        ),
        (
            "#[diesel(table_name = users)] struct User { id: i64, #[auth(sensitiv)] name: String }",
            "Unknown field: `sensitiv`. Did you mean `sensitive`?",
        ),
    ] {
        assert_eq!(first_lines(&mistakes_of(user, REST)), [text], "{user}");
    }
}

#[test]
fn diesels_own_words_are_left_to_diesel() {
    let user = r#"
        #[diesel(table_name = crate::schema::users, check_for_backend(diesel::sqlite::Sqlite), primary_key(user_id))]
        struct User {
            #[diesel(column_name = user_id)]
            id: i64,
            #[diesel(deserialize_as = Vec<u8>, serialize_as = Option<Vec<u8>>, column_name = mail)]
            email: String,
        }
    "#;
    assert_eq!(mistakes_of(user, REST), Vec::<String>::new());
}

#[test]
fn senders_get_columns_that_are_there_and_not_sensitive() {
    assert_eq!(
        first_lines(&mistakes(&format!(
            "{REST} select_for_senders: [email, hashed_password, nick, email]"
        ))),
        [
            "`hashed_password` is sensitive",
            "no column `nick` on `User`",
            "`email` is listed twice"
        ]
    );
}

#[test]
fn proxies_are_counted() {
    for (value, right) in [
        ("peer", true),
        ("forwarded(16)", true),
        ("forwarded(0)", false),
        ("forwarded(17)", false),
    ] {
        let found = mistakes(&format!("{REST} client_ip: {value}"));
        assert_eq!(found.is_empty(), right, "{value}: {found:?}");
    }
}

#[test]
fn parameters_have_names_of_their_own() {
    assert_eq!(
        first_lines(&mistakes_of_password("password_field: email")),
        ["two parameters are named `email`: a column that the action takes and `password_field`"]
    );
    assert_eq!(
        first_lines(&mistakes_of_password(
            "password_field: same, password_confirmation_field: same"
        )),
        ["two parameters are named `same`: `password_field` and `password_confirmation_field`"]
    );
}

#[test]
fn what_stands_in_the_wrong_place_is_told_its_own() {
    let strategies = format!("strategies {{ password {{ {PASSWORD} }} audit_log {{}} }}");
    assert_eq!(
        mistakes(&format!("{REST} {strategies}")),
        ["`audit_log` is an add-on\n= help: move it to `add_ons { … }`"]
    );
    assert_eq!(
        mistakes(&format!("{REST} add_ons {{ password {{ {PASSWORD} }} }}")),
        ["`password` is a strategy\n= help: move it to `strategies { … }`"]
    );
    assert_eq!(
        mistakes(
            "repo: Repo, tokens {
                token_resource: Token, signing_secret: env(\"S\"),
                require_token_presence_for_authentication: false, session_identifier: jti
            }"
        ),
        ["`session_identifier` is no setting of `tokens`\n\
          = help: write it in `authentication!` itself, outside of the other blocks"]
    );
    assert_eq!(
        first_lines(&mistakes(
            "repo: Repo, tokens { resource: Token, signing_secret: env(\"S\") }"
        )),
        ["unknown setting `resource` for `tokens`"]
    );
}

#[test]
fn tokens_that_are_off_are_missed_once() {
    let block = format!(
        "repo: Repo,
        strategies {{
            password {{ {PASSWORD} remember_me: true }}
            magic_link {{ identity_field: email, sender: Mailer }}
            remember_me {{}}
            api_key {{ api_key_resource: Key, prefix: \"acme\" }}
        }}
        add_ons {{ confirmation {{ monitor_fields: [email], sender: Mailer }} log_out_everywhere {{}} }}"
    );
    assert_eq!(
        first_lines(&mistakes(&block)),
        ["`password` needs tokens, which are off"]
    );
}

#[test]
fn what_follows_from_a_mistake_is_none() {
    let block = |magic_link: &str, confirmation: &str| {
        format!(
            "{REST} strategies {{ password {{ {PASSWORD} }} magic_link {{ {magic_link} }} }}
            add_ons {{ confirmation {{ {confirmation} sender: Mailer }} }}"
        )
    };
    let confirmation = "monitor_fields: [email], auto_confirm_actions: [sign_in_with_magic_link],";
    assert_eq!(
        first_lines(&mistakes(&block(
            "identity_field: emial, sender: Mailer",
            confirmation
        ))),
        ["no column `emial` on `User`"]
    );
    assert_eq!(
        first_lines(&mistakes(&block(
            "identity_field: email, sender: Mailer",
            "monitor_fields: email,"
        ))),
        ["expected a list of columns such as `[email, name]`, found `email`"]
    );
}
