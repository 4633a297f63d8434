// SPDX-License-Identifier: Apache-2.0
// One account, and tables that are only shown.

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

// The first messages of an account that did not arrive, and how many more there are.
function showMessages(section, heading, messages, all) {
  const rows = messages.map(
    ([subject, from, date, octets, cause, said, folder, offset, id]) => [
      element('span', {}, subject || (from || id ? '(no subject)' : '(not in the archive any more)'),
        element('small', {}, [from, clock(date), bytes(octets), id].filter(Boolean).join(' \u00b7 '))),
      [cause, said].filter(Boolean).join(': '),
      `${folder} at byte ${count(offset)}`,
    ]);
  section.append(element('h3', {}, heading), plainTable(`${heading} of this account`,
    [text('Message'), text('Why', 'wide'), text('Where')], rows, 'cards'));
  if (all > messages.length) {
    section.append(element('p', { className: 'muted' },
      `${count(all - messages.length)} more are in the CSV ledger and the JSON report.`));
  }
}

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
  fact('Verdict', wordsOf(account.verdict), account.verdict);
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
    showMessages(section, 'Refused messages', account.refusals, account.refused);
    section.append(element('p', {}, 'They are kept in ',
      element('code', {}, `${account.journal}.refused.mbox`), '. ',
      element('code', {}, `mboxferry retry ${account.journal}`), ' sends them once more.'));
  }
  if (account.leftOut.length) {
    showMessages(section, 'Messages left out', account.leftOut, account.skipped);
  }
  if (account.unread.length) {
    section.append(
        element('h3', {}, 'Not read, and may be mail'),
        plainTable(
            'Parts of the archive that were not read',
            [text('Part', 'wide'), number('From byte'), size('Size'), text('Why', 'wide')], account.unread,
            'cards'));
    if (account.unreadParts > account.unread.length) {
      section.append(element(
          'p', {className: 'muted'},
          `${
              count(
                  account.unreadParts -
                  account.unread.length)} more are in the CSV ledger and the` +
              ' JSON report.'));
    }
  }
  if (account.senderTotals) {
    const [blocked, allowed, rescued, entries] = account.senderTotals;
    section.append(
        element('h3', {}, 'Sender lists'),
        element(
            'p', {},
            `${counted(blocked, 'message')} of blocked senders, ${
                count(allowed)} of allowed ones,` +
                ` ${count(rescued)} out of junk.`));
    if (account.senders.length) {
      section.append(plainTable(
          'Entries of the sender lists', [text('Entry'), text('What was done'), number('Messages')],
          account.senders, 'cards'));
    }
    if (entries > account.senders.length) {
      section.append(element(
          'p', {className: 'muted'},
          `${count(entries - account.senders.length)} more are in the JSON report.`));
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
