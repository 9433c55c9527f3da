/** The repository's Markdown documents: their code blocks, headings, links and tables. */

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const TOP = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];
/** What TypeDoc writes. */
const REFERENCE = 'reference';
const FENCED = /^```(\S*)\n(.*?)^```$/gms;

/** One document. */
class Document {
  /** @param {string} file from the root */
  constructor(file) {
    this.file = file;
    this.text = fs.readFileSync(path.join(ROOT, file), 'utf8');
  }

  /** @returns {{ language: string, code: string, place: string }[]} */
  blocks() {
    return [...this.text.matchAll(FENCED)].map(({ 1: language, 2: code, index }) => ({
      language,
      code,
      place: `${this.file}:${this.text.slice(0, index).split('\n').length}`,
    }));
  }

  /** The text without code blocks. */
  prose() {
    return this.text.replace(FENCED, '');
  }

  /** Where its relative links lead, as they are written. */
  links() {
    const links = [...this.prose().matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    return links.filter((link) => !/^[a-z]+:/.test(link));
  }

  /** What may stand behind `#` in a link to this document: its headings, as GitHub names them. */
  anchors() {
    return [...this.prose().matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
  }

  /** The rows of all tables whose first column has this title, each as its cells. */
  table(title) {
    const tables = this.prose().match(/(?:^\|.*\|\n)+/gm) ?? [];
    return tables
      .map((table) => table.trim().split('\n').map(cellsOf))
      .filter(([titles]) => titles[0] === title)
      .flatMap((rows) => rows.slice(2));
  }
}

function cellsOf(row) {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** All documents. */
function documents() {
  const found = fs
    .readdirSync(path.join(ROOT, 'docs'), { recursive: true })
    .filter((file) => file.endsWith('.md') && !file.startsWith(REFERENCE));
  return [...TOP, ...found.sort().map((file) => path.posix.join('docs', ...file.split(path.sep)))].map(
    (file) => new Document(file),
  );
}

module.exports = { Document, documents };
