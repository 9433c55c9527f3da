/**
 * `npm run mutants`: do the tests of fan-outs notice? Breaks the planner and the merging in one place at a time, builds
 * the addon, and runs the support matrix and some random queries, one of which has to fail. `npm run mutants -- limit`
 * tries those whose names hold the word.
 *
 * Each source is as it was afterwards, also after an interruption.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ADDON, LIBRARY } = require('./build');

const ROOT = path.join(__dirname, '..');
/** Random queries for a mutant that the matrix has not caught. */
const QUERIES = '4000';

/** @type {{ name: string, file: string, from: string, to: string }[]} `from` stands in the file once */
const MUTANTS = [
  {
    name: 'a limit is forgotten',
    file: 'src/gather/output.rs',
    from: 'distinct, offset, limit, buffer: Buffer::default()',
    to: 'distinct, offset, limit: limit.and(None), buffer: Buffer::default()',
  },
  {
    name: 'an offset is forgotten',
    file: 'src/gather/output.rs',
    from: 'distinct, offset, limit, buffer: Buffer::default()',
    to: 'distinct, offset: offset.min(0), limit, buffer: Buffer::default()',
  },
  {
    name: 'shards give as many rows as the limit says, whatever the offset',
    file: 'src/client/fan_out/bindings.rs',
    from: 'self.offset.checked_add(self.limit?)',
    to: '0_u64.checked_add(self.limit?)',
  },
  {
    name: 'DISTINCT is left to the shards',
    file: 'src/gather/output.rs',
    from: 'FinalSteps { hidden: hidden as u16, distinct,',
    to: 'FinalSteps { hidden: hidden as u16, distinct: distinct.filter(|_| false),',
  },
  {
    name: 'sorted rows are put one shard after the other',
    file: 'src/gather/merge.rs',
    from: '(Some(a), Some(b)) => a.compare(b),',
    to: '(Some(_), Some(_)) => Ordering::Equal,',
  },
  {
    name: 'NULLS FIRST is forgotten',
    file: 'src/gather/merge.rs',
    from: 'let nulls = if self.nulls_first {',
    to: 'let nulls = if self.nulls_first && self.descending {',
  },
  {
    name: 'DISTINCT ON keeps a row of each shard',
    file: 'src/gather/merge.rs',
    from: 'Some(last) if self.on > 0 =>',
    to: 'Some(last) if self.on > 99 =>',
  },
  {
    name: 'counts are not added',
    file: 'src/gather/fold.rs',
    from: '(Accumulator::SumInteger, Partial::Integer(a), Partial::Integer(b)) => Partial::Integer(a + b)',
    to: '(Accumulator::SumInteger, Partial::Integer(a), Partial::Integer(_)) => Partial::Integer(*a)',
  },
  {
    name: 'the least is the greatest',
    file: 'src/gather/fold.rs',
    from: 'if matches!(self, Accumulator::Least(_)) { Ordering::Greater }',
    to: 'if matches!(self, Accumulator::Least(_)) { Ordering::Less }',
  },
  {
    name: 'numerics are equal only if their texts are',
    file: 'src/gather/equal.rs',
    from: '1700 => Equality::Numeric,',
    to: '1700 => Equality::Text,',
  },
  {
    name: 'floats are equal only if their texts are',
    file: 'src/gather/equal.rs',
    from: '700 | 701 => Equality::Float,',
    to: '700 | 701 => Equality::Text,',
  },
  {
    name: 'text compares by bytes in every collation',
    file: 'src/gather/equal.rs',
    from: '19 | 25 | 1043 if collation.is_deterministic() => Equality::Text,',
    to: '19 | 25 | 1043 => Equality::Text,',
  },
  {
    name: 'tables may be joined on anything',
    file: 'src/plan/locality/select.rs',
    from: 'if class.is_some_and(|class| class != this) {',
    to: 'if class.is_some_and(|class| class != this && class == usize::MAX) {',
  },
  {
    name: 'windows may hold rows of all tenants',
    file: 'src/plan/locality/select.rs',
    from: 'within &= window_of(window, select)',
    to: 'within |= window_of(window, select)',
  },
  {
    name: 'ON of an outer join holds for the rows that it keeps',
    file: 'src/plan/locality/classes.rs',
    from: 'self.count(kept) < before)',
    to: 'self.count(kept) < before.min(0))',
  },
  {
    name: 'what holds inside of a subquery holds around it',
    file: 'src/plan/locality/select.rs',
    from: 'self.classes = known;',
    to: 'drop(known);',
  },
  {
    name: 'IN looks at a part of the tenants as at all of them',
    file: 'src/plan/locality/calls.rs',
    from: 'query.limit_clause.is_none() && query.fetch.is_none()',
    to: 'query.limit_clause.is_none()',
  },
  {
    name: 'rows of all shards live on the shards of their tenants',
    file: 'src/plan/locality/outputs.rs',
    from: 'if self.locality != Locality::SingleTenant {',
    to: 'if self.locality == Locality::Replicated {',
  },
];

/** Files as they were, and the addon. */
const kept = new Map();

function main(words) {
  const wanted = MUTANTS.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  const survivors = [];
  keep(ADDON);
  for (const mutant of wanted) {
    const file = path.join(ROOT, mutant.file);
    keep(file);
    const source = kept.get(file).toString();
    if (source.split(mutant.from).length !== 2)
      throw new Error(`"${mutant.name}": ${mutant.file} no longer holds once: ${mutant.from}`);
    fs.writeFileSync(
      file,
      source.replace(mutant.from, () => mutant.to),
    );
    build(mutant);
    const catcher = caughtBy();
    console.log(
      `${catcher === undefined ? 'SURVIVES' : 'caught  '}  ${mutant.name}${catcher ? `: ${catcher}` : ''}`,
    );
    if (catcher === undefined) survivors.push(mutant);
    fs.writeFileSync(file, kept.get(file));
  }
  console.log(`${wanted.length - survivors.length} of ${wanted.length} mutants caught`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

/** A debug build: it is there sooner, and no slower where PostgreSQL does the work. */
function build({ name }) {
  const { status, stderr } = run('cargo', ['build', '--quiet', '--locked', '--features', 'addon', '--lib']);
  if (status !== 0) throw new Error(`"${name}" does not compile:\n${stderr}`);
  const target = path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
  fs.copyFileSync(path.join(target, 'debug', LIBRARY), ADDON);
}

/** The test that fails, or nothing. */
function caughtBy() {
  for (const name of ['fan-out-matrix', 'fan-out-differential']) {
    const { status } = run(
      process.execPath,
      ['--test', path.join('__test__', 'fan-out', `${name}.test.js`)],
      {
        MTDD_TEST_QUERIES: QUERIES,
      },
    );
    if (status !== 0) return name;
  }
  return undefined;
}

function run(file, args, variables) {
  return spawnSync(file, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...variables },
    maxBuffer: 1 << 28,
  });
}

function keep(file) {
  if (!kept.has(file)) kept.set(file, fs.readFileSync(file));
}

module.exports = { MUTANTS };

if (require.main === module) {
  process.on('exit', () => {
    // The addon last: it is newer than its sources then, as after a build.
    for (const [file, content] of [...kept].reverse()) fs.writeFileSync(file, content);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
