import { ask } from "../ui/dialog";
import { claimBead, closeBead, releaseClaim } from "./actions";
import { me } from "./store";
import type { Claim } from "./types";

/** Actions on a bead that first ask for a reason where the database wants one; false when thought better of. */
export async function askToTake(id: string, claim: Claim | undefined): Promise<boolean> {
  if (!claim) return claimBead(id, null);
  const reason = await ask({ title: `Take ${id} over`, text: `${claim.holder_name} is told at once, with your reason.`, label: "Reason", confirm: "Take over", required: true });
  return reason ? claimBead(id, reason) : false;
}

export async function askToRelease(claim: Claim): Promise<boolean> {
  const isMine = claim.holder_id === me.peek()?.actor?.id;
  const reason = await ask({
    title: `Release ${claim.bead_id}`,
    text: isMine ? "The bead goes back to open." : `${claim.holder_name} is told, with your reason.`,
    label: isMine ? "Note for whoever takes it (optional)" : "Reason",
    confirm: "Release",
    required: !isMine,
  });
  return reason !== null && releaseClaim(claim, reason);
}

export async function askToClose(id: string, claim: Claim | undefined): Promise<boolean> {
  const isOthers = claim !== undefined && claim.holder_id !== me.peek()?.actor?.id;
  const reason = await ask({ title: `Close ${id}`, label: isOthers ? "Reason (its holder is told)" : "Reason (optional)", confirm: "Close", required: isOthers });
  return reason !== null && closeBead(id, reason || null, isOthers);
}
