/** Tenant columns of several types: only those that compare alike tell the same tenants apart. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const TYPES = {
  ch: 'char(5)',
  wide: 'char(9)',
  va: 'varchar(9)',
  tx: 'text',
  na: 'name',
  dom: 'word',
  ints: 'int',
  bigs: 'bigint',
  oids: 'oid',
  ids: 'uuid',
  id_doms: 'id_word',
};
const SEED = [
  'create domain word as text',
  'create domain id_word as uuid',
  ...Object.entries(TYPES).map(([table, type]) => `create table ${table} (tenant ${type}, id int)`),
];
const UUID = ['00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b'];

describe('tenant columns of several types', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED });
    const put = async (table, shard, tenant) => {
      for (const database of [shards.databases[shard], shards.whole])
        await database(table).insert({ tenant, id: shard });
    };
    // These tenants differ, and are equal where SQL compares them as other types than their columns'.
    await put('ch', 0, 'a');
    await put('wide', 1, 'a ');
    for (const table of ['va', 'tx', 'na', 'dom']) await put(table, 1, 'a ');
    for (const table of ['va', 'tx', 'na', 'dom']) await put(table, 0, 'b');
    await put('ints', 0, -1);
    await put('ints', 1, 7);
    await put('bigs', 1, 7);
    await put('oids', 1, '4294967295');
    for (const table of ['ids', 'id_doms']) {
      await put(table, 0, UUID[0]);
      await put(table, 1, UUID[1]);
    }
  });
  after(() => shards?.stop());

  const same = async (sql) => {
    const [{ rows: actual }, { rows: expected }] = [
      await shards.db.raw(sql).mtdd(),
      await shards.whole.raw(sql),
    ];
    const shown = (rows) => rows.map((row) => JSON.stringify(row)).sort();
    assert.deepEqual(shown(actual), shown(expected), sql);
  };
  const assertNotJoined = (sql) =>
    assert.rejects(
      shards.db
        .raw(sql)
        .mtdd()
        .then(() => assert.fail(sql)),
      (error) => {
        assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
        assert.match(error.message, /not joined on the tenant column|a subquery reads rows of all shards/);
        return true;
      },
    );

  it('join no rows shard by shard if SQL compares them as a third type', async () => {
    for (const [one, other] of [
      ['ch', 'va'],
      ['ch', 'tx'],
      ['ch', 'wide'],
      ['ch', 'dom'],
      ['ints', 'oids'],
    ]) {
      await assertNotJoined(`select count(*) from ${one} a join ${other} b on a.tenant = b.tenant`);
      await assertNotJoined(`select count(*) from ${one} a join ${other} b using (tenant)`);
      await assertNotJoined(`select count(*) from ${one} a natural join (select tenant from ${other}) b`);
      await assertNotJoined(`select count(*) from ${one} a left join ${other} b on a.tenant = b.tenant`);
      await assertNotJoined(
        `select count(*) from ${one} a where exists (select 1 from ${other} b where b.tenant = a.tenant)`,
      );
      await assertNotJoined(`select count(*) from ${one} a where a.tenant in (select tenant from ${other})`);
    }
    await assertNotJoined(
      'with q as (select tenant from ch) select count(*) from q join tx using (tenant) where tx.id > 0',
    );
  });

  it('unite rows of all shards', async () => {
    for (const [one, other] of [
      ['ch', 'va'],
      ['ch', 'tx'],
      ['va', 'ch'],
    ]) {
      await same(`select count(*) from (select tenant from ${one} union select tenant from ${other}) q`);
      await same(
        `select rtrim(min(tenant)) as t, count(*) from (select tenant from ${one} union all select tenant from ${other}) q group by tenant`,
      );
    }
  });

  it('join rows shard by shard if all are integers, or texts', async () => {
    for (const [one, other] of [
      ['ch', 'ch'],
      ['va', 'tx'],
      ['na', 'va'],
      ['dom', 'tx'],
      ['ints', 'bigs'],
      ['ids', 'ids'],
      ['ids', 'id_doms'],
    ]) {
      await same(`select count(*) from ${one} a join ${other} b on a.tenant = b.tenant`);
      await same(`select count(*) from ${one} a join ${other} b using (tenant)`);
      await same(`select count(*) from ${one} a where a.tenant in (select tenant from ${other})`);
      await same(`select count(*) from (select tenant from ${one} union select tenant from ${other}) q`);
    }
  });
});
