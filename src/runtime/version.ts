import { packageFile } from "../wire/package-files.ts";

/** The version of this package. */
export const version: string = (JSON.parse(packageFile("package.json").toString()) as { version: string })
  .version;
