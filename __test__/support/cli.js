/** The command line `mtdd` as an operator runs it: a process of its own, in a directory with a knexfile and migrations. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Client } = require('pg');
const children = require('../../testkit/children');

const MTDD = path.join(__dirname, '..', '..', 'js', 'bin', 'mtdd.js');
/** Without what would configure a command. */
const CLEAN = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      (!name.startsWith('MTDD_') || name.startsWith('MTDD_TEST_')) &&
      !name.startsWith('PG') &&
      !['DATABASE_URL', 'NODE_ENV'].includes(name),
  ),
);

/** A directory with an application's knexfile and migrations. */
class Project {
  constructor() {
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-cli-'));
    children.removeAtExit(this.directory);
  }

  /** Writes a file, and gives its path. */
  write(name, text) {
    const file = path.join(this.directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  }

  /** Writes a CommonJS migration whose halves are SQL. */
  migration(name, up, down = 'select 1', config = '') {
    const run = (sql) => `(knex) => knex.raw(${JSON.stringify(sql)})`;
    return this.write(
      `migrations/${name}`,
      `exports.up = ${run(up)};\nexports.down = ${run(down)};\n${config}\n`,
    );
  }

  /**
   * Starts a command in the directory.
   *
   * @param {string[]} args
   * @param {{ env?: object }} [options]
   */
  start(args, { env } = {}) {
    const child = spawn(process.execPath, [MTDD, ...args], {
      cwd: this.directory,
      env: { ...CLEAN, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        said[name] += text;
      });
    }
    const ended = new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, ...said })),
    );
    return { child, said, ended };
  }

  /** Runs a command to its end. */
  run(args, options) {
    return this.start(args, options).ended;
  }

  /** Runs `mtdd migrate` to its end, and reads its JSON. */
  async migrate(args, options) {
    const { code, stdout, stderr } = await this.run(['migrate', ...args, '--format', 'json'], options);
    return { code, stderr, ...(stdout === '' ? {} : JSON.parse(stdout)) };
  }

  remove() {
    children.remove(this.directory);
  }
}

/** Rows of one query on a connection of its own. */
async function ask(url, text, values) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Waits until a condition holds. Throws after 30 s. */
async function until(condition) {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it has not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

module.exports = { Project, ask, until };
