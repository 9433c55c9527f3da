/**
 * Compares `database.config` with the Knex instance. The instance is the local database; what the configuration says of
 * another one has no effect.
 */

const { connectionConfigOf } = require('./connection-settings');

/** As `pg` calls them. */
const FIELDS = ['host', 'port', 'user', 'database'];
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\/.*)?$/i;

/**
 * @param {object} client Knex's
 * @param {{ enabled: boolean, config: Record<string, any> | null }} database
 * @returns {Promise<string[]>} a warning if they differ, or cannot be compared. Values are not quoted
 */
async function contradictions(client, { enabled, config }) {
  if (!enabled || config === null) return [];
  const { driver } = client;
  let actual;
  try {
    actual = parametersOf(driver, await connectionConfigOf(client));
  } catch {
    // A `connection` that is a function, and fails: the application hears of it by its first query.
    return [];
  }
  let said;
  try {
    said = saidIn(driver, config);
  } catch (error) {
    // It opens nothing, so it stops nothing either. Not the message, which may quote the password or a path.
    const code = typeof error?.code === 'string' ? ` (${error.code})` : '';
    return [
      `database.config: expected what \`pg\` can read, got something else${code}. It was not compared with the connection of the Knex instance, on which queries run.`,
    ];
  }
  const different = FIELDS.filter((field) => said[field] !== undefined && !isSame(field, said, actual));
  if (different.length === 0) return [];
  const fields = different.map((field) => `database.config.${field}`).join(', ');
  return [
    `${fields}: expected as in the connection of the Knex instance, which is the local database. Queries run on the instance's connection.`,
  ];
}

/** What it names: `pg`'s settings, or Knex's configuration with these as `connection`. */
function saidIn(driver, config) {
  const connection = config.connection ?? config;
  if (typeof connection === 'string') return parametersOf(driver, { connectionString: connection });
  if (typeof connection !== 'object' || connection === null) return {};
  return typeof connection.connectionString === 'string' ? parametersOf(driver, connection) : connection;
}

/** What `pg` makes of settings, a URL and the environment. It opens nothing. */
function parametersOf(driver, settings) {
  return new driver.Client({ ...settings, stream: undefined, Promise: undefined }).connectionParameters;
}

function isSame(field, said, actual) {
  const [one, other] = [String(said[field]), String(actual[field])];
  if (field === 'host' && LOOPBACK.test(one) && LOOPBACK.test(other)) return true;
  return one === other;
}

module.exports = { contradictions };
