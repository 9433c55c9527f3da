/** Changes of reference tables through views and parts of them, by WITH, and where a default is the time. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const ALL = { allServers: true };
const SEED = [
  'create table codes (code text primary key, title text, made timestamptz default now())',
  'create view titles as select code, title as named from codes',
  'create table parts (code text, region text) partition by list (region)',
  "create table parts_of_europe partition of parts for values in ('eu')",
  'create table notes (id int, tenant text)',
  'create view mine as select id, tenant as owner from notes',
  'create function is_admin() returns bool language sql stable as $$ select true $$',
  'create table guarded (code text, title text)',
  'alter table guarded enable row level security',
  'create policy seen on guarded using (true)',
  'create policy made on guarded for insert with check (is_admin())',
  "create policy changed on guarded for update using (is_admin() and now() > '2000-01-01'::timestamptz)",
  'create table counted (code text)',
  'alter table counted enable row level security',
  'create policy few on counted for insert with check ((select count(*) from notes) < 2)',
  'do $$ begin create role policed; exception when duplicate_object then null; end $$',
  'grant all on all tables in schema public to policed',
];

describe('changes of copies', () => {
  let shards;
  before(async () => {
    shards = await startShards({
      seed: SEED,
      options: '-c role=policed',
      mtdd: { referenceTables: ['codes', 'parts', 'guarded', 'counted'] },
    });
  });
  after(() => shards?.stop());
  beforeEach(() => shards.prepare('delete from codes'));

  const run = (sql, bindings = []) => shards.db.raw(sql, bindings).mtdd(ALL);
  const assertRefused = (sql, message) =>
    assert.rejects(run(sql), (error) => {
      assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
      assert.match(error.message, message);
      return true;
    });
  async function assertAlike(table, rows) {
    const [first, ...others] = await Promise.all(
      shards.databases.map((db) => db(table).orderByRaw(`${table}::text`)),
    );
    assert.equal(first.length, rows);
    for (const other of others) assert.deepEqual(other, first);
  }

  it('through a view are refused by the name of its table, and the tenant is known by the name a view gives it', async () => {
    await assertRefused(
      "insert into titles (code) values ('a')",
      /the reference table (public\.)?codes through the view titles/,
    );
    await assertRefused('update titles set named = random()::text', /codes through the view titles/);
    await assertRefused('delete from titles', /codes through the view titles/);
    await assertRefused("update mine set owner = 'b'", /a change of tenant/);
    assert.equal((await run('update mine set id = 1')).rowCount, 0);
  });

  it('in a partition are changes of its table', async () => {
    const { rowCount } = await run("insert into parts_of_europe (code, region) values ('a', 'eu')");
    assert.equal(rowCount, 1);
    await assertRefused('update parts_of_europe set code = random()::text', /copies would differ/);
    assert.equal((await shards.db.raw('select code from parts_of_europe').mtdd()).rows.length, 1);
  });

  it('are judged by the policies that look at rows of tenants, and by no others', async () => {
    assert.equal((await run("insert into guarded (code) values ('a')")).rowCount, 1);
    assert.equal((await run("update guarded set title = 'x'")).rowCount, 1);
    await assertRefused('update guarded set title = random()::text', /copies would differ/);
    await assertRefused("insert into counted (code) values ('a')", /the policy few of counted/);
  });

  it('get the time as a default beside other rows, whatever gives them', async () => {
    await shards
      .db('codes')
      .mtdd(ALL)
      .insert([{ code: 'a', made: shards.db.fn.now() }, { code: 'b' }]);
    await run("insert into codes (code, made) values ('c', default), ('d', '2024-01-01')");
    await run("insert into codes (code) select 'e' union select 'f' order by 1");
    await run("insert into codes (code, title) select distinct 'g', 'x'");
    await run(
      `insert into codes (code, title) select * from jsonb_to_recordset('[{"code":"h","title":"y"}]') as t(code text, title text)`,
    );
    await assertAlike('codes', 8);
    const [{ count }] = await shards.databases[0]('codes').whereNull('made').count();
    assert.equal(Number(count), 0);
  });

  it('may take their rows from a query in WITH', async () => {
    await run("with v(code) as (values ('a'), ('b')) insert into codes (code) select code from v");
    await run(
      "with v(code) as (values ('a')) update codes set title = v.code from v where v.code = codes.code",
    );
    await run("with v(code) as (values ('b')) delete from codes where code in (select code from v)");
    await assertAlike('codes', 1);
    await assertRefused(
      'with v(code) as (select tenant from notes) insert into codes (code) select code from v',
      /rows that differ between shards/,
    );
  });
});
