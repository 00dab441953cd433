import { loadArgon2 } from '../core/bytes/index.ts'
import { loadGroupKeys } from '../core/encryption/index.ts'

/** Connecting goes first. */
const AFTER_MILLIS = 2000

/**
 * A tab goes on when whoever served its page has gone, and then nothing can be fetched any more: what is loaded only when it is needed is
 * fetched before that.
 */
export function loadRestInTime(): void {
  setTimeout(() => void loadRest(), AFTER_MILLIS)
}

/** On the page's own timeline: from here on nothing more is fetched. */
const WHOLE = 'starling-whole'

/** What does not come is tried again where it is needed. */
async function loadRest(): Promise<void> {
  await Promise.allSettled([
    loadGroupKeys(),
    loadArgon2(),
    import('./ui/network-pane.tsx'),
    import('./doctor/examine-tab.ts')
  ])
  performance.mark(WHOLE)
}
