/**
 * GET /mtdd/events: a stream of the changes of the tenant's rows.
 */

const { ClientClosedError, OverloadedError, ValidationError } = require('../errors');
const { ActiveClients } = require('../push/active-clients');
const { faultOf } = require('../push/device');
const { EventStream } = require('../sync/event-stream');
const { permittedTables } = require('./permitted-tables');
const { UserStreams } = require('./user-streams');

/** Streams that get a heartbeat before the event loop gets its turn. */
const BEATS_AT_ONCE = 500;

/**
 * @param {object} options
 * @param {import('../sync/change-feed').ChangeFeed} options.feed
 * @param {import('../sync/databases').Databases} options.databases
 * @param {import('../sync/stream-format').StreamFormat} options.format
 * @param {import('../config/sync-settings').SyncSettings} options.settings
 * @param {number} options.clockTolerance of tokens; seconds
 * @param {any} options.logger
 */
function eventsHandler({ feed, databases, format, settings, clockTolerance, logger }) {
  const { events, tablesByRole } = settings;
  const heartbeats = setInterval(() => beatAll(feed), events.heartbeat * 1000);
  heartbeats.unref();
  const ofUsers = new UserStreams();
  let isClosed = false;

  /** @param {import('./routes').HttpRequest} request */
  async function answer({ params, user, req, res, signal }) {
    if (isClosed) throw new ClientClosedError();
    if (
      feed.size >= events.maxStreams ||
      feed.sizeOf(user) >= events.maxStreamsPerTenant ||
      ofUsers.sizeOf(user) >= events.maxStreamsPerUser
    ) {
      throw new OverloadedError();
    }
    const device = deviceOf(params, req);
    const lastEventId = req.headers['last-event-id'] ?? params.get('lastEventId') ?? undefined;
    const leave = () => {
      feed.leave(stream);
      ofUsers.delete(user, stream);
    };
    const onDropped = (reason) => {
      leave();
      logger.info({ tenant: user.tid, device, reason }, 'A stream of events was ended');
    };
    const allows = permittedTables(tablesByRole, user);
    const limits = { maxBuffered: events.maxBuffered, clockTolerance };
    const onFailed = (error) =>
      logger.warn({ tenant: user.tid, err: error }, 'Cannot read older changes, and goes on trying');
    const stream = new EventStream({
      res,
      user,
      allows,
      feed,
      databases,
      format,
      limits,
      onDropped,
      onFailed,
    });
    ofUsers.add(user, stream);
    signal.addEventListener('abort', () => {
      stream.forget();
      leave();
    });
    let group;
    try {
      group = await feed.join(stream);
    } catch (error) {
      leave();
      throw error;
    }
    if (signal.aborted || isClosed) {
      leave();
      if (isClosed) throw new ClientClosedError();
      return;
    }
    if (device !== null) keepDevice(device, user, res);
    begin(req, res);
    stream.open(group, lastEventId === '' ? undefined : lastEventId);
  }

  return {
    answer,
    close() {
      isClosed = true;
      clearInterval(heartbeats);
      for (const stream of [...feed.streams()]) stream.end('the service is stopping');
    },
  };
}

/**
 * The device that the stream becomes.
 *
 * @throws {ValidationError}
 */
function deviceOf(params, req) {
  const device = params.get('deviceId') || req.headers.deviceid || null;
  const fault = device === null ? undefined : faultOf(device, 'deviceId');
  if (fault !== undefined) throw new ValidationError(`${fault}.`);
  return device;
}

/** The application finds the device by `ActiveClients.HasWebDeviceEvent(deviceId, 'events', { tenantId })`. */
function keepDevice(device, { tid: tenantId, tenantType }, res) {
  ActiveClients.AddWebDeviceEvent(device, 'events', res, { tenantId, tenantType });
}

/** Nothing between here and the browser may hold events back, or change them. */
function begin(req, res) {
  res.statusCode = 200;
  res.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  res.setHeader('Cache-Control', 'no-cache, no-transform');
  res.setHeader('X-Accel-Buffering', 'no');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  if (req.httpVersionMajor < 2) res.setHeader('Connection', 'keep-alive');
  req.socket?.setTimeout?.(0);
  req.socket?.setNoDelay?.(true);
  res.flushHeaders();
}

async function beatAll(feed) {
  let count = 0;
  for (const stream of [...feed.streams()]) {
    stream.beat();
    if (++count % BEATS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

module.exports = { eventsHandler };
