//! A PostgreSQL connection that reconnects: it is opened when it is needed and found closed, with its statements
//! prepared. While the database is away, callers that wait for one attempt share its failure, so each does not need its
//! own attempt. `postgres` decides what is sent on it.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, Notify};
use tokio_postgres::Client;

use super::StoreError;
use super::statements::Statements;
use crate::postgres::{self, ConnectTarget};
use crate::readiness::Readiness;

/// How to open a store's connections.
pub struct Opener {
    pub target: ConnectTarget,
    /// Hears of an unreachable database.
    pub readiness: Readiness,
}

/// An open connection. Queries on it are pipelined, so any number of callers can share it.
pub struct OpenConnection {
    pub client: Client,
    pub statements: Statements,
}

impl Opener {
    /// Opens a connection and prepares its statements.
    pub async fn session(&self) -> Result<OpenConnection, StoreError> {
        self.told(async {
            let client = self.connect().await?;
            let statements = self.in_time(Statements::prepare(&client)).await?;
            Ok(OpenConnection { client, statements })
        })
        .await
    }

    /// Opens a bare connection.
    pub async fn client(&self) -> Result<Client, StoreError> {
        self.told(self.connect()).await
    }

    async fn told<T>(&self, open: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let opened = open.await;
        if opened.as_ref().is_err_and(|error| !error.is_crowded()) {
            self.readiness.lost();
        }
        opened
    }

    /// Opens a connection that listens to a PostgreSQL channel; calls `heard` for each notification and at the end.
    pub async fn listen(&self, channel: &str, heard: Arc<Notify>) -> Result<Client, StoreError> {
        self.told(async {
            let (client, mut connection) = postgres::connect(&self.target).await?;
            tokio::spawn(async move {
                while let Some(Ok(_)) = poll_fn(|context| connection.poll_message(context)).await {
                    heard.notify_one();
                }
                drop(connection);
                heard.notify_one();
            });
            let listen = format!("LISTEN {channel}");
            self.in_time(client.batch_execute(&listen)).await?;
            Ok(client)
        })
        .await
    }

    async fn connect(&self) -> Result<Client, StoreError> {
        let (client, connection) = postgres::connect(&self.target).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "lost a connection to the tenant database");
            }
        });
        Ok(client)
    }

    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.target.timeout, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(StoreError::Unavailable(format!("no answer within {} ms", self.target.timeout.as_millis()))),
        }
    }
}

/// One shared connection, opened on demand.
#[derive(Default)]
pub struct SharedConnection(Mutex<State>);

#[derive(Default)]
struct State {
    session: Option<Arc<OpenConnection>>,
    /// The time and error of the last failed attempt.
    failed: Option<(Instant, String)>,
}

impl SharedConnection {
    /// The connection, opened if necessary.
    pub async fn session(&self, opener: &Opener) -> Result<Arc<OpenConnection>, StoreError> {
        let asked = Instant::now();
        let mut state = self.0.lock().await;
        if let Some(session) = state.session.as_ref().filter(|session| !session.client.is_closed()) {
            return Ok(session.clone());
        }
        if let Some((when, reason)) = &state.failed
            && *when >= asked
        {
            return Err(StoreError::Unavailable(reason.clone()));
        }
        state.session = None;
        match opener.session().await {
            Ok(session) => {
                let session = Arc::new(session);
                state.session = Some(session.clone());
                Ok(session)
            }
            Err(error) => {
                if let StoreError::Unavailable(reason) | StoreError::Crowded(reason) = &error {
                    state.failed = Some((Instant::now(), reason.clone()));
                }
                Err(error)
            }
        }
    }

    /// Drops this connection, if it is still the current one, so that the next caller opens another.
    pub async fn discard(&self, broken: &Arc<OpenConnection>) {
        let mut state = self.0.lock().await;
        if state.session.as_ref().is_some_and(|session| Arc::ptr_eq(session, broken)) {
            state.session = None;
        }
    }
}
