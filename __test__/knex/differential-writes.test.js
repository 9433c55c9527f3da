/** Chains that write, raws, and what fails, in every way to say whose it is; the data that they leave is compared too. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startSides } = require('../support/sides');
const { everyPlace } = require('../support/places');
const { assertSame } = require('../../testkit/same');

const ordered = (db) => db('users').orderBy('users.id');

const WRITES = {
  insert: (db) => db('users').insert({ name: 'eve', tags: ['a'] }),
  'insert of several, with keys that some lack': (db) =>
    db('users').insert([{ name: 'eve' }, { age: 5 }, {}]),
  'insert of an empty object': (db) => db('users').insert({}),
  'insert with returning of one column': (db) => db('users').insert({ name: 'eve' }).returning('id'),
  'insert with returning of all': (db) =>
    db('users')
      .insert([{ name: 'eve' }, { name: 'fay' }])
      .returning('*'),
  'insert with returning as an argument': (db) => db('users').insert({ name: 'eve' }, ['id', 'joined']),
  'insert from a select': (db) => db('tree').insert(db('users').select(db.raw('id + 100'), 'age')),
  'insert into columns from a select': (db) =>
    db(db.raw('?? (??, ??)', ['tree', 'id', 'parent'])).insert((q) =>
      q.select(db.raw('id + 100'), 'age').from('users'),
    ),
  into: (db) => db.insert({ id: 50 }).into('tree').returning('*'),
  'onConflict ignore': (db) => db('users').insert({ name: 'ada', age: 1 }).onConflict('name').ignore(),
  'onConflict merge with returning': (db) =>
    db('users').insert({ name: 'ada', age: 1 }).onConflict('name').merge().returning('*'),
  'onConflict merge of columns with where': (db) =>
    db('users')
      .insert({ name: 'ada', age: 99 })
      .onConflict(['name'])
      .merge(['age'])
      .where('users.age', '<', 50)
      .returning('age'),
  'onConflict merge with an object': (db) =>
    db('users')
      .insert({ name: 'ada' })
      .onConflict('name')
      .merge({ age: db.raw('users.age + 1') }),
  'onConflict without columns': (db) =>
    db('users').insert({ name: 'ada' }).onConflict().ignore().returning('id'),
  update: (db) => db('users').where('age', '>', 20).update({ age: 1 }),
  'update with a key and a value': (db) => db('users').update('age', 2),
  'update of nothing': (db) => db('users').where('id', 99).update({ age: 2 }),
  'update with returning': (db) =>
    db('users')
      .where('id', '<', 3)
      .update({ age: db.raw('coalesce(age, ?) + 1', [5]) })
      .returning(['id', 'age']),
  'update with returning as an argument': (db) => db('users').where('id', 1).update({ age: 5 }, '*'),
  updateFrom: (db) =>
    db('users')
      .updateFrom('orders')
      .where('orders.user_id', db.ref('users.id'))
      .update({ name: db.ref('orders.item') })
      .where('orders.id', 4),
  'update with a JSON path, with null and with undefined': (db) =>
    db('docs')
      .where('id', 1)
      .update({ doc: db.jsonSet('doc', '$.s', '"z"'), id: undefined }),
  'increment and decrement': (db) => db('users').increment('age', 2).decrement('balance', 1.5),
  'increment of several, clearCounters': (db) =>
    db('users').increment({ age: 1 }).clearCounters().increment({ big: 3 }),
  'increment with update and returning': (db) =>
    db('users').where('id', 1).increment('age').update({ name: 'x' }).returning('*'),
  delete: (db) => db('orders').where('paid', false).delete(),
  'del with returning': (db) => db('orders').where('id', 1).del('*'),
  'del with returning by itself': (db) => db('orders').del().returning('id').where('item', 'tea'),
  'del with a join': (db) =>
    db('orders').join('users', 'users.id', 'orders.user_id').where('users.name', 'ada').del(),
  'del with using': (db) =>
    db('orders').using('users').whereColumn('users.id', 'orders.user_id').where('users.name', 'bob').del(),
  truncate: (db) => db('orders').truncate(),
  'update in a with': (db) =>
    db
      .with('done', db('orders').where('id', 1).update({ paid: null }).returning('*'))
      .select('id')
      .from('done'),
};

const RAWS = {
  'only a comment': (db) => db.raw('-- nothing'),
  'values in ?': (db) => db.raw('select ?::int as a, ?::text as b', [1, null]),
  'names in ??': (db) => db.raw('select ?? from ?? order by ??', ['name', 'users', 'users.id']),
  'names and values by name': (db) =>
    db.raw('select :col: from users where id = :id and :id > 0', { col: 'name', id: 2 }),
  'a value alone': (db) => db.raw('select ? as a', 'x'),
  'an array as one value': (db) => db.raw('select name from users where id = any(?) order by id', [[1, 3]]),
  'values in an IN': (db) =>
    db.raw(`select name from users where id in (${[1, 3].map(() => '?').join()}) order by id`, [1, 3]),
  'an escaped question mark': (db) => db.raw("select doc \\? 'a' as has from docs order by id"),
  'an escaped question mark beside a value': (db) =>
    db.raw('select doc \\? ? as has from docs order by id', ['n']),
  'a builder as a value': (db) => db.raw('select * from (?) as x order by id', [db('users').select('id')]),
  'a raw in a raw': (db) => db.raw('select ?, ?', [db.raw('?::int', [1]), db.raw("'x'")]),
  'several statements': (db) => db.raw("select 1 as a; select 'x' as b; delete from orders"),
  'rows as arrays': (db) => db.raw('select 1 as a, 2 as a').options({ rowMode: 'array' }),
  wrap: (db) => db.raw('select 1 as a').wrap('select * from (', ') as x'),
  'a timeout that does not pass': (db) => db.raw('select 1 as a').timeout(10_000),
  'a Buffer, a Date and JSON': (db) =>
    db.raw('select ?::bytea as a, ?::timestamptz as b, ?::jsonb as c', [
      Buffer.from([0, 255]),
      new Date(0),
      { x: [1] },
    ]),
  'DO, SET LOCAL and SHOW': (db) =>
    db.raw("do $$ begin perform 1; end $$; set local work_mem = '5MB'; show work_mem"),
  'an identifier with every quote': (db) => db.raw('select 1 as ??', ['a"b\'c']),
  'fn.uuid, fn.now and raw in one': (db) =>
    db.select(db.raw('pg_typeof(?) as t', [db.fn.now(3)]), db.raw('length((?)::text) as l', [db.fn.uuid()])),
};

const FAILURES = {
  'insert of nothing': (db) => db('users').insert([]),
  'several statements that fail midway': (db) => db.raw('delete from orders; select 1 / 0'),
  'upsert, which PostgreSQL has not': (db) => db('users').upsert({ name: 'x' }),
  'a table that is not there': (db) => db('nowhere'),
  'a column that is not there': (db) => db('users').select('nothing'),
  'a duplicate': (db) => db('users').insert({ name: 'ada' }),
  'a missing value': (db) => db('orders').insert({ item: null }),
  'a check': (db) => db('orders').insert({ item: 'x', price: -1 }),
  'a value of a wrong type': (db) => db('users').where('id', 'x'),
  'a division': (db) => ordered(db).select(db.raw('1 / (id - 3)')),
  'an undefined binding': (db) => db('users').where('id', undefined),
  'an undefined binding of a raw': (db) => db.raw('select ?', [undefined]),
  'a method that the chain cannot have': (db) => db('users').first().update({ a: 1 }),
  'a raw with too few bindings': (db) => db.raw('select ?, ?', [1]),
  'a raw with too many bindings': (db) => db.raw('select ?', [1, 2]),
  'an empty raw': (db) => db.raw(''),
  'several statements with bindings': (db) => db.raw('select ?; select 2', [1]),
  'a syntax error': (db) => db.raw('selct 1'),
  'modify that throws': (db) =>
    db('users').modify(() => {
      throw new Error('modified');
    }),
  'a sub-query that fails to compile': (db) =>
    db('users').whereIn('id', db('orders').where('id', undefined).select('id')),
};

describe('a chain that writes comes to the same', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  for (const [kind, chains] of Object.entries({ builders: WRITES, raws: RAWS })) {
    describe(kind, () => {
      for (const [name, chain] of Object.entries(chains)) {
        it(name, () => sides.same((db, route) => route(chain(db))));
      }
    });
  }

  describe('failures', () => {
    for (const [name, chain] of Object.entries(FAILURES)) {
      it(name, () => sides.sameError((db, route) => route(chain(db))));
    }
  });

  it('a value that cannot be converted', async () => {
    const value = {
      toPostgres() {
        throw new Error('not me');
      },
    };
    // Older versions of pg leave the connection waiting for ever.
    const on = await sides.pair();
    await sides.sameError((db, route) => route(db.raw('select ?', [value])), { on });
  });

  it('a delete with a having, which older versions of Knex let pass', () =>
    sides.agree((db, route) => route(db('orders').having('id', '>', 1).del())));

  describe('wherever .mtdd() stands in it', () => {
    for (const [name, chain] of Object.entries(WRITES)) {
      it(name, async () => {
        const expected = await sides.outcome(() => chain(sides.own.plain));
        assert.ifError(expected.error);
        for (const [place, make] of everyPlace(chain, sides.own.library).entries()) {
          assertSame(await sides.outcome(make), expected, `after ${place} calls`);
        }
      });
    }
  });
});
