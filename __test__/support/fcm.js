/**
 * A stand-in for Google on this machine: FCM's v1 endpoint and the endpoint for access tokens. firebase-admin cannot be
 * told another address, so TLS connections to Google's hosts are led to the stand-in; its certificate is checked as
 * Google's would be.
 */

const { generateKeyPairSync } = require('node:crypto');
const { once } = require('node:events');
const https = require('node:https');
const tls = require('node:tls');
const { Authority } = require('./authority');

const PROJECT = 'stand-in';
const HOSTS = ['fcm.googleapis.com', 'oauth2.googleapis.com', 'www.googleapis.com'];
const ACCESS_TOKEN = 'ya29.stand-in';
const SEND = `/v1/projects/${PROJECT}/messages:send`;

/** FCM's error for a token, as v1 words it; the last is its own code, which what is not about the token does not have. */
const REFUSALS = {
  notFound: [404, 'NOT_FOUND', 'Requested entity was not found.'],
  unregistered: [404, 'NOT_FOUND', 'Requested entity was not found.', 'UNREGISTERED'],
  unreadable: [
    400,
    'INVALID_ARGUMENT',
    'The registration token is not a valid FCM registration token',
    'INVALID_ARGUMENT',
  ],
  invalid: [400, 'INVALID_ARGUMENT', "Invalid value at 'message.android'", 'INVALID_ARGUMENT'],
  quoted: [400, 'INVALID_ARGUMENT', 'Wrong value secret-token at message.token', 'INVALID_ARGUMENT'],
  foreign: [403, 'PERMISSION_DENIED', 'SenderId mismatch', 'SENDER_ID_MISMATCH'],
};

/**
 * Starts it. `account` is a service account that it accepts. `sent` are FCM's messages, in the order of their arrival.
 * `refusals` says by token how it is refused: a name of REFUSALS, 'never' for no answer, or 'breaks'
 * for a connection that breaks once; `before` is awaited before
 * each answer.
 */
async function startFcm() {
  const authority = new Authority();
  const contexts = new Map(HOSTS.map((host) => [host, tls.createSecureContext(authority.sign(host))]));
  const fcm = {
    account: account(),
    sent: [],
    /** @type {Map<string, string>} */
    refusals: new Map(),
    before: async (_token) => {},
    /** Whether Google takes the account for a wrong one. */
    refusesAccount: false,
    clear() {
      fcm.sent.length = 0;
      fcm.refusals.clear();
      fcm.before = async () => {};
    },
  };
  const server = https.createServer({
    ...authority.sign(HOSTS[0]),
    SNICallback: (host, done) => done(null, contexts.get(host)),
  });
  const open = new Set();
  server.on('secureConnection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', async (request, response) => {
    const body = await textOf(request);
    const answer = request.url === SEND ? await answerOf(fcm, request, body) : accessToken(fcm, request);
    if (answer === undefined) return;
    response.writeHead(answer[0], { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer[1]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const restore = leadTo(port, authority.pem);
  return Object.assign(fcm, {
    async stop() {
      restore();
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

async function answerOf(fcm, request, body) {
  const { message } = JSON.parse(body);
  if (request.headers.authorization !== `Bearer ${ACCESS_TOKEN}`) {
    return [401, { error: { code: 401, status: 'UNAUTHENTICATED', message: 'no access token' } }];
  }
  const id = fcm.sent.push(message);
  await fcm.before(message.token);
  const refusal = fcm.refusals.get(message.token);
  if (refusal === 'never') return undefined;
  if (refusal === 'breaks') {
    fcm.refusals.delete(message.token);
    request.socket.destroy();
    return undefined;
  }
  if (refusal === undefined) return [200, { name: `projects/${PROJECT}/messages/${id}` }];
  const [code, status, text, errorCode] = REFUSALS[refusal];
  const error = { code, status, message: text };
  if (errorCode === undefined) return [code, { error }];
  const details = [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }];
  return [code, { error: { ...error, details } }];
}

function accessToken(fcm, request) {
  if (fcm.refusesAccount)
    return [400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }];
  if (!/\/token$/.test(request.url)) return [404, { error: request.url }];
  return [200, { access_token: ACCESS_TOKEN, expires_in: 3600, token_type: 'Bearer' }];
}

async function textOf(request) {
  request.setEncoding('utf8');
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** Leads connections to Google's hosts to a port of this machine. */
function leadTo(port, ca) {
  const { connect } = tls;
  tls.connect = (...args) => {
    const [first, second, third] = args;
    const options = typeof first === 'object' ? first : { port: first, host: second, ...third };
    if (!HOSTS.includes(options.host)) return connect(...args);
    const led = { ...options, servername: options.host, host: '127.0.0.1', port, ca };
    return connect(
      led,
      args.find((one) => typeof one === 'function'),
    );
  };
  return () => {
    tls.connect = connect;
  };
}

/** A complete service account whose key belongs to nobody. */
function account() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    type: 'service_account',
    project_id: PROJECT,
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: `push@${PROJECT}.iam.gserviceaccount.com`,
  };
}

module.exports = { startFcm };
