-- The change log of MTDD: what `mtdd-server track` installs in the database of a shard. It can be run again; it keeps
-- what is logged.

CREATE SCHEMA IF NOT EXISTS mtdd;

-- One row: what holds for the whole log.
CREATE TABLE IF NOT EXISTS mtdd.change_log (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version integer NOT NULL DEFAULT 1,
    seed text NOT NULL DEFAULT gen_random_uuid()::text,
    channel text NOT NULL DEFAULT 'table_updates' CHECK (octet_length(channel) BETWEEN 1 AND 63),
    max_age interval NOT NULL DEFAULT '7 days' CHECK (max_age > '0'),
    max_bytes bigint NOT NULL DEFAULT 1073741824 CHECK (max_bytes > 0),
    -- Changes of this transaction and of older ones may have been deleted.
    trimmed_xid xid8 NOT NULL DEFAULT '0'
);
INSERT INTO mtdd.change_log DEFAULT VALUES ON CONFLICT DO NOTHING;

-- A position is a snapshot: what is visible in it has been read. What became visible since is read in the order of its
-- numbers. A row is changed again only after the change before has been committed, so no snapshot has the later change
-- without the earlier one, and the later one has the greater number. The order of xids says nothing of the kind.
CREATE TABLE IF NOT EXISTS mtdd.changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL,
    -- '': the change concerns every tenant.
    tenant text NOT NULL,
    table_name text NOT NULL,
    -- RESET: copies of the table have to be read again: it was truncated, or tracking began.
    action text NOT NULL CHECK (action IN ('INSERT', 'UPDATE', 'DELETE', 'RESET')),
    data json,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS changes_by_transaction ON mtdd.changes (xid);
CREATE INDEX IF NOT EXISTS changes_of_tenant ON mtdd.changes (tenant, xid);

CREATE TABLE IF NOT EXISTS mtdd.tracked_tables (
    -- As clients name it.
    name text PRIMARY KEY,
    relation regclass NOT NULL UNIQUE,
    tenant_column name NOT NULL,
    key_columns name[] NOT NULL
);

-- Names this log, as long as its positions mean the same: not after a dump was restored, a database was copied, or
-- another server was promoted.
CREATE OR REPLACE FUNCTION mtdd.change_log_id() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substr(md5(concat_ws(' ', log.seed, control.system_identifier, database.oid, left(pg_walfile_name(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END), 8))), 1, 10)
    FROM mtdd.change_log log, pg_control_system() control, pg_database database
    WHERE database.datname = current_database()
$$;

-- A row as JSON, whatever the settings of the session.
CREATE OR REPLACE FUNCTION mtdd.row_json(record) RETURNS json
LANGUAGE plpgsql STABLE
SET TimeZone = 'UTC' SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
SET bytea_output = 'hex'
AS $$ BEGIN RETURN row_to_json($1); END $$;

CREATE OR REPLACE FUNCTION mtdd.record_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Arguments: the table's name, the tenant column, and the key columns.
    tenant_column CONSTANT text := TG_ARGV[1];
    channel text;
    old_row jsonb;
    new_row jsonb;
    is_moved boolean := false;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO mtdd.changes (xid, tenant, table_name, action)
        VALUES (pg_current_xact_id(), '', TG_ARGV[0], 'RESET');
    ELSE
        IF TG_OP <> 'INSERT' THEN old_row := to_jsonb(OLD); END IF;
        IF TG_OP <> 'DELETE' THEN new_row := to_jsonb(NEW); END IF;
        IF NOT coalesce(new_row, old_row) ? tenant_column THEN
            RAISE EXCEPTION 'table % has no column %, which names the tenant of its tracked changes', TG_RELID::regclass, tenant_column
                USING ERRCODE = 'undefined_column', HINT = 'Run mtdd-server track again with the new --tenant-column.';
        END IF;
        IF TG_OP = 'UPDATE' THEN
            is_moved := (old_row -> tenant_column) IS DISTINCT FROM (new_row -> tenant_column);
            FOR i IN 2 .. TG_NARGS - 1 LOOP
                is_moved := is_moved OR (old_row -> TG_ARGV[i]) IS DISTINCT FROM (new_row -> TG_ARGV[i]);
            END LOOP;
        END IF;
        -- A row that gets another key or another tenant is gone under the old ones.
        IF (TG_OP = 'DELETE' OR is_moved) AND old_row ->> tenant_column <> '' THEN
            INSERT INTO mtdd.changes (xid, tenant, table_name, action, data)
            VALUES (pg_current_xact_id(), old_row ->> tenant_column, TG_ARGV[0], 'DELETE', mtdd.row_json(OLD));
        END IF;
        IF TG_OP <> 'DELETE' AND new_row ->> tenant_column <> '' THEN
            INSERT INTO mtdd.changes (xid, tenant, table_name, action, data)
            VALUES (pg_current_xact_id(), new_row ->> tenant_column, TG_ARGV[0],
                CASE WHEN is_moved THEN 'INSERT' ELSE TG_OP END, mtdd.row_json(NEW));
        END IF;
    END IF;
    -- Equal notifications of a transaction are sent once.
    SELECT log.channel INTO channel FROM mtdd.change_log log;
    PERFORM pg_notify(channel, format('{"position":"%s"}', pg_current_xact_id()));
    RETURN NULL;
END
$$;

-- Deletes what is older than max_age, and the oldest beyond max_bytes: whole transactions, and only so many changes each
-- time; returns how many.
CREATE OR REPLACE FUNCTION mtdd.trim_changes(most integer DEFAULT 20000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    log mtdd.change_log;
    kept bigint;
    width numeric;
    excess bigint;
    last xid8;
    deleted bigint;
BEGIN
    -- Nobody waits for it.
    SELECT * INTO log FROM mtdd.change_log FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN 0; END IF;
    SELECT greatest(n_live_tup, 0) INTO kept FROM pg_stat_all_tables WHERE relid = 'mtdd.changes'::regclass;
    SELECT avg(pg_column_size(recent.*)) INTO width
    FROM (SELECT * FROM mtdd.changes ORDER BY number DESC LIMIT 200) recent;
    excess := greatest(0, kept - floor(log.max_bytes / coalesce(width, 1))::bigint);

    WITH first_rows AS (
        SELECT xid, changed_at, row_number() OVER (ORDER BY xid, number) AS place
        FROM (
            SELECT * FROM mtdd.changes WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY xid LIMIT most
        ) readable
    ), first_young AS (
        SELECT coalesce(min(place), most + 1) AS place FROM first_rows
        WHERE changed_at >= clock_timestamp() - log.max_age
    )
    SELECT xid INTO last FROM first_rows
    WHERE place <= excess OR place < (SELECT place FROM first_young)
    ORDER BY place DESC LIMIT 1;
    IF last IS NULL THEN RETURN 0; END IF;

    DELETE FROM mtdd.changes WHERE xid <= last;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    UPDATE mtdd.change_log SET trimmed_xid = last;
    RETURN deleted;
END
$$;

-- Tracks a table: from the commit on, every change of a row that has a tenant is logged.
CREATE OR REPLACE FUNCTION mtdd.track_table(relation_name text, tenant_column_name text, public_name text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    -- As it is written, or as SQL folds it.
    tracked CONSTANT regclass := coalesce(
        CASE WHEN relation_name !~ '[."]' THEN to_regclass(quote_ident(relation_name)) END, to_regclass(relation_name));
    tenant_column name;
    key_columns name[];
    published text;
    arguments text;
BEGIN
    IF tracked IS NULL THEN
        RAISE EXCEPTION 'there is no table %', relation_name USING ERRCODE = 'undefined_table';
    END IF;
    IF (SELECT relkind NOT IN ('r', 'p') OR relpersistence = 't' FROM pg_class WHERE oid = tracked) THEN
        RAISE EXCEPTION '% cannot be tracked: it is no ordinary table', tracked USING ERRCODE = 'wrong_object_type';
    END IF;
    SELECT attname INTO tenant_column FROM pg_attribute
    WHERE attrelid = tracked AND attnum > 0 AND NOT attisdropped AND lower(attname) = lower(tenant_column_name)
    ORDER BY attname = tenant_column_name DESC, attname = lower(tenant_column_name) DESC LIMIT 1;
    IF tenant_column IS NULL THEN
        RAISE EXCEPTION 'table % has no column %', tracked, tenant_column_name USING ERRCODE = 'undefined_column';
    END IF;
    -- The primary key, or else a unique index whose columns are never null.
    SELECT array_agg(a.attname ORDER BY k.place) INTO key_columns
    FROM (
        SELECT i.indkey, i.indnkeyatts FROM pg_index i
        WHERE i.indrelid = tracked AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
          AND NOT EXISTS (
              SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1]) part
              JOIN pg_attribute a ON a.attrelid = tracked AND a.attnum = part WHERE NOT a.attnotnull)
        ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1
    ) best, unnest(best.indkey[0:best.indnkeyatts - 1]) WITH ORDINALITY k (attnum, place)
    JOIN pg_attribute a ON a.attrelid = tracked AND a.attnum = k.attnum;
    IF key_columns IS NULL THEN
        RAISE EXCEPTION 'table % cannot be tracked: it has no primary key', tracked
            USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Add a primary key, or a unique index over columns that are NOT NULL.';
    END IF;
    SELECT coalesce(public_name, relname) INTO published FROM pg_class WHERE oid = tracked;
    IF EXISTS (SELECT FROM mtdd.tracked_tables t WHERE t.name = published AND t.relation <> tracked) THEN
        RAISE EXCEPTION 'another table is tracked as %', published
            USING ERRCODE = 'duplicate_object', HINT = 'Give this one another name, with --name.';
    END IF;
    DELETE FROM mtdd.tracked_tables t WHERE t.relation = tracked;
    INSERT INTO mtdd.tracked_tables VALUES (published, tracked, tenant_column, key_columns);

    SELECT string_agg(quote_literal(part), ', ') INTO arguments
    FROM unnest(ARRAY[published, tenant_column::text] || key_columns::text[]) part;
    EXECUTE format('DROP TRIGGER IF EXISTS mtdd_record_change ON %s', tracked);
    EXECUTE format('DROP TRIGGER IF EXISTS mtdd_record_truncate ON %s', tracked);
    EXECUTE format('CREATE TRIGGER mtdd_record_change AFTER INSERT OR UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION mtdd.record_change(%s)', tracked, arguments);
    EXECUTE format('CREATE TRIGGER mtdd_record_truncate AFTER TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION mtdd.record_change(%s)', tracked, arguments);
    -- Rows that replication brings are changes too.
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER mtdd_record_change, ENABLE ALWAYS TRIGGER mtdd_record_truncate',
        tracked);
    -- What happened while it was not tracked is in no log.
    INSERT INTO mtdd.changes (xid, tenant, table_name, action) VALUES (pg_current_xact_id(), '', published, 'RESET');
END
$$;

-- Stops tracking a table. What is logged stays until it is trimmed. False: it was not tracked.
CREATE OR REPLACE FUNCTION mtdd.untrack_table(table_name text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    relation regclass;
BEGIN
    DELETE FROM mtdd.tracked_tables t
    WHERE t.name = table_name OR t.relation = coalesce(
        CASE WHEN table_name !~ '[."]' THEN to_regclass(quote_ident(table_name)) END, to_regclass(table_name))
    RETURNING t.relation INTO relation;
    IF NOT FOUND THEN RETURN false; END IF;
    IF EXISTS (SELECT FROM pg_class WHERE oid = relation) THEN
        EXECUTE format('DROP TRIGGER IF EXISTS mtdd_record_change ON %s', relation);
        EXECUTE format('DROP TRIGGER IF EXISTS mtdd_record_truncate ON %s', relation);
    END IF;
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION mtdd.change_log_id(), mtdd.trim_changes(integer), mtdd.track_table(text, text, text),
    mtdd.untrack_table(text), mtdd.record_change() FROM PUBLIC;
