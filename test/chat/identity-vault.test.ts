import { describe, expect, test } from 'vitest'
import { EnvironmentError, NotAllowedError, toHex, UsageError } from '../../src/core/bytes/index.ts'
import { askOnce, createIdentityVault, openPeer, type AskPassphrase, type Peer } from '../../src/core/chat/index.ts'
import { renewDevice, storedSecrets } from '../../src/core/chat/identity-record.ts'
import type { RecordStore, Storage } from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { seededRandom } from '../support/seeded-random.ts'

const clock = { now: () => NOON, after: () => () => undefined }
const WORDS = 'correct horse battery staple'
const nobody: AskPassphrase = async () => {
  throw new Error('nobody was to be asked')
}
let seed = 0

function device(storage: Storage = memoryStorage()) {
  seed += 1
  const random = seededRandom(seed)
  return {
    storage,
    vault: createIdentityVault({ storage, clock, random }),
    open: (askPassphrase?: AskPassphrase): Promise<Peer> =>
      openPeer({ storage, clock, random, ...(askPassphrase && { askPassphrase }) })
  }
}

/** Answers with these, one after the other, and notes how many were wrong. */
function answers(...given: string[]): { ask: AskPassphrase; wrong: number[] } {
  const wrong: number[] = []
  const ask: AskPassphrase = async count => {
    wrong.push(count)
    return given[count] ?? ''
  }
  return { ask, wrong }
}

describe('a passphrase', () => {
  test('is asked for until it is right, and opens the same device', async () => {
    const anna = device()
    const before = (await anna.open()).me()
    const plain = await storedSecrets(anna.storage.records)
    await anna.vault.setPassphrase(WORDS, nobody)
    expect(await anna.vault.isProtected()).toBe(true)
    const stored = toHex((await storedSecrets(anna.storage.records)) ?? new Uint8Array())
    const seeds = toHex(plain?.subarray(1, 65) ?? new Uint8Array())
    expect(seeds).toHaveLength(128)
    for (const half of [seeds.slice(0, 64), seeds.slice(64)]) expect(stored).not.toContain(half)
    await expect(anna.open()).rejects.toThrow('protected by a passphrase, which was not given')
    const { ask, wrong } = answers('correct horse', WORDS)
    expect((await anna.open(ask)).me()).toEqual(before)
    expect(wrong).toEqual([0, 1])
  })

  test('is changed and taken away by who knows it, and by nobody else', async () => {
    const anna = device()
    const before = (await anna.open()).me()
    await anna.vault.setPassphrase(WORDS, nobody)
    const stored = await storedSecrets(anna.storage.records)
    await expect(anna.vault.setPassphrase(undefined, askOnce('a wrong one'))).rejects.toThrow(NotAllowedError)
    await expect(anna.vault.setPassphrase('short', askOnce(WORDS))).rejects.toThrow(UsageError)
    expect(await storedSecrets(anna.storage.records)).toEqual(stored)
    await anna.vault.setPassphrase('another one of mine', askOnce(WORDS))
    await anna.vault.setPassphrase(undefined, askOnce('another one of mine'))
    expect(await anna.vault.isProtected()).toBe(false)
    expect((await anna.open()).me()).toEqual(before)
  })

  test('is changed in one write: a disk that fails in the middle leaves the former one', async () => {
    const inner = memoryStorage()
    const writes: number[] = []
    const records: RecordStore = {
      ...inner.records,
      async write(changes) {
        writes.push(changes.length)
        if (writes.length > 1) throw new EnvironmentError('the power went')
        await inner.records.write(changes)
      }
    }
    const anna = device({ ...inner, records })
    const before = (await anna.open()).me()
    await expect(anna.vault.setPassphrase(WORDS, nobody)).rejects.toThrow('the power went')
    expect(writes).toHaveLength(2)
    expect((await device(inner).open()).me()).toEqual(before)
  })

  test('stays when a copied device becomes a new one', async () => {
    const anna = device()
    const before = (await anna.open()).me()
    await anna.vault.setPassphrase(WORDS, nobody)
    await renewDevice(anna.storage.records)
    const after = (await anna.open(askOnce(WORDS))).me()
    expect(after.member).toBe(before.member)
    expect(after.device).not.toBe(before.device)
    expect(await anna.vault.isProtected()).toBe(true)
    expect((await anna.open(askOnce(WORDS))).me()).toEqual(after)
  })

  test('of a damaged record is not asked for', async () => {
    const anna = device()
    await anna.open()
    await anna.storage.records.write([{ name: 'identity', value: Uint8Array.of(2, 255, 255, 255, 255) }])
    await expect(anna.open(nobody)).rejects.toThrow('the stored identity is damaged')
  })
})

describe('an exported identity', () => {
  test('makes another device of the same member, by the same name', async () => {
    const laptop = device()
    const peer = await laptop.open()
    await peer.rename('Anna')
    const { text } = await laptop.vault.exportIdentity(WORDS, nobody)
    const phone = device()
    await phone.open()
    await expect(phone.vault.importExport(text, 'a wrong one')).rejects.toThrow(NotAllowedError)
    const imported = await phone.vault.importExport(text, WORDS)
    const me = (await phone.open()).me()
    expect(imported).toEqual({ member: me.member, device: me.device, rooms: [], nick: 'Anna' })
    expect(me).toMatchObject({ member: peer.me().member, nick: 'Anna', named: true })
    expect(me.device).not.toBe(peer.me().device)
  })

  test('replaces no identity that is in use', async () => {
    const words = await device().vault.phrase(nobody)
    const uses: readonly ((peer: Peer) => Promise<unknown>)[] = [
      peer => peer.rename('Bo'),
      peer => peer.joinOpenRoom('lobby'),
      async peer => peer.leaveRoom((await peer.joinOpenRoom('lobby')).id)
    ]
    for (const use of uses) {
      const bo = device()
      const peer = await bo.open()
      await use(peer)
      await expect(bo.vault.checkImport()).rejects.toThrow('another identity is in use here')
      await expect(bo.vault.importPhrase(words)).rejects.toThrow(NotAllowedError)
      expect((await bo.open()).me()).toEqual(peer.me())
    }
    const protectedOne = device()
    await protectedOne.vault.setPassphrase(WORDS, nobody)
    await expect(protectedOne.vault.importPhrase(words)).rejects.toThrow(NotAllowedError)
  })

  test('that is another file, newer, or damaged is refused before a passphrase is asked for', async () => {
    const { vault } = device()
    await expect(vault.checkImport('hello')).rejects.toThrow('this is no exported identity')
    await expect(vault.checkImport('starling identity 2\nAAAA\n')).rejects.toThrow('of a newer version')
    await expect(vault.checkImport('starling identity 1\nAgAA\n')).rejects.toThrow('is damaged')
    await expect(vault.checkImport('x'.repeat(5000))).rejects.toThrow('this is no exported identity')
  })
})

describe('the phrase of an identity', () => {
  test('brings back its member as a new device, however it is typed', async () => {
    const old = device()
    const { member, device: oldDevice } = (await old.open()).me()
    const words = await old.vault.phrase(nobody)
    expect(words.split(' ')).toHaveLength(24)
    const fresh = device()
    const imported = await fresh.vault.importPhrase(`  ${words.toUpperCase().replaceAll(' ', '\n')} `)
    expect(imported.member).toBe(member)
    expect(imported.device).not.toBe(oldDevice)
  })

  test('with a wrong word, too few, or two that changed places is refused', async () => {
    const { vault } = device()
    const words = (await vault.phrase(nobody)).split(' ')
    await expect(vault.importPhrase(words.with(3, 'starling').join(' '))).rejects.toThrow('"starling" is no word')
    await expect(vault.importPhrase(words.slice(1).join(' '))).rejects.toThrow('has 24 words, not 23')
    const [first = '', second = ''] = words
    await expect(vault.importPhrase([second, first, ...words.slice(2)].join(' '))).rejects.toThrow('changed places')
  })
})
