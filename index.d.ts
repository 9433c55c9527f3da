import type { Knex } from 'knex';

// biome-ignore lint/complexity/noUselessEmptyExport: without it every declaration would be exported, said or not
export {};

// Set-up --------------------------------------------------------------------------------------------------

/**
 * Sets the library up on a Knex instance. From then on, its queries have `.mtdd(tenant)`. A Knex instance has
 * one handle at a time. The application gets the routes `/mtdd/Load` and `/mtdd/events`, at the place of this
 * call in its chain of middleware; they answer 401 without `auth`.
 *
 * @param app an Express application, or another object with `use`
 * @param db a Knex instance with client "pg"
 * @throws ConfigError with the path of each wrong field; ValidationError when `app` or `db` is something else
 * @group Set-up
 */
export function InitializeReplication(
  app: { use: (...args: never[]) => unknown },
  db: Knex,
  config?: LibraryConfig | null,
): Promise<MtddHandle>;

/**
 * Makes a Knex instance with the library set up on it, without changing Knex's classes: only the builders of
 * this instance have `.mtdd()`.
 *
 * @throws ConfigError with the path of each wrong field
 * @group Set-up
 */
export function createMtddKnex(config: MtddKnexConfig): Promise<MtddKnex>;

/**
 * What `createMtddKnex` takes: the library's configuration, and Knex's own.
 *
 * @group Set-up
 */
export interface MtddKnexConfig extends LibraryConfig {
  /** What would be passed to `knex()`; the client must be "pg". */
  knex: Knex.Config;
}

/**
 * What `createMtddKnex` resolves to.
 *
 * @group Set-up
 */
// biome-ignore lint/suspicious/noExplicitAny: as Knex declares it
export type MtddKnex = Knex<any, any[]> & {
  /**
   * The instance, bound to a tenant: all its queries, batches, transactions, schema builders, migrations and
   * seeds run on the tenant's shard. Binding is cheap, so you can bind for each request. Both instances share
   * their connections; only the original can be listened to and destroyed.
   *
   * @param tenantType default 1
   * @param options of all its queries
   * @throws TypeError for a wrong tenant, type or option
   */
  forTenant(tenantId: MtddTenantId, tenantType?: number | string, options?: MtddOptions | null): Knex;
  /** Registers and finds tenants. `destroy()` closes it. */
  readonly replication: MtddHandle;
};

/**
 * What InitializeReplication resolves to, and `replication` of what `createMtddKnex` resolves to.
 *
 * @group Set-up
 */
export interface MtddHandle {
  readonly config: MtddEffectiveConfig;
  /**
   * Ends the connections to the servers, and every subscription. From then on, `.mtdd()` queries are refused
   * with ClientClosedError; the Knex instance keeps working. Idempotent. `db.destroy()` calls it too.
   */
  close(): Promise<void>;
  /** Registers a tenant with the lookup server. A known tenant keeps its shard. */
  addTenant(
    tenantId: MtddTenantId,
    tenantType?: number | string,
  ): Promise<{ tenantId: string; shardIndex: number }>;
  /**
   * The tenant's shard: its position in `queryServers`. It is looked up now, also if queries remember it. Rejects
   * with TenantNotFoundError for an unknown tenant.
   */
  tenantShard(tenantId: MtddTenantId, tenantType?: number | string): Promise<number>;
  /**
   * Listens to a channel of PostgreSQL's NOTIFY on all shards or on one; with `useMtdd: false`, on the local
   * database. Resolves once LISTEN is in force. From then on, either every notification arrives or `onGap` is
   * called. After a lost connection it listens again by itself. It keeps the process alive until it is
   * closed.
   *
   * @param channel exactly as in `LISTEN "channel"`, 1 to 63 bytes
   * @throws TypeError for a wrong argument; ShardUnavailableError when a shard cannot be listened to now
   */
  listen(
    channel: string,
    listener: (notification: MtddNotification) => void,
    options?: MtddShardListenOptions | null,
  ): Promise<MtddSubscription>;
  /**
   * The same for a tenant's shard. When the tenant is moved, the subscription follows it, and calls `onGap`. A
   * tenant that may be missing does not compile, because it would mean all shards.
   */
  listen(
    channel: string,
    listener: (notification: MtddNotification) => void,
    options: MtddTenantListenOptions,
  ): Promise<MtddSubscription>;
  /**
   * Says what a query would do, without running it. A schema builder with several statements gives an array.
   *
   * @throws ValidationError for anything that is not a query
   * @throws QueryCancelledError once a signal of the query is aborted
   * @throws ClientClosedError after `close()`
   */
  explain(query: Knex.SchemaBuilder): Promise<MtddExplanation | MtddExplanation[]>;
  explain(query: Knex.ChainableInterface): Promise<MtddExplanation>;
}

// Routing -------------------------------------------------------------------------------------------------

/**
 * What the library adds to Knex's query builders, schema builders and raws.
 *
 * @group Routing
 */
export interface MtddRoutable {
  /**
   * Runs this query on all shards. Its result is what one database with all rows would return; otherwise it
   * is refused with PlanUnsupportedError. DDL needs `.mtdd(null)` or `allServers: true`, and an INSERT needs
   * `allServers: true`. Refused with `mtdd.allShards: 'explicit'`.
   *
   * You can write it anywhere in the chain; the last `.mtdd()` counts. SQL, rows, errors and events are those
   * of a local query.
   */
  mtdd(): this;
  /**
   * Runs this query on all shards. Only the literal null compiles, so a tenant that may be null does not.
   * Refused with `mtdd.allShards: 'explicit'`; `{ allServers: true }` works with every setting.
   */
  mtdd(
    tenantId: null,
    tenantType?: number | string,
    methodType?: MtddMethod | null,
    options?: MtddOptions | null,
  ): this;
  /**
   * Runs this query on a tenant's shard.
   *
   * @param tenantId the tenant's name, or all arguments as an object. `undefined`, `''` and `NaN` are refused with a
   *   TypeError. A value of type `any` always compiles; `mtdd.allShards: 'explicit'` refuses its null at run time
   * @param tenantType default 1; `null` registers the tenant with the lookup server first
   * @param methodType `'addTenantShard'` registers the tenant first; `'auto'` (the default) does so for a call of
   *   `portal.tenantInsertProc`
   */
  mtdd(
    tenantId: MtddTenantId | MtddMeta,
    tenantType?: number | string | null,
    methodType?: MtddMethod | null,
    options?: (MtddOptions & { allServers?: false | null }) | null,
  ): this;
}

/**
 * The name of a tenant. A number beyond `Number.MAX_SAFE_INTEGER` is refused: use a string or a bigint.
 *
 * @group Routing
 */
export type MtddTenantId = string | number | bigint;

/**
 * What `.mtdd()` does before it runs the query.
 *
 * @group Routing
 */
export type MtddMethod = 'executeQuery' | 'addTenantShard' | 'auto';

/**
 * Options of one `.mtdd()` query. Other names are kept as metadata, unless they are within two edits of a
 * listed one or differ only in case: those are refused with a TypeError, as misspelt.
 *
 * @group Routing
 */
export interface MtddOptions {
  /** Run on all shards. Refused with a TypeError beside a tenant. */
  allServers?: boolean | null;
  /**
   * For a query for all shards that only reads: return what the healthy shards answer, and name the others in
   * `mtdd.failedShards` of the result. A shard that does not answer at all is awaited for half of the timeout, 2 s at
   * most. A TypeError with a write. Default false.
   */
  partialResults?: boolean | null;
  /**
   * Overrides what the library finds out. A read may be sent again after a lost connection, a write may not.
   */
  operationType?: 'read' | 'write' | null;
  /**
   * Milliseconds for lookup, queueing and execution together; after that the statement is stopped. Default:
   * `mtdd.timeout`.
   */
  timeout?: number | null;
  /** Seconds. Without effect yet; a warning says so once. */
  cacheTTL?: number | null;
  /** Does nothing yet, as `cacheTTL`. */
  skipCache?: boolean | null;
  /** Does nothing yet, as `cacheTTL`. */
  cacheKey?: string | null;
  /** Does nothing yet, as `cacheTTL`. */
  auditLog?: boolean | null;
  /** Does nothing yet, as `cacheTTL`. */
  idempotencyKey?: string | null;
  /** How often the query may be sent again. Default: `mtdd.maxRetries`. */
  maxRetries?: number | null;
  /** 'replica' does nothing yet, as `cacheTTL`. */
  readPreference?: 'primary' | 'replica' | null;
  userId?: string | number | bigint | null;
  requestId?: string | number | bigint | null;
  sessionId?: string | number | bigint | null;
  /**
   * When it is aborted, the statement stops on PostgreSQL, and the query rejects with QueryCancelledError,
   * whose `cause` is the signal's reason. If it is aborted already, nothing is sent. See also `withSignal`.
   */
  signal?: AbortSignal | null;
  /** Set by the library in results: see `MtddAbout`. */
  IsReRun?: boolean | null;
  [metadata: string]: unknown;
}

/** The object form of `.mtdd()`'s arguments, without the tenant. */
type MtddMetaOptions = MtddOptions & {
  /** Default 1; null registers the tenant. */
  tenantType?: number | string | null;
  methodType?: MtddMethod | null;
};

/**
 * The object form of `.mtdd()`'s arguments, for a tenant.
 *
 * @group Routing
 */
export type MtddTenantMeta = MtddMetaOptions & { tenantId: MtddTenantId; allServers?: false | null };

/**
 * The object form of `.mtdd()`'s arguments, for a tenant or for all shards.
 *
 * @group Routing
 */
export type MtddMeta = MtddTenantMeta | (MtddMetaOptions & { tenantId?: null; allServers: true });

declare module 'knex' {
  namespace Knex {
    // biome-ignore lint/suspicious/noExplicitAny: the declarations of an interface must agree
    interface Config<SV extends {} = any> {
      /**
       * The PostgreSQL of every shard, in the order of `mtdd.queryServers`, for `npx mtdd migrate`: a URL or
       * another `connection` of Knex's for each. Knex itself ignores it.
       */
      shards?: readonly NonNullable<Config<SV>['connection']>[];
    }

    interface TransactionConfig {
      /**
       * The tenant whose shard runs every query of the transaction, also those that name no tenant. Takes
       * what the first argument of `.mtdd()` takes, for one tenant. Checked before anything is begun:
       * `undefined`, `null`, and another tenant than the one that the instance or the outer transaction is
       * bound to are refused. Not together with `connection`.
       */
      mtdd?: MtddTenantId | MtddTenantMeta;
    }

    // biome-ignore lint/suspicious/noExplicitAny: the declarations of an interface must agree
    interface ChainableInterface<T = any> extends MtddRoutable {}

    // Knex types these as plain promises.
    // biome-ignore lint/suspicious/noExplicitAny: the declarations of an interface must agree
    interface QueryBuilder<TRecord extends {} = any, TResult = any> {
      columnInfo(column: keyof TRecord): Promise<ColumnInfo> & ChainableInterface<ColumnInfo>;
      columnInfo(): Promise<Record<keyof TRecord, ColumnInfo>> &
        ChainableInterface<Record<keyof TRecord, ColumnInfo>>;
    }

    interface SchemaBuilder {
      hasTable(tableName: string): Promise<boolean> & ChainableInterface<boolean>;
      hasColumn(tableName: string, columnName: string): Promise<boolean> & ChainableInterface<boolean>;
    }
  }
}

// Context -------------------------------------------------------------------------------------------------

/**
 * Runs a function whose queries need no `.mtdd()`: they belong to this tenant, on every Knex instance that
 * the library was set up on. This covers everything that the function awaits or starts; of nested calls, the
 * innermost counts. A query takes the tenant of the place where it is created, or else of the place where it
 * is run. Its own `.mtdd()` takes precedence over both. What the function returns belongs to the tenant too:
 * a Knex builder keeps the tenant; any other thenable, such as a query of Objection, is awaited inside; the
 * body of a generator runs inside; and a transaction that was begun inside keeps the tenant. What an array or
 * an object holds is left as it is. Streams and listeners of the library are called in the context in which
 * they were asked for.
 *
 * @param tenantId as for `.mtdd()`, but one tenant
 * @param tenantType default 1
 * @returns what the function returns
 * @throws TypeError for a wrong tenant, `undefined`, `null`, `''` and `NaN` included; the function is not run
 * @group Context
 */
export function withTenant<T>(tenantId: MtddTenantId, fn: () => T): MtddStarted<T>;

/** @group Context */
export function withTenant<T>(
  tenantId: MtddTenantId,
  tenantType: number | string | undefined,
  fn: () => T,
): MtddStarted<T>;

/**
 * Runs a function whose queries without `.mtdd()` use the local connection, whatever tenant is around it, and
 * also with `requireTenant`. Use it for migrations and other housekeeping.
 *
 * @returns what the function returns
 * @group Context
 */
export function runLocal<T>(fn: () => T): MtddStarted<T>;

/**
 * Runs a function in which a signal stops the queries on shards. Once it is aborted, running queries are
 * stopped on PostgreSQL and later ones are refused, each with QueryCancelledError. A query obeys all of these
 * signals: of the place where it is created, of the place where it is run, of nested calls, and its own
 * option `signal`. BEGIN, COMMIT and ROLLBACK obey no signal.
 *
 * @param signal null ignores the signals of the calls around it, also for what is created inside
 * @returns what the function returns
 * @throws TypeError for anything else than a signal or null; the function is not run
 * @group Context
 */
export function withSignal<T>(signal: AbortSignal | null, fn: () => T): MtddStarted<T>;

/**
 * Makes an Express middleware. What comes after it in a request runs inside `withTenant`. Errors of
 * `resolve`, and wrong tenants, go to `next`.
 *
 * @param resolve returns the tenant of a request
 * @param options `cancelOnClose` (default false): if the client goes away before `response.end()`, the queries of its
 *   request are stopped as by `withSignal`. This includes writes, so work of several writes may be left half done
 * @group Context
 */
// biome-ignore lint/suspicious/noExplicitAny: requests are the application's own types
export function tenantContext<Request = any>(
  resolve: (request: Request) => MtddRequestTenant | PromiseLike<MtddRequestTenant>,
  options?: { readonly cancelOnClose?: boolean },
): (request: Request, response: unknown, next: (error?: unknown) => void) => void;

/**
 * What `resolve` of `tenantContext` may return. `undefined`: the request has no tenant. Other keys are
 * refused.
 *
 * @group Context
 */
export type MtddRequestTenant =
  | MtddTenantId
  | { readonly tenantId: MtddTenantId; readonly tenantType?: number | string }
  | undefined;

/**
 * A Knex builder or a promise is returned as it is; any other thenable is awaited first.
 *
 * @group Context
 */
export type MtddStarted<T> =
  T extends PromiseLike<infer R>
    ? T extends Promise<unknown> | Knex.ChainableInterface
      ? T
      : Promise<R>
    : T;

// Configuration -------------------------------------------------------------------------------------------

/** @group Configuration */
export interface LibraryConfig {
  mtdd?: MtddBackendConfig | null;
  database?: {
    /** True: a warning at start says where `config` differs from the Knex instance. Default false. */
    enabled?: boolean | null;
    /** Default: DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME. */
    config?: DatabaseConfig | null;
  } | null;
  portal?: PortalConfig | null;
  /** An object or the path of its file. Default: FIREBASE_SERVICE_ACCOUNT_JSON or _PATH. */
  firebase?: FirebaseConfig | string | null;
  /** How the tokens of the HTTP routes are verified. Default: none is accepted. */
  auth?: MtddAuthConfig | null;
  /** The HTTP routes of `InitializeReplication`; false mounts none. */
  http?: MtddHttpConfig | false | null;
  /** The streams of `/mtdd/events`. */
  events?: MtddEventsConfig | null;
  /** The pages of `/mtdd/Load`. */
  load?: MtddLoadConfig | null;
  /**
   * Which tables each role may read by `/mtdd/Load` and `/mtdd/events`: their names, or '*' for all. A user may read what
   * one of the token's `roles` may. Default: every user may read all tables, of the token's tenant only.
   */
  tablesByRole?: { readonly [role: string]: readonly string[] | '*' } | null;
  /**
   * 'dart-0.0': the routes answer as the Dart clients up to 0.0.6 read. `/mtdd/events` begins with `data: Connected`, and
   * its events have no ids and are encoded as JSON twice; `/mtdd/Load` answers with a bare array of all rows.
   */
  compat?: 'dart-0.0' | null;
  /** The same as `mtdd.logger`, which takes precedence. */
  logger?: MtddLogger | null;
}

/** @group Configuration */
export interface MtddBackendConfig {
  /**
   * True: `.mtdd()` queries go to the query servers. False: to the local connection. Default: USE_MTDD, else
   * false. With query servers and NODE_ENV=production, set this or USE_MTDD.
   */
  useMtdd?: boolean | null;
  /** `host:port` of each shard's query server; the position is the shard. Default: QUERY_SERVERS. */
  queryServers?: string[] | null;
  /**
   * `host:port`, or several (an array, or separated by commas) on one database. If one fails or is silent,
   * the next is asked. A single query server needs none. Default: LOOKUP_SERVER.
   */
  lookupServer?: string | string[] | null;
  /**
   * More logs, and readable ones; with `useMtdd: true`, streams of events also have the changes of the local
   * database. Changes nothing about where queries go. Default: whether NODE_ENV is `development`.
   */
  isDevelopment?: boolean | null;
  /** Plain text also beyond this machine. Default: GRPC_INSECURE, else false. */
  grpcInsecure?: boolean | null;
  tls?: MtddTlsConfig | null;
  /**
   * Shared secret of the servers, or a function that returns it. The function is awaited at start, where a
   * failure is a ConfigError, and asked again every minute and when a server refuses the token.
   */
  token?: string | (() => string | Promise<string>) | null;
  /**
   * Milliseconds that a query may take; this also ends long migrations. Default 60000, or
   * `connection.query_timeout` of the Knex configuration.
   */
  timeout?: number | null;
  /** How often a query may be sent again, where that is safe. Default 2. */
  maxRetries?: number | null;
  /** How tenants' shards are remembered. */
  lookupCache?: {
    /** Tenants. Default 100000. */
    size?: number | null;
    /** Seconds. Default 300. */
    ttl?: number | null;
    /** Seconds that an unknown tenant stays unknown, even if it is registered meanwhile. Default 0. */
    negativeTtl?: number | null;
    /**
     * Seconds, beyond `ttl`, that a known tenant is served while no lookup server can be reached. Default
     * 3600.
     */
    maxStale?: number | null;
  } | null;
  /**
   * Queries under way at once; more are refused with OverloadedError. Those of transactions do not count: they
   * wait for each other. Default 10000.
   */
  maxInFlight?: number | null;
  /** Logs go to children of this logger. Default: pino to stdout. */
  logger?: MtddLogger | null;
  /** Default: the level of `logger`; else `warn`, or `debug` in development. */
  logLevel?: MtddLogLevel | null;
  /** Tables that every shard holds alike, with or without their schema. Default none. */
  referenceTables?: string[] | null;
  /**
   * Bytes of rows that merging one query's result may hold. Sorted and plain rows pass through and do not
   * count. Default 64 MiB.
   */
  mergeMemoryLimit?: number | null;
  /**
   * Accept a Knex configuration with `pool.afterCreate`, which prepares local connections only. Default
   * false.
   */
  allowLocalAfterCreate?: boolean | null;
  /**
   * Refuse every query that has neither `.mtdd()` nor a tenant around it (`withTenant`, `tenantContext`,
   * `forTenant`) and is not inside `runLocal`. It rejects with ValidationError, and nothing is sent. With
   * 'transaction', such a query, and `trx.batchInsert`, belongs to the tenant that an earlier query of its
   * transaction has named. Recommended: true. Default false, with a warning at start if `useMtdd` is true.
   */
  requireTenant?: boolean | 'transaction' | null;
  /**
   * How queries may reach all shards. 'explicit', which is recommended: only by `allServers: true`. `.mtdd()`
   * and `.mtdd(null)` are then refused with a TypeError, so that no tenant which happens to be null reaches
   * everybody's data. Default 'implicit'.
   */
  allShards?: 'implicit' | 'explicit' | null;
}

/**
 * Certificates, as PEM text. Without `ca`, the system's certificate authorities are trusted.
 *
 * @group Configuration
 */
export interface MtddTlsConfig {
  ca?: string | Buffer | null;
  /** Mutual TLS; needs `key`. */
  cert?: string | Buffer | null;
  key?: string | Buffer | null;
  /** The name in the servers' certificates, if it is not the host's. */
  serverName?: string | null;
}

/**
 * How the tokens of the HTTP routes are verified: by exactly one of `secret`, `publicKey`, `jwksUri` and
 * `verify`. A token needs `exp`, unless `verify` says what it holds.
 *
 * @group Configuration
 */
export interface MtddAuthConfig {
  /** At least as many random bytes as the hash has: 32 for HS256, 48 for HS384, 64 for HS512. */
  secret?: string | Uint8Array | null;
  /** An RSA, EC or Ed25519 key as PEM text (a certificate too) or as a JWK. */
  publicKey?: string | Uint8Array | object | null;
  /**
   * The URL of the provider's keys: https, or http on loopback. They are read again every 10 minutes, and for a
   * token with an unknown key, at most every 30 s.
   */
  jwksUri?: string | null;
  /**
   * Verifies the whole token, and returns its claims. Whatever it throws refuses the token. After 5 s the
   * request is answered by 503. `exp` and `nbf` of what it returns are checked again.
   */
  verify?: ((token: string) => object | PromiseLike<object>) | null;
  /**
   * Which algorithms are accepted. Default: HS256 for `secret`; for `publicKey` the JWK's `alg`, or RS256, ES256,
   * ES384, ES512 or EdDSA by its type; for `jwksUri` all that are not symmetric.
   */
  algorithms?: MtddAlgorithm[] | null;
  /** Accepted values of `iss`. Default: any. */
  issuer?: string | string[] | null;
  /** Accepted values of `aud`. Default: any. */
  audience?: string | string[] | null;
  /** Seconds that the clocks may differ, 0 to 300. Default 0. */
  clockTolerance?: number | null;
  /** The type of the token's tenant, or a function of the claims that returns it. Default 1. */
  tenantType?: number | ((claims: Readonly<Record<string, unknown>>) => number) | null;
  /** The claim that names the tenant. Default `tid`. */
  tenantClaim?: string | null;
}

/** @group Configuration */
export type MtddAlgorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519';

/**
 * The HTTP routes.
 *
 * @group Configuration
 */
export interface MtddHttpConfig {
  /** Where the routes are: letters, digits, `_`, `~`, `-` and `.` between slashes. Default `/mtdd`. */
  path?: string | null;
  /**
   * Who answers errors. 'json', the default: the library. 'app': the application's error handler, which gets
   * an MtddError with `code` and `statusCode`, or what else was thrown.
   */
  errors?: 'json' | 'app' | null;
  /** How often the routes may be asked, counted in each process. False: without limits. */
  rateLimit?:
    | {
        /** Milliseconds of one window. Default 60000. */
        windowMs?: number | null;
        /** Requests of one user of a tenant in a window. Default 600. */
        limit?: number | null;
        /**
         * Refused tokens of one address in a window; more are answered by 429 instead of 401 or 403. Good tokens
         * from there are served. Default 60.
         */
        failedLimit?: number | null;
      }
    | false
    | null;
}

/**
 * The claims that the routes need. What else the token says stands beside them.
 *
 * @group Configuration
 */
export interface DecodedToken {
  /** The user. */
  sub: string;
  /** The tenant. */
  tid: string;
  /** Default none. */
  roles: string[];
  [claim: string]: unknown;
}

/**
 * The streams of `/mtdd/events`.
 *
 * @group Configuration
 */
export interface MtddEventsConfig {
  /** The channel of the notifications that there are changes: `--channel` of `mtdd-server track`. Default 'table_updates'. */
  channel?: string | null;
  /** Seconds between two signs of life on a stream. Default 15. */
  heartbeat?: number | null;
  /** Milliseconds after which a browser comes back when its stream has ended. Default 2000. */
  retry?: number | null;
  /** Streams of this process at the same time; one more gets 429. Default 20,000. */
  maxStreams?: number | null;
  /** Streams of a tenant in this process. Default 2000. */
  maxStreamsPerTenant?: number | null;
  /** Streams of a user, that is, of one `sub` of a tenant, in this process. Default 100. */
  maxStreamsPerUser?: number | null;
  /** Bytes that may wait for a client that reads slowly; with more, its stream is ended. Default 1 MiB. */
  maxBuffered?: number | null;
}

/**
 * The pages of `/mtdd/Load`.
 *
 * @group Configuration
 */
export interface MtddLoadConfig {
  /** Rows of a page, if the request names no `limit`. Default 1000. */
  limit?: number | null;
  /** Rows of a page, at most. Default 10,000. */
  maxLimit?: number | null;
}

/**
 * What the configuration says of the local database: settings of `pg`, or Knex's configuration with these as `connection`.
 * The local database itself is the Knex instance, with its own connection and its own pool. These settings open nothing.
 *
 * @group Configuration
 */
export interface DatabaseConfig {
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
  connectionString?: string;
  connection?: Knex.Config['connection'];
  [key: string]: unknown;
}

/** @group Configuration */
export interface PortalConfig {
  /** Stands in every log record, and in `handle.config`. Default: PORTAL_ID. */
  portalId?: number | null;
  /**
   * The column that names the tenant in every sharded table. Each shard alone can answer what is joined,
   * grouped or partitioned by it. Default: TENANT_COLUMN_NAME.
   */
  tenantColumnName?: string | null;
  /** A Raw query that calls this procedure registers its tenant first. */
  tenantInsertProc?: string | null;
  /** Stands in every log record, and in `handle.config`. */
  portalName?: string | null;
  [key: string]: unknown;
}

/**
 * A service account. An incomplete one switches push notifications off, with a warning.
 *
 * @group Configuration
 */
export interface FirebaseConfig {
  type?: string;
  project_id?: string;
  private_key_id?: string;
  private_key?: string;
  client_email?: string;
  client_id?: string;
  [key: string]: string | undefined;
}

/**
 * A logger such as pino makes.
 *
 * @group Configuration
 */
export interface MtddLogger {
  debug(...args: unknown[]): void;
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
  child(bindings: Record<string, unknown>): MtddLogger;
  level?: string;
}

/** @group Configuration */
export type MtddLogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/**
 * The configuration in force, without secrets.
 *
 * @group Configuration
 */
export interface MtddEffectiveConfig {
  readonly useMtdd: boolean;
  readonly isDevelopment: boolean;
  readonly requireTenant: boolean | 'transaction';
  readonly allShards: 'implicit' | 'explicit';
  readonly queryServers: readonly string[];
  /** Several are separated by commas. */
  readonly lookupServer: string | null;
  readonly grpcInsecure: boolean;
  /** Whether `mtdd.tls` was given. */
  readonly tls: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxRetries: number;
  /** Entries; seconds; seconds. */
  readonly lookupCache: {
    readonly size: number;
    readonly ttl: number;
    readonly negativeTtl: number;
    readonly maxStale: number;
  };
  readonly maxInFlight: number;
  readonly referenceTables: readonly string[];
  /** Bytes. */
  readonly mergeMemoryLimit: number;
  readonly logLevel: MtddLogLevel;
  /** False: there are no routes. */
  readonly http:
    | false
    | {
        readonly path: string;
        readonly errors: 'json' | 'app';
        readonly rateLimit:
          | false
          | { readonly windowMs: number; readonly limit: number; readonly failedLimit: number };
      };
  readonly portalId?: number;
  readonly portalName?: string;
  readonly tenantColumnName?: string;
}

// Results -------------------------------------------------------------------------------------------------

/**
 * What `explain` says.
 *
 * @group Results
 */
export interface MtddExplanation {
  route: 'local' | 'shard' | 'all';
  /** Positions in `queryServers`. */
  shards: number[];
  /**
   * How one result is made. `shard`: only one shard answers. `anyShard`: all shards hold the same.
   * `everywhere`: counts are added, and rows follow each other. `concat`, `sorted`, `grouped`: rows are
   * merged. `finish`: rows are gathered, and a shard computes the result.
   */
  plan:
    | 'local'
    | 'shard'
    | 'anyShard'
    | 'everywhere'
    | 'concat'
    | 'sorted'
    | 'grouped'
    | 'finish'
    | 'refused';
  /** What is sent to which shards. `when`: under which condition, if not always. */
  statements: { shards: number[] | 'any'; sql: string; params: unknown[]; when?: string }[];
  /** Sentences. */
  steps: string[];
  /** Why it would be refused. */
  refusal?: { code: 'PLAN_UNSUPPORTED'; reason: string };
}

/**
 * What the result of a query for all shards says beyond its rows. It is the property `mtdd`, which is not
 * enumerable, of `pg`'s Result (what a Raw resolves to), and with failed shards also of the array of rows
 * (what a select resolves to). A stream emits it as the event `mtdd` before it ends.
 *
 * @group Results
 */
export interface MtddAbout {
  /** The rows of the shards were merged, rather than concatenated. */
  IsReRun: boolean;
  /**
   * With `partialResults`: the shards that are missing from the result. `partial`: some of their rows are in
   * it.
   */
  failedShards: { shardIndex: number; queryServer: string; error: Error; partial?: true }[];
}

/**
 * The outcome of a query on one shard.
 *
 * @group Results
 */
export interface MtddOutcome {
  shardIndex: number;
  queryServer: string;
  /**
   * `unknown`: it was sent, and may or may not have taken effect. `cancelled`: it was stopped because another
   * shard failed.
   */
  outcome: 'done' | 'failed' | 'not sent' | 'unknown' | 'cancelled';
  /** For `done`: the number in the command tag. */
  rowCount?: number | null;
  /** `pg`'s DatabaseError, or an MtddError. */
  error?: Error;
}

// Notifications -------------------------------------------------------------------------------------------

/**
 * What `listen` takes.
 *
 * @group Notifications
 */
export type MtddListenOptions = MtddTenantListenOptions | MtddShardListenOptions;

/**
 * Listens on a tenant's shard. It hears every notification of the shard, of other tenants too.
 *
 * @group Notifications
 */
export interface MtddTenantListenOptions extends MtddGapOption {
  tenantId: MtddTenantId;
  /** Default 1. */
  tenantType?: number | string;
}

/**
 * Listens on all shards, or on one by its position in `queryServers`.
 *
 * @group Notifications
 */
export interface MtddShardListenOptions extends MtddGapOption {
  shard?: number;
}

interface MtddGapOption {
  /**
   * Called when a shard is listened to again after a loss. Notifications sent before this call may have been
   * missed; those sent after it arrive.
   */
  onGap?: (gap: MtddGap) => void;
}

/**
 * What `listen` resolves to.
 *
 * @group Notifications
 */
export interface MtddSubscription {
  readonly channel: string;
  /** The indexes of the shards. That of a tenant changes when the tenant is moved. */
  readonly shards: readonly number[];
  /** Stops listening. The listener is not called again. Idempotent. */
  close(): Promise<void>;
}

/**
 * A notification of PostgreSQL's NOTIFY.
 *
 * @group Notifications
 */
export interface MtddNotification {
  readonly channel: string;
  /** As PostgreSQL sent it; `''` if NOTIFY named none. */
  readonly payload: string;
  /** The index of its shard; 0 with `useMtdd: false`. */
  readonly shard: number;
  /** The PostgreSQL backend that notified; undefined from a query server of 1.x. */
  readonly processId: number | undefined;
  /** When the query server received it. */
  readonly receivedAt: Date;
}

/**
 * Some notifications of a shard may have been missed.
 *
 * @group Notifications
 */
export interface MtddGap {
  readonly channel: string;
  readonly shard: number;
  readonly reason: string;
}

// Devices and push notifications --------------------------------------------------------------------------

/**
 * The connected devices of the application, and push notifications to them by Firebase Cloud Messaging (FCM).
 * There is one for the process. Mobile devices are kept in memory unless `UseDeviceStore` says otherwise.
 *
 * A device id belongs to its tenant: the same id in two tenants is two devices, and without a tenant it is a
 * third. Whoever names no tenant finds no tenant's device.
 *
 * @group Devices and push notifications
 */
export const ActiveClients: MtddActiveClients;

/**
 * The type of `ActiveClients` with the memory store, or another one that answers at once.
 *
 * @group Devices and push notifications
 */
export interface MtddActiveClients extends MtddClients {
  /**
   * The tokens of the devices without a tenant, as in 1.x, read only.
   *
   * @throws ValidationError with another store than the memory store
   */
  readonly mobile: ReadonlyMap<string, string>;
  /**
   * Registers a mobile device, or gives it another token. Neither loads firebase-admin nor needs an account.
   *
   * @param deviceId 1 to 512 bytes
   * @param fcmToken as the device got it from FCM
   * @param options the tenant that the device belongs to; left out: none
   * @throws TypeError for a wrong id, token or tenant
   */
  AddMobileDevice(deviceId: string, fcmToken: string, options?: MtddDeviceTenant | null): void;
  /** Forgets a mobile device. An unknown one is no error. */
  DeleteMobileDevice(deviceId: string, options?: MtddDeviceTenant | null): void;
  HasMobileDevice(deviceId: string, options?: MtddDeviceTenant | null): boolean;
  GetMobileFcmToken(deviceId: string, options?: MtddDeviceTenant | null): string | undefined;
  /** How many devices a tenant has; without a tenant, how many there are of all tenants and of none. */
  GetMobileDeviceCount(options?: MtddDeviceTenant | null): number;
}

/**
 * The type of `ActiveClients` with a store that answers by promises, as `UseDeviceStore` returns it.
 *
 * @group Devices and push notifications
 */
export interface MtddAsyncActiveClients extends MtddClients {
  /** @throws TypeError for a wrong id, token or tenant, at once; what the store rejects with, as a rejection */
  AddMobileDevice(deviceId: string, fcmToken: string, options?: MtddDeviceTenant | null): Promise<void>;
  DeleteMobileDevice(deviceId: string, options?: MtddDeviceTenant | null): Promise<void>;
  HasMobileDevice(deviceId: string, options?: MtddDeviceTenant | null): Promise<boolean>;
  GetMobileFcmToken(deviceId: string, options?: MtddDeviceTenant | null): Promise<string | undefined>;
  GetMobileDeviceCount(options?: MtddDeviceTenant | null): Promise<number>;
}

/** What `ActiveClients` has with every store. */
interface MtddClients {
  /**
   * Keeps mobile devices in another store from now on. Devices of the previous store are not copied.
   *
   * @returns `ActiveClients` itself, with the types that fit the store
   * @throws TypeError if it is no store
   */
  UseDeviceStore(store: MtddDeviceStore): MtddActiveClients;
  UseDeviceStore(store: MtddAsyncDeviceStore): MtddAsyncActiveClients;

  /**
   * Puts a service account into use, and loads `firebase-admin`. Without this call, the first message does it.
   *
   * @param config an account, or the path of its file. Default: `firebase` of InitializeReplication, else
   *   FIREBASE_SERVICE_ACCOUNT_JSON, else FIREBASE_SERVICE_ACCOUNT_PATH
   * @throws ConfigError for a wrong or missing account, without quoting it; if another account is in use; if
   *   firebase-admin is not installed
   */
  InitializeFirebase(config?: FirebaseConfig | string | null): void;
  isFirebaseInitialized(): boolean;
  /** Ends the use of the account, so that another one can be used. */
  resetFirebase(): void;
  /**
   * What InitializeFirebase was given; null if that was nothing. Of an account, `private_key` is not enumerable,
   * so that logs do not show it.
   */
  getFirebaseConfig(): Readonly<FirebaseConfig> | string | null;
  /** The app of firebase-admin, which is not its default app; null before the first use. */
  readonly firebase: MtddFirebaseApp | null;

  /** The events of the web devices without a tenant, by device id, as in 1.x, read only. */
  readonly web: ReadonlyMap<string, ReadonlyMap<string, MtddWebStream>>;
  /**
   * Keeps an open response of a web device. It is forgotten when it is closed. Several tabs of a device may
   * have a response each. A response that is closed already is not kept.
   *
   * @param deviceId 1 to 512 bytes
   * @param eventName 1 to 512 bytes
   * @param res an Express response, which belongs to one tenant
   * @throws TypeError for a wrong id, name, response or tenant
   */
  AddWebDeviceEvent(
    deviceId: string,
    eventName: string,
    res: MtddWebStream,
    options?: MtddDeviceTenant | null,
  ): void;
  /** Forgets the responses of a device for one event; they stay open. */
  DeleteWebDeviceEvents(deviceId: string, eventName: string, options?: MtddDeviceTenant | null): void;
  /** Forgets all responses of a device, in all tabs; they stay open. */
  DeleteWebDevice(deviceId: string, options?: MtddDeviceTenant | null): void;
  HasWebDeviceEvent(deviceId: string, eventName: string, options?: MtddDeviceTenant | null): boolean;
  /**
   * What to write to, by event: the response, or for several tabs an object that writes to each. A copy;
   * undefined for an unknown device.
   */
  GetWebDeviceEvents(
    deviceId: string,
    options?: MtddDeviceTenant | null,
  ): ReadonlyMap<string, MtddWebStream> | undefined;
  /** The responses of a device for one event, one for each tab, the oldest first. */
  GetWebDeviceResponses(
    deviceId: string,
    eventName: string,
    options?: MtddDeviceTenant | null,
  ): MtddWebStream[];

  /**
   * Sends a message to an FCM token.
   *
   * All four ways of sending resolve with what FCM said, also if it refused. They reject for a wrong argument
   * (TypeError), without an account (ConfigError), and if the device store fails. A rejection is logged, and
   * does not end the process if nobody awaits it. Devices whose tokens are no longer registered are forgotten.
   */
  SendPushNotification(fcmToken: string, message: PushMessage): Promise<PushOutcome>;
  /** Sends a message to a device. For an unknown one, the result has the error DEVICE_NOT_FOUND. */
  SendPushNotificationToDevice(
    deviceId: string,
    message: PushMessage,
    options?: MtddDeviceTenant | null,
  ): Promise<PushOutcome>;
  /**
   * Sends a message to all devices of a tenant. A tenant that is undefined, null, `''` or NaN is refused with
   * a TypeError.
   *
   * @param tenant its id; with a type other than 1 `{ tenantId, tenantType }`
   */
  SendPushNotificationToTenant(
    tenant: MtddTenantId | MtddDeviceTenant,
    message: PushMessage,
  ): Promise<PushOutcome>;
  /**
   * Sends a message to every device, of all tenants and of none, in batches of 500. Takes no further argument:
   * one that is meant to name a tenant is refused.
   *
   * If the store fails in between, it rejects with PartialFailureError, which has the PushOutcome so far as
   * `outcome`.
   */
  BroadcastPushNotification(message: PushMessage): Promise<PushOutcome>;
}

/**
 * The tenant that a device belongs to.
 *
 * @group Devices and push notifications
 */
export interface MtddDeviceTenant {
  tenantId: MtddTenantId;
  /** Default 1. */
  tenantType?: number | string;
}

/**
 * A message for devices. Notification and data together have at most 4096 bytes; unknown fields are refused.
 *
 * @group Devices and push notifications
 */
export interface PushMessage {
  title: string;
  body: string;
  /** Numbers and booleans are sent as strings. Objects, null, undefined, NaN and names that FCM keeps are refused. */
  data?: Record<string, string | number | boolean | bigint> | null;
  /**
   * Sends title and body in `data` alone, as 1.x did: the device shows nothing by itself. Default false: they
   * are sent as notification, and in `data` too.
   */
  dataOnly?: boolean;
}

/**
 * What became of a message.
 *
 * @group Devices and push notifications
 */
export interface PushOutcome {
  successCount: number;
  failureCount: number;
  /** One for each device. */
  results: PushResult[];
}

/** @group Devices and push notifications */
export type PushResult = {
  /** Left out for SendPushNotification. */
  deviceId?: string;
  /** Of a device with a tenant. */
  tenantId?: string;
  tenantType?: number;
  /** Only for SendPushNotification: the token that it was given. */
  token?: string;
} & (
  | { ok: true; messageId: string; error?: undefined }
  /** `error.code`: firebase-admin's, such as `messaging/registration-token-not-registered`. */
  | { ok: false; messageId?: undefined; error: MtddError }
);

/**
 * What can be written to: a response of Express or Node.js, or several of them.
 *
 * @group Devices and push notifications
 */
export interface MtddWebStream {
  // biome-ignore lint/suspicious/noExplicitAny: Express and Node.js declare several signatures
  write(chunk: any, ...rest: any[]): boolean;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  end(...args: any[]): unknown;
}

/**
 * What firebase-admin calls an App.
 *
 * @group Devices and push notifications
 */
export interface MtddFirebaseApp {
  readonly name: string;
  readonly options: object;
}

/**
 * A mobile device as stores keep it. `tenant: null`: it belongs to none.
 *
 * @group Devices and push notifications
 */
export interface MtddStoredDevice {
  tenant: MtddStoredTenant | null;
  deviceId: string;
  token: string;
}

/** @group Devices and push notifications */
export interface MtddStoredTenant {
  tenantId: string;
  tenantType: number;
}

/**
 * A store of mobile devices that answers at once. Arguments have been checked. A device is known by its tenant
 * and its id.
 *
 * @group Devices and push notifications
 */
export interface MtddDeviceStore {
  /** Adds a device, or replaces its token. */
  set(device: MtddStoredDevice): void;
  /** Its token; null or undefined if it is unknown. */
  get(tenant: MtddStoredTenant | null, deviceId: string): string | null | undefined;
  /** Whether there was one. */
  delete(tenant: MtddStoredTenant | null, deviceId: string): boolean;
  /** Removes every device whose token is now one of these. How many there were. */
  deleteTokens(tokens: string[]): number;
  count(tenant: MtddStoredTenant | null): number;
  countAll(): number;
  devices(tenant: MtddStoredTenant | null): Iterable<MtddStoredDevice>;
  allDevices(): Iterable<MtddStoredDevice>;
}

/**
 * The same for a store that answers by promises.
 *
 * @group Devices and push notifications
 */
export interface MtddAsyncDeviceStore {
  set(device: MtddStoredDevice): Promise<void>;
  get(tenant: MtddStoredTenant | null, deviceId: string): Promise<string | null | undefined>;
  delete(tenant: MtddStoredTenant | null, deviceId: string): Promise<boolean>;
  deleteTokens(tokens: string[]): Promise<number>;
  count(tenant: MtddStoredTenant | null): Promise<number>;
  countAll(): Promise<number>;
  devices(tenant: MtddStoredTenant | null): AsyncIterable<MtddStoredDevice>;
  allDevices(): AsyncIterable<MtddStoredDevice>;
}

/**
 * The default store: devices live in the memory of this process, and end with it.
 *
 * @group Devices and push notifications
 */
export class MemoryDeviceStore implements MtddDeviceStore {
  set(device: MtddStoredDevice): void;
  get(tenant: MtddStoredTenant | null, deviceId: string): string | undefined;
  delete(tenant: MtddStoredTenant | null, deviceId: string): boolean;
  deleteTokens(tokens: string[]): number;
  count(tenant: MtddStoredTenant | null): number;
  countAll(): number;
  devices(tenant: MtddStoredTenant | null): Iterable<MtddStoredDevice>;
  allDevices(): Iterable<MtddStoredDevice>;
}

declare class DatabaseDeviceStore implements MtddAsyncDeviceStore {
  set(device: MtddStoredDevice): Promise<void>;
  get(tenant: MtddStoredTenant | null, deviceId: string): Promise<string | undefined>;
  delete(tenant: MtddStoredTenant | null, deviceId: string): Promise<boolean>;
  deleteTokens(tokens: string[]): Promise<number>;
  count(tenant: MtddStoredTenant | null): Promise<number>;
  countAll(): Promise<number>;
  devices(tenant: MtddStoredTenant | null): AsyncIterable<MtddStoredDevice>;
  allDevices(): AsyncIterable<MtddStoredDevice>;
}

/**
 * Devices in a table of the application's local database. Its queries go there whatever tenant is around them.
 * What fails rejects with MtddError, code DEVICE_STORE_FAILED, whose `context.databaseCode` is the SQLSTATE.
 *
 * @group Devices and push notifications
 */
export class PostgresDeviceStore extends DatabaseDeviceStore {
  /**
   * @param db the application's Knex instance, or a Pool of `pg`
   * @param options `table`: default `mtdd_push_devices`
   * @throws TypeError for anything else
   */
  constructor(db: Knex | MtddQueryable, options?: { table?: string });
  /** Creates the table and its index if they do not exist. */
  createTable(): Promise<void>;
}

/**
 * What has `query`, as a Pool of `pg`.
 *
 * @group Devices and push notifications
 */
export interface MtddQueryable {
  // biome-ignore lint/suspicious/noExplicitAny: pg declares many overloads
  query(text: string, values: any[]): Promise<{ rows: any[] }>;
}

/**
 * Devices in Redis. What fails rejects with MtddError, code DEVICE_STORE_FAILED.
 *
 * @group Devices and push notifications
 */
export class RedisDeviceStore extends DatabaseDeviceStore {
  /**
   * @param client a connected client of `ioredis` or of `redis`
   * @param options `prefix`: what all keys begin with. Default `{mtdd:push}`
   * @throws TypeError for anything else
   */
  constructor(client: MtddRedisClient, options?: { prefix?: string });
}

/**
 * A client of `ioredis` (has `call`) or of `redis` (has `sendCommand`).
 *
 * @group Devices and push notifications
 */
export type MtddRedisClient =
  | { call(command: string, ...args: string[]): Promise<unknown> }
  // biome-ignore lint/suspicious/noExplicitAny: each version of `redis` has its own types
  | { sendCommand(command: any): Promise<any> };

// Errors --------------------------------------------------------------------------------------------------

/**
 * The base of the library's own errors. PostgreSQL's refusals stay `pg`'s DatabaseError.
 *
 * @group Errors
 */
export class MtddError extends Error {
  constructor(
    message: string,
    code: string,
    statusCode: number,
    context?: Record<string, unknown>,
    cause?: unknown,
  );
  /** Stable: branch on this. */
  readonly code: string;
  /** The HTTP status that fits. */
  readonly statusCode: number;
  /** What is known about the failure; safe to log. */
  readonly context: Record<string, unknown>;
  readonly cause?: unknown;
  /** Without stack, cause, SQL, bindings and secrets. */
  toJSON(): {
    name: string;
    code: string;
    statusCode: number;
    message: string;
    context: Record<string, unknown>;
  };
}

declare class CodedError<Code extends string, Status extends number> extends MtddError {
  constructor(message?: string, context?: Record<string, unknown>, cause?: unknown);
  readonly code: Code;
  readonly statusCode: Status;
}

/**
 * A wrong configuration; the message begins with the path of the field.
 *
 * @group Errors
 */
export class ConfigError extends CodedError<'CONFIG_INVALID', 500> {}

/**
 * The handle has been closed.
 *
 * @group Errors
 */
export class ClientClosedError extends CodedError<'CLIENT_CLOSED', 503> {}

/**
 * The lookup server does not know the tenant.
 *
 * @group Errors
 */
export class TenantNotFoundError extends CodedError<'TENANT_NOT_FOUND', 404> {}

/**
 * `queryServers` lacks the tenant's shard, or has another server in its place, or the tenant has just been
 * moved again. Nothing was run.
 *
 * @group Errors
 */
export class ShardNotFoundError extends CodedError<'SHARD_NOT_FOUND', 404> {}

/**
 * The query server cannot be reached and nothing was run, or a read was lost and not repeated, or the query's
 * transaction was rolled back. The message says which.
 *
 * @group Errors
 */
export class ShardUnavailableError extends CodedError<'SHARD_UNAVAILABLE', 503> {}

/**
 * The lookup server cannot be reached; nothing was run.
 *
 * @group Errors
 */
export class LookupUnavailableError extends CodedError<'LOOKUP_UNAVAILABLE', 503> {}

/**
 * Too many queries are under way; nothing was run.
 *
 * @group Errors
 */
export class OverloadedError extends CodedError<'OVERLOADED', 429> {}

/**
 * The time was up: `timeout`, or a limit of the query server's own, which the message names. `context.timeout` is that
 * limit in milliseconds. `context.stopped`: PostgreSQL confirmed that it stopped the statement, or it never ran.
 * Otherwise it only reads, or its transaction is rolled back.
 *
 * @group Errors
 */
export class QueryTimeoutError extends CodedError<'TIMEOUT', 504> {}

/**
 * A signal stopped the query; `cause` is the signal's reason.
 *
 * @group Errors
 */
export class QueryCancelledError extends CodedError<'CANCELLED', 499> {}

/**
 * A write, or a read that may write, may have taken effect. The connection broke after it was sent, or it
 * should stop (`context.stoppingFor`: the code that it would have failed with) and PostgreSQL does not
 * confirm that it did. This includes a read that should stop on a server that has fallen silent, because what
 * the server knew about reads may have changed; `operationType: 'read'` says that it has not.
 *
 * @group Errors
 */
export class OutcomeUnknownError extends CodedError<'OUTCOME_UNKNOWN', 502> {}

/**
 * A query for all shards, or a transaction with the local database, did not come to the same end everywhere.
 *
 * @group Errors
 */
export class PartialFailureError extends CodedError<'PARTIAL_FAILURE', 502> {
  constructor(message?: string, context?: Record<string, unknown>, cause?: unknown, outcomes?: MtddOutcome[]);
  /** By shard; empty for a transaction. `context.shards` says the same without the errors. */
  readonly outcomes: MtddOutcome[];
}

/**
 * The query cannot be answered exactly in this way; the message says which part is the reason.
 *
 * @group Errors
 */
export class PlanUnsupportedError extends CodedError<'PLAN_UNSUPPORTED', 501> {}

/**
 * A transaction named a tenant of another shard, or all shards.
 *
 * @group Errors
 */
export class CrossShardTransactionError extends CodedError<'CROSS_SHARD_TRANSACTION', 409> {}

/**
 * The server answered in a way that this version does not understand.
 *
 * @group Errors
 */
export class ProtocolError extends CodedError<'PROTOCOL', 502> {}

/**
 * The input is not valid; nothing was sent.
 *
 * @group Errors
 */
export class ValidationError extends CodedError<'VALIDATION_ERROR', 400> {}

/**
 * The caller of an HTTP route has no valid token. Of use for the users of your application too; the library
 * does not raise it for its servers.
 *
 * @group Errors
 */
export class AuthenticationError extends CodedError<'AUTHENTICATION_ERROR', 401> {}

/**
 * The token of the caller of an HTTP route names no tenant. Of use for the users of your application too.
 *
 * @group Errors
 */
export class AuthorizationError extends CodedError<'AUTHORIZATION_ERROR', 403> {}
