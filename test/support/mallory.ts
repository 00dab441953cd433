import {
  deriveKey,
  expectValue,
  openOnce,
  sealOnce,
  systemClock,
  systemRandom,
  toHex
} from '../../src/core/bytes/index.ts'
import { saltOf, type Authorship } from '../../src/core/chat/room/authorship.ts'
import { encodeContent, MESSAGE_KIND } from '../../src/core/chat/room/content.ts'
import type { OwnWords } from '../../src/core/chat/room/own-entries.ts'
import { exchange, serveExchanges } from '../../src/core/chat/online/exchange.ts'
import { sealExchange, type ExchangeMessage } from '../../src/core/chat/online/exchange-codec.ts'
import { createHello } from '../../src/core/chat/online/greeting.ts'
import { dayOf, exchangeKeys, gossipKeys, gossipTopic, openRoom, sealEntry } from '../../src/core/encryption/index.ts'
import { createIdentitySecrets, openIdentity, type DisplayName, type Identity } from '../../src/core/identity/index.ts'
import {
  createEntry,
  encodeHeaderStart,
  LOWEST,
  sealGossip,
  serveSync,
  SYNC_LIMITS,
  SYNC_PROTOCOL,
  syncWith,
  type Entry,
  type EntryId,
  type HybridTime,
  type StoredEntry,
  type SyncLog
} from '../../src/core/log/index.ts'
import type { PeerId, Verdict } from '../../src/core/network/index.ts'
import { MemorySet } from '../log/sync/memory-set.ts'
import { NOON } from './cast.ts'
import type { Actor } from './story.ts'
import type { VirtualPeer } from './virtual-network.ts'

/** Somebody who knows the name of the room `lobby` and speaks its protocol by hand, by no rule but the bytes'. */
const lobby = expectValue(openRoom('lobby'))
const lobbyKey = lobby.epochs.contentKey('chat', lobby.epochs.current()) ?? new Uint8Array()

const day = dayOf(NOON)
const lobbyTopic = gossipTopic(lobby.rendezvousSecrets()[0], day)
export const lobbyGossip = gossipKeys(lobby.rendezvousSecrets()[0], day)

export interface Words {
  readonly sequence?: number
  readonly previous?: EntryId
  readonly parents?: EntryId[]
  readonly clock?: HybridTime
  readonly profile?: boolean
  readonly opening?: Uint8Array
  /** What the salt says of the entry, where that is not what its body does. */
  readonly salted?: Partial<Omit<Authorship, 'id'>>
}

export function newIdentity(): Promise<Identity> {
  return openIdentity(createIdentitySecrets(systemRandom, NOON))
}

/** The id of an entry that does not exist. */
export function madeUpId(): EntryId {
  return toHex(systemRandom(32)) as EntryId
}

export function writeEntry(identity: Identity, text: string, words: Words = {}): Promise<Entry> {
  return writeWords(identity, { kind: MESSAGE_KIND, text }, words)
}

/** An entry of any kind, with or without a salt that commits to its author. */
export function writeWords(identity: Identity, said: OwnWords, words: Words = {}): Promise<Entry> {
  const { sequence = 1, previous, clock = { ms: NOON, counter: 0 }, profile = true, opening, salted } = words
  const { bytes: certificate, device } = identity.certificate
  const content = encodeContent({
    ...said,
    ...(profile && { profile: { certificate, nick: undefined } }),
    ...(opening && { opening })
  })
  const salt =
    opening === undefined ? systemRandom(16) : saltOf({ device, sequence, kind: said.kind, opening, ...salted })
  const start = { class: 'chat', epoch: lobby.epochs.current(), clock, extensions: [], salt } as const
  const body = { sequence, previous, parents: words.parents ?? [], kind: said.kind, content }
  return sealEntry({ roomId: lobby.roomId, contentKey: lobbyKey }, identity.deviceKey, start, body)
}

/** The same words, signed in a way that only a later version knows. */
export function signedInANewerWay(entry: Entry): Entry {
  const start = encodeHeaderStart(entry.header)
  const key = deriveKey(lobbyKey, 'starling/body/1', 32, entry.header.salt)
  const plaintext = openOnce(key, entry.body, start) ?? new Uint8Array()
  // Behind device, sequence, previous id, no parents and kind stand the content and its length.
  const content = 32 + 8 + 32 + 1 + 1
  const how = content + 4 + new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(content)
  return createEntry(entry.header, sealOnce(key, plaintext.with(how, 1), start))
}

/** Puts a message into the topic of one member; what the member's validator says. */
export function gossipBytes(to: Actor, message: Uint8Array, from: VirtualPeer): Verdict {
  const handler = to.network.topics.get(lobbyTopic)
  const verdict = handler?.validate(message, from.self) ?? 'ignore'
  if (verdict === 'accept') handler?.deliver(message, from.self)
  return verdict
}

export function gossipEntry(to: Actor, entry: Entry, from: VirtualPeer): Verdict {
  return gossipBytes(to, sealGossip(lobbyGossip, { kind: 'entry', entry }), from)
}

/** @param time what the sender says that its clock shows */
export async function sayHello(
  identity: Identity,
  from: VirtualPeer,
  to: PeerId,
  time = NOON
): Promise<ExchangeMessage[]> {
  const direction = { from: from.self, to }
  const keys = exchangeKeys(lobby.rendezvousSecrets()[0], day)
  const said = { role: 'member', nick: 'Mallory' as DisplayName, time } as const
  const hello = await createHello(identity, { room: lobby.roomId, tag: keys.tag }, direction, said)
  return exchange(from, systemRandom, keys, to, { kind: 'hello', hello }, AbortSignal.timeout(60_000))
}

/** Has these entries, for whoever syncs with it; tells which were asked for. Of those in `withheld` it has but the ids. */
export function syncAs(
  from: VirtualPeer,
  entries: readonly StoredEntry[],
  asked?: (ids: readonly EntryId[]) => void,
  withheld: readonly Entry[] = []
): void {
  const log = syncLogOf(entries, asked, withheld)
  from.handle(SYNC_PROTOCOL, SYNC_LIMITS, async stream => {
    await stream.read()
    await serveSync(stream, log, systemClock)
  })
}

/** Opens a sync and offers these entries. */
export async function offerBySync(from: VirtualPeer, to: PeerId, entries: readonly Entry[]): Promise<void> {
  const stream = await from.open(to, SYNC_PROTOCOL)
  const keys = exchangeKeys(lobby.rendezvousSecrets()[0], day)
  await stream.write(sealExchange(keys, { from: from.self, to }, { kind: 'sync' }, systemRandom))
  await syncWith(stream, syncLogOf(entries), systemClock)
}

function syncLogOf(
  entries: readonly StoredEntry[],
  asked?: (ids: readonly EntryId[]) => void,
  withheld: readonly Entry[] = []
): SyncLog {
  const byId = new Map(entries.map(entry => [entry.id, entry]))
  const items = [...entries, ...withheld].map(({ id, header }) => ({ ms: header.clock.ms, id }))
  return {
    classes: [{ class: 'chat', set: new MemorySet(items), from: LOWEST }],
    async load(ids) {
      asked?.(ids)
      return ids.flatMap(id => byId.get(id) ?? [])
    },
    lacking: async () => [],
    take: async () => 0,
    companionsOf: async () => [],
    takeCompanion: async () => undefined
  }
}

/** Answers what members ask. */
export function answerAs(from: VirtualPeer, answer: (asked: ExchangeMessage) => AsyncIterable<ExchangeMessage>): void {
  serveExchanges(from, systemRandom, () => exchangeRoom(answer))
}

function exchangeRoom(answer: (asked: ExchangeMessage) => AsyncIterable<ExchangeMessage>) {
  return { exchangeKeys: () => [exchangeKeys(lobby.rendezvousSecrets()[0], day)], answer }
}
