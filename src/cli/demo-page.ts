import { packageFile } from "../wire/package-files.ts";

/** The demo's client secret; it opens `examples/demo/flags.json` and nothing else. */
const SECRET = "xebXk0orGE-cDXprXE0-Lwbg8cXXqLPUyeLxorPE1ebw";

/** A small web page that follows the demo's flags through FeatBit's browser SDK, as a file of rules. */
export function demoPage(flags: string): string {
  const pages = [
    { path: "/flags", content_type: "application/xml", content: page(`ws://${flags}`) },
    { path: "/featbit.js", content: packageFile("dist/demo/featbit.js").toString() },
  ];
  return `${JSON.stringify({ pages }, undefined, 2)}\n`;
}

/** XHTML, because that is XML. */
function page(url: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml">
<head><title>Flags</title></head>
<body style="font-family: sans-serif; margin: 4rem">
<h1 id="headline">…</h1>
<p>Change <code>flags.json</code> in the demo's folder and watch this page.</p>
<script src="/featbit.js"></script>
<script>
const user = new UserBuilder("visitor").name("a visitor").custom("country", "fr").build();
const client = new FbClientBuilder().sdkKey("${SECRET}").streamingUri("${url}")
  .eventsUri("${url.replace("ws", "http")}").user(user).build();
const show = async () => {
  document.getElementById("headline").textContent = await client.variation("headline", "no flags yet");
};
client.on("ready", show);
client.on("update", show);
</script>
</body>
</html>
`;
}
