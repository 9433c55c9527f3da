/**
 * What names a device: its id, its token, and the tenant that it belongs to. No message quotes a token.
 */

const { describe, isMisspelt, kindOf } = require('../describe');
const { argumentError } = require('../errors');
const { checkedTenant, checkedTenantType } = require('../knex/route');

/** Bytes of an id: tenant and id together fit into a key of a PostgreSQL index. */
const LONGEST_ID = 512;
/** Characters. FCM's own tokens have fewer than 300. */
const LONGEST_TOKEN = 4096;
const TOKEN = /^[\x21-\x7e]+$/;
const TENANT_NAMES = ['tenantId', 'tenantType'];

/**
 * The tenant that options name.
 *
 * @param {any} options `{ tenantId, tenantType }`; undefined or null for no tenant. An object has to name one
 * @param {string} call what was called, for the message
 * @returns {{ tenantId: string, tenantType: number } | null}
 * @throws {TypeError}
 */
function tenantOf(options, call) {
  if (options === undefined || options === null) return null;
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw argumentError(`options: expected { tenantId, tenantType }, got ${describe(options)}`, call);
  }
  return checkedFields(options, call);
}

/**
 * The tenant of an argument that has to name one.
 *
 * @param {any} tenant its id, or `{ tenantId, tenantType }`
 * @param {string} call
 * @returns {{ tenantId: string, tenantType: number }}
 * @throws {TypeError} undefined, null, '' and NaN included
 */
function requiredTenant(tenant, call) {
  const isObject = typeof tenant === 'object' && tenant !== null && !Array.isArray(tenant);
  return checkedFields(isObject ? tenant : { tenantId: tenant }, call);
}

function checkedFields(fields, call) {
  const unknown = Object.keys(fields).find((name) => !TENANT_NAMES.includes(name));
  if (unknown !== undefined) {
    const meant = TENANT_NAMES.find((name) => isMisspelt(unknown, name));
    const hint = meant === undefined ? 'there are "tenantId" and "tenantType"' : `did you mean "${meant}"?`;
    throw argumentError(`options.${unknown}: unknown option; ${hint}`, call);
  }
  return {
    tenantId: checkedTenant(fields.tenantId, call),
    tenantType: checkedTenantType(fields.tenantType, call),
  };
}

/** @throws {TypeError} for anything but 1 to 512 bytes of text */
function checkedDeviceId(deviceId, call) {
  return checkedText(deviceId, 'deviceId', call);
}

/** A name of at most 512 bytes that every store can keep. */
function checkedText(text, name, call) {
  const fault = faultOf(text, name);
  if (fault !== undefined) throw argumentError(fault, call);
  return text;
}

/**
 * What is wrong with a name.
 *
 * @param {unknown} text
 * @param {string} name of the argument, or the parameter
 * @returns {string | undefined} a sentence that begins with `name`; undefined: nothing
 */
function faultOf(text, name) {
  if (typeof text !== 'string' || text === '') {
    return `${name}: expected a string that is not empty, got ${describe(text)}`;
  }
  if (!text.isWellFormed() || text.includes('\0')) {
    return `${name}: expected a string of whole characters without NUL`;
  }
  if (text.length > LONGEST_ID || Buffer.byteLength(text) > LONGEST_ID) {
    return `${name}: expected at most ${LONGEST_ID} bytes, got more`;
  }
  return undefined;
}

/** @throws {TypeError} which does not quote the token */
function checkedToken(token, call) {
  if (typeof token !== 'string' || token === '') {
    const got = token === '' ? 'an empty one' : kindOf(token);
    throw argumentError(`fcmToken: expected a string that is not empty, got ${got}`, call);
  }
  if (token.length > LONGEST_TOKEN) {
    throw argumentError(`fcmToken: expected at most ${LONGEST_TOKEN} characters, got ${token.length}`, call);
  }
  if (!TOKEN.test(token)) {
    throw argumentError('fcmToken: expected visible ASCII characters without spaces', call);
  }
  return token;
}

/**
 * A tenant as one text, under which it is kept.
 *
 * @param {{ tenantId: string, tenantType: number } | null} tenant
 */
function keyOf(tenant) {
  return tenant === null ? '' : `${tenant.tenantType}:${tenant.tenantId}`;
}

module.exports = { checkedDeviceId, checkedText, checkedToken, faultOf, keyOf, requiredTenant, tenantOf };
