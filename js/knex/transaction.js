/**
 * Puts the library into the transactions that Knex makes: the transaction itself asks its scope to begin and to end it,
 * and a query in it asks its scope for its place and its connection.
 */

const { signalsFor } = require('./signal');
const { LOCAL, SCOPE, SHARD, TransactionScope, completed } = require('./transaction-scope');

/**
 * Lets a shard take part in a transaction that Knex has just made (and not begun).
 *
 * @param {object} trx Knex's Transaction
 * @param {object | undefined} config what the application gave: `connection`
 * @param {object} client the Knex client that it was made by, of the pool or of an outer transaction
 * @param {import('./runtime').Runtime} runtime
 * @param {import('./transaction-tenant').TransactionTenant | undefined} transactionTenant
 * @returns {object} the same transaction
 */
function joinShard(trx, config, client, runtime, transactionTenant) {
  const scope = new TransactionScope(trx, client, runtime, transactionTenant);
  const { participants } = scope;

  // Instead of a connection of the pool, one that stands for it: the pool is asked when a local query comes.
  const pool = {
    acquireConnection: async () => participants.lazyConnection,
    releaseConnection: async () => {},
  };
  const connected = config?.connection ? { connection: participants.lazyConnection } : undefined;
  trx.acquireConnection = async (_config, use) => {
    if (scope.parent === undefined && config?.connection) participants.adopt(config.connection);
    try {
      // Knex's own, which marks the connection for events; when it takes the mark away depends on its version.
      const view = Object.create(trx, { client: { value: pool } });
      return await scope.knex.acquireConnection.call(view, connected, use);
    } finally {
      if (scope.parent === undefined) participants.release();
    }
  };
  const start = () => scope.begin();
  trx.begin = start;
  trx.savepoint = start;
  for (const verb of ['commit', 'release', 'rollback', 'rollbackTo']) {
    trx[verb] = (_connection, value) => scope.finish(verb, value);
  }
  return trx;
}

/**
 * What a client for one query inside a transaction does differently.
 *
 * @param {'local' | 'shard'} participant whom it is for
 * @returns {Record<string, any>}
 */
function inTransaction(participant) {
  const isLocal = participant === LOCAL;
  const sending = (method) =>
    /** @this {any} a client for one query */
    function send(connection, ...args) {
      const scope = this[SCOPE];
      const { turn } = this;
      this.turn = undefined;
      const own = () => this.constructor.prototype[method].call(this, connection, ...args);
      if (turn !== undefined) {
        try {
          return own();
        } finally {
          turn.release();
        }
      }
      if (scope.trx.isCompleted()) return failed(method, completed(), args);
      // A further statement of a schema builder, or one on a connection that the query names.
      return scope.participants.queue.send(
        isLocal ? () => scope.trx.trxClient[method](connection, ...args) : own,
      );
    };
  return {
    /** @this {any} */
    async acquireConnection() {
      const scope = this[SCOPE];
      const signals = isLocal ? undefined : signalsFor(this.mtddRoute, this.mtddSignals);
      const prepare = () =>
        isLocal ? scope.localConnection() : scope.shardConnection(this.mtddRoute, this.mtddBuilder, signals);
      const timeout = isLocal ? undefined : this.mtddRoute?.options.timeout;
      const { connection, turn } = await scope.admit(prepare, signals, timeout);
      this.turn = turn;
      return connection;
    },

    /** @this {any} */
    releaseConnection(connection) {
      // It has not been sent: it did not compile, say.
      this.turn?.release();
      // A plain .timeout() has passed. As on a local connection, the transaction may go on behind the statement.
      if (!isLocal && connection.__knex__disposed !== undefined) {
        this[SCOPE].participants.abandoned.push(connection.canceller());
      }
    },

    query: sending('query'),
    stream: sending('stream'),
  };
}

/**
 * @param {string} method
 * @param {Error} error
 * @param {any[]} args what the method was called with, after the connection
 */
function failed(method, error, [, stream]) {
  if (method === 'stream') process.nextTick(() => stream.emit('error', error));
  return Promise.reject(error);
}

const ON_SHARD = inTransaction(SHARD);
const ON_LOCAL = inTransaction(LOCAL);

module.exports = { ON_LOCAL, ON_SHARD, joinShard };
