const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { startFanOutPair } = require('../support/fan-out-pair');
const { QUERIES } = require('../../testkit/tpch/queries');
const { DEFINITIONS, REFERENCE_TABLES, tables, homeOf } = require('../../testkit/tpch/tables');

let pair;
before(async () => {
  pair = await startFanOutPair({
    shards: 3,
    definitions: DEFINITIONS,
    tables: tables(),
    homeOf,
    referenceTables: REFERENCE_TABLES,
  });
});
after(() => pair?.stop());

for (const { number, title, sql, expected } of QUERIES) {
  test(`query ${number}, ${title}: ${expected === 'exact' ? 'exact' : 'refused'}`, async () => {
    const { expected: one, actual, difference } = await pair.ask(sql);
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
