//! When a caller's token is revoked: `shutdown` has the signal, which whoever checks tokens puts beside the request.

use std::future::pending;

use tonic::{Request, Status};

use crate::shutdown::{Drain, Revocation};

/// Starts when the token of this call is revoked; None: it needed none.
pub fn revocation<T>(request: &Request<T>) -> Option<Drain> {
    request.extensions().get::<Revocation>().map(|revocation| revocation.0.clone())
}

/// Returns once the caller's token is revoked, with the status that its call ends with.
pub async fn revoked(revocation: Option<Drain>) -> Status {
    match revocation {
        Some(mut revocation) => revocation.wait().await,
        None => pending().await,
    }
    Status::unauthenticated("authorization: the bearer token is not accepted any more")
}
