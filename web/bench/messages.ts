// What the tab and the worker of networks say to each other. One call at a time.

export type ToNetwork =
  /** Fetches a network and starts the backend. A folder with a manifest is one of ours; else it holds one graph. */
  | { kind: 'load'; folder: string }
  /** Runs it on a made picture. */
  | { kind: 'time'; rounds: number }
  /** Colours a file as the browser ports of other networks do: their small picture is stretched over the large one. */
  | { kind: 'colour'; file: Blob; shown: number };

export interface Loaded {
  backend: string;
  threads: number;
  /** Of all files. */
  bytes: number;
  parameters: number;
  /** Milliseconds, with fetching and building. */
  loading: number;
}

export interface Timed {
  /** Multiplications and additions of convolutions and matrix products, in one run. */
  multiplyAdds: number;
  /** Of each round; a network of ours has `guide` besides, which alone runs anew for a hint. */
  milliseconds: number[];
  guide: number[];
}

export interface Coloured {
  first: number;
  full: number;
}
