import { mlsGroupKeys } from '../../src/core/encryption/mls/index.ts'
import { mlsSuite } from '../../src/core/encryption/mls/suite.ts'
import type { GroupKeys, GroupState } from '../../src/core/encryption/epochs/index.ts'
import { toHex } from '../../src/core/bytes/index.ts'
import type { DeviceId } from '../../src/core/identity/index.ts'
import type { ClientState } from 'ts-mls'

/** MLS by which a member makes commits that open for all but one device: what is sealed for that one is nothing that opens. */
export async function keysThatShutOut(device: DeviceId, before: GroupState): Promise<GroupKeys> {
  const suite = await mlsSuite()
  const { ratchetTree } = (before as GroupState & { readonly client: ClientState }).client
  const leaf = ratchetTree.flatMap(node => (node?.nodeType === 'leaf' ? [node.leaf] : []))
  const victim = leaf.find(({ signaturePublicKey }) => toHex(signaturePublicKey) === device)
  if (victim === undefined) throw new Error('it is not in')
  const victims = new WeakSet<object>()
  return mlsGroupKeys({
    ...suite,
    hpke: {
      ...suite.hpke,
      async importPublicKey(bytes) {
        const key = await suite.hpke.importPublicKey(bytes)
        if (toHex(bytes) === toHex(victim.hpkePublicKey)) victims.add(key)
        return key
      },
      async seal(key, ...rest) {
        const sealed = await suite.hpke.seal(key, ...rest)
        return victims.has(key) ? { ...sealed, ct: sealed.ct.toReversed() } : sealed
      }
    }
  })
}
