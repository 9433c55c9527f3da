/**
 * One shard, reached directly: a Knex instance on its PostgreSQL, and a connection of it that reads where its migrations
 * stand and holds the lock of this command.
 */

const { setTimeout: sleep } = require('node:timers/promises');

/** How long a connection is silent before TCP asks whether the other side is still there. Milliseconds. */
const KEEP_ALIVE = 10_000;
/** How often the lock is tried. Milliseconds. */
const LOCK_INTERVAL = 250;
/** The first half of the lock's key, the same in all versions: "mtdd". */
const LOCK_CLASS = 0x6d746464;
/** Connections at least: this one, a migration's transaction, and what it runs beside that. */
const LEAST_POOL = 4;
/**
 * PostgreSQL notices within two seconds that this process has died, also while it runs a statement. Without this, what
 * was left behind would hold its locks until the statement ends. And it does not end the connection that holds the lock
 * because a migration on another one takes long. PostgreSQL before 14 has no such settings.
 */
const WATCH = `select set_config(name, case name when 'idle_session_timeout' then '0' else '2s' end, false) from pg_settings
  where name = 'client_connection_check_interval' and setting = '0' or name = 'idle_session_timeout'`;

/**
 * @typedef {object} State where a shard's migrations stand
 * @property {{ name: string, batch: number }[]} completed in the order in which they ran
 * @property {boolean} isNew it has no table of migrations
 * @property {boolean} isLocked by Knex's own lock
 */

class Shard {
  #knex;
  #config;
  #connectTimeout;
  #db;
  #connection;

  /**
   * @param {number} index
   * @param {string | object | Function} connection as Knex takes it
   * @param {{ knex: Function, config: object, connectTimeout: number, log: object }} settings `config`: of the
   *   knexfile; `connectTimeout`: milliseconds; `log`: Knex's logger
   */
  constructor(index, connection, { knex, config, connectTimeout, log }) {
    this.index = index;
    this.#knex = knex;
    this.#connectTimeout = connectTimeout;
    this.#config = this.#configOf(config, connection, log);
    /** host:port/database, once it is known. */
    this.database = undefined;
  }

  #configOf(config, connection, log) {
    const { shards: _shards, ...own } = config;
    const { pool = {} } = config;
    return {
      ...own,
      client: config.client ?? 'pg',
      connection: typeof connection === 'function' ? connection : this.#withTimeout(connection),
      log: config.log ?? log,
      // Bindings are rows of tenants, and errors are printed.
      compileSqlOnError: config.compileSqlOnError ?? false,
      pool: {
        createTimeoutMillis: this.#connectTimeout,
        ...pool,
        min: 0,
        max: Math.max(pool.max ?? 0, LEAST_POOL),
        afterCreate: (connection, done) => {
          const rest = () => (pool.afterCreate ? pool.afterCreate(connection, done) : done(null, connection));
          // A server that has the setting may still refuse it, because its system cannot do it.
          connection.query(WATCH).then(rest, rest);
        },
      },
    };
  }

  #withTimeout(connection) {
    const own = typeof connection === 'string' ? { connectionString: connection } : connection;
    // A migration may take hours. A shard whose machine has gone is noticed all the same.
    const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE };
    return { connectionTimeoutMillis: this.#connectTimeout, ...keepAlive, ...own };
  }

  /** The Knex instance; Knex's own, on this shard. */
  get db() {
    this.#db ??= this.#knex(this.#config);
    return this.#db;
  }

  /** `host:port/database` of a connection that needs no asking. */
  describe() {
    if (this.database !== undefined) return this.database;
    const { connection } = this.#config;
    if (typeof connection === 'function') return undefined;
    try {
      return nameOf(new this.db.client.driver.Client(connection));
    } catch {
      // A file that the URL names cannot be read, for example. Connecting says so.
      return undefined;
    }
  }

  /** @throws what `pg` says if it cannot be reached */
  async connect() {
    this.#connection = await this.db.client.acquireConnection();
    this.database = nameOf(this.#connection);
  }

  /** Whether the connection is encrypted, and until when the server's certificate is valid. */
  encryption() {
    const { stream } = this.#connection.connection;
    if (typeof stream.getPeerCertificate !== 'function') return { isEncrypted: false };
    return { isEncrypted: true, validTo: stream.getPeerCertificate().valid_to };
  }

  /** Asks on the connection, in SQL, without what the application does to Knex's results. */
  async query(text, values = []) {
    const { rows } = await this.#connection.query({ text, values });
    return rows;
  }

  /**
   * Takes the lock that excludes other commands of `mtdd migrate` from this shard. PostgreSQL frees it when this process
   * ends, however it ends.
   *
   * @param {string} table of Knex's migrations
   * @param {{ timeout: number, signal: AbortSignal, onWait: (holder: string) => void }} options `timeout`: milliseconds
   * @returns {Promise<string | undefined>} who holds it, if it could not be taken
   */
  async lock(table, { timeout, signal, onWait }) {
    const deadline = Date.now() + timeout;
    let holder;
    // Tried again and again: a statement that waits has a snapshot, for which CREATE INDEX CONCURRENTLY would wait.
    while (true) {
      const [{ taken }] = await this.query('select pg_try_advisory_lock($1, hashtext($2)) as taken', [
        LOCK_CLASS,
        table,
      ]);
      if (taken) return undefined;
      if (holder === undefined) {
        holder = await this.#lockHolder(table);
        onWait(holder);
      }
      if (Date.now() >= deadline || signal.aborted) return holder;
      await sleep(LOCK_INTERVAL);
    }
  }

  async #lockHolder(table) {
    const [row] = await this.query(
      `select a.pid, a.application_name as name, coalesce(host(a.client_addr), 'the same machine') as address
       from pg_locks l join pg_stat_activity a using (pid)
       where l.locktype = 'advisory' and l.granted and l.objsubid = 2
         and l.database = (select oid from pg_database where datname = current_database())
         and l.classid = $1::int8::oid and l.objid = (hashtext($2)::int8 & 4294967295)::oid`,
      [LOCK_CLASS, table],
    );
    return row === undefined ? 'another session' : `PostgreSQL process ${row.pid}, from ${row.address}`;
  }

  /**
   * Reads where the migrations stand. Changes nothing: a new shard gets no tables from it.
   *
   * @param {{ tableName: string, schemaName: string | null }} settings Knex's
   * @returns {Promise<State>}
   */
  async state({ tableName, schemaName }) {
    const lockTable = `${tableName}_lock`;
    const found = await this.query(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = coalesce($1, current_schema()) and c.relname = any($2) and c.relkind in ('r', 'p', 'v')`,
      [schemaName, [tableName, lockTable]],
    );
    const has = (table) => found.some(({ name }) => name === table);
    const from = (table) => (schemaName ? `${quoted(schemaName)}.${quoted(table)}` : quoted(table));
    const completed = has(tableName)
      ? await this.query(`select name, batch from ${from(tableName)} order by id`)
      : [];
    const locks = has(lockTable) ? await this.query(`select is_locked from ${from(lockTable)}`) : [];
    return {
      completed,
      isNew: !has(tableName),
      isLocked: locks.some(({ is_locked: locked }) => locked !== 0),
    };
  }

  /** As `state`, on a new connection if the present one is lost; undefined if it cannot be known. */
  async stateAfterFailure(settings) {
    try {
      return await this.state(settings);
    } catch {
      try {
        this.#release();
        await this.connect();
        return await this.state(settings);
      } catch {
        return undefined;
      }
    }
  }

  #release() {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) return this.db.client.releaseConnection(connection);
    return undefined;
  }

  /** Closes all its connections, and frees the lock with them. */
  async close() {
    if (this.#db === undefined) return;
    await this.#release();
    await this.#db.destroy();
    this.#db = undefined;
  }
}

function nameOf({ host, port, database }) {
  return `${host}:${port}/${database}`;
}

function quoted(identifier) {
  return `"${identifier.replaceAll('"', '""')}"`;
}

module.exports = { Shard };
