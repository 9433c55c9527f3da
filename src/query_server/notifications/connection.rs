//! The connection that receives notifications: opens it, runs LISTEN and UNLISTEN, and reads what PostgreSQL sends.
//! Knows nothing about subscribers.

use std::pin::{Pin, pin};
use std::time::{Duration, SystemTime};

use futures_util::stream::{Stream, StreamExt, poll_fn};
use tokio::time::timeout;
use tokio_postgres::{AsyncMessage, Client, Error};

use super::Notification;
use crate::error::append_sources;
use crate::postgres::{self, ConnectTarget};

/// After this time the connection is considered lost.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

/// An open connection.
pub struct ListenConnection {
    client: Client,
    messages: Pin<Box<dyn Stream<Item = Result<AsyncMessage, Error>> + Send>>,
}

impl ListenConnection {
    /// Opens it. Errors say why, without the password.
    pub async fn open(target: &ConnectTarget) -> Result<ListenConnection, String> {
        let (client, mut connection) = postgres::connect(target).await.map_err(|error| error.to_string())?;
        Ok(ListenConnection { client, messages: Box::pin(poll_fn(move |context| connection.poll_message(context))) })
    }

    /// The next notification and its channel. Cancel safe.
    pub async fn next(&mut self) -> Result<(String, Notification), String> {
        loop {
            if let Some(notified) = read(self.messages.next().await)? {
                return Ok(notified);
            }
        }
    }

    /// Runs SQL; `deliver` is given the notifications that come meanwhile.
    pub async fn run(&mut self, sql: &str, mut deliver: impl FnMut(String, Notification)) -> Result<(), String> {
        let mut command = pin!(timeout(COMMAND_TIMEOUT, self.client.batch_execute(sql)));
        loop {
            tokio::select! {
                biased;
                message = self.messages.next() => {
                    if let Some((channel, notification)) = read(message)? {
                        deliver(channel, notification);
                    }
                }
                done = &mut command => {
                    return done.map_err(|_| format!("PostgreSQL did not answer within {} s", COMMAND_TIMEOUT.as_secs()))?
                        .map_err(describe);
                }
            }
        }
    }
}

/// What a message says, if it is a notification.
fn read(message: Option<Result<AsyncMessage, Error>>) -> Result<Option<(String, Notification)>, String> {
    match message {
        Some(Ok(AsyncMessage::Notification(notified))) => {
            let notification = Notification {
                payload: notified.payload().to_owned(),
                process_id: notified.process_id(),
                received_at: SystemTime::now(),
            };
            Ok(Some((notified.channel().to_owned(), notification)))
        }
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(describe(error)),
        None => Err("PostgreSQL closed the connection".to_owned()),
    }
}

fn describe(error: Error) -> String {
    append_sources(error.to_string(), &error)
}
