/**
 * A network that can go silent: a TCP proxy that passes everything on until it is told to stop. Then it neither
 * forwards nor closes anything, as when a cable is pulled.
 */

const net = require('node:net');

/**
 * @param {string} target host:port
 * @returns {Promise<{ address: string, silence(): void, withhold(): void, cut(): void, stop(): void }>} `silence`:
 *   connections that are open stay open and carry nothing any more; new ones work. `withhold`: what the target says on
 *   those is not passed on. `cut`: those are closed
 */
async function startProxy(target) {
  const [host, port] = target.split(':');
  const sockets = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    far.isTarget = true;
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    silence() {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
        // Whatever one side does now, the other does not hear of it.
        socket.removeAllListeners('close');
        socket.removeAllListeners('end');
      }
    },
    withhold() {
      for (const socket of sockets) {
        if (!socket.isTarget) continue;
        socket.unpipe();
        socket.pause();
      }
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

module.exports = { startProxy };
