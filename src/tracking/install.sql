-- The change log of MTDD: what `mtdd-server track` installs in the database of a shard. It can be run again; it keeps
-- what is logged.

CREATE SCHEMA IF NOT EXISTS mtdd;
-- Who owns the schema could put functions of its own in place of these.
DO $$
BEGIN
    IF (SELECT nspowner FROM pg_namespace WHERE nspname = 'mtdd') <> (SELECT oid FROM pg_roles WHERE rolname = current_user) THEN
        RAISE EXCEPTION 'the schema mtdd belongs to another role' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Run this by that role, or let this one own the schema and what is in it.';
    END IF;
END
$$;

-- One row: what holds for the whole log.
CREATE TABLE IF NOT EXISTS mtdd.change_log (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version integer NOT NULL DEFAULT 1,
    seed text NOT NULL DEFAULT gen_random_uuid()::text,
    -- What `change_log_id` said when the log was begun. Where it says something else, the log has to begin anew.
    id text,
    channel text NOT NULL DEFAULT 'table_updates' CHECK (octet_length(channel) BETWEEN 1 AND 63),
    max_age interval NOT NULL DEFAULT '7 days' CHECK (max_age > '0'),
    max_bytes bigint NOT NULL DEFAULT 1073741824 CHECK (max_bytes > 0),
    -- Changes of this transaction and of older ones may have been deleted.
    trimmed_xid xid8 NOT NULL DEFAULT '0'
);
INSERT INTO mtdd.change_log DEFAULT VALUES ON CONFLICT DO NOTHING;

-- A position is a snapshot: what is visible in it has been read. What became visible since is read in the order of its
-- numbers. Each change says how a row is when it is logged, so the last one says how it stays: a row is changed again only
-- after the transaction before has been committed, and then the later change has the greater number, and no snapshot
-- has it without the earlier one. The order of xids says nothing of the kind.
CREATE TABLE IF NOT EXISTS mtdd.changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- '': the change concerns every tenant.
    tenant text COLLATE "C" NOT NULL,
    -- NULL: tenants of every type.
    tenant_type integer,
    table_name text NOT NULL,
    -- RESET: copies of the table have to be read again: it was truncated, tracking began, or the row is too large.
    action text NOT NULL CHECK (action IN ('INSERT', 'UPDATE', 'DELETE', 'RESET')),
    data json,
    -- Of `data` as text.
    bytes integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Not IF NOT EXISTS, which waits for all writers.
DO $$
BEGIN
    IF to_regclass('mtdd.changes_by_transaction') IS NULL THEN
        CREATE INDEX changes_by_transaction ON mtdd.changes (xid);
        CREATE INDEX changes_of_tenant ON mtdd.changes (tenant COLLATE "C", xid);
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS mtdd.tracked_tables (
    -- As clients name it.
    name text PRIMARY KEY CHECK (octet_length(name) BETWEEN 1 AND 63),
    relation regclass NOT NULL UNIQUE,
    tenant_column name NOT NULL,
    tenant_type_column name,
    key_columns name[] NOT NULL,
    -- That of its trigger.
    function_name name NOT NULL
);

-- Names this log, as long as its positions mean the same: not after a dump was restored, a database was copied, or
-- another server was promoted.
CREATE OR REPLACE FUNCTION mtdd.change_log_id() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substr(md5(concat_ws(' ', log.seed, control.system_identifier, database.oid, CASE
        WHEN pg_is_in_recovery() THEN upper(lpad(to_hex((pg_control_checkpoint()).timeline_id), 8, '0'))
        ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END)), 1, 10)
    FROM mtdd.change_log log, pg_control_system() control, pg_database database
    WHERE database.datname = current_database()
$$;

-- Begins the log anew where its transactions are those of another server, or of another time.
CREATE OR REPLACE FUNCTION mtdd.begin_change_log() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present CONSTANT text := mtdd.change_log_id();
    known text;
BEGIN
    SELECT id INTO known FROM mtdd.change_log FOR UPDATE;
    IF known IS DISTINCT FROM present THEN
        DELETE FROM mtdd.changes;
        UPDATE mtdd.change_log SET id = present, trimmed_xid = '0';
    END IF;
    RETURN present;
END
$$;

-- A row as JSON, whatever the settings of the session.
CREATE OR REPLACE FUNCTION mtdd.row_json(record) RETURNS json
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    -- Setting what is set already takes longer than all the rest.
    IF current_setting('TimeZone') IN ('UTC', 'Etc/UTC') AND current_setting('DateStyle') LIKE 'ISO%'
        AND current_setting('IntervalStyle') = 'postgres' AND current_setting('extra_float_digits') = '1'
        AND current_setting('bytea_output') = 'hex'
    THEN
        RETURN row_to_json($1);
    END IF;
    RETURN mtdd.row_json_by_settings($1);
END
$$;

CREATE OR REPLACE FUNCTION mtdd.row_json_by_settings(record) RETURNS json
LANGUAGE plpgsql STABLE
SET TimeZone = 'UTC' SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
SET bytea_output = 'hex'
AS $$ BEGIN RETURN row_to_json($1); END $$;

-- Logs how a row is, or was, for its tenant. The triggers call it, with the rights of whoever installed it.
CREATE OR REPLACE FUNCTION mtdd.log_row(tenant text, tenant_type integer, table_name text, action text, data json)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    -- Larger ones could not be sent together with others. Bytes.
    largest CONSTANT integer := 8388608;
    size CONSTANT integer := octet_length(data::text);
BEGIN
    -- It belongs to nobody.
    IF tenant IS NULL OR tenant = '' THEN RETURN; END IF;
    IF size > largest THEN
        INSERT INTO mtdd.changes (tenant, tenant_type, table_name, action) VALUES (tenant, tenant_type, table_name, 'RESET');
    ELSE
        INSERT INTO mtdd.changes (tenant, tenant_type, table_name, action, data, bytes)
        VALUES (tenant, tenant_type, table_name, action, data, size);
    END IF;
END
$$;

-- Says that there is more. Equal notifications of a transaction are sent once. The triggers call it.
CREATE OR REPLACE FUNCTION mtdd.notify_changes() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    channel text;
BEGIN
    -- What has been read must not be lost in a crash: its transaction number would be used again.
    IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'local', true); END IF;
    SELECT log.channel INTO channel FROM mtdd.change_log log;
    PERFORM pg_notify(channel, format('{"position":"%s"}', pg_current_xact_id()));
END
$$;

-- A trigger's function that runs casts with the rights of the log's owner must not run those of others: to json, jsonb,
-- text and integer.
CREATE OR REPLACE FUNCTION mtdd.refuse_foreign_casts(relation oid) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    refused text;
BEGIN
    WITH RECURSIVE types (oid) AS (
        SELECT atttypid FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
        UNION
        SELECT inner_type FROM types JOIN pg_type t ON t.oid = types.oid, LATERAL (
            SELECT unnest(ARRAY[t.typbasetype, t.typelem])
            UNION ALL SELECT atttypid FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0
        ) parts (inner_type) WHERE inner_type <> 0
    )
    SELECT format_type(castsource, NULL) INTO refused
    FROM types JOIN pg_cast ON castsource = types.oid AND casttarget IN (114, 3802, 25, 23)
    JOIN pg_proc f ON f.oid = castfunc JOIN pg_roles owner ON owner.oid = f.proowner
    WHERE NOT owner.rolsuper AND owner.rolname <> current_user LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'a change of % cannot be logged: its type % has a cast of its own', relation::regclass, refused
            USING ERRCODE = 'insufficient_privilege', HINT = 'Let the owner of the change log own the function of the cast.';
    END IF;
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
    IF NOT FOUND OR log.id IS DISTINCT FROM mtdd.change_log_id() THEN RETURN 0; END IF;
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

-- A table's trigger after TRUNCATE. Its argument: the table's name.
CREATE OR REPLACE FUNCTION mtdd.record_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO mtdd.changes (tenant, table_name, action) VALUES ('', TG_ARGV[0], 'RESET');
    PERFORM mtdd.notify_changes();
    RETURN NULL;
END
$$;

-- Tracks a table: from the commit on, every change of a row that has a tenant is logged.
CREATE OR REPLACE FUNCTION mtdd.track_table(
    relation_name text, tenant_column_name text, public_name text DEFAULT NULL, type_column_name text DEFAULT NULL,
    ignore_policies boolean DEFAULT false
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    -- As it is written, or as SQL folds it.
    tracked CONSTANT regclass := coalesce(
        CASE WHEN relation_name !~ '[."]' THEN to_regclass(quote_ident(relation_name)) END, to_regclass(relation_name));
    kind pg_class;
    tenant_column CONSTANT name := mtdd.column_named(tracked, tenant_column_name);
    type_column CONSTANT name := mtdd.column_named(tracked, type_column_name);
    key_index oid;
    key_columns name[];
    published text;
    -- Not by the table's id, which is another one after a restore.
    new_function CONSTANT name := 'record_' || substr(md5(gen_random_uuid()::text), 1, 16);
    old_function name;
    part regclass;
BEGIN
    IF tracked IS NULL THEN
        RAISE EXCEPTION 'there is no table %', relation_name USING ERRCODE = 'undefined_table';
    END IF;
    SELECT * INTO kind FROM pg_class WHERE oid = tracked;
    IF kind.relkind NOT IN ('r', 'p') OR kind.relpersistence <> 'p' THEN
        RAISE EXCEPTION '% cannot be tracked: it is no ordinary table that outlives a crash', tracked
            USING ERRCODE = 'wrong_object_type';
    END IF;
    IF kind.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = tracked) THEN
        RAISE EXCEPTION '% cannot be tracked: tables inherit from it', tracked USING ERRCODE = 'wrong_object_type';
    END IF;
    IF kind.relrowsecurity AND NOT ignore_policies THEN
        RAISE EXCEPTION '% has row-level security, which clients of its changes would go past', tracked
            USING ERRCODE = 'insufficient_privilege',
            HINT = 'If its policies only keep tenants apart, say --ignore-policies. Name a --tenant-type-column if they also look at mtdd.tenant_type.';
    END IF;
    IF row_security_active(tracked) THEN
        RAISE EXCEPTION 'the policies of % hide rows from %, so that it cannot log their changes', tracked, current_user
            USING ERRCODE = 'insufficient_privilege', HINT = 'Run this by a role with BYPASSRLS, or as a superuser.';
    END IF;
    -- The primary key, or else a unique index whose columns are never null. Deferred checks would let two rows have one key.
    SELECT i.indexrelid INTO key_index FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am method ON method.oid = c.relam AND method.amname = 'btree'
    WHERE i.indrelid = tracked AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
      AND i.indexprs IS NULL AND NOT EXISTS (
          SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1]) key_part
          JOIN pg_attribute a ON a.attrelid = tracked AND a.attnum = key_part WHERE NOT a.attnotnull)
    ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1;
    IF key_index IS NULL THEN
        RAISE EXCEPTION 'table % cannot be tracked: it has no primary key, or one that is checked late', tracked
            USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Add a primary key, or a unique index over columns that are NOT NULL; neither may be DEFERRABLE.';
    END IF;
    SELECT array_agg(a.attname ORDER BY k.place) INTO key_columns
    FROM pg_index i, unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY k (attnum, place)
    JOIN pg_attribute a ON a.attrelid = tracked AND a.attnum = k.attnum
    WHERE i.indexrelid = key_index;
    -- The trigger has no value of a virtual column.
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = tracked AND attgenerated = 'v'
               AND attname = ANY (key_columns || tenant_column || type_column)) THEN
        RAISE EXCEPTION 'table % cannot be tracked: its key, or its tenant, is computed when it is read', tracked
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF type_column IS NOT NULL THEN
        EXECUTE (SELECT format('SELECT NULL::%s::integer', format_type(atttypid, NULL)) FROM pg_attribute
                 WHERE attrelid = tracked AND attname = type_column);
    END IF;
    published := coalesce(public_name, kind.relname);
    SELECT t.function_name INTO old_function FROM mtdd.tracked_tables t WHERE t.relation = tracked;
    DELETE FROM mtdd.tracked_tables t
    WHERE t.relation = tracked OR NOT EXISTS (SELECT FROM pg_class WHERE oid = t.relation);
    IF EXISTS (SELECT FROM mtdd.tracked_tables t WHERE t.name = published) THEN
        RAISE EXCEPTION 'another table is tracked as %', published
            USING ERRCODE = 'duplicate_object', HINT = 'Give this one another name, with --name.';
    END IF;
    INSERT INTO mtdd.tracked_tables
    VALUES (published, tracked, tenant_column, type_column, key_columns, new_function);

    EXECUTE mtdd.trigger_function(new_function, tracked, key_index, published, tenant_column, type_column, key_columns);
    EXECUTE format('REVOKE ALL ON FUNCTION mtdd.%I() FROM PUBLIC', new_function);
    -- OR REPLACE: a trigger that is dropped would let nobody read meanwhile.
    EXECUTE format('CREATE OR REPLACE TRIGGER mtdd_record_change AFTER INSERT OR UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION mtdd.%I()', tracked, new_function);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER mtdd_record_change', tracked);
    FOR part IN SELECT tracked UNION SELECT relid FROM pg_partition_tree(tracked) LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER mtdd_record_truncate AFTER TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION mtdd.record_truncate(%L)', part, published);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER mtdd_record_truncate', part);
    END LOOP;
    IF old_function IS NOT NULL THEN EXECUTE format('DROP FUNCTION IF EXISTS mtdd.%I()', old_function); END IF;
    -- What happened while it was not tracked is in no log.
    INSERT INTO mtdd.changes (tenant, table_name, action) VALUES ('', published, 'RESET');
    PERFORM mtdd.notify_changes();
END
$$;

-- A column, as it is written, or as SQL folds it. NULL for no name.
CREATE OR REPLACE FUNCTION mtdd.column_named(relation regclass, column_name text) RETURNS name
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    found_name name;
BEGIN
    IF relation IS NULL OR column_name IS NULL THEN RETURN NULL; END IF;
    SELECT attname INTO found_name FROM pg_attribute
    WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped AND lower(attname) = lower(column_name)
    ORDER BY attname = column_name DESC, attname = lower(column_name) DESC LIMIT 1;
    IF found_name IS NULL THEN
        RAISE EXCEPTION 'table % has no column %', relation, column_name USING ERRCODE = 'undefined_column';
    END IF;
    RETURN found_name;
END
$$;

-- A name in quotes. PL/pgSQL has words of its own, which quote_ident does not know.
CREATE OR REPLACE FUNCTION mtdd.quoted(name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT '"' || replace(name, '"', '""') || '"' $$;

-- The condition under which a row of the table is the one that the trigger's OLD or NEW says: by the operators of the
-- key, so that its index is used, and by the texts, which clients compare.
CREATE OR REPLACE FUNCTION mtdd.same_row(of_row text, key_index oid, key_columns name[], places name[]) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT string_agg(condition, ' AND ') FROM (
        SELECT 'mtdd_table.' || mtdd.quoted(key_columns[k.place]) || ' OPERATOR(' || mtdd.quoted(n.nspname) || '.'
            || o.oprname || ') ' || of_row || '.' || mtdd.quoted(key_columns[k.place])
        FROM pg_index i, unnest(i.indclass[0:i.indnkeyatts - 1]) WITH ORDINALITY k (class, place)
        JOIN pg_opclass c ON c.oid = k.class
        JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amopstrategy = 3
            AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
        JOIN pg_operator o ON o.oid = m.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
        WHERE i.indexrelid = key_index
        UNION ALL
        SELECT 'mtdd_table.' || mtdd.quoted(place) || '::text COLLATE "C" IS NOT DISTINCT FROM ' || of_row || '.'
            || mtdd.quoted(place) || '::text COLLATE "C"'
        FROM unnest(places) place
    ) conditions (condition)
$$;

-- -1: of nobody's type.
CREATE OR REPLACE FUNCTION mtdd.type_of(of_row text, type_column name) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN type_column IS NULL THEN 'NULL::integer'
        ELSE 'coalesce(' || of_row || '.' || mtdd.quoted(type_column) || '::integer, -1)' END
$$;

-- The text of a table's trigger function. It says how the row is now of each key and tenant that the change concerns,
-- because triggers of the application may have changed it again: what is logged last is how it stays.
CREATE OR REPLACE FUNCTION mtdd.trigger_function(
    function_name name, tracked regclass, key_index oid, published text, tenant_column name, type_column name,
    key_columns name[]
) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    named CONSTANT text := (SELECT mtdd.quoted(nspname) || '.' || mtdd.quoted(relname) FROM pg_class c
        JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = tracked);
    source CONSTANT text := CASE WHEN (SELECT relkind FROM pg_class WHERE oid = tracked) = 'r' THEN 'ONLY ' ELSE '' END || named;
    places CONSTANT name[] := array_remove(key_columns || tenant_column || type_column, NULL);
    -- Of which nothing in the texts is a part.
    tag CONSTANT text := '$mtdd_' || md5(gen_random_uuid()::text) || '$';
    settings text := '';
    find_row CONSTANT text := format('SELECT * INTO mtdd_present FROM %s AS mtdd_table WHERE ', source);
BEGIN
    -- The texts of other types depend on them.
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = tracked AND a.attname = ANY (places) AND a.atttypid NOT IN
        ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'bool'::regtype, 'text'::regtype,
         'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype, 'uuid'::regtype)) THEN
        settings := $s$SET TimeZone = 'UTC' SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
SET bytea_output = 'hex'$s$;
    END IF;
    RETURN format($body$
CREATE OR REPLACE FUNCTION mtdd.%1$s() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off SET enable_seqscan = off %2$s
AS %3$s
DECLARE
    mtdd_present record;
    mtdd_is_moved boolean := false;
BEGIN
    -- Another table, or a view, may have got its name.
    IF to_regclass(%4$L) IS DISTINCT FROM %5$s::oid::regclass THEN
        RAISE EXCEPTION 'table %% was renamed after it was tracked', %5$s::oid::regclass
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run mtdd-server track again.';
    END IF;
    -- Casts that come with PostgreSQL have no such functions.
    IF EXISTS (SELECT FROM pg_cast WHERE castfunc >= 16384 AND casttarget IN (114, 3802, 25, 23)) THEN
        PERFORM mtdd.refuse_foreign_casts(TG_RELID);
    END IF;
    IF TG_OP = 'UPDATE' THEN mtdd_is_moved := %6$s; END IF;
    IF TG_OP = 'DELETE' OR mtdd_is_moved THEN
        %7$s;
        IF FOUND THEN
            PERFORM mtdd.log_row(%8$s, %9$s, %10$L, 'UPDATE', mtdd.row_json(mtdd_present));
        ELSE
            PERFORM mtdd.log_row(%8$s, %9$s, %10$L, 'DELETE', mtdd.row_json(OLD));
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        %11$s;
        IF FOUND THEN
            PERFORM mtdd.log_row(%12$s, %13$s, %10$L, CASE WHEN mtdd_is_moved THEN 'INSERT' ELSE TG_OP END, mtdd.row_json(mtdd_present));
        ELSE
            PERFORM mtdd.log_row(%12$s, %13$s, %10$L, 'DELETE', mtdd.row_json(NEW));
        END IF;
    END IF;
    PERFORM mtdd.notify_changes();
    RETURN NULL;
END
%3$s
$body$,
        function_name, settings, tag, named, tracked::oid,
        (SELECT string_agg(format('OLD.%1$s::text COLLATE "C" IS DISTINCT FROM NEW.%1$s::text COLLATE "C"', mtdd.quoted(place)), ' OR ')
            FROM unnest(places) place),
        find_row || mtdd.same_row('OLD', key_index, key_columns, places), 'OLD.' || mtdd.quoted(tenant_column) || '::text',
        mtdd.type_of('OLD', type_column), published,
        find_row || mtdd.same_row('NEW', key_index, key_columns, places), 'NEW.' || mtdd.quoted(tenant_column) || '::text',
        mtdd.type_of('NEW', type_column));
END
$$;

CREATE OR REPLACE FUNCTION mtdd.drop_triggers(relation regclass, function_name name) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    part regclass;
BEGIN
    EXECUTE format('DROP TRIGGER IF EXISTS mtdd_record_change ON %s', relation);
    FOR part IN SELECT relation UNION SELECT relid FROM pg_partition_tree(relation) LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS mtdd_record_truncate ON %s', part);
    END LOOP;
    EXECUTE format('DROP FUNCTION IF EXISTS mtdd.%I()', function_name);
END
$$;

-- Stops tracking a table. What is logged stays until it is trimmed. False: it was not tracked.
CREATE OR REPLACE FUNCTION mtdd.untrack_table(table_name text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    relation regclass;
    function_name name;
BEGIN
    DELETE FROM mtdd.tracked_tables t
    WHERE t.name = table_name OR t.relation = coalesce(
        CASE WHEN table_name !~ '[."]' THEN to_regclass(quote_ident(table_name)) END, to_regclass(table_name))
    RETURNING t.relation, t.function_name INTO relation, function_name;
    IF NOT FOUND THEN RETURN false; END IF;
    IF EXISTS (SELECT FROM pg_class WHERE oid = relation) THEN PERFORM mtdd.drop_triggers(relation, function_name); END IF;
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION mtdd.change_log_id(), mtdd.begin_change_log(), mtdd.trim_changes(integer),
    mtdd.log_row(text, integer, text, text, json), mtdd.notify_changes(), mtdd.refuse_foreign_casts(oid),
    mtdd.record_truncate(), mtdd.track_table(text, text, text, text, boolean), mtdd.untrack_table(text),
    mtdd.column_named(regclass, text), mtdd.drop_triggers(regclass, name),
    mtdd.trigger_function(name, regclass, oid, text, name, name, name[]) FROM PUBLIC;
SELECT mtdd.begin_change_log();
