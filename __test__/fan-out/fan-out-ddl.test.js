/**
 * What others change of tables, views, types and functions is noticed by the very next query for all shards, and by one
 * that is under way.
 */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const SEED = [
  'create table notes (id int, tenant text, word text)',
  'create view seen as select id, tenant, word from notes',
  'create view deep as select id, tenant from seen',
  'create table moods (id int, tenant text, mood text)',
  "create type mood as enum ('sad', 'ok')",
  'create table log (what text)',
  'create function same(int) returns int language sql immutable as $$ select $1 $$',
  'create function twice(int) returns int language sql immutable as $$ select 2 * $1 $$',
];

const ROWS = [
  [
    { id: 1, tenant: 'a', word: 'Zoo' },
    { id: 2, tenant: 'a', word: 'ape' },
    { id: 3, tenant: 'a', word: 'Bee' },
  ],
  [
    { id: 1, tenant: 'b', word: 'bee' },
    { id: 2, tenant: 'b', word: 'Ape' },
  ],
  [],
];

describe('what others change is noticed at once', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED });
    await shards.fill('notes', ROWS);
  });
  after(() => shards?.stop());

  /** The query is refused; the reason. */
  const refusal = async (sql) => {
    const error = await shards.db
      .raw(sql)
      .mtdd()
      .then(
        ({ rows }) => assert.fail(`${sql}: is answered: ${JSON.stringify(rows)}`),
        (error) => error,
      );
    assert.equal(error.code, 'PLAN_UNSUPPORTED', error.stack);
    return error.message;
  };

  it('the text of a view, and of one inside of it', async () => {
    const count = (db) => db.raw('select count(*) from seen');
    const within = (db) => db.raw('select count(*) from deep');
    await shards.same(count);
    await shards.same(within);
    await shards.prepare(
      'create or replace view seen as select min(id) as id, min(tenant) as tenant, min(word) as word from notes',
    );
    for (const sql of ['select count(*) from seen', 'select count(*) from deep']) {
      assert.match(await refusal(sql), /the view seen: a part of it aggregates over all shards/);
    }
    // A change of rows is looked at before it is made.
    await assert.rejects(
      shards.db.raw('delete from notes n where exists (select from deep d where d.tenant = n.tenant)').mtdd(),
      { code: 'PLAN_UNSUPPORTED' },
    );
    await shards.same((db) => db.raw('select count(*) from notes'));
    await shards.prepare('create or replace view seen as select id, tenant, word from notes');
    await shards.same(count);
    await shards.same(within);
  });

  it('a table in the place of a view', async () => {
    const question = (db) => db.raw('select lower(tenant) as t, sum(id) from deep group by 1 order by 1');
    await shards.same(question);
    await shards.prepare('drop view deep', 'create table deep (id int, tenant text)');
    await shards.fill('deep', [[{ id: 7, tenant: 'a' }], [{ id: 8, tenant: 'b' }], []]);
    await shards.same(question);
  });

  it('the collation of a column', async () => {
    const question = (db) => db.raw('select word, tenant from notes order by word, tenant');
    await shards.same(question);
    await shards.prepare('drop view seen', 'alter table notes alter word type text collate "en-x-icu"');
    await shards.same(question);
    await shards.prepare('alter table notes alter word type text collate "C"');
    await shards.same(question);
  });

  it('a column with the name of an alias', async () => {
    const question = (db) =>
      db.raw('select upper(word) as loud, count(*) from notes group by loud order by 1, 2');
    await shards.same(question);
    await shards.prepare('alter table notes add loud int');
    const error = await question(shards.whole).catch((error) => error);
    await assert.rejects(question(shards.db).mtdd(), { code: error.code });
  });

  it('a function that begins to read rows, and one that has the name of an aggregate', async () => {
    await shards.same((db) => db.raw('select twice(id) as n from notes order by n, tenant'));
    await shards.prepare(
      'create or replace function twice(int) returns int language sql stable as $$ select count(*)::int from notes $$',
    );
    assert.match(
      await refusal('select twice(id) as n from notes order by n, tenant'),
      /twice is not immutable/,
    );
    await shards.same((db) => db.raw('select max(word) from notes'));
    await shards.prepare('create function max(int) returns int language sql immutable as $$ select 42 $$');
    assert.match(await refusal('select max(word) from notes'), /max\(\), which may be/);
  });

  it('a type, and its labels', async () => {
    await shards.fill('moods', [
      [{ id: 1, tenant: 'a', mood: 'sad' }],
      [{ id: 2, tenant: 'b', mood: 'ok' }],
      [],
    ]);
    const question = (db) => db.raw('select mood from moods order by mood');
    await shards.same(question);
    await shards.prepare('alter table moods alter mood type mood using mood::mood');
    await shards.same(question);
    await shards.prepare('alter type mood rename to feeling', "create type mood as enum ('ok', 'sad')");
    await shards.same(question);
    await shards.databases[1].raw("alter type feeling add value 'glad' before 'sad'");
    assert.match(await refusal('select mood from moods order by mood'), /differ in moods.*glad/);
  });

  it('a view that begins to write does so no more often than it is said to', async () => {
    await shards.prepare('create view plain as select id, tenant, id as n from notes');
    const question = () => shards.db.raw('select n from plain order by n').mtdd({ allServers: true });
    const rows = (await question()).rows.length;
    // For the servers to have said that reads only read.
    for (let turn = 0; turn < 3; turn++) {
      await question();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await shards.prepare(
      `create or replace function same(int) returns int language plpgsql volatile as
       $$ begin insert into log values ('same'); return $1; end $$`,
      'create or replace view plain as select id, tenant, same(id) as n from notes',
    );
    const written = async () => {
      let count = 0;
      for (const db of shards.databases) count += (await db('log').select()).length;
      return count;
    };
    const outcome = await question().then(
      ({ rows }) => rows.length,
      ({ code }) => code,
    );
    const count = await written();
    if (outcome === 'PLAN_UNSUPPORTED') assert.equal(count, 0);
    else assert.deepEqual([outcome, count], [rows, rows]);
  });

  it('functions that others make for their sessions alone change nothing', async () => {
    let isOver = false;
    let made = 0;
    const making = (async () => {
      for (; !isOver; made++)
        await shards.databases[0].raw(
          `create or replace function pg_temp.f() returns int language sql as 'select ${made}'`,
        );
    })();
    for (let turn = 0; turn < 40 || made < 40; turn++)
      await shards.db.raw('select count(*) from notes').mtdd();
    isOver = true;
    await making;
  });

  it('functions that others replace, and that a query does not name, change nothing for it', async () => {
    await shards.prepare('create function theirs(int) returns int language sql immutable as $$ select 1 $$');
    let isOver = false;
    let made = 0;
    const making = (async () => {
      for (; !isOver; made++)
        await shards.databases[0].raw(
          `create or replace function theirs(int) returns int language sql immutable as 'select ${made}'`,
        );
    })();
    for (let turn = 0; turn < 40 || made < 40; turn++) {
      await shards.db.raw('select count(*) from notes').mtdd();
      await shards.db.raw('update notes set id = id where id < 0').mtdd();
    }
    isOver = true;
    await making;
    // The same, where it is named.
    await shards.prepare(
      'create or replace function theirs(int) returns int language sql immutable as $$ select 1 $$',
    );
    await shards.same((db) => db.raw('select theirs(1) is null as n from notes'));
    await shards.prepare(
      'create or replace function theirs(int) returns int language sql volatile as $$ select 1 $$',
    );
    assert.match(await refusal('select theirs(1) is null as n from notes'), /theirs is not immutable/);
  });

  it('the names of types, of whatever kind', async () => {
    await shards.prepare(
      "create type feelings as enum ('a', 'b')",
      'create type pair as (a int, b text)',
      'create domain size as int',
      'create type span as range (subtype = int)',
      'create table owner (id int)',
      'create schema apart',
      'create type apart.pair as (a int, b text)',
      `create table typed (id int, tenant text, feeling feelings, pair pair, size size, span span, owner owner,
         pairs pair[], owners owner[], apart apart.pair)`,
    );
    const row = {
      id: 1,
      feeling: 'a',
      pair: '(1,x)',
      size: 3,
      span: '[1,2)',
      owner: '(1)',
      pairs: '{"(1,x)"}',
      owners: '{"(1)"}',
      apart: '(1,x)',
    };
    await shards.fill('typed', [[{ ...row, tenant: 'a' }], [{ ...row, tenant: 'b' }], []]);
    const columns = ['feeling', 'pair', 'size', 'span', 'owner', 'pairs', 'owners', 'apart'];
    const ask = async () => {
      for (const column of columns) {
        for (const sql of [
          `select distinct ${column} from typed`,
          `select array_agg(${column})::text as all from typed`,
        ]) {
          const { rows } = await shards.db.raw(sql).mtdd();
          assert.deepEqual(rows, (await shards.whole.raw(sql)).rows, sql);
        }
      }
    };
    await ask();
    for (const changes of [
      ['alter type feelings rename to feelings2'],
      ['alter type pair rename to pair2', 'create type pair as (c date)'],
      ['alter domain size rename to size2', 'create domain size as int check (value < 0)'],
      ['alter type span rename to span2', 'create type span as (a date)'],
      ['alter table owner rename to owner2', 'create table owner (id date)'],
      ['alter schema apart rename to apart2', 'create schema apart'],
      [
        'alter type pair rename to pair3',
        'alter type pair2 rename to pair',
        'alter type pair3 rename to pair2',
      ],
    ]) {
      await shards.prepare(...changes);
      await ask();
    }
  });

  it('an explanation tells of what the next query would do', async () => {
    await shards.prepare('create view told as select id, tenant from notes');
    const question = () => shards.db.raw('select count(*) from told').mtdd();
    await question();
    assert.equal((await shards.handle.explain(question())).plan, 'grouped');
    await shards.prepare(
      'create or replace view told as select min(id) as id, min(tenant) as tenant from notes',
    );
    const { plan, refusal } = await shards.handle.explain(question());
    assert.equal(plan, 'refused');
    assert.match(refusal.reason, /the view told/);
    await assert.rejects(question(), { code: 'PLAN_UNSUPPORTED', message: /the view told/ });
    await shards.prepare('create function plain(int) returns int language sql immutable as $$ select 1 $$');
    const called = () => shards.db.raw('select plain(id) from notes').mtdd();
    assert.equal((await shards.handle.explain(called())).plan, 'concat');
    await shards.prepare(
      'create or replace function plain(int) returns int language sql volatile as $$ select 1 $$',
    );
    assert.match((await shards.handle.explain(called())).refusal.reason, /plain is not immutable/);
  });

  it('while queries are under way, none is answered by what no longer holds', async () => {
    const rows = 5;
    const one = 'select min(id) as id, min(tenant) as tenant from notes';
    const all = 'select id, tenant from notes';
    await shards.prepare(`create view flips as ${all}`);
    let isOver = false;
    const answers = new Map();
    const ask = async () => {
      while (!isOver) {
        const answer = await shards.db
          .raw('select count(*)::int as n from flips')
          .mtdd()
          .then(
            ({ rows: [{ n }] }) => n,
            ({ code }) => code,
          );
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    const asking = [ask(), ask(), ask()];
    for (let turn = 0; turn < 60; turn++) {
      const text = turn % 2 === 0 ? one : all;
      await Promise.all(shards.databases.map((db) => db.raw(`create or replace view flips as ${text}`)));
    }
    isOver = true;
    await Promise.all(asking);
    for (const answer of answers.keys())
      assert.ok([rows, 'PLAN_UNSUPPORTED'].includes(answer), String(answer));
    assert.ok(answers.size > 0);
  });
});
