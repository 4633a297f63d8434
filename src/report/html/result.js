// SPDX-License-Identifier: Apache-2.0
// The verdicts and sums at the top.

function outcome(account) {
  if (account.verdict === 'refused') return `${counted(account.refused, 'message')} refused`;
  return wordsOf(account.verdict);
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
    present.map(([verdict, number]) => `${number} ${wordsOf(verdict)}`).join(', '));
  for (const [verdict, number] of present) {
    const part = element('span', { className: verdict });
    part.style.flexGrow = number;
    bar.append(part);
    byId('verdicts').append(element('li', { className: verdict },
      element('span', {}, `${count(number)} ${wordsOf(verdict)}`)));
  }
  const tile = (name, value, small) => byId('tiles').append(element('div', {},
    element('dt', {}, name),
    element('dd', {}, value, ...(small ? [element('small', {}, small)] : []))));
  if (accounts.length !== 1) tile('Accounts', count(accounts.length));
  tile('Messages stored', count(sum('stored')), `of ${count(sum('planned'))} to be moved`);
  tile('Size', bytes(sum('bytes')), 'of these, as sent');
  tile('Refused', count(sum('refused')), 'kept aside, with reasons');
  tile('Not read', counted(sum('unreadParts'), 'part'), 'that may be mail');
  tile('Left out', count(sum('skipped')), 'by a rule');
  const starts = accounts.map((account) => account.started).filter(Boolean).sort();
  const ends = accounts.map((account) => account.finished).filter(Boolean).sort();
  if (starts.length) {
    const [day, time] = clock(starts[0]).split(/ (.*)/);
    const end = ends.length ? clock(ends.at(-1)).replace(`${day} `, '') : '';
    tile('Begun', day, end ? `${time.replace(' UTC', '')} to ${end}` : time);
  }
}
