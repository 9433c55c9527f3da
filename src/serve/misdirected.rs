//! Answers calls that were meant for the other kind of server by saying what this server is. UNIMPLEMENTED would make a
//! client assume another version.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::server::NamedService;

/// The services of both kinds of server, in this version's protocol and that of 1.x.
pub const QUERIES: [&str; 2] = [Queries::NAME, LegacyQueries::NAME];

macro_rules! services {
    ($($service:ident = $name:literal),*) => {$(
        #[derive(Clone, Copy, Debug)]
        pub struct $service;

        impl NamedService for $service {
            const NAME: &'static str = $name;
        }
    )*};
}

services!(
    Queries = "mtdd.v1.DBService",
    LegacyQueries = "DB.DBService",
    Tenants = "mtdd.v1.LookupService",
    LegacyTenants = "mtdd.LookupService"
);

/// Stands where `S` would be.
#[derive(Debug)]
pub struct Misdirected<S> {
    answer: &'static str,
    service: PhantomData<fn() -> S>,
}

impl<S> Misdirected<S> {
    /// Answers query calls on a lookup server.
    pub fn queries() -> Self {
        let answer = "this is a lookup server, which cannot run queries: list it in mtdd.lookupServer, and list servers \
             started with `mtdd-server query` in mtdd.queryServers";
        Misdirected { answer, service: PhantomData }
    }

    /// Answers lookup calls on a query server.
    pub fn tenants() -> Self {
        let answer = "this is a query server, which does not know where tenants live: list it in mtdd.queryServers, and \
             use a server started with `mtdd-server lookup` for mtdd.lookupServer (or --lookup)";
        Misdirected { answer, service: PhantomData }
    }
}

impl<S> Clone for Misdirected<S> {
    fn clone(&self) -> Self {
        Misdirected { answer: self.answer, service: PhantomData }
    }
}

impl<S: NamedService> NamedService for Misdirected<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Misdirected<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path();
        tracing::warn!(method, "a call that was meant for the other kind of server: {}", self.answer);
        let mut metadata = MetadataMap::new();
        metadata.insert("mtdd-reason", MetadataValue::from_static("WRONG_SERVER"));
        let status = Status::with_metadata(tonic::Code::FailedPrecondition, self.answer, metadata);
        ready(Ok(status.into_http()))
    }
}
