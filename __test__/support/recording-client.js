/**
 * Stands in for the native client where a test is about what is sent, or that nothing is. It is no PostgreSQL: what
 * an answer looks like is for the suites with real servers to say.
 */

const createKnex = require('knex');
const PostgresDialect = require('knex/lib/dialects/postgres');
const { loadConfig } = require('../../js/config/config');
const { attach } = require('../../js/knex/client');

class RecordingClient {
  constructor(settings, options) {
    this.settings = settings;
    this.options = options;
    this.calls = [];
    this.cancelled = [];
    this.closed = 0;
    this.waiting = new Map();
    /** Makes the answer to a call: `[error, result]`; undefined leaves the call unanswered. */
    this.answer = () => [null, result()];
  }

  execute(call, callback) {
    const id = this.calls.push(call);
    const answer = this.answer(call);
    if (answer === undefined) this.waiting.set(id, callback);
    else setImmediate(callback, ...answer);
    return id;
  }

  stream(call, stream) {
    const id = this.calls.push(call);
    setImmediate(() => stream.finish(null));
    return id;
  }

  async begin() {}

  async openSession() {
    return 1;
  }

  cancelSession() {}

  closeSession() {}

  credit() {}

  async cancel(id) {
    this.cancelled.push(id);
    const callback = this.waiting.get(id);
    this.waiting.delete(id);
    callback?.(new Error('cancelled'));
  }

  async addTenant(tenant, tenantType) {
    return { tenantId: `${tenant}/${tenantType}`, shardIndex: 1 };
  }

  async tenantShard() {
    return 1;
  }

  async close() {
    this.closed++;
  }
}

/** What pg's Result has, as far as Knex looks. */
function result(rows = [], command = 'SELECT', rowCount = rows.length) {
  return { command, rowCount, rows, fields: [], oid: null };
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A Knex instance with the library under it, whose local connections only note what they are asked to run.
 *
 * @param {object} [options]
 * @param {object} [options.mtdd] replaces parts of the `mtdd` config
 * @param {object} [options.config] more of the library's config
 * @param {object} [options.knex] more of Knex's config
 * @param {boolean} [options.patchNothing] as createMtddKnex does it
 * @returns {Promise<{ db: object, runtime: object, native?: RecordingClient, local: string[] }>} `local`: the texts
 *   that went to local connections
 */
async function attached({ mtdd, config, knex, patchNothing } = {}) {
  const local = [];
  const db = createKnex({ client: recordingDialect(local), connection: { user: 'nobody' }, ...knex });
  const loaded = loadConfig(
    { ...config, mtdd: { useMtdd: true, queryServers: ['127.0.0.1:1'], ...mtdd } },
    {},
  );
  const made = { db, local };
  made.runtime = await attach(db, loaded, {
    patchNothing,
    loggers: { mtdd: silent, record() {} },
    openClient(settings, options) {
      made.native = new RecordingClient(settings, options);
      return made.native;
    },
  });
  return made;
}

function recordingDialect(local) {
  return class extends PostgresDialect {
    async acquireRawConnection() {
      return {
        query({ text }, callback) {
          local.push(text);
          setImmediate(callback, null, result());
        },
        end: (callback) => callback(),
      };
    }
  };
}

/** Of the texts that went to local connections, those that are not a transaction's own. */
function statementsOf(local) {
  return local.filter((text) => !/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/.test(text));
}

module.exports = { attached, result, silent, statementsOf };
