//! Calls to one query server: the requests, the client, and what the status of a failed call means.

use std::collections::HashMap;
use std::sync::Arc;

use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::stream_places::{StreamOwner, StreamPlace, StreamPlaces};
use crate::data::shape::Descriptions;
use crate::dial::{Dial, Link};
use crate::error::{Error, Server};
use crate::proto::db_service_client::DbServiceClient;

/// The largest message that a query server may send: one row of the largest size that PostgreSQL can make.
pub(super) const MAX_MESSAGE: usize = 1 << 30;

#[derive(Debug)]
pub(super) struct ServerConnection {
    pub shard: usize,
    pub address: String,
    link: Link,
    pub dial: Dial,
    /// The session settings that a local connection of the application would have.
    pub settings: HashMap<String, String>,
    /// Shared by the whole client.
    pub descriptions: Arc<Descriptions>,
    /// For sessions, and for queries with a stream of their own.
    pub tenant_places: Arc<StreamPlaces>,
    pub listener_places: Arc<StreamPlaces>,
}

impl ServerConnection {
    pub fn new(
        shard: usize,
        address: String,
        dial: Dial,
        settings: HashMap<String, String>,
        descriptions: Arc<Descriptions>,
    ) -> Result<Self, Error> {
        let link = dial.link(&address)?;
        Ok(ServerConnection {
            shard,
            address,
            link,
            dial,
            settings,
            descriptions,
            tenant_places: StreamPlaces::for_tenants(),
            listener_places: StreamPlaces::for_listeners(),
        })
    }

    /// A place for a stream that lasts. An error means that there is none.
    pub fn place(&self, places: &Arc<StreamPlaces>, owner: StreamOwner) -> Result<Arc<StreamPlace>, Error> {
        let place = places.take(owner, || self.link.another_channel());
        place
            .map(Arc::new)
            .map_err(|reason| Error::Overloaded { reason: format!("query server {}: {reason}", self.address) })
    }

    pub fn channel(&self) -> Channel {
        self.link.channel()
    }

    /// On a stream's own connection, or on that of all queries.
    pub fn client(&self, place: Option<&StreamPlace>) -> DbServiceClient<Channel> {
        DbServiceClient::new(place.map_or_else(|| self.channel(), |place| place.channel.clone()))
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    /// A request that names the shard, so that a server of another shard refuses it.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = self.dial.request(message);
        request.metadata_mut().insert("mtdd-shard", MetadataValue::from(self.shard));
        request
    }

    /// The error of a query whose stream the server has refused.
    pub fn refusal(&self, reason: &str) -> Error {
        let reason =
            format!("query server {} refused the settings of the connection: {reason}; nothing was run", self.address);
        Error::Invalid { reason }
    }

    /// The error of a listener that has ended.
    pub async fn listening_error(&self, status: &Status) -> Error {
        let reason = status.message().to_owned();
        match status.code() {
            Code::InvalidArgument => Error::Invalid { reason },
            Code::ResourceExhausted => Error::Overloaded { reason: format!("query server {}: {reason}", self.address) },
            _ => self.opening_error(status).await,
        }
    }

    /// The error of a call that could not start.
    pub async fn opening_error(&self, status: &Status) -> Error {
        let server = || format!("query server {}", self.address);
        match status.code() {
            Code::Unauthenticated | Code::PermissionDenied => {
                let server = Server::Query { shard: self.shard, address: self.address.clone() };
                Error::Unauthenticated { server, reason: status.message().into() }
            }
            Code::FailedPrecondition
                if status.metadata().get("mtdd-reason").is_some_and(|why| why == "WRONG_SHARD") =>
            {
                let (shard, address) = (self.shard, self.address.clone());
                Error::WrongShard { shard, address, reason: status.message().into() }
            }
            Code::Unimplemented => Error::Protocol { server: server(), reason: self.link.explain(status).await },
            // One of our servers, but not one that runs queries. It says so.
            Code::FailedPrecondition if is_another(status) => {
                let (shard, address) = (self.shard, self.address.clone());
                Error::ShardUnavailable { shard, address, reason: status.message().into() }
            }
            _ => {
                let (shard, address) = (self.shard, self.address.clone());
                Error::ShardUnavailable { shard, address, reason: self.link.explain(status).await }
            }
        }
    }
}

/// True if the server says that it is another kind of server.
fn is_another(status: &Status) -> bool {
    status.metadata().get("mtdd-reason").is_some_and(|why| why == "WRONG_SERVER")
}
