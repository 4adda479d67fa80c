import { logout, token } from "../api/session.ts";
import { link } from "../live/link.ts";
import { route } from "../live/route.ts";
import { choose, type Theme, theme } from "../live/theme.ts";
import type { IconName } from "../look/icons.tsx";
import { Button } from "../parts/button.tsx";

const places = [
  { href: "#/", name: "Agents", pages: [undefined, "agents", "add"] },
  { href: "#/fleet", name: "Fleet", pages: ["fleet"] },
  { href: "#/process", name: "Process", pages: ["process"] },
];

const words = { connecting: "connecting", live: "live", lost: "no connection" };

export function Header() {
  const [page] = route.value;
  const { state } = link.value;
  return (
    <header class="top">
      <a class="brand" href="#/" aria-label="Outrider, all agents">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <rect class="brand-tile" width="32" height="32" rx="8" />
          <circle class="brand-ring" cx="16" cy="16" r="8.5" />
          <circle class="brand-dot" cx="24.5" cy="9" r="4.5" />
        </svg>
        <span>Outrider</span>
      </a>
      <nav aria-label="Main">
        {places.map(({ href, name, pages }) => (
          <a key={href} href={href} aria-current={pages.includes(page) ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <p class={`live is-${state}`} role="status">
        <span class="live-dot" aria-hidden="true" />
        <span class="live-word">{words[state]}</span>
      </p>
      <ThemeSwitch />
      {token.value !== "" && <Button icon="out" look="quiet" name="Log out" onClick={logout} />}
    </header>
  );
}

const next: Record<Theme, { theme: Theme; icon: IconName; name: string }> = {
  auto: { theme: "light", icon: "auto", name: "Theme: as the system. Switch to light" },
  light: { theme: "dark", icon: "sun", name: "Theme: light. Switch to dark" },
  dark: { theme: "auto", icon: "moon", name: "Theme: dark. Switch to the system's" },
};

function ThemeSwitch() {
  const { theme: to, icon, name } = next[theme.value];
  return <Button icon={icon} look="quiet" name={name} onClick={() => choose(to)} />;
}
