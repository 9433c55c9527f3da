/** What a page in a browser has: `fetch` and `EventSource` with relative URLs, and a token. */

const http = require('node:http');
const { EventSource } = require('eventsource');
const { token } = require('./http-app');

/**
 * Serves an application, for a page of it.
 *
 * @param {object} app an Express application
 * @param {object} claims of the page's tokens
 */
async function startPage(app, claims) {
  const server = http.createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const page = `http://127.0.0.1:${port}/`;
  const streams = new Set();
  const globals = {
    fetch: (url, init) => fetch(new URL(url, page), init),
    getToken: async () => token(claims),
    EventSource: class extends EventSource {
      constructor(url, init) {
        super(new URL(url, page), init);
        streams.add(this);
      }
    },
  };
  const closeStreams = () => {
    for (const stream of streams) stream.close();
    streams.clear();
  };
  return {
    globals,
    /** The streams that the page has opened. */
    streams,
    closeStreams,
    /** Breaks the connections off. */
    disconnect: () => server.closeAllConnections(),
    async close() {
      closeStreams();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

module.exports = { startPage };
