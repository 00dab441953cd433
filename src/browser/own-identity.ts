import { systemClock, systemRandom } from '../core/bytes/index.ts'
import { createIdentityVault, verifiedMembers, type IdentityVault, type VerifiedMembers } from '../core/chat/index.ts'
import type { Storage } from '../core/log/index.ts'

/** What concerns the keys of this tab's user, and others': beside the peer, on the same store. */
export interface OwnIdentity {
  readonly vault: IdentityVault
  readonly verified: VerifiedMembers
}

export function ownIdentity(storage: Storage, addresses: () => string[]): OwnIdentity {
  return {
    vault: createIdentityVault({ storage, clock: systemClock, random: systemRandom, addresses }),
    verified: verifiedMembers(storage.records)
  }
}
