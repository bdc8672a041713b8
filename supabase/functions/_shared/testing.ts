/** The three assertions that the tests need, so that they need no network to load a library. */

export function assert(condition: unknown, message = "not true"): asserts condition {
  if (!condition) throw new Error(message);
}

export function assertEquals(found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  assert(left === right, `found ${left}\nexpected ${right}`);
}

export async function assertThrowsWith(
  work: () => Promise<unknown>,
  matches: (error: unknown) => boolean,
): Promise<void> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
    assert(matches(error), `another error: ${error}`);
  }
  assert(thrown !== undefined, "nothing was thrown");
}
