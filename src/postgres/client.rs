//! Connections by tokio-postgres, for the lookup store and for LISTEN. Sockets, TLS, hosts and roles come from this
//! module, so that a URL means the same for every connection; tokio-postgres takes over with the startup message.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::{ChannelBinding as Wanted, Config, SslMode, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::open::{Attempted, open};
use super::parameters::Binding;
use super::role::Role;
use super::socket::{Address, DialError, Socket};
use super::target::ConnectTarget;
use crate::error::append_sources;

/// Drives the messages of a client; must be polled.
pub type PgConnection = tokio_postgres::Connection<Socket, Encrypted<Socket>>;

/// Why there is no connection.
#[derive(Debug)]
pub enum ClientError {
    Dial(DialError),
    TimedOut(Duration),
    Misfit(Role),
    Postgres(tokio_postgres::Error),
    Several(Vec<(String, ClientError)>),
}

impl ClientError {
    /// PostgreSQL's own error, if any.
    pub fn postgres(self) -> Result<tokio_postgres::Error, String> {
        match self {
            ClientError::Postgres(error) => Ok(error),
            other => Err(other.to_string()),
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Dial(error) => error.fmt(f),
            ClientError::TimedOut(limit) => write!(f, "no connection within {} ms", limit.as_millis()),
            ClientError::Misfit(role) => f.write_str(role.misfit()),
            ClientError::Postgres(error) => f.write_str(&append_sources(error.to_string(), error)),
            ClientError::Several(met) => {
                for (index, (place, error)) in met.iter().enumerate() {
                    write!(f, "{}{place}: {error}", if index > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ClientError {}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        ClientError::Dial(error.into())
    }
}

impl From<tokio_postgres::Error> for ClientError {
    fn from(error: tokio_postgres::Error) -> Self {
        ClientError::Postgres(error)
    }
}

impl Attempted for ClientError {
    fn timed_out(limit: Duration) -> Self {
        ClientError::TimedOut(limit)
    }

    fn is_about_encryption(&self) -> bool {
        let code = |error: &tokio_postgres::Error| error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
        matches!(self, ClientError::Postgres(error) if code(error))
    }

    fn several(met: Vec<(String, Self)>) -> Self {
        ClientError::Several(met)
    }
}

/// Connects; the connection must be polled from then on.
pub async fn connect(target: &ConnectTarget) -> Result<(Client, PgConnection), ClientError> {
    open(target, &|address, role| Box::pin(connect_to(target, address, role))).await
}

async fn connect_to(
    target: &ConnectTarget,
    address: Address,
    role: Role,
) -> Result<(Client, PgConnection), ClientError> {
    let dialled = target.dial(address).await.map_err(ClientError::Dial)?;
    let mut config = Config::new();
    config.user(&target.user).dbname(target.database());
    if let Some(password) = target.password() {
        config.password(password);
    }
    for (name, value) in &target.parameters {
        match *name {
            "application_name" => drop(config.application_name(value)),
            "options" => drop(config.options(value)),
            _ => {}
        }
    }
    config.channel_binding(match target.binding() {
        Binding::Disable => Wanted::Disable,
        Binding::Prefer => Wanted::Prefer,
        Binding::Require => Wanted::Require,
    });
    match dialled.encrypted {
        // The handshake is already done, so `Encrypted` has nothing to do when tokio-postgres starts it.
        true => config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct),
        false => config.ssl_mode(SslMode::Disable),
    };
    let (client, mut connection) = config.connect_raw(dialled.socket, AlreadyEncrypted(dialled.binding)).await?;
    if let Some(question) = role.question() {
        let answer = tokio::select! {
            answer = client.simple_query(question) => answer?,
            ended = &mut connection => {
                ended?;
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        };
        if !answer.iter().any(|message| matches!(message, SimpleQueryMessage::CommandComplete(1))) {
            return Err(ClientError::Misfit(role));
        }
    }
    Ok((client, connection))
}

/// The existing TLS, and its channel binding.
struct AlreadyEncrypted(Option<Vec<u8>>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for AlreadyEncrypted {
    type Stream = Encrypted<S>;
    type Error = Infallible;
    type Future = Ready<Result<Encrypted<S>, Infallible>>;

    fn connect(self, socket: S) -> Self::Future {
        ready(Ok(Encrypted { socket, binding: self.0 }))
    }
}

/// An encrypted socket, as tokio-postgres requires it.
pub struct Encrypted<S> {
    socket: S,
    binding: Option<Vec<u8>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.binding.clone().map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
