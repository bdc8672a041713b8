/** Hands one message to a mail server: `smtps://`, or `smtp://` with STARTTLS. */

const TIMEOUT_MS = 15_000;
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

class Dialogue {
  #buffer = "";

  constructor(public connection: Deno.Conn) {}

  /** Send a command, and the server's answer to it; throws unless its code begins with `expected`. */
  async ask(command: string | null, expected: string): Promise<string> {
    if (command !== null) await this.write(`${command}\r\n`);
    const answer = await this.#answer();
    if (!answer.startsWith(expected)) {
      throw new Error(`the mail server answered ${answer.slice(0, 100)}`);
    }
    return answer;
  }

  async write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.connection.write(bytes.subarray(sent));
    }
  }

  /** All lines of an answer: `250-` goes on, `250 ` is the last. */
  async #answer(): Promise<string> {
    const complete = /^(?:[0-9]{3}-.*\r\n)*[0-9]{3}(?: .*)?\r\n/;
    for (;;) {
      const found = complete.exec(this.#buffer)?.[0];
      if (found !== undefined) {
        this.#buffer = this.#buffer.slice(found.length);
        return found.trimEnd();
      }
      const bytes = new Uint8Array(4096);
      const count = await this.connection.read(bytes);
      if (count === null) throw new Error("the mail server ended the connection");
      this.#buffer += new TextDecoder("latin1").decode(bytes.subarray(0, count));
      if (this.#buffer.length > 65_536) throw new Error("the mail server talks too much");
    }
  }
}

/** Returns when the server has taken the message. */
export async function submit(server: URL, from: string, to: string, message: string) {
  const secure = server.protocol === "smtps:";
  const hostname = server.hostname;
  const port = Number(server.port) || (secure ? 465 : 587);
  const connection = secure
    ? await Deno.connectTls({ hostname, port })
    : await Deno.connect({ hostname, port });
  const dialogue = new Dialogue(connection);
  const timer = setTimeout(() => dialogue.connection.close(), TIMEOUT_MS);
  try {
    await greet(dialogue, server, secure);
    await dialogue.ask(`MAIL FROM:<${from}>`, "2");
    await dialogue.ask(`RCPT TO:<${to}>`, "2");
    await dialogue.ask("DATA", "354");
    // A line that begins with a dot would end the message.
    await dialogue.write(message.replace(/^\./gm, ".."));
    await dialogue.ask("\r\n.", "2");
    await dialogue.write("QUIT\r\n");
  } finally {
    clearTimeout(timer);
    dialogue.connection.close();
  }
}

async function greet(dialogue: Dialogue, server: URL, secure: boolean): Promise<void> {
  await dialogue.ask(null, "220");
  let abilities = await dialogue.ask("EHLO bdh", "250");
  if (!secure && /STARTTLS/i.test(abilities)) {
    await dialogue.ask("STARTTLS", "220");
    const plain = dialogue.connection as Deno.TcpConn;
    dialogue.connection = await Deno.startTls(plain, { hostname: server.hostname });
    abilities = await dialogue.ask("EHLO bdh", "250");
    secure = true;
  }
  if (!server.username) return;
  if (!secure && !LOOPBACK.includes(server.hostname)) {
    throw new Error("the mail server offers no TLS to send a password over");
  }
  const user = decodeURIComponent(server.username);
  const password = decodeURIComponent(server.password);
  const words = new TextEncoder().encode(`\0${user}\0${password}`);
  await dialogue.ask(`AUTH PLAIN ${btoa(String.fromCharCode(...words))}`, "2");
}
