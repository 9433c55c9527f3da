/** Operators, casts and types behind which a function reads rows: for all shards it would read those of one. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const TABLES = ['create table notes (id int, tenant text)', 'create table rates (id int)'];
const READS = 'language sql stable as $$ select count(*)::int from rates $$';

const ROWS = [
  [
    { id: 1, tenant: 'a' },
    { id: 2, tenant: 'a' },
  ],
  [{ id: 3, tenant: 'b' }],
  [],
];

/** Shards with these definitions, while `work` is done. */
async function withShards(definitions, work) {
  const shards = await startShards({ seed: [...TABLES, ...definitions] });
  try {
    await shards.fill('notes', ROWS);
    await work(shards);
  } finally {
    await shards.stop();
  }
}

const assertRefused = async (shards, sql, message) => {
  await assert.rejects(shards.db.raw(sql).mtdd(), { code: 'PLAN_UNSUPPORTED', message }, sql);
  // Who asks for it gets it.
  await shards.db.raw(sql).mtdd(null);
};

describe('what reads rows unseen', () => {
  it('operators and casts, wherever they stand', async () => {
    const definitions = [
      `create function known(text, int) returns int ${READS}`,
      'create operator <-> (leftarg = text, rightarg = int, function = known)',
      'create function same(text, int) returns int language sql immutable as $$ select $2 $$',
      'create operator &> (leftarg = text, rightarg = int, function = same)',
      'create type rate as (value int)',
      'create function rated(int) returns rate language sql stable as $$ select row(count(*) * $1)::rate from rates $$',
      'create cast (int as rate) with function rated(int)',
      'create view known_notes as select id, tenant, tenant <-> id as n from notes',
    ];
    await withShards(definitions, async (shards) => {
      for (const sql of [
        'select tenant <-> id as n from notes',
        'select tenant operator(public.<->) id as n from notes',
        'select id from notes where id < (tenant <-> id)',
        'select id from notes order by tenant <-> id',
        'select count(*) from notes group by tenant <-> id',
        'select n from known_notes',
        "select 'x'::text <-> 1 as n",
      ]) {
        await assertRefused(
          shards,
          sql,
          /the operator <->.* function known\(text,integer\) is not immutable/,
        );
      }
      for (const sql of [
        'select id::rate as r from notes',
        'select cast(id as public.rate) as r from notes',
      ]) {
        await assertRefused(shards, sql, /the type .*rate, whose function rated\(integer\)/);
      }
      await shards.same((db) => db.raw('select tenant &> id as n from notes order by n'));
      await assert.rejects(shards.db.raw('update notes set id = tenant <-> id').mtdd(), {
        code: 'PLAN_UNSUPPORTED',
      });
    });
  });

  it('domains whose checks read rows, and functions that take or give them', async () => {
    const definitions = [
      `create function rates_exist(int) returns bool language sql stable as $$ select exists (select from rates) or $1 > 0 $$`,
      'create domain checked as int check (rates_exist(value))',
      'create domain plain as int check (value > 0)',
      'create function as_checked(int) returns checked language sql immutable as $$ select $1 $$',
    ];
    await withShards(definitions, async (shards) => {
      for (const sql of [
        'select id::checked as c from notes',
        'select array[id]::checked[] as c from notes',
        'select as_checked(id) as c from notes',
        'select c from notes, json_to_recordset(\'[{"c": 1}]\') as r(c checked)',
      ]) {
        await assertRefused(shards, sql, /checked.*rates_exist\(integer\)/);
      }
      await shards.same((db) => db.raw('select id::plain as c from notes order by c'));
    });
  });

  it('implicit casts, which nobody sees, refuse all that has rows', async () => {
    const definitions = [
      'create type rate as (value int)',
      'create function rated(int) returns rate language sql stable as $$ select row(count(*) * $1)::rate from rates $$',
      'create cast (int as rate) with function rated(int) as implicit',
    ];
    await withShards(definitions, async (shards) => {
      await assertRefused(
        shards,
        'select id from notes',
        /an operator or cast of yours, whose function rated/,
      );
      await shards.same((db) => db.raw('select 1 as n'));
      await shards.prepare('alter function rated(int) immutable');
      await shards.same((db) => db.raw('select id from notes order by id'));
    });
  });
});
