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

/** The identity kept in this store, made on the first run. */
export async function loadIdentity(records: RecordStore, clock: Clock, random: RandomBytes): Promise<Identity> {
  const stored = await records.get(SECRETS_RECORD)
  if (stored !== undefined) return openIdentity(expectValue(decodeIdentitySecrets(stored)))
  const secrets = createIdentitySecrets(random, clock.now())
  await records.write([{ name: SECRETS_RECORD, value: encodeIdentitySecrets(secrets) }])
  return openIdentity(secrets)
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
