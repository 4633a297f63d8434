// SPDX-License-Identifier: Apache-2.0
// Draws the page; the last of the scripts, which embed_page.cmake puts into one function.

showVerdicts();
if (accounts.length === 1) showAccount(accounts[0], false);
else {
  makeTable();
  makeReasons();
}
makeCharts();
addEventListener('hashchange', followAddress);
if (accounts.length > 1) followAddress();
