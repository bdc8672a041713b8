import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { onTouch } from "../data/store";
import { asRefusal, type Refusal } from "./refusal";

export interface Resource<T> {
  data: T | undefined;
  error: Refusal | undefined;
  loading: boolean;
  reload: () => void;
}

/**
 * What `load` answers for `key`, read again whenever one of `topics` is touched. Old data stay
 * while new ones are on their way; an answer for an earlier key is dropped. What failed is asked
 * again when the backend is back.
 */
export function useResource<T>(key: string | null, load: () => Promise<T>, topics: string[] = []): Resource<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: Refusal }>({ key: null });
  const current = useRef(0);
  const loader = useRef(load);
  loader.current = load;
  const reload = useCallback(() => {
    if (key === null) return;
    const mine = ++current.current;
    loader.current().then(
      (data) => mine === current.current && setState({ key, data }),
      (error: unknown) => mine === current.current && setState((old) => ({ ...(old.key === key ? old : {}), key, error: asRefusal(error) })),
    );
  }, [key]);
  useEffect(reload, [reload]);
  const isBroken = useRef(false);
  isBroken.current = state.error !== undefined;
  useEffect(() => onTouch("reconnected", () => isBroken.current && reload()), [reload]);
  const watched = topics.join("\n");
  useEffect(() => {
    const stops = watched.split("\n").filter(Boolean).map((topic) => onTouch(topic, reload));
    return () => stops.forEach((stop) => stop());
  }, [watched, reload]);
  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    loading: key !== null && !isCurrent,
    reload,
  };
}
