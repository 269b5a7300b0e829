'use strict';
// Filters the lines, shows raw ones, moves the time line, and saves recordings. What it shows is text,
// never markup.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const rows = all('.row');
  const kept = new Map();

  const element = (run) => document.getElementById('recording-' + run);
  const bytes = (run) => Uint8Array.from(atob(element(run).textContent), (char) => char.charCodeAt(0));

  // The lines of a recording, decoded when they are first needed.
  const lines = (run) => {
    if (!kept.has(run)) kept.set(run, new TextDecoder().decode(bytes(run)).split('\n'));
    return kept.get(run);
  };
  const raw = (row) => lines(row.dataset.run)[row.dataset.line - 1] ?? '';

  // JSON on several lines. Only space is added: numbers, escapes and repeated keys stay as they are.
  const spread = (json) => {
    let out = '', depth = 0, inside = false;
    const next = () => '\n' + '  '.repeat(Math.max(depth, 0));
    for (let at = 0; at < json.length; at++) {
      const char = json[at];
      if (inside) {
        out += char;
        if (char === '\\') out += json[++at] ?? '';
        else if (char === '"') inside = false;
      } else if (char === '"') { inside = true; out += char; }
      else if (char === '{' || char === '[') {
        const end = char === '{' ? '}' : ']';
        if (json[at + 1] === end) { out += char + end; at++; }
        else { depth++; out += char + next(); }
      } else if (char === '}' || char === ']') { depth--; out += next() + char; }
      else if (char === ',') out += char + next();
      else if (char === ':') out += ': ';
      else out += char;
    }
    return out;
  };

  for (const row of rows) {
    row.addEventListener('toggle', () => {
      const pre = row.querySelector('.raw');
      if (row.open && pre.textContent === '') pre.textContent = spread(raw(row));
    });
    const partner = row.dataset.pair && document.getElementById(row.dataset.pair);
    if (partner) {
      row.addEventListener('mouseenter', () => partner.classList.add('partner'));
      row.addEventListener('mouseleave', () => partner.classList.remove('partner'));
    }
  }

  const search = document.getElementById('search');
  const found = document.getElementById('found');
  const kinds = all('[data-kind]', document.querySelector('.controls'));
  const filter = () => {
    const wanted = search.value.toLowerCase();
    const shown = new Set(kinds.filter((kind) => kind.checked).map((kind) => kind.dataset.kind));
    let count = 0;
    for (const row of rows) {
      const has = !wanted || row.firstElementChild.textContent.toLowerCase().includes(wanted)
        || raw(row).toLowerCase().includes(wanted);
      row.hidden = !(has && shown.has(row.dataset.kind));
      if (!row.hidden) count++;
    }
    for (const line of all('.line')) line.hidden = all('.row', line).every((row) => row.hidden);
    found.textContent = count === rows.length ? rows.length + ' lines' : count + ' of ' + rows.length + ' lines';
  };
  search.addEventListener('input', filter);
  for (const kind of kinds) kind.addEventListener('change', filter);
  document.querySelector('.controls').addEventListener('submit', (event) => event.preventDefault());
  filter();

  // A link to a line that is filtered out shows it.
  const reveal = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (!row) return;
    row.hidden = false;
    if (row.closest('.line')) row.closest('.line').hidden = false;
    row.scrollIntoView({ block: 'center' });
  };
  addEventListener('hashchange', reveal);
  if (location.hash) reveal();

  for (const button of all('[data-save]')) {
    button.addEventListener('click', () => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([bytes(button.dataset.save)]));
      link.download = element(button.dataset.save).dataset.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    });
  }

  for (const chart of all('.chart')) {
    const svg = chart.querySelector('.scroll > svg');
    let zoom = 1;
    for (const button of all('[data-zoom]', chart)) {
      button.addEventListener('click', () => {
        zoom = Math.min(64, Math.max(1, zoom * button.dataset.zoom));
        svg.setAttribute('width', zoom * 100 + '%');
      });
    }
    chart.querySelector('[data-even]').addEventListener('change', (event) => {
      const even = event.target.checked;
      svg.querySelector('.axis').toggleAttribute('hidden', even);
      for (const part of all('[data-x]', svg)) {
        part.setAttribute('x', even ? part.dataset.evenX : part.dataset.x);
        if (part.dataset.width) part.setAttribute('width', even ? part.dataset.evenWidth : part.dataset.width);
      }
    });
  }
})();
