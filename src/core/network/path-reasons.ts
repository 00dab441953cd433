import type { Path } from './network.ts'

/**
 * Why a better way to a peer was not found: the ways that were tried, each with what it came to. This side of it; the
 * other may know more.
 */
const REASONS = {
  'no-address': 'no direct address known',
  'other-network': 'its addresses are of another private network',
  'no-answer': 'none of its addresses answers',
  'punch-unsupported': 'hole punching: the other side does not do it',
  'punch-no-witness': 'hole punching: no relay tells where you are seen from',
  'punch-random-ports': 'hole punching: your router picks random ports',
  'punch-no-endpoint': 'hole punching: the other side has no address that could be dialled',
  'punch-no-exchange': 'hole punching: the two sides did not come to agree on a moment',
  'punch-failed': 'hole punching: neither router let the other side in',
  'webrtc-off': 'WebRTC: not possible from here',
  'webrtc-trying': 'WebRTC: still being tried',
  'webrtc-unsupported': 'WebRTC: the other side does not offer it',
  'webrtc-no-route': 'WebRTC: no route found (UDP blocked, or routers too strict?)'
} as const

export type PathReason = keyof typeof REASONS

/** What is told of looking for a better way. */
export interface PathSearch {
  readonly path: Path
  /** Rounds in which no better way was found. */
  readonly tries?: number
  /** What the last round came to. */
  readonly reasons?: readonly PathReason[]
}

/**
 * Why the path is not a better one, in one sentence without its full stop; undefined where there is no better one, or
 * nothing is known.
 */
export function whyNotBetter({ path, tries = 0, reasons = [] }: PathSearch): string | undefined {
  const found = reasonsFor(path, reasons).map(reason => REASONS[reason])
  switch (path) {
    case 'relayed':
      if (found.length > 0) return found.join('; ')
      return tries === 0 ? 'the first try is under way' : 'no better way was found, and it is not known why'
    case 'turn':
      return ['neither router lets the other side in, so a TURN server passes it on', ...found].join('; ')
    case 'webrtc':
      return found.length === 0 ? 'ICE found this way, and no better one was tried from here' : found.join('; ')
    case 'direct':
    case 'punched':
    case 'none':
      return undefined
  }
}

/** Those of the reasons that say something of this path: that WebRTC failed before is no news of a path by WebRTC. */
export function reasonsFor(path: Path, reasons: readonly PathReason[]): readonly PathReason[] {
  return path === 'relayed' ? reasons : reasons.filter(reason => !reason.startsWith('webrtc'))
}
