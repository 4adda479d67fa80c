import { defineCommand } from "citty";
export const doctor = defineCommand({ meta: { name: "doctor", description: "doctor" }, run: () => 0 });
