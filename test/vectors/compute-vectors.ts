import { writeFile } from 'node:fs/promises'
import { encodeUtf8, expectValue, openWithNonce, toHex } from '../../src/core/bytes/index.ts'
import { saltOf } from '../../src/core/chat/room/authorship.ts'
import { DELETION_KIND, EDIT_KIND, encodeContent, MESSAGE_KIND } from '../../src/core/chat/room/content.ts'
import { sealExchange, type Direction } from '../../src/core/chat/online/exchange-codec.ts'
import { signAcknowledgement } from '../../src/core/chat/online/acknowledgement.ts'
import { createHello } from '../../src/core/chat/online/greeting.ts'
import { encodeAnswer, encodeAsk } from '../../src/core/chat/keeper/keep-codec.ts'
import { encodeOpenRoomLink } from '../../src/core/chat/invite-link.ts'
import {
  dayOf,
  exchangeKeys,
  gossipKeys,
  gossipTopic,
  meetingKey,
  openRoom,
  sealEntry
} from '../../src/core/encryption/index.ts'
import { createIdentitySecrets, openIdentity, type DeviceId, type DisplayName } from '../../src/core/identity/index.ts'
import { encodeEntry, orderKeyOf, sealGossip, type EntryId } from '../../src/core/log/index.ts'
import { meetingPlace } from '../../src/core/network/libp2p/meeting.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { NOON } from '../support/cast.ts'
import { seededRandom } from '../support/seeded-random.ts'

export const VECTORS_FILE = new URL('../../docs/vectors/open-room.json', import.meta.url)

/** Everything of `docs/wire-protocol.md` once, from fixed inputs; byte strings in hex. */
export async function computeVectors() {
  const name = 'Starlings'
  const room = expectValue(openRoom(name))
  const contentKey = room.epochs.contentKey('chat', room.epochs.current()) ?? new Uint8Array()
  const secrets = createIdentitySecrets(seededRandom(1), NOON)
  const identity = await openIdentity(secrets)
  const day = dayOf(NOON)
  const secret = room.rendezvousSecrets()[0]
  const text = 'Hello, murmuration! ✨'
  const nick = 'Anna' as DisplayName
  const { device } = identity.certificate
  const opening = seededRandom(2)(16)
  const profile = { certificate: identity.certificate.bytes, nick }
  const content = encodeContent({ kind: MESSAGE_KIND, text, profile, opening })
  const parents = ['22', '11'].map(byte => byte.repeat(32) as EntryId)
  const previous = '33'.repeat(32) as EntryId
  const salt = saltOf({ device, sequence: 5, kind: MESSAGE_KIND, opening })
  const clock = { ms: NOON + 1234, counter: 7 }
  const start = { class: 'chat', epoch: room.epochs.current(), clock, extensions: [], salt } as const
  const body = { sequence: 5, previous, parents, kind: 1, content }
  const entry = await sealEntry({ roomId: room.roomId, contentKey }, identity.deviceKey, start, body)
  const daily = { ...gossipKeys(secret, day), exchange: exchangeKeys(secret, day) }
  const direction = { from: '12D3KooWAnna' as PeerId, to: '12D3KooWBob' as PeerId }
  const place = { room: room.roomId, tag: daily.exchange.tag }
  const held = new Map([
    [
      '44'.repeat(32) as DeviceId,
      [
        { from: 1, to: 7 },
        { from: 9, to: 9 }
      ]
    ]
  ])
  const acknowledgement = await signAcknowledgement(identity, room.roomId, held)
  const exchanges = await Promise.all(
    (['member', 'keeper', 'full-keeper'] as const).map(async role => {
      const hello = await createHello(identity, place, direction, { role, nick, time: NOON })
      const frame = sealExchange(daily.exchange, direction, { kind: 'hello', hello }, seededRandom(3))
      return { role, hello: toHex(openedFrame(daily.exchange.sealKey, direction, frame)), frame: toHex(frame) }
    })
  )
  return {
    room: {
      name,
      id: room.roomId,
      epoch: toHex(room.epochs.current()),
      contentKey: toHex(contentKey),
      rendezvousSecret: toHex(secret)
    },
    day: {
      number: day,
      topic: gossipTopic(secret, day),
      meetingKey: toHex(meetingKey(secret, day)),
      meetingPlace: meetingPlace(meetingKey(secret, day)).toString(),
      gossipSealKey: toHex(daily.sealKey),
      gossipNonceKey: toHex(daily.nonceKey),
      exchangeTag: toHex(daily.exchange.tag),
      exchangeSealKey: toHex(daily.exchange.sealKey)
    },
    identity: {
      rootSeed: toHex(secrets.rootSeed),
      deviceSeed: toHex(secrets.deviceSeed),
      member: identity.certificate.member,
      device: identity.certificate.device,
      certificate: toHex(identity.certificate.bytes)
    },
    entry: {
      clock,
      salt: toHex(salt),
      sequence: 5,
      previous,
      parents: parents.toSorted(),
      text,
      nick,
      content: toHex(content),
      opening: toHex(opening),
      header: toHex(entry.headerBytes),
      body: toHex(entry.body),
      id: entry.id,
      orderKey: orderKeyOf(entry),
      encoded: toHex(encodeEntry(entry)),
      gossip: toHex(sealGossip(daily, { kind: 'entry', entry }))
    },
    edit: {
      target: entry.id,
      text: 'Hello again',
      content: toHex(encodeContent({ kind: EDIT_KIND, text: 'Hello again', target: entry.id }))
    },
    deletion: {
      content: toHex(
        encodeContent({
          kind: DELETION_KIND,
          targets: [{ id: entry.id, device, sequence: 5, kind: MESSAGE_KIND, opening }]
        })
      )
    },
    acknowledgement: {
      held: [...held].map(([author, ranges]) => ({ author, ranges })),
      signed: toHex(acknowledgement),
      gossip: toHex(sealGossip(daily, { kind: 'note', note: acknowledgement }))
    },
    exchange: {
      ...direction,
      randomSeed: 3,
      time: NOON,
      hellos: exchanges
    },
    keep: {
      ask: toHex(encodeAsk({ kind: 'name', name })),
      askByTag: toHex(encodeAsk({ kind: 'tag', tag: seededRandom(4)(32) })),
      kept: toHex(encodeAnswer('kept')),
      full: toHex(encodeAnswer('full'))
    },
    link: { addresses: ['/ip4/192.0.2.7/tcp/4002/ws/p2p/12D3KooWAnna'], text: link(name) }
  }
}

/** The message in an exchange frame, for a reader without XChaCha20. */
function openedFrame(sealKey: Uint8Array, { from, to }: Direction, frame: Uint8Array): Uint8Array {
  const direction = encodeUtf8(`${from}\n${to}`)
  return openWithNonce(sealKey, frame.subarray(16, 40), frame.subarray(40), direction) ?? new Uint8Array()
}

function link(name: string): string {
  return encodeOpenRoomLink({ name, addresses: ['/ip4/192.0.2.7/tcp/4002/ws/p2p/12D3KooWAnna'] })
}

if (process.argv[1] === import.meta.filename) {
  await writeFile(VECTORS_FILE, `${JSON.stringify(await computeVectors(), null, 2)}\n`)
}
