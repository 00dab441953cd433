import { decodeUtf8, encodeUtf8, expectValue, type Clock, type RandomBytes } from '../bytes/index.ts'
import {
  createIdentitySecrets,
  decodeIdentitySecrets,
  encodeIdentitySecrets,
  openIdentity,
  parseNickname,
  type DisplayName,
  type Identity
} from '../identity/index.ts'
import type { RecordStore } from '../log/index.ts'

const SECRETS_RECORD = 'identity'
const NICK_RECORD = 'nick'
const RENEWAL_RECORD = 'new-device'

/** The identity kept in this store, made on the first run; as a new device of its member when that is due. */
export async function loadIdentity(records: RecordStore, clock: Clock, random: RandomBytes): Promise<Identity> {
  const stored = await records.get(SECRETS_RECORD)
  const known = stored && expectValue(decodeIdentitySecrets(stored))
  const isRenewalDue = (await records.get(RENEWAL_RECORD)) !== undefined
  if (known !== undefined && !isRenewalDue) return openIdentity(known)
  const fresh = createIdentitySecrets(random, clock.now())
  const secrets = known === undefined ? fresh : { ...fresh, rootSeed: known.rootSeed }
  await records.write([
    { name: SECRETS_RECORD, value: encodeIdentitySecrets(secrets) },
    { name: RENEWAL_RECORD, value: undefined }
  ])
  return openIdentity(secrets)
}

/** Has the next run begin as a new device: two that share a key would sign different entries for one sequence. */
export function renewDevice(records: RecordStore): Promise<void> {
  return records.write([{ name: RENEWAL_RECORD, value: new Uint8Array([1]) }])
}

export async function loadNick(records: RecordStore): Promise<DisplayName | undefined> {
  const stored = await records.get(NICK_RECORD)
  if (stored === undefined) return undefined
  const nick = parseNickname(expectValue(decodeUtf8(stored)))
  return nick.ok ? nick.value : undefined
}

export function saveNick(records: RecordStore, nick: DisplayName): Promise<void> {
  return records.write([{ name: NICK_RECORD, value: encodeUtf8(nick) }])
}
