// SPDX-License-Identifier: Apache-2.0
// The table of many accounts: searched, sorted and turned page by page.

// The table of accounts: rows are made for one page only, however many accounts there are.
const COLUMNS = [
  { field: 'user', name: 'Account' },
  { field: 'host', name: 'Server', className: 'server' },
  { field: 'verdict', name: 'Verdict', rank: (account) => VERDICTS.indexOf(account.verdict) },
  { field: 'planned', name: 'Messages', show: count },
  { field: 'stored', name: 'Stored', show: count },
  { field: 'refused', name: 'Refused', show: count },
  { field: 'skipped', name: 'Left out', show: count },
  { field: 'bytes', name: 'Size', show: bytes },
  { field: 'reason', name: 'Problem', className: 'wide' },
];
const state = { column: COLUMNS[2], descending: false, page: 0, rows: [], cause: null };
const order = new Intl.Collator('en', { numeric: true });

function compare(one, other) {
  const { field, rank } = state.column;
  let result;
  if (rank) result = rank(one) - rank(other);
  else if (typeof one[field] === 'number') result = one[field] - other[field];
  else result = order.compare(one[field], other[field]);
  if (state.descending) result = -result;
  return result || one.number - other.number;
}

function cell(account, column) {
  const value = account[column.field];
  const words = column.field === 'verdict' ? wordsOf(value) : value;
  const shown = column.show ? column.show(value) : words;
  if (column.field === 'user') {
    return element('th', { scope: 'row', role: 'rowheader' },
      element('a', { href: `#account-${account.number + 1}` }, shown || '(no name)'));
  }
  const className = column.className || (column.show ? 'number' : '')
    || (column.field === 'verdict' ? account.verdict : '');
  const made = element('td', { className, role: 'cell' },
    column.className === 'wide' ? element('span', {}, shown) : shown);
  if (shown !== '') made.dataset.name = column.name;
  return made;
}

function showRows(first, rows) {
  const body = byId('table').tBodies[0];
  body.replaceChildren(...state.rows.slice(first, first + rows).map((account) => element(
    'tr', { role: 'row' }, ...COLUMNS.map((column) => cell(account, column)))));
  if (!state.rows.length) {
    body.append(element('tr', { role: 'row' },
      element('td', { className: 'empty', colSpan: COLUMNS.length }, 'No account matches.')));
  }
}

function showPage() {
  const first = state.page * PAGE_ROWS;
  showRows(first, PAGE_ROWS);
  const last = Math.min(first + PAGE_ROWS, state.rows.length);
  byId('shown').textContent = state.rows.length === 0 ? 'No account matches'
    : `${count(first + 1)} to ${count(last)} of ${counted(state.rows.length, 'account')}`;
  const pages = Math.max(1, Math.ceil(state.rows.length / PAGE_ROWS));
  const [back, where, forth] = byId('pages').children;
  back.disabled = state.page === 0;
  forth.disabled = state.page + 1 >= pages;
  where.textContent = `Page ${count(state.page + 1)} of ${count(pages)}`;
  byId('pages').hidden = pages === 1;
}

function choose() {
  const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const only = byId('only').value;
  state.rows = accounts.filter((account) => (only === '' || account.verdict === only)
    && (state.cause === null || causeOf(account) === state.cause)
    && words.every((word) => account.haystack.includes(word))).sort(compare);
  state.page = 0;
  showPage();
}

function sortBy(column) {
  // Numbers are looked at from the largest down, names and verdicts the other way.
  state.descending = state.column === column ? !state.descending : Boolean(column.show);
  state.column = column;
  markSorted();
  choose();
}

function markSorted() {
  [...byId('table').tHead.rows[0].cells].forEach((heading, i) => {
    if (COLUMNS[i] !== state.column) heading.removeAttribute('aria-sort');
    else heading.setAttribute('aria-sort', state.descending ? 'descending' : 'ascending');
  });
}

function makeTable() {
  byId('accounts-section').hidden = false;
  byId('table').setAttribute('role', 'table');
  for (const column of COLUMNS) {
    const button = element('button', { type: 'button' }, column.name);
    button.addEventListener('click', () => sortBy(column));
    byId('table').tHead.rows[0].append(element('th', {
      scope: 'col', role: 'columnheader', className: column.show ? 'number' : '',
    }, button));
  }
  byId('only').append(element('option', { value: '' }, 'all'));
  for (const verdict of VERDICTS) {
    if (!accounts.some((account) => account.verdict === verdict)) continue;
    byId('only').append(element('option', { value: verdict }, wordsOf(verdict)));
  }
  const turn = (name, step) => {
    const button = element('button', { type: 'button' }, name);
    button.addEventListener('click', () => { state.page += step; showPage(); });
    return button;
  };
  byId('pages').append(turn('Previous', -1), element('span', {}), turn('Next', 1));
  byId('search').addEventListener('input', choose);
  byId('only').addEventListener('change', choose);
  byId('controls').addEventListener('submit', (event) => event.preventDefault());
  addEventListener('beforeprint', () => showRows(0, PRINTED_ROWS));
  addEventListener('afterprint', showPage);
  markSorted();
  choose();
}
