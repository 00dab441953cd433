import { createCommit, encodeGroupState, type CiphersuiteImpl, type ClientState } from 'ts-mls'
import { concatBytes, expectValue, systemRandom, toHex } from '../../src/core/bytes/index.ts'
import { exchange } from '../../src/core/chat/online/exchange.ts'
import type { ExchangeMessage } from '../../src/core/chat/online/exchange-codec.ts'
import { createHello } from '../../src/core/chat/online/greeting.ts'
import { hashOf, noteOf, type GroupState } from '../../src/core/encryption/epochs/index.ts'
import {
  dayOf,
  decodeHandedOver,
  exchangeKeys,
  loadGroupKeys,
  type EpochId,
  type HandedOver,
  type Lacked,
  type OperationId,
  type RoomId
} from '../../src/core/encryption/index.ts'
import { encodeMessage } from '../../src/core/encryption/mls/codec.ts'
import { mlsSuite } from '../../src/core/encryption/mls/suite.ts'
import type { DeviceId, DisplayName } from '../../src/core/identity/index.ts'
import type { Claimed, Insider } from './insider.ts'
import { settle } from './settle.ts'
import type { Actor, Story } from './story.ts'
import type { VirtualPeer } from './virtual-network.ts'

function deviceOf({ identity }: Insider) {
  return { id: identity.certificate.device, signingKey: identity.deviceSeed }
}

function tipOf({ room }: Insider): GroupState {
  const epoch = room.sealingEpoch()
  const state = room.epochs()?.nodes.find(each => each.epoch === epoch)?.state
  if (state === undefined) throw new Error('an insider without a state')
  return state
}

/** What others come in with by themselves. */
export async function groupInfoOf(insider: Insider): Promise<Uint8Array> {
  return (await loadGroupKeys()).groupInfo(tipOf(insider))
}

/** A commit by which this device comes in from outside, allowed or not. */
export async function commitFromOutside(
  by: Insider,
  groupInfo: Uint8Array,
  said: { readonly parent: EpochId; readonly cites: readonly OperationId[]; readonly added: readonly DeviceId[] }
): Promise<Claimed> {
  const keys = await loadGroupKeys()
  const { commit, state } = expectValue(await keys.joinByItself(groupInfo, deviceOf(by), noteOf(said.cites)))
  const keyHash = hashOf(await keys.secretFor(state, 'content'))
  const claim = { ...said, groupEpoch: state.epoch, removed: [], keyHash, commit }
  return by.claim({ ...claim, generation: undefined, welcome: undefined })
}

/** A commit that renews this device's leaf, claims what is true, and opens for all but these. */
export async function commitHiddenFrom(by: Insider, hidden: readonly DeviceId[]): Promise<Claimed> {
  const keys = await loadGroupKeys()
  const tip = tipOf(by)
  const client = {
    ...(tip as GroupState & { client: ClientState }).client,
    signaturePrivateKey: by.identity.deviceSeed
  }
  const isHidden = new Set<string>()
  for (const node of client.ratchetTree) {
    if (node?.nodeType !== 'leaf') continue
    const { signaturePublicKey, hpkePublicKey } = node.leaf
    if (hidden.includes(toHex(signaturePublicKey) as DeviceId)) isHidden.add(toHex(hpkePublicKey))
  }
  const suite = await mlsSuite()
  const garbling: CiphersuiteImpl['hpke'] = {
    ...suite.hpke,
    async seal(key, ...rest) {
      const sealed = await suite.hpke.seal(key, ...rest)
      const isFor = toHex(new Uint8Array(await suite.hpke.exportPublicKey(key)))
      return isHidden.has(isFor) ? { ...sealed, ct: systemRandom(sealed.ct.length) } : sealed
    }
  }
  const cites = (await by.heads()).slice(0, 16)
  const { commit, newState } = await createCommit(
    { state: client, cipherSuite: { ...suite, hpke: garbling } },
    { wireAsPublicMessage: true, authenticatedData: noteOf(cites) }
  )
  const state = expectValue(keys.decode(encodeGroupState(newState)))
  const keyHash = hashOf(await keys.secretFor(state, 'content'))
  const claim = { parent: by.sealingEpoch(), groupEpoch: state.epoch, cites, added: [], removed: [], keyHash }
  return by.claim({ ...claim, commit: encodeMessage(commit), generation: undefined, welcome: undefined })
}

/** Greets a member as this device, and asks for what is lacked; undefined when the member gives nothing. */
export async function askByHand(
  story: Story,
  by: Insider,
  from: VirtualPeer,
  to: Actor,
  lacked: Lacked
): Promise<HandedOver | undefined> {
  const keys = exchangeKeys(by.generation.rendezvousSecret, dayOf(story.clock.now()))
  const direction = { from: from.self, to: to.network.self }
  const place = { room: to.peer.findRoom('Loft').id as RoomId, tag: keys.tag }
  const said = { role: 'member', nick: 'Mallory' as DisplayName, time: story.clock.now() } as const
  const hello = await createHello(by.identity, place, direction, said)
  const ask = (message: ExchangeMessage): Promise<ExchangeMessage[]> =>
    settle(story, exchange(from, systemRandom, keys, to.network.self, message, AbortSignal.timeout(60_000)))
  const [greeted] = await ask({ kind: 'hello', hello })
  if (greeted?.kind !== 'hello') throw new Error('no hello in return')
  const parts = (await ask({ kind: 'lack', lacked })).flatMap(each => (each.kind === 'hand-over' ? [each.part] : []))
  return parts.length === 0 ? undefined : expectValue(decodeHandedOver(concatBytes(parts)))
}
