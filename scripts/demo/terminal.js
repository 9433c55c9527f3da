/** What the demo prints with: headings, lines and marks that read the same without colour. */

const useColour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (useColour ? `\u001b[${code}m${text}\u001b[0m` : text);

const bold = paint(1);
const dim = paint(2);
const red = paint(31);
const green = paint(32);

function heading(text) {
  console.log(`\n${bold(text)}`);
}

function line(text = '') {
  console.log(text ? `  ${text}` : '');
}

/** A row of columns, padded to their widths; the last one as it is. */
function columns(widths, ...cells) {
  line(cells.map((cell, index) => (index < widths.length ? cell.padEnd(widths[index]) : cell)).join('  '));
}

module.exports = { heading, line, columns, bold, dim, red, green };
