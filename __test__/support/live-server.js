/** A process of its own with the application of `live-app.js`, which can be killed. Its argument: what it stands on. */

const { startLiveApp } = require('./live-app');

const { cluster, config, port } = JSON.parse(process.argv[2]);
startLiveApp(cluster, config, { port }).then(
  (app) =>
    process.stdout.write(`${JSON.stringify({ event: 'listening', address: `127.0.0.1:${app.port}` })}\n`),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
