//! `/admin`: the server's state and the audit trail.

use actix_web::{get, web};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::audit::{self, AuditEntry, Filter, Outcome};
use super::status::{self, Status};
use crate::App;
use crate::db::slices::Place;
use crate::db::{self, off_thread};
use crate::error::ApiError;
use crate::http::page::{self, List, Page};
use crate::openapi::errors::Invalid;

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_status).service(list_audit);
}

/// Which entries of the audit trail.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Of this operation only.
    #[param(example = "delete_dataset")]
    pub operation: Option<String>,
    /// Of this user only.
    pub user: Option<Uuid>,
    /// About what begins with this path only.
    #[param(example = "/api/v1/datasets")]
    pub object: Option<String>,
    /// With this outcome only.
    #[param(inline)]
    pub outcome: Option<Outcome>,
    /// From this instant on only.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-11-01T00:00:00Z")]
    pub since: Option<Timestamp>,
    /// `at`, with `desc` or `asc` behind it; the newest first where absent.
    #[serde(default)]
    #[param(example = "at desc", pattern = "^(at( (asc|desc))?)?$")]
    pub order_by: String,
    /// Items of a page, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Where the page begins: from `next` of the page before. New entries do not move it.
    #[param(pattern = "^(at-(asc|desc):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:.*)?$")]
    pub cursor: Option<String>,
}

/// Get the server's state
#[utoipa::path(operation_id = "get_status", tag = "admin", responses((status = 200, body = Status)))]
#[get("/admin/status")]
async fn get_status(app: web::Data<App>) -> Result<web::Json<Status>, ApiError> {
    Ok(web::Json(off_thread(move || status::status(&app)).await?))
}

/// What the audit trail is sorted by.
const ORDERS: &[(&str, ())] = &[("at", ())];

/// Read the audit trail, newest first
///
/// Who changed what, when, from where; and what was refused to whom, failed sign-ins among it.
#[utoipa::path(operation_id = "list_audit", tag = "admin", params(AuditQuery), responses(
    (status = 200, body = List<AuditEntry>),
    Invalid,
))]
#[get("/admin/audit")]
async fn list_audit(
    app: web::Data<App>,
    query: web::Query<AuditQuery>,
) -> Result<web::Json<List<AuditEntry>>, ApiError> {
    let AuditQuery { operation, user, object, outcome, since, order_by, limit, cursor } = query.into_inner();
    let asked = Page { limit, offset: None, cursor };
    // Entries have no equals: their ids are in the order of time.
    if order_by.contains(',') {
        return Err(page::no_order(&order_by, ORDERS));
    }
    let slice = asked.slice(&order_by, ORDERS, true)?;
    let (limit, ascending, since) = (slice.limit, !slice.descending, since.map(db::spell));
    let behind = slice.behind.as_ref().map(|place| place.id.parse::<Uuid>().map_err(|_| page::no_cursor(&place.id)));
    let behind = behind.transpose()?;
    let filter = Filter { operation, user, object, outcome, since, ascending, behind };
    let wanted = filter.clone();
    let (mut items, total) = app.db.read(move |c| Ok(audit::list(c, &wanted, limit + 1)?)).await?;
    let has_more = items.len() as i64 > limit;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| has_more).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let user = filter.user.map(|user| user.to_string());
        let outcome = filter.outcome.map(|outcome| outcome.word().to_owned());
        let order_by = Some(order_by).filter(|order| !order.is_empty());
        for (name, value) in [
            ("operation", filter.operation),
            ("user", user),
            ("object", filter.object),
            ("outcome", outcome),
            ("since", filter.since),
            ("order_by", order_by),
        ] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        query.append_pair("limit", &limit.to_string()).append_pair("cursor", &slice.cursor(&Place::new(&last.id, "")));
        format!("/api/v1/admin/audit?{}", query.finish())
    });
    Ok(web::Json(List { items, total, next }))
}
