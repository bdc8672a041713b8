/**
 * One HTTP request to a URL that a user gave: never to a private address, never following a
 * redirect.
 *
 * The name is resolved here and the connection goes to the very address that was checked, so that a
 * name which resolves differently a moment later (DNS rebinding) changes nothing. `fetch` cannot be
 * told where to connect; hence the few lines of HTTP/1.1.
 */

import { isPublic, parseV4, parseV6 } from "./addresses.ts";

export interface OutsideRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Uint8Array;
}

export interface OutsideResponse {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

export interface Network {
  /** Every address of a name. */
  resolve(name: string): Promise<string[]>;
  /** The operator lets webhooks reach the own network. */
  allowPrivate: boolean;
  timeoutMs: number;
}

/** The URL may not be sent to, now or later. */
export class ForbiddenError extends Error {}

const MAX_HEAD_BYTES = 32 * 1024;
const MAX_BODY_BYTES = 256 * 1024;

/** The addresses the system's resolver gives, both families. */
export async function resolveName(name: string): Promise<string[]> {
  if (name === "localhost" || name.endsWith(".localhost")) return ["127.0.0.1"];
  const answers = await Promise.allSettled([
    Deno.resolveDns(name, "A"),
    Deno.resolveDns(name, "AAAA"),
  ]);
  return answers.flatMap((answer) => answer.status === "fulfilled" ? answer.value : []);
}

/** Send a request and read the answer; any status is an answer. */
export async function send(request: OutsideRequest, network: Network): Promise<OutsideResponse> {
  const url = checkedUrl(request.url);
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late.abort();
      reject(new Error("no answer in time"));
    }, network.timeoutMs);
  });
  try {
    return await Promise.race([exchange(url, request, network, late.signal), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(url: URL, request: OutsideRequest, network: Network, late: AbortSignal) {
  const address = await chooseAddress(url.hostname, network);
  const connection = await open(url, address);
  const end = () => close(connection);
  late.addEventListener("abort", end);
  try {
    late.throwIfAborted();
    await writeAll(connection, head(url, request));
    if (request.body) await writeAll(connection, request.body);
    return parse(await readAnswer(connection));
  } finally {
    late.removeEventListener("abort", end);
    end();
  }
}

function checkedUrl(text: string): URL {
  const url = new URL(text);
  if (!["http:", "https:"].includes(url.protocol)) throw new ForbiddenError(`not ${url.protocol}`);
  if (url.username || url.password) throw new ForbiddenError("no user names in URLs");
  return url;
}

/** One private address among the public ones is enough to refuse: which is used is up to chance. */
async function chooseAddress(hostname: string, network: Network): Promise<string> {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  const literal = parseV4(bare) !== null || parseV6(bare) !== null;
  const found = literal ? [bare] : await network.resolve(bare);
  if (found.length === 0) throw new Error(`${bare} has no address`);
  if (!network.allowPrivate && !found.every(isPublic)) {
    throw new ForbiddenError(`${bare} is a private address`);
  }
  return found[0]!;
}

async function open(url: URL, hostname: string): Promise<Deno.Conn> {
  const secure = url.protocol === "https:";
  const port = Number(url.port) || (secure ? 443 : 80);
  const plain = await Deno.connect({ hostname, port });
  if (!secure) return plain;
  // The certificate is checked for the name, though the connection is to the address.
  return await Deno.startTls(plain, { hostname: url.hostname });
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

function head(url: URL, request: OutsideRequest): Uint8Array {
  const headers: Record<string, string> = {
    "Host": url.host,
    "User-Agent": "bdh",
    "Accept": "*/*",
    "Connection": "close",
    ...request.headers,
  };
  if (request.body) headers["Content-Length"] = String(request.body.length);
  const lines = Object.entries(headers).map(([name, value]) => {
    // A line break in a value would begin another header.
    if (/[^\t\x20-\x7e]/.test(value)) throw new ForbiddenError(`header ${name} is not plain text`);
    return `${name}: ${value}\r\n`;
  });
  const target = url.pathname + url.search;
  return new TextEncoder().encode(`${request.method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

async function readAnswer(connection: Deno.Conn): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < MAX_HEAD_BYTES + MAX_BODY_BYTES) {
    const buffer = new Uint8Array(16 * 1024);
    const count = await connection.read(buffer);
    if (count === null) break;
    parts.push(buffer.subarray(0, count));
    size += count;
    if (isComplete(parts, size)) break;
  }
  return joined(parts, size);
}

/** Whether a body of announced length is there: not every server closes when asked to. */
function isComplete(parts: Uint8Array[], size: number): boolean {
  const bytes = joined(parts, size);
  const end = endOfHead(bytes);
  if (end < 0) return false;
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, end));
  const length = /^content-length: *([0-9]+) *$/im.exec(text)?.[1];
  if (length !== undefined) return size >= end + 4 + Number(length);
  return /^HTTP\/1\.[01] (1..|204|304)/.test(text) ||
    text.match(/^transfer-encoding: *chunked/im) !== null &&
      new TextDecoder("latin1").decode(bytes.subarray(-5)) === "0\r\n\r\n";
}

function joined(parts: Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function endOfHead(bytes: Uint8Array): number {
  for (let at = 0; at + 3 < Math.min(bytes.length, MAX_HEAD_BYTES); at++) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) {
      return at;
    }
  }
  return -1;
}

function parse(bytes: Uint8Array): OutsideResponse {
  const end = endOfHead(bytes);
  const lines = new TextDecoder("latin1").decode(bytes.subarray(0, Math.max(end, 0))).split("\r\n");
  const status = /^HTTP\/1\.[01] ([1-9][0-9][0-9])( |$)/.exec(lines[0] ?? "")?.[1];
  if (status === undefined) throw new Error("the answer is not HTTP");
  const headers = new Headers();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const rest = bytes.subarray(end + 4);
  const chunked = headers.get("transfer-encoding")?.toLowerCase() === "chunked";
  return { status: Number(status), headers, body: chunked ? dechunked(rest) : rest };
}

/** A chunked body, as far as it was read. */
function dechunked(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const line = bytes.indexOf(10, at);
    if (line < 0) break;
    const size = parseInt(new TextDecoder("latin1").decode(bytes.subarray(at, line)), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(line + 1, line + 1 + size));
    at = line + 1 + size + 2;
  }
  return joined(parts, parts.reduce((sum, part) => sum + part.length, 0));
}
