import { useState } from "preact/hooks";
import { login } from "../api/session.ts";
import { Button } from "../parts/button.tsx";

export function LoginPage({ refused }: { refused: boolean }) {
  const [given, type] = useState("");
  return (
    <main class="login">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          if (given !== "") login(given);
        }}
      >
        <h1 tabIndex={-1}>Outrider</h1>
        <p class="dim">This control room wants the token that its configuration names as `admin.token`.</p>
        <div class={refused ? "field is-wrong" : "field"}>
          <label for="token">Token</label>
          <input
            id="token"
            type="password"
            autocomplete="current-password"
            aria-invalid={refused}
            aria-describedby="token-mistake"
            value={given}
            onInput={({ currentTarget }) => type(currentTarget.value)}
          />
          <p class="mistake" id="token-mistake" role="alert">
            {refused ? "This token was not accepted." : ""}
          </p>
        </div>
        <Button type="submit" look="primary">
          Log in
        </Button>
        <p class="hint">It is kept until this tab is closed, and sent to nobody else.</p>
      </form>
    </main>
  );
}
