/** Shards that differ are noticed, and said to, before a query for all of them makes one result of what they give. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const SEED = [
  "create type mood as enum ('sad', 'ok')",
  'create type pair as (a int, b text)',
  'create domain price as numeric(8, 2)',
  "create collation sorting (provider = icu, locale = 'en')",
  'create table same (id int, tenant text)',
  'create table enums (id int, tenant text, mood mood)',
  'create table arrays (id int, tenant text, moods mood[])',
  'create table pairs (id int, tenant text, pair pair)',
  'create table modified (id int, tenant text, code varchar(5), amount numeric(10, 2))',
  'create table domains (id int, tenant text, price price)',
  'create table collated (id int, tenant text, name text collate sorting)',
  'create view seen as select id, tenant from same where id > 1',
  'create table changed (id int, tenant text)',
  'create view deep as select * from enums',
];

/** What is different on shard 2. */
const CHANGES = [
  "alter type mood rename value 'sad' to 'x'; alter type mood rename value 'ok' to 'sad'; alter type mood rename value 'x' to 'ok'",
  'drop table pairs; drop type pair; create type pair as (a int, b int); create table pairs (id int, tenant text, pair pair)',
  'alter table modified alter code type varchar(7)',
  'alter table domains alter price type numeric(9, 2)',
  "drop table collated; drop collation sorting; create collation sorting (provider = icu, locale = 'sv'); create table collated (id int, tenant text, name text collate sorting)",
  'create or replace view seen as select id, tenant from same where id > 2',
  'alter table changed add more int',
];

describe('shards that differ', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED });
    for (const change of CHANGES) await shards.databases[2].raw(change);
  });
  after(() => shards?.stop());

  const refusal = async (sql, options) => {
    const query = shards.db.raw(sql);
    const error = await (options ? query.mtdd(options) : query.mtdd()).then(
      () => assert.fail(`${sql}: is answered`),
      (error) => error,
    );
    assert.equal(error.code, 'PLAN_UNSUPPORTED', error.stack);
    return error.message;
  };

  it('what is alike everywhere is answered, whatever else differs', async () => {
    assert.deepEqual(await shards.db('same').mtdd(), []);
    assert.equal((await shards.db.raw('select count(*) from same').mtdd()).rows[0].count, '0');
  });

  it('tables and views that differ are refused by name, with the shards and what each of them has', async () => {
    for (const [sql, ...parts] of [
      [
        'select id from enums order by mood',
        'enums',
        'shard 0',
        "of 'sad', 'ok'",
        'shard 2',
        "of 'ok', 'sad'",
      ],
      ['select count(*) from arrays', 'arrays', 'shard 2', "of 'ok', 'sad'"],
      ['select pair from pairs', 'pairs', 'a integer, b text', 'a integer, b integer'],
      ['select code from modified', 'modified', 'character varying(5)', 'character varying(7)'],
      ['select price from domains', 'domains', 'numeric(9,2)'],
      ['select distinct name from collated', 'collated', 'collate sorting', 'sv'],
      ['select * from seen', 'seen', 'the views of shards 0 and 2 have different texts'],
      ['select id from changed', 'changed', 'no such column', '`more integer`'],
      ['select id from deep', 'deep', "of 'ok', 'sad'"],
      ['select id from same where exists (select from enums e where e.tenant = same.tenant)', 'enums'],
    ]) {
      const message = await refusal(sql);
      for (const part of parts) assert.ok(message.includes(part), `${sql}: ${message}`);
    }
    assert.match(
      await refusal("update enums set mood = 'ok' where mood > 'sad'"),
      /the shards differ in enums/,
    );
  });

  it('what makes them alike again may be run, when it is asked for', async () => {
    await shards.db.raw('alter table changed add if not exists more int').mtdd(null);
  });
});

describe('shards whose types, functions or orders of columns differ', () => {
  const ALL = { allServers: true };
  let shards;
  before(async () => {
    shards = await startShards({
      seed: [
        "create type level as enum ('n1', 'n2')",
        'create type pair as (a int, b text)',
        'create type pairs as (one pair)',
        'create domain short as text check (length(value) < 9)',
        'create table items (id int, tenant text, name text)',
        'create table moved (tenant text, a text, b text)',
        'create table countries (code text primary key, title text)',
        "create function shown(text) returns text language sql immutable as $$ select $1 || '0' $$",
        'create function shown_twice(text) returns text language sql immutable as $$ select shown($1) || shown($1) $$',
        'create function steady(text) returns text language sql immutable as $$ select $1 $$',
        'create function alike(text) returns text language sql immutable as $$ select $1 $$',
        'create function leveled(text) returns level language sql immutable as $$ select $1::level $$',
      ],
      mtdd: { referenceTables: ['countries'] },
    });
    for (const change of [
      'drop function leveled(text); drop type level',
      "create type level as enum ('n2', 'n1')",
      'create function leveled(text) returns level language sql immutable as $$ select $1::level $$',
      'drop type pairs; drop type pair; create type pair as (b text, a int); create type pairs as (one pair)',
      'alter domain short drop constraint short_check',
      'alter domain short add check (length(value) < 2)',
      'drop table moved; create table moved (tenant text, b text, a text)',
      'drop table countries; create table countries (title text, code text primary key)',
      "create or replace function shown(text) returns text language sql immutable as $$ select $1 || '1' $$",
      'create or replace function steady(text) returns text language sql volatile as $$ select $1 $$',
    ]) {
      await shards.databases[1].raw(change);
    }
    await shards.fill('items', [
      [{ id: 1, tenant: 'a', name: 'n1' }],
      [{ id: 2, tenant: 'b', name: 'n2' }],
      [],
    ]);
  });
  after(() => shards?.stop());

  const assertRefused = (sql, message, options) => {
    const query = shards.db.raw(sql);
    return assert.rejects(
      options ? query.mtdd(options) : query.mtdd(),
      (error) => {
        assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
        assert.match(error.message, message, sql);
        return true;
      },
      sql,
    );
  };

  it('a type that only the text names is compared, with what it is made of', async () => {
    for (const sql of [
      'select min(name::level) from items',
      "select id from items where name::level < 'n2'",
      'select (row(id, name)::pair).a from items',
      'select null::pairs from items',
      'select name::short from items',
      'select id from items order by leveled(name)',
    ]) {
      await assertRefused(sql, /the shards differ in .*the type (level|pair|short)/);
    }
    await shards.same((db) => db.raw('select id, name as level from items order by id'));
  });

  it('columns in another order are read by their names alone', async () => {
    await shards.fill('moved', [
      [{ tenant: 'a', a: 'a0', b: 'b9' }],
      [{ tenant: 'b', a: 'a1', b: 'b8' }],
      [],
    ]);
    for (const sql of [
      'select * from moved order by tenant',
      'select max(c2) from moved as x(c1, c2, c3)',
      'select o::text from moved o order by 1',
      'select row_to_json(o)::text from moved o',
      'select c2 from (select * from moved) y(c1, c2, c3)',
    ]) {
      await assertRefused(sql, /the order of the columns of moved, which is .*tenant, a, b.* on shard 0/);
    }
    await shards.same((db) => db.raw('select a, b, tenant from moved order by tenant'));
    await shards.same((db) => db('moved').max('a as most'));
  });

  it('nothing is written by an order of columns that differs', async () => {
    await assertRefused("insert into countries values ('de', 'Germany')", /names of columns.*order/, ALL);
    await assertRefused("insert into moved values ('c', 'A', 'B')", /names of columns.*order/, ALL);
    await shards.db.raw("insert into countries (code, title) values ('de', 'Germany')").mtdd(ALL);
    for (const db of shards.databases) {
      assert.deepEqual(await db('countries').select('code', 'title'), [{ code: 'de', title: 'Germany' }]);
      assert.deepEqual(await db('moved').where('tenant', 'c'), []);
    }
  });

  it('a function that differs gives neither copies their values nor results theirs', async () => {
    for (const name of ['shown', 'shown_twice', 'steady']) {
      const message =
        /the shards differ in .*the function (shown|steady), which is defined otherwise on shard 0/;
      await assertRefused(`update countries set title = ${name}('x')`, message, ALL);
      await assertRefused(`select ${name}(name) from items`, message);
      await assertRefused(`select id from items where ${name}(name) = 'n1'`, message);
    }
    await shards.db.raw('select shown(name) from items').mtdd(null);
    await shards.same((db) => db.raw('select alike(name) as name from items order by 1'));
    await shards.db.raw("update countries set title = alike('x')").mtdd(ALL);
  });
});

describe('functions with the names of PostgreSQL’s own', () => {
  let shards;
  before(async () => {
    shards = await startShards({
      seed: [
        'create table notes (id int, tenant text)',
        'create function count(text) returns bigint language sql immutable as $$ select 42::bigint $$',
        'create function lower(int) returns int language sql volatile as $$ select 7 $$',
        'create function upper(int) returns int language sql immutable as $$ select 7 $$',
        'create function int4mul_of_mine(float8, int) returns float8 language sql immutable as $$ select 0::float8 $$',
        'create operator * (leftarg = float8, rightarg = int, function = int4mul_of_mine)',
        "create function third(interval, numeric) returns interval language sql immutable as $$ select interval '1 day' $$",
        'create operator / (leftarg = interval, rightarg = numeric, function = third)',
      ],
    });
    await shards.fill('notes', [[{ id: 1, tenant: 'a' }], [{ id: 2, tenant: 'b' }], []]);
  });
  after(() => shards?.stop());

  it('an aggregate whose name one of yours has too is not guessed', async () => {
    await assert.rejects(shards.db.raw('select count(tenant) from notes').mtdd(), {
      code: 'PLAN_UNSUPPORTED',
      message: /count\(\), which may be.*write pg_catalog\.count\(\)/,
    });
    await shards.same((db) => db.raw('select pg_catalog.count(tenant) as n from notes'));
  });

  it('a plain function is one of yours only if that computes and no more', async () => {
    await assert.rejects(shards.db.raw('select lower(id) from notes').mtdd(), { code: 'PLAN_UNSUPPORTED' });
    await shards.same((db) => db.raw('select upper(id) as n, upper(tenant) as t from notes order by 2'));
  });

  it('what the library adds means PostgreSQL’s own functions and operators', async () => {
    await shards.same((db) =>
      db.raw('select avg(id::float8) as a, avg(id) filter (where id > 1) as b from notes'),
    );
    await shards.same((db) => db.raw("select avg(id * interval '1 hour')::text as a from notes"));
  });

  it('as many averages as two columns each of a shard’s rows can hold are exact', async () => {
    const averages = Array.from({ length: 800 }, (_, index) => `avg(id + ${index}) as a${index}`);
    await shards.same((db) => db.raw(`select ${averages.join(', ')} from notes`));
  });
});

describe('functions that are called on a row, as its field would be read', () => {
  let shards;
  before(async () => {
    shards = await startShards({
      seed: [
        'create table notes (id int, tenant text)',
        'create table counted (id int, tenant text, count int, charge int)',
        'create table places (id int)',
        'create table charges (id int)',
        `create function charge(notes) returns int language sql volatile as
           $$ insert into charges values ($1.id) returning id $$`,
        `create function charge(places) returns int language sql volatile as
           $$ insert into charges values ($1.id) returning id $$`,
        'create function doubled(notes) returns int language sql immutable as $$ select 2 * $1.id $$',
      ],
      mtdd: { referenceTables: ['places'] },
    });
    await shards.fill('notes', [[{ id: 1, tenant: 'a' }], [{ id: 2, tenant: 'b' }], []]);
    await shards.fill('counted', [[{ id: 1, tenant: 'a', count: 5, charge: 7 }], [], []]);
    for (const database of [...shards.databases, shards.whole]) await database('places').insert({ id: 1 });
  });
  after(() => shards?.stop());

  it('they are judged as the calls that they are', async () => {
    for (const [sql, asked, message] of [
      ['select t.charge from notes t', undefined, /charge is not immutable/],
      ['select t.id from notes t order by t.charge', undefined, /charge is not immutable/],
      ['select p.charge from places p', null, /a call of charge\(\): write the call/],
      ['select t.count from notes t', null, /field count of a row, which PostgreSQL may read/],
    ]) {
      const query = shards.db.raw(sql);
      await assert.rejects(asked === null ? query.mtdd(null) : query.mtdd(), {
        code: 'PLAN_UNSUPPORTED',
        message,
      });
    }
    for (const database of shards.databases) assert.deepEqual(await database('charges'), []);
    await shards.same((db) => db.raw('select t.doubled from notes t order by t.id'));
    await shards.same((db) => db.raw('select t.count, t.charge from counted t'));
    await shards.same((db) =>
      db.raw('select s.count from (select id, count(*) from notes group by id) s order by s.id'),
    );
  });
});

describe('shards whose pools are full', () => {
  let shards;
  before(async () => {
    shards = await startShards({
      seed: ['create table notes (id int, tenant text, note text)'],
      serverArgs: ['--pool-size', '1'],
    });
    const rows = (tenant) =>
      Array.from({ length: 300 }, (_, id) => ({ id, tenant, note: `${tenant}${'x'.repeat(8000)}` }));
    await shards.fill('notes', [rows('a'), rows('b'), []]);
  });
  after(() => shards?.stop());

  it('a large query, which holds the only connection, does not wait for another to be checked on', async () => {
    await shards.db('notes').mtdd();
    const begun = performance.now();
    for (let turn = 0; turn < 10; turn++) assert.equal((await shards.db('notes').mtdd()).length, 600);
    // It has cost each of them a second.
    assert.ok(performance.now() - begun < 8000, `${performance.now() - begun} ms`);
  });
});

describe('shards whose settings differ', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: ['create table notes (id int, tenant text)'] });
  });
  after(() => shards?.stop());

  const errorOf = () =>
    shards
      .db('notes')
      .mtdd()
      .then(
        () => assert.fail('it is answered'),
        (error) => error,
      );

  for (const [setting, value, shown] of [
    ['IntervalStyle', 'iso_8601', /IntervalStyle is postgres on shard 0 and iso_8601 on shard 1/],
    ['TimeZone', 'Asia/Tokyo', /TimeZone is .* on shard 0 and Asia\/Tokyo on shard 1/],
    ['DateStyle', 'German', /DateStyle is ISO, .* on shard 0 and German, DMY on shard 1/],
    ['search_path', 'pg_catalog', /search_path is public on shard 0 and .* on shard 1/],
    ['bytea_output', 'escape', /bytea_output is hex on shard 0 and escape on shard 1/],
    ['xmlbinary', 'hex', /xmlbinary is base64 on shard 0 and hex on shard 1/],
    ['xmloption', 'document', /xmloption is content on shard 0 and document on shard 1/],
    ['transform_null_equals', 'on', /transform_null_equals is off on shard 0 and on on shard 1/],
    ['array_nulls', 'off', /array_nulls is on on shard 0 and off on shard 1/],
    ['timezone_abbreviations', 'India', /timezone_abbreviations is Default on shard 0 and India on shard 1/],
    ['backslash_quote', 'on', /backslash_quote is safe_encoding on shard 0 and on on shard 1/],
    ['standard_conforming_strings', 'off', /standard_conforming_strings is off on shard 1.*set it to on/],
  ]) {
    it(`${setting} is refused by setting and shard, until it is set alike`, async () => {
      await shards.whole.raw(`alter database shard1 set ${setting} = '${value}'`);
      await again();
      const error = await errorOf();
      assert.equal(error.code, 'PLAN_UNSUPPORTED', String(error));
      assert.match(error.message, shown);
      await assert.rejects(shards.db('notes').update({ id: 1 }).mtdd(), { code: 'PLAN_UNSUPPORTED' });
      await shards.whole.raw(`alter database shard1 reset ${setting}`);
      await again();
      assert.deepEqual(await shards.db('notes').mtdd(), []);
    });
  }

  /** New connections, which have the settings. The next query notices it. */
  const again = () => shards.cluster.shards[1].restart();
});
