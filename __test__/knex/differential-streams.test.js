/** Streams in every form that Knex has, against those that it makes with pg-query-stream. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Transform, Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { after, before, describe, it } = require('node:test');
const { version: knexVersion } = require('knex/package.json');
const { startSides } = require('../support/sides');
const { Recorder } = require('../support/recorder');

const users = (db) => db('users').orderBy('id').select('id', 'name', 'tags', 'joined', 'big');
const numbers = (db, count) => db.raw('select g, g::text as t from generate_series(1, ?::int) g', [count]);

async function rowsOf(stream) {
  const rows = [];
  for await (const row of stream) rows.push(row);
  return rows;
}

/** What a stream emits, in order, until it has closed or failed. */
async function course(stream) {
  const events = [];
  for (const event of ['data', 'end', 'error', 'close']) {
    stream.on(event, (value) => events.push([event, value]));
  }
  await new Promise((resolve) => {
    stream.once('close', resolve);
    // After an error that came from elsewhere, Knex leaves the stream open.
    stream.once('error', () => setTimeout(resolve, 50));
  });
  return events;
}

function sink(rows, options) {
  return new Writable({
    objectMode: true,
    ...options,
    write(row, _encoding, done) {
      rows.push(row);
      setImmediate(done);
    },
  });
}

const STREAMS = {
  'read by for await': (db, route) => rowsOf(route(users(db)).stream()),
  'by its events': (db, route) => course(route(users(db)).stream()),
  'without rows': (db, route) => course(route(users(db).where('id', 99)).stream()),
  'of many rows': (db, route) => rowsOf(route(numbers(db, 2345)).stream()),
  'of a raw with bindings': (db, route) =>
    rowsOf(route(db.raw('select ?::int as a, ?? from users order by id', [1, 'name'])).stream()),
  'of an insert with returning': (db, route) =>
    rowsOf(route(db('users').insert({ name: 'eve' }).returning('*')).stream()),
  'of an insert without': (db, route) => rowsOf(route(db('users').insert({ name: 'eve' })).stream()),
  'of a delete': (db, route) => course(route(db('orders').del()).stream()),
  'of first() and of pluck(), which do not matter': async (db, route) => [
    await rowsOf(route(users(db).first()).stream()),
    await rowsOf(route(db('users').orderBy('id').pluck('name')).stream()),
  ],
  'of columns of one name': (db, route) => rowsOf(route(db.raw('select 1 as a, 2 as a')).stream()),
  'of columnInfo': (db, route) =>
    rowsOf(route(db('tree').columnInfo()).stream()).then((rows) => rows.map((row) => row.column_name)),
  'with rowMode in the options of the query': (db, route) =>
    rowsOf(route(users(db).options({ rowMode: 'array' })).stream()),
  'with rowMode in its own options': (db, route) => rowsOf(route(users(db)).stream({ rowMode: 'array' })),
  'with types in the options of the query': (db, route) =>
    rowsOf(route(users(db).options({ types: { getTypeParser: () => (text) => `<${text}>` } })).stream()),
  'with types in its own options': (db, route) =>
    rowsOf(route(users(db)).stream({ types: { getTypeParser: () => (text) => `<${text}>` } })),
  'with sizes': async (db, route) => [
    (await rowsOf(route(numbers(db, 50)).stream({ highWaterMark: 5 }))).length,
    (await rowsOf(route(numbers(db, 50)).stream({ batchSize: 7 }))).length,
    (await rowsOf(route(numbers(db, 50)).stream({ highWaterMark: 1 }))).length,
  ],
  'with a handler': async (db, route) => {
    const rows = [];
    const value = await route(users(db)).stream((stream) => stream.on('data', (row) => rows.push(row)));
    return [value, rows];
  },
  'with options and a handler': async (db, route) => {
    const rows = [];
    const query = route(users(db));
    const value = await query.client
      .runner(query)
      .stream({ rowMode: 'array' }, (stream) => stream.on('data', (row) => rows.push(row)));
    return [value, rows];
  },
  'with a handler that pipes': async (db, route) => {
    const rows = [];
    const target = sink(rows);
    const finished = once(target, 'finish');
    const value = await route(users(db)).stream((stream) => stream.pipe(target));
    // The source may have ended before its last rows are written.
    await finished;
    return [value, rows];
  },
  'with a handler, of a failing query': async (db, route) => {
    const heard = [];
    const value = await route(db('nowhere')).stream((stream) =>
      stream.on('error', (error) => heard.push(error)),
    );
    return [value, heard];
  },
  'with a handler that throws': (db, route) =>
    Promise.resolve()
      .then(() =>
        route(users(db)).stream(() => {
          throw new Error('handled');
        }),
      )
      .catch((error) => error.message),
  'pipe, and what it gives': async (db, route) => {
    const rows = [];
    const target = sink(rows);
    const given = route(users(db)).pipe(target);
    await once(target, 'finish');
    return [given === target, rows];
  },
  'pipe with options': async (db, route) => {
    const rows = [];
    await once(route(users(db)).pipe(sink(rows), { rowMode: 'array' }), 'finish');
    return rows;
  },
  pipeline: async (db, route) => {
    const rows = [];
    const loud = new Transform({
      objectMode: true,
      transform: (row, _, done) => done(null, row.name?.toUpperCase()),
    });
    await pipeline(route(users(db)).stream(), loud, sink(rows));
    return rows;
  },
  'pipeline whose target fails': async (db, route) => {
    const failing = new Writable({
      objectMode: true,
      write: (_row, _encoding, done) => done(new Error('full')),
    });
    return pipeline(route(numbers(db, 2000)).stream(), failing).catch((error) => error.message);
  },
  'left early': async (db, route) => {
    const seen = [];
    for await (const row of route(numbers(db, 5000)).stream()) if (seen.push(row) === 3) break;
    return [seen, await route(users(db).first('id'))];
  },
  'destroyed before the first row': async (db, route) => {
    const stream = route(numbers(db, 5000)).stream();
    const events = course(stream);
    stream.destroy();
    return [await events, await route(users(db).first('id'))];
  },
  'destroyed with an error': async (db, route) => {
    const stream = route(numbers(db, 5000)).stream();
    const events = course(stream);
    stream.once('data', () => stream.destroy(new Error('enough')));
    return (await events).map(([event, value]) => [event, value?.message ?? typeof value]);
  },
  'of a table that is not there': (db, route) => course(route(db('nowhere')).stream()),
  'that fails midway': async (db, route) =>
    (
      await course(route(db.raw('select 1 / (500 - g) as a from generate_series(1, 1000) g')).stream())
    ).filter(([event]) => event !== 'data'),
  'of several statements': (db, route) => course(route(db.raw('select 1; select 2')).stream()),
  'of a query that does not compile': (db, route) =>
    course(route(db('users').where('id', undefined)).stream()),
  'of an empty query': (db, route) => course(route(db.raw('')).stream()),
  'several at once': (db, route) =>
    Promise.all(
      [1, 2, 3].map((count) => rowsOf(route(numbers(db, count * 300)).stream()).then((rows) => rows.length)),
    ),
  'the same query twice, and awaited': async (db, route) => {
    const query = route(users(db));
    return [await rowsOf(query.stream()), await rowsOf(query.stream()), await query];
  },
  'of several statements of a schema builder': async (db, route) => {
    const heard = [];
    const value = await route(db.schema.dropTableIfExists('a').dropTableIfExists('b')).stream((stream) =>
      stream.on('error', (error) => heard.push(error)),
    );
    return [value, heard];
  },
};

describe('a stream gives the same', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  for (const [name, run] of Object.entries(STREAMS)) {
    it(name, () => sides.same(run, { ways: ['.mtdd()', 'withTenant', 'forTenant'] }));
  }

  it('with postProcessResponse, for each row, and where that throws', async () => {
    const postProcessResponse = (row, context) => {
      if (row.id === context?.failAt) throw new Error('processed');
      return { ...row, context };
    };
    const on = await sides.pair({ postProcessResponse });
    // Before Knex 3.3 an error of the application's there is an uncaught exception.
    const throwing = knexVersion >= '3.3' ? [{ failAt: 2 }, { failAt: 1 }] : [];
    for (const context of [{ a: 1 }, ...throwing]) {
      await sides.same((db, route) => course(route(users(db).queryContext(context)).stream()), { on });
    }
  });

  it('with types of the connection, and rows that a parser cannot read', async () => {
    const types = {
      getTypeParser: (id) => (text) => {
        if (id === 20 && text === '9007199254740993') throw new Error('unreadable');
        return text;
      },
    };
    const on = await sides.pair({}, { types });
    await sides.same((db, route) => rowsOf(route(users(db).where('id', 2)).stream()), { on });
  });

  it('with the events of its query', async () => {
    for (const table of ['users', 'nowhere']) {
      await sides.same(
        async (db, route) => {
          const recorder = new Recorder().listen(db);
          const value = await course(recorder.watch(route(db(table).where('id', 1))).stream());
          recorder.stop();
          return [value, recorder.events];
        },
        { ways: ['.mtdd()', 'withTenant'] },
      );
    }
  });

  it('and leaves no statement running', async () => {
    const { rows } = await sides.admin.query(
      "select query from pg_stat_activity where state = 'active' and application_name <> 'mtdd-server reads' and pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    assert.deepEqual(rows, []);
  });
});
