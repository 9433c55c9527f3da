const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const createKnex = require('knex');
const {
  ClientClosedError,
  ConfigError,
  CrossShardTransactionError,
  QueryTimeoutError,
  ValidationError,
} = require('../../js/errors');
const { loadConfig } = require('../../js/config/config');
const { attach } = require('../../js/knex/client');
const { attached, result, silent } = require('../support/recording-client');

const twoShards = { queryServers: ['127.0.0.1:1', '127.0.0.1:2'], lookupServer: '127.0.0.1:3' };
const withoutRouting = { mtdd: { useMtdd: false } };

/** Rejects with what a stream emits. */
function errorOf(stream) {
  return new Promise((_, reject) => stream.once('error', reject));
}

/** Runs a test on a fresh instance. */
function on(options, run) {
  return async () => {
    const made = await attached(options);
    try {
      await run(made);
    } finally {
      await made.db.destroy();
    }
  };
}

describe('what Knex makes of an answer', () => {
  const rows = [
    { id: 1, name: 'a' },
    { id: 2, name: 'b' },
  ];
  const reads = {
    rows: [(db) => db('a').mtdd('t'), rows],
    first: [(db) => db('a').first().mtdd('t'), rows[0]],
    pluck: [(db) => db('a').pluck('name').mtdd('t'), ['a', 'b']],
    returning: [(db) => db('a').insert({ id: 1 }).returning('*').mtdd('t'), rows],
  };
  for (const [name, [query, expected]] of Object.entries(reads)) {
    test(
      name,
      on({}, async ({ db, native }) => {
        native.answer = () => [null, result(rows)];
        assert.deepEqual(await query(db), expected);
      }),
    );
  }

  test(
    'counts, Raw, asCallback and awaiting twice',
    on({}, async ({ db, native }) => {
      native.answer = () => [null, result([], 'UPDATE', 3)];
      const update = db('a').update({ x: 1 }).mtdd('t');
      assert.equal(await update, 3);
      assert.equal(await update, 3);
      assert.equal((await db.raw('update a set x = 1').mtdd('t')).command, 'UPDATE');
      await new Promise((resolve, reject) => {
        update.asCallback((error, count) => (error ? reject(error) : resolve(assert.equal(count, 3))));
      });
      assert.equal(native.calls.length, 4);
    }),
  );

  test(
    'postProcessResponse and wrapIdentifier see it',
    on(
      {
        knex: {
          postProcessResponse: (answer, context) => ({ answer, context }),
          wrapIdentifier: (name, original) => original(name.toUpperCase()),
        },
      },
      async ({ db, native }) => {
        native.answer = () => [null, result(rows)];
        assert.deepEqual(await db('a').queryContext('c').mtdd('t'), { answer: rows, context: 'c' });
        assert.equal(native.calls[0].text, 'select * from "A"');
      },
    ),
  );

  test(
    'events are those of a local query, on knex, client and builder',
    on({}, async ({ db, native }) => {
      const seen = async (make) => {
        const events = [];
        const note = (where, event) => (first, second, third) =>
          events.push([where, event, first?.sql ?? typeof first, second?.sql, third !== undefined]);
        const query = make();
        const targets = { knex: db, client: db.client, builder: query };
        const listeners = [];
        for (const [where, target] of Object.entries(targets)) {
          for (const event of ['start', 'query', 'query-response', 'query-error']) {
            const listener = note(where, event);
            target.on(event, listener);
            listeners.push(() => target.removeListener(event, listener));
          }
        }
        await query.catch(() => {});
        for (const remove of listeners) remove();
        return events;
      };
      assert.deepEqual(
        await seen(() => db('a').where({ id: 1 }).mtdd('t')),
        await seen(() => db('a').where({ id: 1 })),
      );
      native.answer = () => [Object.assign(new Error('refused'), { code: '23505' })];
      const failed = await seen(() => db('a').mtdd('t'));
      assert.deepEqual(
        failed.filter(([, event]) => event === 'query-error').map(([where]) => where),
        ['knex', 'client', 'builder'].filter((where) => failed.some(([one]) => one === where)),
      );
    }),
  );

  test(
    'an error is the one that came, with the SQL in front as Knex puts it',
    on({}, async ({ db, native }) => {
      const error = Object.assign(new Error('duplicate key'), { code: '23505' });
      native.answer = () => [error];
      await assert.rejects(db('a').insert({ id: 1 }).mtdd('t'), (thrown) => {
        assert.equal(thrown, error);
        assert.match(thrown.message, /^insert into "a" \("id"\) values .* - duplicate key$/);
        return true;
      });
    }),
  );

  test(
    'options of the query reach the native client',
    on({}, async ({ db, native }) => {
      const types = { getTypeParser: () => String };
      await db('a').options({ rowMode: 'array', types }).mtdd('t');
      await db
        .raw('select 1')
        .options({ queryMode: 'extended', query_timeout: 50 })
        .mtdd('t', 1, 'auto', { timeout: 80 });
      const [first, second] = native.calls;
      assert.equal(first.rowMode, 'array');
      assert.equal(first.types.getTypeParser, types.getTypeParser);
      assert.equal(first.simple, undefined);
      assert.equal(second.simple, false);
      assert.equal(second.timeout, 50);
    }),
  );
});

describe("a query's own timeout", () => {
  test(
    'stops the statement on its shard',
    on({}, async ({ db, native }) => {
      native.answer = () => undefined;
      await assert.rejects(db('a').timeout(10).mtdd('t'), { name: 'KnexTimeoutError' });
      await sleep(0);
      assert.deepEqual(native.cancelled, [1]);
    }),
  );

  test(
    'with cancel, rejects only after the statement has stopped',
    on({}, async ({ db, native }) => {
      let stopped = false;
      native.answer = () => undefined;
      native.cancel = async (id) => {
        native.cancelled.push(id);
        await sleep(20);
        stopped = true;
      };
      await assert.rejects(db('a').timeout(10, { cancel: true }).mtdd('t'), { name: 'KnexTimeoutError' });
      assert.equal(stopped, true);
      assert.deepEqual(native.cancelled, [1]);
    }),
  );

  test(
    'leaves alone a query that answers in time',
    on({}, async ({ db, native }) => {
      await db('a').timeout(1000).mtdd('t');
      assert.deepEqual(native.cancelled, []);
    }),
  );
});

describe('what cannot be routed is refused, with nothing sent and nothing run locally', () => {
  const refused = {
    'all shards in a transaction': [
      CrossShardTransactionError,
      (db) => db.transaction((trx) => trx('a').mtdd()),
    ],
    'a query on its own connection': [
      ValidationError,
      (db) =>
        db('a')
          .connection({ query() {} })
          .mtdd('t'),
    ],
    'a stream on its own connection': [
      ValidationError,
      (db) => errorOf(db('a').connection({}).mtdd('t').stream()),
    ],
    'a stream with a sub-query of another tenant': [
      ValidationError,
      (db) => errorOf(db('a').where('x', db('b').mtdd('u')).stream()),
    ],
    'binary results': [ValidationError, (db) => db('a').options({ binary: true }).mtdd('t')],
    'a Submittable': [
      ValidationError,
      (db) =>
        db('a')
          .options({ submit() {} })
          .mtdd('t'),
    ],
  };
  for (const [name, [Class, run]] of Object.entries(refused)) {
    test(
      name,
      on({ mtdd: twoShards }, async ({ db, native, local }) => {
        await assert.rejects(run(db), (error) => {
          assert.ok(error instanceof Class, error.stack);
          return true;
        });
        assert.deepEqual(native.calls, []);
        assert.deepEqual(
          local.filter((text) => !/^(BEGIN|ROLLBACK|SAVEPOINT|ROLLBACK TO SAVEPOINT|RELEASE)\b/.test(text)),
          [],
        );
      }),
    );
  }

  test(
    'a transaction of another Knex instance',
    on({}, async ({ db, native }) => {
      const other = createKnex({ client: 'pg' });
      const foreign = { client: Object.assign(Object.create(other.client), { transacting: true }) };
      assert.throws(() => db('a').mtdd('t').transacting(foreign), ValidationError);
      assert.deepEqual(native.calls, []);
    }),
  );
});

describe('what stays as it was', () => {
  test(
    'queries and transactions without .mtdd() run locally',
    on({}, async ({ db, native, local }) => {
      await db('a');
      await db.transaction(async (trx) => {
        await trx('b');
        await trx.transaction((inner) => inner('c'));
      });
      assert.deepEqual(
        local.map((text) => text.replace(/trx\d+/, 'trx')),
        [
          'select * from "a"',
          'BEGIN;',
          'select * from "b"',
          'SAVEPOINT trx;',
          'select * from "c"',
          'RELEASE SAVEPOINT trx;',
          'COMMIT;',
        ],
      );
      assert.deepEqual(native.calls, []);
    }),
  );

  test(
    'the name of the client class and knex.client itself',
    on({}, async ({ db }) => {
      assert.equal(db.client.dialect, 'postgresql');
      assert.equal(db.client.constructor.name, Object.getPrototypeOf(db.client.constructor).name);
    }),
  );

  test(
    'how all shards were asked for, and whether some are enough',
    on({ mtdd: twoShards }, async ({ db, native }) => {
      await db('a').mtdd();
      await db('a').mtdd(null);
      await db('a').mtdd({ allServers: true, partialResults: true });
      assert.deepEqual(
        native.calls.map(({ tenant, asked, partial }) => [tenant, asked, partial]),
        [
          [null, undefined, false],
          [null, 'null', false],
          [null, 'allServers', true],
        ],
      );
    }),
  );

  test(
    'one query server answers for all shards',
    on({}, async ({ db, native }) => {
      await db('a').mtdd();
      assert.equal(native.calls[0].tenant, null);
    }),
  );
});

describe('with useMtdd false', () => {
  test(
    'queries run on the local connection, in transactions too',
    on(withoutRouting, async ({ db, local, native }) => {
      await db('a').mtdd('t');
      await db('a').mtdd();
      await db.raw('select 1').mtdd('t', null);
      await db.transaction((trx) => trx('b').mtdd('t'));
      assert.equal(native, undefined);
      assert.deepEqual(local, [
        'select * from "a"',
        'select * from "a"',
        'select 1',
        'BEGIN;',
        'select * from "b"',
        'COMMIT;',
      ]);
    }),
  );

  test(
    '.connection() is refused as it would be with useMtdd true',
    on(withoutRouting, async ({ db }) => {
      await assert.rejects(db('a').connection({}).mtdd('t'), ValidationError);
    }),
  );
});

describe('attaching and closing', () => {
  test(
    'after close, routed queries are refused and local ones go on',
    on({}, async ({ db, native, local, runtime }) => {
      await Promise.all([runtime.close(), runtime.close()]);
      assert.equal(native.closed, 1);
      await assert.rejects(db('a').mtdd('t'), ClientClosedError);
      await assert.rejects(
        db.transaction((trx) => trx('a').mtdd('t')),
        ClientClosedError,
      );
      await db('a');
      assert.ok(local.includes('select * from "a"'));
    }),
  );

  test('a second time is refused, until the first is closed', async () => {
    const { db, runtime, native } = await attached();
    const config = loadConfig({ mtdd: { useMtdd: false } }, {});
    const again = () => attach(db, config, { loggers: { mtdd: silent } });
    await assert.rejects(again(), ConfigError);
    await runtime.close();
    await again();
    await db('a').mtdd('t');
    assert.deepEqual(native.calls, []);
    await db.destroy();
  });

  test('db.destroy() closes the native client; destroying a transaction does not', async () => {
    const { db, native } = await attached();
    await db.transaction(async (trx) => {
      await trx.destroy();
      assert.equal(native.closed, 0);
    });
    await new Promise((resolve) => db.destroy(resolve));
    assert.equal(native.closed, 1);
  });

  test('pool.afterCreate is refused, unless it is said to be meant', async () => {
    const knex = { pool: { afterCreate: (_connection, done) => done() } };
    await assert.rejects(attached({ knex }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^pool\.afterCreate: .*allowLocalAfterCreate: true/s);
      return true;
    });
    const { db } = await attached({ knex, mtdd: { allowLocalAfterCreate: true } });
    await db.destroy();
    const local = await attached({ knex, mtdd: { useMtdd: false } });
    await local.db.destroy();
  });

  test('what is no Knex instance of a PostgreSQL is refused', async () => {
    const config = loadConfig({}, {});
    const outside = { loggers: { mtdd: silent } };
    await assert.rejects(attach({}, config, outside), ValidationError);
    await assert.rejects(
      attach(undefined, config, outside),
      /^ValidationError: db: expected a Knex instance/,
    );
    for (const client of ['mysql2', 'cockroachdb', 'better-sqlite3']) {
      await assert.rejects(attach(createKnex({ client }), config, outside), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /client "pg", got/);
        return true;
      });
    }
    const { db } = await attached();
    await db.transaction(async (trx) => {
      await assert.rejects(attach(trx, config, outside), /one of its transactions/);
    });
    await db.destroy();
  });

  test('a pg that is too old is refused, and one that is too new gets a warning', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-pg-'));
    const startWith = async (version) => {
      const home = path.join(directory, version);
      fs.mkdirSync(path.join(home, 'lib'), { recursive: true });
      fs.writeFileSync(path.join(home, 'package.json'), JSON.stringify({ name: 'pg', version }));
      fs.writeFileSync(path.join(home, 'lib', 'index.js'), 'module.exports = {};');
      const db = createKnex({ client: 'pg' });
      db.client.driver = require(path.join(home, 'lib', 'index.js'));
      const warnings = [];
      const mtdd = { ...silent, warn: (sentence) => warnings.push(sentence) };
      await attach(db, loadConfig({}, {}), { loggers: { mtdd } });
      return warnings;
    };
    try {
      await assert.rejects(startWith('8.10.0'), /^ConfigError: db: expected pg 8\.11 or later, got 8\.10\.0/);
      assert.deepEqual(await startWith('8.11.0'), []);
      assert.deepEqual(await startWith('9.0.0'), [
        'pg 9.0.0 is newer than this library has been tested with.',
      ]);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  test('a failed start leaves the instance as it was', async () => {
    const db = createKnex({ client: 'pg', connection: { user: 'nobody' } });
    const before = db.client.constructor;
    const config = loadConfig({ mtdd: { useMtdd: true, queryServers: ['127.0.0.1:1'] } }, {});
    const openClient = () => {
      throw new ConfigError('no');
    };
    await assert.rejects(attach(db, config, { loggers: { mtdd: silent }, openClient }), /^ConfigError: no/);
    assert.equal(db.client.constructor, before);
    await db.destroy();
  });

  test('the driver, the type parsers and the time limit of the Knex config reach the native client', async () => {
    const types = { getTypeParser: () => String };
    const { db, native } = await attached({ knex: { connection: { types, query_timeout: 1234 } } });
    assert.equal(native.options.pg, db.client.driver);
    assert.equal(native.options.connectionTypes.getTypeParser, types.getTypeParser);
    assert.equal(native.settings.timeout, 1234);
    await db.destroy();
    const own = await attached({ knex: { connection: { query_timeout: 1234 } }, mtdd: { timeout: 99 } });
    assert.equal(own.native.settings.timeout, 99);
    await own.db.destroy();
  });

  test('an instance without a connection needs no local database', async () => {
    const db = createKnex({ client: 'pg' });
    const calls = [];
    const config = loadConfig({ mtdd: { useMtdd: true, queryServers: ['127.0.0.1:1'] } }, {});
    await attach(db, config, {
      loggers: { mtdd: silent },
      openClient: () => ({
        execute: (call, callback) => calls.push(call) && setImmediate(callback, null, result([{ a: 1 }])),
        begin: async () => {},
        close: async () => {},
      }),
    });
    assert.deepEqual(await db('a').mtdd('t'), [{ a: 1 }]);
    await db.destroy();
  });

  test(
    "the native client's own errors reach the caller as they are",
    on({}, async ({ db, native }) => {
      native.answer = () => [new QueryTimeoutError('too slow')];
      await assert.rejects(db('a').mtdd('t'), (error) => {
        assert.ok(error instanceof QueryTimeoutError);
        assert.equal(error.toJSON().message, 'too slow');
        return true;
      });
    }),
  );
});
