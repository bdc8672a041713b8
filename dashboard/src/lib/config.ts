/** Where the backend is: `config.json` beside the page, written by the gateway or by `bdh :dashboard export`. */
export interface Config {
  url: string;
  key: string;
}

export async function loadConfig(): Promise<Config> {
  const answer = await fetch("./config.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error("config.json is missing beside this page: bdh :dashboard export writes it");
  const raw = (await answer.json()) as Partial<Config>;
  if (typeof raw.url !== "string" || typeof raw.key !== "string") throw new Error("config.json needs url and key");
  return { url: new URL(raw.url, document.baseURI).href.replace(/\/$/, ""), key: raw.key };
}
