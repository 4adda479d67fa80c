import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { kinds } from "../../src/agents/kinds.ts";
import { loadConfig } from "../../src/config/load.ts";
import { routes } from "../../src/runtime/admin/routes.ts";
import { checkPlans, claimsOf } from "../../src/runtime/plan.ts";
import { settingsOf, stagesOf } from "../tools/dockerfile.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "deploy", "kubernetes");
const image = settingsOf(
  stagesOf(readFileSync(join(import.meta.dirname, "..", "..", "Dockerfile"), "utf8")).at(-1)!,
);

/** What all objects have in common. Of the rest, each schema asks for what its tests are about. */
const object = (apiVersion: string, kind: string) =>
  z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind),
    metadata: z.strictObject({
      name: z.string().regex(/^[a-z0-9-]+$/),
      labels: z.record(z.string(), z.string()),
    }),
  });

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.int().positive(),
  timeoutSeconds: z.int().positive().optional(),
  failureThreshold: z.int().positive(),
});

const container = z.strictObject({
  name: z.string(),
  image: z.string().regex(/:\d+\.\d+\.\d+$/, { error: "an image needs a version" }),
  envFrom: z.tuple([z.strictObject({ secretRef: z.strictObject({ name: z.string() }) })]),
  ports: z.array(z.strictObject({ name: z.string().max(15), containerPort: z.int() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: z.strictObject({
    preStop: z.strictObject({
      exec: z.strictObject({ command: z.tuple([z.literal("sleep"), z.string().regex(/^\d+$/)]) }),
    }),
  }),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  volumeMounts: z.array(
    z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() }),
  ),
});

const labels = z.record(z.string(), z.string());
const selector = z.strictObject({ matchLabels: labels });
const deploymentSchema = object("apps/v1", "Deployment").extend({
  spec: z.strictObject({
    replicas: z.int().positive(),
    selector,
    strategy: z.strictObject({
      rollingUpdate: z.strictObject({ maxUnavailable: z.literal(0), maxSurge: z.int().positive() }),
    }),
    template: z.strictObject({
      metadata: z.strictObject({ labels }),
      spec: z.strictObject({
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.int(),
        securityContext: z.strictObject({
          runAsNonRoot: z.literal(true),
          runAsUser: z.int().positive(),
          runAsGroup: z.int().positive(),
          fsGroup: z.int().positive(),
          seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
        }),
        containers: z.tuple([container]),
        volumes: z.array(
          z.union([
            z.strictObject({ name: z.string(), configMap: z.strictObject({ name: z.string() }) }),
            z.strictObject({ name: z.string(), emptyDir: z.strictObject({ sizeLimit: z.string() }) }),
          ]),
        ),
      }),
    }),
  }),
});
const port = z.strictObject({ name: z.string(), port: z.int(), targetPort: z.string() });
const serviceSchema = object("v1", "Service").extend({
  spec: z.strictObject({ selector: labels, ports: z.array(port) }),
});
const budgetSchema = object("policy/v1", "PodDisruptionBudget").extend({
  spec: z.strictObject({ minAvailable: z.int().positive(), selector }),
});
const configSchema = object("v1", "ConfigMap").extend({ data: z.record(z.string(), z.string()) });
const secretSchema = object("v1", "Secret").extend({
  type: z.literal("Opaque"),
  stringData: z.record(z.string(), z.string()),
});
const kustomizationSchema = z.strictObject({
  apiVersion: z.literal("kustomize.config.k8s.io/v1beta1"),
  kind: z.literal("Kustomization"),
  resources: z.array(z.string()),
});

const read = <S extends z.ZodType>(name: string, schema: S) =>
  schema.parse(parse(readFileSync(join(FOLDER, name), "utf8")));

const deployment = read("deployment.yaml", deploymentSchema);
const service = read("service.yaml", serviceSchema);
const budget = read("poddisruptionbudget.yaml", budgetSchema);
const configMap = read("configmap.yaml", configSchema);
const secret = read("secret.example.yaml", secretSchema);
const pod = deployment.spec.template.spec;
const [only] = pod.containers;
const config = loadConfig(
  [{ file: "configmap.yaml", text: configMap.data["outrider.yaml"]! }],
  kinds,
  secret.stringData,
);

describe("the manifests for Kubernetes", () => {
  it("are all applied, but the example of a secret", () => {
    const { resources } = read("kustomization.yaml", kustomizationSchema);
    const others = ["kustomization.yaml", "secret.example.yaml"];
    expect([...resources, ...others].toSorted()).toEqual(readdirSync(FOLDER).toSorted());
  });

  it("name each other rightly", () => {
    const own = deployment.spec.template.metadata.labels;
    for (const chosen of [
      deployment.spec.selector.matchLabels,
      service.spec.selector,
      budget.spec.selector.matchLabels,
    ])
      expect(own).toMatchObject(chosen);
    const names = only.ports.map(({ name }) => name);
    for (const { targetPort } of service.spec.ports) expect(names).toContain(targetPort);
    expect(only.envFrom[0].secretRef.name).toBe(secret.metadata.name);
    const configs = pod.volumes.flatMap((volume) => ("configMap" in volume ? [volume.configMap.name] : []));
    expect(configs).toEqual([configMap.metadata.name]);
    expect(only.volumeMounts.map(({ name }) => name).toSorted()).toEqual(
      pod.volumes.map(({ name }) => name).toSorted(),
    );
  });

  it("run this version, as the user and with the folders that the image has", () => {
    expect(only.image).toBe(`outrider:${manifest.version}`);
    expect(image.user).toBe(`${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`);
    const mounted = only.volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounted).toEqual(expect.arrayContaining(["/etc/outrider", image.env["STATE_DIRECTORY"], "/tmp"]));
  });

  it("ask for routes that there are, and that need no token", () => {
    const open = routes.filter(({ open: free }) => free).map(({ path }) => path);
    for (const { httpGet } of [only.startupProbe, only.livenessProbe, only.readinessProbe]) {
      expect(open).toContain(httpGet.path);
      expect(only.ports.find(({ name }) => name === httpGet.port)?.containerPort).toBe(adminPort());
    }
    expect(only.livenessProbe.httpGet.path).toBe("/livez");
    expect(only.readinessProbe.httpGet.path).toBe("/readyz");
  });

  it("leave time to drain: what Kubernetes waits is longer than preStop and `grace` together", () => {
    const sleep = Number(only.lifecycle.preStop.exec.command[1]);
    const grace =
      Math.max(config.grace, ...[...config.agents.values()].map((agent) => agent.grace ?? 0)) / 1_000;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(sleep + grace + 5);
    // By then, nobody asks us any more.
    const { periodSeconds, failureThreshold } = only.readinessProbe;
    expect(sleep).toBeGreaterThanOrEqual(periodSeconds * failureThreshold);
  });

  it("let a pod go only while another one serves", () => {
    expect(deployment.spec.replicas).toBeGreaterThan(budget.spec.minAvailable);
  });

  it("configure what Outrider takes, at the ports that the pod names", () => {
    checkPlans(config);
    const claimed = [...config.agents.values()].flatMap((agent) =>
      claimsOf(agent).map(({ address }) => address),
    );
    const ports = [...claimed.map((address) => Number(address.split(":").at(-1))), adminPort()];
    expect(ports.toSorted()).toEqual(only.ports.map(({ containerPort }) => containerPort).toSorted());
    const asked = [...configMap.data["outrider.yaml"]!.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect([...new Set(asked)].toSorted()).toEqual(Object.keys(secret.stringData).toSorted());
  });
});

function adminPort(): number {
  const { admin } = config;
  if (!admin) throw new Error("the admin API is off");
  return Number(String(admin.listen).split(":").at(-1));
}
