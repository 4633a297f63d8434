// SPDX-License-Identifier: Apache-2.0
// Draws the report from the data in the page. Text from outside only ever becomes text nodes.
'use strict';
(() => {
  const VERDICTS = ['failed', 'interrupted', 'unfinished', 'refused', 'complete'];
  const PAGE_ROWS = 100;
  const PRINTED_ROWS = 2000;

  const byId = (id) => document.getElementById(id);
  const dataOf = (id) => JSON.parse(byId(id).textContent);

  // What the program writes for an account, in this order (src/report/html_page.cc).
  const FIELDS = ['user', 'host', 'verdict', 'planned', 'stored', 'refused', 'skipped', 'bytes',
    'seconds', 'reason', 'started', 'finished', 'journal', 'archives', 'mailboxes', 'refusals'];
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
  const titleOf = (account) => (account.host ? `${account.user} on ${account.host}` : account.user);

  function outcome(account) {
    if (account.verdict === 'refused') return `${counted(account.refused, 'message')} refused`;
    return account.verdict === 'unfinished' ? 'not finished' : account.verdict;
  }

  // Verdicts first.
  function showVerdicts() {
    const many = new Map(VERDICTS.map((verdict) => [verdict, 0]));
    for (const { verdict } of accounts) many.set(verdict, (many.get(verdict) || 0) + 1);
    const present = [...many].filter(([, number]) => number > 0);
    const complete = many.get('complete');
    const worst = present.length ? present[0][0] : 'complete';
    let headline = `${count(complete)} of ${counted(accounts.length, 'account')} complete`;
    if (accounts.length === 1) headline = `${titleOf(accounts[0])}: ${outcome(accounts[0])}`;
    if (accounts.length === 0) headline = 'No account';
    byId('headline').replaceChildren(
      element('span', { className: `dot ${worst}`, 'aria-hidden': 'true' }), headline);
    document.title = `${headline} - mboxferry report`;
    byId('generated').textContent = `Written ${moment(totals.written)} UTC`;
    const bar = byId('verdict-bar');
    bar.hidden = accounts.length < 2;
    byId('verdicts').hidden = accounts.length < 2;
    bar.setAttribute('aria-label',
      present.map(([verdict, number]) => `${number} ${verdict}`).join(', '));
    for (const [verdict, number] of present) {
      const part = element('span', { className: verdict });
      part.style.flexGrow = number;
      bar.append(part);
      byId('verdicts').append(element('li', { className: verdict },
        element('span', {}, `${count(number)} ${verdict}`)));
    }
    const tile = (name, value, small) => byId('tiles').append(element('div', {},
      element('dt', {}, name),
      element('dd', {}, value, ...(small ? [element('small', {}, small)] : []))));
    if (accounts.length !== 1) tile('Accounts', count(accounts.length));
    tile('Messages stored', count(sum('stored')), `of ${count(sum('planned'))} to be moved`);
    tile('Size', bytes(sum('bytes')), 'of these, as sent');
    tile('Refused', count(sum('refused')), 'kept aside, with reasons');
    tile('Left out', count(sum('skipped')), 'by a rule');
    const starts = accounts.map((account) => account.started).filter(Boolean).sort();
    const ends = accounts.map((account) => account.finished).filter(Boolean).sort();
    if (starts.length) {
      const [day, time] = clock(starts[0]).split(/ (.*)/);
      tile('Begun', day, ends.length ? `${time}, until ${clock(ends.at(-1))}` : time);
    }
  }

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
  const state = { column: COLUMNS[2], descending: false, page: 0, rows: [] };
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
    const shown = column.show ? column.show(value) : value;
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
      byId('only').append(element('option', { value: verdict }, verdict));
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

  // A table that is not sorted. Columns are [heading, class, how a value is shown].
  function plainTable(caption, columns, rows, className) {
    const cellOf = (value, i) => {
      const [name, kind, show] = columns[i];
      const shown = show ? show(value) : value;
      if (i === 0) return element('th', { scope: 'row', role: 'rowheader' }, shown);
      const made = element('td', { className: kind, role: 'cell' }, shown);
      made.dataset.name = name;
      return made;
    };
    return element('div', {
      className: `scroll ${className || ''}`, tabIndex: 0, role: 'region', 'aria-label': caption,
    }, element('table', { role: 'table' },
      element('caption', { className: 'unseen' }, caption),
      element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' },
        ...columns.map(([name, kind]) => element('th', {
          scope: 'col', role: 'columnheader', className: kind,
        }, name)))),
      element('tbody', { role: 'rowgroup' }, ...rows.map((row) => element('tr', { role: 'row' },
        ...row.map(cellOf))))));
  }
  const text = (name, className) => [name, className || ''];
  const number = (name) => [name, 'number', count];
  const size = (name) => [name, 'number', bytes];

  // One account.

  function showAccount(account, closable) {
    const section = byId('account');
    const title = element('h2', { id: 'account-title', tabIndex: -1 }, titleOf(account));
    const top = element('div', { className: 'top' }, title);
    if (closable) {
      const close = element('button', { type: 'button' }, 'Close');
      close.addEventListener('click', () => { location.hash = '#accounts-section'; });
      top.append(close);
    }
    const facts = element('dl', { className: 'facts' });
    const fact = (name, value, className) => {
      if (value !== '') facts.append(element('dt', {}, name), element('dd', { className }, value));
    };
    fact('Verdict', account.verdict, account.verdict);
    fact('Problem', account.reason);
    for (const archive of account.archives) fact('Archive', archive);
    fact('Begun', clock(account.started));
    fact('Ended', clock(account.finished));
    fact('Time of the last run', duration(account.seconds));
    fact('Journal', account.journal);
    section.replaceChildren(top, facts);
    if (account.mailboxes.length) {
      section.append(element('h3', {}, 'Mailboxes'), plainTable('Mailboxes of this account',
        [text('Mailbox'), number('Messages'), number('Stored'), number('Refused'),
          number('Left out'), number('There before'), size('Size')],
        account.mailboxes, 'cards'));
    }
    if (account.refusals.length) {
      section.append(element('h3', {}, 'Refused messages'), plainTable(
        'Refused messages of this account', [text('Folder'), number('At byte'), text('Cause'),
          text('The server said', 'wide')], account.refusals, 'cards'));
      if (account.refused > account.refusals.length) {
        section.append(element('p', { className: 'muted' },
          `${count(account.refused - account.refusals.length)} more are in the CSV ledger and the`
          + ' JSON report.'));
      }
    }
    section.hidden = false;
    return title;
  }

  function followAddress() {
    const number = /^#account-(\d+)$/.exec(location.hash);
    const account = number && accounts[Number(number[1]) - 1];
    if (account) {
      const title = showAccount(account, true);
      byId('account').scrollIntoView();
      title.focus({ preventScroll: true });
    } else if (accounts.length !== 1) {
      byId('account').hidden = true;
    }
  }

  // Charts. Each is drawn for the width it has, so that its text keeps its size.
  const charts = [];

  function ticksFor(most) {
    const rough = Math.max(most, 1e-9) / 3;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
    const ticks = [];
    for (let i = 0; (i - 1) * step < most; i += 1) ticks.push(i * step);
    return ticks;
  }

  // `items` are [name, value, tooltip].
  function frame(svg, width, height, most, left) {
    const ticks = ticksFor(most);
    const top = ticks[ticks.length - 1];
    const y = (value) => height - 22 - (value / top) * (height - 34);
    for (const tick of ticks) {
      svg.append(drawn('line', { class: 'grid', x1: left, x2: width, y1: y(tick), y2: y(tick) }));
      svg.append(drawn('text', { x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' },
        shortCount(tick)));
    }
    return y;
  }

  function columns(svg, width, items) {
    const height = 190;
    const left = 40;
    const y = frame(svg, width, height, Math.max(...items.map((item) => item[1])), left);
    const slot = (width - left) / items.length;
    const widest = Math.max(...items.map((item) => item[0].length)) * 7 + 10;
    const every = Math.max(1, Math.ceil(widest / slot));
    items.forEach(([name, value, tip], i) => {
      const bar = drawn('rect', {
        class: 'bar', x: left + i * slot + slot * 0.14, width: Math.min(slot * 0.72, 64),
        y: y(value), height: Math.max(value > 0 ? 1 : 0, y(0) - y(value)), rx: 2,
      });
      if (slot * 0.72 > 64) bar.setAttribute('x', left + (i + 0.5) * slot - 32);
      bar.append(drawn('title', {}, tip));
      svg.append(bar);
      if (i % every === 0) {
        svg.append(drawn('text', { x: left + (i + 0.5) * slot, y: height - 5,
          'text-anchor': 'middle' }, name));
      }
    });
    return height;
  }

  function bars(svg, width, items) {
    const line = 26;
    const left = Math.min(240, width * 0.42);
    const right = 56;
    const most = Math.max(...items.map((item) => item[1]));
    const letters = Math.floor((left - 12) / 6.6);
    items.forEach(([name, value, tip], i) => {
      const long = [...name];
      const short = long.length > letters ? `${long.slice(0, letters - 1).join('')}\u2026` : name;
      const length = Math.max(1, (value / most) * (width - left - right));
      const bar = drawn('rect', { class: 'bar', x: left, y: i * line + 5, width: length, height: 16,
        rx: 2 });
      bar.append(drawn('title', {}, tip));
      const label = drawn('text', { class: 'name', x: left - 8, y: i * line + 17,
        'text-anchor': 'end' }, short);
      label.append(drawn('title', {}, name));
      svg.append(label, bar,
        drawn('text', { x: left + length + 6, y: i * line + 17 }, shortCount(value)));
    });
    return items.length * line + 4;
  }

  function curve(svg, width, items) {
    const height = 190;
    const left = 40;
    const y = frame(svg, width, height, Math.max(...items.map((item) => item[1])), left);
    const slot = (width - left) / items.length;
    const point = (x, item) => `${x.toFixed(1)},${y(item[1]).toFixed(1)}`;
    const points = [point(left, items[0]),
      ...items.map((item, i) => point(left + (i + 0.5) * slot, item)),
      point(width, items[items.length - 1])];
    svg.append(drawn('polygon', { class: 'area', points:
      `${left},${y(0)} ${points.join(' ')} ${width},${y(0)}` }));
    svg.append(drawn('polyline', { class: 'curve', points: points.join(' ') }));
    const widest = Math.max(...items.map((item) => item[0].length)) * 7 + 18;
    const every = Math.max(1, Math.ceil(widest / slot));
    for (let i = 0; i < items.length; i += every) {
      const x = left + (i + 0.5) * slot;
      if (x + widest / 2 - 9 > width) break;
      svg.append(drawn('text', { x, y: height - 5, 'text-anchor': 'middle' }, items[i][0]));
    }
    return height;
  }

  function addChart(draw, title, small, items, headings, wide) {
    if (!items.length) return;
    const largest = items.reduce((best, item) => (item[1] > best[1] ? item : best));
    const svg = drawn('svg', { role: 'img', 'aria-label':
      `${title}. The largest: ${largest[2]}. All numbers are in the table below.` });
    const figure = element('figure', { className: wide ? 'wide' : '' },
      element('figcaption', {}, title, element('small', {}, small)), svg,
      element('details', {}, element('summary', {}, 'Numbers'),
        plainTable(title, headings, items.map((item) => item[3]))));
    byId('charts').append(figure);
    charts.push({ svg, draw, items, width: 0 });
  }

  function drawCharts() {
    for (const chart of charts) {
      const width = Math.floor(chart.svg.parentNode.clientWidth);
      if (width === chart.width || width === 0) continue;
      chart.width = width;
      chart.svg.replaceChildren();
      const height = chart.draw(chart.svg, width, chart.items);
      chart.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
      chart.svg.style.height = `${height}px`;
    }
  }

  function makeCharts() {
    const item = (row) => [row[0], row[1],
      `${row[0]}: ${counted(row[1], 'message')}, ${bytes(row[2])}`, row];
    const headings = (first) => [text(first), number('Messages'), size('Size')];
    const { pace } = totals;
    addChart(curve, 'Messages stored over time', `a second, in steps of ${duration(pace.width)}; UTC`,
      pace.messages.map((messages, i) => {
        const at = instant(pace.start + i * pace.width);
        const whole = pace.messages.length * pace.width;
        const short = whole > 86400 ? at.slice(5, 16) : at.slice(11, whole > 1800 ? 16 : 19);
        const rate = messages / pace.width;
        const tip = `${shortCount(rate)} messages and ${bytes(pace.bytes[i] / pace.width)} a second`;
        return [short, rate, `${at}: ${tip}`, [at, Math.round(messages), pace.bytes[i]]];
      }), headings('From'), true);
    addChart(columns, 'By year', 'of the date that the mailbox shows', totals.years.map(item),
      headings('Year'));
    addChart(columns, 'By size', 'of a message as sent', totals.sizes.map(item), headings('Size'));
    addChart(bars, 'By folder', 'of the archives; the largest', totals.folders.map(item),
      headings('Folder'));
    addChart(bars, 'Refusals by cause', 'as the server gave it', totals.causes.map(item),
      headings('Cause'));
    if (!charts.length) byId('charts').append(element('p', { className: 'empty' }, 'No message yet.'));
    drawCharts();
    new ResizeObserver(drawCharts).observe(byId('charts'));
  }

  showVerdicts();
  if (accounts.length === 1) showAccount(accounts[0], false); else makeTable();
  makeCharts();
  addEventListener('hashchange', followAddress);
  if (accounts.length > 1) followAddress();
})();
