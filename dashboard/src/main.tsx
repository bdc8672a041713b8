import { render } from "preact";
import { connect } from "./lib/api";
import { loadConfig } from "./lib/config";
import { startSession, takeToken } from "./lib/session";
import "./lib/theme";
import { listenToKeys } from "./ui/keys";
import { App, Broken } from "./views/app";
import "./styles/index.css";

const token = takeToken();
const root = document.getElementById("app");
if (root) {
  try {
    connect(await loadConfig());
    listenToKeys();
    render(<App />, root);
    await startSession(token);
  } catch (error) {
    render(<Broken error={error} />, root);
  }
}
