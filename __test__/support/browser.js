/** Chromium without a window, as it is installed here, or MTDD_TEST_CHROMIUM. */

const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @returns {string | undefined} the program's path; undefined: there is none */
function findBrowser() {
  if (process.env.MTDD_TEST_CHROMIUM) return process.env.MTDD_TEST_CHROMIUM;
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) =>
    fs.existsSync(file),
  );
}

/** @param {string} executablePath */
function startBrowser(executablePath) {
  return chromium.launch({ executablePath, args: FLAGS });
}

module.exports = { findBrowser, startBrowser };
