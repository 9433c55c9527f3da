/**
 * PostgreSQL's own parser (libpg_query) for the tests in src/plan/grammar: reads lines of `[statement, reading]` from
 * stdin, and answers each with a line: `null` where PostgreSQL reads both alike, else what differs. A statement that
 * PostgreSQL cannot read is answered with `false`.
 */

const readline = require('node:readline');
const { loadModule, parseSync } = require('libpg-query');

/** Where a node stands in its text, and how a word was spelt, means nothing. */
function withoutPlaces(node) {
  if (Array.isArray(node)) return node.map(withoutPlaces);
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node).filter(
    ([key]) => !/location|stmt_len|rexpr_list_|list_(start|end)/.test(key),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutPlaces(value)]));
}

/** The first place where two trees differ. */
function difference(a, b, path = '') {
  if (JSON.stringify(a) === JSON.stringify(b)) return null;
  const isTree = (node) => node !== null && typeof node === 'object';
  if (!isTree(a) || !isTree(b)) return `${path}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`.slice(0, 300);
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference(a[key], b[key], `${path}/${key}`);
    if (found) return found;
  }
  return `${path}: in another order`;
}

function compared(statement, reading) {
  let tree;
  try {
    tree = withoutPlaces(parseSync(statement));
  } catch {
    return false;
  }
  try {
    return difference(tree, withoutPlaces(parseSync(reading)));
  } catch (error) {
    return `PostgreSQL cannot read it: ${error.message}`;
  }
}

async function main() {
  await loadModule();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [statement, reading] = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(compared(statement, reading))}\n`);
  }
}

main();
