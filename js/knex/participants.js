/**
 * The participants of an outermost transaction and of those nested in it: the local connection, and a session on one
 * shard. Opens both on demand and releases them at the end. transaction-scope.js decides what is sent to them, and when.
 */

const { CrossShardTransactionError } = require('../errors');
const { RemoteConnection } = require('./connection');
const { StatementQueue } = require('./statement-queue');

let lastSession = 0;

class Participants {
  #isEnding = false;
  #isOver = false;
  #isReleased = false;

  /**
   * @param {object} client the Knex client that the outermost transaction was made by
   * @param {import('./runtime').Runtime} runtime
   * @param {import('./transaction-tenant').TransactionTenant | undefined} transactionTenant
   */
  constructor(client, runtime, transactionTenant) {
    this.client = client;
    this.runtime = runtime;
    /** The transaction's tenant, where queries may inherit it. */
    this.transactionTenant = transactionTenant;
    /** The order in which statements are sent. */
    this.queue = new StatementQueue();
    /** The local connection, once there is one. */
    this.local = undefined;
    this.adopted = false;
    /** The local connection is inside BEGIN and COMMIT. */
    this.isLocalOpen = false;
    /** The connection that Knex holds for the transaction: it becomes the local one once that is open. */
    this.lazyConnection = lazyConnectionOf(this);
    /** The tenant that pinned the transaction to its shard; BEGIN, COMMIT and the like go there. */
    this.route = undefined;
    /** The same with the timeout of the query that it has come from, for BEGIN. */
    this.beginRoute = undefined;
    this.session = 0;
    /** The id of the session's connection in Knex's events. */
    this.uid = undefined;
    /** Stop queries whose own .timeout() has passed: the statement may be running still. */
    this.abandoned = [];
    /** The streams of the session. */
    this.streams = new Set();
    /** The tenants that are known to live on the session's shard. */
    this.tenants = [];
    /** The promise of the shard's index, once the session has been asked for. */
    this.opening = undefined;
  }

  /** Uses a connection of the application's, which is neither acquired from the pool nor released to it. */
  adopt(connection) {
    this.local = connection;
    this.adopted = true;
  }

  async openLocal() {
    if (this.local !== undefined) return;
    const connection = await this.client.acquireConnection();
    connection.__knexTxId = this.lazyConnection.__knexTxId;
    this.local = connection;
  }

  /**
   * Pins the transaction to the shard of a route, or checks that it is pinned there.
   *
   * @param {import('./route').Route} route
   * @param {boolean} register the tenant is registered first if it is new
   */
  async openShard(route, register) {
    const { native, shards } = this.runtime;
    if (route.tenant === null && shards > 1) {
      throw new CrossShardTransactionError(
        'A query for all shards cannot run in a transaction: nothing was sent.',
      );
    }
    if (this.opening === undefined) {
      this.route = route.withoutOptions();
      this.beginRoute = route.withoutOptions(route.options.timeout ?? undefined);
      this.session = lastSession = (lastSession % 0xffffffff) + 1;
      this.opening = native.openSession(this.session, route.tenant, route.tenantType, register);
      try {
        await this.opening;
      } catch (error) {
        // The next query may try again.
        this.opening = undefined;
        throw error;
      }
      this.tenants.push(this.route);
      this.transactionTenant?.note(route);
      return;
    }
    const shard = await this.opening;
    if (route.tenant === null) return;
    if (!this.tenants.some((known) => route.isSameTenant(known))) {
      await this.#checkShard(route, shard, register);
      this.tenants.push(route);
    }
    this.transactionTenant?.note(route);
  }

  async #checkShard(route, shard, register) {
    const { native } = this.runtime;
    let other = register
      ? (await native.addTenant(route.tenant, route.tenantType)).shardIndex
      : await native.tenantShard(route.tenant, route.tenantType, { anew: false });
    // It may have moved since it was last looked up.
    if (other !== shard) other = await native.tenantShard(route.tenant, route.tenantType);
    if (other !== shard) {
      throw new CrossShardTransactionError(
        `The transaction runs on shard ${shard}, because its first query is for ${this.route}; ${route} lives on shard ${other}. Use a transaction for each: nothing was sent.`,
        { shardIndex: shard, otherShardIndex: other },
      );
    }
  }

  /** For one query in the session; to events they all are the transaction's one connection. */
  shardConnection(route, signals) {
    const connection = new RemoteConnection(this.runtime, route, this.session, signals);
    this.uid ??= connection.__knexUid;
    connection.__knexUid = this.uid;
    connection.__knexTxId = this.lazyConnection.__knexTxId;
    connection.streams = this.streams;
    return connection;
  }

  /** Waits for the ends of all streams. @returns {Promise<Error | undefined>} an error that nobody was told of */
  async failureOfStreams() {
    const streams = [...this.streams];
    this.streams.clear();
    const failures = await Promise.all(streams.map((stream) => stream.ended));
    return failures.find((failure) => failure !== undefined);
  }

  cancelOpening() {
    if (this.opening !== undefined) this.runtime.native.cancelSession(this.session);
  }

  stopAbandoned() {
    for (const cancel of this.abandoned.splice(0)) cancel();
    for (const stream of this.streams) stream.cancelOnceAbandoned();
  }

  /** COMMIT or ROLLBACK has been called: nothing is released until it is answered. */
  startedEnding() {
    this.#isEnding = true;
  }

  /** It has been answered, or never will be. */
  ended() {
    this.#isEnding = false;
    if (this.#isOver) this.#release();
  }

  /** Knex is done with the transaction: because it has ended, or although it has not. */
  release() {
    this.#isOver = true;
    if (!this.#isEnding) this.#release();
  }

  #release() {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.stopAbandoned();
    // BEGIN has failed on the shard, say: the pool's next user must not find itself in this transaction.
    if (this.isLocalOpen) this.local.query({ text: 'ROLLBACK' }, () => {});
    if (this.local !== undefined && !this.adopted) this.client.releaseConnection(this.local);
    if (this.opening !== undefined) this.runtime.native.closeSession(this.session);
  }
}

/** An object that has the local connection's properties and methods as soon as there is one, and its own until then. */
function lazyConnectionOf(participants) {
  const early = { __knexUid: undefined, __knexTxId: undefined };
  const current = () => participants.local ?? early;
  return new Proxy(early, {
    get(_, name) {
      const target = current();
      const value = target[name];
      return typeof value === 'function' && target !== early ? value.bind(target) : value;
    },
    set(_, name, value) {
      current()[name] = value;
      return true;
    },
    has: (_, name) => name in current(),
    deleteProperty: (_, name) => delete current()[name],
  });
}

module.exports = { Participants };
