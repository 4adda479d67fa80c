// Their types are those of the whole; see undici.ts.
declare module "undici/lib/api/api-connect.js";
declare module "undici/lib/core/errors.js";
declare module "undici/lib/dispatcher/agent.js";
declare module "undici/lib/dispatcher/dispatcher.js";
declare module "undici/lib/dispatcher/pool.js";
declare module "undici/lib/dispatcher/proxy-agent.js";
