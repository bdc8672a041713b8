/** Which addresses of the network are the operator's own, where a stranger's URL must not lead. */

const PRIVATE_V4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** The four bytes of a dotted IPv4 address, or null. Only the canonical form: no octal, no hex. */
export function parseV4(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  if (!parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)) return null;
  return parts.map(Number);
}

/** The sixteen bytes of an IPv6 address, or null; a zone (`%eth0`) makes it null. */
export function parseV6(text: string): number[] | null {
  const halves = embeddedV4(text)?.split("::");
  if (halves === undefined || halves.length > 2) return null;
  const [head, tail] = halves.map((half) => half === "" ? [] : half.split(":"));
  const groups = halves.length === 1 ? head! : [
    ...head!,
    ...Array(Math.max(0, 8 - head!.length - tail!.length)).fill("0"),
    ...tail!,
  ];
  if (groups.length !== 8 || !groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) {
    return null;
  }
  return groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
}

/** `::ffff:1.2.3.4` with its end as two groups. */
function embeddedV4(text: string): string | null {
  const end = text.slice(text.lastIndexOf(":") + 1);
  if (!end.includes(".")) return text;
  const bytes = parseV4(end);
  if (bytes === null) return null;
  const group = (at: number) => ((bytes[at]! << 8) | bytes[at + 1]!).toString(16);
  return `${text.slice(0, text.length - end.length)}${group(0)}:${group(2)}`;
}

function within(bytes: number[], base: number[], bits: number): boolean {
  return bytes.every((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8));
    const mask = left === 0 ? 0 : (0xff << (8 - left)) & 0xff;
    return (byte & mask) === (base[index]! & mask);
  });
}

function isPublicV4(bytes: number[]): boolean {
  return !PRIVATE_V4.some(([base, bits]) => within(bytes, parseV4(base)!, bits));
}

/** Addresses of IPv6 that carry one of IPv4 are as public as that one. */
function isPublicV6(bytes: number[]): boolean {
  const starts = (base: string, bits: number) => within(bytes, parseV6(base)!, bits);
  if (starts("::ffff:0:0", 96) || starts("64:ff9b::", 96)) return isPublicV4(bytes.slice(12));
  if (starts("2002::", 16)) return isPublicV4(bytes.slice(2, 6));
  // Of what is left only global unicast is public; documentation, Teredo and ORCHID are in it.
  return starts("2000::", 3) && !starts("2001::", 23) && !starts("2001:db8::", 32) &&
    !starts("3fff::", 20);
}

/** Whether an IP address is one of the public internet; what cannot be parsed is not. */
export function isPublic(address: string): boolean {
  const v4 = parseV4(address);
  if (v4 !== null) return isPublicV4(v4);
  const v6 = parseV6(address);
  return v6 !== null && isPublicV6(v6);
}
