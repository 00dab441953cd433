/** What Argon2id costs whoever tries a passphrase. */
export interface Argon2Cost {
  /** Memory in KiB. */
  readonly memory: number
  readonly passes: number
  readonly lanes: number
}

/** A tab goes on answering its user. */
const TICK_MS = 10

/** Not with the rest of the program: most runs have no passphrase. */
export const loadArgon2 = () => import('@noble/hashes/argon2.js')

/** Argon2id (RFC 9106), 32 bytes, in slices of time. */
export async function argon2id(
  password: Uint8Array,
  salt: Uint8Array,
  { memory, passes, lanes }: Argon2Cost
): Promise<Uint8Array> {
  const { argon2idAsync } = await loadArgon2()
  return argon2idAsync(password, salt, { m: memory, t: passes, p: lanes, dkLen: 32, asyncTick: TICK_MS })
}
