export interface Box {
  width: number;
  height: number;
}
export interface Packed<T> extends Box {
  placed: { box: T; x: number; y: number }[];
}
/** The shape of a screen, roughly. */
const ASPECT = 1.8;
/** Shelves are never full, so the width that the area alone asks for is tried with some more. */
const ROOM = [1, 1.1, 1.2, 1.35, 1.5, 1.75, 2];

/** Boxes in shelves, tall ones first, so that the whole is about as wide as a screen. */
export function pack<T extends Box>(boxes: T[], gap: number): Packed<T> {
  const tallFirst = [...boxes].sort((a, b) => b.height - a.height);
  const area = boxes.reduce((sum, box) => sum + (box.width + gap) * (box.height + gap), 0);
  const widest = Math.max(0, ...boxes.map((box) => box.width));
  const tried = ROOM.map((room) => shelves(tallFirst, Math.max(widest, Math.sqrt(area * ASPECT) * room), gap));
  const off = ({ width, height }: Box): number => Math.abs(Math.log(width / height / ASPECT));
  return tried.reduce((best, one) => (off(one) < off(best) ? one : best));
}

function shelves<T extends Box>(boxes: T[], most: number, gap: number): Packed<T> {
  const placed: Packed<T>["placed"] = [];
  let [x, y, shelf, width] = [0, 0, 0, 0];
  for (const box of boxes) {
    if (x > 0 && x + box.width > most) [x, y, shelf] = [0, y + shelf + gap, 0];
    placed.push({ box, x, y });
    x += box.width + gap;
    width = Math.max(width, x - gap);
    shelf = Math.max(shelf, box.height);
  }
  return { placed, width, height: y + shelf };
}
