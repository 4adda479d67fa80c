import { head } from "./table.mjs";

const VERDICTS = {
  ConfigProblem: "refuse: nothing is started, or everything goes on as before",
  LinkProblem: "reconnect: the part is down, and is tried again with growing pauses",
  DeniedProblem: "wait: it is tried again slowly; a person must look",
  RejectedProblem: "reject: the item is set aside and counted, everything else goes on",
  PartialProblem: "reject some: each item of the batch is settled by itself",
};

/** Every problem code, with what it means and what to do. */
export function problemsPage(codes) {
  const entries = Object.entries(codes).map(
    ([code, { class: name, means, remedy }]) =>
      `## ${code}\n\n${means}\n\n* What Outrider does: ${VERDICTS[name]}.\n* What to do: ${remedy}\n`,
  );
  return [
    head("Problems", "Expected failures have a code: in logs, in `outrider status`, in the API, and as a label of `outrider_problems_total`. Anything else is a defect of Outrider; the log then has its stack."),
    ...entries,
  ].join("\n");
}
