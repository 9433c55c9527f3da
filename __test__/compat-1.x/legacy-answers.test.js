/**
 * Random answers of a 1.x server, most of them nearly JSON rows: each becomes the rows that it holds, or a ProtocolError.
 * For a moment, or for MTDD_FUZZ_SECONDS by `npm run fuzz`; MTDD_TEST_SEED asks for one answer again.
 */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { ProtocolError } = require('../../js/errors');
const { fillFromLegacy } = require('../../js/native/legacy-answer');
const { Random } = require('../../testkit/random');

const SECONDS = Number(process.env.MTDD_FUZZ_SECONDS ?? 1);

const driver = { Field: class Field {} };

const PIECES = [
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '"',
  '\\',
  '\u0000',
  'null',
  '1e999',
  '"a"',
  '"__proto__"',
  '\ud800',
  ' ',
];

function value(random, depth) {
  const kind = random.int(0, depth > 3 ? 4 : 6);
  if (kind === 0) return null;
  if (kind === 1) return random.int(-5, 5) / 2;
  if (kind === 2) return random.pick(['', 'x', '"', '\u2028', '\u{1f600}']);
  if (kind <= 4) return kind === 3;
  if (kind === 5) return Array.from({ length: random.int(0, 3) }, () => value(random, depth + 1));
  const names = random.pick([['a', 'b'], ['__proto__', 'constructor'], ['1', '0'], ['']]);
  return Object.fromEntries(names.map((name) => [name, value(random, depth + 1)]));
}

/** The text of some rows, cut, doubled or with something else in its midst. */
function answer(random) {
  const row = () =>
    random.int(0, 9) === 0 ? value(random, 0) : { id: random.int(0, 9), v: value(random, 0) };
  const rows = random.int(0, 9) === 0 ? value(random, 0) : Array.from({ length: random.int(0, 4) }, row);
  const text = JSON.stringify(rows);
  const at = random.int(0, text.length);
  return random.pick([
    text,
    text,
    text.slice(0, at),
    text.slice(at),
    text + text,
    text.slice(0, at) + random.pick(PIECES) + text.slice(at),
    '['.repeat(random.pick([1, 100_000])),
    '',
  ]);
}

/** The rows that an answer holds; undefined: it holds none. */
function rowsIn(json) {
  try {
    const rows = JSON.parse(json);
    const areRows =
      Array.isArray(rows) && rows.every((row) => Object.prototype.toString.call(row) === '[object Object]');
    return areRows ? rows : undefined;
  } catch {
    return undefined;
  }
}

function check(seed) {
  const random = new Random(seed);
  const json = answer(random);
  const asArray = random.int(0, 1) === 1;
  const result = {};
  const error = fillFromLegacy(driver, result, asArray, ['SELECT', 1, json]);
  const rows = rowsIn(json);
  if (rows === undefined) {
    assert.ok(error instanceof ProtocolError, `${json} is taken for rows`);
    assert.deepEqual(result, {});
  } else {
    assert.equal(error, null);
    assert.deepEqual(result.rows, asArray ? rows.map(Object.values) : rows);
    assert.equal(result.fields.length, Object.keys(rows[0] ?? {}).length);
  }
}

describe('answers of 1.x servers', () => {
  it('are rows, or refused', () => {
    const only = process.env.MTDD_TEST_SEED;
    const end = Date.now() + SECONDS * 1000;
    let seed = only === undefined ? Date.now() % 2 ** 31 : Number(only);
    do {
      try {
        check(seed);
      } catch (error) {
        error.message = `MTDD_TEST_SEED=${seed}: ${error.message}`;
        throw error;
      }
      seed++;
    } while (only === undefined && Date.now() < end);
  });
});
