// SPDX-License-Identifier: Apache-2.0
// The charts.

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
