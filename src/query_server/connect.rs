//! Opens connections to PostgreSQL: socket, TLS, startup and authentication, as `pg` would. Sets nothing that a local
//! connection would not set, so that results have the same text. Called by `backend` and, for cancel requests, `cancel`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::frontend;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::decode;
use super::inbox::{Inbox, Message};
use crate::postgres::{Place, Target};
use crate::proto::DatabaseError;

/// A PostgreSQL that has been silent for ten seconds is asked for a sign of life, and given up after fifteen more.
const KEEP_ALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(10)).with_interval(Duration::from_secs(5)).with_retries(3);

/// Why a connection could not be opened. None of these says more than host names and PostgreSQL's own words.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The socket could not be opened, or broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It took longer than the connect timeout.
    #[error("no answer within {0} ms")]
    TimedOut(u128),
    /// TLS was required and is not to be had.
    #[error("TLS: {0}")]
    Tls(String),
    /// PostgreSQL asked for proof that we cannot give.
    #[error("authentication: {0}")]
    Authentication(String),
    /// PostgreSQL refused.
    #[error("{}{}", .0.message, .0.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused(Box<DatabaseError>),
}

impl ConnectError {
    /// True if PostgreSQL has no connection left for us, though it is well.
    pub fn is_crowded(&self) -> bool {
        self.is_refusal(&["53300"])
    }

    /// True if PostgreSQL, or a pooler in front of it, does not take a startup parameter.
    fn is_about_a_parameter(&self) -> bool {
        self.is_refusal(&["42704", "22023", "08P01"])
    }

    fn is_refusal(&self, codes: &[&str]) -> bool {
        matches!(self, ConnectError::Refused(error) if error.code.as_deref().is_some_and(|code| codes.contains(&code)))
    }
}

/// What both kinds of socket, and TLS over one, can do.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for T {}

/// An open socket, encrypted or not.
pub type Socket = Box<dyn Duplex>;

/// What PostgreSQL wants to hear from whoever asks it to cancel.
#[derive(Clone, Copy)]
pub struct CancelKey {
    pub process_id: i32,
    pub secret: i32,
}

/// A connection that is ready for queries.
pub struct Opened {
    pub socket: Socket,
    pub inbox: Inbox,
    pub key: CancelKey,
    /// Which of the target's places it is.
    pub place: usize,
}

/// Opens a connection to the first of the target's places that answers.
pub async fn open(target: &Target) -> Result<Opened, ConnectError> {
    match open_anywhere(target).await {
        Err(error) if error.is_about_a_parameter() && target.give_up_wishes() => {
            tracing::warn!(%error, "PostgreSQL may notice late when this server dies");
            open_anywhere(target).await
        }
        outcome => outcome,
    }
}

async fn open_anywhere(target: &Target) -> Result<Opened, ConnectError> {
    let mut last = ConnectError::TimedOut(0);
    for place in 0..target.places.len() {
        let attempt = async {
            let socket = dial(target, place).await?;
            start(target, socket, place).await
        };
        match timeout(target.timeout, attempt).await {
            Ok(Ok(opened)) => return Ok(opened),
            Ok(Err(error)) => last = error,
            Err(_) => last = ConnectError::TimedOut(target.timeout.as_millis()),
        }
    }
    Err(last)
}

/// Opens a socket to one of the target's places and encrypts it as configured.
pub async fn dial(target: &Target, place: usize) -> Result<Socket, ConnectError> {
    match &target.places[place] {
        Place::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        Place::Tcp { host, dial, port } => {
            let socket = TcpStream::connect((dial.as_str(), *port)).await?;
            socket.set_nodelay(true)?;
            if target.keeps_alive() {
                SockRef::from(&socket).set_tcp_keepalive(&KEEP_ALIVE)?;
            }
            match target.encryption() {
                None => Ok(Box::new(socket)),
                Some((config, or_plaintext)) => encrypt(socket, host, config, or_plaintext).await,
            }
        }
    }
}

async fn encrypt(
    mut socket: TcpStream,
    host: &str,
    config: &Arc<ClientConfig>,
    or_plaintext: bool,
) -> Result<Socket, ConnectError> {
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    socket.write_all(&request).await?;
    // Exactly one byte: reading more could take bytes that an attacker put before the handshake.
    if socket.read_u8().await? != b'S' {
        return match or_plaintext {
            true => Ok(Box::new(socket)),
            false => Err(ConnectError::Tls("PostgreSQL does not offer it, and sslmode requires it".into())),
        };
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|error| ConnectError::Tls(error.to_string()))?;
    let connector = TlsConnector::from(config.clone());
    let socket = connector.connect(name, socket).await.map_err(|error| ConnectError::Tls(error.to_string()))?;
    Ok(Box::new(socket))
}

/// Says who we are, proves it, and waits until PostgreSQL is ready.
async fn start(target: &Target, socket: Socket, place: usize) -> Result<Opened, ConnectError> {
    let mut talk = Talk { socket, inbox: Inbox::default(), out: BytesMut::new() };
    let fixed = [("user", target.user.as_str()), ("database", target.database()), ("client_encoding", "UTF8")];
    let asked = target.parameters.iter().map(|(name, value)| (*name, value.as_str()));
    let asked = asked.chain(target.wishes().iter().copied());
    frontend::startup_message(fixed.into_iter().chain(asked), &mut talk.out)?;
    talk.send().await?;
    authenticate(target, &mut talk).await?;
    let mut key = CancelKey { process_id: 0, secret: 0 };
    loop {
        let message = talk.receive().await?;
        match message.tag {
            b'K' => {
                if let Some((process_id, secret)) = talk.inbox.body(&message).split_first_chunk::<4>() {
                    let secret = secret.first_chunk::<4>().copied().unwrap_or_default();
                    key = CancelKey { process_id: i32::from_be_bytes(*process_id), secret: i32::from_be_bytes(secret) };
                }
            }
            b'Z' => return Ok(Opened { socket: talk.socket, inbox: talk.inbox, key, place }),
            _ => {}
        }
    }
}

async fn authenticate(target: &Target, talk: &mut Talk) -> Result<(), ConnectError> {
    let missing = || ConnectError::Authentication("PostgreSQL asks for a password, and the URL has none".into());
    let mut scram: Option<ScramSha256> = None;
    loop {
        let (request, data) = talk.authentication().await?;
        match request {
            0 => return Ok(()),
            3 => {
                let password = target.password().ok_or_else(missing)?;
                frontend::password_message(password, &mut talk.out)?;
            }
            5 => {
                let password = target.password().ok_or_else(missing)?;
                let salt = data.first_chunk::<4>().copied().unwrap_or_default();
                let hash = md5_hash(target.user.as_bytes(), password, salt);
                frontend::password_message(hash.as_bytes(), &mut talk.out)?;
            }
            10 => {
                let password = target.password().ok_or_else(missing)?;
                if !decode::sasl_mechanisms(&data).any(|name| name == SCRAM_SHA_256.as_bytes()) {
                    return Err(ConnectError::Authentication("PostgreSQL offers no SCRAM-SHA-256".into()));
                }
                let started = scram.insert(ScramSha256::new(password, ChannelBinding::unsupported()));
                frontend::sasl_initial_response(SCRAM_SHA_256, started.message(), &mut talk.out)?;
            }
            11 => {
                let scram = scram.as_mut().ok_or_else(out_of_turn)?;
                scram.update(&data).map_err(rejected)?;
                frontend::sasl_response(scram.message(), &mut talk.out)?;
            }
            12 => {
                scram.as_mut().ok_or_else(out_of_turn)?.finish(&data).map_err(rejected)?;
                continue;
            }
            _ => {
                return Err(ConnectError::Authentication(format!(
                    "PostgreSQL asks for method {request}, not supported"
                )));
            }
        }
        talk.send().await?;
    }
}

fn out_of_turn() -> ConnectError {
    ConnectError::Authentication("a SASL message out of turn".into())
}

fn rejected(error: io::Error) -> ConnectError {
    ConnectError::Authentication(error.to_string())
}

/// A connection that is not ready yet.
struct Talk {
    socket: Socket,
    inbox: Inbox,
    out: BytesMut,
}

impl Talk {
    async fn send(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.out).await?;
        self.out.clear();
        self.socket.flush().await
    }

    /// The next message; PostgreSQL's refusal is an error.
    async fn receive(&mut self) -> Result<Message, ConnectError> {
        loop {
            if let Some(message) = self.inbox.next()? {
                if message.tag == b'E' {
                    return Err(ConnectError::Refused(Box::new(decode::database_error(self.inbox.body(&message)))));
                }
                return Ok(message);
            }
            if self.inbox.fill(&mut self.socket).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "PostgreSQL closed the connection").into());
            }
        }
    }

    /// The next authentication request and its data.
    async fn authentication(&mut self) -> Result<(u32, Vec<u8>), ConnectError> {
        loop {
            let message = self.receive().await?;
            if message.tag != b'R' {
                continue;
            }
            if let Some((request, data)) = self.inbox.body(&message).split_first_chunk::<4>() {
                return Ok((u32::from_be_bytes(*request), data.to_vec()));
            }
        }
    }
}
