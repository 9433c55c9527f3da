//! How to reach a PostgreSQL: its URL, hosts and ports, `sslmode`, TLS, and which of several servers is wanted. The
//! query server speaks PostgreSQL's protocol itself, and the lookup server and LISTEN use tokio-postgres; all start
//! here, so that a URL means the same for all of them.

mod binding;
mod client;
mod conninfo;
mod open;
mod parameters;
mod random;
mod role;
mod socket;
mod target;
mod tls;
mod url;

pub use client::{ClientError, connect};
pub use open::{Attempted, open};
pub use parameters::Binding;
pub use random::random;
pub use role::Role;
pub use socket::{Address, DialError, Dialled, Socket};
pub use target::{ConnectTarget, PgHost};
pub use url::DatabaseUrl;
