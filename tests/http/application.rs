//! Several resources behind one router.

use auth_runtime::http::CurrentUser;
use auth_tests::{
    PASSWORD,
    sqlite::{admin::Admin, user::User},
};
use axum::{Router, routing::get};
use reqwest::header::COOKIE;
use serde_json::json;

use crate::site::*;

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_resources_share_a_router_and_nothing_else() {
    let site = Site::new().await;
    let admins = site.world.start::<Admin>().await;
    let both = auth_runtime::application!(User => site.auth.clone(), Admin => admins.clone());
    let router = Router::new()
        .route("/user", get(async |user: CurrentUser<User>| user.email.clone()))
        .route(
            "/admin",
            get(async |admin: CurrentUser<Admin>| admin.email.clone()),
        )
        .route(
            "/both",
            get(async |user: CurrentUser<User>, admin: CurrentUser<Admin>| {
                format!("{} {}", user.email, admin.email)
            }),
        )
        .nest("/auth", both.router())
        .layer(both.layer());
    let server = Server::of(router).await;

    let user_token = site.register("ada@example.org").await;
    let user = site.auth.authenticate(&user_token).await.unwrap().unwrap();
    let hash = site.world.hash_of("ada@example.org").await.unwrap();
    site.world
        .insert_admin(user.user().id, "root@example.org", &hash, true)
        .await;
    let body = json!({"admin": {"email": "root@example.org", "password": PASSWORD}});
    let entered = answer(server.post("/auth/admin/password/sign_in").json(&body)).await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    assert!(
        entered
            .header("set-cookie")
            .unwrap()
            .starts_with("__Host-admin_session=")
    );
    let admin_token = entered.json()["token"].as_str().unwrap().to_owned();

    let get = async |path: &str, cookies: String| answer(server.get(path).header(COOKIE, cookies)).await;
    let (users, admins_cookie) = (
        format!("{COOKIE_NAME}={user_token}"),
        format!("__Host-admin_session={admin_token}"),
    );
    assert_eq!(get("/user", users.clone()).await.body, "ada@example.org");
    assert_eq!(
        get("/admin", admins_cookie.clone()).await.body,
        "root@example.org"
    );
    assert_eq!(
        get("/both", format!("{users}; {admins_cookie}")).await.body,
        "ada@example.org root@example.org"
    );
    assert_eq!(get("/admin", users.clone()).await.status, 401);
    let swapped = format!("__Host-admin_session={user_token}; {COOKIE_NAME}={admin_token}");
    assert_eq!(
        get("/admin", swapped.clone()).await.status,
        401,
        "a user's token in the admin's cookie"
    );
    assert_eq!(get("/user", swapped).await.status, 401);
    for (path, token) in [("/admin", &user_token), ("/user", &admin_token)] {
        assert_eq!(
            answer(server.get(path).bearer_auth(token)).await.status,
            401,
            "{path}"
        );
    }

    let request = server
        .post("/auth/admin/sign_out")
        .header(COOKIE, format!("{users}; {admins_cookie}"));
    assert_eq!(answer(request.json(&json!({}))).await.status, 200);
    assert_eq!(get("/admin", admins_cookie).await.status, 401);
    assert_eq!(
        get("/user", users).await.body,
        "ada@example.org",
        "the other session goes on"
    );
    let wrong_name = json!({"user": {"email": "root@example.org", "password": PASSWORD}});
    let refused = answer(server.post("/auth/admin/password/sign_in").json(&wrong_name)).await;
    assert_eq!(
        refused.status, 422,
        "arguments of one resource are nothing to another"
    );
    assert_eq!(
        answer(server.post("/auth/nobody/password/sign_in").json(&body))
            .await
            .status,
        404
    );
}
