// SPDX-License-Identifier: Apache-2.0
// What the page is made of: the data that the program wrote, elements, numbers for people. Text from
// outside only ever becomes text nodes.

const VERDICTS =
    ['failed', 'interrupted', 'unfinished', 'incomplete', 'refused', 'complete', 'replaced'];
const PAGE_ROWS = 100;
const PRINTED_ROWS = 2000;

const byId = (id) => document.getElementById(id);
const dataOf = (id) => JSON.parse(byId(id).textContent);

// What the program writes for an account, in this order (src/report/html_page.cc).
const FIELDS = [
  'user',      'host',     'verdict', 'planned', 'stored',      'refused',  'skipped',
  'bytes',     'seconds',  'reason',  'started', 'finished',    'journal',  'archives',
  'mailboxes', 'refusals', 'leftOut', 'unread',  'unreadParts', 'senders', 'senderTotals'
];
const accounts = dataOf('data-accounts').map((values, number) => {
  const account = { number };
  FIELDS.forEach((field, i) => { account[field] = values[i]; });
  account.haystack = [account.user, account.host, account.verdict, account.reason,
    ...account.archives].join('\n').toLowerCase();
  return account;
});
const totals = dataOf('data-totals');

function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined) continue;
    if (name in made) made[name] = value; else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function drawn(tag, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Numbers for people; bytes in powers of 1000 as everywhere in mboxferry.
const grouped = new Intl.NumberFormat('en');
const count = (value) => grouped.format(value);
const counted = (value, word) => `${count(value)} ${word}${value === 1 ? '' : 's'}`;
function scaled(value, units, step) {
  let unit = 0;
  while (value >= step && unit + 1 < units.length) { value /= step; unit += 1; }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)}${units[unit]}`;
}
const bytes = (value) => scaled(value, [' B', ' kB', ' MB', ' GB', ' TB', ' PB'], 1000);
const shortCount = (value) => (value !== 0 && value < 10 && value % 1 !== 0
  ? value.toPrecision(2) : scaled(value, ['', 'k', 'M', 'G'], 1000).replace('.0', ''));
function duration(seconds) {
  if (seconds === null) return '';
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 && seconds % 1 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
const instant = (unix) => new Date(unix * 1000).toISOString().slice(0, 19).replace('T', ' ');
const moment = (unix) => instant(unix).slice(0, 16);
const clock = (time) => (Number.isNaN(Date.parse(time)) ? time
  : `${moment(Date.parse(time) / 1000)} UTC`);
const sum = (field) => accounts.reduce((all, account) => all + account[field], 0);
const wordsOf = (verdict) => (verdict === 'unfinished' ? 'not finished' : verdict);
const titleOf = (account) => (account.host ? `${account.user} on ${account.host}` : account.user);
