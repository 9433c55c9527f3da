/**
 * The settings `events`, `load` and `compat`: what the routes answer.
 */

/** What `compat` may be: the Dart clients up to 0.0.6. */
const COMPAT = ['dart-0.0'];
/** PostgreSQL cuts longer names. Bytes. */
const LONGEST_CHANNEL = 63;

const DEFAULT_EVENTS = {
  channel: 'table_updates',
  heartbeat: 15,
  retry: 2000,
  maxStreams: 20_000,
  maxStreamsPerTenant: 2000,
  maxStreamsPerUser: 100,
  maxBuffered: 1024 * 1024,
};
const DEFAULT_LOAD = { limit: 1000, maxLimit: 10_000 };

/**
 * @typedef {object} EventSettings
 * @property {string} channel of the notifications that there are changes
 * @property {number} heartbeat seconds between two signs of life
 * @property {number} retry milliseconds after which a client may come back
 * @property {number} maxStreams of this process
 * @property {number} maxStreamsPerTenant
 * @property {number} maxStreamsPerUser
 * @property {number} maxBuffered bytes that may wait for a client that reads slowly
 *
 * @typedef {object} LoadSettings
 * @property {number} limit rows of a page, if the client asks for no number
 * @property {number} maxLimit rows of a page, at most
 *
 * @typedef {object} SyncSettings
 * @property {EventSettings} events
 * @property {LoadSettings} load
 * @property {Map<string, string[] | null> | null} tablesByRole which tables a role may read; null in place of the names:
 *   all. null: every user may read all tables of the tenant
 * @property {'dart-0.0' | null} compat
 */

/**
 * @param {typeof import('zod').z} z
 * @param {{ count(error: string, least: number): any, objectError(message: string): any }} shared
 */
function syncSchemas(z, { count, objectError }) {
  const number = (unit) => count(`expected a whole number of ${unit}, at least 1`, 1).nullish();
  const channel = `expected the name of a channel, 1 to ${LONGEST_CHANNEL} bytes`;
  const isChannel = (value) =>
    value !== '' && !value.includes('\0') && Buffer.byteLength(value) <= LONGEST_CHANNEL;
  const tables = 'expected an array of table names, or "*"';
  return {
    events: z
      .strictObject(
        {
          channel: z.string({ error: channel }).refine(isChannel, { error: channel }).nullish(),
          heartbeat: number('seconds'),
          retry: number('milliseconds'),
          maxStreams: number('streams'),
          maxStreamsPerTenant: number('streams'),
          maxStreamsPerUser: number('streams'),
          maxBuffered: number('bytes'),
        },
        { error: objectError('expected an object with channel, heartbeat, retry and limits') },
      )
      .nullish(),
    load: z
      .strictObject(
        { limit: number('rows'), maxLimit: number('rows') },
        { error: objectError('expected an object with limit and maxLimit') },
      )
      .nullish(),
    tablesByRole: z
      .record(
        z.string(),
        z.union([z.literal('*'), z.array(z.string().min(1, { error: tables }), { error: tables })], {
          error: tables,
        }),
        { error: 'expected an object: the tables of each role' },
      )
      .nullish(),
    compat: z.enum(COMPAT, { error: `expected '${COMPAT.join("' or '")}'` }).nullish(),
  };
}

/**
 * @param {{ events?: object, load?: object, tablesByRole?: Record<string, '*' | string[]>, compat?: 'dart-0.0' }} checked
 * @returns {SyncSettings}
 */
function syncOf({ events, load, tablesByRole, compat }) {
  const pages = { ...DEFAULT_LOAD, ...load };
  const roles = Object.entries(tablesByRole ?? {}).map(([role, tables]) => [
    role,
    tables === '*' ? null : tables,
  ]);
  return {
    events: { ...DEFAULT_EVENTS, ...events },
    load: { ...pages, limit: Math.min(pages.limit, pages.maxLimit) },
    tablesByRole: tablesByRole === undefined ? null : new Map(/** @type {any} */ (roles)),
    compat: compat ?? null,
  };
}

module.exports = { syncOf, syncSchemas };
