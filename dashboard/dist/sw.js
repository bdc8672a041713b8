/** Shows what the relay pushes to this browser; the page itself need not be open. Nothing is cached. */
addEventListener("push", (event) => {
  const { id, title, body, url } = event.data?.json() ?? {};
  event.waitUntil(registration.showNotification(title ?? "bdh", { body: body ?? "", tag: id ?? "bdh", icon: "./favicon.svg", data: { url: url ?? null } }));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url));
});

/** The page that answers, or this dashboard, brought to the front when it is open already. */
async function open(url) {
  if (url) return clients.openWindow(url);
  const [page] = await clients.matchAll({ type: "window" });
  return page ? page.focus() : clients.openWindow("./");
}
