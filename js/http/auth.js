/**
 * Who asks: verifies a token by the configuration's `auth`, and reads the user and the tenant out of it.
 */

const { AuthenticationError, AuthorizationError, MtddError } = require('../errors');
const { checkedTenant, checkedTenantType } = require('../knex/route');
const { authUnavailable } = require('./errors');
const { loadJose } = require('./jose');
const { publicKeyOf } = require('./keys');

/** Milliseconds that verifying may take: a provider that has fallen silent must not keep callers waiting. */
const PATIENCE = 5000;
/** Milliseconds between two requests for the keys of a provider, whatever keys tokens name. */
const COOLDOWN = 30_000;
/** Milliseconds without a request after one that has failed: each token that is refused would be another one. */
const PAUSE = 2000;
/** Characters. Node takes 16 KiB of headers, unless it is told otherwise. */
const LONGEST = 16_384;
const NOT_VALID = 'The token is not valid.';
/** What jose says of a key set that was read, and has no key for the token. */
const NO_KEY = new Set([
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JOSE_NOT_SUPPORTED',
]);

/**
 * @typedef {object} User frozen
 * @property {string} sub the user
 * @property {string} tid the tenant's name
 * @property {number} tenantType
 * @property {readonly string[]} roles
 * @property {number | null} exp when the token expires: seconds since 1970; null: `auth.verify` has not said
 * @property {Readonly<Record<string, unknown>>} claims all that the token says
 *
 * @typedef {(token: string | undefined) => Promise<User>} Authenticate rejects with AuthenticationError (401) for a token
 *   that is not valid, AuthorizationError (403) for one that names no tenant, or an error with status 503 when that
 *   cannot be found out. `context.reason` is for the log
 */

/**
 * @param {import('../config/http-settings').AuthSettings | null} auth null: every token is refused
 * @param {{ patience?: number, cooldown?: number, pause?: number }} [limits] milliseconds
 * @returns {Authenticate}
 * @throws {ConfigError} for a key that cannot be used
 */
function authenticator(auth, { patience = PATIENCE, cooldown = COOLDOWN, pause = PAUSE } = {}) {
  if (auth === null) return refuseAll;
  const claimsOf = verifierOf(auth, { patience, cooldown, pause });
  return async (token) => {
    if (token === undefined)
      throw unauthenticated('A token is missing: send "Authorization: Bearer".', 'no token');
    if (token.length > LONGEST) throw unauthenticated(NOT_VALID, `longer than ${LONGEST} characters`);
    return userOf(await withPatience(claimsOf(token), patience), auth);
  };
}

/** @returns {Promise<User>} */
async function refuseAll() {
  throw unauthenticated(
    'This service accepts no tokens.',
    'the configuration has no `auth`, so every token is refused: set auth.secret, auth.publicKey, auth.jwksUri or auth.verify',
  );
}

/** @returns {(token: string) => Promise<any>} */
function verifierOf(auth, limits) {
  if (auth.verify !== undefined) return (token) => verifiedByApp(auth, token);
  const { key, algorithms } = auth.publicKey === undefined ? auth : publicKeyOf(auth);
  let loading;
  let keys = auth.secret ?? key;
  const options = {
    algorithms,
    issuer: auth.issuer,
    audience: auth.audience,
    clockTolerance: auth.clockTolerance,
    requiredClaims: ['exp'],
  };
  return async (token) => {
    loading ??= loadJose();
    const jose = await loading;
    keys ??= remoteKeys(jose, auth.jwksUri, limits);
    try {
      return (await jose.jwtVerify(token, keys, options)).payload;
    } catch (error) {
      if (error instanceof MtddError) throw error;
      throw unauthenticated(
        error.code === 'ERR_JWT_EXPIRED' ? 'The token has expired.' : NOT_VALID,
        reasonOf(error),
      );
    }
  };
}

/**
 * The provider's keys. A failure to get them says nothing about the token, and the provider is left alone for a while;
 * jose itself makes one request at a time, and pauses after those that succeed.
 */
function remoteKeys(jose, uri, { patience, cooldown, pause }) {
  let failure;
  let resting = 0;
  const keys = jose.createRemoteJWKSet(uri, {
    timeoutDuration: patience,
    cooldownDuration: cooldown,
    [jose.customFetch]: async (url, options) => {
      if (Date.now() < resting) throw failure;
      return fetch(url, options);
    },
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (NO_KEY.has(error?.code)) throw error;
      if (error !== failure) {
        failure = error;
        resting = Date.now() + pause;
      }
      throw authUnavailable(`the keys of auth.jwksUri cannot be read: ${reasonOf(error)}`, error);
    }
  };
}

/** What the application's function says; anything that it throws is a refusal. */
async function verifiedByApp({ verify, clockTolerance }, token) {
  let claims;
  try {
    claims = await verify(token);
  } catch (error) {
    // Not its message, which may quote the token.
    throw unauthenticated(NOT_VALID, `auth.verify failed: ${reasonOf(error)}`);
  }
  if (claims === null || typeof claims !== 'object' || Array.isArray(claims)) {
    throw unauthenticated(NOT_VALID, 'auth.verify returned no object of claims');
  }
  const now = Date.now() / 1000;
  if (timeOf(claims, 'exp', Infinity) <= now - clockTolerance) {
    throw unauthenticated('The token has expired.', 'exp');
  }
  if (timeOf(claims, 'nbf', 0) > now + clockTolerance) throw unauthenticated(NOT_VALID, 'nbf');
  return claims;
}

function timeOf(claims, name, standard) {
  const time = ownOf(claims, name);
  if (time === undefined) return standard;
  if (Number.isFinite(time)) return time;
  throw unauthenticated(NOT_VALID, `${name} is no number`);
}

/** Fails with 503 when the answer does not come in time. */
async function withPatience(answer, patience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(authUnavailable(`no answer within ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns {User} */
function userOf(claims, auth) {
  const tid = tenantOf(ownOf(claims, auth.tenantClaim), auth.tenantClaim);
  return Object.freeze({
    sub: subjectOf(ownOf(claims, 'sub')),
    tid,
    tenantType: typeOf(auth.tenantType, claims),
    roles: rolesOf(ownOf(claims, 'roles')),
    exp: /** @type {number | undefined} */ (ownOf(claims, 'exp')) ?? null,
    claims: Object.freeze({ ...claims }),
  });
}

/** What stands on a prototype is no claim. */
function ownOf(claims, name) {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function subjectOf(sub) {
  const name = Number.isSafeInteger(sub) ? String(sub) : sub;
  if (typeof name === 'string' && name !== '' && name.isWellFormed()) return name;
  throw unauthenticated(NOT_VALID, 'the claim sub is no user');
}

function tenantOf(tid, claim) {
  const isName = typeof tid === 'string' || typeof tid === 'bigint' || Number.isInteger(tid);
  try {
    if (isName) return checkedTenant(tid);
  } catch {
    // It is refused below, without being quoted.
  }
  throw unauthorized('The token names no tenant.', `the claim ${claim} is no name of a tenant`);
}

function typeOf(tenantType, claims) {
  if (typeof tenantType === 'number') return tenantType;
  try {
    const type = tenantType(claims);
    // Left out, it would be another type than the application means.
    if (typeof type === 'number') return checkedTenantType(type);
  } catch (error) {
    throw unauthorized('The token names no tenant.', `auth.tenantType failed: ${reasonOf(error)}`);
  }
  throw unauthorized('The token names no tenant.', 'auth.tenantType returned no whole number');
}

function rolesOf(roles) {
  const list = typeof roles === 'string' ? [roles] : (roles ?? []);
  if (Array.isArray(list) && list.every((role) => typeof role === 'string')) return Object.freeze([...list]);
  throw unauthorized('The roles of the token cannot be read.', 'the claim roles is no array of strings');
}

/** What failed, without the values: a message may quote the token. */
function reasonOf(error) {
  const { name, code, claim } = error ?? {};
  const known = [code, name].find((one) => typeof one === 'string' && /^\w{1,64}$/.test(one)) ?? 'an error';
  return typeof claim === 'string' && known.startsWith('ERR_JWT_') ? `${known} (${claim})` : known;
}

function unauthenticated(message, reason) {
  return new AuthenticationError(message, { reason });
}

function unauthorized(message, reason) {
  return new AuthorizationError(message, { reason });
}

module.exports = { authenticator };
