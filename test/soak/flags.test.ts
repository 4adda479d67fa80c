import { describe, it } from "vitest";
import { eventOutage, flap } from "../tools/flags-storms.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy("all");

// Side by side: nearly all of it is waiting.
describe.concurrent("relaying flags through minutes of trouble", () => {
  it("a server that flaps every second for a minute, under 5,000 SDKs", { timeout: 400_000 }, () =>
    flap(tidy, { sdks: 5_000, seconds: 60 }),
  );

  it("an event server that is away for five minutes", { timeout: 600_000 }, () => eventOutage(tidy, 300));
});
