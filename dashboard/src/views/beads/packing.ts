export interface Box {
  width: number;
  height: number;
}
export interface Packed<T> extends Box {
  placed: { box: T; x: number; y: number }[];
}
/** The shape of a screen, roughly. */
const ASPECT = 1.7;

/** Boxes in shelves, tall ones first, so that the whole is about as wide as a screen. */
export function pack<T extends Box>(boxes: T[], gap: number): Packed<T> {
  const area = boxes.reduce((sum, box) => sum + (box.width + gap) * (box.height + gap), 0);
  const widest = Math.max(0, ...boxes.map((box) => box.width));
  const most = Math.max(widest, Math.sqrt(area * ASPECT));
  const placed: Packed<T>["placed"] = [];
  let [x, y, shelf, width] = [0, 0, 0, 0];
  for (const box of [...boxes].sort((a, b) => b.height - a.height)) {
    if (x > 0 && x + box.width > most) [x, y, shelf] = [0, y + shelf + gap, 0];
    placed.push({ box, x, y });
    x += box.width + gap;
    width = Math.max(width, x - gap);
    shelf = Math.max(shelf, box.height);
  }
  return { placed, width, height: y + shelf };
}
