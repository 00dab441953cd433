import { encodeRange, type SyncRange } from './negentropy-message.ts'

/** A message being written, with its size: it must not outgrow a frame. */
export interface Draft {
  readonly ranges: readonly SyncRange[]
  /** Encoded, with the version byte. */
  readonly bytes: number
}

/** Room for a last range that says that more is left, as the reference keeps it. */
const RESERVED_BYTES = 200

export const EMPTY_DRAFT: Draft = { ranges: [], bytes: 1 }

export function append(draft: Draft, ranges: readonly SyncRange[]): Draft {
  let lastMs = draft.ranges.at(-1)?.upper.ms ?? 0
  let { bytes } = draft
  for (const range of ranges) {
    bytes += encodeRange(range, lastMs).length
    lastMs = range.upper.ms
  }
  return { ranges: [...draft.ranges, ...ranges], bytes }
}

export function isFull(draft: Draft, frameBytes: number): boolean {
  return draft.bytes > frameBytes - RESERVED_BYTES
}

/** How many ids, 32 bytes each, it takes to fill the draft; not less than one. */
export function idsUntilFull(draft: Draft, frameBytes: number): number {
  return Math.floor((frameBytes - RESERVED_BYTES - draft.bytes) / 32) + 1
}
