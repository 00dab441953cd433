import { CappedMap } from '../../bytes/index.ts'
import type { NetworkEvent } from '../network.ts'
import { peerOfAddress } from './addresses.ts'
import { keepConnected, type Keeper } from './redial.ts'
import type { Scope } from './scope.ts'

const MAX_WARNED = 64

/** Keeps a connection to each bootstrap peer and says once of each address that nobody answers there. */
export function keepBootstrap(
  scope: Scope,
  addresses: readonly string[],
  emit: (event: NetworkEvent) => void
): Keeper[] {
  const warned = new CappedMap<string, true>(MAX_WARNED)
  function warn(failed: readonly string[]): void {
    for (const address of failed) {
      if (warned.has(address)) continue
      warned.set(address, true)
      emit({ kind: 'warning', code: 'bootstrap-unreachable', text: `Nobody answers at ${address}. Still trying.` })
    }
  }
  return byPeer(addresses).map(group => keepConnected(scope, group, () => warn(group)))
}

/** Addresses of one peer belong together; one without a peer stands alone. */
function byPeer(addresses: readonly string[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const address of new Set(addresses)) {
    const key = peerOfAddress(address) ?? address
    groups.set(key, [...(groups.get(key) ?? []), address])
  }
  return [...groups.values()]
}
