import { describe, expect, it, vi } from 'vitest'
import { type House, openHouse } from '../support/house.ts'
import {
  fillOrder,
  holdStream,
  isMarked,
  markPage,
  openTab,
  overflowOf,
  statusBadge,
  stepStates,
  tabTo,
} from './acts.ts'
import { findChromium } from './chromium.ts'
import { openBrowser } from './visitor.ts'

const newVisitor = await openBrowser()

/** The story of test/journey.test.ts as the newcomer sees it: a form, an inbox, a click, and the rest is silence. */
describe('a magic link, in the browser', async () => {
  const house = await openHouse()
  const { context, desk, complaints } = await newVisitor(house)
  const inbox = await context.newPage()
  const phone = '+15125550111'

  it('is ordered with a form', async () => {
    await house.call('POST', '/v1/holds', { scope: 'all', reason: 'so that the page is there first' })
    await desk.getByRole('link', { name: 'New', exact: true }).click()

    await fillOrder(desk, { phone, locale: 'es-MX', channels: ['push', 'sms', 'email'], reminders: '20 s and 40 s' })
    await desk.getByRole('button', { name: 'Send the dispatch' }).click()

    await desk.waitForURL(/\/dispatches\/dsp_\w{26}$/)
    await statusBadge(desk, 'Accepted').waitFor()
  })

  it('is said to be sent, while one looks', async () => {
    await markPage(desk)

    await liftHolds(house)

    await statusBadge(desk, 'Sent').waitFor()
    await desk.getByText('First message handed to Firebase').waitFor()
    expect(await isMarked(desk)).toBe(true)
  })

  it('lies on the phone of the person, in their language', async () => {
    await inbox.goto(inboxOf(house))

    const note = inbox.getByRole('region', { name: 'Lock screen' }).getByRole('link')
    expect(await note.textContent()).toContain('Tu enlace para enviar dinero')
  })

  it('is reminded of by the next channel, without the wait', async () => {
    await markPage(inbox)

    await inbox.getByRole('button', { name: 'Skip to the next step' }).click()

    await inbox.getByText('Moved ahead').waitFor()
    await inbox.getByRole('region', { name: 'Text messages' }).getByRole('link').waitFor()
    expect(await isMarked(inbox)).toBe(true)
  })

  it('leads to the page of the partner', async () => {
    const widget = await openTab(inbox, inbox.getByRole('region', { name: 'Text messages' }).getByRole('link'))

    await widget.getByRole('heading', { name: 'Hola, Michael' }).waitFor()
    expect(widget.url()).toMatch(/\/widget\/link_/)
  })

  it('stops the reminder that was left, and says so while one looks', async () => {
    await desk.getByText('Opened — 1 reminder stopped').waitFor()

    await statusBadge(desk, 'Opened').waitFor()
    await desk.locator('.step-state', { hasText: 'Delivered' }).waitFor()
    expect(await stepStates(desk)).toEqual(['Handed over', 'Delivered', 'Skipped', 'Not needed'])
    expect(await isMarked(desk)).toBe(true)
  })

  it('stands on the list as opened', async () => {
    await desk.getByRole('link', { name: 'Dispatches' }).first().click()

    const row = desk.getByRole('row').filter({ hasText: 'reminded once' })
    expect(await row.textContent()).toContain('Opened')
    expect(await row.textContent()).toContain('1 reminder stopped')
  })

  it('is found by the phone of the person, which stands in no address', async () => {
    const { referenceId } = await house.accept({ reminders: null })

    await desk.getByRole('searchbox').fill(phone)
    await desk.getByRole('searchbox').press('Enter')

    await desk.getByText(`Results for ${phone}`).waitFor()
    expect(await desk.getByRole('row').filter({ hasText: 'reminder stopped' }).count()).toBe(1)
    expect(await desk.getByText(referenceId).count()).toBe(0)
    expect(desk.url()).toBe(`${house.url}/search`)
  })

  it('lets the browser complain of nothing', () => {
    expect(complaints).toEqual([])
  })
})

describe('a magic link that is opened at once', async () => {
  const house = await openHouse()
  const { context, desk, complaints } = await newVisitor(house)

  it('stops both reminders', async () => {
    const inbox = await context.newPage()
    await inbox.goto(inboxOf(house))
    await desk.goto(`${house.url}/new`)
    await fillOrder(desk, { locale: 'es-MX', channels: ['push', 'sms', 'email'], reminders: '24 h and 3 days' })
    await desk.getByRole('button', { name: 'Send the dispatch' }).click()
    await statusBadge(desk, 'Sent').waitFor()
    await markPage(desk)

    await openTab(inbox, inbox.getByRole('region', { name: 'Lock screen' }).getByRole('link'))

    await desk.getByText('Opened — 2 reminders stopped').waitFor()
    expect(await stepStates(desk)).toEqual(['Handed over', 'Skipped', 'Skipped', 'Not needed'])
    expect(await isMarked(desk)).toBe(true)
  })

  it('lets the browser complain of nothing', () => {
    expect(complaints).toEqual([])
  })
})

describe('what happens between a page and its stream', async () => {
  const house = await openHouse()
  const { context, desk } = await newVisitor(house)

  it('is on the list all the same', async () => {
    const release = await holdStream(desk)
    await desk.goto(house.url)
    const { referenceId } = await house.send()

    release()

    await desk.getByRole('link', { name: referenceId }).waitFor()
  })

  it('is in the inbox all the same', async () => {
    const inbox = await context.newPage()
    const release = await holdStream(inbox)
    await inbox.goto(inboxOf(house))
    const { contact } = await house.send()

    release()

    await inbox.getByRole('heading', { name: contact.phone ?? '' }).waitFor()
  })
})

describe('a magic link in Arabic', async () => {
  const house = await openHouse()
  const { context, desk, complaints } = await newVisitor(house)
  const inbox = await context.newPage()

  it('is a mail that reads from right to left', async () => {
    await desk.goto(`${house.url}/new`)
    await fillOrder(desk, { locale: 'ar', channels: ['email', 'sms', ''], reminders: '20 s and 40 s' })
    await desk.getByRole('button', { name: 'Send the dispatch' }).click()
    await inbox.goto(inboxOf(house))

    const mail = inbox.getByRole('region', { name: 'Mail' }).frameLocator('iframe')
    await mail.locator('html[dir=rtl]', { hasText: 'Michael' }).waitFor()
    expect(await mail.locator(':dir(ltr):not(bdi)', { hasText: 'Michael' }).count()).toBe(0)
  })

  it('is a text message that reads from right to left', async () => {
    await inbox.getByRole('button', { name: 'Skip to the next step' }).click()

    const thread = inbox.getByRole('region', { name: 'Text messages' })
    await thread.locator('p:dir(rtl)', { hasText: 'Michael' }).waitFor()
  })

  it('lets the browser complain of nothing', () => {
    expect(complaints).toEqual([])
  })
})

describe('on a phone 360 pixels wide', async () => {
  const house = await openHouse()
  const { context, desk, complaints } = await newVisitor(house, { width: 360, height: 640 })
  const { id, referenceId } = await house.send({
    referenceId: 'a-reference-that-is-rather-long-and-has-no-place-to-break',
    contact: {
      phone: '+15125550122',
      email: 'someone.with.a.rather.long.address@mail.department.example.com',
      pushTokens: ['dead-1'],
      name: { firstName: 'Wolfeschlegelsteinhausenbergerdorff' },
    },
    channels: ['push', 'sms', 'email', 'in_app'],
    reminders: { after: ['PT20S'] },
  })
  await house.advance('PT20S')
  const [message] = house.world.links(referenceId)

  it.each([
    ['the list', `${house.url}/`],
    ['a dispatch', `${house.url}/dispatches/${id}`],
    ['the form', `${house.url}/new`],
    ['the system', `${house.url}/system`],
    ['the welcome', `${house.url}/sign-in?token=t`],
    ['the inbox', inboxOf(house)],
    ['the widget', String(message?.url)],
  ])('%s is not wider than the screen', async (_, url) => {
    await desk.goto(url, { waitUntil: 'load' })

    expect(await overflowOf(desk)).toEqual([])
  })

  it('the sign-in is not wider than the screen', async () => {
    await context.clearCookies()

    await desk.goto(house.url)

    await desk.getByLabel('API key').waitFor()
    expect(await overflowOf(desk)).toEqual([])
  })

  it('the empty inbox is not wider than the screen', async () => {
    const page = await context.newPage()
    house.world.mailbox.clear()

    await page.goto(inboxOf(house))

    await page.getByRole('heading', { name: 'Nothing here yet' }).waitFor()
    expect(await overflowOf(page)).toEqual([])
  })

  it('lets the browser complain of nothing', () => {
    expect(complaints).toEqual([])
  })
})

describe('without a mouse', async () => {
  const house = await openHouse()
  const { desk } = await newVisitor(house)

  it('a dispatch is ordered', async () => {
    await tabTo(desk, desk.getByRole('link', { name: 'New', exact: true }))
    await desk.keyboard.press('Enter')
    await desk.waitForURL(/\/new$/)

    await tabTo(desk, desk.getByLabel('First name'))
    await desk.keyboard.press('ControlOrMeta+A')
    await desk.keyboard.type('Ana')
    await tabTo(desk, desk.getByLabel('Language'))
    await desk.keyboard.type('Eng')
    await tabTo(desk, desk.getByRole('button', { name: 'Send the dispatch' }))
    await desk.keyboard.press('Enter')

    await desk.waitForURL(/\/dispatches\/dsp_/)
    await statusBadge(desk, 'Sent').waitFor()
    expect(await desk.getByText('Ana Johnson').count()).toBe(1)
    expect(await desk.getByText('English').count()).toBe(1)
  })

  it('a mistake is led to', async () => {
    await desk.goto(`${house.url}/new`)
    await tabTo(desk, desk.getByLabel('Phone'))
    await desk.keyboard.press('ControlOrMeta+A')
    await desk.keyboard.type('12')
    await desk.keyboard.press('Enter')

    await tabTo(desk, desk.getByRole('alert').getByRole('link', { name: 'Phone' }))
    await desk.keyboard.press('Enter')
    await desk.locator('#phone:focus[aria-invalid=true]').waitFor()
  })
})

describe('the visitor notices', async () => {
  const house = await openHouse()

  it.each([
    ['a script that fails', "setTimeout(() => { throw new Error('out of order') })", 'out of order'],
    ['what the content policy refuses', "document.body.setAttribute('style', 'color: red')", 'Content Security Policy'],
    ['an answer that is an error', "void fetch('/nowhere')", '404 /nowhere'],
  ])('%s', async (_, script, complaint) => {
    const { desk, complaints } = await newVisitor(house)

    await desk.evaluate(script)

    await vi.waitFor(() => expect(complaints.join('\n')).toContain(complaint))
  })
})

it('says what to install where there is no browser', () => {
  expect(() => findChromium('/nowhere')).toThrow('apt-get install --no-install-recommends chromium')
})

const inboxOf = ({ app }: House) => `${app.sandbox?.url}/`

async function liftHolds(house: House): Promise<void> {
  const { body } = await house.call('GET', '/v1/holds')
  for (const { id } of body['items']) await house.call('DELETE', `/v1/holds/${id}`)
}
