import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { findRunningPeer } from '../../src/node/access/api-client.ts'
import { LAUNCHER, Running } from '../e2e/running.ts'
import { Tab } from '../e2e/tab.ts'
import { launchAt } from './lab/lab-browser.ts'
import type { Host } from './lab/nat-lab.ts'

/** One of two that meet in the room `lobby`: a program or a tab. */
export interface Participant {
  join(): Promise<void>
  /** How the other is reached at this moment; `none` when it is not. */
  path(): Promise<string>
  say(text: string): Promise<void>
  /** All messages that it shows, those shown twice twice. */
  shown(): Promise<string[]>
  end(): Promise<void>
}

/** Starts a program of ours on a host, and gives what ends it with its data. */
export async function launch(host: Host, args: readonly string[]): Promise<{ running: Running; end(): Promise<void> }> {
  const data = await mkdtemp(`${tmpdir()}/starling-reach-`)
  const [command, ...rest] = [...host.wrap, LAUNCHER, ...args, '--data', data, '--json']
  const child = spawn(command ?? LAUNCHER, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  const running = new Running(host.name, data, child)
  const end = async (): Promise<void> => {
    await running.stop('SIGKILL')
    await rm(data, { recursive: true, force: true })
  }
  try {
    await running.ready()
  } catch (thrown) {
    await end()
    throw new Error(running.log, { cause: thrown })
  }
  return { running, end }
}

/** `relays` are the peers that are no members. */
export async function startProgram(
  host: Host,
  args: readonly string[],
  relays: readonly string[]
): Promise<Participant> {
  const { running, end } = await launch(host, ['up', '--http', '127.0.0.1:0', '--no-mdns', '--no-relay', ...args])
  const client = await findRunningPeer(running.data)
  const post = async (path: string, body: object): Promise<void> => {
    await client?.call(path, { method: 'POST', body })
  }
  const pathToOther = (each: Record<string, unknown>): string[] =>
    each['event'] === 'peer' && !relays.includes(String(each['peer'])) ? [String(each['path'])] : []
  return {
    join: () => post('/v1/rooms', { name: 'lobby', open: true }),
    path: () => Promise.resolve(running.events.flatMap(pathToOther).at(-1) ?? 'none'),
    say: text => post('/v1/rooms/lobby/messages', { text }),
    shown: () =>
      Promise.resolve(running.events.flatMap(each => (each.event === 'message' ? [String(each['text'])] : []))),
    end
  }
}

/** What the list of members says of the ways. */
const PATHS: Readonly<Record<string, string>> = {
  direct: 'direct',
  'WebRTC, direct': 'webrtc',
  'WebRTC, through a relay': 'turn',
  'through a relay': 'relayed'
}

export async function openTabAt(host: Host, page: string): Promise<Participant> {
  const { browser, end } = await launchAt(host, new URL(page).origin)
  try {
    const tab = new Tab(host.name, await browser.newPage({ viewport: { width: 1280, height: 800 } }))
    await tab.page.goto(page)
    await tab.enterAs(host.name)
    await tab.page.getByRole('button', { name: 'New room' }).first().waitFor()
    const members = tab.page.getByRole('list', { name: 'Members' }).locator('.member-path')
    return {
      async join() {
        await tab.createRoom('lobby')
        await tab.page.getByRole('button', { name: 'Details' }).click()
        await members.first().waitFor()
      },
      async path() {
        const words = (await members.allTextContents()).map(text => text.replace(/, \d+ ms$/, ''))
        return words.flatMap(word => PATHS[word] ?? []).at(0) ?? 'none'
      },
      say: text => tab.say(text),
      shown: () => tab.messages().locator('.message-text').allTextContents(),
      end
    }
  } catch (thrown) {
    await end()
    throw thrown
  }
}
