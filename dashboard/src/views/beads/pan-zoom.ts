import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface View {
  x: number;
  y: number;
  scale: number;
}
const STEP = 60;
const MARGIN = 12;
/** Above the picture, where the buttons stand, and below it, where its legend does. */
const TOOLS = 44;
const LEGEND = 44;

/** Moving about in a picture larger than its frame: wheel, drag, keys. */
export function usePanZoom(frame: RefObject<SVGSVGElement | null>, width: number, height: number) {
  const [view, setView] = useState<View>({ x: 0, y: 0, scale: 1 });
  const moved = useRef(false);
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const size = (): { w: number; h: number } => ({ w: frame.current?.clientWidth || 800, h: frame.current?.clientHeight || 600 });

  const zoomAt = (by: number, px: number, py: number): void => {
    moved.current = true;
    setView((old) => {
      const scale = Math.min(2.5, Math.max(0.05, old.scale * by));
      const ratio = scale / old.scale;
      return { scale, x: px - (px - old.x) * ratio, y: py - (py - old.y) * ratio };
    });
  };
  const zoom = (by: number): void => zoomAt(by, size().w / 2, size().h / 2);
  const fit = (): void => {
    moved.current = false;
    const { w, h } = size();
    const scale = Math.min(1, (w - MARGIN * 2) / width, (h - TOOLS - LEGEND) / height);
    setView({ scale, x: (w - width * scale) / 2, y: TOOLS + (h - TOOLS - LEGEND - height * scale) / 2 });
  };
  const centre = (x: number, y: number): void => {
    moved.current = false;
    const { w, h } = size();
    const scale = Math.min(1, Math.max(0.6, Math.min(w / width, h / height)));
    setView({ scale, x: w / 2 - x * scale, y: h / 2 - y * scale });
  };
  const pan = (dx: number, dy: number): void => {
    moved.current = true;
    setView((old) => ({ ...old, x: old.x + dx, y: old.y + dy }));
  };

  useEffect(() => {
    const svg = frame.current;
    // A passive listener, which JSX would make, could not keep the page from scrolling.
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = svg?.getBoundingClientRect();
      if (event.ctrlKey || !event.shiftKey) zoomAt(Math.exp(-event.deltaY / 400), event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0));
      else pan(-event.deltaY, 0);
    };
    svg?.addEventListener("wheel", onWheel, { passive: false });
    return () => svg?.removeEventListener("wheel", onWheel);
  }, []);

  const keys: Record<string, () => void> = {
    ArrowLeft: () => pan(STEP, 0), ArrowRight: () => pan(-STEP, 0), ArrowUp: () => pan(0, STEP), ArrowDown: () => pan(0, -STEP),
    "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), "0": fit,
  };
  const handlers = {
    onPointerDown: (event: PointerEvent) => (drag.current = { x: event.clientX, y: event.clientY, moved: false }),
    onPointerMove: (event: PointerEvent) => {
      const from = drag.current;
      if (!from || !event.buttons) return void (drag.current = null);
      if (!from.moved && Math.hypot(event.clientX - from.x, event.clientY - from.y) < 4) return;
      pan(event.clientX - from.x, event.clientY - from.y);
      drag.current = { x: event.clientX, y: event.clientY, moved: true };
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]?.();
    },
  };
  return { view, handlers, zoom, fit, centre, isMoved: () => moved.current };
}
