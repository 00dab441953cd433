import axe from 'axe-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cdp, page, userEvent } from 'vitest/browser'
import type { PeerReport } from '../../src/core/chat/index.ts'
import type { Report } from '../../src/core/doctor/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { createPlainPeer } from './plain-peer.ts'
import { PLAIN_REPORT } from './plain-report.ts'
import { showWorkspace } from './show.tsx'

const RELAY = '12D3KooWRelayRelayRelayRelay' as PeerId
const PEERS: PeerReport[] = [
  {
    peer: RELAY,
    path: 'direct',
    rtt: 12,
    address: `/dns4/relay.example/tcp/443/wss/p2p/${RELAY}`,
    received: 0,
    sent: 0
  },
  { peer: 'bo', nicks: ['Bo'], path: 'webrtc', rtt: 4, address: '/webrtc', upgrade: 840, received: 0, sent: 0 },
  { peer: 'cy', nicks: ['Cy'], path: 'relayed', rtt: 96, address: '/x', relay: RELAY, tries: 2, received: 0, sent: 0 }
]

function showNetwork(peers = PEERS, examine?: () => Promise<Report>) {
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [{ by: 'Bo', text: 'hello' }])
  const relays = [{ peer: RELAY, address: `/dns4/relay.example/tcp/443/wss/p2p/${RELAY}` }]
  peer.setStatus({ peer: 'me', peers, relays, rooms: [{ ...room, toTalk: 1234 }] })
  const session = showWorkspace(peer, `#/room/${room.id}`, undefined, examine)
  return { peer, session }
}

async function openNetwork(): Promise<void> {
  await page.getByRole('status', { name: 'Connection' }).getByRole('link').click()
  await expect.element(page.getByRole('heading', { name: 'Network' })).toBeVisible()
}

const bird = (name: string | RegExp) => page.getByRole('option', { name })
const row = (name: string | RegExp) => page.getByRole('row', { name })

beforeEach(async () => {
  await page.viewport(1280, 800)
})

describe('the network page', () => {
  test('is reached from the connection line, says everything in a table, and back goes back', async () => {
    showNetwork()
    await openNetwork()
    await expect.element(page.getByText('You are connected to 3 peers, 2 directly.')).toBeVisible()
    await expect.element(row(/^Bo.*WebRTC, direct.*Off the relay after 0\.8 s.*4 ms.*nobody/s)).toBeVisible()
    await expect.element(row(/^Cy.*through a relay.*96 ms.*Relay …yRelay.*2 tries found none/s)).toBeVisible()
    await expect.element(page.getByText('1.2 s')).toBeVisible()
    await page.getByRole('button', { name: 'Back', exact: true }).click()
    await expect.element(page.getByRole('log', { name: 'Messages' })).toBeVisible()
  })

  test('follows what changes', async () => {
    const { peer } = showNetwork()
    await openNetwork()
    peer.setStatus({ peers: PEERS.map(each => (each.peer === 'cy' ? { ...each, path: 'webrtc' } : each)) })
    await expect.element(page.getByText('You are connected to 3 peers, all directly.')).toBeVisible()
    peer.setStatus({ peers: PEERS.slice(0, 1) })
    await expect.element(bird(/^Cy/)).not.toBeInTheDocument()
    peer.setStatus({ peers: [] })
    await expect.element(page.getByText(/connected to nobody/)).toBeVisible()
    await expect.element(page.getByRole('table')).not.toBeInTheDocument()
  })

  test('shows traffic, by the second', async () => {
    const { peer } = showNetwork()
    await openNetwork()
    let sent = 0
    await expect
      .poll(() => {
        peer.setStatus({ peers: PEERS.map(each => ({ ...each, sent: (sent += 5000) })) })
        return bird(/Bo.*kB\/s/).query()
      })
      .not.toBeNull()
  })

  test('every bird is reached by the keyboard, and says what it shows', async () => {
    showNetwork()
    await openNetwork()
    const flock = page.getByRole('listbox', { name: 'Flock of peers' })
    ;(flock.element() as HTMLElement).focus()
    const names: (string | null)[] = []
    for (const _ of PEERS) {
      await expect.poll(() => chosen(flock.element())).not.toBe(names.at(-1))
      names.push(chosen(flock.element()))
      await userEvent.keyboard('{ArrowRight}')
    }
    expect(names).toEqual([
      'Bo, WebRTC, direct, 4 ms',
      'Relay …yRelay, direct, 12 ms',
      'Cy, through Relay …yRelay, 96 ms'
    ])
    await userEvent.keyboard('{Home}')
    await expect.element(bird(/^Bo/)).toHaveAttribute('aria-selected', 'true')
    await expect.poll(() => row(/^Bo/).element().getAttribute('data-active')).toBe('true')
  })

  test('a bird is drawn, and answers the pointer', async () => {
    showNetwork([{ peer: 'bo', nicks: ['Bo'], path: 'direct', rtt: 4, address: '/x' }])
    await openNetwork()
    const canvas = document.querySelector('canvas')
    if (canvas === null) throw new Error('there is no canvas')
    const found = (): boolean => {
      const { width, height } = canvas.getBoundingClientRect()
      for (let x = 0; x < width; x += 20) {
        for (let y = 0; y < height; y += 20) {
          const { left, top } = canvas.getBoundingClientRect()
          const at = { clientX: left + x, clientY: top + y, bubbles: true }
          canvas.dispatchEvent(new PointerEvent('pointermove', at))
          if (document.querySelector('.sky-caption')?.textContent === 'Bo, direct, 4 ms') return true
        }
      }
      return false
    }
    await expect.poll(found).toBe(true)
    expect(isDrawn(canvas)).toBe(true)
  })

  test('each term explains itself when it has the focus', async () => {
    showNetwork()
    await openNetwork()
    const term = page.getByRole('columnheader', { name: /^Round trip/ }).getByRole('button')
    const note = page.getByText(/^How long a small message takes/)
    await expect.element(note).not.toBeVisible()
    ;(term.element() as HTMLElement).focus()
    await expect.element(note).toBeVisible()
  })

  const part = (name: string) => page.getByRole('region', { name, exact: true })

  test('says what the network allows: each part with what was found, and with advice', async () => {
    showNetwork()
    await openNetwork()
    await expect.element(page.getByText(PLAIN_REPORT.summary)).toBeVisible()
    for (const [name, ...words] of [
      ['Router', 'cone NAT', 'one port for all', PLAIN_REPORT.nat.advice],
      ['Public address', '44.0.0.7', PLAIN_REPORT.addresses.advice],
      ['Addresses for WebRTC', '1, hidden by the browser', 'udp 44.0.0.7:50001', 'host to prflx carries'],
      ['Relays', 'Relay …yRelay', '12 ms, keeps a place for you', 'relay.example:3478 answers'],
      ['Clock', '12 ms behind, by 1 relay', 'Your clock is right.'],
      ['Ways of connecting', 'works, 31 ms', 'fails: no answer in time', 'over relay …yRelay']
    ] as const) {
      for (const each of words) expect(part(name).element().textContent).toContain(each)
    }
  })

  test('looks again when it is asked to, and says why when it cannot', async () => {
    const answers = [async () => PLAIN_REPORT, () => Promise.reject(new Error('this tab is not online yet'))]
    const { promise, resolve } = Promise.withResolvers<Report>()
    showNetwork(PEERS, () => answers.shift()?.() ?? promise)
    await openNetwork()
    const again = page.getByRole('button', { name: 'Check again' })
    await expect.element(page.getByText(/^Tried at/)).toBeVisible()
    await again.click()
    await expect.element(page.getByText(/this tab is not online yet/)).toBeVisible()
    await expect.element(part('Clock')).toBeVisible()
    await again.click()
    await expect.element(page.getByText(/^Trying out the ways/)).toBeVisible()
    resolve({ ...PLAIN_REPORT, clock: { ...PLAIN_REPORT.clock, ahead: 90_000, advice: 'Your clock is wrong.' } })
    await expect.element(part('Clock').getByText(/90\.0 s ahead/)).toBeVisible()
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument()
  })

  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390]
  ])('gives axe nothing to complain of, in the %s theme, %i wide', async (theme, width) => {
    document.documentElement.lang = 'en'
    document.documentElement.dataset['theme'] = theme
    await page.viewport(width, 844)
    showNetwork()
    await openNetwork()
    await expect.element(row(/^Cy/)).toBeVisible()
    // The room that was open is still fading out of its tint.
    await Promise.all(document.getAnimations().map(({ finished }) => finished))
    const { violations } = await axe.run(document.body, { rules: { 'color-contrast-enhanced': { enabled: true } } })
    delete document.documentElement.dataset['theme']
    expect(violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html}`))).toEqual([])
  })

  test('on a phone it is the only pane, and nothing is wider than the screen', async () => {
    await page.viewport(390, 844)
    showNetwork()
    await openNetwork()
    await expect.element(row(/^Cy/)).toBeVisible()
    await expect.element(page.getByRole('navigation', { name: 'Rooms' })).not.toBeInTheDocument()
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(390)
  })
})

describe('for people who want it otherwise', () => {
  async function emulate(...features: { name: string; value: string }[]): Promise<void> {
    await cdp().send('Emulation.setEmulatedMedia', { features })
  }

  afterEach(() => emulate())

  test('the flock rests where no motion is wanted, and changes with the peers', async () => {
    await emulate({ name: 'prefers-reduced-motion', value: 'reduce' })
    const { peer } = showNetwork()
    await openNetwork()
    const picture = (): string => document.querySelector('canvas')?.toDataURL() ?? ''
    await expect.poll(() => isDrawn(document.querySelector('canvas'))).toBe(true)
    await frames(3)
    const before = picture()
    await frames(30)
    expect(picture()).toBe(before)
    peer.setStatus({ peers: PEERS.slice(0, 2) })
    await expect.poll(picture).not.toBe(before)
  })

  test('with forced colours the picture has the colours of the system', async () => {
    await emulate({ name: 'prefers-reduced-motion', value: 'reduce' })
    showNetwork()
    await openNetwork()
    await expect.poll(() => pixelsOf(BEAK)).toBeGreaterThan(0)
    await emulate({ name: 'prefers-reduced-motion', value: 'reduce' }, { name: 'forced-colors', value: 'active' })
    await expect.poll(() => pixelsOf(BEAK)).toBe(0)
    expect(pixelsOf('CanvasText')).toBeGreaterThan(100)
  })
})

/** As the palette has it for the light and the dark theme. */
const BEAK = matchMedia('(prefers-color-scheme: dark)').matches ? 'oklch(0.8 0.14 75)' : 'oklch(0.74 0.15 70)'

/** How much of the picture has this colour. */
function pixelsOf(colour: string): number {
  const sample = document.createElement('canvas').getContext('2d')
  const canvas = document.querySelector('canvas')
  if (sample === null || canvas === null) return 0
  sample.fillStyle = colour
  sample.fillRect(0, 0, 1, 1)
  const wanted = String([...sample.getImageData(0, 0, 1, 1).data])
  const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
  return Array.from({ length: data.length / 4 }, (_, index) => index * 4).filter(
    at => `${data[at]},${data[at + 1]},${data[at + 2]},${data[at + 3]}` === wanted
  ).length
}

async function frames(count: number): Promise<void> {
  for (let frame = 0; frame < count; frame += 1) await new Promise(requestAnimationFrame)
}

function chosen(flock: Element): string | null {
  const id = flock.getAttribute('aria-activedescendant')
  return id === null ? null : (document.getElementById(id)?.textContent ?? null)
}

function isDrawn(canvas: HTMLCanvasElement | null): boolean {
  const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
  return data.some(value => value !== 0)
}
