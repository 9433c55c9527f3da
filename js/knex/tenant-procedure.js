/**
 * Recognises a call of the portal's tenant-creating procedure in a statement's text.
 */

/** What a name may hide in without being a call. */
const QUOTED_OR_COMMENT = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * @param {string | undefined} name `portal.tenantInsertProc`: `proc` or `schema.proc`. Compared without regard to
 *   case, as PostgreSQL does for names without quotes
 * @returns {((text: string) => boolean) | undefined} whether a text calls it (`CALL proc(...)`, `SELECT ... proc(...)`);
 *   undefined without a name
 */
function tenantProcedureMatcher(name) {
  if (name === undefined) return undefined;
  const parts = name.split('.').map((part) => escaped(part.replace(/^"|"$/g, '')));
  const last = parts[parts.length - 1];
  const schema = parts.length > 1 ? `"?${parts[parts.length - 2]}"?` : '(?:"[^"]+"|[\\w$]+)';
  const mentioned = new RegExp(last, 'i');
  const called = new RegExp(
    `^\\s*(?:call|select|with)\\b[\\s\\S]*?(?<![\\w$."])(?:${schema}\\s*\\.\\s*)?"?${last}"?\\s*\\(`,
    'i',
  );
  return (text) => mentioned.test(text) && called.test(text.replace(QUOTED_OR_COMMENT, ' '));
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

module.exports = { tenantProcedureMatcher };
