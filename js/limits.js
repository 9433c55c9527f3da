/** Limits that several parts of the library share. */

/** Milliseconds of the longest timer that Node takes. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Characters of a token, which travels in a header of every call. */
const LONGEST_TOKEN = 8192;

module.exports = { LONGEST_TIMER, LONGEST_TOKEN };
