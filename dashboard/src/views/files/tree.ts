import type { Lock } from "../../data/types";

/** A line of the tree: a folder on the way to held files, or a held path. */
export interface Line {
  key: string;
  depth: number;
  name: string;
  locks: Lock[];
  /** How many locks lie below; 0 for a leaf. */
  below: number;
}

interface Node {
  name: string;
  path: string;
  children: Map<string, Node>;
  locks: Lock[];
}

function build(locks: Lock[]): Node {
  const root: Node = { name: "", path: "", children: new Map(), locks: [] };
  for (const lock of locks) {
    let at = root;
    for (const part of lock.path.split("/").filter(Boolean)) {
      const next = at.children.get(part) ?? { name: part, path: `${at.path}/${part}`, children: new Map(), locks: [] };
      at.children.set(part, next);
      at = next;
    }
    at.locks.push(lock);
  }
  return root;
}

const countBelow = (node: Node): number =>
  [...node.children.values()].reduce((sum, child) => sum + child.locks.length + countBelow(child), 0);

/** The tree of one repository's locks as lines, folders that hold one thing only drawn as one. */
export function linesOf(locks: Lock[], closed: ReadonlySet<string>): Line[] {
  const lines: Line[] = [];
  const walk = (node: Node, depth: number, before: string): void => {
    const only = [...node.children.values()][0];
    if (node.children.size === 1 && node.locks.length === 0 && only && node.name) return walk(only, depth, `${before}${node.name}/`);
    if (node.name || node.locks.length) {
      lines.push({ key: node.path || "/", depth, name: before + (node.name || "/"), locks: node.locks, below: countBelow(node) });
    }
    if (closed.has(node.path)) return;
    const children = [...node.children.values()].sort((a, b) => Number(b.children.size > 0) - Number(a.children.size > 0) || a.name.localeCompare(b.name));
    for (const child of children) walk(child, node.name ? depth + 1 : depth, "");
  };
  walk(build(locks), 0, "");
  return lines;
}
