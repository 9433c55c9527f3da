/** Who may import whom among the files around the product: tests, what they start, scripts, benches and examples. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const ROOT = path.join(__dirname, '..', '..');
const ROOMS = ['__test__', 'testkit', 'scripts', 'benches', 'examples'];

/** The files that each file loads of these rooms and of js/, by their paths from the root. */
const imports = new Map(
  ROOMS.flatMap((room) => fs.readdirSync(path.join(ROOT, room), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .map((file) => [pathOf(file), importsOf(file)]),
);

function pathOf(file) {
  return path.relative(ROOT, file).replaceAll(path.sep, '/');
}

function importsOf(file) {
  const calls = fs.readFileSync(file, 'utf8').matchAll(/= require\('(\.{1,2}(?:\/[^']*)?)'\)/g);
  return [...calls].map(([, name]) => pathOf(require.resolve(path.resolve(path.dirname(file), name))));
}

/** A way from a file back to itself. */
function circleOf(start) {
  const seen = new Set();
  const left = [[start]];
  while (left.length > 0) {
    const way = left.pop();
    for (const next of imports.get(way.at(-1)) ?? []) {
      if (next === start) return [...way, next];
      if (!seen.has(next)) left.push([...way, next]);
      seen.add(next);
    }
  }
  return undefined;
}

const wrong = (room, isWrong) =>
  [...imports]
    .filter(([file]) => file.startsWith(`${room}/`))
    .flatMap(([file, names]) => names.filter(isWrong).map((name) => `${file}: ${name}`));

test('every test file lies in the folder of its subject', () => {
  const astray = [...imports.keys()].filter((file) => /^__test__\/[^/]*\.test\.js$/.test(file));
  assert.deepEqual(astray, []);
});

test('no file imports itself, whatever the way', () => {
  const circles = [...imports.keys()].map(circleOf).filter((way) => way !== undefined);
  assert.deepEqual(circles, []);
});

test('testkit is for everybody: it imports no test, bench or example', () => {
  assert.deepEqual(
    wrong('testkit', (name) => /^(__test__|benches|examples)\//.test(name)),
    [],
  );
});

test('examples are what a user would write: they import the library, and nothing else of this repository', () => {
  assert.deepEqual(
    wrong('examples', (name) => name !== 'js/index.js' && !name.startsWith('examples/')),
    [],
  );
});

test('scripts and benches have what they share with the tests from testkit', () => {
  for (const room of ['scripts', 'benches']) {
    assert.deepEqual(
      wrong(room, (name) => name.startsWith('__test__/')),
      [],
    );
  }
});
