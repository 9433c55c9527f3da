/** Positions, snapshots and numbers of the change log, without a database. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { withExactNumbers } = require('../../js/sync/json-numbers');
const { formatCursor, formatPosition, hasSeen, parsePosition } = require('../../js/sync/position');
const {
  compareSnapshots,
  formatSnapshot,
  fromPostgres,
  hasEnded,
  parseSnapshot,
  toPostgres,
} = require('../../js/sync/snapshot');

describe('numbers in JSON', () => {
  it('stay numbers where a double holds them, and are strings elsewhere', () => {
    for (const [number, isExact] of [
      ['0', true],
      ['-0', true],
      ['12.50', true],
      ['123456789012345', true],
      ['9007199254740991', true],
      ['9007199254740992', false],
      ['9007199254740993', false],
      ['-9007199254740993', false],
      ['0.1', true],
      ['0.1234567890123456789', false],
      ['1e2', true],
      ['1E400', false],
      ['1.5e-300', true],
      ['1e-400', false],
      ['100000000000000000000', false],
      ['0.00000000000000000001', true],
      ['000', true],
    ]) {
      const json = `{"a":${number},"b":[${number}, "x"]}`;
      const expected = isExact ? json : `{"a":"${number}","b":["${number}", "x"]}`;
      assert.equal(withExactNumbers(json), expected);
    }
  });

  it('in strings and keys are left alone, whatever is escaped', () => {
    for (const text of [
      '12345678901234567890',
      '\\"12345678901234567890',
      '\\\\',
      '\\\\\\"1e999',
      'é12345678901234567890',
    ]) {
      const json = `{"${text}":"${text}","n":12345678901234567890}`;
      assert.equal(withExactNumbers(json), `{"${text}":"${text}","n":"12345678901234567890"}`);
      assert.deepEqual(Object.keys(JSON.parse(withExactNumbers(json))), Object.keys(JSON.parse(json)));
    }
    assert.equal(withExactNumbers('12345678901234567890'), '"12345678901234567890"');
  });

  it('are read in a time that grows with the text alone', () => {
    const long = `1.${'0'.repeat(200_000)}1`;
    assert.equal(withExactNumbers(`[${long},${long}]`), `["${long}","${long}"]`);
    const many = `[${Array(300)
      .fill(`1${'0'.repeat(900)}.5`)
      .join(',')}]`;
    assert.equal(JSON.parse(withExactNumbers(many)).length, 300);
  });

  it('of a text of 50 MB take no recursion', () => {
    const text = `["${'\\"1'.repeat(8_000_000)}",12345678901234567890,"${'x'.repeat(25_000_000)}"]`;
    const exact = withExactNumbers(text);
    assert.equal(exact.length, text.length + 2);
  });
});

describe('snapshots', () => {
  it('are read and written as PostgreSQL does, and shortened without loss', () => {
    for (const text of ['1:1:', '10:20:10,14,19', '4503599627370496:4503599627371000:4503599627370497']) {
      const snapshot = fromPostgres(text);
      assert.equal(toPostgres(snapshot), text);
      assert.deepEqual(parseSnapshot(formatSnapshot(snapshot)), snapshot);
    }
    for (const text of [
      '',
      '-',
      '0-1',
      'a',
      'a-',
      'a-5-9',
      'a-5-3-2',
      'a-5-3-3',
      'zzzzzzzzzzzzz-1',
      'a--5',
    ]) {
      assert.equal(parseSnapshot(text), undefined, text);
    }
  });

  it('say which transactions have ended, and which is the earlier one', () => {
    const snapshot = fromPostgres('10:20:10,14');
    assert.deepEqual(
      [9, 10, 11, 14, 19, 20, 21].map((xid) => hasEnded(snapshot, xid)),
      [...[true, false, true, false, true, false, false]],
    );
    const inOrder = ['10:20:10,14', '10:20:10', '11:20:', '20:20:', '20:21:20'].map(fromPostgres);
    for (const [index, one] of inOrder.entries()) {
      for (const [place, other] of inOrder.entries()) {
        assert.equal(Math.sign(compareSnapshots(one, other)), Math.sign(index - place));
      }
    }
  });
});

describe('positions', () => {
  const base = fromPostgres('10:20:10,14');
  const until = fromPostgres('20:30:25');

  it('come back as they were, with the key of a row or without', () => {
    for (const position of [
      { log: 'abc123', base, until: null, number: 0 },
      { log: 'abc123', base, until, number: 123456789 },
    ]) {
      assert.deepEqual(parsePosition(formatPosition(position)), { position });
      const key = ['1', 'é "\\', ''];
      assert.deepEqual(parsePosition(formatCursor(position, key)), { position, key });
      assert.equal(encodeURIComponent(formatPosition(position)), formatPosition(position));
    }
  });

  it('that are none of ours are not read', () => {
    for (const text of [
      ...[
        '',
        '5',
        'x',
        'abc',
        'abc.',
        'abc.a-1.',
        'abc.a-1.b-1',
        'abc.a-1.b-1.',
        'ABC.a-1',
        'abc.a-1.b-1.zzzzzzzzzzzz',
      ],
      ...[
        'abc.a-1!',
        'abc.a-1!e30',
        'abc.a-1!W10',
        'abc.a-1!WzFd',
        "abc.a-1'",
        'abc.a-1\n',
        `abc.a-${'1'.repeat(9000)}`,
      ],
    ]) {
      assert.equal(parsePosition(text), undefined, text);
    }
  });

  it('have seen what is visible, and of what comes next the numbers up to theirs', () => {
    const position = { log: 'abc', base, until, number: 5 };
    for (const [xid, number, isSeen] of [
      [9, 100, true],
      [14, 5, true],
      [14, 6, false],
      [22, 5, true],
      [25, 1, false],
      [30, 1, false],
    ]) {
      assert.equal(hasSeen(position, { xid, number }), isSeen, `${xid} ${number}`);
    }
    assert.equal(hasSeen({ ...position, until: null, number: 0 }, { xid: 14, number: 0 }), false);
  });
});
