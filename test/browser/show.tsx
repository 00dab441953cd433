import { signal, type Signal } from '@preact/signals'
import { render, type ComponentChild } from 'preact'
import { onTestFinished, vi } from 'vitest'
import { createMemory, type Memory } from '../../src/browser/memory.ts'
import type { ShellActions, ShellState } from '../../src/browser/shell-state.ts'
import { ownIdentity } from '../../src/browser/own-identity.ts'
import { createSession, type Session } from '../../src/browser/state/session.ts'
import '../../src/browser/styles/base.css'
import { Shell } from '../../src/browser/ui/shell.tsx'
import { Workspace } from '../../src/browser/ui/workspace.tsx'
import type { Peer } from '../../src/core/chat/index.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import type { Report } from '../../src/core/doctor/index.ts'
import { PLAIN_REPORT } from './plain-report.ts'

/** Shows the whole workspace of this peer, at `hash`, until the test ends. */
export function showWorkspace(
  peer: Peer,
  hash = '#/',
  memory: Memory = emptyMemory(),
  examine: () => Promise<Report> = async () => PLAIN_REPORT
): Session {
  history.replaceState(null, '', hash)
  const session = createSession(peer, memory, { own: ownIdentity(memoryStorage(), () => []), examine })
  show(<Workspace session={session} />)
  onTestFinished(() => {
    session.stop()
    history.replaceState(null, '', '#/')
  })
  return session
}

/** Shows the screens around the workspace until the test ends; nobody starts a peer behind them. */
export function showShell(first: ShellState, onStart: ShellActions['start'] = async () => undefined) {
  const state: Signal<ShellState> = signal(first)
  const actions = {
    start: vi.fn<ShellActions['start']>(onStart),
    bringIn: vi.fn<ShellActions['bringIn']>(),
    unlock: vi.fn<ShellActions['unlock']>(),
    takeOver: vi.fn<() => void>()
  }
  show(<Shell state={state} actions={actions} />)
  return { state, actions }
}

function show(content: ComponentChild): void {
  const root = document.createElement('div')
  document.body.append(root)
  render(content, root)
  onTestFinished(() => {
    render(null, root)
    root.remove()
  })
}

let profiles = 0

export function emptyMemory(): Memory {
  return createMemory(`test-${Date.now()}-${profiles++}`)
}
