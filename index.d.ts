import type { Knex } from 'knex';

/** Route one query: see `.mtdd()`. A number beyond `Number.MAX_SAFE_INTEGER` is refused: use a string or a bigint. */
export type MtddTenantId = string | number | bigint;

/** What `.mtdd()` does before it runs the query. */
export type MtddMethod = 'executeQuery' | 'addTenantShard' | 'auto';

/**
 * Options of one `.mtdd()` query. Others are kept as metadata, but for those whose name is within two edits of a listed
 * one, or differs only in case: they are refused with a TypeError, as misspelt.
 */
export interface MtddOptions {
  /** Run on all shards. True together with a tenant is refused with a TypeError. */
  allServers?: boolean | null;
  /**
   * Of a query for all shards that only reads: do without the shards that cannot answer, and name them in
   * `mtdd.failedShards` of the result. A TypeError with a write. Default false.
   */
  partialResults?: boolean | null;
  /** Overrides what is found out: a read may be sent again after a lost connection, a write may not. */
  operationType?: 'read' | 'write' | null;
  /** Milliseconds for lookup, queueing and execution; then the statement is stopped. Default: `mtdd.timeout`. */
  timeout?: number | null;
  /** Seconds. Does nothing yet; a warning says so once. */
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
   * Aborted, it stops the statement on PostgreSQL, and the query rejects with QueryCancelledError, whose `cause` is the
   * signal's reason. A signal that is aborted already lets nothing be sent. See also `withSignal`.
   */
  signal?: AbortSignal | null;
  /** Set by the library, where a result says how it was made: see `MtddAbout`. */
  IsReRun?: boolean | null;
  [metadata: string]: unknown;
}

/** What the object form of `.mtdd()`'s arguments holds beside the tenant. */
type MtddMetaOptions = MtddOptions & {
  /** Default 1; null registers the tenant. */
  tenantType?: number | string | null;
  methodType?: MtddMethod | null;
};

/** The object form of `.mtdd()`'s arguments, for a tenant. */
export type MtddTenantMeta = MtddMetaOptions & { tenantId: MtddTenantId; allServers?: false | null };

/** The object form of `.mtdd()`'s arguments: a tenant, or explicitly all shards. */
export type MtddMeta = MtddTenantMeta | (MtddMetaOptions & { tenantId?: null; allServers: true });

/** A builder of Knex's, or a promise, is given back as such; any other thenable is awaited first. */
export type MtddStarted<T> =
  T extends PromiseLike<infer R>
    ? T extends Promise<unknown> | Knex.ChainableInterface
      ? T
      : Promise<R>
    : T;

declare module 'knex' {
  namespace Knex {
    interface TransactionConfig {
      /**
       * Whose shard runs every query of the transaction, those that name no tenant too; as the first argument of
       * `.mtdd()`, but one tenant. Checked before anything is begun: `undefined`, `null` and another tenant than the
       * one that the instance, or the transaction around it, is bound to are refused. Not together with `connection`.
       */
      mtdd?: MtddTenantId | MtddTenantMeta;
    }

    // biome-ignore lint/suspicious/noExplicitAny: the declarations of an interface must agree
    interface ChainableInterface<T = any> {
      /**
       * Runs this query on all shards: its result is what one database with all their rows would give, or it is
       * refused with PlanUnsupportedError. What is meant for every shard alike (DDL, INSERTs of reference data) has to
       * be asked for by `.mtdd(null)` or `allServers: true`. Refused with `mtdd.allShards: 'explicit'`.
       *
       * It may stand anywhere in the chain; the last `.mtdd()` wins. SQL, rows, errors and events are those of a local
       * query.
       */
      mtdd(): this;
      /**
       * Runs this query on all shards: a literal null, so that a tenant which may be null does not compile. Refused with
       * `mtdd.allShards: 'explicit'`; `{ allServers: true }` says it there, and everywhere.
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
       *   TypeError. Beware of `any`, which compiles whatever it is: `mtdd.allShards: 'explicit'` refuses its null too
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

/** A logger such as pino makes. */
export interface MtddLogger {
  debug(...args: unknown[]): void;
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
  child(bindings: Record<string, unknown>): MtddLogger;
  level?: string;
}

export type MtddLogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** What to trust and to show, as PEM text. Without `ca` the system's roots are trusted. */
export interface MtddTlsConfig {
  ca?: string | Buffer | null;
  /** Mutual TLS; needs `key`. */
  cert?: string | Buffer | null;
  key?: string | Buffer | null;
  /** The name in the servers' certificates, when it is not the host's. */
  serverName?: string | null;
}

export interface MtddBackendConfig {
  /**
   * True: `.mtdd()` queries go to the query servers. False: to the local connection. Default: USE_MTDD, else false; with
   * query servers and NODE_ENV=production, one of both has to say it.
   */
  useMtdd?: boolean | null;
  /** `host:port` of each shard's query server; the position is the shard. Default: QUERY_SERVERS. */
  queryServers?: string[] | null;
  /**
   * `host:port`, or several (an array, or separated by commas) on one database: when one fails or is silent, the next is
   * asked. A single query server needs none. Default: LOOKUP_SERVER.
   */
  lookupServer?: string | string[] | null;
  /** More and readable logs. Decides no transport. Default: whether NODE_ENV is `development`. */
  isDevelopment?: boolean | null;
  /** No TLS beyond this machine either. Default: GRPC_INSECURE, else false. */
  grpcInsecure?: boolean | null;
  tls?: MtddTlsConfig | null;
  /**
   * A shared secret for the servers, or a function that returns it: awaited at start (a failure is a ConfigError), and
   * asked again every minute and when a server refuses the token.
   */
  token?: string | (() => string | Promise<string>) | null;
  /** Milliseconds that a query may take. Default 60000, or `connection.query_timeout` of the Knex config. */
  timeout?: number | null;
  /** How often a query may be sent again, where that is safe. Default 2. */
  maxRetries?: number | null;
  /** Which shards tenants live on is remembered. */
  lookupCache?: {
    /** Tenants. Default 100000. */
    size?: number | null;
    /** Seconds. Default 300. */
    ttl?: number | null;
    /** Seconds that an unknown tenant stays unknown, even if it is registered meanwhile. Default 0. */
    negativeTtl?: number | null;
    /** Seconds, beyond `ttl`, that a known tenant goes on while no lookup server can be reached. Default 3600. */
    maxStale?: number | null;
  } | null;
  /** Queries under way at once; more are refused with OverloadedError. Default 10000. */
  maxInFlight?: number | null;
  /** Logs go to children of this logger instead of stdout. */
  logger?: MtddLogger | null;
  /** Default `warn`; `debug` in development. */
  logLevel?: MtddLogLevel | null;
  /** Tables that every shard holds alike, with or without their schema. Default none. */
  referenceTables?: string[] | null;
  /** Bytes of rows that merging one query's result may hold; sorted and plain rows only pass through. Default 64 MiB. */
  mergeMemoryLimit?: number | null;
  /** Accept a Knex config with `pool.afterCreate`, which prepares local connections only. Default false. */
  allowLocalAfterCreate?: boolean | null;
  /**
   * Refuse, with ValidationError and nothing sent, every query of the instance that has neither `.mtdd()` nor a tenant
   * around it (`withTenant`, `tenantContext`, `forTenant`) and is not inside `runLocal`. With 'transaction' such a
   * query belongs to the tenant of its transaction, once a query of that has named one; `trx.batchInsert` too. Default
   * false, with a warning at start where `useMtdd` is true; true is recommended.
   */
  requireTenant?: boolean | 'transaction' | null;
  /**
   * How all shards may be asked for. 'explicit': only by `allServers: true`; `.mtdd()` and `.mtdd(null)` are refused
   * with a TypeError, so that no tenant which happens to be null reaches everybody. Recommended. Default 'implicit'.
   */
  allShards?: 'implicit' | 'explicit' | null;
}

export interface PortalConfig {
  /** Default: PORTAL_ID. */
  portalId?: number | null;
  /**
   * The column that names the tenant in every sharded table: what is joined, grouped or partitioned by it can be
   * answered by each shard alone. Default: TENANT_COLUMN_NAME.
   */
  tenantColumnName?: string | null;
  /** A Raw query that calls this procedure registers its tenant first. */
  tenantInsertProc?: string | null;
  portalName?: string | null;
  [key: string]: unknown;
}

/** A service account. Incomplete, it switches push notifications off, with a warning. */
export interface FirebaseConfig {
  type?: string;
  project_id?: string;
  private_key_id?: string;
  private_key?: string;
  client_email?: string;
  client_id?: string;
  [key: string]: string | undefined;
}

export interface LibraryConfig {
  mtdd?: MtddBackendConfig | null;
  database?: {
    enabled?: boolean | null;
    /** Connection and pool settings of the local database. Default: DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME. */
    config?: object | null;
  } | null;
  portal?: PortalConfig | null;
  /** An object or the path of its file. Default: FIREBASE_SERVICE_ACCOUNT_JSON or _PATH. */
  firebase?: FirebaseConfig | string | null;
  /** The same as `mtdd.logger`, which wins. */
  logger?: MtddLogger | null;
}

/** The configuration in force, without secrets. */
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
  readonly portalId?: number;
  readonly tenantColumnName?: string;
}

/** A notification of PostgreSQL's NOTIFY. */
export interface MtddNotification {
  readonly channel: string;
  /** As PostgreSQL gave it; `''` when NOTIFY named none. */
  readonly payload: string;
  /** The index of the shard that it is from; 0 with useMtdd false. */
  readonly shard: number;
  /** Of the PostgreSQL backend that notified; undefined from a query server of 1.x. */
  readonly processId: number | undefined;
  /** When the query server had it. */
  readonly receivedAt: Date;
}

/** Some notifications of a shard may have been missed. */
export interface MtddGap {
  readonly channel: string;
  readonly shard: number;
  readonly reason: string;
}

interface MtddGapOption {
  /**
   * Called when a shard is listened to again after a loss: what was notified before this call may have been missed,
   * what is notified from now on comes.
   */
  onGap?: (gap: MtddGap) => void;
}

/** To listen on a tenant's shard. What it hears is the whole shard's: whose a notification is, its payload says. */
export interface MtddTenantListenOptions extends MtddGapOption {
  tenantId: MtddTenantId;
  /** Default 1. */
  tenantType?: number | string;
}

/** To listen on all shards, or on one by its position in `queryServers`. */
export interface MtddShardListenOptions extends MtddGapOption {
  shard?: number;
}

/** What `listen` takes. */
export type MtddListenOptions = MtddTenantListenOptions | MtddShardListenOptions;

/** What `listen` resolves to. */
export interface MtddSubscription {
  readonly channel: string;
  /** The indexes of the shards. */
  readonly shards: readonly number[];
  /** Stops listening: from the call on nothing more is told. Idempotent. */
  close(): Promise<void>;
}

/** What InitializeReplication resolves to, and `replication` of what `createMtddKnex` resolves to. */
export interface MtddHandle {
  readonly config: MtddEffectiveConfig;
  /**
   * Ends the connections to the servers, and every subscription. `.mtdd()` queries are refused from then on with
   * ClientClosedError; the Knex instance goes on working. Idempotent. `db.destroy()` does it too.
   */
  close(): Promise<void>;
  /** Registers a tenant with the lookup server; a known one keeps its shard. */
  addTenant(
    tenantId: MtddTenantId,
    tenantType?: number | string,
  ): Promise<{ tenantId: string; shardIndex: number }>;
  /** The tenant's shard: its position in `queryServers`. Rejects with TenantNotFoundError for an unknown one. */
  tenantShard(tenantId: MtddTenantId, tenantType?: number | string): Promise<number>;
  /**
   * Listens to a channel of PostgreSQL's NOTIFY on all shards, or on one; with useMtdd false on the local database.
   * Resolves once LISTEN is in force: what is notified from then on comes, or `onGap` is called. It listens again by
   * itself after a loss, and keeps the process alive until it is closed.
   *
   * @param channel exactly as in `LISTEN "channel"`, 1 to 63 bytes
   * @throws TypeError for a wrong argument; ShardUnavailableError when a shard cannot be listened to now
   */
  listen(
    channel: string,
    listener: (notification: MtddNotification) => void,
    options?: MtddShardListenOptions | null,
  ): Promise<MtddSubscription>;
  /** The same for a tenant's shard. A tenant that may be missing does not compile: it would be all shards. */
  listen(
    channel: string,
    listener: (notification: MtddNotification) => void,
    options: MtddTenantListenOptions,
  ): Promise<MtddSubscription>;
  /**
   * What a query would do, without running it. Of a schema builder with several statements an array.
   *
   * @throws ValidationError for what is no query
   * @throws QueryCancelledError once a signal of the query is aborted
   * @throws ClientClosedError after `close()`
   */
  explain(query: Knex.ChainableInterface): Promise<MtddExplanation | MtddExplanation[]>;
}

/** What `explain` says. */
export interface MtddExplanation {
  route: 'local' | 'shard' | 'all';
  /** Positions in `queryServers`. */
  shards: number[];
  /**
   * How one result is made: `shard`: there is only one; `anyShard`: all hold the same; `everywhere`: counts added, rows
   * put one after the other; `concat`, `sorted`, `grouped`: rows merged; `finish`: gathered, and finished by a shard.
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
  /** What is sent to whom; `when`: under which condition, if not always. */
  statements: { shards: number[] | 'any'; sql: string; params: unknown[]; when?: string }[];
  /** Sentences. */
  steps: string[];
  /** Why it would be refused. */
  refusal?: { code: 'PLAN_UNSUPPORTED'; reason: string };
}

/**
 * What is to be known of the result of a query for all shards beyond its rows. It stands, not enumerable, at `mtdd` of
 * `pg`'s Result (what a Raw resolves to); with failed shards also at `mtdd` of its array of rows (what a select of Knex
 * resolves to). A stream emits it as the event `mtdd` before it ends.
 */
export interface MtddAbout {
  /** The rows of the shards were merged, rather than concatenated. */
  IsReRun: boolean;
  /** With `partialResults`: the shards that the result does without; `partial`: but for some rows of theirs. */
  failedShards: { shardIndex: number; queryServer: string; error: Error; partial?: true }[];
}

/** What has become of a query on one shard. */
export interface MtddOutcome {
  shardIndex: number;
  queryServer: string;
  /**
   * `unknown`: it was sent, and may or may not have taken effect; `cancelled`: it was stopped because of another's
   * failure.
   */
  outcome: 'done' | 'failed' | 'not sent' | 'unknown' | 'cancelled';
  /** Of what is done: the number in the command tag. */
  rowCount?: number | null;
  /** `pg`'s DatabaseError, or an MtddError. */
  error?: Error;
}

/**
 * Sets the library up on a Knex instance: from then on its queries may say `.mtdd(tenant)`. A Knex instance has one
 * handle at a time.
 *
 * @param app an Express application, or another object with `use`
 * @param db a Knex instance with client "pg"
 * @throws ConfigError with the path of each wrong field; ValidationError when `app` or `db` is something else
 */
export function InitializeReplication(
  app: { use: (...args: never[]) => unknown },
  db: Knex,
  config?: LibraryConfig | null,
): Promise<MtddHandle>;

/**
 * Runs a function in whose queries, on every Knex instance that the library was set up on, need no `.mtdd()`: they
 * belong to this tenant, as does whatever the function awaits or starts. The inner of nested calls holds. A query takes
 * the tenant of the place where it is made, else of the place where it is run; its own `.mtdd()` outranks both. What the
 * function returns stays inside: a builder of Knex's keeps the tenant, any other thenable, such as a query of Objection, is
 * awaited inside, the body of a generator runs inside, and a transaction that was begun inside keeps the tenant for its
 * queries outside. What an array or an object holds is left as it is. Streams and listeners of the library are called in the context that they were asked for in.
 *
 * @param tenantId as for `.mtdd()`, but one tenant
 * @param tenantType default 1
 * @returns what the function returns
 * @throws TypeError for a wrong tenant, `undefined`, `null`, `''` and `NaN` included; the function is not run
 */
export function withTenant<T>(tenantId: MtddTenantId, fn: () => T): MtddStarted<T>;
export function withTenant<T>(
  tenantId: MtddTenantId,
  tenantType: number | string | undefined,
  fn: () => T,
): MtddStarted<T>;

/**
 * Runs a function whose queries without `.mtdd()` go to the local connection, whatever tenant is around it, and also
 * with `requireTenant`. For migrations and other housekeeping.
 *
 * @returns what the function returns
 */
export function runLocal<T>(fn: () => T): MtddStarted<T>;

/**
 * Runs a function in which a signal stops the queries on shards: once it is aborted, those under way are stopped on
 * PostgreSQL, and all that come later are refused, each with QueryCancelledError. A query obeys the signals of the places
 * where it is made and where it is run, those of nested calls and its own option `signal` together. In a transaction, it is the queries that
 * stop, not BEGIN, COMMIT and ROLLBACK.
 *
 * @param signal null: inside, no signal of the calls around it counts, nor for what is made inside
 * @returns what the function returns
 * @throws TypeError for anything else than a signal or null; the function is not run
 */
export function withSignal<T>(signal: AbortSignal | null, fn: () => T): MtddStarted<T>;

/** What `tenantContext` may be told; other keys are refused. `undefined`: the request has no tenant. */
export type MtddRequestTenant =
  | MtddTenantId
  | { readonly tenantId: MtddTenantId; readonly tenantType?: number | string }
  | undefined;

/**
 * Makes an Express middleware: what comes after it in a request runs inside `withTenant`. Errors of `resolve`, and
 * wrong tenants, go to `next`.
 *
 * @param resolve says whose request it is
 * @param options `cancelOnClose` (default false): when the client goes away before `response.end()`, the queries of its
 *   request are stopped, as by `withSignal`, writes too: work of several writes is left half done
 */
// biome-ignore lint/suspicious/noExplicitAny: requests are the application's own types
export function tenantContext<Request = any>(
  resolve: (request: Request) => MtddRequestTenant | PromiseLike<MtddRequestTenant>,
  options?: { readonly cancelOnClose?: boolean },
): (request: Request, response: unknown, next: (error?: unknown) => void) => void;

/** What `createMtddKnex` takes: the library's configuration, and Knex's own. */
export interface MtddKnexConfig extends LibraryConfig {
  /** What would be passed to `knex()`; the client must be "pg". */
  knex: Knex.Config;
}

/** What `createMtddKnex` resolves to. */
// biome-ignore lint/suspicious/noExplicitAny: as Knex declares it
export type MtddKnex = Knex<any, any[]> & {
  /**
   * The instance, bound to a tenant: all its queries, batches, transactions, schema builders, migrations and seeds go
   * there. Cheap, so it may be made for each request. It shares connections with the instance that it was bound from,
   * which alone can be listened to and destroyed.
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
 * Makes a Knex instance with the library under it, without changing Knex's classes: only the builders of this instance
 * have `.mtdd()`.
 *
 * @throws ConfigError with the path of each wrong field
 */
export function createMtddKnex(config: MtddKnexConfig): Promise<MtddKnex>;

/** The base of the library's own errors. PostgreSQL's refusals stay `pg`'s DatabaseError. */
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
  /** What is known about the failure, safe to log. */
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

/** A wrong configuration; the message begins with the path of the field. */
export class ConfigError extends CodedError<'CONFIG_INVALID', 500> {}
/** The handle has been closed. */
export class ClientClosedError extends CodedError<'CLIENT_CLOSED', 503> {}
/** The lookup server does not know the tenant. */
export class TenantNotFoundError extends CodedError<'TENANT_NOT_FOUND', 404> {}
/**
 * `queryServers` does not have the tenant's shard, or has another server in its place, or the tenant has just been moved
 * once more. Nothing was run.
 */
export class ShardNotFoundError extends CodedError<'SHARD_NOT_FOUND', 404> {}
/**
 * The query server cannot be reached: nothing was run; or a read was lost and not repeated; or the query's transaction was
 * rolled back. The message says which.
 */
export class ShardUnavailableError extends CodedError<'SHARD_UNAVAILABLE', 503> {}
/** The lookup server cannot be reached; nothing was run. */
export class LookupUnavailableError extends CodedError<'LOOKUP_UNAVAILABLE', 503> {}
/** Too many queries are under way; nothing was run. */
export class OverloadedError extends CodedError<'OVERLOADED', 429> {}
/**
 * The time was up. `context.stopped`: PostgreSQL says that it has stopped the statement, or it never ran; else it only
 * reads, or its transaction is rolled back.
 */
export class QueryTimeoutError extends CodedError<'TIMEOUT', 504> {}
/** The query was cancelled; `cause` is the reason of the signal that did it. */
export class QueryCancelledError extends CodedError<'CANCELLED', 499> {}
/**
 * A write, or a read that may write, may have taken effect: the connection broke after it was sent, or it was to stop
 * (`context.stoppingFor`: the code that it would have failed with) and PostgreSQL does not say that it did. Of a read that
 * was to stop on a server which has fallen silent too: what it knew of reads may have changed. `operationType: 'read'` says
 * that it has not.
 */
export class OutcomeUnknownError extends CodedError<'OUTCOME_UNKNOWN', 502> {}
/** A query for all shards, or a transaction with the local database, that has not come to the same end everywhere. */
export class PartialFailureError extends CodedError<'PARTIAL_FAILURE', 502> {
  constructor(message?: string, context?: Record<string, unknown>, cause?: unknown, outcomes?: MtddOutcome[]);
  /** By shard; empty for a transaction. `context.shards` says the same without the errors. */
  readonly outcomes: MtddOutcome[];
}
/** The query cannot be run in this way; nothing was sent. */
export class PlanUnsupportedError extends CodedError<'PLAN_UNSUPPORTED', 501> {}
/** A transaction named a tenant of another shard. */
export class CrossShardTransactionError extends CodedError<'CROSS_SHARD_TRANSACTION', 409> {}
/** The server answered in a way that this version does not understand. */
export class ProtocolError extends CodedError<'PROTOCOL', 502> {}
export class ValidationError extends CodedError<'VALIDATION_ERROR', 400> {}
export class AuthenticationError extends CodedError<'AUTHENTICATION_ERROR', 401> {}
export class AuthorizationError extends CodedError<'AUTHORIZATION_ERROR', 403> {}
