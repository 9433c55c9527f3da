/** What the routes `Load` and `events` answer: puts together the feed of changes, and the handlers. */

const { listen, listenLocally } = require('../notifications/listen');
const { ChangeFeed } = require('../sync/change-feed');
const { Databases } = require('../sync/databases');
const { LocalChanges } = require('../sync/local-changes');
const { dartFormat, eventFormat } = require('../sync/stream-format');
const { Trimming } = require('../sync/trimming');
const { eventsHandler } = require('./events');
const { loadHandler } = require('./load');

/**
 * @param {import('../knex/runtime').Runtime} runtime
 * @param {object} client Knex's
 * @param {import('../config/config').Config} config
 * @param {import('../logger').Loggers} loggers
 * @returns {import('./routes').Handlers}
 */
function syncHandlers(runtime, client, config, loggers) {
  const { sync: settings, portal, isDevelopment } = config;
  const logger = loggers.notification;
  const databases = new Databases(runtime, client);
  const format = settings.compat === 'dart-0.0' ? dartFormat() : eventFormat(settings.events.retry);
  const { channel } = settings.events;
  const localChanges = () =>
    new LocalChanges({
      local: new Databases({ native: null, shards: 1 }, client),
      shards: databases,
      listen: (heard, onGap) =>
        listenLocally(runtime, client, channel, ({ payload }) => heard(payload), onGap),
      logger,
    });
  const feed = new ChangeFeed({
    databases,
    listen: (shard, heard, onGap) => {
      const where = databases.isSharded ? { shard, onGap } : { onGap };
      return listen(runtime, client, channel, ({ payload }) => heard(payload), where);
    },
    tenantColumn: portal.tenantColumnName,
    frame: format.frame,
    logger,
    local: isDevelopment && runtime.native !== null ? localChanges() : null,
  });
  const clockTolerance = config.auth?.clockTolerance ?? 0;
  const events = eventsHandler({ feed, databases, format, settings, clockTolerance, logger });
  const load = loadHandler({ databases, settings });
  const trimming = new Trimming(databases, logger);
  return {
    async load(request) {
      await load(request);
      trimming.nowAndThen();
    },
    events: events.answer,
    close() {
      events.close();
      feed.close();
    },
  };
}

module.exports = { syncHandlers };
