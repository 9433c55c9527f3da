/** What the routes `Load` and `events` answer. */

const { notFound } = require('./errors');

/**
 * @param {import('../knex/runtime').Runtime} _runtime
 * @param {object} _client Knex's
 * @param {import('../config/config').Config} _config
 * @param {import('../logger').Loggers} _loggers
 * @returns {import('./routes').Handlers}
 */
function syncHandlers(_runtime, _client, _config, _loggers) {
  const refuse = () => {
    throw notFound('No table is tracked.');
  };
  return { load: refuse, events: refuse, close() {} };
}

module.exports = { syncHandlers };
