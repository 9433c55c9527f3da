const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { MUTANTS } = require('../../scripts/mutants');

test('what each mutant replaces stands in its source once', () => {
  for (const { name, file, from } of MUTANTS) {
    const source = fs.readFileSync(path.join(__dirname, '..', '..', file), 'utf8');
    assert.equal(source.split(from).length, 2, `"${name}": ${file}: ${from}`);
  }
});
