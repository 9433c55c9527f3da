/** Code of the application's that throws while a reply is decoded fails its own query, and nothing else. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { types } = require('pg');
const { startSides } = require('../support/sides');

describe('parsers that throw', () => {
  let sides;

  before(async () => {
    sides = await startSides({});
  });
  after(() => sides?.stop());

  const throwing = {
    getTypeParser(oid, format) {
      if (oid === 25) throw new Error('no parser for text');
      return types.getTypeParser(oid, format);
    },
  };
  const query = (sql, options = {}) => sides.own.library.raw(sql).options(options).mtdd('acme', 1);

  it('of the lookup of a parser, the query hears, and those beside it are answered', async () => {
    const beside = Array.from({ length: 50 }, (_, index) => query(`select ${index} as a`));
    const failing = Array.from({ length: 5 }, () => query("select 'x'::text as a", { types: throwing }));
    const settled = await Promise.allSettled(failing);
    for (const { reason } of settled) assert.match(reason?.message ?? '', /no parser for text/);
    const answers = await Promise.all(beside);
    assert.deepEqual(
      answers.map(({ rows }) => rows[0].a),
      Array.from({ length: 50 }, (_, index) => index),
    );
    assert.equal((await query('select 1 as a')).rows[0].a, 1);
  });

  it('of a patched Result, too', async () => {
    const { Result } = require('pg');
    const own = Result.prototype.addCommandComplete;
    Result.prototype.addCommandComplete = () => {
      throw new Error('patched');
    };
    try {
      await assert.rejects(query('select 1 as a'), /patched/);
    } finally {
      Result.prototype.addCommandComplete = own;
    }
    assert.equal((await query('select 1 as a')).rows[0].a, 1);
  });
});
