import { render } from "preact";
import { App } from "./app.tsx";
import { follow } from "./live/link.ts";
import "./style/index.css";

render(<App />, document.getElementById("app")!);
void follow();
