import type { Actor, Bead } from "../../data/types";

export interface Ref {
  id: string;
  title: string | null;
  status: string | null;
  type?: string;
  missing?: boolean;
  through?: string | null;
}
export interface ClaimPast {
  id: string;
  epoch: number;
  claimed_at: string;
  ended_at: string | null;
  ended_reason: string | null;
  holder: Actor & { human_name?: string | null };
}
export interface Comment {
  id: number | string;
  author: string;
  body?: string;
  text?: string;
  created_at: string;
}
/** What `show_bead` answers. */
export interface BeadFull extends Bead {
  description: string | null;
  design: string | null;
  acceptance_criteria: string | null;
  notes: string | null;
  close_reason: string | null;
  created_by: string | null;
  estimated_minutes: number | null;
  external_ref: string | null;
  parent: Ref | null;
  children: Ref[];
  dependencies: Ref[];
  dependents: Ref[];
  blockers: Ref[];
  comments: Comment[];
  claims: ClaimPast[];
}
