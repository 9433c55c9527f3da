//! The lookup server's two tables: created if missing, checked at every start. Also the lock that every change of them
//! takes. An operator may edit `mtdd_tenants` by hand while no lookup server runs: the counts are made anew at start.

use tokio_postgres::{Client, Error, IsolationLevel};

/// Held until the end of the transaction. The number is "mtdd" in ASCII, and then 1.
pub const LOCK: &str = "SELECT pg_advisory_xact_lock(x'6d74646400000001'::bigint)";

// Names compare byte by byte: exact, and no collation upgrade of the operating system can spoil the index.
const TENANTS: &str = "
    CREATE TABLE mtdd_tenants (
        tenant_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tenant_name text COLLATE \"C\" NOT NULL,
        tenant_type integer NOT NULL,
        shard_index integer NOT NULL CHECK (shard_index >= 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_name, tenant_type)
    )";

const COUNTS: &str = "
    CREATE TABLE mtdd_tenant_counts (
        shard_index integer PRIMARY KEY,
        tenants bigint NOT NULL
    )";

const RECOUNT: &str = "
    DELETE FROM mtdd_tenant_counts;
    INSERT INTO mtdd_tenant_counts (shard_index, tenants)
        SELECT shard_index, count(*) FROM mtdd_tenants GROUP BY shard_index";

/// Creates what is missing, counts the tenants, and tells the highest shard that has one.
pub async fn set_up(client: &mut Client) -> Result<Option<i32>, Error> {
    let transaction =
        client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).read_only(false).start().await?;
    transaction.query(LOCK, &[]).await?;
    // Not `IF NOT EXISTS`: that needs the right to create even where nothing is to be created.
    for (table, create) in [("mtdd_tenants", TENANTS), ("mtdd_tenant_counts", COUNTS)] {
        let missing = transaction.query_one("SELECT to_regclass($1::text) IS NULL", &[&table]).await?;
        if missing.try_get(0)? {
            transaction.batch_execute(create).await?;
            tracing::info!(table, "created");
        }
    }
    transaction.batch_execute(RECOUNT).await?;
    let highest = transaction.query_one("SELECT max(shard_index) FROM mtdd_tenant_counts", &[]).await?.try_get(0)?;
    transaction.commit().await?;
    Ok(highest)
}
