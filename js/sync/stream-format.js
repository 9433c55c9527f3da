/**
 * The text of a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */

/**
 * @typedef {object} StreamFormat
 * @property {() => string} opening the first text of a stream
 * @property {(id: string) => string} position tells the client its position, without an event
 * @property {(id: string | null, json: string, action?: string) => string} frame an event
 * @property {(id: string | undefined, message: object) => string} refetch the client has to read everything again
 * @property {(id: string | undefined) => string} heartbeat
 * @property {(reason: string) => string} closing
 */

/**
 * @param {number} retry after how many milliseconds the client may come back
 * @returns {StreamFormat}
 */
function eventFormat(retry) {
  const idLine = (id) => (id === undefined || id === null ? '' : `id: ${id}\n`);
  return {
    opening: () => `retry: ${retry}\n: connected\n\n`,
    position: (id) => `${idLine(id)}\n`,
    frame: (id, json) => `${idLine(id)}data: ${json}\n\n`,
    refetch: (id, message) => `event: refetch\n${idLine(id)}data: ${JSON.stringify(message)}\n\n`,
    heartbeat: (id) => `: heartbeat\n${idLine(id)}\n`,
    closing: (reason) => `event: closed\ndata: ${JSON.stringify({ reason })}\n\n`,
  };
}

/**
 * What the Dart clients up to 0.0.6 read: a first frame, and events without names whose data is encoded as JSON twice.
 * They know no positions; each block that is no event would be one to them.
 *
 * @returns {StreamFormat}
 */
function dartFormat() {
  return {
    opening: () => 'data: Connected\n\n',
    position: () => '',
    // They would keep the row that a DELETE carries. Triggers of 1.x sent null, which they skip.
    frame: (_id, json, action) => (action === 'DELETE' ? '' : `data: ${JSON.stringify(json)}\n\n`),
    refetch: () => '',
    heartbeat: () => ': heartbeat\n',
    closing: () => '',
  };
}

module.exports = { dartFormat, eventFormat };
