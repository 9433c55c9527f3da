//! Stops a statement: PostgreSQL takes a cancel request on a separate connection, and closes that connection once it
//! has sent the signal. `run` decides which query to stop, and what its caller is told.

use std::sync::Arc;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::connect::{CancelKey, ConnectError};
use super::stop::STOP_TIMEOUT;
use crate::postgres::{Address, ConnectTarget};

/// Sends the cancel request and returns when PostgreSQL has acted on it; false if that is not certain.
pub async fn request(target: Arc<ConnectTarget>, address: Address, key: CancelKey) -> bool {
    let exchange = async {
        let mut socket = target.dial(address).await?.socket;
        let mut message = BytesMut::new();
        frontend::cancel_request(key.process_id, key.secret, &mut message);
        socket.write_all(&message).await?;
        socket.flush().await?;
        let _ = socket.read(&mut [0]).await;
        Ok::<_, ConnectError>(())
    };
    match timeout(STOP_TIMEOUT, exchange).await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::warn!(%error, "a statement could not be cancelled"),
        Err(_) => tracing::warn!("PostgreSQL did not answer a cancel request in time"),
    }
    false
}
