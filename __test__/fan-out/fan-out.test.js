/** Queries for all shards: each gives what one database with all rows would have given. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { CrossShardTransactionError, PlanUnsupportedError } = require('../../js');
const { startShards } = require('../support/shards');

const SEED = [
  'create table orders (id int primary key, tenant text, item text, price numeric(10,2), made timestamptz, details jsonb)',
  'create table names (id int, tenant text, name text collate "en-US-x-icu", mood text collate "C")',
  "create type mood as enum ('sad', 'ok', 'happy')",
  'create table moods (id int, tenant text, mood mood)',
  'create table countries (code text primary key, name text)',
];

const order = (id, tenant, item, price) => ({
  id,
  tenant,
  item,
  price,
  made: new Date(Date.UTC(2024, 0, id)),
  details: { id },
});
const ORDERS = [
  [order(1, 'a', 'tea', '3.50'), order(4, 'a', 'milk', null), order(7, 'a', 'tea', '4.10')],
  [order(2, 'b', 'tea', '1.00'), order(5, 'b', 'cake', '1.0')],
  [order(3, 'c', 'jam', '10'), order(6, 'c', 'milk', '2.25'), order(8, 'd', 'Tea', '0.01')],
];
const NAMES = [
  ['Émile', 'zoë', 'anna'],
  ['Zoë', 'emil', 'Anna'],
  ['anna', null, 'éclair'],
].map((names, shard) =>
  names.map((name, n) => ({ id: shard * 10 + n, tenant: `t${shard}`, name, mood: name })),
);
const MOODS = [['happy', 'sad'], ['ok'], ['sad', 'happy']].map((moods, shard) =>
  moods.map((mood, n) => ({ id: shard * 10 + n, tenant: `t${shard}`, mood })),
);

describe('queries for all shards', () => {
  let shards;
  let db;

  before(async () => {
    shards = await startShards({ seed: SEED, mtdd: { referenceTables: ['countries'] } });
    db = shards.db;
  });
  after(() => shards?.stop());
  beforeEach(async () => {
    await shards.prepare('truncate orders', 'truncate names', 'truncate moods', 'truncate countries');
    await shards.fill('orders', ORDERS);
    await shards.fill('names', NAMES);
    await shards.fill('moods', MOODS);
  });

  it('rows follow each other, also none, and also without columns', async () => {
    const rows = await shards.same((db) => db('orders'), { ordered: false });
    assert.equal(rows.length, 8);
    await shards.same((db) => db('orders').where('item', 'tea').select('id', 'made', 'details'), {
      ordered: false,
    });
    assert.deepEqual(await shards.same((db) => db('orders').where('id', 99)), []);
    await shards.same((db) => db.raw('select from orders'), { ordered: false });
  });

  it('a result has the fields, the command and the count of a local one', async () => {
    const result = await db.raw('select id, item, price from orders order by id').mtdd();
    const local = await shards.whole.raw('select id, item, price from orders order by id');
    assert.equal(result.command, local.command);
    assert.equal(result.rowCount, 8);
    const told = ({ name, dataTypeID, dataTypeSize, dataTypeModifier, columnID, format }) => [
      name,
      dataTypeID,
      dataTypeSize,
      dataTypeModifier,
      columnID,
      format,
    ];
    assert.deepEqual(result.fields.map(told), local.fields.map(told));
  });

  it('sorted rows are merged: several keys, nulls, hidden keys, offset and limit, also as bindings', async () => {
    await shards.same((db) => db('orders').orderBy('price', 'desc').orderBy('id'));
    await shards.same((db) => db('orders').select('item').orderBy('id', 'desc'));
    await shards.same((db) => db('orders').orderBy('id').limit(3).offset(2));
    await shards.same((db) => db.raw('select id from orders order by made desc offset 1 limit 4'));
    await shards.same((db) => db.raw('select id from orders order by price nulls first, id limit ?', [null]));
    await shards.same((db) => db('orders').orderBy('id').limit(0));
    await shards.same((db) => db('orders').orderBy('id').first());
    await shards.same((db) => db('orders').orderBy('id').pluck('item'));
  });

  it('text is sorted by the rules of its column, which only PostgreSQL knows', async () => {
    await shards.same((db) => db('names').select('name').orderBy('name').orderBy('id'));
    await shards.same((db) =>
      db('names').select('name', 'id').orderBy('name', 'desc').orderBy('id').limit(4),
    );
    await shards.same((db) => db('names').select('mood').orderBy('mood').orderBy('id'));
    await shards.same((db) => db('names').distinct('name').orderBy('name'));
    await shards.same((db) => db.raw('select distinct on (name) name, id from names order by name, id'));
    await shards.same((db) => db.raw('select name, count(*) from names group by name order by name'));
    await shards.same((db) => db.raw('select min(name), max(name) from names'));
  });

  it('types that each database numbers by itself are merged by their names', async () => {
    await shards.databases[1].raw('alter table moods alter mood type text');
    await shards.databases[1].raw("drop type mood; create type mood as enum ('sad', 'ok', 'happy')");
    await shards.databases[1].raw('alter table moods alter mood type mood using mood::mood');
    await shards.same((db) => db('moods').select('mood', 'id').orderBy('mood', 'desc').orderBy('id'));
    await shards.same((db) => db('moods').distinct('mood').orderBy('mood'));
  });

  it('aggregates are those of all rows', async () => {
    await shards.same((db) =>
      db('orders').count('* as n').sum('price as total').avg('price as mean').max('id'),
    );
    await shards.same((db) => db('orders').avg('id as mean'));
    await shards.same((db) =>
      db.raw('select count(distinct item), sum(price) / count(*) as mean from orders'),
    );
    await shards.same((db) =>
      db.raw('select count(*) filter (where price > 2), bool_or(price is null) from orders'),
    );
    await shards.same((db) =>
      db.raw("select string_agg(item, ',' order by id), array_agg(id order by id) from orders"),
    );
    await shards.same((db) => db('orders').where('id', 99).sum('price').count());
  });

  it('groups are merged, filtered by having, sorted and cut', async () => {
    const grouped = (db) => db('orders').select('item').sum('price as total').count('* as n').groupBy('item');
    await shards.same(grouped, { ordered: false });
    await shards.same((db) => grouped(db).orderBy('total', 'desc').orderBy('item').limit(2));
    await shards.same((db) =>
      grouped(db)
        .having(db.raw('sum(price) > ?', [3]))
        .orderBy('item'),
    );
    await shards.same((db) => db('orders').distinct('item').orderBy('item'));
    await shards.same((db) =>
      db.raw('select extract(month from made) as m, count(*) from orders group by 1'),
    );
  });

  it('updates and deletes add up their counts, and give their rows in the order of the shards', async () => {
    assert.equal(await db('orders').where('item', 'tea').update({ item: 'coffee' }).mtdd(), 3);
    await shards.whole('orders').where('item', 'tea').update({ item: 'coffee' });
    await shards.same((db) => db('orders').orderBy('id'));
    const gone = await db('orders').where('item', 'coffee').delete().returning(['id', 'made']).mtdd();
    assert.deepEqual(gone.map(({ id }) => id).sort(), [1, 2, 7]);
    assert.ok(gone[0].made instanceof Date);
    assert.equal(await db('orders').where('id', 99).delete().mtdd(), 0);
    const result = await db.raw("update orders set item = 'x' where id in (3, 4)").mtdd();
    assert.deepEqual([result.command, result.rowCount, result.rows], ['UPDATE', 2, []]);
  });

  it('reference data goes to every shard when all servers are asked, and DDL too', async () => {
    await assert.rejects(
      db('orders')
        .insert(order(9, 'e', 'x', 1))
        .mtdd(),
      { code: 'PLAN_UNSUPPORTED' },
    );
    await db('countries')
      .insert([
        { code: 'nl', name: 'Nederland' },
        { code: 'fr', name: 'France' },
      ])
      .mtdd({ allServers: true });
    for (const database of shards.databases) {
      assert.equal((await database('countries')).length, 2);
    }
    assert.equal((await db('countries').mtdd()).length, 2, 'every shard has them: one is asked');
    await db.schema.createTable('later', (table) => table.integer('id')).mtdd(null);
    for (const database of shards.databases) assert.ok(await database.schema.hasTable('later'));
    await db.schema.dropTable('later').mtdd(null);
    await assert.rejects(db.raw('create table other (id int)').mtdd(), { code: 'PLAN_UNSUPPORTED' });
  });

  it('what cannot be answered exactly is refused, and says why', async () => {
    const error = await db
      .raw('select row_number() over (order by id) from orders')
      .mtdd()
      .catch((error) => error);
    assert.ok(error instanceof PlanUnsupportedError, String(error));
    assert.match(error.message, /on all shards/);
    await assert.rejects(
      db.transaction((trx) => trx('orders').mtdd()),
      CrossShardTransactionError,
    );
  });

  it('functions of the application have to be plain ones', async () => {
    await shards.prepare(
      'create or replace function twice(n int) returns int immutable language sql as $$ select n * 2 $$',
      'create or replace function roll() returns float8 volatile language sql as $$ select random() $$',
    );
    await shards.same((db) => db.raw('select twice(id) as n from orders order by 1'));
    await assert.rejects(db.raw('select id from orders where roll() > 2').mtdd(), {
      code: 'PLAN_UNSUPPORTED',
      message: /roll/,
    });
  });

  it('the columns of the tables may not differ from shard to shard', async () => {
    await shards.databases[2].raw('alter table moods rename id to number');
    try {
      await assert.rejects(db('moods').mtdd(), {
        code: 'PLAN_UNSUPPORTED',
        message: /differ in moods: on shard 0 `id integer`, on shard 2 `number integer`/,
      });
    } finally {
      await shards.databases[2].raw('alter table moods rename number to id');
    }
  });

  it('errors are those that one PostgreSQL would have given', async () => {
    for (const [sql, bindings] of [
      ['select * from nowhere order by 1'],
      ['select nothing from orders order by id limit 3'],
      ['select id from orders where where id = 1'],
      ['select id, from orders'],
      ['select id from orders order by id limit ?', [-1]],
      ['select id from orders order by id limit ?', ['many']],
      ['select sum(item) from orders'],
      ['update orders set nothing = 1'],
    ]) {
      const local = await shards.whole.raw(sql, bindings ?? []).catch((error) => error);
      const error = await db
        .raw(sql, bindings ?? [])
        .mtdd()
        .catch((error) => error);
      assert.equal(error.constructor.name, 'DatabaseError', `${sql}: ${error}`);
      const { stack, ...told } = error;
      const { stack: _, ...expected } = local;
      assert.deepEqual(told, expected, sql);
    }
  });

  it('tells of the result whether it was merged, where a result stays equal to a local one', async () => {
    const merged = await db.raw('select count(*) from orders').mtdd();
    assert.deepEqual(merged.mtdd, { IsReRun: true, failedShards: [] });
    const plain = await db.raw('select id from orders').mtdd();
    assert.deepEqual(plain.mtdd, { IsReRun: false, failedShards: [] });
    assert.ok(!Object.keys(plain).includes('mtdd'));
  });

  it('a view that a command of ours has replaced is looked into anew', async () => {
    const command = (sql) => db.raw(sql).mtdd({ allServers: true });
    await command('create view replaced as select * from orders');
    try {
      await db.raw('select * from replaced').mtdd();
      await command('drop view replaced');
      await command('create view replaced as select count(*) as n from orders');
      await assert.rejects(
        db.raw('select * from replaced').mtdd(),
        /the view replaced: a part of it aggregates over all shards/,
      );
    } finally {
      await command('drop view replaced');
    }
  });

  it('a view that has just been made is looked into', async () => {
    await db.raw('select id from orders').mtdd();
    await shards.prepare('create view just_made as select count(*) as n from orders');
    try {
      await assert.rejects(db.raw('select n from just_made').mtdd(), {
        code: 'PLAN_UNSUPPORTED',
        message: /the view just_made: a part of it aggregates over all shards/,
      });
    } finally {
      await shards.prepare('drop view just_made');
    }
  });

  it('a stream of all shards is held back by a slow reader, and stops all shards when it leaves', async () => {
    await shards.prepare(
      'create or replace view many as select g as id, repeat(md5(g::text), 30) as x from orders, generate_series(1, 20000) g where orders.id < 4',
    );
    for (const sql of [
      'select id, x /* slow */ from many',
      'select id, x /* slow */ from many order by id',
    ]) {
      let seen = 0;
      for await (const _row of db.raw(sql).mtdd().stream()) {
        if (++seen === 1) {
          await sleep(1000);
          for (let turn = 0; turn < 100 && (await shards.running('/* slow */')) < 3; turn++) await sleep(50);
          assert.equal(await shards.running('/* slow */'), 3, 'each shard waits for the reader');
        }
        if (seen === 100) break;
      }
      for (let turn = 0; turn < 100 && (await shards.running('/* slow */')) > 0; turn++) await sleep(50);
      assert.equal(await shards.running('/* slow */'), 0);
    }
    let rows = 0;
    let last = 0;
    for await (const { id } of db.raw('select id, x from many order by id').mtdd().stream()) {
      assert.ok(id >= last);
      last = id;
      rows++;
    }
    assert.equal(rows, 60_000);
  });

  it('explains without running', async () => {
    const sorted = await shards.handle.explain(
      db('orders').where('price', '>', 1).orderBy('id').limit(5).mtdd(),
    );
    assert.equal(sorted.route, 'all');
    assert.equal(sorted.plan, 'sorted');
    assert.deepEqual(sorted.shards, [0, 1, 2]);
    assert.deepEqual(sorted.statements[0].shards, [0, 1, 2]);
    assert.match(sorted.statements[0].sql, /order by/i);
    assert.ok(
      sorted.steps.some((step) => step.includes('At most')),
      JSON.stringify(sorted),
    );
    const refused = await shards.handle.explain(
      db('orders')
        .insert(order(9, 'e', 'x', 1))
        .mtdd(),
    );
    assert.equal(refused.plan, 'refused');
    assert.equal(refused.refusal.code, 'PLAN_UNSUPPORTED');
    await shards.handle.addTenant('a');
    const one = await shards.handle.explain(db('orders').where('id', 1).mtdd('a'));
    assert.deepEqual([one.route, one.shards, one.statements[0].params], ['shard', [0], [1]]);
    assert.equal((await shards.handle.explain(db('orders'))).route, 'local');
    await shards.handle.explain(db('orders').delete().mtdd());
    assert.equal((await db('orders').mtdd()).length, 8, 'nothing was deleted');
    await assert.rejects(shards.handle.explain('select 1'), { code: 'VALIDATION_ERROR' });
  });

  it('merging takes no more memory than it may', async () => {
    const small = await startShards({ shards: 2, seed: SEED, mtdd: { mergeMemoryLimit: 20_000 } });
    try {
      await small.prepare('insert into names select n, n::text, n::text from generate_series(1, 2000) n');
      await assert.rejects(small.db.raw('select distinct id from names').mtdd(), {
        code: 'PLAN_UNSUPPORTED',
        message: /20000 bytes.*mergeMemoryLimit/,
        context: { mergeMemoryLimit: 20_000 },
      });
      assert.equal((await small.db('names').orderBy('id').mtdd()).length, 4000, 'sorted rows pass through');
    } finally {
      await small.stop();
    }
  });
});
