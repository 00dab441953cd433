import { afterEach, expect, onTestFinished, test } from 'vitest'
import { expectValue, systemClock, systemRandom, toHex } from '../../src/core/bytes/index.ts'
import type { AdmittingRoom } from '../../src/core/chat/joining/admitting-room.ts'
import { prepareJoin } from '../../src/core/chat/joining/join-attempt.ts'
import type { JoinAnswer } from '../../src/core/chat/joining/join-codec.ts'
import { JoinHost } from '../../src/core/chat/joining/join-host.ts'
import { Joiner } from '../../src/core/chat/joining/joiner.ts'
import { Slots } from '../../src/core/chat/slots.ts'
import type { JoinLink } from '../../src/core/chat/invite-link.ts'
import { mlsGroupKeys } from '../../src/core/encryption/mls/index.ts'
import type { EpochId } from '../../src/core/encryption/epochs/index.ts'
import type { DisplayName } from '../../src/core/identity/index.ts'
import { AdmittingMember, someone, type Someone } from '../chat/joining/admitting-member.ts'
import { fakeGroupKeys } from '../encryption/epochs/fake-group-keys.ts'
import { seededNumbers } from '../support/seeded-random.ts'
import { createCast, ownAddresses, until, type Actor } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

async function asked(link: JoinLink, { identity, keyPackage }: Someone) {
  const { network } = await cast.enter()
  const said = { identity, keyPackage: keyPackage.shown, nick: 'Bob' as DisplayName }
  const attempt = expectValue(await prepareJoin(link, said, systemRandom))
  const joiner = new Joiner({
    network,
    clock: systemClock,
    attempt,
    slotsAt: () => new Slots(8),
    changed: () => undefined
  })
  onTestFinished(() => joiner.stop())
  const state = await until('the answer is there', () => {
    const now = joiner.state()
    return now.kind === 'answered' && now
  })
  return state.answer
}

async function answering(room: AdmittingRoom): Promise<Actor> {
  const actor = await cast.enter()
  const { network } = actor
  const host = new JoinHost({ network, clock: systemClock, random: systemRandom, rooms: () => [room] })
  onTestFinished(() => host.stop())
  return actor
}

test('a newcomer comes in at an address of the link, into a group of real MLS', async () => {
  const keys = await mlsGroupKeys()
  const anna = await AdmittingMember.found(await someone(keys, 1), systemClock)
  const addresses = ownAddresses(await answering(anna))
  const bob = await someone(keys, 2)
  const answer = await asked(await anna.invite({ expires: Date.now() + 3_600_000, addresses }), bob)
  const member = await AdmittingMember.enter(bob, systemClock, answer, anna)
  const epoch = anna.room.sealingEpoch()
  if (epoch === undefined) throw new Error('nothing to seal under')
  expect([member.isIn(), member.room.sealingEpoch()]).toEqual([true, epoch])
  expect(member.room.contentKey(epoch)).toEqual(anna.room.contentKey(epoch))
})

test('the largest answer there may be comes over a real connection, at an address of the link', async () => {
  const keys = fakeGroupKeys(seededNumbers(3))
  const anna = await AdmittingMember.found(await someone(keys, 1), systemClock)
  const epochs = (count: number) => Array.from({ length: count }, () => toHex(systemRandom(16)) as EpochId)
  const generation = () => ({
    controlKey: systemRandom(32),
    rendezvousSecret: systemRandom(32),
    keeperTag: systemRandom(32)
  })
  const answer: JoinAnswer = {
    kind: 'admitted',
    generations: new Map([...anna.room.generations(), ...epochs(255).map(epoch => [epoch, generation()] as const)]),
    contentKeys: new Map(epochs(16_384).map(epoch => [epoch, systemRandom(32)])),
    bodyKeys: new Map()
  }
  const { roomId } = anna
  const room: AdmittingRoom = {
    roomId,
    invites: () => anna.invites(),
    takeInvite: async () => undefined,
    admit: async () => answer,
    admitDevice: async () => undefined,
    deviceMeetings: () => []
  }
  const addresses = ownAddresses(await answering(room))
  const link = await anna.invite({ expires: Date.now() + 3_600_000, addresses })
  expect(await asked(link, await someone(keys, 2))).toEqual(answer)
})
