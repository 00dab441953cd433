import { networkInterfaces } from 'node:os'
import { every, type Clock, type Millis } from '../../core/bytes/index.ts'

/** Node tells nobody of a change, so one looks; to look costs some microseconds. */
const PERIOD: Millis = 3_000

/** Calls `changed` when this machine has lost or got an address by which it reaches others: another network, or none. */
export function watchAddresses(clock: Clock, changed: () => void, read: () => string = ownAddresses): () => void {
  let last = read()
  return every(clock, PERIOD, () => {
    const now = read()
    if (now === last) return
    last = now
    changed()
  })
}

/** Those of a link alone lead to nobody beyond it. */
function ownAddresses(): string {
  return Object.values(networkInterfaces())
    .flatMap(found => found ?? [])
    .flatMap(({ address, internal }) => (internal || address.startsWith('fe80') ? [] : [address]))
    .sort()
    .join(' ')
}
