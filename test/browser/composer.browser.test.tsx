import { render } from 'preact'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { createPlainPeer } from './plain-peer.ts'
import { emptyMemory, showWorkspace } from './show.tsx'

const DESKTOP = [1280, 800] as const

const messages = page.getByRole('log', { name: 'Messages' })
const box = page.getByRole('textbox', { name: 'Message' })

test('Enter sends, Shift+Enter begins a line', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  await userEvent.type(box, 'one{Shift>}{Enter}{/Shift}two{Enter}')
  await expect.element(messages.getByText('one two')).toBeVisible()
  await expect.element(box).toHaveValue('')
  expect((await peer.messages(room.id)).map(message => message.text)).toEqual(['one\ntwo'])
})

test('what is typed the moment the room is there stands in order', async () => {
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  const typed = new Promise<void>(resolve => {
    // No frame is painted before that.
    new MutationObserver((_, observer) => {
      if (document.querySelector('textarea') === null) return
      observer.disconnect()
      document.execCommand('insertText', false, 'k')
      resolve()
    }).observe(document.body, { childList: true, subtree: true })
  })
  await typed
  await userEvent.keyboard('eep me')
  await expect.element(box).toHaveValue('keep me')
})

test('a delivery mark says how far a message got', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  await userEvent.type(box, 'hello{Enter}')
  await expect.element(messages.getByRole('img', { name: 'Sent' })).toBeVisible()
  const [message] = await peer.messages(room.id)
  peer.emit({ event: 'delivered', id: message?.id ?? '', to: 1, of: 2 })
  await expect.element(messages.getByRole('img', { name: 'Delivered to 1 of 2' })).toBeVisible()
})

test('a message that could not be stored stays, with the reason, and can be sent again', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  peer.failNextSend('the disk is full')
  await userEvent.type(box, 'keep me{Enter}')
  await expect.element(messages.getByText('Not sent yet. The disk is full.')).toBeVisible()
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect.element(messages.getByRole('img', { name: 'Sent' })).toBeVisible()
  expect(messages.getByText('keep me').elements()).toHaveLength(1)
})

test('a message on its way into the store when the page is closed is offered again by the next page', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  const memory = emptyMemory()
  const first = showWorkspace({ ...peer, send: () => new Promise(() => undefined) }, `#/room/${room.id}`, memory)
  await userEvent.type(box, 'keep me{Enter}')
  await expect.element(messages.getByText('keep me')).toBeVisible()
  first.stop()
  if (document.body.lastElementChild !== null) render(null, document.body.lastElementChild)
  showWorkspace(peer, `#/room/${room.id}`, memory)
  await expect.element(messages.getByText('Not sent yet. The page was closed before it could be stored.')).toBeVisible()
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect.element(messages.getByRole('img', { name: 'Sent' })).toBeVisible()
  expect((await peer.messages(room.id)).map(message => message.text)).toEqual(['keep me'])
})

test('over 48 KiB it says so and does not send', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen')
  showWorkspace(peer, `#/room/${room.id}`)
  await userEvent.fill(box, 'ä'.repeat(24 * 1024 + 1))
  await expect.element(page.getByText(/^48 of 48 KiB: too long/)).toBeVisible()
  await userEvent.type(box, '{Enter}')
  expect(await peer.messages(room.id)).toEqual([])
  await userEvent.fill(box, 'ä'.repeat(24 * 1024))
  await userEvent.type(box, '{Enter}')
  await expect.poll(() => peer.messages(room.id)).toHaveLength(1)
})

test('a draft waits in its room', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const kitchen = peer.addRoom('Kitchen')
  const garden = peer.addRoom('Garden')
  const memory = emptyMemory()
  const { router } = showWorkspace(peer, `#/room/${kitchen.id}`, memory)
  await userEvent.type(box, 'half a thou')
  router.go({ kind: 'room', room: garden.id, details: false })
  await expect.element(page.getByRole('heading', { name: 'Garden' })).toBeVisible()
  await expect.element(box).toHaveValue('')
  router.go({ kind: 'room', room: kitchen.id, details: false })
  await expect.element(box).toHaveValue('half a thou')
})
