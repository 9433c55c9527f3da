/** A Redis server of its own on this machine, if one is installed. */

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const { once } = require('node:events');
const os = require('node:os');
const path = require('node:path');

/** Why there is no Redis to test on; undefined if there is one. */
function missingRedis() {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'redis-server is not installed';
  }
}

/** @returns {Promise<{ port: number, stop(): Promise<void> }>} */
async function startRedis() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-redis-'));
  // Redis takes port 0 for none at all.
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', dir: directory, save: '', appendonly: 'no' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (/ready to accept connections/i.test(output)) resolve();
    });
    exited.then(() => reject(new Error(`redis-server ended: ${output}`)));
  });
  return {
    port,
    async stop() {
      child.kill();
      await exited;
      fs.rmSync(directory, { recursive: true });
    },
  };
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

module.exports = { missingRedis, startRedis };
