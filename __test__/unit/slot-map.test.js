const assert = require('node:assert/strict');
const { test } = require('node:test');
const { SlotMap } = require('../../js/native/slot-map');

test('an entry is found by its number until it is deleted', () => {
  const waiting = new SlotMap();
  const entries = Array.from({ length: 100 }, (_, index) => ({ index }));
  const numbers = entries.map((entry) => waiting.add(entry));
  assert.equal(new Set(numbers).size, 100);
  assert.deepEqual(
    numbers.map((number) => waiting.get(number)),
    entries,
  );
  waiting.delete(numbers[5]);
  assert.equal(waiting.get(numbers[5]), undefined);
  assert.equal(waiting.size, 99);
  assert.equal(waiting.get(12345678), undefined);
});

test('a number comes back only after four thousand uses of its slot, and always fits into 32 bits', () => {
  const waiting = new SlotMap();
  const seen = new Set();
  for (let use = 0; use < 4095; use++) {
    const number = waiting.add({});
    assert.ok(number > 0 && number < 2 ** 32 && !seen.has(number));
    seen.add(number);
    waiting.delete(number);
  }
  const again = waiting.add({});
  assert.ok(seen.has(again));
  assert.ok(waiting.get(again));
});

test('all who wait can be taken at once', () => {
  const waiting = new SlotMap();
  const numbers = ['a', 'b', 'c'].map((entry) => waiting.add(entry));
  waiting.delete(numbers[1]);
  assert.deepEqual(waiting.takeAll(), ['a', 'c']);
  assert.equal(waiting.size, 0);
  for (const number of numbers) assert.equal(waiting.get(number), undefined);
  assert.ok(waiting.add('d') > 0 && waiting.size === 1);
});
