/**
 * Transactions over a local connection and one shard. Knex's Transaction goes on doing its own bookkeeping and writes
 * its own control SQL (BEGIN, SAVEPOINT, COMMIT ...); here is only decided to whom that goes and when.
 *
 * Two parties can take part: the local database and one shard's session. Each joins with the first query that is for
 * it, so a transaction whose queries are all one tenant's never troubles the local database. Nested transactions are
 * savepoints with each party that has joined by then, or joins later.
 */

const { CrossShardTransactionError, PartialFailureError } = require('../errors');
const { RemoteConnection } = require('./connection');
const { BOUND } = require('./context');
const { routeFrom } = require('./route');
const { refuseIfAborted, signalsFor, unlessAborted } = require('./signal');

/** On a transaction's Knex client: its Level. */
const LEVEL = Symbol('mtdd.level');

const LOCAL = 'local';
const SHARD = 'shard';

let sessions = 0;

/**
 * Lets a shard take part in a transaction that Knex has just made (and not begun).
 *
 * @param {object} trx Knex's Transaction
 * @param {object | undefined} config what the application gave: `connection`, `mtdd`
 * @param {object} client the Knex client that it was made by, of the pool or of an outer transaction
 * @param {import('./runtime').Runtime} runtime
 * @returns {object} the same transaction
 */
function joinShard(trx, config, client, runtime) {
  const level = new Level(trx, client, runtime);
  if (config?.mtdd !== undefined) level.route = routeFrom([config.mtdd]);
  const { parties } = level;

  // Instead of a connection of the pool, one that stands for it: the pool is asked when a local query comes.
  const pool = { acquireConnection: async () => parties.standIn, releaseConnection: async () => {} };
  const connected = config?.connection ? { connection: parties.standIn } : undefined;
  trx.acquireConnection = async (_config, use) => {
    if (level.parent === undefined && config?.connection) parties.adopt(config.connection);
    try {
      // Knex's own, which marks the connection for events; when it takes the mark away depends on its version.
      const view = Object.create(trx, { client: { value: pool } });
      return await level.knex.acquireConnection.call(view, connected, use);
    } finally {
      if (level.parent === undefined) parties.release();
    }
  };
  const start = () => level.begin();
  trx.begin = start;
  trx.savepoint = start;
  for (const verb of ['commit', 'release', 'rollback', 'rollbackTo']) {
    trx[verb] = (_connection, value) => level.finish(verb, value);
  }
  return trx;
}

/** One transaction of Knex's, outermost or nested. */
class Level {
  constructor(trx, client, runtime) {
    this.trx = trx;
    /** Knex's own methods, which write the control SQL. */
    this.knex = Object.getPrototypeOf(trx);
    this.runtime = runtime;
    this.parent = client[LEVEL];
    this.parties = this.parent?.parties ?? new Parties(client, runtime);
    /** For queries without a route of their own: what the transaction, or one around it, was made with. */
    this.route = client[BOUND];
    /** Who has joined at this level: the promise that its BEGIN or SAVEPOINT has been answered. */
    this.joined = new Map();
  }

  /** Knex has made the transaction's client. Who takes part in the outer transaction takes part at once. */
  async begin() {
    const { trxClient } = this.trx;
    trxClient[LEVEL] = this;
    if (this.route !== undefined) trxClient[BOUND] = this.route;
    trxClient.acquireConnection = async () => {
      await this.join(LOCAL);
      return this.parties.standIn;
    };
    for (const party of this.parent?.joined.keys() ?? []) await this.join(party);
  }

  /** Makes a party take part here and, first, in every outer transaction. */
  join(party) {
    let joining = this.joined.get(party);
    if (joining === undefined) {
      joining = this.#join(party);
      this.joined.set(party, joining);
      // Whoever waits for it hears of the failure; it is no concern of anybody else.
      joining.catch(() => {});
    }
    return joining;
  }

  async #join(party) {
    const { trx, knex } = this;
    try {
      if (this.parent !== undefined) await this.parent.join(party);
      else if (party === LOCAL) await this.parties.openLocal();
      else await this.parties.opening;
    } catch (error) {
      // It never took part: there is nothing to end with it.
      this.joined.delete(party);
      throw error;
    }
    await this.#through(party, (connection) =>
      (this.parent ? knex.savepoint : knex.begin).call(trx, connection),
    );
    // Knex has taken the transaction for failed, and rejects it: so does the query that wanted to join.
    if (trx._completed) await trx._promise;
  }

  /**
   * The connection for a query with this route.
   *
   * @param {import('./route').Route} route
   * @param {AbortSignal[]} [signals] that stop it
   * @throws {CrossShardTransactionError} when it is for another shard than the queries before it
   */
  async shardConnection(route, signals) {
    refuseIfAborted(signals);
    await unlessAborted(this.#joinShard(route), signals);
    return this.parties.shardConnection(route, signals);
  }

  async #joinShard(route) {
    await this.parties.openShard(route);
    await this.join(SHARD);
  }

  /** Ends the transaction with whoever takes part. The shard first: if its COMMIT fails, the rest can still go back. */
  async finish(verb, value) {
    const { trx, knex, parties } = this;
    await this.#settled(verb);
    const parts = [...this.joined.keys()];
    if (parts.length === 0) {
      // Nobody has been asked anything: it ends by Knex's own rules, without a server.
      return this.#as({ query: async () => {} }, () => knex[verb].call(trx, parties.standIn, value));
    }
    const last = parts.includes(LOCAL) ? LOCAL : SHARD;
    if (parts.length === 2 && !trx.isCompleted()) {
      const failure = await this.#through(SHARD, (connection) =>
        trx.trxClient.query(connection, this.#sql(verb)),
      ).then(
        () => undefined,
        (error) => error,
      );
      if (verb === 'commit' && failure === undefined) this.#tellOfHalf();
      // A shard that could not be told to go back goes back by itself, when its session ends.
      if (failure !== undefined && (verb === 'commit' || verb === 'release')) {
        return this.#through(LOCAL, (connection) =>
          knex[verb === 'commit' ? 'rollback' : 'rollbackTo'].call(trx, connection, failure),
        );
      }
    }
    return this.#through(
      last,
      (connection) => knex[verb].call(trx, connection, value),
      verb === 'rollback' ? ROLLBACK_QUERY : ROUTED_QUERY,
    );
  }

  /** Waits for those who are joining, so that their first query goes out before the end. */
  async #settled(verb) {
    if (this.joined.size === 0) return;
    // Neither a session that is still being opened nor what nobody waits for will be needed.
    if (verb === 'rollback') {
      this.parties.giveUpOpening();
      this.parties.stopAbandoned();
    }
    await Promise.allSettled(this.joined.values());
    await new Promise(setImmediate);
  }

  #sql(verb) {
    const { txid } = this.trx;
    return {
      commit: 'COMMIT;',
      release: `RELEASE SAVEPOINT ${txid};`,
      rollback: 'ROLLBACK',
      rollbackTo: `ROLLBACK TO SAVEPOINT ${txid}`,
    }[verb];
  }

  /** The shard has committed; should the local COMMIT fail now, the application must know. */
  #tellOfHalf() {
    const { trx } = this;
    const reject = trx._rejecter;
    trx._rejecter = (error) =>
      reject(
        new PartialFailureError(
          'The shard has committed its part of the transaction, but the local database has not: make the local part good.',
          { shard: 'done', local: 'failed' },
          error,
        ),
      );
  }

  /** Runs one of Knex's control methods against a party. Knex reads `trxClient` before it waits for anything. */
  #through(party, act, methods = ROUTED_QUERY) {
    const { trx, parties } = this;
    if (party === LOCAL) return act(parties.standIn);
    const connection = parties.shardConnection(parties.route);
    const client = Object.create(trx.trxClient, methods);
    return this.#as(client, () => act(connection));
  }

  #as(client, act) {
    const { trx } = this;
    const own = trx.trxClient;
    trx.trxClient = client;
    try {
      return act();
    } finally {
      trx.trxClient = own;
    }
  }
}

/**
 * A transaction's client has a `query` of its own that only takes the transaction's one connection; control SQL for
 * the shard goes to another.
 */
const ROUTED_QUERY = {
  query: {
    value(connection, statement) {
      return this.constructor.prototype.query.call(this, connection, statement);
    },
  },
};

/** A session that is lost has been rolled back: the application hears what went wrong, not that there is nothing left to end. */
const ROLLBACK_QUERY = {
  query: {
    value(connection, statement) {
      return ROUTED_QUERY.query.value.call(this, connection, statement).catch((error) => {
        if (error.code !== 'SHARD_UNAVAILABLE') throw error;
      });
    },
  },
};

/** Who takes part in an outermost transaction and all that is nested in it. */
class Parties {
  constructor(client, runtime) {
    this.client = client;
    this.runtime = runtime;
    /** The local connection, once there is one. */
    this.local = undefined;
    this.adopted = false;
    /** What Knex holds as the transaction's connection: the local one as soon as there is one. */
    this.standIn = standInFor(this);
    /** The route that pinned the transaction to its shard. */
    this.route = undefined;
    this.session = 0;
    /** What events call the session's connection. */
    this.uid = undefined;
    /** Stop queries whose own .timeout() has passed: the statement may be running still. */
    this.abandoned = [];
    /** The promise of the shard's index, once the session has been asked for. */
    this.opening = undefined;
  }

  /** The application gave the connection: it is neither asked from the pool nor given back to it. */
  adopt(connection) {
    this.local = connection;
    this.adopted = true;
  }

  async openLocal() {
    if (this.local !== undefined) return;
    const connection = await this.client.acquireConnection();
    connection.__knexTxId = this.standIn.__knexTxId;
    this.local = connection;
  }

  /** Pins the transaction to the shard of a route, or checks that it is pinned there. */
  async openShard(route) {
    const { native, shards } = this.runtime;
    if (route.tenant === null && shards > 1) {
      throw new CrossShardTransactionError(
        'A query for all shards cannot run in a transaction: nothing was sent.',
      );
    }
    if (this.opening === undefined) {
      this.route = route;
      this.session = sessions = (sessions % 0xffffffff) + 1;
      this.opening = native.openSession(
        this.session,
        route.tenant,
        route.tenantType,
        route.method === 'register',
      );
      try {
        await this.opening;
      } catch (error) {
        // The next query may try again.
        this.opening = undefined;
        throw error;
      }
      return;
    }
    const shard = await this.opening;
    if (route.tenant === null || route.isSameTenant(this.route)) return;
    const other =
      route.method === 'register'
        ? (await native.addTenant(route.tenant, route.tenantType)).shardIndex
        : await native.tenantShard(route.tenant, route.tenantType);
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
    connection.__knexTxId = this.standIn.__knexTxId;
    return connection;
  }

  giveUpOpening() {
    if (this.opening !== undefined) this.runtime.native.cancelSession(this.session);
  }

  stopAbandoned() {
    for (const cancel of this.abandoned.splice(0)) cancel();
  }

  /** The transaction has ended. */
  release() {
    this.stopAbandoned();
    if (this.local !== undefined && !this.adopted) this.client.releaseConnection(this.local);
    if (this.opening !== undefined) this.runtime.native.closeSession(this.session);
  }
}

/** An object that has the local connection's properties and methods as soon as there is one, and its own until then. */
function standInFor(parties) {
  const early = { __knexUid: undefined, __knexTxId: undefined };
  const current = () => parties.local ?? early;
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

/**
 * What a client for one routed query inside a transaction does differently.
 *
 * @type {Record<string, Function>}
 */
const IN_TRANSACTION = {
  acquireConnection() {
    return this[LEVEL].shardConnection(this.mtddRoute, signalsFor(this.mtddRoute));
  },

  releaseConnection(connection) {
    // A plain .timeout() has passed. As on a local connection, the transaction may go on behind the statement.
    if (connection.__knex__disposed !== undefined) this[LEVEL].parties.abandoned.push(connection.canceller());
  },

  query(connection, statement) {
    if (this[LEVEL].trx.isCompleted()) return Promise.reject(completed());
    return this.constructor.prototype.query.call(this, connection, statement);
  },

  stream(connection, statement, stream, options) {
    if (this[LEVEL].trx.isCompleted()) {
      const error = completed();
      process.nextTick(() => stream.emit('error', error));
      return Promise.reject(error);
    }
    return this.constructor.prototype.stream.call(this, connection, statement, stream, options);
  },
};

/** Knex's own words for the same. */
function completed() {
  return new Error('Transaction query already complete, run with DEBUG=knex:tx for more info');
}

module.exports = { IN_TRANSACTION, LEVEL, joinShard };
