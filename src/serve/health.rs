//! gRPC health (`grpc.health.v1`): SERVING while the server's database answers and no drain has started, otherwise
//! NOT_SERVING. Applies to the whole server ("") and to its services by their full names. Watchers receive every
//! change; the drain is the last one and ends their streams, which would otherwise delay it. This is why tonic-health's
//! own reporter is not used.

use std::pin::Pin;

use futures_util::stream::Stream;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::readiness::Readiness;
use crate::shutdown::Drain;

/// The health service of a server whose services have these full names.
pub fn health(services: [&'static str; 2], readiness: Readiness, drain: Drain) -> HealthServer<impl Health> {
    HealthServer::new(ServerHealth { services, readiness, drain })
}

struct ServerHealth {
    services: [&'static str; 2],
    readiness: Readiness,
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

fn answer(serves: bool) -> HealthCheckResponse {
    let status = if serves { ServingStatus::Serving } else { ServingStatus::NotServing };
    HealthCheckResponse { status: status as i32 }
}

#[tonic::async_trait]
impl Health for ServerHealth {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        self.check_name(&request)?;
        Ok(Response::new(answer(self.readiness.is_ready() && !self.drain.started())))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.check_name(&request)?;
        let mut watch = HealthWatch { ready: self.readiness.watch(), drain: self.drain.clone(), told: None };
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Some(serves) = watch.next().await
                && sender.send(Ok(answer(serves))).await.is_ok()
            {}
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// The stream of one watcher.
struct HealthWatch {
    ready: watch::Receiver<bool>,
    drain: Drain,
    told: Option<bool>,
}

impl HealthWatch {
    /// The next status to send; None: the stream ends.
    async fn next(&mut self) -> Option<bool> {
        loop {
            let draining = self.drain.started();
            let serves = *self.ready.borrow_and_update() && !draining;
            if self.told.replace(serves) != Some(serves) {
                return Some(serves);
            }
            if draining {
                return None;
            }
            tokio::select! {
                () = self.drain.wait() => {}
                changed = self.ready.changed() => changed.ok()?,
            }
        }
    }
}
