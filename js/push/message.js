/** Makes FCM's message of a PushMessage. Everything is checked here, before anything is sent. */

const { describe, kindOf, nearestName } = require('../describe');
const { argumentError } = require('../errors');

const FIELDS = ['title', 'body', 'data', 'dataOnly'];
/** FCM's own limit for notification and data together. Bytes. */
const MOST_BYTES = 4096;
/** Keys that FCM keeps for itself. */
const RESERVED = /^(from|message_type)$|^(google|gcm)\./;

/**
 * The title and the body are the notification that the device shows by itself, and also stand in `data`, where clients
 * of 1.x look for them.
 *
 * @param {any} message `{ title, body, data?, dataOnly? }`
 * @param {string} call what was called, for the message of an error
 * @returns {{ notification?: { title: string, body: string }, data: Record<string, string> }}
 * @throws {TypeError} naming the field
 */
function payloadOf(message, call) {
  if (message === null || typeof message !== 'object' || Array.isArray(message)) {
    throw argumentError(`message: expected { title, body }, got ${describe(message)}`, call);
  }
  const unknown = Object.keys(message).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    const meant = nearestName(unknown, FIELDS);
    const hint = meant === undefined ? `there are ${FIELDS.join(', ')}` : `did you mean "${meant}"?`;
    throw argumentError(`message.${unknown}: unknown field; ${hint}`, call);
  }
  const title = textOf(message.title, 'title', call);
  const body = textOf(message.body, 'body', call);
  const dataOnly = message.dataOnly ?? false;
  if (typeof dataOnly !== 'boolean') {
    throw argumentError(`message.dataOnly: expected true or false, got ${describe(dataOnly)}`, call);
  }
  const data = { ...dataOf(message.data, { title, body }, call), title, body };
  const payload = dataOnly ? { data } : { notification: { title, body }, data };
  refuseLarge(payload, call);
  return payload;
}

function textOf(text, name, call) {
  if (typeof text === 'string') return text.toWellFormed();
  throw argumentError(`message.${name}: expected a string, got ${describe(text)}`, call);
}

/** FCM takes strings only. An object as one would be "[object Object]", or JSON that no client expects. */
function dataOf(data, own, call) {
  if (data === undefined || data === null) return {};
  // A Map has no keys of its own, and what it holds would not be sent.
  if (!isPlain(data)) {
    const got = typeof data === 'object' && !Array.isArray(data) ? 'one of a class' : describe(data);
    throw argumentError(`message.data: expected a plain object, got ${got}`, call);
  }
  const texts = Object.entries(data).map(([key, value]) => {
    if (RESERVED.test(key)) {
      throw argumentError(`message.data.${key}: expected another name, FCM keeps this one for itself`, call);
    }
    // firebase-admin copies it as a prototype, that is, not at all.
    if (key === '__proto__') {
      throw argumentError('message.data.__proto__: expected another name, this one would not be sent', call);
    }
    const isText = ['string', 'boolean', 'bigint'].includes(typeof value) || Number.isFinite(value);
    if (!isText) {
      const got = typeof value === 'number' ? String(value) : kindOf(value);
      throw argumentError(
        `message.data.${key}: expected a string, a number or a boolean, got ${got}; write objects with JSON.stringify`,
        call,
      );
    }
    const text = String(value).toWellFormed();
    if (Object.hasOwn(own, key) && own[key] !== text) {
      throw argumentError(
        `message.data.${key}: expected another name, message.${key} is sent under this one`,
        call,
      );
    }
    return [key, text];
  });
  return Object.fromEntries(texts);
}

function isPlain(value) {
  if (typeof value !== 'object') return false;
  const prototype = Object.getPrototypeOf(value);
  // Of another realm too, as in a test runner: its Object.prototype has no prototype either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refuseLarge({ notification = {}, data }, call) {
  const texts = [...Object.entries(data).flat(), ...Object.values(notification)];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= MOST_BYTES) return;
  throw argumentError(
    `message: expected at most ${MOST_BYTES} bytes, got ${bytes}; title and body count twice without dataOnly`,
    call,
  );
}

module.exports = { payloadOf };
