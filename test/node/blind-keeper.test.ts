import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectValue, fromHex, systemClock, systemRandom } from '../../src/core/bytes/index.ts'
import { openPeer } from '../../src/core/chat/index.ts'
import { openStorage, type Storage } from '../../src/core/log/index.ts'
import { createNodeDatabase } from '../../src/node/data/node-database.ts'
import { createCast } from '../network/network-cast.ts'
import { enterSealedRoom, sealedRoom, type SealedMember } from '../support/sealed-room.ts'
import { startProgram, temporaryFolder, untilReady, type Program } from './program.ts'

const WORDS = 'nobody else shall read that'
const NICK = 'Unmistakable Alice'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let relay: Program
let bootstrap: string[]
const cast = createCast()

beforeEach(async () => {
  folder = await temporaryFolder()
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0/ws', '--http', '127.0.0.1:0', '--no-mdns']
  relay = startProgram(['relay', '--keep', '--data', join(folder.path, 'relay'), '--json', ...listen])
  bootstrap = [...(await untilReady(relay)).addresses]
})

afterEach(async () => {
  await relay.stop('SIGKILL')
  await cast.release()
  await folder.remove()
})

async function member(nick: string, seed: number): Promise<SealedMember> {
  const { network } = await cast.enter({ bootstrap })
  const storage = await storageOf(nick)
  const options = { storage, network, clock: systemClock, random: systemRandom, seed }
  const entered = await enterSealedRoom(keys, nick, options)
  return { ...entered, stop: () => entered.stop().then(() => storage.close()) }
}

function storageOf(name: string): Promise<Storage> {
  return openStorage(createNodeDatabase(join(folder.path, name)))
}

const keys = sealedRoom('A Room That Is Called So', 77)

/** All that stands in the files of the relay. */
async function relayFiles(): Promise<Buffer> {
  await relay.stop('SIGTERM')
  const base = join(folder.path, 'relay')
  const files = await readdir(base, { recursive: true, withFileTypes: true })
  const contents = files.filter(file => file.isFile()).map(file => readFile(join(file.parentPath, file.name)))
  return Buffer.concat(await Promise.all(contents))
}

test('the folder of a real keeper has what Alice left for Bob, and nothing of it that anybody could read', async () => {
  const alice = await member(NICK, 1)
  await expect.poll(() => alice.room.summary().keepers.length, { timeout: 30_000 }).toBe(1)
  const id = await alice.room.send(WORDS)
  await expect
    .poll(() => alice.events.some(event => event.event === 'kept' && event.id === id), { timeout: 30_000 })
    .toBe(true)
  const aliceKey = alice.room.members()[0]?.member ?? 'nobody'
  await alice.stop()
  const bob = await member('Bob', 2)
  await expect
    .poll(async () => (await bob.room.messages(1)).map(({ nick, text }) => `${nick}: ${text}`), { timeout: 30_000 })
    .toEqual([`${NICK}: ${WORDS}`])
  await bob.stop()

  const files = await relayFiles()
  const secrets: Record<string, Uint8Array | string> = {
    text: WORDS,
    nickname: NICK,
    'room name': keys.name,
    'room id': keys.roomId,
    'room id, as bytes': expectValue(fromHex(keys.roomId)),
    'member key': aliceKey,
    'member key, as bytes': expectValue(fromHex(aliceKey)),
    'content key': keys.epochs.contentKey('chat', keys.epochs.current()) ?? '',
    'rendezvous secret': keys.rendezvousSecrets()[0]
  }
  const found = Object.entries(secrets).filter(([, secret]) => files.includes(Buffer.from(secret)))
  expect(found.map(([what]) => what)).toEqual([])
  // The search finds what is there: the entry's id, and the keeper's own tag of the room.
  expect(files.includes(id)).toBe(true)
  expect(files.includes(Buffer.from(keys.keeperTag ?? []).toString('hex'))).toBe(true)
})

test('the same search finds the name and the member of an open room, which a keeper is told', async () => {
  const { network } = await cast.enter({ bootstrap })
  const storage = await storageOf('open')
  const peer = await openPeer({ storage, clock: systemClock, random: systemRandom })
  await peer.goOnline(network)
  await peer.rename(NICK)
  await peer.joinOpenRoom('Called So')
  const { id } = await peer.send('Called So', WORDS)
  await peer.waitForTaker(id, AbortSignal.timeout(30_000))
  const { member: own } = peer.me()
  await peer.stop()
  const files = await relayFiles()
  expect(['Called So', own].map(secret => files.includes(secret))).toEqual([true, true])
})
