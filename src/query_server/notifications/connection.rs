//! The connection that receives notifications: opens it, runs LISTEN and UNLISTEN, and reads what PostgreSQL sends.
//! Knows nothing about subscribers.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt, poll_fn};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Error};

use super::Notification;
use crate::error::append_sources;
use crate::postgres::{self, ConnectTarget};

/// After this time the connection is considered lost.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// What PostgreSQL says of a name whose characters the database's encoding lacks.
const NO_SUCH_CHARACTERS: [SqlState; 2] = [SqlState::CHARACTER_NOT_IN_REPERTOIRE, SqlState::UNTRANSLATABLE_CHARACTER];

/// Why SQL was not run.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// PostgreSQL refused it, and the connection is as it was.
    #[error("{0}")]
    Refused(String),
    /// The connection cannot be used any more.
    #[error("{0}")]
    Lost(String),
}

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
    pub async fn run(&mut self, sql: &str, mut deliver: impl FnMut(String, Notification)) -> Result<(), CommandError> {
        let mut command = pin!(timeout(COMMAND_TIMEOUT, self.client.batch_execute(sql)));
        loop {
            tokio::select! {
                biased;
                message = self.messages.next() => {
                    if let Some((channel, notification)) = read(message).map_err(CommandError::Lost)? {
                        deliver(channel, notification);
                    }
                }
                done = &mut command => {
                    return match done {
                        Ok(Ok(())) => Ok(()),
                        Ok(Err(error)) => Err(refusal(error)),
                        Err(_) => Err(CommandError::Lost(format!(
                            "PostgreSQL did not answer within {} s",
                            COMMAND_TIMEOUT.as_secs()
                        ))),
                    };
                }
            }
        }
    }
}

/// What a message says, if it is a notification.
fn read(message: Option<Result<AsyncMessage, Error>>) -> Result<Option<(String, Notification)>, String> {
    match message {
        Some(Ok(AsyncMessage::Notification(notified))) => {
            let notification = Notification::new(notified.payload(), notified.process_id());
            Ok(Some((notified.channel().to_owned(), notification)))
        }
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(describe(error)),
        None => Err("PostgreSQL closed the connection".to_owned()),
    }
}

/// Only of a name that the database cannot encode does another attempt say the same.
fn refusal(error: Error) -> CommandError {
    match error.as_db_error() {
        Some(refusal) if NO_SUCH_CHARACTERS.contains(refusal.code()) => {
            CommandError::Refused(refusal.message().to_owned())
        }
        _ => CommandError::Lost(describe(error)),
    }
}

fn describe(error: Error) -> String {
    append_sources(error.to_string(), &error)
}
