/**
 * JSON for JavaScript: numbers that a double cannot hold become strings, so that whoever parses the text loses nothing.
 */

/** At most so many digits are exact in a double, wherever the point is. */
const EXACT_DIGITS = 15;
/** The longest number that a double may hold: 2^-1074 has 751 digits. Characters. */
const LONGEST_EXACT = 1100;
/** Text that may hold a number with more digits, or with an exponent. */
const SUSPECT = /[\d.]{16}|\d[eE]/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * @param {string} json valid JSON
 * @returns {string} the same, with a string instead of each number that is a whole one beyond 2^53, or that parsing would
 *   change
 */
function withExactNumbers(json) {
  if (!SUSPECT.test(json)) return json;
  const parts = [];
  let copied = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === 34) {
      at = endOfString(json, at);
    } else if (code === 45 || (code >= 48 && code <= 57)) {
      NUMBER.lastIndex = at;
      const [text] = NUMBER.exec(json) ?? [json[at]];
      if (!isExact(text)) {
        parts.push(json.slice(copied, at), '"', text, '"');
        copied = at + text.length;
      }
      at += text.length - 1;
    }
  }
  return copied === 0 ? json : parts.join('') + json.slice(copied);
}

/** Where the string ends that begins at this quotation mark. */
function endOfString(json, start) {
  for (let at = start + 1; ; at++) {
    at = json.indexOf('"', at);
    if (at === -1) return json.length;
    let backslashes = 0;
    while (json.charCodeAt(at - 1 - backslashes) === 92) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}

function isExact(text) {
  if (text.length > LONGEST_EXACT) return false;
  if (text.length <= EXACT_DIGITS && !/[eE]/.test(text)) return true;
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false;
  const [digits, exponent] = scientific(text);
  const [kept, keptExponent] = scientific(String(value));
  return digits === kept && exponent === keptExponent;
}

/** A number's significant digits, and the power of ten of the first. */
function scientific(text) {
  const [mantissa, power = '0'] = text.toLowerCase().split('e');
  const [whole, fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return ['0', 0];
  const leading = (whole + fraction).length - digits.length;
  return [digits.replace(/0+$/, ''), Number(power) + whole.length - leading];
}

module.exports = { withExactNumbers };
