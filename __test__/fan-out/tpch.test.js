const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { startShards } = require('../support/shards');
const { QUERIES } = require('../../testkit/tpch/queries');
const { DEFINITIONS, REFERENCE_TABLES, tables, homeOf } = require('../../testkit/tpch/tables');

let shards;
before(async () => {
  shards = await startShards({
    seed: DEFINITIONS,
    tables: tables(),
    homeOf,
    mtdd: { referenceTables: REFERENCE_TABLES },
    portal: { tenantColumnName: 'tenant_id' },
  });
});
after(() => shards?.stop());

for (const { number, title, sql, expected } of QUERIES) {
  test(`query ${number}, ${title}: ${expected === 'exact' ? 'exact' : 'refused'}`, async () => {
    const { expected: one, actual, difference } = await shards.ask(sql);
    assert.equal(one.error, undefined);
    assert.ok(one.value.rows.length > 0, 'the data has no rows for this query, so it shows nothing');
    assert.ok(
      Object.values(one.value.rows[0]).some((value) => value !== null),
      'the data has no value for this query',
    );
    if (expected === 'exact') assert.equal(difference, undefined);
    else assert.equal(actual.error?.code, expected, actual.error?.message ?? 'is answered');
  });
}
