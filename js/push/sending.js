/**
 * Sends messages to devices by FCM, in batches, and forgets the devices whose tokens FCM no longer knows.
 */

const { MtddError, OutcomeUnknownError, PartialFailureError, argumentError } = require('../errors');
const { checkedDeviceId, checkedToken, keyOf, requiredTenant, tenantOf } = require('./device');
const { fcmCodeOf } = require('./firebase');
const { payloadOf } = require('./message');

/** What FCM's multicast takes at once. */
const BATCH = 500;
/** A batch that takes longer is given up: FCM's own deadlines, with all retries, are shorter. Milliseconds. */
const PATIENCE = 120_000;
/** firebase-admin's code for a token that is no longer registered, and for every other 404. */
const NOT_REGISTERED = 'messaging/registration-token-not-registered';
/** FCM's own code for such a token. */
const UNREGISTERED = 'UNREGISTERED';
/** Says of a token that it never was one. */
const INVALID = 'messaging/invalid-registration-token';
/** FCM's v1 answers a token that it cannot read with the code of any wrong argument. */
const UNREADABLE = /not a valid FCM registration token/i;
/** Characters of a message of FCM's that are passed on. */
const MOST_MESSAGE = 500;

/** Sends for one ActiveClients. */
class Sending {
  #devices;
  #firebase;
  #log;
  #patience;

  /**
   * @param {import('./devices').MobileDevices} devices
   * @param {{ messaging(): any }} firebase
   * @param {() => any} log
   * @param {number} [patience] milliseconds
   */
  constructor(devices, firebase, log, patience = PATIENCE) {
    this.#devices = devices;
    this.#firebase = firebase;
    this.#log = log;
    this.#patience = patience;
  }

  async toToken(fcmToken, message) {
    const call = 'SendPushNotification()';
    const token = checkedToken(fcmToken, call);
    return this.#deliver([{ token }], payloadOf(message, call), call);
  }

  async toDevice(deviceId, message, options) {
    const call = 'SendPushNotificationToDevice()';
    const tenant = tenantOf(options, call);
    checkedDeviceId(deviceId, call);
    const payload = payloadOf(message, call);
    const messaging = this.#firebase.messaging();
    const token = await this.#devices.token(deviceId, options, call);
    if (token === undefined) return this.#said(call, [unknownDevice(deviceId, tenant)]);
    return this.#deliver([{ tenant, deviceId, token }], payload, call, messaging);
  }

  async toTenant(tenant, message, extra) {
    const call = 'SendPushNotificationToTenant()';
    refuseExtra(extra, 'tenant: name its type as { tenantId, tenantType }', call);
    const owner = requiredTenant(tenant, call);
    const payload = payloadOf(message, call);
    const messaging = this.#firebase.messaging();
    return this.#deliver(this.#devices.ofTenant(owner), payload, call, messaging);
  }

  async toAll(message, extra) {
    const call = 'BroadcastPushNotification()';
    refuseExtra(extra, 'it goes to every device: call SendPushNotificationToTenant() for one tenant', call);
    const payload = payloadOf(message, call);
    const messaging = this.#firebase.messaging();
    return this.#deliver(this.#devices.all(), payload, call, messaging);
  }

  async #deliver(devices, payload, call, messaging = this.#firebase.messaging()) {
    const delivery = new Delivery((tokens) => this.#send(messaging, payload, tokens));
    try {
      for await (const device of devices) await delivery.add(device);
    } catch (cause) {
      throw brokenOff(call, outcomeOf(await delivery.end()), cause);
    }
    return this.#said(call, await delivery.end());
  }

  /** Sends one message to up to 500 different tokens, and forgets those that are dead. */
  async #send(messaging, payload, tokens) {
    const answers = await this.#answers(messaging, payload, tokens);
    const dead = this.#dead(tokens, answers);
    if (dead.length > 0) {
      try {
        await this.#devices.forget(dead);
      } catch (error) {
        this.#log().error({ err: error, count: dead.length }, 'Dead push tokens could not be removed');
      }
    }
    return answers;
  }

  /** The tokens that no message will reach again. */
  #dead(tokens, answers) {
    const errors = answers.map((answer) => answer?.error);
    // Where FCM's own code cannot be seen, a message that was taken shows that FCM answers, and has the project.
    const isAnswering = answers.some((answer) => answer?.success === true);
    const doubtful = errors.filter(
      (error) => error?.code === NOT_REGISTERED && !isUnregistered(error, isAnswering),
    );
    if (doubtful.length > 0) {
      this.#log().error(
        { count: doubtful.length },
        'FCM was not found, or not the project: the devices are kept. Check project_id of the Firebase account.',
      );
    }
    return tokens.filter((_, index) => isDead(errors[index], isAnswering));
  }

  /** What FCM says of each token. One that it does not answer for leaves the results of the others as they are. */
  async #answers(messaging, payload, tokens) {
    const late = new OutcomeUnknownError(
      `FCM did not answer within ${this.#patience} ms: the message may arrive, or not.`,
    );
    let timer;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(() => resolve({ success: false, error: late }), this.#patience);
    });
    const answerFor = async (token) => {
      try {
        return (await messaging.sendEachForMulticast({ ...payload, tokens: [token] })).responses[0];
      } catch (error) {
        return { success: false, error };
      }
    };
    try {
      return await Promise.all(tokens.map((token) => Promise.race([answerFor(token), timeout])));
    } finally {
      clearTimeout(timer);
    }
  }

  #said(call, results) {
    const outcome = outcomeOf(results);
    if (outcome.failureCount > 0) {
      const codes = {};
      for (const { error } of results)
        if (error !== undefined) codes[error.code] = (codes[error.code] ?? 0) + 1;
      const { successCount, failureCount } = outcome;
      this.#log().warn({ call, successCount, failureCount, codes }, 'Some push notifications were not sent');
    }
    return outcome;
  }
}

/** Collects devices into batches. A device is sent to once, and so is a token that several devices have. */
class Delivery {
  #send;
  #results = [];
  #seen = new Set();
  /** What has become of each token: a result without its device. */
  #outcomes = new Map();
  /** Results that wait for their token's outcome. */
  #waiting = [];
  #tokens = new Set();

  constructor(send) {
    this.#send = send;
  }

  async add({ tenant, deviceId, token }) {
    if (deviceId !== undefined) {
      const key = JSON.stringify([keyOf(tenant), deviceId]);
      if (this.#seen.has(key)) return;
      this.#seen.add(key);
    }
    const result = deviceId === undefined ? { token } : { ...tenant, deviceId };
    this.#results.push(result);
    this.#waiting.push([result, token]);
    if (!this.#outcomes.has(token)) this.#tokens.add(token);
    if (this.#tokens.size === BATCH) await this.#flush();
  }

  /** @returns {Promise<object[]>} the results of all devices, in their order */
  async end() {
    if (this.#waiting.length > 0) await this.#flush();
    return this.#results;
  }

  async #flush() {
    const tokens = [...this.#tokens];
    const waiting = this.#waiting;
    this.#tokens = new Set();
    this.#waiting = [];
    const answers = tokens.length === 0 ? [] : await this.#send(tokens);
    for (const [index, token] of tokens.entries()) this.#outcomes.set(token, read(answers[index], token));
    for (const [result, token] of waiting) Object.assign(result, this.#outcomes.get(token));
  }
}

/** One answer of FCM's as a result. */
function read(answer, token) {
  if (answer?.success === true) return { ok: true, messageId: answer.messageId };
  const error = answer?.error;
  if (error instanceof MtddError) return { ok: false, error };
  const text = String(error?.message ?? 'FCM did not say why.').replaceAll(token, '[token]');
  const code = typeof error?.code === 'string' ? error.code : 'messaging/unknown-error';
  return { ok: false, error: new MtddError(text.slice(0, MOST_MESSAGE), code, 502) };
}

function isDead(error, isAnswering) {
  if (error?.code === NOT_REGISTERED) return isUnregistered(error, isAnswering);
  if (error?.code === INVALID) return true;
  return error?.code === 'messaging/invalid-argument' && UNREADABLE.test(error.message);
}

/** Whether it is FCM that does not know the token: else every device would be lost with a wrong project. */
function isUnregistered(error, isAnswering) {
  const code = fcmCodeOf(error);
  return code === undefined ? isAnswering : code === UNREGISTERED;
}

function unknownDevice(deviceId, tenant) {
  const whose = tenant === null ? 'without a tenant' : 'of this tenant';
  const error = new MtddError(
    `There is no mobile device ${whose} with this id: register it with AddMobileDevice().`,
    'DEVICE_NOT_FOUND',
    404,
    { ...tenant, deviceId },
  );
  return { ...tenant, deviceId, ok: false, error };
}

function brokenOff(call, outcome, cause) {
  const { successCount, failureCount } = outcome;
  const error = new PartialFailureError(
    `${call}: the device store failed after ${successCount + failureCount} devices, whose results are in \`outcome\`.`,
    { successCount, failureCount },
    cause,
  );
  // Not enumerable: a logger would write the result of each device.
  return Object.defineProperty(error, 'outcome', { value: outcome });
}

function outcomeOf(results) {
  const successCount = results.filter(({ ok }) => ok).length;
  return { successCount, failureCount: results.length - successCount, results };
}

/** An argument that is overlooked might have been a tenant. */
function refuseExtra(extra, hint, call) {
  if (extra.length > 0) throw argumentError(`expected no further argument; ${hint}`, call);
}

module.exports = { Sending };
