use auth_ui_tests::prelude::*;

#[derive(AuditLogResource)]
#[auth(log_lifetime = "90", expunge_interval = "0 hours", status = "outcome", cause = "outcome")]
pub struct First;

#[derive(AuditLogResource)]
#[auth(log_lifetim = "90 days", table_name = "Audit Log")]
pub struct Second;

#[derive(AuditLogResource)]
pub struct Third {
    pub id: Id,
}

fn main() {}
