/**
 * The place where Knex is intercepted: one subclass of the instance's own dialect client, put under that client.
 * Knex makes transaction clients and `withUserParams` clones from `client.constructor.prototype`, so those are routed
 * too, while other Knex instances of the process stay as they are.
 */

const { AsyncResource } = require('node:async_hooks');
const { ClientClosedError, ConfigError, ValidationError } = require('../errors');
const { SIGNALS, capture, isElsewhere, runInContextOf } = require('./async-context');
const { BASE_CLIENT } = require('./bound-instance');
const { RemoteConnection } = require('./connection');
const { BOUND_ROUTE, ROUTE, conflictOf, routeOf } = require('./query-route');
const { adoptCopy, watchCopies } = require('./copies');
const { emitHere } = require('./emitter');
const { checkedInstance } = require('./supported-instance');
const { installMtdd, refuseOtherCopy, ownBuilders } = require('./mtdd');
const { TRANSACTION_TENANT, TransactionTenant } = require('./transaction-tenant');
const { Route } = require('./route');
const { RUNTIME, Runtime } = require('./runtime');
const { sessionSettingsOf } = require('./connection-settings');
const { signalsFor } = require('./signal');
const { CONFLICT, isCompilingNow, mayHoldSubquery, watchBuilder, watchCompiler } = require('./subquery');
const { guardMigrateAndSeed, guardToolsOf, refuseTenantsInMigrateAndSeed } = require('./migrate-and-seed');
const { ON_LOCAL, ON_SHARD, joinShard } = require('./transaction');
const { SCOPE } = require('./transaction-scope');
const { contextOfTransaction, withTransactionTenant, routeOfTransaction } = require('./transaction-config');

/** On a Knex client: the class of the clients derived from it, one for each routed query. */
const ROUTED_QUERY = Symbol('mtdd.routed');
/** On a transaction's Knex client: the class of the clients derived from it, one for each local query. */
const LOCAL_QUERY = Symbol('mtdd.staying');
/** On the subclass's prototype: what makes its builders, where Knex's own have been left alone. */
const BUILDERS = Symbol('mtdd.builders');
/** Clients whose attaching is under way. */
const attaching = new WeakSet();

/**
 * Puts the library under a Knex instance.
 *
 * @param {import('knex').Knex} knex
 * @param {import('../config/config').Config} config
 * @param {object} outside
 * @param {import('../logger').Loggers} outside.loggers
 * @param {(settings: object, options: object) => object} outside.openClient makes the native client
 * @param {boolean} [outside.patchNothing] leave Knex's classes alone: the instance gets builder classes of its own,
 *   and must not have made builders before
 * @returns {Promise<Runtime>}
 * @throws {ValidationError | ConfigError}
 */
async function attach(knex, config, { loggers, openClient, patchNothing = false }) {
  const { pg, warnings } = checkedInstance(knex);
  const { client } = knex;
  adoptCopy(client);
  if (attaching.has(client) || (client[RUNTIME] !== undefined && !client[RUNTIME].isClosed)) {
    throw new ConfigError(
      'InitializeReplication has been called on this Knex instance before: close the first handle, or use a second instance.',
    );
  }
  if (config.useMtdd && client.config.pool?.afterCreate && !config.allowLocalAfterCreate) {
    throw new ConfigError(
      'pool.afterCreate: expected none with mtdd.useMtdd, because it prepares local connections only, and the shards run without it. Set mtdd.allowLocalAfterCreate: true if that is meant.',
    );
  }
  refuseTenantsInMigrateAndSeed(client.config);
  if (!patchNothing) refuseOtherCopy(knex);
  attaching.add(client);
  try {
    const native = config.useMtdd
      ? await openNative(client, pg, config, { loggers, openClient, warnings })
      : null;
    for (const warning of warnings) loggers.mtdd.warn(warning);
    const runtime = new Runtime(config, native, loggers.mtdd);
    install(knex, runtime, patchNothing);
    return runtime;
  } finally {
    attaching.delete(client);
  }
}

async function openNative(client, pg, config, { loggers, openClient, warnings }) {
  const session = await sessionSettingsOf(client, pg);
  warnings.push(...session.warnings);
  const { timeout } = config.settings;
  const settings = {
    ...config.settings,
    // `connection.query_timeout` is what the app has set for its queries, unless it has told us otherwise.
    timeout: config.timeoutGiven ? timeout : (session.queryTimeout ?? timeout),
    session: session.settings,
  };
  const native = openClient(settings, { pg, connectionTypes: session.types, onLog: loggers.record });
  try {
    await native.begin();
  } catch (error) {
    await native.close();
    throw error;
  }
  return native;
}

function install(knex, runtime, patchNothing) {
  const { client } = knex;
  const builders = patchNothing ? ownBuilders(client, runtimeOf) : undefined;
  if (client[RUNTIME] === undefined) {
    const Base = client.constructor;
    Object.setPrototypeOf(client, subclassOf(Base).prototype);
    // An instance of the library's own has no older copies.
    if (!patchNothing) watchCopies(client, Base.prototype);
  }
  const { prototype } = client.constructor;
  prototype[RUNTIME] = runtime;
  prototype[BUILDERS] = builders;
  if (patchNothing) {
    guardMigrateAndSeed(knex);
  } else {
    installMtdd(knex, runtimeOf);
    guardToolsOf(knex);
  }
}

/** The runtime of a builder's Knex instance, if that is one of ours. */
function runtimeOf(builder) {
  adoptCopy(builder.client);
  return builder.client?.[RUNTIME];
}

/**
 * @param {new (...args: any[]) => Record<PropertyKey, any>} Base the dialect client's class
 * @returns {any} a subclass of it
 */
function subclassOf(Base) {
  class RoutingClient extends Base {
    /** Every way to run a builder calls this: then, catch, finally, asCallback, stream, pipe, and schema builders. */
    runner(builder) {
      if (mayHoldSubquery(builder)) watchBuilder(builder);
      const runtime = this[RUNTIME];
      // The client of a bound instance runs nothing itself.
      const client = this[BASE_CLIENT] ?? this;
      const own = clientOf(builder, this, client, runtime);
      return runsInContextOfBuilder(super.runner.call(own, builder), builder);
    }

    transaction(container, config, outerTransaction) {
      const runtime = this[RUNTIME];
      const client = this[BASE_CLIENT] ?? this;
      const route = routeOfTransaction(config, this[BOUND_ROUTE]);
      const isOlder = isOlderTransaction(client, runtime);
      if (isOlder && route !== undefined) throw olderTransaction(route);
      const transactionTenant =
        this[TRANSACTION_TENANT] ?? (runtime.inheritsTenant ? new TransactionTenant() : undefined);
      const inside = withTransactionTenant(container, {
        route,
        transactionTenant,
        around: contextOfTransaction(this),
      });
      const transaction = super.transaction.call(client, inside, config, outerTransaction);
      const isClosed = runtime.isClosed && !hasSession(this);
      if (isClosed && route !== undefined) {
        // Knex has made it, and asks it for a connection next.
        transaction.acquireConnection = () => Promise.reject(new ClientClosedError());
        return transaction;
      }
      if (runtime.native === null || isClosed || isOlder) return transaction;
      return joinShard(transaction, config, client, runtime, transactionTenant);
    }

    queryBuilder() {
      const own = this[BUILDERS];
      return noteContext(own === undefined ? super.queryBuilder() : own.query(this));
    }

    raw(...args) {
      const own = this[BUILDERS];
      return noteContext(own === undefined ? super.raw(...args) : own.raw(this).set(...args));
    }

    schemaBuilder() {
      const own = this[BUILDERS];
      return noteContext(own === undefined ? super.schemaBuilder() : own.schema(this));
    }

    queryCompiler(builder, bindings) {
      return watchCompiler(super.queryCompiler(builder, bindings));
    }

    query(connection, statement) {
      const conflict = statement[CONFLICT];
      return conflict === undefined ? super.query(connection, statement) : Promise.reject(conflict);
    }

    stream(connection, statement, stream, options) {
      const conflict = statement[CONFLICT];
      if (conflict !== undefined) return failStream(stream, conflict);
      // A stream's listeners run in the context where it was requested, not in that of its connection.
      emitHere(stream);
      if (this.config.postProcessResponse) {
        stream._transform = AsyncResource.bind(stream._transform, 'MTDD_ROW', stream);
      }
      return super.stream(connection, statement, stream, options);
    }

    /**
     * Ends the native client too, so that an app's shutdown needs no new line. Both at once: the pool does not wait for
     * queries on shards.
     */
    async destroy(callback) {
      if (this.transacting) return super.destroy(callback);
      const ends = await Promise.allSettled([this[RUNTIME].close(), super.destroy()]);
      const failure = ends.find((end) => end.status === 'rejected')?.reason;
      if (typeof callback === 'function') return failure === undefined ? callback() : callback(failure);
      if (failure !== undefined) throw failure;
    }
  }
  // Programs look at this name to learn the dialect.
  Object.defineProperty(RoutingClient, 'name', { value: Base.name });
  return RoutingClient;
}

/**
 * A builder that has just been made captures the async context, because it may be run in another.
 *
 * @param {object} builder
 * @returns {object} the same
 */
function noteContext(builder) {
  // asyncStackTraces: Knex counts the frames between its caller and the builder, and knows nothing of ours.
  if (builder._asyncStack !== undefined) builder._asyncStack.lines++;
  const bound = builder.client[BOUND_ROUTE];
  if (bound !== undefined && builder.isRawInstance) {
    // A Raw takes on the client of the query that it becomes part of, and compiles unseen by the query compilers.
    builder[ROUTE] = bound;
    watchBuilder(builder);
  }
  if (!isCompilingNow()) capture(builder, builder.client);
  return builder;
}

/** A builder that runs in another context calls its listeners, and its instance's hooks, in the one it has captured. */
function runsInContextOfBuilder(runner, builder) {
  if (!isElsewhere(builder)) return runner;
  const { run, ensureConnection } = runner;
  runner.run = () => runInContextOf(builder, () => run.call(runner));
  runner.ensureConnection = (callback, params) => {
    // A stream's listeners run in the context where it was requested.
    if (params?.stream !== undefined) emitHere(params.stream);
    return runInContextOf(builder, () => ensureConnection.call(runner, callback, params));
  };
  return runner;
}

/** Whether a client belongs to a transaction with a session on a shard. It may end after a close. */
function hasSession(client) {
  return client[SCOPE]?.participants.opening !== undefined;
}

/** Whether a client belongs to a transaction that was begun before the library was set up, which no shard can join. */
function isOlderTransaction(client, runtime) {
  return runtime.native !== null && client.transacting === true && client[SCOPE] === undefined;
}

function olderTransaction(route) {
  return new ValidationError(
    `The transaction was begun on the local database before InitializeReplication, and this is for ${route}: nothing was sent. Begin it anew.`,
  );
}

function missingTenant() {
  return new ValidationError(
    'mtdd.requireTenant: this query names no tenant, and nothing was sent. Add .mtdd(tenant), run it inside withTenant(tenant, fn), or inside runLocal(fn) if the local database is meant.',
  );
}

/**
 * The client that runs a query.
 *
 * @param {object} builder
 * @param {object} asked the client that it was made with
 * @param {object} client the same, or the one behind a bound one
 * @param {Runtime} runtime
 */
function clientOf(builder, asked, client, runtime) {
  const route = routeOf(builder, asked);
  const conflict = conflictOf(route, builder, asked);
  if (conflict !== undefined) return rejectingClient(client, conflict);
  if (route instanceof Route) return clientFor(route, builder, client, runtime);
  const isMissing = route === undefined && runtime.requiresTenant;
  return isMissing ? clientWithoutTenant(builder, client, runtime) : localClient(client);
}

/** The client that runs a query with a route. */
function clientFor(route, builder, client, runtime) {
  if (route.ignoredOptions !== undefined) runtime.warnOfIgnoredOptions(route.ignoredOptions);
  const refusal = runtime.refusalOf(route, builder, hasSession(client));
  if (refusal !== undefined) return rejectingClient(client, refusal);
  if (isOlderTransaction(client, runtime)) return rejectingClient(client, olderTransaction(route));
  if (runtime.native !== null) return new (routedClassOf(client))(route, builder);
  client[TRANSACTION_TENANT]?.note(route);
  return client;
}

/**
 * The client for a query without a tenant, where one is required. Inside a transaction the query may inherit the
 * transaction's tenant, which is known once the queries before it have been sent.
 */
function clientWithoutTenant(builder, client, runtime) {
  const transactionTenant = client[TRANSACTION_TENANT];
  if (transactionTenant === undefined || builder._connection !== undefined)
    return rejectingClient(client, missingTenant());
  if (client[SCOPE] !== undefined) return new (routedClassOf(client))(undefined, builder);
  if (runtime.native !== null) return rejectingClient(client, new ClientClosedError());
  try {
    clientFor(transactionTenant.checkedRoute, builder, client, runtime);
    return client;
  } catch (error) {
    return rejectingClient(client, error);
  }
}

/**
 * The class of the clients that run one routed query each. They differ from the client behind them only in where
 * connections come from; config, events, compilers and post-processing are inherited.
 */
function routedClassOf(client) {
  return derivedClassOf(client, ROUTED_QUERY, () => ({
    ...ROUTED_METHODS,
    ...(client[SCOPE] === undefined ? {} : Object.getOwnPropertyDescriptors(ON_SHARD)),
  }));
}

/** The client that runs a query on the local database: in a transaction it keeps the order of statements. */
function localClient(client) {
  if (client[SCOPE] === undefined) return client;
  return new (derivedClassOf(client, LOCAL_QUERY, () => Object.getOwnPropertyDescriptors(ON_LOCAL)))();
}

function derivedClassOf(client, key, methods) {
  if (Object.hasOwn(client, key)) return client[key];
  function Derived(route, builder) {
    this.mtddRoute = route;
    this.mtddBuilder = builder;
    this.mtddSignals = builder?.[SIGNALS];
  }
  Derived.prototype = Object.create(client, methods());
  Object.defineProperty(client, key, { value: Derived });
  return Derived;
}

const ROUTED_METHODS = Object.getOwnPropertyDescriptors({
  /** @this {any} */
  acquireConnection() {
    const route = this.mtddRoute;
    return new RemoteConnection(this[RUNTIME], route, 0, signalsFor(route, this.mtddSignals));
  },

  releaseConnection(connection) {
    // A plain .timeout() has passed: Knex will not wait, and the statement must not go on.
    if (connection.__knex__disposed !== undefined) connection.cancel().catch(ignore);
  },

  cancelQuery(connection) {
    return connection.cancel();
  },

  _stream(connection, statement, stream, options) {
    if (!statement.sql) throw new Error('The query is empty');
    // As in Knex, a stream has options of its own, and those of its query say nothing to it.
    const config = {
      text: statement.sql,
      values: statement.bindings ?? [],
      rowMode: options?.rowMode,
      types: options?.types,
    };
    let source;
    try {
      source = connection.stream(config, options);
    } catch (error) {
      return failStream(stream, error);
    }
    return new Promise((resolve, reject) => {
      source.on('error', (error) => {
        reject(error);
        stream.emit('error', error);
      });
      source.on('mtdd', (about) => stream.emit('mtdd', about));
      stream.on('end', resolve);
      // If the reader stops early, the statement is stopped too, and the runner is done.
      stream.on('close', () => {
        source.destroy();
        resolve();
      });
      source.pipe(stream);
    });
  },
});

/** A client that runs nothing, and says why. */
function rejectingClient(client, error) {
  const reject = () => Promise.reject(error);
  return Object.assign(Object.create(client), {
    acquireConnection: reject,
    query: reject,
    stream: (_connection, _statement, stream) => failStream(stream, error),
  });
}

/** Knex passes on to a stream only errors from before there was a connection. */
function failStream(stream, error) {
  // Later, because with .connection() Knex gets here before the caller has the stream to listen to.
  process.nextTick(() => stream.emit('error', error));
  return Promise.reject(error);
}

function ignore() {}

module.exports = { attach };
