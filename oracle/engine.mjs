// SPDX-FileCopyrightText: Townhall contributors
// SPDX-License-Identifier: EUPL-1.2
// One form in @getodk/xforms-engine, asked in lines of JSON and answering in lines of JSON: {op, ...} to {ok: ...} or
// {error: "..."}. The engine is made for browsers: what it wants of one comes from jsdom.

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('', { contentType: 'text/html' });
const shims = { window, document: window.document, require: createRequire(import.meta.url), __dirname: dirname(fileURLToPath(import.meta.url)) };
const classes = Object.getOwnPropertyNames(window).filter((name) => /^(Node|Element|Attr|Comment|Text|Document|XML|DOM|XPath|CDATA|Character|Processing|HTML)/.test(name));
for (const [name, value] of [...Object.entries(shims), ...classes.map((each) => [each, window[each]])]) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
const { loadForm } = await import('@getodk/xforms-engine');

let root = null;

const all = function* (node) {
  yield node;
  for (const child of node.currentState.children ?? []) {
    yield* all(child);
  }
};

const find = (ref, kinds = null) => {
  for (const node of all(root)) {
    if (node.currentState.reference === ref && (kinds === null || kinds.includes(node.nodeType))) {
      return node;
    }
  }
  throw new Error(`no node ${ref}`);
};

const attachments = (files) => async (url) => {
  const name = decodeURIComponent(String(url).split('/').pop());
  if (!(name in files)) {
    return new Response(null, { status: 404 });
  }
  return new Response(files[name], { status: 200 });
};

const put = (node, value) => {
  switch (node.nodeType) {
    case 'select':
      return node.selectType === 'select' ? node.selectValues(value.split(' ').filter(Boolean)) : node.selectValue(value || null);
    case 'rank':
      return node.setValues(value.split(' ').filter(Boolean));
    case 'trigger':
      return node.setValue(value === 'OK');
    default:
      return node.setValue(value);
  }
};

const RANGES = ['repeat-range:uncontrolled', 'repeat-range:controlled'];

const operations = {
  open: async ({ xml, files }) => {
    const loaded = await loadForm(xml, { fetchFormAttachment: attachments(files) });
    if (loaded.status !== 'success' && loaded.status !== 'warning') {
      throw loaded.error ?? new Error(`form is ${loaded.status}`);
    }
    root = loaded.createInstance().root;
    return null;
  },
  set: ({ ref, value }) => put(find(ref), value) && null,
  add: ({ ref }) => find(ref, RANGES).addInstances() && null,
  remove: ({ ref, index }) => find(ref, RANGES).removeInstances(index) && null,
  xml: () => root.instanceState.instanceXML,
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = { ok: await operations[request.op](request) };
  } catch (error) {
    answer = { error: String(error?.message ?? error).slice(0, 500) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
