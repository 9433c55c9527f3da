/**
 * The application's migrations: their names, what a command would run of them on a shard, and Knex's migrator.
 */

const { nearestName } = require('../describe');
const { UsageError } = require('./arguments');

/**
 * @typedef {object} Task
 * @property {'latest' | 'rollback' | 'up' | 'down'} command
 * @property {string} [name] of one migration
 * @property {boolean} [all] roll back everything
 */

class Migrations {
  #source;

  /**
   * @param {string[]} names in the order in which they run
   * @param {object} source Knex's migration source
   * @param {{ tableName: string, schemaName: string | null }} settings
   */
  constructor(names, source, settings) {
    this.names = names;
    this.#source = source;
    this.settings = settings;
    /** The table of the completed ones. */
    this.table = settings.schemaName ? `${settings.schemaName}.${settings.tableName}` : settings.tableName;
  }

  /**
   * Reads which there are, by Knex's own settings.
   *
   * @param {import('./knexfile').Knexfile} knexfile
   * @returns {Promise<Migrations>}
   * @throws {UsageError}
   */
  static async read({ knex, config, file }) {
    const { shards: _shards, connection: _connection, ...rest } = /** @type {any} */ (config);
    const bare = /** @type {any} */ (
      knex({
        ...rest,
        client: config.client ?? 'pg',
      })
    );
    const { migrationSource, loadExtensions, tableName, schemaName } = bare.migrate.config;
    try {
      const found = await migrationSource.getMigrations(loadExtensions);
      const names = found.map((one) => migrationSource.getMigrationName(one));
      return new Migrations(names, migrationSource, { tableName, schemaName: schemaName || null });
    } catch (error) {
      throw new UsageError(`${file}: migrations: ${error.message}`);
    }
  }

  /** @throws {UsageError} if there is none of this name */
  require(name) {
    if (this.names.includes(name)) return;
    const near = nearestName(name, this.names);
    throw new UsageError(
      `there is no migration ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }

  /**
   * What a command would run on a shard, in this order.
   *
   * @param {Task} task
   * @param {import('./shard').State} state
   * @returns {string[]}
   */
  plan({ command, name, all }, { completed }) {
    const done = new Set(completed.map((one) => one.name));
    const pending = this.names.filter((one) => !done.has(one));
    if (command === 'latest') return pending;
    if (command === 'up')
      return name === undefined ? pending.slice(0, 1) : pending.filter((one) => one === name);
    const undone = this.names.filter((one) => done.has(one)).reverse();
    if (command === 'down')
      return name === undefined ? undone.slice(0, 1) : undone.filter((one) => one === name);
    if (all) return undone;
    const last = Math.max(...completed.map(({ batch }) => batch));
    return completed
      .filter(({ batch }) => batch === last)
      .map((one) => one.name)
      .reverse();
  }

  /**
   * Runs a command with Knex's migrator.
   *
   * @param {import('knex').Knex} db of the shard
   * @param {Task} task
   * @param {string[]} plan what `plan` has said
   * @param {(name: string | undefined) => void} onActive hears which migration begins, and `undefined` when it is over
   * @returns {Promise<[number, string[]]>} the batch, and what has run
   */
  async run(db, { command, all = false }, [name], onActive) {
    const migrationSource = this.#watched(onActive);
    if (command === 'latest') return db.migrate.latest({ migrationSource });
    if (command === 'rollback') return db.migrate.rollback({ migrationSource }, all);
    // The name, so that it is what was planned.
    return db.migrate[command](/** @type {any} */ ({ migrationSource, name }));
  }

  /** Knex's source, whose migrations say when they run. */
  #watched(onActive) {
    const source = this.#source;
    const watched = (content, name, direction) => {
      // Knex refuses a migration without it, and says so.
      if (typeof content[direction] !== 'function') return content[direction];
      return async (...args) => {
        onActive(name);
        const result = await content[direction](...args);
        onActive(undefined);
        return result;
      };
    };
    return {
      getMigrations: (extensions) => source.getMigrations(extensions),
      getMigrationName: (migration) => source.getMigrationName(migration),
      getMigration: async (migration) => {
        const name = source.getMigrationName(migration);
        try {
          const content = await source.getMigration(migration);
          const { config } = content;
          return { config, up: watched(content, name, 'up'), down: watched(content, name, 'down') };
        } catch (error) {
          onActive(name);
          throw error;
        }
      },
    };
  }
}

module.exports = { Migrations };
