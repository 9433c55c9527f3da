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
    await shards.prepare(
      'create table late (tenant text, id int, of_table regclass)',
      'create view named as select tenant, id, current_database() as db, tableoid::regclass as of from late',
      'create table parted (tenant text, id int) partition by range (id)',
      'create table parted_low partition of parted for values from (0) to (10)',
      'create table parted_high partition of parted for values from (10) to (99)',
    );
    for (const table of ['late', 'loose', 'folded', 'plain', 'deep', 'loose_deep', 'parted']) {
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
    assert.rejects(
      shards.db
        .raw(sql)
        .mtdd()
        .then(() => assert.fail(sql)),
      (error) => {
        assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
        assert.match(error.message, message);
        return true;
      },
    );

  it('compares, groups and orders no rows', async () => {
    for (const sql of [
      'select count(distinct tableoid) from late',
      'select min(tenant) from late group by tableoid',
      "select count(*) from late group by 'late'::regclass::oid",
      'select min(of_table) = max(of_table) as same from late',
      'select count(*) from late group by current_database()',
      "select current_setting('enable_nestloop') as x, count(*) from late group by 1",
      "select count(*) from late where current_setting('max_connections')::int > id",
      'select count(*) from late where current_setting(tenant, true) is null',
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

  it('may be in a view or a subquery whose other columns are used', async () => {
    for (const sql of [
      'select tenant, id from named',
      'select count(*), max(id) from named where of is not null and id > 1',
      'select tenant, count(*) from named group by tenant',
      'select id from (select id, current_database() as db from late) q where id > 5 order by id',
      'select q.id from (select l.*, version() as v from late l) q where q.id > 5',
      'select max(a) from (select id, tableoid from late) as q(a, b)',
      'with q as (select tenant, id, tableoid as t from late) select count(*) from q join parted using (tenant, id)',
      'select sum(id) from (select id, current_database() as db from late union all select id, tenant from parted) q',
      'select n.id from named n join late l on l.tenant = n.tenant and l.id = n.id',
      'select tenant, (select max(n.id) from named n where n.tenant = l.tenant) as most from late l',
      'select id as db from named order by db',
    ])
      await same(sql);
    await same("select count(*) from late as l(a, b, c) where a <> 'x' and c = 'late'::regclass");
    // Nobody compares what is only listed.
    await same('select of, id from named');
    await same('select q.of, of::text as text from (select * from named) q');
    await same('select of::text, count(*) from named group by of::text');
    await same('select tableoid::regclass from late union all select tableoid::regclass from parted');
    const { rows } = await shards.db.raw('select id, db as place from (select * from named) q').mtdd();
    assert.equal(new Set(rows.map(({ place }) => place)).size, 3);
  });

  it('is refused where it is used, through any name', async () => {
    for (const sql of [
      "select id from named where db = 'x'",
      'select count(*) from named group by db',
      'select count(*) from named group by of',
      'select db, count(*) from named group by 1',
      'select id from named order by db',
      'select id, db from named order by 2',
      'select * from named order by db',
      'select * from named order by 3',
      'select id from named order by named',
      'select distinct db from named',
      'select distinct * from named',
      'select max(db) from named',
      'select count(distinct n.*) from named n',
      'select count(distinct n) from named n',
      'select count(distinct (n).db) from named n',
      'select db from named union select tenant from late',
      'select a.id from named a join named b using (tenant, db)',
      'select a.id from named a natural join (select tenant, id, db from named) b',
      "select id from late l where exists (select 1 from named n where n.tenant = l.tenant and n.db > 'a')",
      'select max(c) from (select * from named) as q(a, b, c)',
      'select max(z) from named as n(x, y, z)',
      'with q(a, b) as (select id, current_database() from late) select max(b) from q',
      'select max(x) from (select current_database() as x from late union all select tenant from late) q',
      'select max(tenant) from (select tenant from late union all select current_database() from late) q',
      'select row_number() over (partition by tenant order by db) from named',
      'select t::regclass::text from (select tableoid as t from late limit 3) q',
      'select max(t::text) from (select tableoid as t from late) q',
      'select count(*) from late, current_database() d group by d',
      "select count(*) from late, to_regclass('late') d where d::oid > 5",
      'select count(*) from late as l(a, b, c) group by c',
    ]) {
      await assertRefused(sql, /differs from server to server, in more than the select list/);
    }
  });

  it('is refused under the name of a column of object ids', async () => {
    for (const sql of [
      'select of::text, count(*) from named as x(tenant, id, of, db) group by 1',
      "select id from named as x(tenant, id, of, db) where of::text = 'shard0'",
      'with q(tenant, of_table) as (select tenant, current_database()::text from late) select of_table::text, count(*) from q group by 1',
      'select distinct x.* from named as x(tenant, id, of, of2)',
      'select distinct * from (select tenant, tableoid from late) q(a, of_table)',
      'select f.of_table::text, count(*) from late l, current_database() as f(of_table) group by 1',
      'select of_table::text, count(*) from (select tenant, of_table::text as of_table from late union all select tenant, current_database() from late) q group by 1',
      'select of_table::text, count(*) from (select of_table from late union all select tableoid from late) q group by 1',
      'select id from (select id, current_database() as of_table from late) q order by q.of_table::text',
      'select id from named as x(tenant, id, of, db) order by of::text',
      'select count(*) from (select l as r from late l) q where (q.r).of_table::oid > 5',
      'select count(*) from late l where (l).of_table::oid > 5',
    ]) {
      await assertRefused(sql, /differs from server to server, in more than the select list/);
    }
    for (const sql of [
      'select of::text, count(*) from named as x(tenant, id, db, of) group by 1',
      'with q(tenant, t) as (select tenant, of_table from late) select t::text, count(*) from q group by 1',
      'select of_table::text, count(*) from (select of_table from late union all select of_table from late) q group by 1',
      'select q.t::regclass::text, count(*) from (select tableoid as t from late) q group by 1',
      'select count(l.*), count(l) from late l',
      'select distinct * from late',
      'select id from late order by of_table::text, tenant collate "C", id',
    ])
      await same(sql);
  });

  it('is refused in domains, arrays and rows of object ids, and where it is generated from one', async () => {
    await shards.prepare(
      'create domain tbl as regclass',
      'create domain tbl_too as tbl',
      'create type pair as (n int, of_table regclass)',
      'create type nest as (inner_pair pair)',
      `create table held (tenant text, id int, d tbl, e tbl_too, all_of regclass[], some_of tbl[], one pair, two nest,
         g oid generated always as (tableoid) stored, v oid generated always as (tableoid),
         w text generated always as (upper(tenant)) stored)`,
    );
    const values = {
      d: 'late',
      e: 'late',
      all_of: '{late}',
      some_of: '{late}',
      one: '(1,late)',
      two: '("(1,late)")',
    };
    await shards.fill(
      'held',
      ['Acme', 'acme', 'b'].map((tenant, id) => [{ tenant, id, ...values }]),
    );
    for (const sql of [
      'select count(distinct d::oid) from held',
      'select tenant, max(e) from held group by tenant',
      'select all_of[1]::oid, count(*) from held group by 1',
      'select held.some_of[1]::oid, count(*) from held group by 1',
      'select count(*) from held group by all_of',
      'select max(some_of) from held',
      'select (one).of_table::oid, count(*) from held group by 1',
      'select count(*) from held group by one',
      'select max(((two).inner_pair).of_table) from held',
      "select count(*) from held group by 'late'::tbl::oid",
      "select count(*) from held where ('{late}'::regclass[])[1]::oid > 5",
      'select g, count(*) from held group by g',
      'select count(*) from held group by v',
      'select h.b from held h(t, i, d, e, a, s, o, w, b) order by b',
      'select count(*) from (select unnest(all_of) as t from held) q where t::oid > 5',
    ])
      await assertRefused(sql, /differs from server to server/);
    for (const sql of [
      'select d::text, e::text, all_of::text, count(*) from held group by 1, 2, 3',
      'select all_of[1]::text, held.some_of[1]::text, count(*) from held group by 1, 2',
      'select one::text, two::text, count(*) from held group by 1, 2',
      "select count(*) from held where d = 'late'::tbl and e = 'late'::regclass",
      'select w, count(*) from held group by w',
      'select d, e, all_of, one, id from held',
    ])
      await same(sql);
  });

  it('a setting of the application may be compared where all databases have the same', async () => {
    const sql = "select current_setting('app.place', true) as x, count(*) from late group by 1";
    await same(sql);
    await same("select current_setting('TimeZone') as x, count(*) from late group by 1");
    const [{ name }] = (await shards.databases[0].raw('select current_database() as name')).rows;
    await shards.databases[0].raw("alter database ?? set app.place = 'here'", [name]);
    // Something else makes the client look again.
    await shards.prepare('alter table late add column more int');
    try {
      await shards.db.raw('select more from late').mtdd();
      await assertRefused(sql, /current_setting\(\), which differs from server to server/);
    } finally {
      await shards.databases[0].raw('alter database ?? reset app.place', [name]);
      await shards.prepare('alter table late drop column more');
    }
  });

  it('decides in no change which rows are changed', async () => {
    for (const sql of [
      "update late set id = id where current_database() = 'shard0'",
      "delete from late where current_database() = 'shard0'",
      'delete from late where tableoid > 5',
      "update late set id = late.id from named n where n.tenant = late.tenant and n.db = 'shard0'",
    ])
      await assertRefused(sql, /differs from server to server, in more than the select list/);
    for (const sql of [
      "update late set id = id where of_table = 'late'::regclass and tableoid::regclass::text = 'late'",
      'update late set id = late.id from named n where n.tenant = late.tenant and n.id = late.id',
    ]) {
      assert.equal((await shards.db.raw(sql).mtdd()).rowCount, 6);
    }
    // Each shard does what it would do alone.
    const [{ name }] = (await shards.databases[0].raw('select current_database() as name')).rows;
    const own = shards.db.raw('update late set id = id where current_database() = ?', [name]);
    assert.equal((await own.mtdd({ allServers: true })).rowCount, 2);
  });

  it('a column that is called tableoid is no id of a table', async () => {
    await assertRefused(
      'select q.tableoid::regclass, count(*) from (select ascii(right(current_database(), 1))::oid as tableoid from late) q group by 1',
      /differs from server to server/,
    );
    for (const sql of [
      'select q.tableoid::regclass, count(*) from (select ascii(right(current_database(), 1))::oid as tableoid from late) q group by q.tableoid::regclass',
      'select q.tableoid::regclass::text, count(*) from (select (id + 16384)::oid as tableoid from late) q group by 1',
      'select id from (select id, (id + 16384)::oid as tableoid from late) q order by tableoid::regclass::text',
    ])
      await assertRefused(sql, /differs from server to server/);
    await same('select tableoid, count(*) from (select id as tableoid from late) q group by 1');
    await same('select tableoid::regclass::text, count(*) from (select tableoid from late) q group by 1');
  });

  it('a name that only some shards have is looked up for no comparison', async () => {
    const some = [shards.databases[2], shards.whole];
    for (const database of some)
      await database.raw('create table only_here (id int); create table "Only" (id int)');
    try {
      for (const sql of [
        "select count(*) from late where to_regclass('only_here') is null",
        "select count(*) from late where to_regclass('public.only_here') is null",
        'select count(*) from late where to_regclass(\'"Only"\') is null',
        'select count(*) from late where to_regclass(tenant) is null',
        "select to_regclass('only_here')::text as t, count(*) from late group by 1",
        "select of_table = to_regclass('only_here') as t, count(*) from late group by 1",
        "select count(*) from late where to_regtype('only_here') is null",
        "select count(*) from late where to_regproc('only_here') is null",
        "select count(*) from (select tenant, to_regclass('only_here') as t from late) q where t is null",
      ])
        await assertRefused(sql, /which differs from server to server/);
      await assert.rejects(
        shards.db.raw('select count(*) from late where to_regclass(?) is not null', ['only_here']).mtdd(),
        { code: 'PLAN_UNSUPPORTED' },
      );
      await same("select count(*) from late where to_regclass('late') is null");
      await same("select count(*) from late where to_regclass('pg_class') is null");
      await same("select to_regclass('late')::text as t, count(*) from late group by 1");
    } finally {
      for (const database of some) await database.raw('drop table only_here, "Only"');
    }
    await same("select count(*) from late where to_regclass('only_here') is null");
    // A table that one shard gets meanwhile is noticed.
    await shards.databases[2].raw('create table only_here (id int)');
    try {
      await assertRefused(
        "select count(*) from late where to_regclass('only_here') is null",
        /to_regclass\(\), which differs/,
      );
    } finally {
      await shards.databases[2].raw('drop table only_here');
    }
  });

  it('the name of a table or a type is a key, whatever its id', async () => {
    for (const sql of [
      'select tableoid::regclass, count(*) from late group by 1',
      'select tableoid::regclass as part, count(*), avg(id) from parted group by part',
      'select max(id) from parted group by tableoid::regclass',
      'select p.tableoid::regclass, tenant, count(*) from parted p group by p.tableoid::regclass, tenant',
      'select distinct tableoid::regclass from parted',
      'select tableoid::regclass, string_agg(tenant, \',\' order by tenant collate "C", id) from parted group by 1',
      "select tableoid::regclass, count(*) from parted group by 1 having tableoid::regclass = 'parted_low'::regclass",
      'select pg_typeof(tenant), count(*) from plain group by 1',
      'select distinct pg_typeof(tenant) from plain',
      "select count(*) from plain where pg_typeof(tenant) = 'name_of_tenant'::regtype",
      'select pg_typeof(max(id)) from plain',
      "select count(*) from late where tableoid = to_regclass('late') and to_regclass('nothing') is null",
      "select max(to_regclass('late')::text) from late",
    ])
      await same(sql);
    for (const sql of [
      'select tableoid::regclass, count(*) from parted group by 1 order by 1',
      'select tableoid::regclass from parted order by tableoid::regclass',
      'select count(*) from parted group by tableoid::regclass having min(tableoid::regclass::oid) > 5',
      'select part, sum(n) from (select tableoid::regclass as part, count(*) as n from parted group by 1) q group by 1',
      "select count(*) from late group by to_regclass('late')::oid",
      "select id from late order by to_regclass('late')",
      "select id from late where to_regclass('late')::oid > 5",
      'select count(distinct pg_typeof(tenant)::oid) from plain',
      'select pg_typeof(tenant)::oid, count(*) from plain group by 1',
      'select max(pg_typeof(tenant)::oid::int) from plain',
    ]) {
      await assertRefused(sql, /differs from server to server, in more than the select list/);
    }
  });

  it('the name of a table that only some shards have is a key, unless a shard has to read it', async () => {
    for (const database of [shards.databases[2], shards.whole]) {
      await database.raw('create table parted_more partition of parted for values from (100) to (200)');
      await database('parted_more').insert({ tenant: 'b', id: 150 });
    }
    try {
      await same('select tableoid::regclass, count(*) from parted group by 1');
      await same(
        "select tableoid::regclass::text, string_agg(id::text, ',' order by id) from parted group by 1",
      );
      // A shard that has it can.
      const gathered =
        "select tableoid::regclass, string_agg(id::text, ',' order by id) from parted group by 1";
      for (let refused = false; !refused; ) {
        refused = await same(gathered).then(
          () => false,
          ({ message }) =>
            /do not have the same tables and types.*parted_more.*cast them to text/.test(message),
        );
      }
    } finally {
      for (const database of [shards.databases[2], shards.whole])
        await database.raw('drop table parted_more');
    }
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

  it('a name of an index that only some shards have is looked up for no comparison', async () => {
    await shards.databases[2].raw('create table indexed (id int primary key)');
    await shards.databases[0].raw('create table indexed (id int)');
    for (const name of ['indexed_pkey', 'nothing']) {
      await assertRefused(
        `select count(*) from late where to_regclass('${name}') is null and to_regclass('indexed') is null`,
        /which differs from server to server/,
      );
    }
  });
});
