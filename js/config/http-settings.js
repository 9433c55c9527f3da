/**
 * The settings `auth` and `http`: their shape, and what holds between them. No message quotes a value of `auth`.
 */

const { ConfigError } = require('../errors');

/** The ways to verify a token. */
const WAYS = ['secret', 'publicKey', 'jwksUri', 'verify'];
/** Which algorithms a token may be signed by; 'none' is not among them. */
const SYMMETRIC = ['HS256', 'HS384', 'HS512'];
const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Seconds that clocks may differ at most. */
const MOST_TOLERANCE = 300;
const GREATEST_INT32 = 2 ** 31 - 1;
const DEFAULT_HTTP = { path: '/mtdd', errors: 'json' };
/** Milliseconds; requests of a user; refused tokens of an address. */
const DEFAULT_RATE_LIMIT = { windowMs: 60_000, limit: 600, failedLimit: 60 };
/** What Express 4 and 5, whose patterns differ, take literally. */
const PLAIN_PATH = /^(\/|(\/[\w~-][\w.~-]*)+)$/;

/**
 * @typedef {object} AuthSettings exactly one of secret, publicKey, jwksUri and verify is there
 * @property {Buffer} [secret]
 * @property {string | object} [publicKey] PEM text or a JWK
 * @property {URL} [jwksUri]
 * @property {(token: string) => unknown} [verify]
 * @property {string[]} [algorithms] default: by the key
 * @property {string[]} [issuer]
 * @property {string[]} [audience]
 * @property {number} clockTolerance seconds
 * @property {number | ((claims: object) => number)} tenantType
 * @property {string} tenantClaim
 *
 * @typedef {object} HttpSettings
 * @property {string} path without a slash at the end, unless it is nothing else
 * @property {'json' | 'app'} errors
 * @property {{ windowMs: number, limit: number, failedLimit: number } | null} rateLimit
 */

/**
 * @param {typeof import('zod').z} z
 * @param {{ count(error: string, least: number): any, objectError(message: string): any }} shared
 * @returns {{ auth: any, http: any }} schemas; without `false`, see `withoutFalse`
 */
function httpSchemas(z, { count, objectError }) {
  const name = (error) => z.string({ error }).min(1, { error });
  const names = (error) =>
    z.union([name(error), z.array(name(error), { error }).min(1, { error })], { error });
  const algorithms = 'expected an array of algorithms, such as "RS256"';
  const type = `expected a whole number from 0 to ${GREATEST_INT32}, or a function`;
  const tolerance = `expected a number of seconds, 0 to ${MOST_TOLERANCE}`;
  const auth = z.strictObject(
    {
      secret: z
        .custom((value) => typeof value === 'string' || value instanceof Uint8Array, {
          error: 'expected a string or a Buffer',
        })
        .nullish(),
      publicKey: z.custom(isPublicKey, { error: 'expected PEM text or a JWK' }).nullish(),
      jwksUri: z
        .custom(isJwksUri, { error: 'expected a URL with https, or with http on loopback' })
        .nullish(),
      verify: z.custom((value) => typeof value === 'function', { error: 'expected a function' }).nullish(),
      algorithms: z
        .array(z.enum([...SYMMETRIC, ...ASYMMETRIC], { error: 'expected an algorithm such as "RS256"' }), {
          error: algorithms,
        })
        .min(1, { error: algorithms })
        .nullish(),
      issuer: names('expected a string, or an array of strings').nullish(),
      audience: names('expected a string, or an array of strings').nullish(),
      clockTolerance: z
        .number({ error: tolerance })
        .min(0, { error: tolerance })
        .max(MOST_TOLERANCE, { error: tolerance })
        .nullish(),
      tenantType: z
        .custom((value) => typeof value === 'function' || isTenantType(value), { error: type })
        .nullish(),
      tenantClaim: name('expected the name of a claim').nullish(),
    },
    { error: objectError(`expected an object with ${WAYS.slice(0, -1).join(', ')} or ${WAYS.at(-1)}`) },
  );
  const path = z.string({ error: 'expected a path such as "/mtdd"' }).regex(PLAIN_PATH, {
    error: 'expected a path such as "/mtdd"',
  });
  const http = z.strictObject(
    {
      path: path.nullish(),
      errors: z.enum(['json', 'app'], { error: "expected 'json' or 'app'" }).nullish(),
      rateLimit: z
        .strictObject(
          {
            windowMs: count('expected a whole number of milliseconds, at least 1', 1).nullish(),
            limit: count('expected a whole number, at least 1', 1).nullish(),
            failedLimit: count('expected a whole number, at least 1', 1).nullish(),
          },
          { error: objectError('expected an object with windowMs, limit and failedLimit, or false') },
        )
        .nullish(),
    },
    { error: objectError('expected an object with path, errors and rateLimit, or false') },
  );
  return { auth: auth.nullish(), http: http.nullish() };
}

/** The configuration without `http: false` and `http.rateLimit: false`, which `httpOf` reads by itself. */
function withoutFalse(given) {
  if (given.http === false) return { ...given, http: undefined };
  if (given.http?.rateLimit !== false) return given;
  return { ...given, http: { ...given.http, rateLimit: undefined } };
}

/**
 * @param {any} auth as checked, without nulls
 * @param {string[]} warnings
 * @returns {AuthSettings | null} null: no token is accepted
 * @throws {ConfigError}
 */
function authOf(auth, warnings) {
  if (auth === undefined) return null;
  const ways = WAYS.filter((way) => auth[way] !== undefined);
  if (ways.length !== 1) {
    const got = ways.length === 0 ? 'none' : ways.join(' and ');
    throw new ConfigError(`auth: expected exactly one of ${WAYS.join(', ')}, got ${got}`);
  }
  const [way] = ways;
  if (way === 'verify') refuseBesideVerify(auth);
  if (way === 'jwksUri' && auth.audience === undefined) {
    warnings.push(
      'auth.audience is not set: tokens that the provider of auth.jwksUri has made for other applications are accepted too.',
    );
  }
  return {
    ...auth,
    ...(way === 'secret' && secretOf(auth)),
    ...(way === 'publicKey' && { publicKey: keyTextOf(auth.publicKey) }),
    ...(way === 'jwksUri' && jwksOf(auth)),
    ...listOf('issuer', auth),
    ...listOf('audience', auth),
    clockTolerance: auth.clockTolerance ?? 0,
    tenantType: auth.tenantType ?? 1,
    tenantClaim: auth.tenantClaim ?? 'tid',
  };
}

/** The function sees the whole token, and alone knows how it is signed and by whom. */
function refuseBesideVerify(auth) {
  for (const key of ['algorithms', 'issuer', 'audience']) {
    if (auth[key] === undefined) continue;
    throw new ConfigError(`auth.${key}: expected none beside auth.verify, which checks it by itself`);
  }
}

function secretOf({ secret: given, algorithms = ['HS256'] }) {
  refuseOthers(algorithms, SYMMETRIC, 'auth.secret');
  // Everybody knows a public key, and could sign by it.
  if (keyTextOf(given).includes('-----BEGIN ')) {
    throw new ConfigError(
      'auth.secret: expected random bytes, got PEM text: a public key belongs into auth.publicKey',
    );
  }
  // A copy: the app may overwrite its own.
  const secret = Buffer.from(given);
  const strongest = SYMMETRIC.findLast((algorithm) => algorithms.includes(algorithm));
  // As many bits as the hash has: RFC 7518, section 3.2.
  const least = Number(strongest.slice(2)) / 8;
  if (secret.length >= least) return { secret, algorithms };
  throw new ConfigError(`auth.secret: expected at least ${least} random bytes for ${strongest}, got fewer`);
}

function jwksOf({ jwksUri, algorithms = ASYMMETRIC }) {
  refuseOthers(algorithms, ASYMMETRIC, 'auth.jwksUri');
  return { jwksUri: new URL(jwksUri), algorithms };
}

/** A list that mixed both kinds would take a public key for a secret. */
function refuseOthers(algorithms, possible, way) {
  const other = algorithms.find((algorithm) => !possible.includes(algorithm));
  if (other === undefined) return;
  throw new ConfigError(
    `auth.algorithms: expected algorithms for ${way} (${possible.join(', ')}), got ${other}`,
  );
}

function listOf(key, auth) {
  return auth[key] === undefined ? {} : { [key]: [auth[key]].flat() };
}

function keyTextOf(key) {
  return key instanceof Uint8Array ? Buffer.from(key).toString() : key;
}

function isPublicKey(value) {
  if (typeof value === 'string' || value instanceof Uint8Array) {
    return keyTextOf(value).includes('-----BEGIN ');
  }
  return typeof value === 'object' && typeof value?.kty === 'string';
}

function isJwksUri(value) {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  // fetch refuses them, at the first token.
  if (username !== '' || password !== '') return false;
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}

function isTenantType(value) {
  return Number.isInteger(value) && value >= 0 && value <= GREATEST_INT32;
}

/**
 * @param {any} given as the app passed it
 * @param {any} checked the same as checked, without nulls
 * @returns {HttpSettings | null} null: nothing is mounted
 */
function httpOf(given, checked) {
  if (given === false) return null;
  return {
    ...DEFAULT_HTTP,
    ...checked,
    rateLimit: given?.rateLimit === false ? null : { ...DEFAULT_RATE_LIMIT, ...checked?.rateLimit },
  };
}

module.exports = { ASYMMETRIC, authOf, httpOf, httpSchemas, withoutFalse };
