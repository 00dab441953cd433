import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { MAX_IN_PAGE, PAGE } from '../../src/browser/state/view-window.ts'
import { createPlainPeer, type PlainPeer, type Saying } from './plain-peer.ts'
import { showWorkspace } from './show.tsx'

const list = page.getByRole('log', { name: 'Messages' })
const toNewest = page.getByRole('button', { name: 'Jump to newest' })

function manySayings(count: number): Saying[] {
  return Array.from({ length: count }, (_, index) => ({
    by: index % 7 < 4 ? 'Bo' : 'Cy',
    text: `message ${index} ${'and so on '.repeat(index % 13)}`
  }))
}

async function showRoom(
  count: number,
  name = 'Kitchen',
  width = 1280
): Promise<{ peer: PlainPeer; room: string; element: HTMLElement }> {
  await page.viewport(width, 800)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom(name, manySayings(count)).id
  showWorkspace(peer, `#/room/${room}`)
  const element = (await list.findElement()) as HTMLElement
  await expect.poll(() => element.textContent).toContain(`message ${count - 1} `)
  await frame()
  return { peer, room, element }
}

const frame = () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
const belowOf = (element: HTMLElement) => element.scrollHeight - element.scrollTop - element.clientHeight

/** The first message in view and its place on the screen. */
function place(element: HTMLElement): { text: string; top: number } {
  const { top } = element.getBoundingClientRect()
  const shown = [...element.querySelectorAll('.message')].find(message => message.getBoundingClientRect().bottom > top)
  return {
    text: shown?.querySelector('.message-text')?.textContent ?? '',
    top: shown?.getBoundingClientRect().top ?? 0
  }
}

test('a room opens at its newest message and stays there as messages arrive', async () => {
  const { peer, room, element } = await showRoom(120)
  expect(belowOf(element)).toBeLessThan(2)
  peer.hear(room, { by: 'Bo', text: 'one more, of some length '.repeat(20) })
  await expect.poll(() => element.textContent).toContain('one more')
  await frame()
  expect(belowOf(element)).toBeLessThan(2)
  expect(toNewest.elements()).toHaveLength(0)
})

test('who reads further up keeps the place when a message arrives, and can jump down', async () => {
  const { peer, room, element } = await showRoom(120)
  element.scrollTop -= 600
  await expect.element(toNewest).toBeVisible()
  const before = place(element)
  peer.hear(room, { by: 'Bo', text: 'far below' })
  await expect.poll(() => element.textContent).toContain('far below')
  await frame()
  expect(place(element)).toEqual(before)
  await toNewest.click()
  await expect.poll(() => belowOf(element)).toBeLessThan(2)
  await expect.element(toNewest).not.toBeInTheDocument()
})

test('older messages come in above without moving what is read, up to the first one', async () => {
  const { element } = await showRoom(1000)
  const jumps: number[] = []
  for (let step = 0; step < 400 && !element.textContent.includes('message 0 '); step++) {
    element.scrollTop -= 300
    const { text, top } = place(element)
    await frame()
    const same = [...element.querySelectorAll('.message')].find(
      message => message.querySelector('.message-text')?.textContent === text
    )
    if (same !== undefined) jumps.push(Math.abs(same.getBoundingClientRect().top - top))
    expect(element.querySelectorAll('.message').length).toBeLessThanOrEqual(MAX_IN_PAGE)
  }
  expect(element.textContent).toContain('message 0 ')
  expect(jumps.length).toBeGreaterThan(50)
  expect(Math.max(...jumps)).toBeLessThan(2)
  element.scrollTop = 0
  await expect.poll(() => element.textContent).toContain('This is where it begins')
})

test('10,000 messages that come in, newest first, leave a few screens in the page and in memory, and are hardly read', async () => {
  await page.viewport(1280, 800)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen').id
  let reads = 0
  const counting: PlainPeer = {
    ...peer,
    messages(...options) {
      reads += 1
      return peer.messages(...options)
    }
  }
  const session = showWorkspace(counting, `#/room/${room}`)
  const element = (await list.findElement()) as HTMLElement
  await expect.poll(() => session.open.value?.timeline.loaded.value).toBe(true)
  const start = Date.parse('2026-11-20T09:00:00Z')
  for (let batch = 312; batch >= 0; batch -= 1) {
    for (let index = 0; index < 32; index += 1) {
      const number = batch * 32 + index
      peer.hear(room, { by: number % 7 < 4 ? 'Bo' : 'Cy', text: `message ${number}`, time: start + number * 60_000 })
    }
    if (batch % 40 === 0) await frame()
    expect(element.querySelectorAll('.message').length).toBeLessThanOrEqual(MAX_IN_PAGE)
    expect(session.open.value?.timeline.held.value).toBeLessThanOrEqual(MAX_IN_PAGE + 2 * PAGE)
  }
  await expect.poll(() => element.textContent).toContain('message 10015')
  expect(belowOf(element)).toBeLessThan(2)
  expect(reads).toBeLessThan(10)
})

test('from far up the way down leads past every message to the newest', async () => {
  const { element } = await showRoom(400)
  for (let step = 0; step < 200 && !element.textContent.includes('message 0 '); step++) {
    element.scrollTop -= 1000
    await frame()
  }
  const seen = new Set<string>()
  for (let step = 0; step < 400 && belowOf(element) > 2; step++) {
    for (const [match] of element.textContent.matchAll(/message \d+/g)) seen.add(match)
    element.scrollTop += 500
    await frame()
  }
  expect(element.textContent).toContain('message 399 ')
  expect(seen.size).toBe(400)
})

test('a message that belongs further up takes its place there', async () => {
  const { peer, room, element } = await showRoom(20)
  const messages = await peer.messages(room)
  const time = (messages[9]?.time ?? 0) + 1
  peer.hear(room, { by: 'Dee', text: 'late, but from before', time })
  await expect.poll(() => element.textContent).toContain('late, but from before')
  const order = [...element.querySelectorAll('.message-text')].map(text => text.textContent)
  expect(order.indexOf('late, but from before')).toBe(10)
  expect(new Set(order).size).toBe(21)
})

test('a composer that grows does not hide the newest message', async () => {
  const { element } = await showRoom(50)
  const box = page.getByRole('textbox', { name: 'Message' })
  await box.fill('line\n'.repeat(10))
  await frame()
  expect(belowOf(element)).toBeLessThan(2)
})

test('a box that shrinks just before the browser tells of an earlier scroll leaves one at the newest message', async () => {
  const { element } = await showRoom(50)
  const box = await page.getByRole('textbox', { name: 'Message' }).findElement()
  if (box instanceof HTMLElement) box.style.height = '300px'
  element.dispatchEvent(new Event('scroll'))
  expect(belowOf(element)).toBeLessThan(2)
  await frame()
  expect(toNewest.elements()).toHaveLength(0)
})

test('sending brings to the own message, from far up and from the narrowest room with the longest name', async () => {
  const { element } = await showRoom(300, 'The longest name a room may have '.repeat(3), 390)
  const box = page.getByRole('textbox', { name: 'Message' })
  for (const [index, scrolled] of [0, 4000, 0, 20_000, 0].entries()) {
    element.scrollTop -= scrolled
    await frame()
    const text = `own ${index} ${'and another line\n'.repeat(index * 3)}end`
    await box.fill(text)
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => messageTexts(element).at(-1)).toBe(text)
    await expect.poll(() => belowOf(element)).toBeLessThan(2)
    await frame()
    expect(belowOf(element)).toBeLessThan(2)
    expect(toNewest.elements()).toHaveLength(0)
  }
})

test('an empty box is one line high, however long the name of its room is', async () => {
  await showRoom(1, 'The longest name a room may have '.repeat(3), 390)
  const box = page.getByRole('textbox', { name: 'Message' })
  const height = () => box.element().getBoundingClientRect().height
  expect(height()).toBeLessThanOrEqual(46)
  await box.fill('line\n'.repeat(4))
  expect(height()).toBeGreaterThan(80)
  await box.fill('')
  expect(height()).toBeLessThanOrEqual(46)
})

function messageTexts(element: HTMLElement): (string | null)[] {
  return [...element.querySelectorAll('.message .message-text')].map(text => text.textContent)
}
