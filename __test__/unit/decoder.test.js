/** The decoder of rows: generated and interpreted, against the layout that src/data/compact writes. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');
const { Cursor, documentBuilder, generate, interpreter } = require('../../js/native/decoder');

const bytes = (...values) => String.fromCharCode(...values);
const u32 = (value) => bytes(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
const short = (text) => bytes(text.length) + text;
const date = (time) => {
  let rest = time + 8640000000000000;
  let out = '';
  for (let byte = 0; byte < 7; byte++) {
    out += bytes(rest % 256);
    rest = Math.floor(rest / 256);
  }
  return out;
};
const double = (value) => Buffer.from(new Float64Array([value]).buffer).toString('latin1');

/** Decodes `count` rows by both decoders and checks that they agree, also on where they end. */
function decode(kinds, names, s, { count = 1, asArray = false, parsers = [], extras = null } = {}) {
  const results = [generate, interpreter].map((make) => {
    const cursor = new Cursor();
    cursor.extras = extras;
    const rows = [];
    make(kinds, names, asArray)(s, count, rows, parsers, cursor);
    assert.equal(cursor.at, s.length, `${make.name} stops at the end`);
    return rows;
  });
  assert.deepStrictEqual(results[0], results[1]);
  return results[0];
}

test('every kind gives the value that was written', () => {
  const s =
    bytes(0) +
    u32(-5) +
    u32(4294967295) +
    double(-0) +
    bytes(1) +
    date(-1) +
    bytes(0xe8, 7, 2, 29, 23, 59, 58, 0xe7, 3) +
    bytes(0xe8, 7, 2, 29) +
    short('\xff\x00a') +
    bytes(0) +
    short('{"a":[1]}') +
    short('héllo') +
    short('5');
  const [row] = decode('iofbdlcxjtp', ['i', 'o', 'f', 'b', 'd', 'l', 'c', 'x', 'j', 't', 'p'], s, {
    parsers: Object.assign([], { 10: (text) => BigInt(text) }),
  });
  assert.deepStrictEqual(row, {
    i: -5,
    o: 4294967295,
    f: -0,
    b: true,
    d: new Date(-1),
    l: new Date(2024, 1, 29, 23, 59, 58, 999),
    c: new Date(2024, 1, 29),
    x: Buffer.from([255, 0, 97]),
    j: { a: [1] },
    t: 'héllo',
    p: 5n,
  });
});

test('null bits speak of the eight columns after them', () => {
  const names = Array.from({ length: 10 }, (_, column) => `c${column}`);
  const s = bytes(0b10000001) + bytes(1).repeat(6) + bytes(0b10) + bytes(0);
  const [row] = decode('b'.repeat(10), names, s);
  assert.deepStrictEqual(Object.values(row), [null, true, true, true, true, true, true, null, false, null]);
});

test('long values come with a long length or as extras', () => {
  const long = 'x'.repeat(300);
  const s =
    bytes(0, 255) +
    u32(300) +
    long +
    bytes(254) +
    u32(1) +
    bytes(254) +
    u32(0) +
    bytes(255) +
    u32(300) +
    long;
  const extras = [Buffer.from('big'), '[1,2]'];
  const [row] = decode('tjxx', ['t', 'j', 'x', 'y'], s, { extras });
  assert.deepStrictEqual(row, { t: long, j: [1, 2], x: Buffer.from('big'), y: Buffer.from(long) });
});

test('what is not in the native form meets the parser', () => {
  const parsers = Array(4).fill((text) => `parsed ${text}`);
  const s =
    bytes(0) +
    bytes(...Array(7).fill(255)) +
    short('infinity') +
    bytes(...Array(9).fill(255)) +
    short('-infinity') +
    bytes(...Array(4).fill(255)) +
    short('0001-01-01 BC') +
    bytes(253) +
    short('\\000');
  const [row] = decode('dlcx', ['d', 'l', 'c', 'x'], s, { parsers });
  assert.deepStrictEqual(row, {
    d: 'parsed infinity',
    l: 'parsed -infinity',
    c: 'parsed 0001-01-01 BC',
    x: 'parsed \\000',
  });
});

test('a document comes as the values of its skeleton', () => {
  const build = documentBuilder('{"a":#,"b":[$,?,null,~],"#$":{"ключ":#}}');
  const cursor = new Cursor();
  const s = u32(-7) + short('xé') + bytes(1) + short('-0') + u32(5);
  assert.deepStrictEqual(build(s, cursor), { a: -7, b: ['xé', true, null, -0], '#$': { ключ: 5 } });
  assert.equal(cursor.at, s.length);
});

test('column names are only names', () => {
  const names = ['a', '__proto__', 'constructor', 'a', '2', '1', `q"'\\\n\u2028`, ''];
  const s = bytes(0) + Array.from('12345678', short).join('');
  const [row] = decode('t'.repeat(8), names, s);
  assert.deepStrictEqual(Object.keys(row), ['1', '2', 'a', '__proto__', 'constructor', `q"'\\\n\u2028`, '']);
  assert.equal(row.a, '4', 'the last of two columns of one name wins');
  assert.equal(Object.getOwnPropertyDescriptor(row, '__proto__').value, '2');
  assert.equal(Object.getPrototypeOf(row), Object.prototype);
});

test('rows may be arrays, and may have no columns', () => {
  assert.deepStrictEqual(decode('tt', ['a', 'a'], `\0${short('1')}${short('2')}`, { asArray: true }), [
    ['1', '2'],
  ]);
  assert.deepStrictEqual(decode('', [], '', { count: 2 }), [{}, {}]);
});

test('without code generation the interpreter takes over', () => {
  const script = `
    const { Cursor, decoderFor } = require(${JSON.stringify(require.resolve('../../js/native/decoder'))});
    const rows = [];
    decoderFor('t', ['a'], false)('\\0\\u0001x', 1, rows, [], new Cursor());
    process.stdout.write(JSON.stringify(rows));`;
  const out = execFileSync(process.execPath, ['--disallow-code-generation-from-strings', '-e', script]);
  assert.equal(String(out), '[{"a":"x"}]');
});

test('a value that has become no string is an error, and never null', () => {
  const extra = bytes(0, 254) + u32(0);
  for (const kind of ['t', 'x', 'j', 'p']) {
    for (const make of [generate, interpreter]) {
      const cursor = new Cursor();
      cursor.extras = [null];
      const read = () => make(kind, ['a'], false)(extra, 1, [], [(value) => value], cursor);
      assert.throws(read, { code: 'ERR_STRING_TOO_LONG', message: /The statement has run/ });
    }
  }
});
