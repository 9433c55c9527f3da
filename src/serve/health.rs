//! gRPC health (`grpc.health.v1`): SERVING until the drain starts, NOT_SERVING from then on, for the whole server
//! ("") and for its services by their full names. Watchers hear of the drain and are then let go: an open watch would
//! otherwise hold the drain up. That end is why this is not tonic-health's own reporter.

use std::pin::Pin;

use futures_util::stream::{self, Stream};
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::shutdown::Drain;

/// The health service of a server whose services have these full names.
pub fn health(services: [&'static str; 2], drain: Drain) -> HealthServer<impl Health> {
    HealthServer::new(ServerHealth { services, drain })
}

struct ServerHealth {
    services: [&'static str; 2],
    drain: Drain,
}

impl ServerHealth {
    fn check_name(&self, request: &Request<HealthCheckRequest>) -> Result<(), Status> {
        let name = &request.get_ref().service;
        if name.is_empty() || self.services.contains(&name.as_str()) {
            Ok(())
        } else {
            Err(Status::not_found("service: not served here"))
        }
    }
}

fn answer(draining: bool) -> HealthCheckResponse {
    let status = if draining { ServingStatus::NotServing } else { ServingStatus::Serving };
    HealthCheckResponse { status: status as i32 }
}

#[tonic::async_trait]
impl Health for ServerHealth {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        self.check_name(&request)?;
        Ok(Response::new(answer(self.drain.started())))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.check_name(&request)?;
        let mut drain = self.drain.clone();
        let draining = drain.started();
        let now = stream::iter([Ok(answer(draining))]);
        let later = stream::once(async move {
            drain.wait().await;
            Ok(answer(true))
        });
        // A watcher is told of changes only: one that came during the drain has its answer.
        let answers: Self::WatchStream =
            if draining { Box::pin(now) } else { Box::pin(stream::StreamExt::chain(now, later)) };
        Ok(Response::new(answers))
    }
}
