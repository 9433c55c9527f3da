//! The 1.x protocol, `DB.DBService`, over the same engine and notifications as mtdd.v1. Results are the JSON that a 1.x
//! server in UTC makes of `pg`'s rows (`json`). For several statements in one text, the answer is that of the last. The
//! protocol cannot carry a tenant, so policies on `mtdd.tenant_id` see none.

mod date;
mod json;
mod value;

use std::pin::Pin;

use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio_stream::Stream;
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status};

use super::listen::milliseconds;
use super::notifications::{HubEvent, Notification};
use super::reply_chunk::{short, status};
use super::revocation::{revocation, revoked};
use super::service::QueryService;
use crate::proto::legacy_db::db_service_server::DbService;
use crate::proto::legacy_db::{ChannelRequest, ChannelResponse, StoredProcRequest, StoredProcResponse};
use crate::proto::{DatabaseError, Parameter, QueryRequest};

/// The service; cheap to clone.
#[derive(Clone)]
pub struct LegacyQueryService(QueryService);

impl LegacyQueryService {
    pub(super) fn new(service: QueryService) -> Self {
        LegacyQueryService(service)
    }
}

#[tonic::async_trait]
impl DbService for LegacyQueryService {
    async fn execute_query(&self, request: Request<StoredProcRequest>) -> Result<Response<StoredProcResponse>, Status> {
        let request = request.map(query);
        let sql = request.get_ref().sql.clone();
        let mut response = self.0.collect(request).await?;
        match (response.error, response.results.pop()) {
            (Some(error), _) => Err(refusal(error)),
            (None, Some(result)) => {
                let only_reads = || self.0.only_reads(&sql);
                json::response(result, self.0.max_message_size(), only_reads).await.map(speaking)
            }
            (None, None) => Err(Status::internal("PostgreSQL gave no result")),
        }
    }

    type listenToChannelStream = Pin<Box<dyn Stream<Item = Result<ChannelResponse, Status>> + Send>>;

    async fn listen_to_channel(
        &self,
        request: Request<ChannelRequest>,
    ) -> Result<Response<Self::listenToChannelStream>, Status> {
        let mut subscription = self.0.subscribe(request.metadata(), "channelName", &request.get_ref().channel_name)?;
        let revocation = revocation(&request);
        let channel = request.into_inner().channel_name;
        // In this protocol, only the start of the answer shows that LISTEN is active.
        if let Some(Err(end)) = subscription.next().await {
            return Err(status(end));
        }
        let responses = subscription.filter_map(move |event| {
            let response = match event {
                Ok(HubEvent::Notification(notification)) => Some(Ok(response(&channel, &notification))),
                Ok(HubEvent::Listening) => None,
                Err(end) => Some(Err(status(end))),
            };
            std::future::ready(response)
        });
        let ended = async move { Err(revoked(revocation).await) };
        Ok(Response::new(Box::pin(stream::select(responses, stream::once(ended)))))
    }
}

/// An answer that tells a newer client that it can use the newer protocol.
fn speaking<T>(message: T) -> Response<T> {
    let mut response = Response::new(message);
    response.metadata_mut().insert("mtdd-speaks", MetadataValue::from_static("mtdd.v1"));
    response
}

/// The query as `pg` would send it: without parameters by the simple protocol.
fn query(StoredProcRequest { query, params }: StoredProcRequest) -> QueryRequest {
    let simple = params.is_empty();
    let params = params.into_iter().map(|text| Parameter {
        // NULL in the 1.x protocol.
        value: (text != "null").then(|| text.into()),
        binary: false,
    });
    QueryRequest { sql: query, params: params.collect(), simple, ..QueryRequest::default() }
}

/// PostgreSQL's error: its message, as a 1.x server passes it on, and the SQLSTATE in the metadata.
fn refusal(error: DatabaseError) -> Status {
    let mut status = Status::internal(short(error.message));
    if let Some(code) = error.code.and_then(|code| MetadataValue::try_from(code).ok()) {
        status.metadata_mut().insert("mtdd-sqlstate", code);
    }
    status
}

fn response(channel: &str, notification: &Notification) -> ChannelResponse {
    ChannelResponse {
        channel_name: channel.to_owned(),
        // Always a JSON string, even for a JSON payload: 1.x clients parse `data`, and then the payload.
        data: Value::from(notification.payload.as_str()).to_string(),
        timestamp: date::iso(milliseconds(notification.received_at)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn the_text_null_is_null_and_no_parameter_means_the_simple_protocol() {
        let request = |params: &[&str]| {
            let params = params.iter().map(|text| (*text).to_owned()).collect();
            query(StoredProcRequest { query: "select 1".into(), params })
        };
        let values: Vec<_> = request(&["null", "NULL", ""]).params.into_iter().map(|param| param.value).collect();
        assert_eq!(values, [None, Some("NULL".into()), Some("".into())]);
        assert!(request(&[]).simple && !request(&["1"]).simple);
    }

    #[test]
    fn data_is_the_payload_as_a_json_string_whatever_the_payload() {
        let received_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let long = "x".repeat(7999);
        for payload in [r#"{"a": 1}"#, "5", r#""text""#, "null", "say \"hi\"", "", "\u{1}\u{2028}\\ é 😀", &long] {
            let mut notification = Notification::new(payload, 1);
            notification.received_at = received_at;
            let response = response("c", &notification);
            assert_eq!(response.timestamp, "2023-11-14T22:13:20.123Z");
            assert_eq!(serde_json::from_str::<String>(&response.data).unwrap(), payload);
        }
    }
}
