import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8, expectValue, fromHex, toHex } from '../../../src/core/bytes/index.ts'
import { inviteSecrets } from '../../../src/core/chat/joining/invite-secrets.ts'
import type { JoinAnswer } from '../../../src/core/chat/joining/join-codec.ts'
import { openRequest, sealRequest } from '../../../src/core/chat/joining/letters.ts'
import { MAILBOX_PROTOCOL } from '../../../src/core/chat/keeper/mailbox-codec.ts'
import { leaveLetter } from '../../../src/core/chat/keeper/mailbox-exchange.ts'
import type { Storage } from '../../../src/core/log/index.ts'
import { NOON } from '../../support/cast.ts'
import { hostileBytes } from '../../support/hostile-bytes.ts'
import { skipTime } from '../../support/virtual-clock.ts'
import { AdmittingMember } from './admitting-member.ts'
import { JoiningScene, type Newcomer } from './joining-scene.ts'

const DAY = 86_400_000
const SOON = NOON + 7 * DAY

/** All that a keeper has stored, names included. */
async function storedBy(storage: Storage): Promise<Buffer> {
  const rows = await storage.records.list('')
  return Buffer.from(concatBytes(rows.flatMap(([name, value]) => [encodeUtf8(`${name}\n`), value])))
}

async function enter(scene: JoiningScene, { deps }: Newcomer, answer: JoinAnswer, by: AdmittingMember) {
  return AdmittingMember.enter(deps, scene.clock, answer, by)
}

/** Anna's link, and Bob who left his request at a keeper while nobody was there, and is away again. */
async function leftRequest(scene = new JoiningScene()) {
  const anna = await scene.found()
  const link = await anna.invite({ expires: SOON, addresses: ['/memory/anna/p2p/anna'] })
  const relay = await scene.keeper('relay')
  const bob = await scene.join('bob', 2, link)
  await scene.until('it waits', () => bob.states.at(-1) === 'waiting 1')
  expect(bob.states).toEqual(['waiting 0', 'waiting 1'])
  await bob.stop()
  return { scene, anna, link, relay, bob }
}

describe('a request waits at a keeper', () => {
  test('and is answered there: the two are never online at one time', async () => {
    const { scene, anna, bob } = await leftRequest()
    await skipTime(scene.clock, DAY)
    const online = scene.host('anna', anna)
    await scene.until('she has let him in', () => anna.asked === 1)
    await scene.wait(2000)
    await online.stop()
    await skipTime(scene.clock, DAY)
    const again = await scene.resume('bob-2', bob)
    const member = await enter(scene, again, await scene.answered(again), anna)
    expect(member.isIn()).toBe(true)
    expect(member.room.sealingEpoch()).toBe(anna.room.sealingEpoch())
    expect(again.states).toEqual(['answered'])
  })

  test('beside a relay that everybody chose, too, and that takes asks and answers none', async () => {
    const scene = new JoiningScene()
    const silent = await scene.keeper('silent')
    silent.peer.handle(MAILBOX_PROTOCOL, undefined, () => new Promise(() => undefined))
    const { anna, bob } = await leftRequest(scene)
    scene.host('anna', anna)
    await scene.until('she has let him in', () => anna.asked === 1)
    expect((await scene.answered(await scene.resume('bob-2', bob))).kind).toBe('admitted')
  })

  test('through a restart of the keeper, and counts in its quota', async () => {
    const { scene, anna, relay, bob } = await leftRequest()
    const { bytes } = relay.keeper.figures()
    expect(bytes).toBeGreaterThan(1000)
    await relay.stop()
    const again = await scene.keeper('relay-2', { storage: relay.storage })
    expect(again.keeper.figures()).toMatchObject({ rooms: 0, bytes })
    scene.host('anna', anna)
    await scene.until('she has let him in', () => anna.asked === 1)
    await scene.wait(2000)
    expect(again.keeper.figures().bytes).toBeGreaterThan(bytes)
    const resumed = await scene.resume('bob-2', bob)
    expect((await scene.answered(resumed)).kind).toBe('admitted')
  })

  test('for 14 days', async () => {
    const { scene, anna, relay } = await leftRequest()
    await skipTime(scene.clock, 14 * DAY + 3_600_000)
    expect(relay.keeper.figures().bytes).toBe(0)
    expect(await relay.storage.records.list('keeper/mailbox/')).toEqual([])
    scene.host('anna', anna)
    await skipTime(scene.clock, 3_600_000)
    expect(anna.asked).toBe(0)
  })

  test('and is refused there, where the invite was revoked meanwhile', async () => {
    const { scene, anna, link, bob } = await leftRequest()
    await anna.write(expectValue(anna.room.say({ kind: 'revoke', invite: link.invite })))
    const online = scene.host('anna', anna)
    await scene.until('she has refused', () => anna.asked === 1)
    await scene.wait(2000)
    await online.stop()
    const again = await scene.resume('bob-2', bob)
    expect(await scene.answered(again)).toEqual({ kind: 'refused', reason: 'revoked' })
  })

  test('while the member stays online, and is not answered over and over', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const link = await anna.invite({ expires: SOON })
    const relay = await scene.keeper('relay')
    // The two do not find each other.
    scene.network.discovery = false
    scene.host('anna', anna)
    const bob = await scene.join('bob', 2, link)
    expect((await scene.answered(bob)).kind).toBe('admitted')
    await skipTime(scene.clock, 3_600_000)
    expect(anna.asked).toBe(1)
    const { bytes } = relay.keeper.figures()
    await skipTime(scene.clock, DAY)
    expect(relay.keeper.figures().bytes).toBe(bytes)
  })

  test('that the link leads over, if the newcomer chose none; once that is there', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const addresses = ['/memory/relay/p2p/relay/p2p-circuit/p2p/anna']
    const bob = await scene.join('bob', 2, await anna.invite({ expires: SOON, addresses }))
    await scene.wait(60_000)
    expect(bob.states).toEqual(['waiting 0'])
    const first = await scene.keeper('relay', { isChosen: false })
    await scene.until('it waits', () => bob.states.at(-1) === 'waiting 1')
    await first.stop()
    await scene.wait(60_000)
    // What waits there waits on.
    expect(bob.states).toEqual(['waiting 0', 'waiting 1'])
  })

  test('that stores nothing of what is in it, or who it is about', async () => {
    const { scene, anna, link, relay, bob } = await leftRequest()
    scene.host('anna', anna)
    await scene.until('she has let him in', () => anna.asked === 1)
    await scene.wait(2000)
    const stored = await storedBy(relay.storage)
    const [generation] = anna.room.generations().values()
    const { mailboxTag, mailboxKey } = inviteSecrets(link.said.key)
    const secrets: Record<string, Uint8Array | undefined> = {
      nickname: encodeUtf8('Bob'),
      'room name': encodeUtf8('Loft'),
      'room id': expectValue(fromHex(anna.roomId)),
      'invite id': expectValue(fromHex(link.invite)),
      'invite key': link.said.key,
      'invite seed': link.seed,
      'words of the invite': link.words.subarray(0, 40),
      newcomer: expectValue(fromHex(bob.deps.certificate.member)),
      'device of the newcomer': expectValue(fromHex(bob.deps.certificate.device)),
      member: expectValue(fromHex(anna.identity.certificate.member)),
      'control key': generation?.controlKey,
      'rendezvous secret': generation?.rendezvousSecret,
      'keeper tag': generation?.keeperTag,
      'tag of the mailbox': mailboxTag,
      'key of the mailbox': mailboxKey
    }
    const holds = (bytes: Uint8Array): boolean => stored.includes(Buffer.from(bytes)) || stored.includes(toHex(bytes))
    const found = Object.entries(secrets).filter(([what, secret]) => {
      if (secret === undefined) throw new Error(`no ${what}`)
      return holds(secret)
    })
    expect(found.map(([what]) => what)).toEqual([])
    // The search finds what is there: the request as it is sealed.
    expect(holds(sealRequest(inviteSecrets(link.said.key), bob.attempt.request))).toBe(true)
  })

  test('among letters that are none, and somebody answers', async () => {
    const { scene, anna, link, relay, bob } = await leftRequest()
    const secrets = inviteSecrets(link.said.key)
    const eve = scene.network.peer('eve')
    scene.network.connect(eve, relay.peer)
    const nonsense = [
      scene.random(100),
      sealRequest(secrets, scene.random(300)),
      sealRequest(secrets, bob.attempt.request.subarray(1))
    ]
    const left: string[] = []
    for (const letter of nonsense) {
      const said = { tag: secrets.mailboxTag, letter }
      void leaveLetter(eve, relay.peer.self, said, AbortSignal.timeout(60_000)).then(answer => left.push(answer))
    }
    await scene.until('they are left', () => left.length === 3)
    expect(left).toEqual(['kept', 'kept', 'kept'])
    scene.host('anna', anna)
    await scene.until('she has let him in', () => anna.asked === 1)
    await skipTime(scene.clock, 3_600_000)
    expect(anna.asked).toBe(1)
    expect((await scene.answered(await scene.resume('bob-2', bob))).kind).toBe('admitted')
  })
})

test('letters are read as they were made, and survive 5,000 hostile inputs', async () => {
  const scene = new JoiningScene()
  const secrets = inviteSecrets(scene.random(32))
  const request = scene.random(900)
  const letter = sealRequest(secrets, request)
  expect(openRequest(secrets, letter)).toEqual(request)
  expect(sealRequest(secrets, request)).toEqual(letter)
  expect(openRequest(inviteSecrets(scene.random(32)), letter)).toBeUndefined()
  let opened = 0
  for (const hostile of hostileBytes([letter], 5000)) {
    if (toHex(hostile) !== toHex(letter) && openRequest(secrets, hostile) !== undefined) opened += 1
  }
  expect(opened).toBe(0)
})
