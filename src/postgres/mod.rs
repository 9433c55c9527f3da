//! How to reach a PostgreSQL: its URL, hosts and ports, `sslmode`, and TLS. Opens no connection: the query server
//! speaks PostgreSQL's protocol itself, the lookup server has tokio-postgres do it, and both begin here.

mod encrypted;
mod target;
mod tls;
mod url;

pub use encrypted::Tls;
pub use target::{Place, Target};
pub use url::DatabaseUrl;
