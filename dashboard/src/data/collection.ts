import { signal } from "@preact/signals";

/** Rows by key, replaced as a whole so that whoever shows them sees every change. */
export class Collection<T> {
  readonly rows = signal<ReadonlyMap<string, T>>(new Map());
  readonly loaded = signal(false);

  constructor(readonly keyOf: (row: T) => string) {}

  get(key: string | null | undefined): T | undefined {
    return key ? this.rows.value.get(key) : undefined;
  }

  list(): T[] {
    return [...this.rows.value.values()];
  }

  /** Everything at once, as the first read brings it. */
  fill(rows: T[]): void {
    this.rows.value = new Map(rows.map((row) => [this.keyOf(row), row]));
    this.loaded.value = true;
  }

  /** What a read of a part brought: rows of that part that are not in it any more are gone. */
  merge(rows: T[], isOfPart: (row: T) => boolean = () => false): void {
    const next = new Map(this.rows.peek());
    for (const [key, row] of next) if (isOfPart(row)) next.delete(key);
    for (const row of rows) next.set(this.keyOf(row), row);
    this.rows.value = next;
  }

  /** Change a row before the database has said yes; the result takes it back. */
  patch(key: string, change: Partial<T> | null): () => void {
    const before = this.rows.peek().get(key);
    const next = new Map(this.rows.peek());
    if (!before) return () => undefined;
    if (change) next.set(key, { ...before, ...change });
    else next.delete(key);
    this.rows.value = next;
    return () => this.merge([before]);
  }

  clear(): void {
    this.rows.value = new Map();
    this.loaded.value = false;
  }
}
