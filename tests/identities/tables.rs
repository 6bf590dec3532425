//! The tables themselves.

use auth_runtime::db::{Dialect, Difference};

use super::store::{DIALECT, Store, schema};

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_the_tables_are_what_is_needed() {
    let Some(store) = Store::new().await else { return };
    assert_eq!(schema().compare(&store.world.repo).await.unwrap(), []);
    schema().create(&store.world.repo).await.unwrap();
    let names: Vec<_> = schema().tables.into_iter().map(|table| table.name).collect();
    assert_eq!(names, ["user_identities", "staff_identities", "oidc_connections"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_a_table_without_its_keys_is_refused() {
    let Some(store) = Store::new().await else { return };
    let on = match DIALECT {
        Dialect::Mysql => "ON user_identities",
        _ => "",
    };
    for key in ["realm_strategy_uid", "realm_subject_strategy"] {
        let drop = format!("DROP INDEX user_identities_{key}_unique {on}");
        store.world.execute(&drop).await;
    }
    let found = schema().compare(&store.world.repo).await.unwrap();
    let missing: Vec<_> = found
        .into_iter()
        .map(|difference| match difference {
            Difference::MissingUnique { table, columns, .. } => (table, columns.join(" ")),
            other => panic!("{other}"),
        })
        .collect();
    let of = |columns: &str| ("user_identities".to_owned(), columns.to_owned());
    assert_eq!(missing, [of("realm strategy uid"), of("realm subject strategy")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_a_column_that_takes_two_accounts_for_one_is_refused() {
    let Some(store) = Store::new().await else { return };
    let sql = match DIALECT {
        Dialect::Mysql => "ALTER TABLE user_identities MODIFY uid VARCHAR(255) NOT NULL",
        Dialect::Postgres => "ALTER TABLE user_identities ALTER uid TYPE char(255)",
        // SQLite compares bytes unless a column says otherwise, and tells nobody that it does.
        _ => return,
    };
    store.world.execute(sql).await;
    let found = schema().compare(&store.world.repo).await.unwrap();
    match found.as_slice() {
        [Difference::WrongType { column, .. }] => assert_eq!(column, "uid"),
        other => panic!("{other:?}"),
    }
}
