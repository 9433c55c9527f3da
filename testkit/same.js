/**
 * The comparison behind "same result, whichever transport": stricter than `assert.deepStrictEqual`, because an
 * application can also see the order of keys, what is enumerable, and -0.
 */

const assert = require('node:assert/strict');
const { inspect } = require('node:util');

/**
 * Fails with the path of the first difference.
 *
 * Own state that is not part of a result's meaning is compared by presence only: an error's `stack`, and what `pg`'s
 * Result keeps for its own parsing (`_types`, `_parsers`, ...).
 *
 * @param {unknown} actual what the library gave
 * @param {unknown} expected what Knex and pg gave
 */
function assertSame(actual, expected, path = 'result', seen = new Map()) {
  if (Object.is(actual, expected)) return;
  const fail = (what, a, b) => assert.fail(`${path}: ${what}\n  library: ${show(a)}\n  local:   ${show(b)}`);
  if (!isObject(actual) || !isObject(expected)) fail('another value', actual, expected);
  if (seen.get(actual) === expected) return;
  seen.set(actual, expected);

  const prototype = Object.getPrototypeOf(expected);
  if (Object.getPrototypeOf(actual) !== prototype) fail('another prototype', actual, expected);
  if (typeof expected === 'function') fail('another function', actual, expected);
  if (expected instanceof Date && !Object.is(actual.getTime(), expected.getTime()))
    fail('another time', actual, expected);
  if (ArrayBuffer.isView(expected)) {
    if (Buffer.compare(bytesOf(actual), bytesOf(expected)) !== 0) fail('other bytes', actual, expected);
    return;
  }

  const keys = Reflect.ownKeys(expected);
  const actualKeys = Reflect.ownKeys(actual);
  if (keys.length !== actualKeys.length || keys.some((key, index) => key !== actualKeys[index])) {
    fail('other keys, or in another order', actualKeys, keys);
  }
  const isResult = prototype?.constructor?.name === 'Result';
  for (const key of keys) {
    const mine = Object.getOwnPropertyDescriptor(actual, key);
    const theirs = Object.getOwnPropertyDescriptor(expected, key);
    const at = `${path}[${String(typeof key === 'string' ? JSON.stringify(key) : key.toString())}]`;
    if (mine.enumerable !== theirs.enumerable) fail(`${at} differs in being enumerable`, actual, expected);
    if (expected instanceof Error && key === 'stack') continue;
    if (isResult && typeof key === 'string' && (key.startsWith('_') || key === 'RowCtor')) continue;
    assertSame(mine.value, theirs.value, at, seen);
  }
}

/** What a call comes to, whether it throws, rejects or succeeds. @returns {Promise<{ value?: any, error?: any }>} */
async function outcome(call) {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function bytesOf(view) {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

function show(value) {
  const text = inspect(value, { depth: 3, maxStringLength: 200, maxArrayLength: 12 });
  return text.length > 2000 ? `${text.slice(0, 2000)} ...` : text;
}

module.exports = { assertSame, outcome };
