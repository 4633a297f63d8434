// SPDX-License-Identifier: Apache-2.0
// Equal problems of many accounts, each a button that leaves only its accounts in the table.

const MOST_REASONS = 10;
const SHORT_NAME = 2;

// Most reasons name the account or its user's folder, where all else is the same.
const causes = accounts.map(({ user, reason }) => [user, user.split('@')[0]]
  .filter((name) => name.length > SHORT_NAME)
  .reduce((text, name) => text.replaceAll(name, () => '\u2026'), reason));
const causeOf = (account) => causes[account.number];

function countCauses() {
  const counts = new Map();
  for (const cause of causes) if (cause) counts.set(cause, (counts.get(cause) || 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

function makeReasons() {
  const counts = countCauses();
  if (!counts.some(([, number]) => number > 1)) return;
  const buttons = counts.slice(0, MOST_REASONS).map(([cause, number]) => {
    const button = element('button', { type: 'button', 'aria-pressed': 'false' },
      element('b', {}, counted(number, 'account')), `: ${cause}`);
    button.addEventListener('click', () => {
      state.cause = state.cause === cause ? null : cause;
      for (const other of buttons) {
        other.setAttribute('aria-pressed', String(other === button && state.cause === cause));
      }
      choose();
    });
    return button;
  });
  byId('reasons').append(...buttons.map((button) => element('li', {}, button)));
  const others = counts.length - buttons.length;
  if (others > 0) byId('reasons').append(element('li', {}, counted(others, 'other problem')));
  byId('reasons-box').hidden = false;
}
