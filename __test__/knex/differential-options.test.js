/** Knex's own settings and what else an application can give it: each acts on a routed query as on a local one. */

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const { startSides } = require('../support/sides');

const users = (db) => db('users').orderBy('id').select('id', 'name');
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe("Knex's settings act as on a local query:", () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  /** Runs each case on instances with a configuration of their own. */
  async function withConfig(config, cases, connection) {
    const on = await sides.pair(config, connection);
    for (const run of cases) await sides.agree(run, { on });
    return on;
  }

  it('postProcessResponse, with the context, on every kind of answer', async () => {
    const seen = [];
    const postProcessResponse = (answer, context) => {
      seen.push(context);
      if (Array.isArray(answer)) return answer.map((row) => ({ row, context }));
      return { answer, context };
    };
    await withConfig({ postProcessResponse }, [
      (db, route) => route(users(db)),
      (db, route) => route(users(db).queryContext({ a: 1 })),
      (db, route) => route(users(db).first().queryContext('first')),
      (db, route) => route(users(db).pluck('name')),
      (db, route) => route(db('users').insert({ name: 'eve' }).returning('id').queryContext(0)),
      (db, route) => route(db('users').update({ age: 1 })),
      (db, route) => route(db('users').del().where('id', 99)),
      (db, route) => route(db.raw('select 1 as a').queryContext([1])),
      (db, route) => route(db.raw('select 1 as a; select 2 as b')),
      (db, route) => route(db('users').columnInfo().queryContext('info')),
      (db, route) => route(db.schema.hasTable('users').queryContext('schema')),
      (db, route) =>
        route(
          db.schema
            .queryContext('ddl')
            .createTable('fresh', (t) => t.integer('a'))
            .dropTable('fresh'),
        ),
      async (db, route) => {
        const rows = [];
        for await (const row of route(users(db).queryContext('stream')).stream()) rows.push(row);
        return rows;
      },
    ]);
    assert.ok(seen.length > 40);
  });

  it('postProcessResponse that throws, and one that gives a promise', async () => {
    const fails = () => {
      throw new Error('processed');
    };
    await withConfig({ postProcessResponse: fails }, [(db, route) => route(users(db))]);
    await withConfig({ postProcessResponse: async (answer) => [answer] }, [(db, route) => route(users(db))]);
  });

  it('wrapIdentifier, with the context, to and fro', async () => {
    const asked = [];
    const wrapIdentifier = (name, original, context) => {
      asked.push(context);
      return original(context?.loud ? name.toUpperCase() : snake(name));
    };
    const postProcessResponse = (answer) =>
      Array.isArray(answer)
        ? answer.map((row) =>
            Object.fromEntries(Object.entries(row).map(([name, value]) => [camel(name), value])),
          )
        : answer;
    await withConfig({ wrapIdentifier, postProcessResponse }, [
      (db, route) => route(db('orders').where('userId', 1).orderBy('id').select('userId', 'item as theItem')),
      (db, route) => route(db('orders').insert({ userId: 1, item: 'x' }).returning(['userId', 'item'])),
      (db, route) =>
        route(
          db('orders')
            .join('users', 'users.id', 'orders.userId')
            .orderBy('orders.id')
            .select('orders.userId'),
        ),
      (db, route) => route(db('orders').where('userId', 1).queryContext({ loud: true })),
      (db, route) => route(db('orders').columnInfo('userId')),
      (db, route) => route(db('orders').columnInfo()),
      (db, route) => route(db.schema.createTable('freshOne', (t) => t.integer('theId').primary())),
      (db, route) => route(db.schema.hasColumn('orders', 'userId')),
      (db, route) => route(db.raw('select ?? from ??', ['userId', 'orders'])),
    ]);
    assert.ok(asked.some((context) => context?.loud));
  });

  it('a context of a clone, and of a table in a schema builder', async () => {
    const contexts = [];
    const wrapIdentifier = (name, original, context) => {
      contexts.push(context);
      return original(name);
    };
    const on = await sides.pair({ wrapIdentifier });
    await sides.same(
      async (db, route) => {
        contexts.length = 0;
        const query = route(users(db).queryContext({ a: 1 }));
        const copy = query.clone().queryContext({ b: 2 });
        await query;
        await copy;
        await route(
          db.schema.queryContext('outer').createTable('fresh', (t) => {
            t.queryContext('inner');
            t.integer('a').queryContext('column');
          }),
        );
        return [query.queryContext(), copy.queryContext(), contexts.slice()];
      },
      { on },
    );
  });

  it('debug, of the instance and of a query, and a logger of its own', async () => {
    let said;
    const note = (level) => (message) => said.push([level, plainly(message)]);
    const log = {
      debug: note('debug'),
      warn: note('warn'),
      error: note('error'),
      deprecate: note('deprecate'),
    };
    const saying = (run) => async (db, route) => {
      said = [];
      const value = await run(db, route);
      return [value, said];
    };
    const cases = [
      saying((db, route) => route(users(db))),
      saying((db, route) => route(users(db).debug())),
      saying((db, route) => route(users(db).debug(false))),
      saying((db, route) => route(db.raw('select ?::int as a', [1]).debug(true))),
      saying((db, route) => route(db.schema.hasTable('users').debug())),
      saying((db, route) => route(db('nowhere').debug()).catch(() => 'failed')),
    ];
    for (const debug of [true, false]) await withConfig({ debug, log }, cases);
    const on = await sides.pair({ log });
    const [, lines] = await sides.same(cases[1], { on });
    assert.equal(lines.length, 1);
  });

  for (const compileSqlOnError of [true, false, undefined]) {
    it(`compileSqlOnError ${compileSqlOnError}`, async () => {
      const on = await sides.pair(compileSqlOnError === undefined ? {} : { compileSqlOnError });
      for (const run of [
        (db, route) => route(db('nowhere').where({ id: 1, name: 'secret' })),
        (db, route) => route(db.raw('select ?::int / ?::int', [1, 0])),
        (db, route) => route(db('users').insert({ name: 'ada', tags: ['x'], joined: new Date(0) })),
        (db, route) => route(db.schema.dropTable('nowhere')),
      ]) {
        await sides.sameError(run, { on });
      }
    });
  }

  it('asyncStackTraces: the error points to the line that made the query', async () => {
    const on = await sides.pair({ asyncStackTraces: true });
    const tracing = (make) => async (db, route) => {
      try {
        return await make(db, route);
      } catch (error) {
        const { originalStack, stack, ...rest } = error;
        return { place: placeOf(stack), hadStack: typeof originalStack, rest };
      }
    };
    for (const run of [
      tracing((db, route) => route(db('nowhere'))),
      tracing((db, route) => route(db.select('id').from('nowhere'))),
      tracing((db, route) => route(db.queryBuilder().from('nowhere'))),
      tracing((db, route) => route(db.from('nowhere').where('id', 1))),
      tracing((db, route) => route(db.raw('select * from nowhere'))),
      tracing((db, route) => route(db.schema.dropTable('nowhere'))),
      tracing((db, route) => route(db('users').insert({ name: 'ada' }))),
      tracing((db, route) => route(db.withRecursive('a', db('nowhere')).from('a'))),
      tracing((db, route) => route(db('users').clone().where('nothing', 1))),
      tracing((db, route) => db.transaction((trx) => route(trx('nowhere')))),
      tracing((db, route) => db.transaction((trx) => route(trx.raw('select 1 / 0')))),
      tracing((db, route) => db.transaction((trx) => route(trx.schema.dropTable('nowhere')))),
      tracing((db, route) => route(db.client.raw('select 1 / 0'))),
      tracing((db, route) => route(db.client.queryBuilder().from('nowhere'))),
    ]) {
      const { place } = await sides.same(run, { on });
      assert.match(place, new RegExp(`^${path.basename(__filename)}:\\d+:\\d+$`));
    }
  });

  it('withUserParams: parameters, client and settings of its own', async () => {
    await sides.same(
      async (db, route) => {
        const copy = db.withUserParams({ customer: 5 });
        copy.client.config.postProcessResponse = (answer) => ({ answer });
        const nested = copy.withUserParams({ b: 1 });
        const inTransaction = await copy.transaction(async (trx) => [
          trx.userParams,
          await route(trx('users').first()),
        ]);
        return [
          copy.userParams,
          nested.userParams,
          inTransaction,
          await route(copy('users').orderBy('id')),
          await route(copy.raw('select 1 as a')),
          await route(copy.schema.hasTable('users')),
          await route(nested('users').where('id', 1)),
          await route(db('users').where('id', 1)),
        ];
      },
      { ways: ['.mtdd()', 'withTenant', 'forTenant'] },
    );
    await sides.sameError((db) => db.transaction((trx) => trx.withUserParams({})), {
      ways: ['.mtdd()', 'withTenant', 'forTenant'],
    });
  });

  it('searchPath', async () => {
    await sides.admin.query(
      'create schema other; create table other.users (only_here int); insert into other.users values (5)',
    );
    for (const searchPath of ['other', ['other', 'public']]) {
      const on = await sides.pair({ searchPath });
      const run = async (db, route) => [
        await route(db.raw('show search_path')),
        await route(db.raw('select current_schema()')),
      ];
      await sides.same(run, { on });
    }
  });

  it('returning as a default of the instance, and useNullAsDefault', async () => {
    await withConfig({ returning: 'id', useNullAsDefault: true }, [
      (db, route) => route(db('users').insert({ name: 'eve' })),
      (db, route) => route(db('users').insert([{ name: 'eve' }, { age: 4 }])),
      (db, route) => route(db('users').where('id', 1).update({ age: 1 })),
    ]);
  });

  it('types of the connection, and its time limits', async () => {
    const types = { getTypeParser: (id) => (id === 23 ? (text) => `int ${text}` : (text) => text) };
    await withConfig({}, [(db, route) => route(users(db)), (db, route) => route(db.raw('select 1 as a'))], {
      types,
    });
    const on = await sides.pair({}, { statement_timeout: 50 });
    const { code } = await sides.sameError((db, route) => route(db.raw('select pg_sleep(5)')), { on });
    assert.equal(code, '57014');
  });

  it('application_name, as the server sees it: the own one, or none', async () => {
    const shown = (db, route) => route(db.raw('show application_name'));
    for (const connection of [
      { application_name: 'the app' },
      { fallback_application_name: 'or this' },
      { application_name: 'the app', fallback_application_name: 'or this' },
      { application_name: '' },
      {},
    ]) {
      const on = await sides.pair({}, connection);
      const inside = (db, route) => db.transaction((trx) => shown(trx, route));
      const { rows } = await sides.same(shown, { on });
      const name = connection.application_name || connection.fallback_application_name || '';
      assert.equal(rows[0].application_name, name);
      await sides.same(inside, { on, ways: ['.mtdd()', 'withTenant', 'forTenant'] });
    }
  });

  it('a text or values that are none are refused in the words of pg', async () => {
    const on = await sides.pair();
    const wrong = [null, undefined, '', 0, 5, true, false, 'x', {}, [], [1], { length: 1 }, () => 1];
    const ways = ['.mtdd()', 'withTenant', 'forTenant'];
    const outcome = (query) =>
      query.then(
        ({ rows, length }) => [rows, length],
        // PostgreSQL's messages quote the name of the prepared statement.
        ({ name, code, message }) => [name, code, code ? '' : message],
      );
    for (const key of ['text', 'values']) {
      for (const value of wrong) {
        // A text that is one is what runs.
        if (key === 'text' && value === 'x') continue;
        const options = { [key]: value };
        await sides.same((db, route) => outcome(route(db.raw('select 1 as a').options(options))), {
          on,
          ways,
        });
        await sides.same((db, route) => outcome(route(db.raw('select ?::int as a', [7]).options(options))), {
          on,
          ways,
        });
      }
    }
    const error = await sides.sameError((db, route) => route(db.raw('select 1').options({ text: null })), {
      on,
    });
    assert.match(error.message, /A query must have either text or a name/);
  });
});

/** `file:line:column` of who called the instance: below the frames of the instance itself. */
function placeOf(stack) {
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  const frame = frames.find((line) => !/make-knex\.js|bound-instance\.js/.test(line));
  return frame.match(/([^/\\(]+:\d+:\d+)\)?$/)[1];
}

/** What a log line says, without ids. */
function plainly(message) {
  if (Array.isArray(message)) return message.map(plainly);
  if (message === null || typeof message !== 'object') return message;
  const { __knexQueryUid, output, ...rest } = message;
  return { ...rest, ids: [typeof __knexQueryUid, typeof output] };
}
