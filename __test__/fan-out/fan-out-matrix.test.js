const assert = require('node:assert/strict');
const fs = require('node:fs');
const { after, before, test } = require('node:test');
const { FILE, text } = require('../../scripts/matrix');
const { startShards } = require('../support/shards');
const { SHAPES } = require('../../testkit/fan-out/shapes');
const { DEFINITIONS, TABLES, homeOf } = require('../../testkit/fan-out/tables');

let shards;
before(async () => {
  shards = await startShards({
    seed: DEFINITIONS,
    tables: TABLES,
    homeOf,
    mtdd: { referenceTables: ['countries'] },
    portal: { tenantColumnName: 'tenant_id' },
  });
});
after(() => shards?.stop());

for (const [heading, shapes] of Object.entries(SHAPES)) {
  test(`${heading}: each shape is exact, or refused with its code`, async (t) => {
    for (const shape of shapes) {
      await t.test(shape.shape, async () => {
        await (shape.expected === 'exact' ? assertExact(shape) : assertRefused(shape));
        if (shape.changes) await shards.assertSameRows();
      });
    }
  });
}

async function assertExact({ sql, bindings, options, anyOrder, fails }) {
  const { expected, difference } = await shards.ask(sql, bindings, { options, anyOrder });
  assert.equal(expected.error?.code, fails, expected.error?.message);
  assert.equal(difference, undefined, sql);
}

async function assertRefused({ sql, bindings, options, expected: code, changes }) {
  // One PostgreSQL would have answered.
  if (!changes) await shards.whole.raw(sql, bindings ?? []);
  const { error } = await shards.askLibrary(sql, bindings, options);
  assert.equal(error?.code, code, error?.message ?? `${sql}: is answered`);
}

test('the document says what these tests enforce', () => {
  assert.equal(fs.readFileSync(FILE, 'utf8'), text(), 'npm run matrix writes it');
});
