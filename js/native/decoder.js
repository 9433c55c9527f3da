/**
 * Decodes rows from the strings that the native client sends. `src/data/compact/` encodes them; both files describe the
 * layout in the same order.
 *
 * A decoder is generated for each shape of rows: V8 compiles it to straight code, and all rows share one hidden class.
 * Where code must not be generated from strings, an interpreter does the same.
 */

/** A length from here on means something else. */
const SHORT = 253;
const OTHERWISE = 253;
const AS_EXTRA = 254;
const EARLIEST = 8640000000000000;
/** Decoders that are kept; a program has a few hundred shapes at most, unless it builds its column names. */
const MOST_DECODERS = 2000;

/** The native client could not make a string or Buffer of a value. Node has the same code where `pg` meets such a value. */
const TOO_LONG =
  'A value of the result is longer than a JavaScript string can be: select a part of it. The statement has run.';

const OWN = { writable: true, enumerable: true, configurable: true };

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/** Where the decoder is, and the values that did not fit into the string. */
class Cursor {
  at = 0;
  /** @type {unknown[] | null} */
  extras = null;
  /** Functions that build documents, by the number of their skeleton. */
  skeletons = [];

  u32(s) {
    const p = this.at;
    this.at = p + 4;
    return (
      (s.charCodeAt(p) |
        (s.charCodeAt(p + 1) << 8) |
        (s.charCodeAt(p + 2) << 16) |
        (s.charCodeAt(p + 3) << 24)) >>>
      0
    );
  }

  /** A value that did not fit into the string. */
  extra(index) {
    const value = this.extras[index];
    if (value === null) throw Object.assign(new Error(TOO_LONG), { code: 'ERR_STRING_TOO_LONG' });
    return value;
  }

  /** A text whose length unit says that it is long. */
  longText(s, length) {
    if (length === AS_EXTRA) return this.extra(this.u32(s));
    const units = this.u32(s);
    const p = this.at;
    this.at = p + units;
    return s.substring(p, p + units);
  }

  text(s) {
    const length = s.charCodeAt(this.at++);
    if (length >= SHORT) return this.longText(s, length);
    const p = this.at;
    this.at = p + length;
    return s.substring(p, p + length);
  }

  /** A JSON document that is long, or comes as a skeleton's values. */
  longJson(s, length) {
    return length === OTHERWISE ? this.skeletons[this.u32(s)](s, this) : JSON.parse(this.longText(s, length));
  }

  /** A bytea that is long, or in escape format. */
  longBytes(s, length, parser) {
    if (length === OTHERWISE) return parser(this.text(s));
    const value = this.longText(s, length);
    return typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  }
}

const charCode = (offset) => `s.charCodeAt(p${offset === 0 ? '' : `+${offset}`})`;
const u16 = (offset) => `(${charCode(offset)}|${charCode(offset + 1)}<<8)`;
const i32 = `${charCode(0)}|${charCode(1)}<<8|${charCode(2)}<<16|${charCode(3)}<<24`;
const u24 = (offset) => `(${charCode(offset)}|${charCode(offset + 1)}<<8|${charCode(offset + 2)}<<16)`;
/** Not the native form: its text follows the mark, for the parser. */
const escaped = (width, column) => `c.at=p+${width};v${column}=parsers[${column}](c.text(s));p=c.at;`;
const text = (column, wrap = (value) => value) =>
  `l=s.charCodeAt(p++);if(l<${SHORT}){v${column}=${wrap(`s.substring(p,p+=l)`)};}` +
  `else{c.at=p;v${column}=${wrap('c.longText(s,l)')};p=c.at;}`;

/** Source that reads one value of a kind into `v<column>`. */
const SOURCE = {
  i: (column) => `v${column}=${i32};p+=4;`,
  o: (column) => `v${column}=(${i32})>>>0;p+=4;`,
  f: (column) =>
    Array.from({ length: 8 }, (_, byte) => `fb[${byte}]=${charCode(byte)};`).join('') +
    `v${column}=f[0];p+=8;`,
  b: (column) => `v${column}=s.charCodeAt(p++)===1;`,
  d: (column) =>
    `if((l=${charCode(6)})!==255){v${column}=new Date(${u24(0)}+${u24(3)}*16777216+l*281474976710656-${EARLIEST});p+=7;}` +
    `else{${escaped(7, column)}}`,
  l: (column) =>
    `if(${charCode(1)}!==255){v${column}=new Date(${u16(0)},${charCode(2)}-1,${charCode(3)},${charCode(4)},` +
    `${charCode(5)},${charCode(6)},${u16(7)});p+=9;}else{${escaped(9, column)}}`,
  c: (column) =>
    `if(${charCode(1)}!==255){v${column}=new Date(${u16(0)},${charCode(2)}-1,${charCode(3)});p+=4;}` +
    `else{${escaped(4, column)}}`,
  x: (column) =>
    `l=s.charCodeAt(p++);if(l<${SHORT}){v${column}=Buffer.from(s.substring(p,p+=l),'latin1');}` +
    `else{c.at=p;v${column}=c.longBytes(s,l,parsers[${column}]);p=c.at;}`,
  j: (column) =>
    `l=s.charCodeAt(p++);if(l<${SHORT}){v${column}=JSON.parse(s.substring(p,p+=l));}` +
    `else{c.at=p;v${column}=c.longJson(s,l);p=c.at;}`,
  t: (column) => text(column),
  p: (column) => text(column, (value) => `parsers[${column}](${value})`),
};

function source(kinds, names, asArray) {
  let body = 'let p=c.at,l=0,n=0;for(let r=0;r<count;r++){';
  for (let column = 0; column < kinds.length; column++) {
    if (column % 8 === 0) body += 'n=s.charCodeAt(p++);';
    body += `let v${column}=null;if((n&${1 << (column % 8)})===0){${SOURCE[kinds[column]](column)}}`;
  }
  const values = Array.from(kinds, (_, column) => `v${column}`);
  const row = asArray
    ? `[${values.join(',')}]`
    : `{${values.map((value, column) => `${key(names[column])}:${value}`).join(',')}}`;
  return `${body}rows.push(${row});}c.at=p;`;
}

/** Written as a computed key, `__proto__` is a property like any other, as it is in `pg`'s rows. */
function key(name) {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}

/** The same, without generated code. */
function interpreter(kinds, names, asArray) {
  const read = {
    i: (s, c) => c.u32(s) | 0,
    o: (s, c) => c.u32(s),
    f: (s, c) => {
      for (let byte = 0; byte < 8; byte++) floatBytes[byte] = s.charCodeAt(c.at++);
      return float[0];
    },
    b: (s, c) => s.charCodeAt(c.at++) === 1,
    d: (s, c, parser) => {
      const top = s.charCodeAt(c.at + 6);
      if (top === 255) return escapedText(s, c, 7, parser);
      let value = top;
      for (let byte = 5; byte >= 0; byte--) value = value * 256 + s.charCodeAt(c.at + byte);
      c.at += 7;
      return new Date(value - EARLIEST);
    },
    l: (s, c, parser) => {
      const p = c.at;
      if (s.charCodeAt(p + 1) === 255) return escapedText(s, c, 9, parser);
      const at = (offset) => s.charCodeAt(p + offset);
      c.at = p + 9;
      return new Date(at(0) | (at(1) << 8), at(2) - 1, at(3), at(4), at(5), at(6), at(7) | (at(8) << 8));
    },
    c: (s, c, parser) => {
      const p = c.at;
      if (s.charCodeAt(p + 1) === 255) return escapedText(s, c, 4, parser);
      c.at = p + 4;
      return new Date(
        s.charCodeAt(p) | (s.charCodeAt(p + 1) << 8),
        s.charCodeAt(p + 2) - 1,
        s.charCodeAt(p + 3),
      );
    },
    x: (s, c, parser) => {
      const length = s.charCodeAt(c.at++);
      if (length >= SHORT) return c.longBytes(s, length, parser);
      const p = c.at;
      c.at = p + length;
      return Buffer.from(s.substring(p, p + length), 'latin1');
    },
    j: (s, c) => {
      const length = s.charCodeAt(c.at++);
      if (length >= SHORT) return c.longJson(s, length);
      const p = c.at;
      c.at = p + length;
      return JSON.parse(s.substring(p, p + length));
    },
    t: (s, c) => c.text(s),
    p: (s, c, parser) => parser(c.text(s)),
  };
  const readers = Array.from(kinds, (kind) => read[kind]);
  return (s, count, rows, parsers, c) => {
    for (let r = 0; r < count; r++) {
      const row = asArray ? new Array(readers.length) : {};
      let nulls = 0;
      for (let column = 0; column < readers.length; column++) {
        if (column % 8 === 0) nulls = s.charCodeAt(c.at++);
        const isNull = (nulls & (1 << (column % 8))) !== 0;
        const value = isNull ? null : readers[column](s, c, parsers[column]);
        if (asArray) row[column] = value;
        else if (names[column] === '__proto__') Object.defineProperty(row, '__proto__', { ...OWN, value });
        else row[names[column]] = value;
      }
      rows.push(row);
    }
  };
}

function escapedText(s, c, width, parser) {
  c.at += width;
  return parser(c.text(s));
}

/** False under --disallow-code-generation-from-strings. */
const canGenerate = (() => {
  try {
    return new Function('return true')();
  } catch {
    return false;
  }
})();
const decoders = new Map();

/**
 * The decoder of a shape: `(string, count, rows, parsers, cursor)` reads `count` rows from the cursor on and pushes them.
 *
 * @param {string} kinds a letter for each column: as in `src/data/kind.rs`, and `p` for text that meets a parser
 * @param {string[]} names
 * @param {boolean} asArray rows are arrays
 */
function decoderFor(kinds, names, asArray) {
  const key = `${asArray ? 'a' : 'o'}${kinds}${JSON.stringify(names)}`;
  let decoder = decoders.get(key);
  if (decoder === undefined) {
    decoder = canGenerate ? generate(kinds, names, asArray) : interpreter(kinds, names, asArray);
    if (decoders.size >= MOST_DECODERS) decoders.clear();
    decoders.set(key, decoder);
  }
  return decoder;
}

function generate(kinds, names, asArray) {
  const make = new Function('f', 'fb', `return (s,count,rows,parsers,c)=>{${source(kinds, names, asArray)}}`);
  return make(float, floatBytes);
}

/** Source that reads the value for a place in a skeleton; `src/data/compact/json.rs` has the same. */
const PLACES = {
  '#': (name) => `const ${name}=${i32};p+=4;`,
  $: (name) => `l=s.charCodeAt(p++);const ${name}=s.substring(p,p+=l);`,
  '~': (name) => `l=s.charCodeAt(p++);const ${name}=+s.substring(p,p+=l);`,
  '?': (name) => `const ${name}=s.charCodeAt(p++)===1;`,
};

/**
 * Compiles a skeleton: `(string, cursor)` reads the values and builds the document.
 *
 * @param {string} skeleton JSON with places instead of values, e.g. `{"a":#,"b":[$,?]}`
 */
function documentBuilder(skeleton) {
  let reads = '';
  let places = 0;
  // JSON.stringify turns keys, which are data, into safe source text.
  const literal = skeleton.replace(/"([^"]*)"|[#$~?]/g, (match, key) => {
    if (key !== undefined) return JSON.stringify(key);
    const name = `v${places++}`;
    reads += PLACES[match](name);
    return name;
  });
  return new Function('s', 'c', `let p=c.at,l=0;${reads}c.at=p;return (${literal});`);
}

module.exports = { Cursor, canGenerate, decoderFor, documentBuilder, generate, interpreter };
