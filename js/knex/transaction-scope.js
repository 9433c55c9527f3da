/**
 * Transactions over a local connection and one shard. Knex's Transaction goes on doing its own bookkeeping and writes
 * its own control SQL (BEGIN, SAVEPOINT, COMMIT ...); this file decides where it goes, and when.
 *
 * There are at most two participants: the local database and a session on one shard. Each joins with its first query,
 * so a transaction whose queries are all for one tenant never opens a local connection. Nested transactions are
 * savepoints on each participant, whether it joined before them or joins later.
 *
 * The application cannot tell that a participant joins late: `commit()` and `rollback()` take effect when they are
 * called, and the queries called before them are sent before them (statement-queue.js).
 */

const { PartialFailureError, QueryTimeoutError } = require('../errors');
const { LONGEST_TIMER } = require('../limits');
const { Participants } = require('./participants');
const { throwIfAborted, unlessAborted } = require('./signal');

/** On a transaction's Knex client: its TransactionScope. */
const SCOPE = Symbol('mtdd.scope');

const LOCAL = 'local';
const SHARD = 'shard';
/** Milliseconds that a server has to say why it is late. */
const GRACE = 100;
/** Fails where a statement of the transaction has failed, and where there is no transaction. */
const PROBE = 'SAVEPOINT mtdd_end';
/** What is sent instead of a COMMIT or RELEASE after a failure. */
const BACK = { commit: 'rollback', release: 'rollbackTo' };

/** One transaction of Knex's, outermost or nested. */
class TransactionScope {
  constructor(trx, client, runtime, transactionTenant) {
    this.trx = trx;
    /** Knex's own methods, which write the control SQL. */
    this.knex = Object.getPrototypeOf(trx);
    this.parent = client[SCOPE];
    this.participants = this.parent?.participants ?? new Participants(client, runtime, transactionTenant);
    /** For each participant of this scope: the promise that its BEGIN or SAVEPOINT has been answered. */
    this.joining = new Map();
    /** The participants whose BEGIN or SAVEPOINT has been answered. */
    this.joined = new Set();
    /** The open nested transaction. Knex runs nested transactions one after another. */
    this.child = undefined;
    /** Why a participant could not join, which has failed the transaction. */
    this.failure = undefined;
  }

  /** Called once Knex has made the transaction's client. The outer transaction's participants join at once. */
  async begin() {
    const { trx, participants, parent } = this;
    const { trxClient } = trx;
    trxClient[SCOPE] = this;
    trxClient.acquireConnection = async () => {
      await this.join(LOCAL);
      return participants.lazyConnection;
    };
    if (parent === undefined) return;
    if (trx.outerTx.isCompleted()) {
      await this.#as(COMPLETED, () => this.knex.savepoint.call(trx, participants.lazyConnection));
      return;
    }
    const turn = participants.queue.enqueue();
    try {
      await turn.ready;
      parent.child = this;
      for (const participant of parent.joined) await this.join(participant);
    } catch (error) {
      // Knex has rejected the transaction, and calls its container all the same.
      if (this.failure === undefined) throw error;
    } finally {
      turn.release();
    }
  }

  /** Lets a participant join this scope and, before it, every outer one. */
  join(participant) {
    let joining = this.joining.get(participant);
    if (joining === undefined) {
      joining = this.#join(participant);
      this.joining.set(participant, joining);
      // Those who wait for it get the failure.
      joining.catch(() => this.joining.delete(participant));
    }
    return joining;
  }

  async #join(participant) {
    const { trx, knex, participants } = this;
    if (this.failure !== undefined) throw this.failure;
    if (this.parent !== undefined) await this.parent.join(participant);
    else if (participant === LOCAL) await participants.openLocal();
    else await participants.opening;
    let failure;
    await this.#through(
      participant,
      (connection) => (this.parent ? knex.savepoint : knex.begin).call(trx, connection),
      {
        failed: (error) => {
          failure = error;
          throw error;
        },
      },
      this.parent === undefined ? participants.beginRoute : undefined,
    );
    if (failure !== undefined) {
      // Knex has failed the transaction and rejects it; the query that needed the participant is rejected too.
      this.failure = failure;
      if (this.parent !== undefined) await this.#undo();
      throw failure;
    }
    this.joined.add(participant);
    if (participant === LOCAL) participants.isLocalOpen = true;
  }

  /** Rolls back the other participant's part of a nested transaction that one participant could not join. */
  async #undo() {
    for (const participant of this.joined) {
      await this.#through(participant, (connection) =>
        this.trx.trxClient.query(connection, this.#sql('rollbackTo')),
      ).catch(() => {});
    }
  }

  /**
   * Gives a query its place in the order of statements, and the connection that it runs on.
   *
   * @param {() => Promise<object>} prepare called when it is its turn; makes the connection
   * @param {readonly AbortSignal[]} [signals] that stop it
   * @param {number} [timeout] milliseconds that it may wait; undefined or 0: no limit of its own
   * @returns {Promise<{ connection: object, turn?: object }>} the turn is to be left once the query has been sent.
   *   Without one, the transaction has ended: the query may not be sent
   * @throws {CrossShardTransactionError} when it is for another shard than the queries before it
   * @throws {QueryTimeoutError} when the time is up
   */
  async admit(prepare, signals, timeout) {
    // A transaction of Knex's has its connection already, and its queries go out with the next microtask: one that
    // ends it sooner wins.
    await undefined;
    const { queue, lazyConnection } = this.participants;
    if (this.trx.isCompleted()) return { connection: lazyConnection };
    throwIfAborted(signals);
    const turn = queue.enqueue();
    const since = performance.now();
    try {
      const connection = await unlessLate(unlessAborted(turn.ready.then(prepare), signals), timeout);
      if (timeout) connection.waited = performance.now() - since;
      return { connection, turn };
    } catch (error) {
      turn.release();
      throw error;
    }
  }

  async localConnection() {
    await this.#joinAll(LOCAL);
    return this.participants.lazyConnection;
  }

  /** Makes a participant take part here, and in what is nested in this and still open: its savepoints are there in Knex. */
  async #joinAll(participant) {
    await this.join(participant);
    let scope = this;
    while (scope.child !== undefined) scope = scope.child;
    // That it could not join is the concern of the nested one.
    if (scope !== this) await scope.join(participant).catch(() => {});
  }

  /**
   * @param {import('./route').Route | undefined} given undefined: the query belongs to whoever's the transaction is
   * @param {object} builder the query
   * @param {readonly AbortSignal[]} [signals] that stop it
   */
  async shardConnection(given, builder, signals) {
    const { participants } = this;
    const route = given ?? participants.transactionTenant.checkedRoute;
    await participants.openShard(
      route,
      participants.runtime.registers(route, () => textOf(builder)),
    );
    await this.#joinAll(SHARD);
    return participants.shardConnection(route, signals);
  }

  /**
   * Ends the transaction with whoever takes part. From the call on it is completed, as in Knex; what was asked for
   * before goes out first.
   *
   * @returns {Promise<unknown>} never rejects
   */
  finish(verb, value) {
    const { trx, participants } = this;
    if (trx.isCompleted()) {
      return this.#as(COMPLETED, () => this.knex[verb].call(trx, participants.lazyConnection, value));
    }
    trx._completed = true;
    if (this.parent === undefined) participants.startedEnding();
    if (verb === 'rollback') {
      // Neither a session that is still being opened nor what nobody waits for will be needed.
      participants.cancelOpening();
      participants.stopAbandoned();
    }
    return this.#inTurn(() => this.#end(verb, value));
  }

  async #inTurn(act) {
    const { queue } = this.participants;
    const turn = queue.enqueue();
    try {
      await turn.ready;
      // A query that was given up may have left before its participant had joined.
      await Promise.allSettled(this.joining.values());
      return await act();
    } finally {
      turn.release();
      if (this.parent === undefined) this.participants.ended();
    }
  }

  /** The shard first: if its COMMIT fails, the rest can still go back. */
  async #end(verb, value) {
    const { trx, knex, participants, joined, parent } = this;
    const isOutermost = parent === undefined;
    if (parent?.child === this) parent.child = undefined;
    if (joined.size === 0) {
      if (isOutermost) participants.ended();
      // Nobody has been asked anything: it ends by Knex's own rules, without a server.
      return this.#as(NO_SERVER, () => knex[verb].call(trx, participants.lazyConnection, value));
    }
    const last = joined.has(LOCAL) ? LOCAL : SHARD;
    const ending = isOutermost ? { answered: () => participants.ended() } : {};
    const back = BACK[verb];
    // A statement whose rows nobody wanted any more may have failed the transaction.
    let failure = back && (await participants.failureOfStreams());
    if (back !== undefined && joined.size === 2) failure ??= await this.#whyNot(verb);
    if (isOutermost && last === LOCAL) participants.isLocalOpen = false;
    if (joined.size === 2) {
      const refusal = await this.#refusal(SHARD, this.#sql(failure === undefined ? verb : back));
      if (verb === 'commit' && failure === undefined && refusal === undefined) this.#tellOfHalf();
      if (verb === 'release' && failure === undefined && refusal !== undefined)
        await this.#refusal(SHARD, this.#sql(back));
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

  /**
   * Why two participants cannot both end well, found out while both can still go back. PostgreSQL answers the COMMIT of
   * a transaction in which a statement has failed with ROLLBACK, and that is no error: the other part would be kept.
   */
  async #whyNot(verb) {
    if (verb === 'release') return this.#refusal(LOCAL, PROBE);
    const [local, shard] = await Promise.all([this.#refusal(LOCAL, PROBE), this.#refusal(SHARD, PROBE)]);
    if (shard !== undefined) return explained(shard, 'the shard', 'the local database');
    return local && explained(local, 'the local database', 'the shard');
  }

  /** Sends control SQL to a participant. @returns {Promise<Error | undefined>} why it was refused */
  #refusal(participant, sql) {
    return this.#through(participant, (connection) => this.trx.trxClient.query(connection, sql)).then(
      () => undefined,
      (error) => error,
    );
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
    trx._rejecter = (error) => {
      const [sentence, local] = isRefusal(error)
        ? ['the local database has not: make the local part good', 'failed']
        : [
            'nobody knows whether the local database has: look before you make the local part good',
            'unknown',
          ];
      reject(
        new PartialFailureError(
          `The shard has committed its part of the transaction, but ${sentence}.`,
          { shard: 'done', local },
          error,
        ),
      );
    };
  }

  /** Runs one of Knex's control methods against a participant. Knex reads `trxClient` before it waits for anything. */
  #through(participant, act, on, route = this.participants.route) {
    const { trx, participants } = this;
    const connection =
      participant === LOCAL ? participants.lazyConnection : participants.shardConnection(route);
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
 * Waits for a promise for so many milliseconds. It goes on behind a query that has given up: later ones may need it.
 * BEGIN has the same limit, and comes first with what the server knows.
 */
function unlessLate(promise, timeout) {
  if (!timeout) return promise;
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(
        new QueryTimeoutError(`the query did not finish within ${timeout} ms; it was not run`, {
          timeout,
          stopped: true,
        }),
      );
    const timer = setTimeout(late, Math.min(timeout + GRACE, LONGEST_TIMER));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The texts of a query that is about to run. What does not compile fails when Knex compiles it. */
function textOf(builder) {
  try {
    return [builder.toSQL()].flat().map(({ sql }) => sql);
  } catch {
    return [];
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

/** PostgreSQL refused the statement, and neither ended the connection nor broke down over it: it has not been done. */
function isRefusal({ code }) {
  // Node's own codes, such as EPIPE, have no digit.
  return /^(?=.*\d)[0-9A-Z]{5}$/.test(code) && !/^(08|57P|58|XX)/.test(code);
}

/** Says of a transaction that one participant cannot commit what becomes of it. */
function explained(error, where, otherPart) {
  const sentences = {
    '25P02': `a statement has failed on ${where}, so the transaction is rolled back there and on ${otherPart}`,
    '25P01': `an earlier statement has ended the transaction on ${where}; what it did on ${otherPart} is rolled back`,
  };
  if (sentences[error.code] !== undefined) error.message = `COMMIT; - ${sentences[error.code]}`;
  return error;
}

/**
 * A session that is lost, or has been closed with its client, has been rolled back: the application hears what went wrong,
 * not that there is nothing left to end.
 */
function unlessLost(error) {
  if (error.code !== 'SHARD_UNAVAILABLE' && error.code !== 'CLIENT_CLOSED') throw error;
}

/** Clients for control SQL that goes to nobody. As from a database, no answer comes before what else is done in this turn. */
const NO_SERVER = { query: () => new Promise((resolve) => setImmediate(resolve)) };
const COMPLETED = { query: async () => Promise.reject(completed()) };

/** What Knex says of a query that comes after the transaction's end. */
function completed() {
  return new Error('Transaction query already complete, run with DEBUG=knex:tx for more info');
}

module.exports = { SCOPE, LOCAL, SHARD, TransactionScope, completed };
