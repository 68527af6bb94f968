// SPDX-License-Identifier: Apache-2.0
// Proofs of the log, checked in the reader's browser from the published files alone.
//
//   parseNote(bytes), parseCheckpoint(text)      c2sp.org/signed-note, c2sp.org/tlog-checkpoint
//   verifyNote(note, await parseKey(vkey))       its Ed25519 signature, by WebCrypto
//   inclusionProof(read, 5, 7)                   RFC 9162 2.1.3.1, from complete nodes
//   verifyInclusion(leaf, 5, 7, proof, root)     2.1.3.2; verifyConsistency: 2.1.4.2
//   tileReader(size, get)                        nodes from c2sp.org/tlog-tiles files
//
// Hashes are Uint8Arrays of 32 bytes; sizes are whole numbers below 2^53. Whatever does not hold
// throws a ProofError, whose name of what is wrong the page puts into words. Nothing here believes
// the server but what it must: the key, which is remembered from the first visit on.

const WIDTH = 256;
const MEMORY = "proofhouse/log/v1";

export class ProofError extends Error {
  constructor(what, said = {}) {
    super(what);
    this.what = what;
    this.said = said;
  }
}

// ------------------------------------------------------------------------------ bytes and hashes

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

export function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4) throw new ProofError("malformed");
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  if (btoa(String.fromCharCode(...bytes)) !== text) throw new ProofError("malformed");
  return bytes;
}

async function sha256(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

export const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
export const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

// -------------------------------------------------------------------------- notes and checkpoints

const MOST_BYTES = 1_000_000;
const MOST_SIGNATURES = 100;

function named(name) {
  const length = new TextEncoder().encode(name).length;
  return length >= 1 && length <= 255 && !/[+\s\p{C}\p{Z}]/u.test(name);
}

function signatureLine(line) {
  const match = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/.exec(line);
  const data = match ? fromBase64(match[2]) : new Uint8Array();
  if (data.length < 5 || !named(match[1])) throw new ProofError("malformed");
  return { name: match[1], keyId: hex(data.slice(0, 4)), signature: data.slice(4) };
}

export function parseNote(bytes) {
  let whole;
  try {
    whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProofError("malformed");
  }
  const gap = whole.lastIndexOf("\n\n");
  const text = whole.slice(0, gap + 1);
  if (bytes.length > MOST_BYTES || gap < 0 || !whole.endsWith("\n")) throw new ProofError("malformed");
  if (/[\x00-\x09\x0b-\x1f]/.test(text)) throw new ProofError("malformed");
  const signatures = whole.slice(gap + 2, -1).split("\n").map(signatureLine);
  const keys = new Set(signatures.map((one) => `${one.name} ${one.keyId}`));
  if (signatures.length > MOST_SIGNATURES || keys.size !== signatures.length) {
    throw new ProofError("malformed");
  }
  return { text, signatures };
}

// Sizes from 2^53 on are refused: no number of this language holds them.
export function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop() || lines.some((line) => !line)) throw new ProofError("malformed");
  const size = Number(lines[1]);
  const root = fromBase64(lines[2]);
  const spelt = /^(0|[1-9][0-9]{0,15})$/.test(lines[1]) && Number.isSafeInteger(size);
  if (!spelt || root.length !== 32) throw new ProofError("malformed");
  return { origin: lines[0], size, root };
}

export async function parseKey(text) {
  const match = /^([^+ ]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const material = match ? fromBase64(match[3]) : new Uint8Array();
  if (material.length !== 33 || material[0] !== 1) throw new ProofError("malformed");
  const name = new TextEncoder().encode(match[1]);
  const id = hex((await sha256(name, Uint8Array.of(10), material)).slice(0, 4));
  if (id !== match[2]) throw new ProofError("malformed");
  return { name: match[1], keyId: id, raw: material.slice(1) };
}

// True if `key` signed `note`, false if it did not, null where the browser knows no Ed25519.
// Throws where a line that claims to be the key's does not hold.
export async function verifyNote(note, key) {
  const mine = note.signatures.find((one) => one.name === key.name && one.keyId === key.keyId);
  if (!mine) return false;
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    throw new ProofError("unsigned");
  }
  const signed = new TextEncoder().encode(note.text);
  const held = await crypto.subtle.verify({ name: "Ed25519" }, imported, mine.signature, signed);
  if (!held) throw new ProofError("unsigned");
  return true;
}

// ----------------------------------------------------------------------------------------- tree

const half = (number) => Math.floor(number / 2);
const odd = (number) => number % 2 === 1;

function powerOfTwo(number) {
  let rest = number;
  while (rest > 1 && !odd(rest)) rest /= 2;
  return rest === 1;
}

async function rangeRoot(read, start, end) {
  const hashes = [];
  let at = start;
  for (let width = end - start; width > 0; ) {
    let level = 0;
    while (2 ** (level + 1) <= width) level += 1;
    hashes.push(await read(level, at / 2 ** level));
    at += 2 ** level;
    width -= 2 ** level;
  }
  let root = hashes.pop();
  while (hashes.length) root = await nodeHash(hashes.pop(), root);
  return root;
}

export const treeRoot = (read, size) => rangeRoot(read, 0, size);

async function path(read, fromLevel, fromIndex, size) {
  const proof = [];
  for (let level = fromLevel, index = fromIndex; ; level += 1, index = half(index)) {
    const start = (odd(index) ? index - 1 : index + 1) * 2 ** level;
    if (odd(index)) proof.push(await read(level, index - 1));
    else if (start < size) proof.push(await rangeRoot(read, start, Math.min(start + 2 ** level, size)));
    else if (index === 0) return proof;
  }
}

export async function inclusionProof(read, index, size) {
  if (!(index >= 0 && index < size)) throw new ProofError("notincluded");
  return path(read, 0, index, size);
}

export async function consistencyProof(read, old, size) {
  if (!(old > 0 && old <= size)) throw new ProofError("inconsistent");
  if (old === size) return [];
  let level = 0;
  while (!odd(old / 2 ** level)) level += 1;
  const index = old / 2 ** level - 1;
  const rest = await path(read, level, index, size);
  return index === 0 ? rest : [await read(level, index), ...rest];
}

// `step` is told of every hash that is made: (left, right, result).
export async function verifyInclusion(leaf, index, size, proof, root, step = () => {}) {
  if (!(index >= 0 && index < size) || leaf.length !== 32) throw new ProofError("notincluded");
  let fn = index;
  let sn = size - 1;
  let running = leaf;
  for (const sibling of proof) {
    if (sn === 0 || sibling.length !== 32) throw new ProofError("notincluded");
    const left = odd(fn) || fn === sn;
    const pair = left ? [sibling, running] : [running, sibling];
    running = await nodeHash(...pair);
    step(pair[0], pair[1], running);
    if (left) while (!odd(fn) && fn) [fn, sn] = [half(fn), half(sn)];
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0 || !same(running, root)) throw new ProofError("notincluded");
}

export async function verifyConsistency(old, size, oldRoot, root, proof) {
  if (!(old > 0 && old <= size)) throw new ProofError("inconsistent");
  if (old === size) {
    if (proof.length || !same(oldRoot, root)) throw new ProofError("inconsistent");
    return;
  }
  const hashes = [...proof];
  if (powerOfTwo(old)) hashes.unshift(oldRoot);
  if (!hashes.length || hashes.some((one) => one.length !== 32)) throw new ProofError("inconsistent");
  let fn = old - 1;
  let sn = size - 1;
  while (odd(fn)) [fn, sn] = [half(fn), half(sn)];
  let first = hashes[0];
  let second = hashes[0];
  for (const hash of hashes.slice(1)) {
    if (sn === 0) throw new ProofError("inconsistent");
    if (odd(fn) || fn === sn) {
      [first, second] = [await nodeHash(hash, first), await nodeHash(hash, second)];
      while (!odd(fn) && fn) [fn, sn] = [half(fn), half(sn)];
    } else {
      second = await nodeHash(second, hash);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0 || !same(first, oldRoot) || !same(second, root)) throw new ProofError("inconsistent");
}

// ---------------------------------------------------------------------------------------- tiles

export function tilePath(level, index, width) {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const groups = digits.match(/.../g);
  const last = groups.pop();
  const name = [...groups.map((group) => `x${group}`), last].join("/");
  return `tile/${level}/${name}${width < WIDTH ? `.p/${width}` : ""}`;
}

// Reads complete nodes (level, index) of a tree of `size` leaves; each tile is fetched once.
export function tileReader(size, get) {
  const tiles = new Map();
  async function tile(level, index) {
    const whole = Math.floor(size / WIDTH ** level);
    const width = Math.min(WIDTH, whole - index * WIDTH);
    if (width < 1) throw new ProofError("malformed");
    const name = tilePath(level, index, width);
    if (!tiles.has(name)) tiles.set(name, get(name));
    const data = await tiles.get(name);
    if (data.length !== width * 32) throw new ProofError("malformed");
    return data;
  }
  return async function read(level, index) {
    const tall = Math.floor(level / 8);
    const many = 2 ** (level % 8);
    const first = index * many;
    const data = await tile(tall, Math.floor(first / WIDTH));
    const at = first % WIDTH;
    let hashes = [];
    for (let n = at; n < at + many; n += 1) {
      const hash = data.slice(n * 32, n * 32 + 32);
      if (hash.length !== 32) throw new ProofError("malformed");
      hashes.push(hash);
    }
    while (hashes.length > 1) {
      const next = [];
      for (let n = 0; n < hashes.length; n += 2) next.push(await nodeHash(hashes[n], hashes[n + 1]));
      hashes = next;
    }
    return hashes[0];
  };
}

export function splitEntries(bundle, width) {
  const entries = [];
  let at = 0;
  while (at < bundle.length && entries.length < width) {
    const end = at + 2 + bundle[at] * 256 + bundle[at + 1];
    if (at + 2 > bundle.length || end > bundle.length) throw new ProofError("malformed");
    entries.push(bundle.slice(at + 2, end));
    at = end;
  }
  if (at !== bundle.length || entries.length !== width) throw new ProofError("malformed");
  return entries;
}

// ----------------------------------------------------------------------------------------- page

class Panel {
  constructor(element) {
    this.element = element;
    this.steps = element.querySelector("[data-steps]");
    this.hashes = element.querySelector("[data-hashes]");
    this.failed = false;
    this.partly = false;
  }

  words(name, said = {}) {
    const text = this.element.querySelector(`[data-say="${name}"]`)?.textContent ?? name;
    return text.replace(/\b(NAME|SIZE|INDEX|COUNT|OLD)\b/g, (word) => said[word] ?? word);
  }

  result(name) {
    this.element.querySelector("[data-result]").textContent = this.words(name);
    this.element.dataset.state = name;
  }

  step(result, name, said) {
    const item = document.createElement("li");
    item.className = result;
    item.dataset.step = name;
    const text = document.createElement("span");
    text.textContent = this.words(name, said);
    item.append(text);
    this.steps.append(item);
    if (result === "failed") this.failed = true;
    if (result === "open") this.partly = true;
  }

  hash(text) {
    this.hashes.textContent += `${text}\n`;
    this.element.querySelector("[data-more]").hidden = false;
  }
}

async function fetched(base, path) {
  const response = await fetch(`${base}/${path}`, { credentials: "omit" });
  if (!response.ok) throw new TypeError(path);
  return new Uint8Array(await response.arrayBuffer());
}

function recalled(origin) {
  try {
    return JSON.parse(localStorage.getItem(`${MEMORY}/${origin}`));
  } catch {
    return null;
  }
}

function keep(origin, memory) {
  try {
    localStorage.setItem(`${MEMORY}/${origin}`, JSON.stringify(memory));
    return true;
  } catch {
    return false; // private windows may refuse; the next visit is a first one
  }
}

async function checkSignature(panel, note, head, vkey) {
  const key = await parseKey(vkey);
  const held = await verifyNote(note, key);
  if (held === false || head.origin !== key.name) throw new ProofError("unsigned");
  const said = { NAME: head.origin, SIZE: String(head.size) };
  panel.step(held ? "held" : "open", held ? "signed" : "nosignature", said);
}

async function checkLeaf(panel, get, read, head) {
  const index = Number(panel.element.dataset.index);
  const number = Math.floor(index / WIDTH);
  const width = Math.min(WIDTH, head.size - number * WIDTH);
  const bundle = await get(tilePath("entries", number, width));
  const leaf = splitEntries(bundle, width)[index % WIDTH];
  const shown = document.querySelector("[data-leaf]").textContent;
  const alike = new TextDecoder().decode(leaf) === shown;
  panel.step(alike ? "held" : "failed", alike ? "shown" : "notshown");
  const hash = await leafHash(leaf);
  panel.hash(`leaf ${index}  ${hex(hash)}`);
  const proof = await inclusionProof(read, index, head.size);
  await verifyInclusion(hash, index, head.size, proof, head.root, (left, right, made) =>
    panel.hash(`${hex(left)}\n+ ${hex(right)}\n= ${hex(made)}`),
  );
  panel.hash(`root     ${hex(head.root)}`);
  const said = { INDEX: String(index), SIZE: String(head.size), COUNT: String(proof.length) };
  panel.step("held", "included", said);
}

async function checkRoot(panel, read, head) {
  const root = head.size ? await treeRoot(read, head.size) : await sha256(new Uint8Array());
  panel.hash(`tiles    ${hex(root)}`);
  panel.hash(`signed   ${hex(head.root)}`);
  if (!same(root, head.root)) throw new ProofError("noroot");
  panel.step("held", "root");
}

async function checkMemory(panel, read, head, vkey) {
  const memory = recalled(head.origin);
  if (!memory) {
    panel.step("held", "newkey");
    return;
  }
  if (memory.vkey !== vkey) throw new ProofError("changed");
  panel.step("held", "key");
  const said = { OLD: String(memory.size) };
  if (memory.size > head.size) throw new ProofError("rolledback", said);
  if (memory.size === 0) return;
  const proof = await consistencyProof(read, memory.size, head.size);
  try {
    await verifyConsistency(memory.size, head.size, fromHex(memory.root), head.root, proof);
  } catch {
    throw new ProofError("inconsistent", said);
  }
  panel.step("held", memory.size === head.size ? "same" : "consistent", said);
}

export async function check(element) {
  const panel = new Panel(element);
  const { tiles, vkey } = element.dataset;
  if (!globalThis.crypto?.subtle) {
    panel.result("insecure");
    return;
  }
  panel.result("working");
  panel.steps.replaceChildren();
  panel.hashes.textContent = "";
  try {
    const get = (path) => fetched(tiles, path);
    const note = parseNote(await get("checkpoint"));
    const head = parseCheckpoint(note.text);
    await checkSignature(panel, note, head, vkey);
    const read = tileReader(head.size, get);
    if (element.dataset.index === undefined) await checkRoot(panel, read, head);
    else await checkLeaf(panel, get, read, head);
    await checkMemory(panel, read, head, vkey);
    if (!panel.failed && !panel.partly) {
      const memory = { vkey, size: head.size, root: hex(head.root) };
      if (keep(head.origin, memory)) panel.step("held", "remembered");
    }
  } catch (error) {
    if (!(error instanceof ProofError)) {
      panel.result("away");
      return;
    }
    panel.step("failed", error.what, error.said);
  }
  panel.result(panel.failed ? "failed" : panel.partly ? "partly" : "held");
}

function forget() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(MEMORY)) localStorage.removeItem(key);
  }
}

const panel = globalThis.document?.getElementById("proof");
if (panel) {
  const button = panel.querySelector("[data-forget]");
  button.hidden = false;
  button.addEventListener("click", () => {
    forget();
    check(panel);
  });
  check(panel);
}
