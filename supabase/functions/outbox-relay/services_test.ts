/** What the environment may say, and what an empty variable means: nothing. */

import { assert } from "../_shared/testing.ts";
import { answerUrl, services } from "./services.ts";

function environment(values: Record<string, string>) {
  return { get: (name: string) => values[name] };
}

Deno.test("links lead to the dashboard, else to the public address, else to the backend", () => {
  const url = "http://127.0.0.1:1";
  const cases: [Record<string, string>, string][] = [
    [{}, `${url}/functions/v1/outbox-relay/answer/t`],
    [{ BDH_DASHBOARD_URL: "", BDH_PUBLIC_URL: "" }, `${url}/functions/v1/outbox-relay/answer/t`],
    [
      { BDH_PUBLIC_URL: "https://a.example/" },
      "https://a.example/functions/v1/outbox-relay/answer/t",
    ],
    [{ BDH_DASHBOARD_URL: "https://b.example/" }, "https://b.example/#/answer/t"],
  ];
  for (const [values, expected] of cases) {
    assert(answerUrl(environment(values), url)("t") === expected, expected);
  }
});

Deno.test("a stack without settings can be served", () => {
  assert(services(environment({ SMTP_URL: "", BDH_CONTACT: "" })).secretKey === "");
});
