/**
 * The version of a release stands in several files, because npm and Cargo each read their own. `node scripts/version.js`
 * prints it, and fails when the files disagree; `node scripts/version.js 2.1.0` writes it to all of them.
 */

const fs = require('node:fs');
const path = require('node:path');
const { platforms } = require('./platforms');

const ROOT = path.join(__dirname, '..');
const NUMBER = /^\d+\.\d+\.\d+(-[\w.-]+)?$/;

/** Where it stands: `find` has the version as its only group. */
const places = () => [
  { file: 'package.json', find: /^ {2}"version": "(.*)",$/m },
  // The first is the file's own, the second that of the package "".
  { file: 'package-lock.json', find: /^ {2}"version": "(.*)",$/m },
  { file: 'package-lock.json', find: /^ {6}"version": "(.*)",$/m },
  { file: 'Cargo.toml', find: /^version = "(.*)"$/m },
  { file: 'Cargo.lock', find: /^name = "mtdd"\nversion = "(.*)"$/m },
  ...platforms().map(({ triple }) => ({
    file: `npm/${triple}/package.json`,
    find: /^ {2}"version": "(.*)",$/m,
  })),
];

/** @returns {{ file: string, version: string | undefined }[]} */
function versions() {
  return places().map(({ file, find }) => ({ file, version: find.exec(read(file))?.[1] }));
}

/**
 * @returns {string} the one version
 * @throws {Error} when the files disagree
 */
function version() {
  const found = versions();
  if (new Set(found.map((one) => one.version)).size > 1) {
    const list = found.map((one) => `${one.file}: ${one.version}`).join('\n');
    throw new Error(`the files disagree about the version:\n${list}`);
  }
  return found[0].version;
}

function write(next) {
  if (!NUMBER.test(next)) throw new Error(`expected a version such as 2.1.0, got ${next}`);
  for (const { file, find } of places()) {
    const changed = read(file).replace(find, (line, old) => line.replace(`"${old}"`, `"${next}"`));
    fs.writeFileSync(path.join(ROOT, file), changed);
  }
}

function read(file) {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

module.exports = { version, versions };

if (require.main === module) {
  try {
    if (process.argv[2] !== undefined) write(process.argv[2]);
    console.log(version());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
