/**
 * The two servers as child processes on free loopback ports, exactly as an operator runs them. `MTDD_TEST_SERVER_BIN`
 * names another binary (a debug build).
 */

const { setTimeout: sleep } = require('node:timers/promises');
const { SERVER } = require('../scripts/build');
const children = require('./children');

const BINARY = process.env.MTDD_TEST_SERVER_BIN ?? SERVER;

/** This process's environment without what would configure a server. */
const CLEAN = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== 'DATABASE_URL' && !name.startsWith('MTDD_')),
);

/** A server process that can be ended, killed and started again on the same port. */
class Server {
  #program;
  #kind;
  #args;
  #env;
  #child = null;

  constructor(program, kind, args, env) {
    this.#program = program;
    this.#kind = kind;
    this.#args = args;
    this.#env = env;
    /** host:port; stays the same across `restart()`. */
    this.address = '127.0.0.1:0';
  }

  /** The id of the process. */
  get pid() {
    return this.#child?.pid;
  }

  /** What it has printed so far (stdout and stderr). */
  get output() {
    return this.#child?.output ?? '';
  }

  /**
   * Starts it, if it is not running, and waits for its announcement.
   *
   * @throws {Error} with its output when it ends instead
   */
  async start() {
    if (this.#child) return this;
    // The port may be held for a moment longer by the server that was there before.
    for (let attempt = 1; ; attempt++) {
      const child = children.start(this.#program, [this.#kind, '--listen', this.address, ...this.#args], {
        env: { ...CLEAN, ...this.#env },
      });
      const address = await announced(child);
      if (address) {
        this.#child = child;
        this.address = address;
        return this;
      }
      const { error } = await children.stop(child, 'SIGKILL');
      if (error || attempt === 3)
        throw new Error(`mtdd-server ${this.#kind} does not start: ${error ?? child.output}`);
      await sleep(100);
    }
  }

  /** Ends it as an operator does; what is running may finish. */
  async stop() {
    return this.#end('SIGTERM');
  }

  /** Ends it as a crash does. */
  async kill() {
    return this.#end('SIGKILL');
  }

  /** Ends it and starts it again on the same port. */
  async restart() {
    await this.stop();
    return this.start();
  }

  async #end(signal) {
    if (!this.#child) return undefined;
    const child = this.#child;
    this.#child = null;
    return children.stop(child, signal);
  }
}

/** The address in the server's one line on stdout, or undefined when it ended without one. */
function announced(child) {
  return new Promise((resolve) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const line = text
        .split('\n')
        .find((one) => one.startsWith('{') && one.includes('"listening"') && one.endsWith('}'));
      if (line) resolve(JSON.parse(line).address);
    });
    child.ended.then(() => resolve(undefined));
  });
}

/**
 * Starts a query server.
 *
 * @param {{ databaseUrl: string, args?: string[], env?: object, program?: string }} options `program`: the
 *   `mtdd-server` to run, if not this checkout's
 * @returns {Promise<Server>}
 */
function startQueryServer({ databaseUrl, args = [], env = {}, program = BINARY }) {
  return new Server(program, 'query', args, { DATABASE_URL: databaseUrl, ...env }).start();
}

/**
 * Starts a lookup server; without `databaseUrl` it keeps the tenants in memory.
 *
 * @param {{ shards: number, databaseUrl?: string, args?: string[], env?: object }} options
 * @returns {Promise<Server>}
 */
function startLookupServer({ shards, databaseUrl, args = [], env = {} }) {
  const store = databaseUrl ? { DATABASE_URL: databaseUrl } : {};
  const flags = databaseUrl ? [] : ['--memory'];
  const all = ['--shards', String(shards), ...flags, ...args];
  return new Server(BINARY, 'lookup', all, { ...store, ...env }).start();
}

module.exports = { BINARY, announced, startQueryServer, startLookupServer };
