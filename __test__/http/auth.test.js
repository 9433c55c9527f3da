/** Who may ask: tokens in every way of verifying them, by real HTTP. */

const assert = require('node:assert/strict');
const { generateKeyPairSync, sign } = require('node:crypto');
const { describe, it } = require('node:test');
const { ConfigError } = require('../../js');
const { loadConfig } = require('../../js/config/config');
const { authenticator } = require('../../js/http/auth');
const { SECRET, encoded, inSeconds, startHttp, token } = require('../support/http-app');

const GOOD = { sub: 'u1', tid: 'acme', roles: ['reader'] };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const pem = (pair) => pair.publicKey.export({ type: 'spki', format: 'pem' });

/** A token by a private key, made without the library that verifies it. */
function signed(alg, { privateKey }, claims = {}) {
  const text = `${encoded({ alg })}.${encoded({ ...GOOD, exp: inSeconds(60), ...claims })}`;
  const hash = alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`;
  const padding = alg.startsWith('PS') ? { padding: 6, saltLength: 32 } : {};
  const key = { key: privateKey, dsaEncoding: /** @type {const} */ ('ieee-p1363'), ...padding };
  return `${text}.${sign(hash, Buffer.from(text), key).toString('base64url')}`;
}

/** The user of a token, or the status and the reason of its refusal. */
async function outcome(auth, given, limits) {
  try {
    return await authenticator(loadConfig({ auth }, {}).auth, limits)(given);
  } catch (error) {
    return [error.statusCode, error.context?.reason];
  }
}

function refusal(auth) {
  try {
    authenticator(loadConfig({ auth }, {}).auth);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  return assert.fail('it was accepted');
}

describe('a token by a secret', () => {
  const auth = { secret: SECRET };

  it('gives the user, frozen', async () => {
    const user = await outcome(auth, token({ exp: 4e9, scope: 'x' }));
    assert.deepEqual(user, {
      ...GOOD,
      tenantType: 1,
      exp: 4e9,
      claims: { ...GOOD, exp: 4e9, scope: 'x' },
    });
    assert.ok(Object.isFrozen(user) && Object.isFrozen(user.roles) && Object.isFrozen(user.claims));
  });

  for (const [what, bad] of [
    ['by another secret', () => token({}, { secret: 'another secret of thirty-two bytes' })],
    ['that has expired', () => token({ exp: inSeconds(-1) })],
    ['that expires now', () => token({ exp: inSeconds(0) })],
    ['without exp', () => token({ exp: undefined })],
    ['whose exp is a text', () => token({ exp: '4000000000' })],
    ['whose exp is null', () => token({ exp: null })],
    ['that is not valid yet', () => token({ nbf: inSeconds(30) })],
    ['without signature', () => `${token().split('.').slice(0, 2).join('.')}.`],
    ['by "none"', () => `${encoded({ alg: 'none' })}.${token().split('.')[1]}.`],
    ['by "none" that is signed', () => token({}, { header: { alg: 'none' } })],
    ['by "NONE"', () => token({}, { header: { alg: 'NONE' } })],
    ['by an algorithm that is not pinned', () => token({}, { header: { alg: 'HS512' }, hash: 'sha512' })],
    ['without an algorithm', () => token({}, { header: {} })],
    [
      'with a header that has to be understood',
      () => token({}, { header: { alg: 'HS256', crit: ['x'], x: 1 } }),
    ],
    [
      'whose claims were changed',
      () => token().replace(/\.[^.]+\./, `.${encoded({ ...GOOD, tid: 'b', exp: 4e9 })}.`),
    ],
    ['whose claims are an array', () => token().replace(/\.[^.]+\./, `.${encoded([])}.`)],
    ['of two parts', () => 'a.b'],
    ['of five parts, encrypted', () => 'a.b.c.d.e'],
    ['of 16,385 characters', () => 'x'.repeat(16_385)],
    ['of 65,536 bytes', () => token({ pad: 'x'.repeat(65_536) })],
    ['of one byte', () => 'x'],
    ['of none', () => ''],
    ['that is missing', () => undefined],
    ['without sub', () => token({ sub: undefined })],
    ['whose sub is empty', () => token({ sub: '' })],
    ['whose sub is an object', () => token({ sub: { id: 1 } })],
  ]) {
    it(`${what} is refused by 401`, async () => assert.equal((await outcome(auth, bad()))[0], 401));
  }

  it('may be as long as headers may be', async () => {
    const pad = 'x'.repeat(11_000);
    assert.equal((await outcome(auth, token({ pad }))).claims.pad, pad);
  });

  it('is valid by a clock that differs as much as it may', async () => {
    const tolerant = { ...auth, clockTolerance: 30 };
    assert.equal((await outcome(tolerant, token({ exp: inSeconds(-20), nbf: inSeconds(20) }))).tid, 'acme');
    assert.equal((await outcome(tolerant, token({ exp: inSeconds(-31) })))[0], 401);
    assert.equal((await outcome(tolerant, token({ nbf: inSeconds(40) })))[0], 401);
  });

  it('has to come from the issuer, and be for the audience, if these are set', async () => {
    const strict = { ...auth, issuer: ['a', 'b'], audience: 'app' };
    assert.equal((await outcome(strict, token({ iss: 'b', aud: ['x', 'app'] }))).tid, 'acme');
    for (const claims of [
      { iss: 'c', aud: 'app' },
      { iss: 'a', aud: 'another' },
      { aud: 'app' },
      { iss: 'a' },
      { iss: ['a'], aud: 'app' },
      { iss: 'a', aud: [] },
    ]) {
      assert.equal((await outcome(strict, token(claims)))[0], 401, JSON.stringify(claims));
    }
  });
});

describe("a token's tenant", () => {
  const auth = { secret: SECRET };

  it('is named by a string or a whole number', async () => {
    for (const [tid, name] of [
      ['acme', 'acme'],
      [42, '42'],
      [0, '0'],
      ['9007199254740993', '9007199254740993'],
      [' ', ' '],
      ["'; drop table orders; --", "'; drop table orders; --"],
      ['__proto__', '__proto__'],
      ['x'.repeat(2048), 'x'.repeat(2048)],
    ]) {
      assert.equal((await outcome(auth, token({ tid }))).tid, name);
    }
  });

  it('is refused by 403 where it is none', async () => {
    for (const tid of [
      ...[undefined, null, '', true, false, [], ['acme'], {}, { tenantId: 'acme' }, 1.5, 1e300],
      ...[2 ** 53, 'a\0b', '\ud800', 'x'.repeat(2049)],
    ]) {
      const [status, reason] = await outcome(auth, token({ tid }));
      assert.equal(status, 403, JSON.stringify(tid));
      assert.equal(reason, 'the claim tid is no name of a tenant');
    }
  });

  it('is not what stands on a prototype', async () => {
    const claims = Object.assign(Object.create({ tid: 'acme' }), { sub: 'u' });
    assert.equal((await outcome({ verify: () => claims }, 'x'))[0], 403);
    for (const tenantClaim of ['constructor', '__proto__', 'toString']) {
      assert.equal((await outcome({ ...auth, tenantClaim }, token()))[0], 403, tenantClaim);
    }
  });

  it('may stand in another claim', async () => {
    const tenantClaim = 'https://example.com/tenant';
    const user = await outcome({ ...auth, tenantClaim }, token({ [tenantClaim]: 'other' }));
    assert.equal(user.tid, 'other');
    assert.equal((await outcome({ ...auth, tenantClaim }, token()))[0], 403);
  });

  it('has the type of the configuration, or of its function', async () => {
    assert.equal((await outcome({ ...auth, tenantType: 7 }, token())).tenantType, 7);
    const tenantType = ({ kind }) => {
      if (kind === undefined) throw new Error('secret words');
      return kind;
    };
    assert.equal((await outcome({ ...auth, tenantType }, token({ kind: 3 }))).tenantType, 3);
    for (const kind of [undefined, null, '3', -1, 1.5, 2 ** 31, {}]) {
      const [status, reason] = await outcome({ ...auth, tenantType }, token({ kind }));
      assert.equal(status, 403, JSON.stringify(kind));
      assert.doesNotMatch(reason, /secret/);
    }
    assert.equal((await outcome({ ...auth, tenantType: async () => 1 }, token()))[0], 403);
  });
});

it('roles are an array of strings, or one string; none if they are missing', async () => {
  const auth = { secret: SECRET };
  for (const [roles, expected] of [
    [undefined, []],
    [null, []],
    [[], []],
    ['admin', ['admin']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  ]) {
    assert.deepEqual((await outcome(auth, token({ roles }))).roles, expected);
  }
  for (const roles of [1, true, {}, [1], [['a']], ['a', null]]) {
    assert.equal((await outcome(auth, token({ roles })))[0], 403, JSON.stringify(roles));
  }
});

describe('a token by a public key', () => {
  for (const [alg, pair] of /** @type {const} */ ([
    ['RS256', rsa],
    ['ES256', ec],
    ['EdDSA', ed],
    ['Ed25519', ed],
  ])) {
    it(`${alg} is verified by PEM and by JWK`, async () => {
      const jwk = pair.publicKey.export({ format: 'jwk' });
      for (const publicKey of [pem(pair), Buffer.from(pem(pair)), jwk]) {
        assert.equal((await outcome({ publicKey }, signed(alg, pair))).tid, 'acme');
        assert.equal((await outcome({ publicKey }, signed(alg, pair, { exp: 1 })))[0], 401);
      }
    });
  }

  it('has the algorithm of the key, of the JWK, or of the configuration, and no other', async () => {
    const publicKey = pem(rsa);
    assert.equal((await outcome({ publicKey }, signed('PS256', rsa)))[0], 401);
    assert.equal((await outcome({ publicKey, algorithms: ['PS256'] }, signed('PS256', rsa))).tid, 'acme');
    const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), alg: 'PS256' };
    assert.equal((await outcome({ publicKey: jwk }, signed('PS256', rsa))).tid, 'acme');
    assert.equal((await outcome({ publicKey: jwk }, signed('RS256', rsa)))[0], 401);
  });

  it('is refused if the public key was taken for a secret, or the key is another', async () => {
    for (const pair of [rsa, ec, ed]) {
      const publicKey = pem(pair);
      assert.equal((await outcome({ publicKey }, token({}, { secret: publicKey })))[0], 401);
      assert.equal((await outcome({ publicKey }, token({}, { secret: publicKey.trim() })))[0], 401);
    }
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    assert.equal((await outcome({ publicKey: pem(ec) }, signed('ES256', other)))[0], 401);
    assert.equal((await outcome({ publicKey: pem(ec) }, signed('RS256', rsa)))[0], 401);
  });
});

describe('auth that cannot be meant is refused at start', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const cases = [
    [{}, /^auth: expected exactly one of secret, publicKey, jwksUri, verify, got none$/],
    [{ secret: SECRET, verify() {} }, /got secret and verify$/],
    [{ secret: 'hunter2' }, /^auth.secret: expected at least 32 random bytes for HS256, got fewer$/],
    [{ secret: SECRET, algorithms: ['HS512'] }, /at least 64 random bytes for HS512/],
    [{ secret: '' }, /^auth.secret: expected at least 32/],
    [{ secret: SECRET, algorithms: ['RS256'] }, /^auth.algorithms: .*auth.secret/],
    [{ secret: SECRET, algorithms: ['HS256', 'ES256'] }, /^auth.algorithms: /],
    [{ secret: SECRET, algorithms: ['none'] }, /^auth.algorithms\[0\]: expected an algorithm/],
    [{ secret: SECRET, algorithms: [] }, /^auth.algorithms: expected an array/],
    [{ secret: pem(rsa) }, /^auth.secret: expected random bytes, got PEM text/],
    [{ publicKey: pem(rsa), algorithms: ['HS256'] }, /^auth.algorithms: .*auth.publicKey/],
    [{ publicKey: pem(rsa), algorithms: ['ES256'] }, /^auth.algorithms: /],
    [{ publicKey: pem(ec), algorithms: ['ES384'] }, /^auth.algorithms: /],
    [{ publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) }, /got a private one/],
    [{ publicKey: ec.privateKey.export({ format: 'jwk' }) }, /got a private one/],
    [{ publicKey: { kty: 'oct', k: 'hunter2' } }, /got a private one or a secret/],
    [{ publicKey: { kty: 'RSA' } }, /cannot be read/],
    [{ publicKey: '-----BEGIN PUBLIC KEY-----hunter2' }, /cannot be read/],
    [{ publicKey: 'hunter2' }, /^auth.publicKey: expected PEM text or a JWK, got a string$/],
    [{ publicKey: pem(weak) }, /at least 2048 bits/],
    [{ publicKey: pem(generateKeyPairSync('x25519')) }, /got another/],
    [{ publicKey: pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })) }, /got another/],
    [{ jwksUri: 'http://login.example.com/keys' }, /^auth.jwksUri: expected a URL with https/],
    [{ jwksUri: 'https://hunter2:x@login.example.com/keys' }, /^auth.jwksUri: /],
    [{ jwksUri: 'file:///etc/passwd' }, /^auth.jwksUri: /],
    [
      { jwksUri: 'https://login.example.com/keys', algorithms: ['HS256'] },
      /^auth.algorithms: .*auth.jwksUri/,
    ],
    [{ verify() {}, algorithms: ['RS256'] }, /^auth.algorithms: expected none beside auth.verify/],
    [{ verify() {}, issuer: 'x' }, /^auth.issuer: expected none beside/],
    [{ verify: 'hunter2' }, /^auth.verify: expected a function, got a string$/],
    [{ secert: 'hunter2' }, /^auth.secert: unknown option; did you mean "secret"\?$/],
    [new Map([['secret', SECRET]]), /^auth: expected a plain object/],
  ];
  for (const [auth, expected] of cases) {
    it(String(expected), () => {
      const message = refusal(auth);
      assert.match(message, expected);
      assert.doesNotMatch(message, /hunter2/);
    });
  }
});

describe('auth.verify', () => {
  it('returns the claims, at once or later; exp may be missing', async () => {
    for (const verify of [(given) => ({ sub: given, tid: 5 }), async (given) => ({ sub: given, tid: 5 })]) {
      const user = await outcome({ verify }, 'opaque');
      assert.deepEqual([user.sub, user.tid, user.exp], ['opaque', '5', null]);
    }
  });

  it('refuses by whatever it throws, without its message in the log', async () => {
    for (const thrown of [new Error('hunter2'), 'hunter2', undefined, null, { code: 'hunter2 hunter2' }]) {
      const verify = () => {
        throw thrown;
      };
      for (const one of [verify, async () => verify()]) {
        const [status, reason] = await outcome({ verify: one }, 'x');
        assert.equal(status, 401);
        assert.match(reason, /^auth.verify failed/);
        assert.doesNotMatch(reason, /hunter2/);
      }
    }
  });

  it('refuses by nonsense', async () => {
    for (const claims of [undefined, null, true, 1, 'acme', [], [GOOD], () => GOOD, Symbol('x')]) {
      assert.equal((await outcome({ verify: () => claims }, 'x'))[0], 401, String(claims));
    }
    assert.equal((await outcome({ verify: () => ({}) }, 'x'))[0], 403);
  });

  it('is not trusted with an expired token', async () => {
    for (const claims of [
      { exp: inSeconds(-1) },
      { exp: '4000000000' },
      { exp: new Date(4e12) },
      { exp: Number.NaN },
      { nbf: inSeconds(60) },
    ]) {
      assert.equal((await outcome({ verify: () => ({ ...GOOD, ...claims }) }, 'x'))[0], 401);
    }
  });

  it('that hangs is answered by 503', async (context) => {
    const verify = () => new Promise(() => {});
    const { get, log } = await startHttp(context, { auth: { verify }, limits: { patience: 50 } });
    const { status, body, headers } = await get('/mtdd/Load', { token: 'x' });
    assert.deepEqual([status, body.error.code, headers['retry-after']], [503, 'AUTH_UNAVAILABLE', '5']);
    const [record] = await log.requests(1);
    assert.deepEqual([record.level, record.reason], [50, 'no answer within 50 ms']);
  });
});
