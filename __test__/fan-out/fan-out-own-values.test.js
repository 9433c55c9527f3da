/** What each server has by itself (object ids, its name), and tenants that SQL holds for equal, merge no rows. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const SEED = [
  'create extension if not exists citext',
  "create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  'create domain name_of_tenant as text',
  'create table loose (tenant citext, id int)',
  'create table folded (tenant text collate ci, id int)',
  'create table plain (tenant name_of_tenant, id int)',
  "create domain short_name as name_of_tenant check (value <> '')",
  'create domain any_case as citext',
  'create domain any_name as any_case',
  'create table deep (tenant short_name, id int)',
  'create table loose_deep (tenant any_name, id int)',
  'create table counted (tenant int, id int)',
  'create table worded (tenant varchar(9), id int)',
  'create sequence sq',
];

describe('what each server has by itself', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED });
    // The same table has another id on one shard.
    await shards.databases[1].raw('create table before_it (id int)');
    await shards.prepare('create table late (tenant text, id int, of_table regclass)');
    for (const table of ['late', 'loose', 'folded', 'plain', 'deep', 'loose_deep']) {
      await shards.fill(
        table,
        ['Acme', 'acme', 'b'].map((tenant, id) => [
          { tenant, id },
          { tenant, id: id + 10 },
        ]),
      );
    }
    await shards.databases[0]('counted').insert({ tenant: 1, id: 1 });
    await shards.databases[0]('worded').insert({ tenant: '1', id: 1 });
    await shards.databases[1]('worded').insert({ tenant: '01', id: 2 });
    await shards.whole('counted').insert({ tenant: 1, id: 1 });
    await shards.whole('worded').insert([
      { tenant: '1', id: 1 },
      { tenant: '01', id: 2 },
    ]);
    await shards.prepare("update late set of_table = 'late'");
  });
  after(() => shards?.stop());

  /** Columns are described by the ids of their tables, so that only rows are compared. */
  const same = async (sql) => {
    const [{ rows: actual }, { rows: expected }] = [
      await shards.db.raw(sql).mtdd(),
      await shards.whole.raw(sql),
    ];
    const shown = (rows) => rows.map((row) => JSON.stringify(row)).sort();
    assert.deepEqual(shown(actual), shown(expected), sql);
  };
  const assertRefused = (sql, message) =>
    assert.rejects(shards.db.raw(sql).mtdd(), (error) => {
      assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
      assert.match(error.message, message);
      return true;
    });

  it('compares, groups and orders no rows', async () => {
    for (const sql of [
      'select count(distinct tableoid) from late',
      'select min(tenant) from late group by tableoid',
      "select count(*) from late group by 'late'::regclass::oid",
      'select min(of_table) = max(of_table) as same from late',
      'select count(*) from late group by current_database()',
    ]) {
      await assertRefused(sql, /differs from server to server, in more than the select list/);
    }
    await assertRefused(
      "select count(distinct c.oid) from pg_class c, late where c.relname = 'late'",
      /pg_class together with rows of tenants/,
    );
    await assertRefused(
      "select count(distinct pg_relation_filepath('late')) from late",
      /pg_relation_filepath/,
    );
    await assertRefused('select is_called from sq', /sq without a tenant: it describes only one server/);
  });

  it('may be listed, and named', async () => {
    await same('select tableoid::regclass::text as of, count(*) from late group by 1');
    await same("select count(*) from late where tableoid = 'late'::regclass");
    await same("select id from late where of_table = 'late'::regclass order by tenant, id");
    await same('select of_table, of_table::text as text, id from late order by tenant collate "C", id');
    const { rows } = await shards.db.raw('select tableoid, current_database() from late').mtdd();
    assert.equal(rows.length, 6);
  });

  it('a literal is one tenant in columns of several types only if it is written alike in all', async () => {
    const joined = (number, text) =>
      `select count(*) from counted c, worded w where c.tenant = ${number} and w.tenant = ${text}`;
    // The row of 1 lives on one shard, that of '01' on another.
    await assertRefused(joined("'01'", "'01'"), /not joined on the tenant column/);
    await assertRefused(joined("' 1'", "' 1'"), /not joined on the tenant column/);
    await assertRefused(
      "select count(*) from counted c left join worded w on c.tenant = '01' and w.tenant = '01' where c.tenant = '01'",
      /not joined on the tenant column/,
    );
    await same(joined("'1'", "'1'"));
    await same("select count(*) from worded a, worded b where a.tenant = '01' and b.tenant = '01'");
    await same("select count(*) from worded a, plain b where a.tenant = 'b' and b.tenant = 'b'");
  });

  it('tenants that SQL holds for equal are one group, and joined on no shard alone', async () => {
    for (const table of ['loose', 'folded', 'loose_deep']) {
      await same(`select lower(min(tenant::text)) as first, count(*) from ${table} group by tenant`);
      await same(`select count(*) from (select distinct tenant from ${table}) q`);
      await assertRefused(
        `select count(*) from ${table} a join ${table} b on a.tenant = b.tenant`,
        /may hold two tenants for equal/,
      );
      await assertRefused(`select row_number() over (partition by tenant) from ${table}`, /PARTITION BY/);
    }
    await same('select count(*) from plain a join plain b on a.tenant = b.tenant');
    await same('select count(*) from deep a join deep b on a.tenant = b.tenant');
    await same('select tenant, count(*) from plain group by tenant order by tenant');
    await assertRefused(
      "select count(*) from plain a join plain b on a.tenant = 'bc' and b.tenant = 'bc'::varchar(1)",
      /not joined on the tenant column/,
    );
  });
});
