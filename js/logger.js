/**
 * Logs: one pino logger per part of the library, or children of the app's own logger. At the default level, `warn`, a
 * healthy application logs nothing. The native client's records come through `record`.
 */

const PARTS = ['api', 'db', 'grpc', 'mtdd', 'notification'];
const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error']);
/**
 * The logger for a record of the native client, by the Rust module that made it. The first match wins; `mtdd` if none
 * matches.
 *
 * @type {[RegExp, string][]}
 */
const PART_OF_TARGET = [
  [/notif|listen/, 'notification'],
  [/channel|lookup|proto|^(tonic|h2|hyper|tower|rustls)/, 'grpc'],
];

/**
 * @typedef {object} Loggers
 * @property {object} api HTTP requests
 * @property {object} db local database
 * @property {object} grpc connections to the servers, tenant lookups
 * @property {object} mtdd routing, start and stop
 * @property {object} notification events and push
 * @property {(level: string, target: string, message: string, fields?: object) => void} record takes a record of the
 *   native client
 * @property {() => void} flush writes what is buffered
 */

/**
 * Makes the loggers.
 *
 * @param {object} config
 * @param {object | null} config.logger the app's own: its level, its destination; nothing else is written to
 * @param {string} config.logLevel for a logger of our own, which writes to stdout
 * @param {boolean} config.isDevelopment readable lines instead of JSON (by pino-pretty when it is installed)
 * @param {{ portalId?: number, portalName?: string }} [config.portal] whose records they are, beside those of others
 * @param {{ write(line: string): void }} [destination] instead of stdout
 * @returns {Loggers}
 */
function createLoggers({ logger, logLevel, isDevelopment, portal = {} }, destination) {
  const root = logger ?? ownLogger(logLevel, isDevelopment, destination);
  const loggers = /** @type {Loggers} */ ({});
  const { portalId, portalName } = portal;
  const whose = {
    ...(portalId !== undefined && { portalId }),
    ...(portalName !== undefined && { portalName }),
  };
  // Only the child has a name: pino would write the root's too, so that the key came twice.
  for (const part of PARTS) loggers[part] = root.child({ name: `knex-mtdd:${part}`, ...whose });

  loggers.record = (level, target, message, fields) => {
    const to = loggers[partOf(target)];
    to[LEVELS.has(level) && typeof to[level] === 'function' ? level : 'debug'](
      { ...fields, target },
      message,
    );
  };
  loggers.flush = () => {
    if (typeof root.flush === 'function') root.flush();
  };
  return loggers;
}

function ownLogger(level, isDevelopment, destination) {
  // Loaded here, because an app with its own logger does not need it.
  const pino = require('pino');
  // Synchronous: nothing is lost at exit, and no handle keeps the process alive.
  const stdout = destination ?? pino.destination({ dest: 1, sync: true });
  return pino({ level, base: null }, isDevelopment ? readable(stdout, destination) : stdout);
}

/** A stream that turns pino's lines into readable ones. */
function readable(stdout, destination) {
  const pretty = prettyPackage();
  if (pretty !== undefined) return pretty({ sync: true, destination: destination ?? 1 });
  return { write: (line) => stdout.write(readableLine(JSON.parse(line))) };
}

function prettyPackage() {
  try {
    return require('pino-pretty');
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** `12:30:01.250 WARN knex-mtdd:grpc message {"shard":1}` */
function readableLine({ level, time, name, msg, err, ...fields }) {
  const label = require('pino').levels.labels[level] ?? String(level);
  const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  const trouble = err === undefined ? '' : `\n${err.stack ?? err.message}`;
  const clock = new Date(time).toISOString().slice(11, 23);
  return `${clock} ${label.toUpperCase()} ${name} ${msg ?? ''}${rest}${trouble}\n`;
}

function partOf(target) {
  const own = target.startsWith('mtdd::') ? target.slice('mtdd::'.length) : target;
  return PART_OF_TARGET.find(([pattern]) => pattern.test(own))?.[1] ?? 'mtdd';
}

module.exports = { createLoggers };
