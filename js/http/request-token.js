/**
 * What a request says: its query and its token. The token in a URL is taken out of it, so that a logger which writes the
 * URL at the end of a request does not write the token.
 */

const { AuthenticationError, ValidationError } = require('../errors');
const { describe } = require('../describe');

/** RFC 6750, section 2.1. */
const BEARER = /^bearer +([\w.~+/-]+=*) *$/i;
const PARAMETER = 'token';

/**
 * The parameters of a request. Express 4 and 5 parse them differently, and some parsers make objects of them.
 *
 * @param {any} req
 * @returns {URLSearchParams} each name once
 * @throws {ValidationError} for a parameter that is given twice: two readers might take different ones
 */
function queryOf(req) {
  const url = req.originalUrl ?? req.url;
  const start = url.indexOf('?');
  const params = new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
  const seen = new Set();
  for (const name of params.keys()) {
    if (seen.has(name))
      throw new ValidationError(`${describe(name)}: expected once in the query, got several.`);
    seen.add(name);
  }
  return params;
}

/**
 * The token of a request, which is taken out of its query and its URL.
 *
 * @param {any} req
 * @param {URLSearchParams} params without the token afterwards
 * @param {boolean} mayBeInQuery
 * @returns {string | undefined} undefined: none was given
 * @throws {ValidationError} for one at the wrong place, or two that differ
 * @throws {AuthenticationError} for another header than `Bearer`
 */
function tokenOf(req, params, mayBeInQuery) {
  const inQuery = params.get(PARAMETER);
  params.delete(PARAMETER);
  if (inQuery !== null && !mayBeInQuery) {
    throw new ValidationError(
      'token: expected in the header "Authorization: Bearer", because URLs are logged; got one in the query.',
    );
  }
  const inHeader = headerToken(req);
  if (inHeader !== undefined && inQuery && inQuery !== inHeader) {
    throw new ValidationError('token: expected one, got another in the query than in the header.');
  }
  return inHeader ?? (inQuery || undefined);
}

function headerToken(req) {
  const { authorization } = req.headers;
  if (authorization === undefined) return undefined;
  // Node takes the first of several.
  if (req.headersDistinct?.authorization?.length > 1) {
    throw new ValidationError('Authorization: expected one header, got several.');
  }
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) {
    throw new AuthenticationError('Authorization: expected "Bearer" and a token.', {
      reason: 'the Authorization header is not Bearer and a token',
    });
  }
  return token;
}

/**
 * Takes tokens out of the URL that the application's own code and its logger see from now on.
 *
 * @param {any} req
 */
function hideToken(req) {
  for (const name of ['url', 'originalUrl']) {
    const url = req[name];
    const start = typeof url === 'string' ? url.indexOf('?') : -1;
    if (start === -1) continue;
    const pairs = url.slice(start + 1).split('&');
    const others = pairs.filter((pair) => nameOf(pair) !== PARAMETER);
    if (others.length === pairs.length) continue;
    req[name] = url.slice(0, start) + (others.length === 0 ? '' : `?${others.join('&')}`);
  }
  // Express 4 has parsed it already; Express 5 parses the URL each time.
  if (Object.hasOwn(req, 'query') && req.query && typeof req.query === 'object') delete req.query[PARAMETER];
}

/** As URLSearchParams reads it, so that `%74oken` is found as well; brackets are what Express 4 makes of arrays. */
function nameOf(pair) {
  const [name] = new URLSearchParams(pair).keys();
  return name?.replace(/\[.*$/s, '');
}

module.exports = { hideToken, queryOf, tokenOf };
