/** Rows that are equal in one type or collation and differ in another are not given to copies by chance. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const COPIES = [
  'floats',
  'reals',
  'nums',
  'ints',
  'bigs',
  'codes',
  'lts',
  'lts_too',
  'padded',
  'longs',
  'shorts',
  'twice',
];
const SEED = [
  "create collation lt1 (provider = icu, locale = 'lt-u-ks-level1', deterministic = false)",
  "create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  'create table floats (d double precision primary key, title text)',
  'create table reals (d real primary key, title text)',
  'create table nums (n numeric primary key, title text)',
  'create table ints (n int primary key, title text)',
  'create table bigs (n bigint primary key, title text)',
  'create table codes (code text primary key, title text, n int)',
  'create table lts (code text collate lt1 primary key, title text)',
  'create table lts_too (code text collate lt1 primary key, title text)',
  'create table padded (code char(5) primary key, title text)',
  'create table longs (code varchar(9) primary key, title text)',
  'create table shorts (code varchar(3) primary key, title text)',
  'create table twice (code text primary key, title text)',
  'create unique index twice_ci on twice (code collate ci)',
];

describe('rows that are equal in another type or collation', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED, mtdd: { referenceTables: COPIES } });
  });
  after(() => shards?.stop());
  beforeEach(() => shards.prepare(...COPIES.map((table) => `delete from ${table}`)));

  const run = (sql, bindings = []) => shards.db.raw(sql, bindings).mtdd({ allServers: true });
  const assertRefused = (sql, message, bindings = []) =>
    assert.rejects(
      run(sql, bindings).then(() => assert.fail(sql)),
      (error) => {
        assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
        assert.match(error.message, message);
        return true;
      },
    );
  /** The change runs, and all copies have these titles afterwards. */
  const gives = async (table, titles, sql, bindings = []) => {
    await run(sql, bindings);
    for (const database of shards.databases) {
      const rows = await database(table).orderByRaw('1');
      assert.deepEqual(
        rows.map(({ title }) => title),
        titles,
        sql,
      );
    }
  };

  it('of VALUES change a copy only if no key holds two of them for equal', async () => {
    const SEVERAL = /UPDATE \.\.\. FROM rows of which several may match one/;
    const CANNOT = /which cannot be compared here|which another row has or may have too/;
    const numbers = (table, column) =>
      `update ${table} f set title = v.t from (values (?::bigint, ?), (?::bigint, ?)) v(d, t) where f.${column} = v.d`;
    const close = ['9007199254740992', 'one', '9007199254740993', 'two'];
    await assertRefused(numbers('floats', 'd'), CANNOT, close);
    await assertRefused(numbers('reals', 'd'), CANNOT, close);
    await assertRefused(
      'update floats f set title = v.t from (values (?, ?), (?, ?)) v(d, t) where f.d = v.d::bigint',
      CANNOT,
      close,
    );
    for (const rows of ["('i', 'one'), ('y', 'two')", '(?, ?), (?, ?)']) {
      await assertRefused(
        `update lts f set title = v.t from (values ${rows}) v(c, t) where f.code = v.c`,
        SEVERAL,
        rows.includes('?') ? ['i', 'one', 'y', 'two'] : [],
      );
      for (const condition of [
        'f.code = v.c collate ci',
        'f.code collate ci = v.c',
        'lower(f.code collate ci) = v.c',
      ])
        await assertRefused(
          `update codes f set title = v.t from (values ${rows}) v(c, t) where ${condition}`,
          SEVERAL,
          rows.includes('?') ? ['i', 'one', 'y', 'two'] : [],
        );
    }
    await assertRefused(
      "with v(c, t) as (values ('i', 'one'), ('y', 'two')) update lts f set title = v.t from v where f.code = v.c",
      SEVERAL,
    );
    await assertRefused(
      'update nums f set title = v.t from (values (?::numeric, $1, ?), (?::numeric, $3, ?)) v(m, n, t) where f.n = v.n',
      SEVERAL,
      ['1', 'one', '1.0', 'two'],
    );
    await assertRefused(
      'update ints f set title = v.t from (values (?::int, ?), (?::int, ?)) v(n, t) where f.n = v.n',
      CANNOT,
      ['10', 'one', '\v0xa', 'two'],
    );
  });

  it('of VALUES change all copies alike where the key tells them apart', async () => {
    await shards.prepare(
      "insert into floats values (1, 'x'), (2, 'x')",
      "insert into nums values (1, 'x'), (2, 'x')",
      "insert into bigs values (9007199254740992, 'x'), (9007199254740993, 'x')",
      "insert into codes values ('i', 'x'), ('y', 'x')",
      "insert into padded values ('i', 'x'), ('y', 'x')",
    );
    const both = ['one', 'two'];
    const numbers = (table, column) =>
      `update ${table} f set title = v.t from (values (?::bigint, ?), (?::bigint, ?)) v(d, t) where f.${column} = v.d`;
    await gives('floats', both, numbers('floats', 'd'), ['1', 'one', '2', 'two']);
    await gives('nums', both, numbers('nums', 'n'), ['1', 'one', '2', 'two']);
    await gives('bigs', both, numbers('bigs', 'n'), ['9007199254740992', 'one', '9007199254740993', 'two']);
    for (const table of ['codes', 'padded']) {
      await gives(
        table,
        both,
        `update ${table} f set title = v.t from (values (?, ?), (?, ?)) v(c, t) where f.code = v.c`,
        ['i', 'one', 'y', 'two'],
      );
      await gives(
        table,
        ['two', 'one'],
        `update ${table} f set title = v.t from (values ('i', 'two'), ('y', 'one')) v(c, t) where lower(f.code) = v.c`,
      );
    }
  });

  it('of a table change a copy only by its unique key as the key compares', async () => {
    const SEVERAL = /UPDATE \.\.\. FROM rows of which several may match one/;
    for (const sql of [
      'update floats set title = n.title from nums n where n.n = floats.d',
      'update floats set title = n.title from bigs n where n.n = floats.d',
      'update nums set title = n.title from bigs n where n.n = sqrt(nums.n::int)',
      'update nums set title = n.title from bigs n where n.n = nums.n::float8',
      'update lts set title = c.title from codes c where c.code = lts.code collate ci',
      'update lts set title = c.title from codes c where c.code = lts.code',
      'update codes set title = c.title from codes c where c.code = codes.title collate ci',
      'update codes set title = c.title from codes c where c.code collate ci = codes.title',
    ])
      await assertRefused(sql, SEVERAL);
    await shards.prepare(
      "insert into ints values (1, 'one'), (2, 'two')",
      "insert into bigs values (1, 'x'), (2, 'x')",
      "insert into nums values (1, 'x'), (2, 'x')",
      "insert into floats values (1, 'x'), (2, 'x')",
      "insert into codes values ('a', 'b'), ('b', 'a')",
      "insert into lts values ('a', 'x'), ('b', 'x')",
      "insert into lts_too values ('a', 'one'), ('b', 'two')",
    );
    const both = ['one', 'two'];
    for (const [table, column] of Object.entries({ bigs: 'n', nums: 'n', floats: 'd' }))
      await gives(table, both, `update ${table} f set title = i.title from ints i where i.n = f.${column}`);
    await gives('nums', ['one', 'one'], 'update nums f set title = b.title from bigs b where b.n = ? ', [1]);
    await gives('ints', both, 'update ints f set title = b.title from bigs b where b.n = f.n + 1 - 1');
    await gives('lts', both, 'update lts set title = c.title from lts_too c where c.code = lts.code');
    await gives(
      'codes',
      ['a', 'b'],
      'update codes set title = c.title from codes c where c.code = codes.title',
    );
  });

  it('are not dropped by ON CONFLICT DO NOTHING, which would keep the first of them', async () => {
    const insert = (to, from, [a, b] = ['code', 'code']) =>
      `insert into ${to} (${a}, title) select ${b}, title from ${from} on conflict (${a}) do nothing`;
    for (const sql of [
      insert('ints', 'nums', ['n', 'n']),
      insert('reals', 'floats', ['d', 'd']),
      insert('floats', 'bigs', ['d', 'n']),
      insert('lts', 'codes'),
      insert('shorts', 'longs'),
      insert('padded', 'codes'),
      insert('twice', 'codes'),
    ])
      await assertRefused(sql, /ON CONFLICT DO NOTHING for rows that a query reads/);
    await shards.prepare(
      "insert into ints values (1, 'one'), (2, 'two')",
      "insert into codes values ('a', 'one'), ('b', 'two')",
      "insert into lts values ('a', 'one'), ('b', 'two')",
      "insert into longs values ('a', 'one'), ('b', 'two')",
    );
    const both = ['one', 'two'];
    await gives('bigs', both, insert('bigs', 'ints', ['n', 'n']));
    await gives('lts_too', both, insert('lts_too', 'lts'));
    await gives('codes', both, insert('codes', 'longs'));
  });
});
