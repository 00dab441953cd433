import { signal } from '@preact/signals'
import { render } from 'preact'
import { createMemory } from './memory.ts'
import { createPassphraseDesk } from './passphrase-desk.ts'
import { profileOf } from './profile.ts'
import type { ShellState } from './shell-state.ts'
import './styles/base.css'
import { createTabLock } from './tab-lock.ts'
import { applyTheme } from './theme.ts'
import { Shell } from './ui/shell.tsx'

/**
 * The first paint: this chunk holds the start screen and the notices, and nothing of the peer. Store, core and the
 * workspace's screens load while it shows; libp2p after those.
 */
const NAMED = 'named'

const profile = profileOf(location.search)
const memory = createMemory(profile)
const shell = signal<ShellState>({ kind: 'opening' })

applyTheme(memory)
const root = document.getElementById('app')
const passphrase = createPassphraseDesk(wrong => {
  shell.value = { kind: 'locked', wrong }
})
const actions = { start, bringIn, unlock: passphrase.give, takeOver: () => void takeOver().catch(fail) }
if (root !== null) render(<Shell state={shell} actions={actions} />, root)

const lock = isSecureContext ? createTabLock(profile) : undefined
let running: ReturnType<typeof open> | undefined
if (lock === undefined) shell.value = { kind: 'insecure' }
else lock.take(giveWay).then(begin, fail)

function begin(taken: boolean): void {
  if (taken) run()
  else shell.value = { kind: 'elsewhere' }
}

function run(): void {
  const known = memory.get(NAMED) !== undefined
  shell.value = { kind: known ? 'opening' : 'naming' }
  const opening = open()
  running = opening
  opening.then(
    ({ workspace }) => {
      if (workspace.isNamed) show(workspace)
      else shell.value = { kind: 'naming' }
    },
    (thrown: unknown) => {
      // Another tab took over while the passphrase was asked for.
      if (running !== opening) return
      lock?.release()
      fail(thrown)
    }
  )
}

function fail(thrown: unknown): void {
  shell.value = { kind: 'failed', sentence: thrown instanceof Error ? thrown.message : String(thrown) }
}

async function open() {
  const { openWorkspace } = await import('./open-workspace.tsx')
  return { workspace: await openWorkspace(profile, memory, passphrase.ask) }
}

type OpenWorkspace = Awaited<ReturnType<typeof open>>['workspace']

async function start(nick: string): Promise<void> {
  const workspace = (await running)?.workspace
  if (workspace === undefined) return
  await workspace.session.rename(nick)
  show(workspace)
}

/** The peer that runs on the identity made for the first run gives way to one on the imported. */
async function bringIn(text: string, words: string): Promise<void> {
  const workspace = (await running)?.workspace
  if (workspace === undefined) return
  const { nick } = await workspace.vault.importExport(text, words)
  await workspace.stop()
  memory.set(NAMED, nick && 'yes')
  run()
}

function show({ session, Workspace }: OpenWorkspace): void {
  memory.set(NAMED, 'yes')
  shell.value = { kind: 'open', session, Workspace }
}

/** Another tab goes on with this profile. */
async function giveWay(): Promise<void> {
  shell.value = { kind: 'moved' }
  const stopping = running
  running = undefined
  passphrase.giveUp()
  await (await stopping?.catch(() => undefined))?.workspace.stop()
}

async function takeOver(): Promise<void> {
  shell.value = { kind: 'opening' }
  await lock?.takeOver(giveWay)
  run()
}
