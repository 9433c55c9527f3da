/**
 * Transactions over a local connection and one shard. Knex's Transaction goes on doing its own bookkeeping and writes
 * its own control SQL (BEGIN, SAVEPOINT, COMMIT ...); here is only decided to whom that goes and when.
 *
 * Two parties can take part: the local database and one shard's session. Each joins with the first query that is for
 * it, so a transaction whose queries are all one tenant's never troubles the local database. Nested transactions are
 * savepoints with each party that has joined by then, or joins later.
 *
 * A party that joins late must not be seen: `commit()` and `rollback()` take effect when they are called, and whatever
 * was asked for before them goes out before them (line.js).
 */

const { PartialFailureError } = require('../errors');
const { Parties } = require('./parties');
const { refuseIfAborted, signalsFor, unlessAborted } = require('./signal');

/** On a transaction's Knex client: its Level. */
const LEVEL = Symbol('mtdd.level');

const LOCAL = 'local';
const SHARD = 'shard';
/** What takes the place of a COMMIT or RELEASE that cannot be. */
const BACK = { commit: 'rollback', release: 'rollbackTo' };

/**
 * Lets a shard take part in a transaction that Knex has just made (and not begun).
 *
 * @param {object} trx Knex's Transaction
 * @param {object | undefined} config what the application gave: `connection`
 * @param {object} client the Knex client that it was made by, of the pool or of an outer transaction
 * @param {import('./runtime').Runtime} runtime
 * @param {import('./pin').Pin | undefined} pin
 * @returns {object} the same transaction
 */
function joinShard(trx, config, client, runtime, pin) {
  const level = new Level(trx, client, runtime, pin);
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
  constructor(trx, client, runtime, pin) {
    this.trx = trx;
    /** Knex's own methods, which write the control SQL. */
    this.knex = Object.getPrototypeOf(trx);
    this.parent = client[LEVEL];
    this.parties = this.parent?.parties ?? new Parties(client, runtime, pin);
    /** Who has joined at this level: the promise that its BEGIN or SAVEPOINT has been answered. */
    this.joined = new Map();
    /** Those of them for whom it has. */
    this.parts = new Set();
    /** The one that is nested in it, from its turn to begin until its turn to end: Knex lets them come one after another. */
    this.child = undefined;
    /** Why a party could not join, which has failed the transaction. */
    this.failure = undefined;
  }

  /** Knex has made the transaction's client. Who takes part in the outer transaction takes part at once. */
  async begin() {
    const { trx, parties, parent } = this;
    const { trxClient } = trx;
    trxClient[LEVEL] = this;
    trxClient.acquireConnection = async () => {
      await this.join(LOCAL);
      return parties.standIn;
    };
    if (parent === undefined) return;
    if (trx.outerTx.isCompleted()) {
      await this.#as(COMPLETED, () => this.knex.savepoint.call(trx, parties.standIn));
      return;
    }
    const turn = parties.line.enter();
    try {
      await turn.ready;
      parent.child = this;
      for (const party of parent.parts) await this.join(party);
    } catch (error) {
      // Knex has rejected the transaction, and calls its container all the same.
      if (this.failure === undefined) throw error;
    } finally {
      turn.leave();
    }
  }

  /** Makes a party take part here and, first, in every outer transaction. */
  join(party) {
    let joining = this.joined.get(party);
    if (joining === undefined) {
      joining = this.#join(party);
      this.joined.set(party, joining);
      // Whoever waits for it hears of the failure; it is no concern of anybody else.
      joining.catch(() => this.joined.delete(party));
    }
    return joining;
  }

  async #join(party) {
    const { trx, knex, parties } = this;
    if (this.failure !== undefined) throw this.failure;
    if (this.parent !== undefined) await this.parent.join(party);
    else if (party === LOCAL) await parties.openLocal();
    else await parties.opening;
    let failure;
    await this.#through(
      party,
      (connection) => (this.parent ? knex.savepoint : knex.begin).call(trx, connection),
      {
        failed: (error) => {
          failure = error;
          throw error;
        },
      },
    );
    if (failure !== undefined) {
      // Knex has taken the transaction for failed, and rejects it: so does the query that wanted to join.
      this.failure = failure;
      if (this.parent !== undefined) await this.#undo();
      throw failure;
    }
    this.parts.add(party);
    if (party === LOCAL) parties.isLocalOpen = true;
  }

  /** One party could not join a nested transaction, which has failed: what the other has done in it must not stay. */
  async #undo() {
    for (const party of this.parts) {
      await this.#through(party, (connection) =>
        this.trx.trxClient.query(connection, this.#sql('rollbackTo')),
      ).catch(() => {});
    }
  }

  /**
   * Gives a query its place before whatever ends the transaction later, and the connection that it runs on.
   *
   * @param {() => Promise<object>} prepare called when it is its turn; makes the connection
   * @param {AbortSignal[]} [signals] that stop it
   * @returns {Promise<{ connection: object, turn?: object }>} the turn is to be left once the query has been sent.
   *   Without one, the transaction has ended: the query may not be sent
   * @throws {CrossShardTransactionError} when it is for another shard than the queries before it
   */
  async admit(prepare, signals) {
    // A transaction of Knex's has its connection already, and its queries go out with the next microtask: one that
    // ends it sooner wins.
    await undefined;
    const { line, standIn } = this.parties;
    if (this.trx.isCompleted()) return { connection: standIn };
    refuseIfAborted(signals);
    const turn = line.enter();
    try {
      return { connection: await unlessAborted(turn.ready.then(prepare), signals), turn };
    } catch (error) {
      turn.leave();
      throw error;
    }
  }

  async localConnection() {
    await this.#joinAll(LOCAL);
    return this.parties.standIn;
  }

  /** Makes a party take part here, and in what is nested in this and still open: its savepoints are there in Knex. */
  async #joinAll(party) {
    await this.join(party);
    let level = this;
    while (level.child !== undefined) level = level.child;
    // That it could not join is the concern of the nested one.
    if (level !== this) await level.join(party).catch(() => {});
  }

  /**
   * @param {import('./route').Route | undefined} given undefined: the query belongs to whoever's the transaction is
   * @param {AbortSignal[]} [signals] that stop it
   */
  async shardConnection(given, signals) {
    const { parties } = this;
    const route = given ?? parties.pin.checkedRoute;
    await parties.openShard(route);
    await this.#joinAll(SHARD);
    return parties.shardConnection(route, signals);
  }

  /**
   * Ends the transaction with whoever takes part. From the call on it is completed, as in Knex; what was asked for
   * before goes out first.
   *
   * @returns {Promise<unknown>} never rejects
   */
  finish(verb, value) {
    const { trx, parties } = this;
    if (trx.isCompleted()) {
      return this.#as(COMPLETED, () => this.knex[verb].call(trx, parties.standIn, value));
    }
    trx._completed = true;
    if (this.parent === undefined) parties.begunToEnd();
    if (verb === 'rollback') {
      // Neither a session that is still being opened nor what nobody waits for will be needed.
      parties.giveUpOpening();
      parties.stopAbandoned();
    }
    return this.#inTurn(() => this.#end(verb, value));
  }

  async #inTurn(act) {
    const { line } = this.parties;
    const turn = line.enter();
    try {
      await turn.ready;
      // A query that was given up may have left before its party had joined.
      await Promise.allSettled(this.joined.values());
      return await act();
    } finally {
      turn.leave();
      if (this.parent === undefined) this.parties.ended();
    }
  }

  /** The shard first: if its COMMIT fails, the rest can still go back. */
  async #end(verb, value) {
    const { trx, knex, parties, parts, parent } = this;
    const isOutermost = parent === undefined;
    if (parent?.child === this) parent.child = undefined;
    if (parts.size === 0) {
      if (isOutermost) parties.ended();
      // Nobody has been asked anything: it ends by Knex's own rules, without a server.
      return this.#as(NOBODY, () => knex[verb].call(trx, parties.standIn, value));
    }
    const last = parts.has(LOCAL) ? LOCAL : SHARD;
    const ending = isOutermost ? { answered: () => parties.ended() } : {};
    const back = BACK[verb];
    // A statement whose rows nobody wanted any more may have failed the transaction.
    let failure = back && (await parties.failureOfStreams());
    if (isOutermost && last === LOCAL) parties.isLocalOpen = false;
    if (parts.size === 2) {
      const sql = this.#sql(failure === undefined ? verb : back);
      const refusal = await this.#through(SHARD, (connection) => trx.trxClient.query(connection, sql)).then(
        () => undefined,
        (error) => error,
      );
      if (verb === 'commit' && failure === undefined && refusal === undefined) this.#tellOfHalf();
      // A shard that could not be told to go back goes back by itself, when its session ends.
      failure ??= back && refusal;
    }
    if (failure !== undefined) {
      return this.#through(last, (connection) => knex[back].call(trx, connection, failure), ending);
    }
    return this.#through(last, (connection) => knex[verb].call(trx, connection, value), {
      ...ending,
      failed: verb === 'rollback' && last === SHARD ? unlessLost : undefined,
    });
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
  #through(party, act, on) {
    const { trx, parties } = this;
    const connection = party === LOCAL ? parties.standIn : parties.shardConnection(parties.route);
    return this.#as(controlling(trx.trxClient, on), () => act(connection));
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
 * A transaction's client has a `query` of its own that takes only the transaction's one connection, and nothing once
 * it is completed. Control SQL goes past it.
 *
 * @param {object} client
 * @param {object} [on]
 * @param {() => void} [on.answered] called before Knex hears of the answer
 * @param {(error: Error) => void} [on.failed] may throw it
 */
function controlling(client, { answered, failed } = {}) {
  return Object.create(client, {
    query: {
      value(connection, statement) {
        let answer = this.constructor.prototype.query.call(this, connection, statement);
        if (answered !== undefined) answer = answer.finally(answered);
        return failed === undefined ? answer : answer.catch(failed);
      },
    },
  });
}

/**
 * A session that is lost, or has been closed with its client, has been rolled back: the application hears what went wrong,
 * not that there is nothing left to end.
 */
function unlessLost(error) {
  if (error.code !== 'SHARD_UNAVAILABLE' && error.code !== 'CLIENT_CLOSED') throw error;
}

/** Clients for control SQL that goes to nobody. As from a database, no answer comes before what else is done in this turn. */
const NOBODY = { query: () => new Promise((resolve) => setImmediate(resolve)) };
const COMPLETED = { query: async () => Promise.reject(completed()) };

/**
 * What a client for one query inside a transaction does differently.
 *
 * @param {'local' | 'shard'} party whom it is for
 * @returns {Record<string, Function>}
 */
function inTransaction(party) {
  const isLocal = party === LOCAL;
  const sending = (method) =>
    function send(connection, ...args) {
      const level = this[LEVEL];
      const { turn } = this;
      this.turn = undefined;
      const own = () => this.constructor.prototype[method].call(this, connection, ...args);
      if (turn !== undefined) {
        try {
          return own();
        } finally {
          turn.leave();
        }
      }
      if (level.trx.isCompleted()) return failed(method, completed(), args);
      // A further statement of a schema builder, or one on a connection that the query names.
      return level.parties.line.send(isLocal ? () => level.trx.trxClient[method](connection, ...args) : own);
    };
  return {
    async acquireConnection() {
      const level = this[LEVEL];
      const signals = isLocal ? undefined : signalsFor(this.mtddRoute, this.mtddSignals);
      const prepare = () =>
        isLocal ? level.localConnection() : level.shardConnection(this.mtddRoute, signals);
      const { connection, turn } = await level.admit(prepare, signals);
      this.turn = turn;
      return connection;
    },

    releaseConnection(connection) {
      // It has not been sent: it did not compile, say.
      this.turn?.leave();
      // A plain .timeout() has passed. As on a local connection, the transaction may go on behind the statement.
      if (!isLocal && connection.__knex__disposed !== undefined) {
        this[LEVEL].parties.abandoned.push(connection.canceller());
      }
    },

    query: sending('query'),
    stream: sending('stream'),
  };
}

function failed(method, error, [, stream]) {
  if (method === 'stream') process.nextTick(() => stream.emit('error', error));
  return Promise.reject(error);
}

/** Knex's own words for the same. */
function completed() {
  return new Error('Transaction query already complete, run with DEBUG=knex:tx for more info');
}

const ON_SHARD = inTransaction(SHARD);
const ON_LOCAL = inTransaction(LOCAL);

module.exports = { LEVEL, ON_LOCAL, ON_SHARD, joinShard };
