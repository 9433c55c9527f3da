/**
 * Makes a difference small: leaves out what the query and the data can do without, as long as the answers still
 * differ. Greedy, and bounded in time.
 */

const { insertions } = require('../sql-generator');

/** Milliseconds for one difference. */
const PATIENCE = 30_000;

/**
 * @param {import('./worlds').World} world whose rows it changes
 * @param {import('./run').Question} question
 * @param {(question: import('./run').Question) => Promise<boolean>} differs
 * @returns {Promise<{ question: import('./run').Question, statements: string[] }>} `statements`: the rows that are
 *   left, shard by shard
 */
async function shrink(world, question, differs) {
  const deadline = Date.now() + PATIENCE;
  const isLate = () => Date.now() > deadline;
  let data = world.data;
  let current = question;
  if (!(await differs(current))) return { question, statements: [] };
  current = await smallest(current, differs, isLate);
  data = await smallestData(world, data, () => differs(current), isLate);
  // With less data, more of the query may be of no matter.
  current = await smallest(current, differs, isLate);
  await world.fill(data);
  const statements = Array.from({ length: data.shards }, (_, shard) =>
    insertions({ ...data, kinds: shard === 0 ? data.kinds : [] }, shard).map(
      (text) => `shard ${shard}: ${text}`,
    ),
  ).flat();
  return { question: current, statements };
}

/** Takes the first candidate that still differs, again and again. */
async function smallest(question, differs, isLate) {
  let current = question;
  for (let found = true; found && !isLate(); ) {
    found = false;
    for (const query of simpler(current.query)) {
      if (isLate()) break;
      const candidate = { ...current, query };
      if (await differs(candidate).catch(() => false)) {
        current = candidate;
        found = true;
        break;
      }
    }
  }
  return current;
}

/** The query with one thing less. */
function* simpler(query) {
  if (query.kind === 'text') return;
  if (query.kind === 'set') {
    for (const side of ['left', 'right']) yield { ...query[side], labels: query.labels };
    for (const side of ['left', 'right'])
      for (const one of simpler(query[side]))
        if (one.items?.length === query.items.length) yield { ...query, [side]: one };
  }
  for (const name of ['limit', 'offset', 'distinct', 'group']) {
    if (query[name] !== undefined) yield { ...query, [name]: undefined };
  }
  for (const name of ['order', 'having', 'where', 'returning', 'with']) {
    const list = query[name] ?? [];
    for (let index = 0; index < list.length; index++) yield { ...query, [name]: list.toSpliced(index, 1) };
  }
  if (query.kind === 'select') {
    for (let index = query.from.length - 1; index > 0; index--)
      yield { ...query, from: query.from.toSpliced(index, 1) };
    if (query.items.length > 1) {
      for (let index = query.items.length - 1; index >= 0; index--) yield withoutItem(query, index);
    }
    if (query.group?.items.length > 1) {
      for (let index = 0; index < query.group.items.length; index++)
        yield { ...query, group: { ...query.group, items: query.group.items.toSpliced(index, 1) } };
    }
    if (query.group && query.group.sets !== '') yield { ...query, group: { ...query.group, sets: '' } };
  }
  for (const [index, one] of (query.where ?? []).entries()) {
    for (const part of one.parts.filter(({ type }) => type === 'bool'))
      yield { ...query, where: query.where.with(index, part) };
  }
  if (query.kind === 'select') {
    for (const [index, { expression, alias }] of query.items.entries()) {
      for (const part of expression.parts)
        yield { ...query, items: query.items.with(index, { expression: part, alias }) };
    }
  }
}

/** Without a column of the result; keys of ORDER BY that named it go too, and the others keep theirs. */
function withoutItem(query, index) {
  const items = query.items.toSpliced(index, 1);
  const order = query.order
    .filter(({ column }) => column !== index)
    .map((key) => (key.column > index ? { ...key, column: key.column - 1 } : key));
  const renamed = items.map((item, place) =>
    item.alias === undefined ? item : { ...item, alias: `c${place}` },
  );
  return { ...query, items: renamed, order };
}

/** Leaves out tenants and rows by halves, then one by one. */
async function smallestData(world, data, differs, isLate) {
  let current = data;
  const holds = async (candidate) => {
    await world.fill(candidate);
    return differs().catch(() => false);
  };
  for (const table of ['items', 'orders', 'kinds']) {
    for (
      let size = Math.ceil(current[table].length / 2);
      size >= 1 && !isLate();
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let start = 0; start < current[table].length && !isLate(); ) {
        const candidate = { ...current, [table]: current[table].toSpliced(start, size) };
        if (await holds(candidate)) current = candidate;
        else start += size;
      }
    }
  }
  await world.fill(current);
  return current;
}

module.exports = { shrink };
