//! The frequent queries on the tenants' tables, prepared on every connection.

use futures_util::future::try_join4;
use tokio_postgres::{Client, Statement};

use super::schema;

const FIND: &str = "SELECT tenant_id, shard_index, epoch FROM mtdd_tenants WHERE tenant_name = $1 AND tenant_type = $2";

const COUNTS: &str = "SELECT shard_index, tenants FROM mtdd_tenant_counts WHERE shard_index < $1";

const REGISTER: &str = "
    WITH tenant AS (
        INSERT INTO mtdd_tenants (tenant_name, tenant_type, shard_index) VALUES ($1, $2, $3) RETURNING tenant_id, epoch
    ), counted AS (
        INSERT INTO mtdd_tenant_counts AS counts (shard_index, tenants) VALUES ($3, 1)
        ON CONFLICT (shard_index) DO UPDATE SET tenants = counts.tenants + 1
    )
    SELECT tenant_id, $3, epoch FROM tenant";

/// The prepared statements of every connection.
pub struct Statements {
    pub find: Statement,
    pub lock: Statement,
    pub counts: Statement,
    pub register: Statement,
}

impl Statements {
    /// Prepares them on a connection.
    pub async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let (find, lock, counts, register) = try_join4(
            client.prepare(FIND),
            client.prepare(schema::LOCK),
            client.prepare(COUNTS),
            client.prepare(REGISTER),
        )
        .await?;
        Ok(Statements { find, lock, counts, register })
    }
}
