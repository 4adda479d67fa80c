import { link, retryNow } from "../live/link.ts";
import { Icon } from "../look/icons.tsx";
import { Clock, Until } from "../look/time.tsx";
import { Button } from "../parts/button.tsx";

/** What is shown may be old: said as long as there is no connection. */
export function Banner() {
  const { state, since, retryAt } = link.value;
  if (state !== "lost") return null;
  return (
    <div class="banner" role="alert">
      <Icon name="warn" />
      <p>
        No connection to Outrider. What you see is from <Clock at={since} />
        {retryAt !== undefined && (
          <span class="banner-next" aria-hidden="true">
            ; trying again <Until at={retryAt} />
          </span>
        )}
        .
      </p>
      <Button onClick={retryNow}>Try now</Button>
    </div>
  );
}
