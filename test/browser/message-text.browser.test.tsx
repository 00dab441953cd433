import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { createPlainPeer } from './plain-peer.ts'
import { showWorkspace } from './show.tsx'

const DESKTOP = [1280, 800] as const

const messages = page.getByRole('log', { name: 'Messages' })
const box = page.getByRole('textbox', { name: 'Message' })

test('what somebody else wrote is shown as text, whatever it is', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const hostile = '<img src=x onerror="document.title=1"><script>1</script>\u202Egnp.exe'
  const room = peer.addRoom('<b>bold</b>', [{ by: '<i>Mallory</i>', text: hostile }])
  showWorkspace(peer, `#/room/${room.id}`)
  await expect.element(messages.getByText(hostile)).toBeVisible()
  await expect.element(messages.getByText('<i>Mallory</i>')).toBeVisible()
  await expect.element(page.getByRole('heading', { name: '<b>bold</b>' })).toBeVisible()
  expect(document.querySelectorAll('img, script[src=x], i, b')).toHaveLength(0)
})

test('a direction override ends with its message, and right-to-left text starts on the right', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [
    { by: 'Mallory', text: '\u202Eabc' },
    { by: 'Dana', text: 'שלום' }
  ])
  showWorkspace(peer, `#/room/${room.id}`)
  const text = await messages.getByText('שלום').findElement()
  expect(getComputedStyle(text).direction).toBe('rtl')
  expect(getComputedStyle(text).unicodeBidi).toBe('isolate')
  expect(document.querySelector('.author')?.tagName).toBe('BDI')
})

test('links open elsewhere and tell nobody where from', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [{ by: 'Bo', text: 'see https://example.org/a. javascript:alert(1)' }])
  showWorkspace(peer, `#/room/${room.id}`)
  const link = messages.getByRole('link')
  await expect.element(link).toHaveAttribute('href', 'https://example.org/a')
  await expect.element(link).toHaveAttribute('rel', 'noopener noreferrer')
})

test('a long paste folds and unfolds', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [{ by: 'Bo', text: `${'word '.repeat(5000)}end` }])
  showWorkspace(peer, `#/room/${room.id}`)
  await expect.element(page.getByRole('button', { name: 'Show all 5,001 words' })).toBeVisible()
  const lengthOfMessage = () => document.querySelector('.message-text')?.textContent.length
  expect(lengthOfMessage()).toBeLessThan(1500)
  await page.getByRole('button', { name: 'Show all 5,001 words' }).click()
  await expect.poll(lengthOfMessage).toBeGreaterThan(25_000)
  await page.getByRole('button', { name: 'Show less' }).click()
  await expect.poll(lengthOfMessage).toBeLessThan(1500)
})

test('the arrow keys walk through the messages', async () => {
  await page.viewport(...DESKTOP)
  const peer = createPlainPeer('Ann')
  const room = peer.addRoom('Kitchen', [
    { by: 'Bo', text: 'first' },
    { by: 'Bo', text: 'second' }
  ])
  showWorkspace(peer, `#/room/${room.id}`)
  await expect.element(messages.getByText('second')).toBeVisible()
  const focused = () => document.activeElement?.querySelector('.message-text')?.textContent
  await expect.element(box).toHaveFocus()
  await userEvent.tab({ shift: true })
  await expect.element(messages).toHaveFocus()
  await userEvent.keyboard('{ArrowUp}')
  expect(focused()).toBe('second')
  await userEvent.keyboard('{ArrowUp}')
  expect(focused()).toBe('first')
  await userEvent.keyboard('{ArrowDown}')
  expect(focused()).toBe('second')
})
