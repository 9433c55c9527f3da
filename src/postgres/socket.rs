//! Opens sockets to PostgreSQL: addresses, keep-alive, TLS. Does not know what is sent over them.

use std::io;
use std::net::SocketAddr;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::binding::server_end_point;
use super::parameters::SslMode;
use super::target::{ConnectTarget, PgHost};

/// The traits of both kinds of socket, and of TLS over them.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for T {}

/// An open socket, encrypted or not.
pub type Socket = Box<dyn Duplex>;

/// One address of a target's host. A cancel request must go to this address, even if the name resolves to another by
/// then.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    pub place: usize,
    /// None: a Unix socket.
    pub ip: Option<SocketAddr>,
    pub encryption: Encryption,
}

/// How to encrypt a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    Never,
    IfOffered,
    Always,
}

/// A socket that has been opened.
pub struct Dialled {
    pub socket: Socket,
    pub encrypted: bool,
    /// The channel binding.
    pub binding: Option<Vec<u8>>,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    #[error("{0}")]
    Io(#[from] io::Error),
    /// TLS is required but not available.
    #[error("TLS: {0}")]
    Tls(String),
}

impl ConnectTarget {
    /// The addresses of a host, with the encryptions to try, in order.
    pub(super) async fn addresses(&self, place: usize) -> io::Result<Vec<Address>> {
        let PgHost::Tcp { dial, port, .. } = &self.places[place] else {
            return Ok(vec![Address { place, ip: None, encryption: Encryption::Never }]);
        };
        let ways = match self.ssl_mode() {
            SslMode::Disable => &[Encryption::Never][..],
            SslMode::Allow => &[Encryption::Never, Encryption::Always],
            // PostgreSQL may offer TLS but have rules that refuse it.
            SslMode::Prefer => &[Encryption::IfOffered, Encryption::Never],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Encryption::Always],
        };
        let ips = lookup_host((dial.as_str(), *port)).await?;
        Ok(ips.flat_map(|ip| ways.iter().map(move |way| Address { place, ip: Some(ip), encryption: *way })).collect())
    }

    /// Opens a socket to an address.
    pub async fn dial(&self, address: Address) -> Result<Dialled, DialError> {
        match (&self.places[address.place], address.ip) {
            (PgHost::Tcp { host, .. }, Some(ip)) => {
                let socket = TcpStream::connect(ip).await?;
                socket.set_nodelay(true)?;
                self.look_after(&socket)?;
                match address.encryption {
                    Encryption::Never => Ok(Dialled { socket: Box::new(socket), encrypted: false, binding: None }),
                    encryption => self.encrypt(socket, host, encryption).await,
                }
            }
            (PgHost::Unix(path), _) => {
                Ok(Dialled { socket: Box::new(UnixStream::connect(path).await?), encrypted: false, binding: None })
            }
            (PgHost::Tcp { .. }, None) => Err(io::Error::from(io::ErrorKind::AddrNotAvailable).into()),
        }
    }

    /// Enables TCP keep-alive.
    fn look_after(&self, socket: &TcpStream) -> io::Result<()> {
        let options = SockRef::from(socket);
        if let Some(keep_alive) = self.keep_alive() {
            options.set_tcp_keepalive(keep_alive)?;
        }
        #[cfg(target_os = "linux")]
        options.set_tcp_user_timeout(self.user_timeout())?;
        Ok(())
    }

    async fn encrypt(&self, mut socket: TcpStream, host: &str, encryption: Encryption) -> Result<Dialled, DialError> {
        let mut request = BytesMut::new();
        frontend::ssl_request(&mut request);
        socket.write_all(&request).await?;
        // Exactly one byte: reading more could accept bytes that an attacker sent before the handshake.
        match socket.read_u8().await? {
            b'S' => {}
            b'N' if encryption == Encryption::IfOffered => {
                return Ok(Dialled { socket: Box::new(socket), encrypted: false, binding: None });
            }
            b'N' => return Err(DialError::Tls("PostgreSQL does not offer TLS, and sslmode requires it".into())),
            _ => return Err(DialError::Tls("the server that listens there is not PostgreSQL".into())),
        }
        let refused = |error: &dyn std::fmt::Display| DialError::Tls(format!("{error}{}", advice(&error.to_string())));
        let name = ServerName::try_from(host.to_owned()).map_err(|error| refused(&error))?;
        let connector = TlsConnector::from(self.tls());
        let socket = connector.connect(name, socket).await.map_err(|error| refused(&error))?;
        let certificate = socket.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let binding = certificate.and_then(|certificate| server_end_point(certificate));
        Ok(Dialled { socket: Box::new(socket), encrypted: true, binding })
    }
}

/// Explains a failed handshake.
fn advice(error: &str) -> &'static str {
    if error.contains("UnknownIssuer") || error.contains("BadSignature") {
        " (signed by an authority that sslrootcert, or the system, does not have)"
    } else if error.contains("not valid for name") || error.contains("NotValidForName") {
        " (sslmode=verify-ca does not look at the name)"
    } else {
        ""
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_peer_that_is_gone_is_noticed_when_the_url_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let options = SockRef::from(&socket);
        for (parameters, keep_alive, idle, limit) in [
            ("", true, 10, Some(Duration::from_secs(25))),
            ("&keepalives_idle=7&tcp_user_timeout=900", true, 7, Some(Duration::from_millis(900))),
            ("&tcp_user_timeout=0", true, 10, None),
        ] {
            let url = format!("postgres://ann@db/shop?sslmode=disable{parameters}");
            let target = ConnectTarget::new(&url.parse().unwrap(), "mtdd", Duration::from_secs(1)).unwrap();
            target.look_after(&socket).unwrap();
            assert_eq!(options.keepalive().unwrap(), keep_alive);
            assert_eq!(options.tcp_keepalive_time().unwrap(), Duration::from_secs(idle));
            assert_eq!(options.tcp_user_timeout().unwrap().filter(|limit| !limit.is_zero()), limit, "{parameters}");
        }
    }
}
