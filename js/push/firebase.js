/**
 * The connection to Firebase. `firebase-admin` is loaded when an account is put into use, and not before: an application
 * that sends nothing does not need it. No error contains any part of the account.
 */

const { randomUUID } = require('node:crypto');
const https = require('node:https');
const { findAccount } = require('../config/firebase-account');
const { ConfigError } = require('../errors');

const NOT_CONFIGURED =
  'firebase: not configured: pass a service account, or the path of its file, to ActiveClients.InitializeFirebase() ' +
  'or as `firebase` to InitializeReplication(), or set FIREBASE_SERVICE_ACCOUNT_JSON or FIREBASE_SERVICE_ACCOUNT_PATH.';
/** Connections to FCM at once; each carries one message after the other. */
const MOST_CONNECTIONS = 64;
/** The type of the detail in FCM's errors that has its code. */
const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
/** FCM's codes by the errors that firebase-admin has made of them. @type {WeakMap<object, string | null>} */
const fcmCodes = new WeakMap();
const SPELLINGS = [
  ['project_id', 'projectId'],
  ['private_key', 'privateKey'],
  ['client_email', 'clientEmail'],
];

/** The Firebase app of one ActiveClients. */
class Firebase {
  #log;
  #admin = null;
  #app = null;
  #messaging = null;
  /** The account in use. */
  #account = null;
  /** The account of InitializeReplication, for when nobody passes another. */
  #offered = null;
  /** What getFirebaseConfig shows. */
  #shown = null;

  /** @param {() => object} log */
  constructor(log) {
    this.#log = log;
  }

  /** The app, or null before the first use. */
  get app() {
    return this.#app;
  }

  /** What InitializeFirebase was given: the path, or the account whose key is not enumerable. */
  get config() {
    return this.#shown;
  }

  /**
   * Puts an account into use.
   *
   * @param {object | string | null} [given] an account, or the path of its file; default: the one of
   *   InitializeReplication, else the environment's
   * @throws {ConfigError} a wrong or missing account; firebase-admin is not installed; another account is in use
   */
  initialize(given) {
    if (this.#app !== null && isNothing(given)) return;
    const account = this.#find(given);
    if (this.#app === null) this.#start(account);
    else if (!isSame(account, this.#account)) {
      throw new ConfigError(
        'firebase: another account is in use: call ActiveClients.resetFirebase() before InitializeFirebase().',
      );
    }
    if (!isNothing(given)) this.#shown = typeof given === 'string' ? given : withHiddenKey(given);
  }

  /** Takes an account for later. One that is in use stays in use. */
  offer(account) {
    const current = this.#account ?? this.#offered;
    if (current !== null && !isSame(essential(account), essential(current))) {
      this.#log().warn(
        this.#account === null
          ? 'Another Firebase account replaces the one of an earlier InitializeReplication'
          : 'Push notifications go on with the Firebase account that is in use; resetFirebase() ends that',
      );
    }
    this.#offered = account;
  }

  /** @returns {any} firebase-admin's Messaging, of the account in use or of one that it now puts into use */
  messaging() {
    this.initialize();
    return this.#messaging;
  }

  /** Ends the use of an account. */
  reset() {
    const [app, admin] = [this.#app, this.#admin];
    this.#app = null;
    this.#account = null;
    this.#shown = null;
    if (app === null) return;
    admin.app.deleteApp(app).catch((error) => {
      this.#log().error({ code: error?.code }, 'The Firebase app could not be deleted');
    });
  }

  #find(given) {
    if (isNothing(given) && this.#offered !== null) return essential(this.#offered);
    const { account, path, missing } = findAccount(given, process.env);
    if (account === null) throw new ConfigError(NOT_CONFIGURED);
    if (missing.length > 0)
      throw new ConfigError(`${path}: expected ${missing.join(', ')}, which is missing`);
    return essential(account);
  }

  #start(account) {
    const admin = loadFirebaseAdmin();
    let credential;
    try {
      // A copy, because firebase-admin adds to it.
      credential = admin.app.cert({ ...account });
    } catch {
      // The cause may quote what was given.
      throw new ConfigError('firebase.private_key: expected a private key as PEM text, got something else');
    }
    // A name of its own: the default app stays the application's.
    const httpAgent = new https.Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
    this.#app = admin.app.initializeApp({ credential, httpAgent }, `mtdd-${randomUUID()}`);
    this.#messaging = admin.messaging.getMessaging(this.#app);
    // Over HTTP/2 a batch never ends if its one connection breaks, and no answer is passed on. Early versions know
    // nothing else than HTTP/1.1.
    this.#messaging.enableLegacyHttpTransport?.();
    keepCodes(this.#messaging);
    this.#admin = admin;
    this.#account = account;
  }
}

/**
 * FCM's own code of an error. firebase-admin does not pass it on, and gives the 404 of a wrong project, or of a proxy,
 * the same code as that of a token which is no longer registered.
 *
 * @param {unknown} error of firebase-admin
 * @returns {string | null | undefined} null: FCM has named none, or the answer is not FCM's; undefined: this version of
 *   firebase-admin does not show the answer
 */
function fcmCodeOf(error) {
  return typeof error === 'object' && error !== null ? fcmCodes.get(error) : undefined;
}

/** Notes the codes of the answers to one Messaging. Its handler is no public part of firebase-admin. */
function keepCodes(messaging) {
  const handler = messaging.messagingRequestHandler;
  const build = handler?.buildSendResponseFromError;
  if (typeof build !== 'function') return;
  handler.buildSendResponseFromError = (failure) => {
    const answer = build.call(handler, failure);
    if (answer?.error) fcmCodes.set(answer.error, codeIn(failure?.response));
    return answer;
  };
}

function codeIn(response) {
  // Of an answer that is no JSON, `data` throws.
  const details = response?.isJson?.() ? response.data?.error?.details : undefined;
  const detail = Array.isArray(details) ? details.find((one) => one?.['@type'] === FCM_ERROR) : undefined;
  return typeof detail?.errorCode === 'string' ? detail.errorCode : null;
}

function loadFirebaseAdmin() {
  let admin;
  try {
    admin = { app: require('firebase-admin/app'), messaging: require('firebase-admin/messaging') };
  } catch (cause) {
    throw new ConfigError(
      'firebase: the package firebase-admin is missing, or older than 11.7: run npm install firebase-admin.',
      undefined,
      cause,
    );
  }
  if (typeof admin.messaging.Messaging?.prototype?.sendEachForMulticast === 'function') return admin;
  throw new ConfigError(
    'firebase: firebase-admin is older than 11.7: run npm install firebase-admin@latest.',
  );
}

/** What firebase-admin needs, in one spelling. */
function essential(account) {
  const copy = Object.fromEntries(SPELLINGS.map(([key, other]) => [key, account[key] ?? account[other]]));
  // A key from an environment variable often has its line ends escaped.
  copy.private_key = copy.private_key.replaceAll('\\n', '\n');
  return copy;
}

function isSame(one, other) {
  return SPELLINGS.every(([key]) => one[key] === other[key]);
}

function isNothing(given) {
  return given === undefined || given === null || given === '';
}

/** A copy that can be logged: the key can be read by its name only. */
function withHiddenKey(account) {
  const copy = { ...account };
  for (const key of ['private_key', 'privateKey']) {
    if (copy[key] !== undefined) Object.defineProperty(copy, key, { enumerable: false });
  }
  return Object.freeze(copy);
}

module.exports = { Firebase, fcmCodeOf };
