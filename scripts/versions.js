/**
 * `npm run versions`: runs the suites that face Knex on the supported versions of Knex, `pg` and Node, prints each
 * outcome, and writes the table of them into docs/compatibility.md. Versions are installed into temporary directories.
 *
 * `--all` runs every combination, otherwise each version at least once; words run only the combinations whose names
 * contain one of them. `--check` writes nothing, and fails where that table says something else.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { npm } = require('./npm');

const ROOT = path.join(__dirname, '..');
const FILE = path.join(ROOT, 'docs', 'compatibility.md');
const BEGIN = '<!-- versions: written by `npm run versions` -->';
const END = '<!-- versions: end -->';

const KNEX = ['2.5', '3.0', '3.1', '3.2', '3.3'];
const NODE = ['20', '22', '24'];
/** The newest `pg` comes after these. */
const PG = ['8.11', '8.16'];
/** Test files, by words in their paths. */
const SUITES = [
  'differential-',
  'parity',
  'mtdd',
  'knex-client',
  'seeds',
  'context',
  'forTenant',
  'transactions.test',
  'streams',
];

const PASSES = 'yes';
const FAILS = 'no';
const NOT_RUN = '';

function main() {
  const { values, positionals } = parseArgs({
    options: { all: { type: 'boolean' }, check: { type: 'boolean' } },
    allowPositionals: true,
  });
  const packages = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-versions-'));
  try {
    const pgVersions = [...PG, newestPg()];
    const rows = KNEX.flatMap((knex) => pgVersions.map((pg) => ({ knex, pg })));
    const wanted = rows
      .flatMap((row) => NODE.map((node) => ({ ...row, node })))
      .filter((one) => values.all || positionals.length > 0 || isInShortRun(one, pgVersions))
      .filter((one) => positionals.length === 0 || positionals.some((word) => nameOf(one).includes(word)));
    if (wanted.length === 0) throw new Error(`no combination is named like ${positionals.join(' or ')}`);

    const failed = [];
    const differing = [];
    for (const one of wanted) {
      const { outcome, summary } = run(one, packages);
      console.log(`${nameOf(one)}: ${summary}`);
      if (outcome === FAILS) failed.push(nameOf(one));
      // After each: a run that is broken off has not been for nothing.
      const document = fs.readFileSync(FILE, 'utf8');
      const known = tableOf(document);
      if (known.get(nameOf(one)) !== outcome) differing.push(nameOf(one));
      known.set(nameOf(one), outcome);
      if (!values.check) fs.writeFileSync(FILE, withTable(document, tableText(rows, known)));
    }
    console.log(between(fs.readFileSync(FILE, 'utf8')));
    if (failed.length > 0) throw new Error(`failed: ${failed.join('; ')}`);
    if (values.check && differing.length > 0) {
      throw new Error(`docs/compatibility.md says something else of: ${differing.join('; ')}`);
    }
  } finally {
    fs.rmSync(packages, { recursive: true, force: true });
  }
}

/** Every Knex with the newest `pg`, every `pg` with the newest Knex, every Node with the oldest and the newest pair. */
function isInShortRun({ knex, pg, node }, pgVersions) {
  const isOldestPair = knex === KNEX[0] && pg === pgVersions[0];
  const isNewestPair = knex === KNEX.at(-1) && pg === pgVersions.at(-1);
  if (node !== NODE[0]) return isOldestPair || isNewestPair;
  return isOldestPair || knex === KNEX.at(-1) || pg === pgVersions.at(-1);
}

/** Runs the suites on one combination. */
function run({ knex, pg, node }, packages) {
  // Plain Knex streams through the last of them.
  const modules = install(packages, { knex, pg, 'pg-query-stream': '4' });
  const { status, stdout, stderr } = spawnSync(
    nodeProgram(node, packages),
    [path.join(ROOT, 'scripts', 'test.js'), ...SUITES],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, MTDD_TEST_MODULES: modules },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (status !== 0) console.log(`${stdout}${stderr}`);
  const summary = stdout.trim().split('\n').at(-1);
  return { outcome: status === 0 ? PASSES : FAILS, summary };
}

/** The Node that runs this, if it is of that major version, else one from the registry. */
function nodeProgram(major, packages) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const modules = install(packages, { [name]: major });
  const program = path.join(modules, 'node_modules', name, 'bin', 'node');
  return process.platform === 'win32' ? `${program}.exe` : program;
}

/** A directory with these packages in its node_modules. */
function install(packages, versions) {
  const wanted = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  const directory = path.join(packages, wanted.join('+'));
  if (fs.existsSync(directory)) return directory;
  fs.mkdirSync(directory);
  fs.writeFileSync(path.join(directory, 'package.json'), '{ "private": true }');
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', directory, ...wanted]);
  return directory;
}

/** As `8.23`. */
function newestPg() {
  return npm(['view', 'pg', 'version']).trim().split('.').slice(0, 2).join('.');
}

function nameOf({ node, knex, pg }) {
  return `Node ${node}, Knex ${knex}, pg ${pg}`;
}

/** What the document says of each combination. */
function tableOf(document) {
  const known = new Map();
  const row = /^\| Knex ([\d.]+), `pg` ([\d.]+) \|(.*)\|$/gm;
  for (const [, knex, pg, cells] of between(document).matchAll(row)) {
    for (const [index, cell] of cells.split('|').entries()) {
      known.set(nameOf({ node: NODE[index], knex, pg }), cell.trim());
    }
  }
  return known;
}

function tableText(rows, outcomes) {
  const lines = rows.map(({ knex, pg }) => {
    const cells = NODE.map((node) => outcomes.get(nameOf({ node, knex, pg })) ?? NOT_RUN);
    return `| Knex ${knex}, \`pg\` ${pg} | ${cells.join(' | ')} |`;
  });
  return [`| | ${NODE.map((node) => `Node ${node}`).join(' | ')} |`, '|---|---|---|---|', ...lines].join(
    '\n',
  );
}

function withTable(document, table) {
  const [start, end] = bordersOf(document);
  return `${document.slice(0, start)}\n${table}\n${document.slice(end)}`;
}

function between(document) {
  return document.slice(...bordersOf(document));
}

/** Where the table's place begins and ends. */
function bordersOf(document) {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/compatibility.md: expected the lines ${BEGIN} and ${END}`);
  return [begin + BEGIN.length, end];
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
