// Takes pictures of the web app as people see it: real peers in a real browser, at phone and desktop width, light and
// dark. `npm run screenshots` writes them to screenshots/.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Browser, Locator, Page } from 'playwright-core'
import { hears, Lab, makeRoom, say, type LabPeer } from './lab.ts'
import { RoomOverHttp } from './room-over-http.ts'

const FOLDER = fileURLToPath(new URL('../screenshots', import.meta.url))
const WIDTHS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const
const TALK = [
  ['Bo', 'Morning! Is the relay still on your balcony?'],
  ['Anna', 'It is. It survived the storm, and so did the tomatoes.'],
  ['Bo', 'Then I can turn mine off for the update.'],
  ['Bo', 'If you can read this, I am already on WebRTC.'],
  ['Anna', 'Loud and clear. Who else is coming?'],
  ['Cy', 'Me, through the terminal. مرحبا from https://example.org/murmuration?leader=none']
] as const

/** Long enough that the last picture is taken before all of it has come. */
const HISTORY = 6000

const lab = new Lab()
try {
  await mkdir(FOLDER, { recursive: true })
  await takeAll(await lab.browser(), await lab.start('relay'))
} finally {
  await lab.clear()
}

async function takeAll(browser: Browser, relay: LabPeer): Promise<void> {
  const anna = await enter(browser, relay.http, 'Anna')
  await take(anna, '2-no-rooms')
  const link = await makeRoom(anna, 'The roof garden')
  await take(anna, '3-alone')
  const cast = { Anna: anna, Bo: await enter(browser, link, 'Bo'), Cy: await enter(browser, link, 'Cy') }
  for (const [name, text] of TALK) {
    await say(cast[name], text)
    for (const page of Object.values(cast)) await hears(page, text.slice(0, 20))
  }
  await anna
    .getByRole('img', { name: /^Delivered to 2 of 2/ })
    .last()
    .waitFor()
  await take(anna, '4-talk')
  await anna
    .getByRole('button', { name: /details|members/i })
    .first()
    .click()
  await take(anna, '5-details')
  await takeIdentity(anna)
  await takeDirect(anna, cast.Bo)
  await takePrivateRoom(browser, anna)
  await takeAmending(anna)
  await takeCatchingUp(browser, await lab.start('up'))
  await takeNetwork(anna)
  await relay.kill()
  await say(cast.Bo, 'The relay is gone, and we are not.')
  await hears(anna, 'The relay is gone')
  await take(anna, '6-without-the-relay')
}

/** The safety number, from the details, and what protects an identity. */
async function takeIdentity(anna: Page): Promise<void> {
  await anna.getByRole('button', { name: 'Safety number of Bo', exact: true }).click()
  await take(anna, '13-safety-number')
  await anna.getByRole('button', { name: 'Close', exact: true }).click()
  await anna.getByRole('button', { name: 'Settings' }).click()
  await anna.getByRole('dialog').getByRole('button', { name: 'Passphrase' }).click()
  await take(anna, '14-passphrase')
  await anna.getByRole('button', { name: 'Close', exact: true }).click()
}

/** A direct conversation, of which Bo is asked first: they know each other from an open room alone. */
async function takeDirect(anna: Page, bo: Page): Promise<void> {
  const main = anna.url()
  await anna.getByRole('button', { name: 'Message Bo' }).click()
  await anna.getByRole('heading', { name: 'Bo', level: 2 }).waitFor()
  await say(anna, 'Only for you: the spare key is under the third pot.')
  const request = bo.getByRole('list', { name: 'Direct messages' }).getByRole('link')
  await request.click()
  await bo.getByRole('heading', { name: 'Anna would like to write to you' }).waitFor()
  await take(bo, '21-request')
  await bo.getByRole('button', { name: 'Accept' }).click()
  await hears(bo, 'Only for you')
  await say(bo, 'Thanks! I will water them.')
  await hears(anna, 'I will water')
  await anna.getByRole('button', { name: 'Details', exact: true }).click()
  await take(anna, '22-direct')
  await anna.getByRole('button', { name: 'Leave', exact: true }).click()
  await take(anna, '23-leave')
  await anna.getByRole('button', { name: 'Stay', exact: true }).click()
  await anna.goto(main)
  await bo.goto(main)
}

/** A private room: made, invited to, joined, and what its owner may do there. */
async function takePrivateRoom(browser: Browser, anna: Page): Promise<void> {
  const main = anna.url()
  await anna.getByRole('button', { name: 'New room' }).click()
  await anna.getByRole('textbox', { name: 'Room name' }).fill('Loft')
  await take(anna, '15-new-room')
  await anna.getByRole('button', { name: 'Create' }).click()
  await anna.getByRole('button', { name: 'Invite' }).click()
  const box = anna.getByRole('textbox', { name: 'Invite link' })
  await box.waitFor()
  await take(anna, '16-invite')
  const link = await box.inputValue()
  await anna.getByRole('button', { name: 'Close', exact: true }).click()
  const eve = await enter(browser, link, 'Eve')
  await eve.getByRole('textbox', { name: 'Message' }).waitFor()
  await anna.getByRole('button', { name: 'Details', exact: true }).click()
  await anna.getByRole('button', { name: 'Change Eve' }).click()
  await take(anna, '17-private-details')
  await anna.getByRole('button', { name: 'Remove from the room' }).click()
  await take(anna, '18-remove')
  await anna.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await eve.getByText('You were removed').waitFor()
  await take(eve, '19-removed')
  const late = await enter(browser, link, 'Fay')
  await late.getByText('You were not let in').waitFor()
  await take(late, '20-refused')
  for (const page of [eve, late]) await page.context().close()
  await anna.goto(main)
}

/** A message that was edited, one that was deleted, and what stands on the way there. */
async function takeAmending(anna: Page): Promise<void> {
  await anna.getByRole('button', { name: 'Details', exact: true }).click()
  const row = (text: string) => anna.locator('.message', { hasText: text })
  await row('It survived the storm').focus()
  await take(anna, '7-actions')
  await row('It survived the storm').getByRole('button', { name: 'Edit' }).click()
  await take(anna, '8-editing')
  await anna.getByRole('textbox', { name: 'Message' }).fill('It is, and it survived the storm.')
  await anna.getByRole('button', { name: 'Save' }).click()
  await row('Loud and clear').hover()
  await row('Loud and clear').getByRole('button', { name: 'Delete' }).click()
  await take(anna, '9-confirm')
  await anna.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await anna.getByText('Message deleted').first().waitFor()
  await take(anna, '10-amended')
}

async function takeNetwork(anna: Page): Promise<void> {
  await anna.getByRole('status', { name: 'Connection' }).getByRole('link').click()
  await anna.getByRole('row', { name: /^Bo.*WebRTC/ }).waitFor()
  await anna.getByText(/^Tried at/).waitFor()
  await take(anna, '12-network')
  const report = anna.getByRole('region', { name: 'What your network allows' })
  await take(anna, '13-network-report', report)
  await anna.goBack()
}

async function takeCatchingUp(browser: Browser, host: LabPeer): Promise<void> {
  const room = await RoomOverHttp.of(host, 'history')
  await room.fill(HISTORY)
  const page = await enter(browser, await room.invite(), 'Dee')
  await page.getByText(/on their way/).waitFor()
  await take(page, '11-catching-up')
  await page.context().close()
}

/** A person's first visit, in a profile of their own. */
async function enter(browser: Browser, address: string, nick: string): Promise<Page> {
  const page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage()
  await page.setViewportSize(WIDTHS.desktop)
  await page.goto(address)
  const name = page.getByRole('textbox', { name: 'Nickname' })
  await name.waitFor()
  if (nick === 'Anna') await take(page, '1-first-run')
  await name.fill(nick)
  await page.getByRole('button', { name: 'Start' }).click()
  await page.getByRole('button', { name: 'New room' }).first().waitFor({ state: 'attached' })
  return page
}

/** The part that is meant, when one is given, comes to the top. */
async function take(page: Page, name: string, part?: Locator): Promise<void> {
  for (const [device, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await part?.evaluate(element => element.scrollIntoView())
      const path = join(FOLDER, `${name}-${device}-${colorScheme}.png`)
      await page.screenshot({ path })
      process.stdout.write(`${path}\n`)
    }
  }
  await page.setViewportSize(WIDTHS.desktop)
}
