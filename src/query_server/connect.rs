//! Opens connections to PostgreSQL: startup and authentication, as `pg` does them. Changes no setting that a local
//! connection would not change, so that results have the same text. `postgres` provides sockets, TLS and the choice of
//! the server. Called by `backend`, and to check whether PostgreSQL is available.

use std::fmt;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256};
use postgres_protocol::message::frontend;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::decode;
use super::read_buffer::{PgMessage, ReadBuffer};
use crate::postgres::{self, Address, Attempted, Binding, ConnectTarget, DialError, Dialled, Role, Socket};
use crate::proto::DatabaseError;

/// Why a connection could not be opened. The messages contain only host names and PostgreSQL's own words.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The socket could not be opened or encrypted.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The socket broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It took longer than the connect timeout.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// PostgreSQL asked for proof that we cannot give.
    #[error("authentication: {0}")]
    Authentication(String),
    /// There is a pooler between this server and PostgreSQL.
    #[error(
        "a connection pooler answers there (a different process serves than the one announced), so sessions and \
             prepared statements would reach the wrong connection. Connect to PostgreSQL directly, since this server \
             is a pool already; or, if the pooler is in session mode, start with --session-pooler"
    )]
    Pooler,
    /// The pooler does not keep one PostgreSQL connection for each of ours.
    #[error(
        "the connection pooler that answers there is not in session mode (--session-pooler): one PostgreSQL process \
             serves two connections, or two serve one, so queries would reach each other's sessions. Connect to \
             PostgreSQL directly, since this server is a pool already"
    )]
    TransactionPooler,
    /// PostgreSQL cannot be set up to end the connection if this server freezes.
    #[error("PostgreSQL cannot be set up to end this connection, which --lookup needs: {0}")]
    Unwatched(String),
    /// PostgreSQL refused.
    #[error("{}{}", .0.message, .0.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused(Box<DatabaseError>),
    /// It does not have the role that `target_session_attrs` requires.
    #[error("{}", .0.misfit())]
    Misfit(Role),
    /// The errors of several hosts.
    #[error("{}", Met(.0))]
    Several(Vec<(String, ConnectError)>),
}

impl ConnectError {
    /// True if PostgreSQL accepts no more connections.
    pub fn is_no_room(&self) -> bool {
        match self {
            ConnectError::Refused(error) => error.code.as_deref() == Some("53300"),
            ConnectError::Several(all) => all.iter().any(|(_, error)| error.is_no_room()),
            _ => false,
        }
    }
}

/// Places and what was met there.
struct Met<'m>(&'m [(String, ConnectError)]);

impl fmt::Display for Met<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (place, error)) in self.0.iter().enumerate() {
            write!(f, "{}{place}: {error}", if index > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl ConnectError {
    /// True if PostgreSQL is healthy but has no connection left.
    pub fn is_crowded(&self) -> bool {
        self.is_refusal(&["53300"])
    }

    /// True if PostgreSQL, or a pooler in front of it, refuses a startup parameter.
    fn is_about_a_parameter(&self) -> bool {
        self.is_refusal(&["42704", "22023", "08P01"])
    }

    fn is_refusal(&self, codes: &[&str]) -> bool {
        match self {
            ConnectError::Refused(error) => error.code.as_deref().is_some_and(|code| codes.contains(&code)),
            ConnectError::Several(met) => met.iter().any(|(_, error)| error.is_refusal(codes)),
            _ => false,
        }
    }
}

impl Attempted for ConnectError {
    fn timed_out(limit: Duration) -> Self {
        ConnectError::TimedOut(limit)
    }

    fn is_about_encryption(&self) -> bool {
        self.is_refusal(&["28000"])
    }

    fn several(met: Vec<(String, Self)>) -> Self {
        ConnectError::Several(met)
    }
}

/// The key of a cancel request.
#[derive(Clone, Copy)]
pub struct CancelKey {
    pub process_id: i32,
    pub secret: i32,
}

/// A connection that is ready for queries.
pub struct Opened {
    pub socket: Socket,
    pub read_buffer: ReadBuffer,
    pub key: CancelKey,
    /// Where a cancel request goes.
    pub address: Address,
}

/// Opens a connection to the first of the target's hosts that accepts it and has the wanted role.
pub async fn open(target: &ConnectTarget) -> Result<Opened, ConnectError> {
    match open_anywhere(target).await {
        Err(error) if error.is_about_a_parameter() && target.give_up_wishes() => {
            tracing::warn!(%error, "PostgreSQL may notice late when this server dies");
            open_anywhere(target).await
        }
        outcome => outcome,
    }
}

/// Opens another connection to an address, without checking the server's role again.
pub async fn open_at(target: &ConnectTarget, address: Address) -> Result<Opened, ConnectError> {
    let opening = connect(target, address, Role::Any);
    timeout(target.timeout, opening).await.unwrap_or(Err(ConnectError::TimedOut(target.timeout)))
}

async fn open_anywhere(target: &ConnectTarget) -> Result<Opened, ConnectError> {
    postgres::open(target, &|address, role| Box::pin(connect(target, address, role))).await
}

async fn connect(target: &ConnectTarget, address: Address, role: Role) -> Result<Opened, ConnectError> {
    let dialled = target.dial(address).await?;
    start(target, dialled, address, role).await
}

/// Logs in, waits until PostgreSQL is ready, and checks its role.
async fn start(target: &ConnectTarget, dialled: Dialled, address: Address, role: Role) -> Result<Opened, ConnectError> {
    let Dialled { socket, encrypted, binding } = dialled;
    let mut talk = Talk { socket, read_buffer: ReadBuffer::default(), out: BytesMut::new() };
    let fixed = [("user", target.user.as_str()), ("database", target.database()), ("client_encoding", "UTF8")];
    let asked = target.parameters.iter().map(|(name, value)| (*name, value.as_str()));
    let asked = asked.chain(target.wishes().iter().copied());
    frontend::startup_message(fixed.into_iter().chain(asked), &mut talk.out)?;
    talk.send().await?;
    authenticate(target, &mut talk, Proof { encrypted, binding, bound: false }).await?;
    let mut key = CancelKey { process_id: 0, secret: 0 };
    loop {
        let message = talk.receive().await?;
        match message.tag {
            b'K' => {
                if let Some((process_id, secret)) = talk.read_buffer.body(&message).split_first_chunk::<4>() {
                    let secret = secret.first_chunk::<4>().copied().unwrap_or_default();
                    key = CancelKey { process_id: i32::from_be_bytes(*process_id), secret: i32::from_be_bytes(secret) };
                }
            }
            b'Z' => break,
            _ => {}
        }
    }
    if let Some(question) = role.question()
        && !talk.gives_a_row(question).await?
    {
        return Err(ConnectError::Misfit(role));
    }
    Ok(Opened { socket: talk.socket, read_buffer: talk.read_buffer, key, address })
}

/// The channel binding of the password proof.
struct Proof {
    encrypted: bool,
    binding: Option<Vec<u8>>,
    bound: bool,
}

impl Proof {
    /// The SASL mechanism to use, and its state.
    fn scram(
        &mut self,
        wanted: Binding,
        offered: &[u8],
        password: &[u8],
    ) -> Result<(&'static str, ScramSha256), ConnectError> {
        let offers = |name: &str| decode::sasl_mechanisms(offered).any(|one| one == name.as_bytes());
        if wanted != Binding::Disable
            && offers(SCRAM_SHA_256_PLUS)
            && let Some(binding) = self.binding.take()
        {
            self.bound = true;
            let scram = ScramSha256::new(password, ChannelBinding::tls_server_end_point(binding));
            return Ok((SCRAM_SHA_256_PLUS, scram));
        }
        self.check(wanted)?;
        if !offers(SCRAM_SHA_256) {
            return Err(ConnectError::Authentication("PostgreSQL offers no SCRAM-SHA-256".into()));
        }
        // Announces support for channel binding, so that PostgreSQL notices if someone in between has removed its
        // offer.
        let could_bind = self.binding.is_some() && wanted != Binding::Disable;
        let binding = if could_bind { ChannelBinding::unrequested() } else { ChannelBinding::unsupported() };
        Ok((SCRAM_SHA_256, ScramSha256::new(password, binding)))
    }

    /// Refuses to continue without a required channel binding.
    fn check(&self, wanted: Binding) -> Result<(), ConnectError> {
        if wanted != Binding::Require || self.bound {
            return Ok(());
        }
        let why = match (self.encrypted, &self.binding) {
            (false, _) => "the connection has no TLS",
            (true, None) => "the signature algorithm of the server's certificate defines no channel binding",
            (true, Some(_)) => "PostgreSQL does not ask for SCRAM-SHA-256-PLUS",
        };
        Err(ConnectError::Authentication(format!("channel_binding=require: {why}")))
    }
}

async fn authenticate(target: &ConnectTarget, talk: &mut Talk, mut proof: Proof) -> Result<(), ConnectError> {
    let missing = || ConnectError::Authentication("PostgreSQL asks for a password, and the URL has none".into());
    let mut scram: Option<ScramSha256> = None;
    loop {
        let (request, data) = talk.authentication().await?;
        match request {
            0 => return proof.check(target.binding()),
            3 => {
                proof.check(target.binding())?;
                let password = target.password().ok_or_else(missing)?;
                frontend::password_message(password, &mut talk.out)?;
            }
            5 => {
                proof.check(target.binding())?;
                let password = target.password().ok_or_else(missing)?;
                let salt = data.first_chunk::<4>().copied().unwrap_or_default();
                let hash = md5_hash(target.user.as_bytes(), password, salt);
                frontend::password_message(hash.as_bytes(), &mut talk.out)?;
            }
            10 => {
                let password = target.password().ok_or_else(missing)?;
                let (mechanism, started) = proof.scram(target.binding(), &data, password)?;
                frontend::sasl_initial_response(mechanism, scram.insert(started).message(), &mut talk.out)?;
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
    ConnectError::Authentication("an unexpected SASL message".into())
}

fn rejected(error: io::Error) -> ConnectError {
    ConnectError::Authentication(error.to_string())
}

/// A connection that is not ready yet.
struct Talk {
    socket: Socket,
    read_buffer: ReadBuffer,
    out: BytesMut,
}

impl Talk {
    async fn send(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.out).await?;
        self.out.clear();
        self.socket.flush().await
    }

    /// The next message; PostgreSQL's refusal is an error.
    async fn receive(&mut self) -> Result<PgMessage, ConnectError> {
        loop {
            if let Some(message) = self.read_buffer.next()? {
                if message.tag == b'E' {
                    return Err(ConnectError::Refused(Box::new(decode::database_error(
                        self.read_buffer.body(&message),
                        message.length,
                    ))));
                }
                return Ok(message);
            }
            if self.read_buffer.fill(&mut self.socket).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "PostgreSQL closed the connection").into());
            }
        }
    }

    /// Whether a statement returns a row.
    async fn gives_a_row(&mut self, sql: &str) -> Result<bool, ConnectError> {
        frontend::query(sql, &mut self.out)?;
        self.send().await?;
        let mut found = false;
        loop {
            let message = self.receive().await?;
            match message.tag {
                b'C' => found = self.read_buffer.body(&message) == b"SELECT 1\0",
                b'Z' => {
                    self.read_buffer.drop_rows();
                    return Ok(found);
                }
                _ => {}
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
            if let Some((request, data)) = self.read_buffer.body(&message).split_first_chunk::<4>() {
                return Ok((u32::from_be_bytes(*request), data.to_vec()));
            }
        }
    }
}
