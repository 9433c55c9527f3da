/** The page: shows the tenant's cards as LiveTable has them, and sends what the user does to the server. */

import { LiveTable } from './live-table.js';

const LANES = ['todo', 'doing', 'done'];
const LANE_NAMES = { todo: 'To do', doing: 'In progress', done: 'Done' };
const STATES = {
  loading: 'Loading',
  live: 'Live',
  offline: 'Reconnecting',
  failed: 'Stopped',
  closed: 'Closed',
};
/** Milliseconds for which a problem is shown. */
const PROBLEM_TIME = 6000;

const $ = (id) => document.getElementById(id);
const wantsMotion = matchMedia('(prefers-reduced-motion: no-preference)');
/** The elements of the cards, by the cards' ids. @type {Map<string, HTMLElement>} */
const elements = new Map();
/** @type {LiveTable} */
let cards;

const tenant = new URLSearchParams(location.search).get('tenant');
if (tenant === null) chooseTenant();
else showBoard(tenant);

async function chooseTenant() {
  $('login').hidden = false;
  try {
    const tenants = await (await fetch('/tenants')).json();
    for (const name of tenants) {
      const link = document.createElement('a');
      link.href = `?tenant=${encodeURIComponent(name)}`;
      link.textContent = name;
      $('tenants').append(link);
    }
  } catch {
    $('login-error').textContent = 'The server does not answer. Try again in a moment.';
  }
}

async function login() {
  const response = await fetch('/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ tenant }),
  });
  if (response.status === 401) {
    // Nobody's board.
    location.replace('./');
    throw new Error('There is no such tenant.');
  }
  if (!response.ok) throw new Error(`Login failed: ${response.status}`);
  return (await response.json()).token;
}

function showBoard(name) {
  $('app').hidden = false;
  $('tenant').textContent = name;
  document.title = `${name} · Live board`;
  for (const lane of document.querySelectorAll('.lane')) addAdder(lane);
  cards = new LiveTable({ table: 'cards', key: 'id', login });
  cards.addEventListener('state', showState);
  cards.addEventListener('loaded', showAll);
  cards.addEventListener('changed', ({ detail }) => showChange(detail));
  cards.open();
}

function showState() {
  const { state, reason } = cards;
  $('connection').dataset.state = state;
  $('connection').title = reason ?? '';
  $('state').textContent = STATES[state];
  if (state === 'failed') showProblem(reason ?? 'The board cannot be loaded.', Number.POSITIVE_INFINITY);
}

/** All cards anew. */
function showAll() {
  for (const [id, element] of elements) {
    if (cards.rows.has(id)) continue;
    element.remove();
    elements.delete(id);
  }
  const ordered = [...cards.rows.values()].sort(byAge);
  for (const lane of LANES) {
    const list = listOf(lane);
    ordered
      .filter((card) => card.lane === lane)
      .forEach((card, index) => {
        const element = elementOf(card);
        // An element that is moved loses the focus.
        if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
      });
  }
  $('board').ariaBusy = 'false';
  count();
}

/** One change, where it happens. */
function showChange({ action, row, before }) {
  const moves = positions();
  if (action === 'DELETE') {
    remove(elements.get(row.id));
    elements.delete(row.id);
    announce(`Deleted: ${row.title}`);
  } else {
    const isNew = before === undefined;
    const element = elementOf(row);
    const hadFocus = element.contains(document.activeElement) ? document.activeElement : null;
    if (isNew || before.lane !== row.lane) place(element, row);
    hadFocus?.focus();
    if (isNew) enter(element);
    light(element);
    const moved = isNew || before.lane !== row.lane ? ` in ${LANE_NAMES[row.lane]}` : '';
    announce(`${isNew ? 'Added' : 'Changed'}${moved}: ${row.title}`);
  }
  count();
  glide(moves);
}

function byAge(one, other) {
  return one.created_at < other.created_at || (one.created_at === other.created_at && one.id < other.id)
    ? -1
    : 1;
}

const listOf = (lane) => document.querySelector(`[data-lane="${lane}"] .cards`);

/** Puts a card into its lane, the oldest first. */
function place(element, card) {
  const list = listOf(card.lane);
  const next = [...list.children].find((other) => {
    const row = cards.rows.get(other.dataset.id);
    return other !== element && row !== undefined && byAge(card, row) < 0;
  });
  list.insertBefore(element, next ?? null);
}

/** The element of a card, up to date. */
function elementOf({ id, title, lane }) {
  let element = elements.get(id);
  if (element === undefined) {
    element = $('card').content.cloneNode(true).firstElementChild;
    element.dataset.id = id;
    element.querySelector('.title').addEventListener('click', () => edit(id));
    element.querySelector('.back').addEventListener('click', () => move(id, -1));
    element.querySelector('.forth').addEventListener('click', () => move(id, 1));
    element.querySelector('.delete').addEventListener('click', () => send('DELETE', `/cards/${id}`));
    elements.set(id, element);
  }
  const place = LANES.indexOf(lane);
  element.querySelector('button.title').textContent = title;
  label(element.querySelector('button.title'), `Edit: ${title}`);
  for (const [name, target] of [
    ['.back', LANES[place - 1]],
    ['.forth', LANES[place + 1]],
  ]) {
    const button = element.querySelector(name);
    button.hidden = target === undefined;
    if (target !== undefined) label(button, `Move to ${LANE_NAMES[target]}: ${title}`);
  }
  label(element.querySelector('.delete'), `Delete: ${title}`);
  return element;
}

function label(button, text) {
  button.ariaLabel = text;
  button.title = text.slice(0, text.indexOf(':'));
}

function addAdder(lane) {
  const form = $('adder').content.cloneNode(true).firstElementChild;
  const input = form.elements.namedItem('title');
  input.ariaLabel = `A card for ${LANE_NAMES[lane.dataset.lane]}`;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const title = input.value.trim();
    if (title === '') return;
    input.value = '';
    // What could not be saved is not lost.
    if (!(await send('POST', '/cards', { title, lane: lane.dataset.lane }))) input.value ||= title;
  });
  lane.append(form);
}

function move(id, step) {
  const lane = LANES[LANES.indexOf(cards.rows.get(id).lane) + step];
  return send('PATCH', `/cards/${id}`, { lane });
}

/** Enter saves, Escape leaves the title as it was, and so does leaving it empty. */
function edit(id) {
  const button = elements.get(id).querySelector('button.title');
  const input = document.createElement('input');
  Object.assign(input, { className: 'title', value: cards.rows.get(id).title, maxLength: 200 });
  input.ariaLabel = 'Title of the card';
  const before = input.value;
  let isOver = false;
  const end = async (saves) => {
    if (isOver) return;
    isOver = true;
    const title = input.value.trim();
    const hadFocus = document.activeElement === input;
    input.remove();
    button.hidden = false;
    if (hadFocus) button.focus();
    if (saves && title !== '' && title !== before) await send('PATCH', `/cards/${id}`, { title });
  };
  input.addEventListener('keydown', ({ key, isComposing }) => {
    if (isComposing) return;
    if (key === 'Enter') end(true);
    else if (key === 'Escape') end(false);
  });
  input.addEventListener('blur', () => end(true));
  button.hidden = true;
  button.before(input);
  input.focus();
  input.select();
}

/** Sends a change. What becomes of it comes back by the stream, as it does to everybody else. */
async function send(method, path, body) {
  try {
    const headers = { 'Content-Type': 'application/json' };
    const response = await cards.fetch(path, { method, headers, body: body && JSON.stringify(body) });
    if (response.ok) return true;
    const { error } = await response.json().catch(() => ({}));
    showProblem(response.status === 404 ? 'Somebody has deleted this card.' : error?.message);
  } catch {
    showProblem();
  }
  return false;
}

let problemTimer;

function showProblem(text = 'This could not be saved. Try again in a moment.', duration = PROBLEM_TIME) {
  $('problem').textContent = text;
  $('problem').hidden = false;
  clearTimeout(problemTimer);
  if (duration === Number.POSITIVE_INFINITY) return;
  problemTimer = setTimeout(() => {
    $('problem').hidden = true;
  }, duration);
}

function announce(text) {
  $('announcer').textContent = text;
}

function count() {
  for (const lane of document.querySelectorAll('.lane')) {
    const { length } = lane.querySelectorAll('.card');
    lane.querySelector('.count').textContent = length === 0 ? '' : length;
  }
}

/** Where the cards are, of those that can be seen. */
function positions() {
  if (!wantsMotion.matches || document.hidden) return new Map();
  return new Map([...elements.values()].map((element) => [element, element.getBoundingClientRect()]));
}

/** Cards that a change has moved go there instead of jumping. */
function glide(from) {
  for (const [element, before] of from) {
    if (!element.isConnected) continue;
    const after = element.getBoundingClientRect();
    const [x, y] = [before.left - after.left, before.top - after.top];
    if (x === 0 && y === 0) continue;
    element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: 'none' }], {
      duration: 260,
      easing: 'cubic-bezier(.2, .8, .2, 1)',
    });
  }
}

function enter(element) {
  if (!wantsMotion.matches) return;
  element.animate([{ opacity: 0, transform: 'scale(.96)' }, {}], { duration: 220, easing: 'ease-out' });
}

/** Who works by keyboard goes on beside the card. */
function remove(element) {
  const lane = element.closest('.lane');
  const next = (element.nextElementSibling ?? element.previousElementSibling)?.querySelector('.title');
  const hadFocus = element.contains(document.activeElement);
  element.remove();
  if (hadFocus) (next ?? lane.querySelector('.adder input')).focus();
}

function light(element) {
  element.classList.remove('changed');
  // The animation begins anew only after a layout without it.
  element.getBoundingClientRect();
  element.classList.add('changed');
}
