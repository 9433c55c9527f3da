/**
 * What a connection of this Knex instance's own pool would have set for its session, for the query servers to set
 * too. Follows Knex (searchPath) and `pg` (start-up parameters) to the letter, environment included.
 */

const { ConfigError } = require('../errors');

/** Start-up parameters that `pg` sends as whole numbers of milliseconds. */
const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];

/** Where the application says what these settings are; all others are in `connection.options`. */
const SETTING_PATHS = new Map([
  ['application_name', 'connection.application_name'],
  ['search_path', 'searchPath'],
]);
for (const timeout of TIMEOUTS) SETTING_PATHS.set(timeout, `connection.${timeout}`);

/** What the settings may take on their way to a query server, names and values with a little for each, in bytes. */
const MOST_BYTES = 64 * 1024;
const BYTES_FOR_EACH = 16;

/**
 * @typedef {object} Session
 * @property {{ [setting: string]: string }} settings
 * @property {object | undefined} types the connection's own type parsers
 * @property {number | undefined} queryTimeout `connection.query_timeout`, milliseconds
 * @property {string[]} warnings
 */

/**
 * Reads the session of a Knex client. A `connection` that is a function is awaited here; what it answers later reaches
 * local connections only.
 *
 * @param {object} client Knex's
 * @param {object} pg the driver
 * @returns {Promise<Session>}
 * @throws {ConfigError} for what cannot be had remotely
 */
async function sessionSettingsOf(client, pg) {
  const connection = await connectionConfigOf(client);
  // `pg` reads the connection string and the environment; without a stream of the app's it opens nothing.
  const parameters = new pg.Client({ ...connection, stream: undefined, Promise: undefined })
    .connectionParameters;
  if (connection.binary || parameters.binary) {
    throw new ConfigError(
      'connection.binary: expected false with mtdd.useMtdd, because results come in text format',
    );
  }
  const warnings = [];
  // None of the app's own is none, as on a local connection: it is not the query server that asks.
  const settings = {
    application_name: parameters.application_name || parameters.fallback_application_name || '',
  };
  for (const timeout of TIMEOUTS) {
    if (parameters[timeout]) settings[timeout] = String(Number.parseInt(parameters[timeout], 10));
  }
  if (parameters.options) readOptions(parameters.options, settings, warnings);
  const path = searchPathOf(client.searchPath);
  if (path !== undefined) settings.search_path = path;
  checkSettings(settings);
  return {
    settings,
    types: connection.types,
    queryTimeout: Number(parameters.query_timeout) || undefined,
    warnings,
  };
}

/**
 * Refuses what the query servers would refuse of every query.
 *
 * @param {{ [setting: string]: string }} settings
 * @throws {ConfigError}
 */
function checkSettings(settings) {
  let bytes = 2 * BYTES_FOR_EACH;
  for (const [name, value] of Object.entries(settings)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + BYTES_FOR_EACH;
    const path = SETTING_PATHS.get(name) ?? `connection.options: ${name}`;
    if (name.includes('\0') || value.includes('\0')) {
      throw new ConfigError(`${path}: expected no NUL character`);
    }
    if (/^mtdd\./i.test(name)) {
      throw new ConfigError(
        `${path}: names that begin with "mtdd." belong to the query servers; name the tenant with .mtdd()`,
      );
    }
    if (/^client_encoding$/i.test(name) && !/^(utf-?8|unicode)$/i.test(value.trim())) {
      throw new ConfigError(`${path}: expected UTF8 with mtdd.useMtdd, got ${JSON.stringify(value)}`);
    }
  }
  if (bytes > MOST_BYTES) {
    const largest = Object.keys(settings).sort((a, b) => settings[b].length - settings[a].length)[0];
    const path = SETTING_PATHS.get(largest) ?? 'connection.options';
    throw new ConfigError(
      `${path}: the settings of the connection have ${bytes} bytes, more than the ${MOST_BYTES} that a query server takes`,
    );
  }
}

/**
 * What a connection of this Knex client would be made from. A `connection` that is a function is called as often as
 * Knex calls it, not once more: what it has answered here, Knex gets for its first connection.
 *
 * @param {object} client Knex's
 * @returns {Promise<object>}
 */
async function connectionConfigOf(client) {
  if (typeof client.connectionConfigProvider === 'function') return providerOf(client).answer();
  // A pool that the app passed in (config.connectionPool) knows its connections' settings itself.
  return client.config.connectionPool?.options ?? client.connectionSettings ?? {};
}

/** On a Knex client: its Provider. */
const PROVIDER = Symbol('mtdd.provider');

/** Stands before a `connection` that is a function, for Knex and the library to share its answers. */
class Provider {
  #ask;
  /** The last answer, a promise, until it fails. */
  #last;
  /** Knex has not had it. */
  #isNew = false;

  constructor(ask) {
    this.#ask = ask;
  }

  /** The settings in force. */
  async answer() {
    if (this.#last === undefined || (await this.#isExpired())) this.#askAgain();
    return { ...(await this.#last) };
  }

  /** What Knex calls when it needs settings: the first time, and whenever those that it has have expired. */
  async answerKnex() {
    if (!this.#isNew || (await this.#isExpired())) this.#askAgain();
    this.#isNew = false;
    // Knex takes the expiration checker out of it.
    return { ...(await this.#last) };
  }

  #askAgain() {
    const last = (async () => this.#ask())();
    this.#last = last;
    this.#isNew = true;
    last.catch(() => {
      if (this.#last === last) this.#last = undefined;
    });
  }

  async #isExpired() {
    const { expirationChecker } = (await this.#last) ?? {};
    return typeof expirationChecker === 'function' && Boolean(expirationChecker());
  }
}

function providerOf(client) {
  if (client[PROVIDER] === undefined) {
    const provider = new Provider(client.connectionConfigProvider);
    Object.defineProperty(client, PROVIDER, { value: provider });
    client.connectionConfigProvider = () => provider.answerKnex();
  }
  return client[PROVIDER];
}

/** What `set search_path to`, as Knex says it, makes of the names: PostgreSQL quotes only those that need it. */
function searchPathOf(searchPath) {
  if (!searchPath) return undefined;
  const names = Array.isArray(searchPath) ? searchPath : [searchPath];
  if (!names.every((name) => typeof name === 'string')) {
    throw new ConfigError(`searchPath: expected a string or an array of strings, got a ${typeof searchPath}`);
  }
  return names
    .map((name) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replace(/"/g, '""')}"`))
    .join(', ');
}

/**
 * PostgreSQL's command-line options (`-c name=value`, `--name=value`), as `connection.options` and PGOPTIONS hold
 * them. Spaces separate; a backslash makes the next character ordinary.
 */
function readOptions(text, settings, warnings) {
  const words = (text.match(/(?:\\[\s\S]|\S)+/g) ?? []).map((word) => word.replace(/\\([\s\S])/g, '$1'));
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    const isNextWord = word === '-c' && index + 1 < words.length;
    const pair = isNextWord ? words[++index] : word.replace(/^(?:-c|--)/, '');
    const at = pair.indexOf('=');
    if (at < 1 || (!isNextWord && pair === word)) {
      warnings.push(
        `connection.options: only -c name=value and --name=value reach the shards; the part "${word}" does not.`,
      );
      continue;
    }
    settings[pair.slice(0, at).replace(/-/g, '_')] = pair.slice(at + 1);
  }
}

module.exports = { connectionConfigOf, sessionSettingsOf };
