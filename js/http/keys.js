/** The public key of the configuration, and the algorithms that it may be used with. */

const { createPublicKey } = require('node:crypto');
const { ConfigError } = require('../errors');

/** What a key of a type may verify; the first is the default. */
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const EDWARDS = ['EdDSA', 'Ed25519'];
/** By OpenSSL's names of curves. */
const CURVES = { prime256v1: ['ES256'], secp384r1: ['ES384'], secp521r1: ['ES512'] };
/** Bits. What is shorter can be factored, and jose refuses it. */
const LEAST_MODULUS = 2048;

/**
 * @param {{ publicKey?: any, algorithms?: string[] }} auth
 * @returns {{ key: import('node:crypto').KeyObject, algorithms: string[] }}
 * @throws {ConfigError}
 */
function publicKeyOf({ publicKey, algorithms }) {
  const key = parse(publicKey);
  const possible = possibleOf(key);
  if (possible === undefined) {
    throw new ConfigError(
      'auth.publicKey: expected a key of type RSA, EC (P-256, P-384 or P-521) or Ed25519, got another',
    );
  }
  if (key.asymmetricKeyDetails?.modulusLength < LEAST_MODULUS) {
    throw new ConfigError(
      `auth.publicKey: expected an RSA key of at least ${LEAST_MODULUS} bits, got a shorter one`,
    );
  }
  const other = algorithms?.find((algorithm) => !possible.includes(algorithm));
  if (other !== undefined) {
    throw new ConfigError(
      `auth.algorithms: expected algorithms for auth.publicKey (${possible.join(', ')}), got ${other}`,
    );
  }
  return { key, algorithms: algorithms ?? standardOf(publicKey, possible) };
}

function parse(given) {
  const isPrivate =
    typeof given === 'string' ? given.includes('PRIVATE KEY-----') : 'd' in given || given.kty === 'oct';
  // Node would make a public key of it, and the secret would go on lying about where it is not needed.
  if (isPrivate)
    throw new ConfigError('auth.publicKey: expected a public key, got a private one or a secret');
  try {
    return createPublicKey(typeof given === 'string' ? given : { key: given, format: 'jwk' });
  } catch {
    throw new ConfigError(
      'auth.publicKey: expected a public key as PEM text or a JWK, got something that cannot be read',
    );
  }
}

function possibleOf(key) {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return RSA;
    case 'ec':
      return CURVES[key.asymmetricKeyDetails.namedCurve];
    case 'ed25519':
      return EDWARDS;
    default:
      return undefined;
  }
}

/** A JWK may name its algorithm. Both names of Edwards curves mean the same. */
function standardOf(given, possible) {
  if (possible === EDWARDS) return EDWARDS;
  return possible.includes(given.alg) ? [given.alg] : possible.slice(0, 1);
}

module.exports = { publicKeyOf };
