/** A forge of our own on this machine decides what is public. */

import type { Backend } from "../_shared/backend.ts";
import { send } from "../_shared/outside.ts";
import { assertEquals } from "../_shared/testing.ts";
import { apiUrl, type Deps, FORGES, verifyDue, type Visibility, visibility } from "./verify.ts";

const ANSWERS: Record<string, [number, unknown]> = {
  "/repos/acme/open": [200, { private: false, visibility: "public" }],
  "/repos/acme/internal": [200, { visibility: "internal" }],
  "/repos/acme/closed": [200, { private: true }],
  "/repos/acme/limited": [403, { message: "API rate limit exceeded" }],
  "/repos/acme/broken": [500, {}],
};

async function withForge(
  work: (deps: Deps, calls: unknown[], asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    asked.push(pathname);
    if (pathname === "/repos/acme/moved") {
      return Response.redirect(`${origin}/repos/acme/open`, 301);
    }
    const [status, body] = ANSWERS[pathname] ?? [404, {}];
    return Response.json(body, { status });
  });
  const calls: unknown[] = [];
  const network = { resolve: () => Promise.resolve([]), allowPrivate: true, timeoutMs: 2000 };
  const backend: Backend = {
    call: <T>(name: string, args: Record<string, unknown> = {}) => {
      calls.push([name, args.p_visibility]);
      const repos = ["open", "gone"].map((it) => ({ id: it, origin: `forge.example/acme/${it}` }));
      return Promise.resolve((name === "repos_to_verify" ? { repos } : {}) as T);
    },
  };
  await work(
    {
      backend,
      send: (request) => send(request, network),
      forges: { "forge.example": `http://127.0.0.1:${server.addr.port}/repos/{path}` },
    },
    calls,
    asked,
  );
  await server.shutdown();
}

const EXPECTED: Record<string, Visibility> = {
  open: "public",
  internal: "private",
  closed: "private",
  missing: "private",
  limited: "unknown",
  broken: "unknown",
};

Deno.test("the forge's word to a stranger decides", async () => {
  await withForge(async (deps) => {
    for (const [name, expected] of Object.entries(EXPECTED)) {
      const repo = { id: "r", origin: `forge.example/acme/${name}` };
      assertEquals([name, await visibility(repo, deps)], [name, expected]);
    }
  });
});

Deno.test("what is due is checked and written down", async () => {
  await withForge(async (deps, calls) => {
    assertEquals(await verifyDue(deps), { public: 1, private: 1, unknown: 0 });
    assertEquals(calls.slice(1), [["set_repo_visibility", "public"], [
      "set_repo_visibility",
      "private",
    ]]);
  });
});

Deno.test("an origin leads to its own forge's API and nowhere else", () => {
  assertEquals(apiUrl("github.com/acme/shop", FORGES), "https://api.github.com/repos/acme/shop");
  assertEquals(
    apiUrl("gitlab.com/acme/sub/shop", FORGES),
    "https://gitlab.com/api/v4/projects/acme%2Fsub%2Fshop",
  );
  for (
    const origin of [
      "example.com/acme/shop",
      "github.com/../admin",
      "github.com/acme/..",
      "github.com/acme/shop?x=y",
      "local/1234",
      "github.com",
    ]
  ) {
    assertEquals(apiUrl(origin, FORGES), null);
  }
});

Deno.test("a forge that leads elsewhere is not followed, and nothing is concluded", async () => {
  await withForge(async (deps, _, asked) => {
    const repo = { id: "r", origin: "forge.example/acme/moved" };
    assertEquals(await visibility(repo, deps), "unknown");
    assertEquals(asked, ["/repos/acme/moved"]);
  });
});

Deno.test("a forge whose name leads into the own network is not asked", async () => {
  await withForge(async (deps, _, asked) => {
    const port = new URL(deps.forges["forge.example"]!).port;
    const repo = { id: "r", origin: "forge.example/acme/open" };
    const forges = { "forge.example": `http://rebound.example:${port}/repos/{path}` };
    for (const addresses of [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:127.0.0.1"]]) {
      const network = {
        resolve: () => Promise.resolve(addresses),
        allowPrivate: false,
        timeoutMs: 2000,
      };
      const strict: Deps = { ...deps, forges, send: (request) => send(request, network) };
      assertEquals(await visibility(repo, strict), "unknown");
    }
    assertEquals(asked, []);
  });
});
