const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const errors = require('../../js/errors');
const library = require('../../js/index.js');
const { eventOf } = require('../../js/native/failures');

const { MtddError, errorFromCode } = errors;

/** Class, code, HTTP status: stable for good. */
const TABLE = [
  ['ConfigError', 'CONFIG_INVALID', 500],
  ['ClientClosedError', 'CLIENT_CLOSED', 503],
  ['TenantNotFoundError', 'TENANT_NOT_FOUND', 404],
  ['ShardNotFoundError', 'SHARD_NOT_FOUND', 404],
  ['ShardUnavailableError', 'SHARD_UNAVAILABLE', 503],
  ['LookupUnavailableError', 'LOOKUP_UNAVAILABLE', 503],
  ['OverloadedError', 'OVERLOADED', 429],
  ['QueryTimeoutError', 'TIMEOUT', 504],
  ['QueryCancelledError', 'CANCELLED', 499],
  ['OutcomeUnknownError', 'OUTCOME_UNKNOWN', 502],
  ['PartialFailureError', 'PARTIAL_FAILURE', 502],
  ['PlanUnsupportedError', 'PLAN_UNSUPPORTED', 501],
  ['CrossShardTransactionError', 'CROSS_SHARD_TRANSACTION', 409],
  ['ProtocolError', 'PROTOCOL', 502],
  ['ValidationError', 'VALIDATION_ERROR', 400],
  ['AuthenticationError', 'AUTHENTICATION_ERROR', 401],
  ['AuthorizationError', 'AUTHORIZATION_ERROR', 403],
];

describe('the table of errors', () => {
  for (const [name, code, statusCode] of TABLE) {
    test(`${code} is ${name} with HTTP ${statusCode}`, () => {
      const cause = new Error('behind');
      const error = errorFromCode(code, 'It broke.', { shard: 1 }, cause);
      assert.ok(error instanceof errors[name]);
      assert.ok(error instanceof MtddError);
      assert.ok(error instanceof Error);
      assert.deepEqual(
        [error.name, error.code, error.statusCode, error.message, error.context, error.cause],
        [name, code, statusCode, 'It broke.', { shard: 1 }, cause],
      );
      assert.equal(String(error), `${name}: It broke.`);
      assert.equal(errors[name].name, name);
      assert.equal(library[name], errors[name]);
      assert.match(new errors[name]().message, /^[A-Z].*\.$/);
    });
  }

  test('holds every class that is exported', () => {
    const classes = Object.keys(errors).filter((name) => /^[A-Z]/.test(name) && name !== 'MtddError');
    assert.deepEqual(classes.sort(), TABLE.map(([name]) => name).sort());
  });
});

test('an unknown code still gives an MtddError', () => {
  const error = errorFromCode('NEW_ONE', '', undefined);
  assert.ok(error instanceof MtddError);
  assert.deepEqual([error.name, error.code, error.statusCode], ['MtddError', 'NEW_ONE', 500]);
  assert.match(error.message, /NEW_ONE/);
});

test('an error without cause or context has neither', () => {
  const error = new errors.ClientClosedError();
  assert.equal('cause' in error, false);
  assert.deepEqual(error.context, {});
});

test('toJSON shows neither SQL, cause, stack nor secrets', () => {
  const error = new errors.ShardUnavailableError(
    'postgres://app:hunter2@db:5432/x cannot be reached.',
    {
      shard: 1,
      token: 'hunter2',
      nested: { privateKey: 'hunter2', list: ['postgres://u:hunter2@h/d'] },
      size: 5n,
      when: new Date(0),
    },
    new Error('hunter2'),
  );
  // As Knex does.
  error.message = `select 'hunter2' - ${error.message}`;
  const text = JSON.stringify(error);
  assert.doesNotMatch(text, /hunter2|select/);
  assert.deepEqual(JSON.parse(text), {
    name: 'ShardUnavailableError',
    code: 'SHARD_UNAVAILABLE',
    statusCode: 503,
    message: 'postgres://app:[redacted]@db:5432/x cannot be reached.',
    context: {
      shard: 1,
      token: '[redacted]',
      nested: { privateKey: '[redacted]', list: ['postgres://u:[redacted]@h/d'] },
      size: '5',
      when: '1970-01-01T00:00:00.000Z',
    },
  });
});

test('a failure that the native client reports keeps the shard and the server that it came from', () => {
  const context = { shardIndex: 1, queryServer: 'shard-1:5001' };
  const failure = { code: 'SHARD_UNAVAILABLE', message: 'It is away.', context };
  const error = eventOf({}, {}, JSON.stringify(failure));
  assert.deepEqual([error.name, error.context], ['ShardUnavailableError', context]);

  const outcomes = [
    { shard: 0, state: 'done' },
    { shard: 1, state: 'failed', error: failure },
  ];
  const partial = { code: 'PARTIAL_FAILURE', message: 'Some failed.', context: {}, cause: failure, outcomes };
  const both = eventOf({}, {}, JSON.stringify(partial));
  assert.ok(both instanceof errors.PartialFailureError);
  assert.deepEqual([both.cause.context, both.outcomes[1].error.context], [context, context]);
  assert.deepEqual(both.outcomes[0], outcomes[0]);
});
