import { describe, expect, test } from 'vitest'
import { encodeUtf8, expectValue, sha256, toHex } from '../../src/core/bytes/index.ts'
import type { GroupDevice, GroupKeys } from '../../src/core/encryption/epochs/index.ts'
import { deviceIdOf, signingKey } from '../../src/core/identity/index.ts'

const GROUP = sha256(encodeUtf8('group'))
const NOTE = encodeUtf8('why')

const devices = new Map<string, GroupDevice>()

export async function deviceNamed(name: string): Promise<GroupDevice> {
  const seed = sha256(encodeUtf8(name))
  const device = devices.get(name) ?? { id: deviceIdOf((await signingKey(seed)).publicKey), signingKey: seed }
  devices.set(name, device)
  return device
}

/** What every scheme of group keys keeps to. */
export function runGroupKeysTests(name: string, open: () => Promise<GroupKeys>): void {
  async function pair() {
    const keys = await open()
    const [anna, bert] = [await deviceNamed('anna'), await deviceNamed('bert')]
    const alone = await keys.create(GROUP, anna)
    const keyPackage = await keys.createKeyPackage(bert)
    const change = { add: [keyPackage.shown], remove: [], note: NOTE }
    const committed = expectValue(await keys.commit(alone, anna, change))
    const joined = expectValue(await keys.join(committed.welcome ?? new Uint8Array(), bert, keyPackage))
    const secret = async (state: typeof joined, purpose = 'content') => toHex(await keys.secretFor(state, purpose))
    return { keys, anna, bert, alone, keyPackage, committed, joined, secret }
  }

  describe(`${name} as group keys`, () => {
    test('whoever is added comes into the same epoch, with the same secrets', async () => {
      const { keys, anna, bert, alone, keyPackage, committed, joined, secret } = await pair()
      expect(await keys.deviceOf(keyPackage.shown)).toEqual({ ok: true, value: bert.id })
      expect(joined.epoch).toBe(committed.state.epoch)
      expect(joined.epoch).toMatch(/^[0-9a-f]{32}$/)
      expect([...joined.devices].toSorted()).toEqual([anna.id, bert.id].toSorted())
      expect(await secret(joined)).toBe(await secret(committed.state))
      expect(await secret(joined)).not.toBe(await secret(alone))
      expect(await secret(joined, 'other')).not.toBe(await secret(joined))
    })

    test('a commit tells who made it, what it did and why; two from one state make two branches, each readable', async () => {
      const { keys, anna, bert, committed, joined, secret } = await pair()
      const carl = await keys.createKeyPackage(await deviceNamed('carl'))
      const add = { add: [carl.shown], remove: [], note: NOTE }
      const before = keys.encode(joined)
      const one = expectValue(await keys.commit(committed.state, anna, add))
      const other = expectValue(await keys.commit(joined, bert, { add: [], remove: [], note: NOTE }))
      expect(one.state.epoch).not.toBe(other.state.epoch)
      const seen = expectValue(await keys.process(joined, one.commit))
      const carlId = expectValue(await keys.deviceOf(carl.shown))
      expect(seen).toMatchObject({ committer: anna.id, added: [carlId], removed: [], note: NOTE })
      expect(await secret(seen.state)).toBe(await secret(one.state))
      const across = expectValue(await keys.process(committed.state, other.commit))
      expect(across.state.epoch).toBe(other.state.epoch)
      expect(await secret(across.state)).toBe(await secret(other.state))
      expect(keys.encode(joined)).toEqual(before)
      const again = expectValue(await keys.commit(other.state, bert, add))
      const late = expectValue(await keys.join(again.welcome ?? new Uint8Array(), await deviceNamed('carl'), carl))
      expect(await secret(late)).toBe(await secret(again.state))
    })

    test('a device that lost its state comes in by itself, in the place of its old leaf', async () => {
      const { keys, bert, committed, secret } = await pair()
      const info = await keys.groupInfo(committed.state)
      const entered = expectValue(await keys.joinByItself(info, bert, NOTE))
      const seen = expectValue(await keys.process(committed.state, entered.commit))
      expect(seen).toMatchObject({ committer: bert.id, added: [], removed: [], note: NOTE })
      expect(seen.state.epoch).toBe(entered.state.epoch)
      expect(seen.state.devices).toHaveLength(2)
      expect(await secret(seen.state)).toBe(await secret(entered.state))
      const carl = await deviceNamed('carl')
      const stranger = expectValue(await keys.joinByItself(info, carl, NOTE))
      const met = expectValue(await keys.process(committed.state, stranger.commit))
      expect(met).toMatchObject({ committer: carl.id, added: [carl.id], removed: [] })
    })

    test('a newcomer comes into a group where some renewed their keys since a member was added, and that member did not', async () => {
      const { keys, secret } = await pair()
      const renew = { add: [], remove: [], note: NOTE }
      const founder = await deviceNamed('founder')
      const devices = await Promise.all(['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(deviceNamed))
      const packages = await Promise.all(devices.map(device => keys.createKeyPackage(device)))
      const adding = (from: number, to: number) => ({ ...renew, add: packages.slice(from, to).map(each => each.shown) })
      const [fourth, forFourth, last, forLast, stranger] = [
        devices[3],
        packages[3],
        devices[7],
        packages[7],
        devices[8]
      ]
      if (!fourth || !forFourth || !last || !forLast || !stranger) throw new Error('too few devices')

      const alone = await keys.create(GROUP, founder)
      const six = expectValue(await keys.commit(alone, founder, adding(0, 6)))
      const inside = expectValue(await keys.join(six.welcome ?? new Uint8Array(), fourth, forFourth))
      const byFourth = expectValue(await keys.commit(inside, fourth, renew))
      const { state } = expectValue(await keys.process(six.state, byFourth.commit))
      const seven = expectValue(await keys.commit(state, founder, adding(6, 7)))
      const renewed = expectValue(await keys.commit(seven.state, founder, renew))
      const eight = expectValue(await keys.commit(renewed.state, founder, adding(7, 8)))

      const joined = expectValue(await keys.join(eight.welcome ?? new Uint8Array(), last, forLast))
      expect(await secret(joined)).toBe(await secret(eight.state))
      const byLast = expectValue(await keys.commit(joined, last, renew))
      const heard = expectValue(await keys.process(eight.state, byLast.commit))
      expect(await secret(heard.state)).toBe(await secret(byLast.state))
      const entered = expectValue(await keys.joinByItself(await keys.groupInfo(renewed.state), stranger, NOTE))
      const met = expectValue(await keys.process(renewed.state, entered.commit))
      expect(await secret(met.state)).toBe(await secret(entered.state))
    })

    test('a state that was encoded goes on where it was', async () => {
      const { keys, anna, committed, joined, secret } = await pair()
      const restored = expectValue(keys.decode(keys.encode(joined)))
      expect(restored.epoch).toBe(joined.epoch)
      const next = expectValue(await keys.commit(committed.state, anna, { add: [], remove: [], note: NOTE }))
      const seen = expectValue(await keys.process(restored, next.commit))
      expect(await secret(seen.state)).toBe(await secret(next.state))
    })

    test('whoever is removed is out; nobody removes a stranger, and a commit of another epoch is refused', async () => {
      const { keys, anna, bert, alone, committed, joined } = await pair()
      const out = expectValue(await keys.commit(committed.state, anna, { add: [], remove: [bert.id], note: NOTE }))
      expect(out.state.devices).toEqual([anna.id])
      const stranger = (await deviceNamed('carl')).id
      expect((await keys.commit(joined, bert, { add: [], remove: [bert.id], note: NOTE })).ok).toBe(false)
      expect((await keys.process(alone, out.commit)).ok).toBe(false)
      expect(committed.state.devices).not.toContain(stranger)
    })
  })
}
