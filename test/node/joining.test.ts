import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { expectValue, fromHex, systemClock, systemRandom } from '../../src/core/bytes/index.ts'
import type { JoinLink } from '../../src/core/chat/invite-link.ts'
import { inviteSecrets } from '../../src/core/chat/joining/invite-secrets.ts'
import { prepareJoin, type JoinAttempt } from '../../src/core/chat/joining/join-attempt.ts'
import { JoinHost } from '../../src/core/chat/joining/join-host.ts'
import { Joiner, type JoinState } from '../../src/core/chat/joining/joiner.ts'
import { Slots } from '../../src/core/chat/slots.ts'
import { answerTag, sealRequest } from '../../src/core/chat/joining/letters.ts'
import { lookForLetters } from '../../src/core/chat/keeper/mailbox-exchange.ts'
import { agreementKeyOf, type DisplayName } from '../../src/core/identity/index.ts'
import type { Network } from '../../src/core/network/index.ts'
import { AdmittingMember, someone, type Someone } from '../chat/joining/admitting-member.ts'
import { fakeGroupKeys } from '../encryption/epochs/fake-group-keys.ts'
import { createCast } from '../network/network-cast.ts'
import { seededNumbers } from '../support/seeded-random.ts'
import { startProgram, temporaryFolder, untilReady, type Program } from './program.ts'

const NICK = 'Unmistakable Bob' as DisplayName
const PATIENCE = { timeout: 45_000 }

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let relay: Program
let bootstrap: string[]
let anna: AdmittingMember
let bob: Someone
let link: JoinLink
let attempt: JoinAttempt
const cast = createCast()

beforeEach(async () => {
  folder = await temporaryFolder()
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0/ws', '--http', '127.0.0.1:0', '--no-mdns']
  relay = startProgram(['relay', '--keep', '--data', join(folder.path, 'relay'), '--json', ...listen])
  bootstrap = [...(await untilReady(relay)).addresses]
  const keys = fakeGroupKeys(seededNumbers(3))
  anna = await AdmittingMember.found(await someone(keys, 1), systemClock)
  bob = await someone(keys, 2)
  link = await anna.invite({ expires: Date.now() + 3_600_000 })
  const said = { identity: bob.identity, keyPackage: bob.keyPackage.shown, nick: NICK }
  attempt = expectValue(await prepareJoin(link, said, systemRandom))
})

afterEach(async () => {
  await relay.stop('SIGKILL')
  await cast.release()
  await folder.remove()
})

async function comeOnline(): Promise<{ network: Network; leave: () => Promise<void> }> {
  return cast.enter({ bootstrap, dht: 'client' })
}

/** Anna, answering newcomers. */
async function answering(): Promise<{ network: Network; stop: () => Promise<void> }> {
  const { network, leave } = await comeOnline()
  const host = new JoinHost({ network, clock: systemClock, random: systemRandom, rooms: () => [anna] })
  onTestFinished(() => host.stop())
  const stop = async (): Promise<void> => {
    host.stop()
    await leave()
  }
  return { network, stop }
}

/** Bob, asking; his states as they come. */
async function asking(): Promise<{ states: JoinState[]; stop: () => Promise<void> }> {
  const { network, leave } = await comeOnline()
  const states: JoinState[] = []
  const joiner = new Joiner({
    network,
    clock: systemClock,
    attempt,
    slotsAt: () => new Slots(8),
    changed: state => states.push(state)
  })
  onTestFinished(() => joiner.stop())
  return {
    states,
    async stop() {
      joiner.stop()
      await leave()
    }
  }
}

async function isIn(state: JoinState | undefined): Promise<boolean> {
  if (state?.kind !== 'answered') return false
  return (await AdmittingMember.enter(bob, systemClock, state.answer, anna)).isIn()
}

/** All that stands in the files of the relay. */
async function relayFiles(): Promise<Buffer> {
  const files = await readdir(join(folder.path, 'relay'), { recursive: true, withFileTypes: true })
  const contents = files.filter(file => file.isFile()).map(file => readFile(join(file.parentPath, file.name)))
  return Buffer.concat(await Promise.all(contents))
}

test('Bob meets Anna by the link alone, which names no address: both know one relay', async () => {
  await answering()
  const { states } = await asking()
  await expect.poll(() => isIn(states.at(-1)), PATIENCE).toBe(true)
})

test('Bob, who finds nobody, is let in by Anna later; the folder of the keeper in between tells nothing of it', async () => {
  const first = await asking()
  await expect.poll(() => first.states.at(-1), PATIENCE).toEqual({ kind: 'waiting', keepers: 1 })
  await first.stop()
  const { network, stop } = await answering()
  const [keeper] = network.chosen()
  if (keeper === undefined) throw new Error('no keeper was chosen')
  const tag = answerTag(agreementKeyOf(attempt.answerSecret))
  const look = () => lookForLetters(network, keeper, tag, AbortSignal.timeout(15_000)).catch(() => [])
  await expect.poll(async () => (await look()).length, PATIENCE).toBe(1)
  await stop()
  const again = await asking()
  await expect.poll(() => isIn(again.states.at(-1)), PATIENCE).toBe(true)
  expect(anna.asked).toBe(1)

  await relay.stop('SIGTERM')
  const files = await relayFiles()
  const [generation] = anna.room.generations().values()
  const secrets: Record<string, Uint8Array | string | undefined> = {
    nickname: NICK,
    'room name': link.name,
    'room id': link.roomId,
    'room id, as bytes': expectValue(fromHex(link.roomId)),
    'member key': bob.certificate.member,
    'member key, as bytes': expectValue(fromHex(bob.certificate.member)),
    'device key, as bytes': expectValue(fromHex(bob.certificate.device)),
    'invite, as bytes': expectValue(fromHex(link.invite)),
    'private half of the invite': link.seed,
    'public half of the invite': link.said.key,
    'tag of the mailbox': inviteSecrets(link.said.key).mailboxTag,
    'control key': generation?.controlKey,
    'rendezvous secret': generation?.rendezvousSecret
  }
  const found = Object.entries(secrets).filter(([, secret]) => files.includes(Buffer.from(secret ?? 'absent')))
  expect(found.map(([what]) => what)).toEqual([])
  // The search finds what is there: the request as it is sealed, which the database may have written in two pieces.
  const letter = Buffer.from(sealRequest(inviteSecrets(link.said.key), attempt.request))
  expect([letter.subarray(0, 500), letter.subarray(-500)].some(part => files.includes(part))).toBe(true)
})
