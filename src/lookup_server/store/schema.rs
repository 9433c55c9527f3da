//! The lookup server's tables: created if missing, checked at every start, and upgraded from earlier versions, whose
//! lookup servers keep working on them. Also the lock that every change takes. Move tenants with `mtdd-server lookup
//! move`, not with an UPDATE, which the query servers would not notice. The counts are recomputed at every start.

use tokio_postgres::{Client, Error, IsolationLevel, Transaction};

/// Held until the end of the transaction. The number is "mtdd" in ASCII, followed by 1.
pub const LOCK: &str = "SELECT pg_advisory_xact_lock(x'6d74646400000001'::bigint)";

// Names compare byte by byte, so no collation upgrade of the operating system can corrupt the index.
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

// `moving_to`: the target of a move in progress, or -1 for a removal. The default also applies to tenants that an
// earlier version registers; a constant default does not rewrite the table.
const PLACEMENTS: &str = "
    ALTER TABLE mtdd_tenants
        ADD COLUMN epoch bigint NOT NULL DEFAULT 1,
        ADD COLUMN moving_to integer";

// The last change of each tenant that was ever moved or removed. Without `shard_index` it was removed. Every change
// holds the lock until commit, so versions increase in commit order.
const CHANGES: &str = "
    CREATE TABLE mtdd_placement_changes (
        tenant_name text COLLATE \"C\" NOT NULL,
        tenant_type integer NOT NULL,
        version bigint NOT NULL UNIQUE,
        shard_index integer,
        epoch bigint NOT NULL,
        moving boolean NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_name, tenant_type)
    )";

// The query servers that watch, each with its lease.
const QUERY_SERVERS: &str = "
    CREATE TABLE mtdd_query_servers (
        server_id text PRIMARY KEY,
        shard_index integer NOT NULL,
        acknowledged bigint NOT NULL,
        expires_at timestamptz NOT NULL,
        joined_at timestamptz NOT NULL DEFAULT now()
    )";

// The server applies every change up to `received` to all tenants except those in `busy` ("type:name").
const RECEIVED: &str = "
    ALTER TABLE mtdd_query_servers
        ADD COLUMN received bigint NOT NULL DEFAULT 0,
        ADD COLUMN busy text[] NOT NULL DEFAULT '{}'";

const LACKS_RECEIVED: &str = "
    SELECT NOT EXISTS (SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('mtdd_query_servers') AND attname = 'received' AND NOT attisdropped)";

const LACKS_EPOCHS: &str = "
    SELECT NOT EXISTS (SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('mtdd_tenants') AND attname = 'epoch' AND NOT attisdropped)";

// The result of the last step of `create_missing`.
const IS_COMPLETE: &str = "
    SELECT bool_and(to_regclass(name) IS NOT NULL)
           AND (SELECT count(*) = 2 FROM pg_attribute
                 WHERE attrelid IN (to_regclass('mtdd_tenants'), to_regclass('mtdd_query_servers'))
                   AND attname IN ('epoch', 'received') AND NOT attisdropped)
      FROM unnest('{mtdd_tenants,mtdd_tenant_counts,mtdd_placement_changes,mtdd_query_servers}'::text[]) AS name";

const RECOUNT: &str = "
    DELETE FROM mtdd_tenant_counts;
    INSERT INTO mtdd_tenant_counts (shard_index, tenants)
        SELECT shard_index, count(*) FROM mtdd_tenants GROUP BY shard_index";

/// Creates missing tables, counts the tenants, and returns the highest shard with a tenant. For a server's start.
pub async fn set_up(client: &mut Client) -> Result<Option<i32>, Error> {
    let transaction = begin(client).await?;
    create_missing(&transaction).await?;
    transaction.batch_execute(RECOUNT).await?;
    let highest = transaction.query_one("SELECT max(shard_index) FROM mtdd_tenant_counts", &[]).await?.try_get(0)?;
    transaction.commit().await?;
    Ok(highest)
}

/// Creates missing tables. For an operator's command, which does not count, because that would block registrations.
pub async fn bring_up(client: &mut Client) -> Result<(), Error> {
    let complete = client.query_one(IS_COMPLETE, &[]).await?.try_get(0)?;
    if complete {
        return Ok(());
    }
    let transaction = begin(client).await?;
    create_missing(&transaction).await?;
    transaction.batch_execute(RECOUNT).await?;
    transaction.commit().await
}

async fn begin(client: &mut Client) -> Result<Transaction<'_>, Error> {
    let transaction =
        client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).read_only(false).start().await?;
    transaction.query(LOCK, &[]).await?;
    Ok(transaction)
}

async fn create_missing(transaction: &Transaction<'_>) -> Result<(), Error> {
    // Not `IF NOT EXISTS`, which needs the CREATE privilege even if the table exists.
    let relations = [
        ("mtdd_tenants", TENANTS),
        ("mtdd_tenant_counts", COUNTS),
        ("mtdd_placement_changes", CHANGES),
        ("mtdd_query_servers", QUERY_SERVERS),
    ];
    for (table, create) in relations {
        let missing = transaction.query_one("SELECT to_regclass($1::text) IS NULL", &[&table]).await?;
        if missing.try_get(0)? {
            transaction.batch_execute(create).await?;
            tracing::info!(table, "created");
        }
    }
    if transaction.query_one(LACKS_EPOCHS, &[]).await?.try_get(0)? {
        transaction.batch_execute(PLACEMENTS).await?;
        tracing::info!(table = "mtdd_tenants", "added the column epoch: every tenant now has one");
    }
    if transaction.query_one(LACKS_RECEIVED, &[]).await?.try_get(0)? {
        transaction.batch_execute(RECEIVED).await?;
        tracing::info!(
            table = "mtdd_query_servers",
            "added columns, so that a move waits only for queries of its own \
             tenant"
        );
    }
    Ok(())
}
