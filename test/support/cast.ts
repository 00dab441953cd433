import { createIdentitySecrets, openIdentity, type Identity } from '../../src/core/identity/index.ts'
import { seededRandom } from './seeded-random.ts'

/** The time at which stories start: 2026-11-21 12:00 UTC. */
export const NOON = Date.UTC(2026, 10, 21, 12)

/** A member with keys that follow from the seed. */
export function identityOf(seed: number): Promise<Identity> {
  return openIdentity(createIdentitySecrets(seededRandom(seed), NOON))
}
