import { EnvironmentView, type Watch } from "./environment-view.ts";
import type { DataSet, EnvironmentSecret } from "./model.ts";
import { dataVersion } from "./version.ts";

/** Everything as it is served. What did not change is taken over from the view before. */
export class View {
  readonly data: DataSet;
  readonly environments: ReadonlyMap<string, EnvironmentView>;
  readonly version: number;
  readonly #secrets = new Map<string, EnvironmentSecret>();

  constructor(data: DataSet, before: View | undefined, watch?: Watch) {
    this.data = data;
    this.version = dataVersion(data);
    this.environments = new Map(
      data.environments.map((each) => {
        const known = before?.environments.get(each.envId);
        return [each.envId, known?.environment === each ? known : new EnvironmentView(each, watch)];
      }),
    );
    for (const { envId, secrets } of data.environments)
      for (const secret of secrets) this.#secrets.set(secret.value, { ...secret, envId });
  }

  /** What a secret opens; undefined for one that nobody knows. */
  secret(value: string): EnvironmentSecret | undefined {
    return this.#secrets.get(value);
  }

  /** `project:environment` of each, in the order in which they came. */
  get serves(): string {
    return this.data.environments
      .map(({ secrets: [first] }) => (first ? `${first.projectKey}:${first.envKey}` : undefined))
      .filter((each) => each !== undefined)
      .join(",");
  }
}
