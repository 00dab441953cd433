// An open room as a running peer holds it, through the peer's local API: for pictures and measurements of long histories.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabPeer } from './lab.ts'

/** Requests under way at a time: they share flushes to the disk. */
const AT_A_TIME = 32
const POLL_MS = 100
/** As many messages as the API gives at once. */
const PAGE = 1000

interface Told {
  readonly id: string
  readonly delivery?: { readonly to: number }
}

export class RoomOverHttp {
  readonly #peer: LabPeer
  readonly #token: string
  readonly #name: string

  private constructor(peer: LabPeer, token: string, name: string) {
    this.#peer = peer
    this.#token = token
    this.#name = name
  }

  /** The room of this name, made if need be. */
  static async of(peer: LabPeer, name: string): Promise<RoomOverHttp> {
    const room = new RoomOverHttp(peer, await tokenOf(peer), name)
    await room.#ask('', { name, open: true })
    return room
  }

  /** Has the peer enter a room by its link. */
  static async enter(peer: LabPeer, link: string): Promise<void> {
    await new RoomOverHttp(peer, await tokenOf(peer), '').#ask('', { link })
  }

  /** Says `message 0` and so on. */
  async fill(messages: number): Promise<void> {
    for (let sent = 0; sent < messages; sent += AT_A_TIME) {
      const count = Math.min(AT_A_TIME, messages - sent)
      const texts = Array.from({ length: count }, (_, index) => `message ${sent + index}`)
      await Promise.all(texts.map(text => this.#ask(`/${this.#name}/messages`, { text })))
    }
  }

  async invite(): Promise<string> {
    const { invite } = await this.#ask<{ invite: string }>(`/${this.#name}/invite?web=${this.#peer.http}/`)
    return invite
  }

  async secondOldest(): Promise<string> {
    let page = await this.#messages(PAGE)
    for (let older = page; older.length > 1; older = await this.#messages(PAGE, page[0]?.id)) page = older
    return page[1]?.id ?? ''
  }

  /** Resolves when so many others have the message before this one. */
  async untilHeldBy(count: number, next: string): Promise<void> {
    for (;;) {
      const [message] = await this.#messages(1, next)
      if ((message?.delivery?.to ?? 0) >= count) return
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  }

  #messages(limit: number, before?: string): Promise<readonly Told[]> {
    const below = before === undefined ? '' : `&before=${before}`
    return this.#ask(`/${this.#name}/messages?limit=${limit}${below}`)
  }

  async #ask<T>(path: string, body?: object): Promise<T> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' }
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`${this.#peer.http}/v1/rooms${path}`, { headers, ...request })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
}

async function tokenOf({ data }: LabPeer): Promise<string> {
  return (await readFile(join(data, 'token'), 'utf8')).trim()
}
