import { handle } from "./handler.ts";
import { services } from "./services.ts";

const ours = services(Deno.env);
Deno.serve((request) => handle(request, ours));
