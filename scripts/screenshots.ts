// Takes the pictures in docs/images from the real service and its sandbox: `npm run screenshots`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type App, startApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { makeClosers } from '../src/lib/closers.ts'
import { parseDuration } from '../src/lib/duration.ts'
import { makeLog } from '../src/lib/log.ts'
import { afternoonZone } from '../src/lib/welcome.ts'
import { launchChromium } from '../test/browser/chromium.ts'
import { chooseFile, tellCampaigns } from './campaign-stories.ts'

const FOLDER = resolve(process.argv[2] ?? join(import.meta.dirname, '..', 'docs', 'images'))
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  tall: { viewport: { width: 1280, height: 1280 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.4, isMobile: true, hasTouch: true },
}

/** The dots of pages that follow what happens. */
const LIVE = '.live, .live-dot'

interface Picture {
  name: string
  at: string
  screen: keyof typeof SCREENS
  scheme: 'light' | 'dark'
  /** What is done on the page before it is taken. */
  act?: (page: Page) => Promise<void>
}

const closers = makeClosers()
try {
  const app = await openService()
  const browser = await launchChromium()
  closers.add('browser', () => browser.close())
  mkdirSync(FOLDER, { recursive: true })
  const session = await signIn(app, browser)
  for (const picture of picturesOf(await tellStories(app))) await take(browser, session, picture)
  const campaigns = campaignPicturesOf(await tellCampaigns(app))
  // Days have passed in the story: nobody is signed in any more.
  const later = await signIn(app, browser)
  for (const picture of campaigns) await take(browser, later, picture)
} finally {
  await closers.closeAll()
}

/** On its usual ports, which stand in the pictures, and with nothing it knew before. */
async function openService(): Promise<App> {
  const dataDir = mkdtempSync(join(tmpdir(), 'link-dispatcher-pictures-'))
  closers.add('data', () => rmSync(dataDir, { recursive: true, force: true }))
  const { PORT, SANDBOX_PORT, PATH } = process.env
  const config = readConfig({ PORT, SANDBOX_PORT, PATH, DATA_DIR: dataDir })
  const app = await startApp(config, makeLog({ level: 'warn' }))
  closers.add('service', app.stop)
  return app
}

type Session = Awaited<ReturnType<BrowserContext['storageState']>>
type Places = Awaited<ReturnType<typeof tellStories>>

/** Ten people: reminded and opened, opened at once, refused, cancelled, replaced, planned, and just now. */
async function tellStories({ url, apiKey, sandbox, settled }: App) {
  if (!url || !sandbox) throw new Error('There is nothing to take pictures of without the api role and the sandbox.')
  const { world } = sandbox
  const timeZone = afternoonZone(world.now())

  async function send(referenceId: string, wish: object): Promise<string> {
    const body = { referenceId, timeZone, reminders: { after: ['PT24H', 'PT72H'] }, ...wish }
    const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' }
    const answer = await fetch(`${url}/v1/dispatches`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (answer.status !== 202) throw new Error(await answer.text())
    const { id } = (await answer.json()) as { id: string }
    await settled()
    return `${url}/dispatches/${id}`
  }
  async function wait(duration: string): Promise<void> {
    await world.advance(parseDuration(duration) ?? 0)
    await settled()
  }
  async function open(referenceId: string): Promise<void> {
    await world.openLink({ referenceId })
    await settled()
  }

  await send('user_10877', { ...person('Rafael', 'Nunes', '0107'), locale: 'pt-BR', reminders: null })
  await send('user_11020', {
    ...person('Grace', 'Chen', '0110'),
    contact: { pushTokens: ['dead-1'], email: 'bounce-5.1.1@example.com' },
    channels: ['push', 'email'],
  })
  await send('user_11391', { ...person('Ana', 'Souza', '0113'), channels: ['sms', 'email'], locale: 'pt-BR' })
  const michael = await send('user_12345', {
    ...person('Michael', 'Johnson', '0123'),
    channels: ['push', 'sms', 'email'],
    locale: 'es-MX',
  })
  const layla = await send('user_12710', { ...person('Layla', 'Haddad', '0127'), channels: ['email'], locale: 'ar' })
  await open('user_11391')
  await wait('PT24H')
  await wait('PT3M')
  await open('user_12345')
  await wait('PT2M')
  await send('user_12904', { ...person('Noah', 'Martin', '0129') })
  await send('user_12904', { ...person('Noah', 'Martin', '0129'), channels: ['email', 'sms'] })
  const later = new Date(world.now().getTime() + 20 * 3_600_000).toISOString()
  await send('user_13002', { ...person('Emma', 'Wilson', '0130'), sendAt: later, channels: ['push', 'sms'] })
  await wait('PT1M')
  await send('user_13118', { ...person('Lucía', 'Hernández', '0131'), channels: ['sms', 'email'], locale: 'es-MX' })

  const messages = world.mailbox.all()
  const inboxOf = (address: string) => `${sandbox.url}/?person=${messages.find(({ to }) => to === address)?.id}`
  return {
    list: url,
    form: `${url}/new`,
    michael,
    layla,
    texts: inboxOf('+15125550123'),
    mail: inboxOf('noah.martin@example.com'),
    arabic: inboxOf('layla.haddad@example.com'),
    widget: world.links('user_13118')[0]?.url ?? '',
  }
}

/** Somebody with a bank account in Mexico, a phone, a mailbox and a device. */
function person(firstName: string, lastName: string, number: string) {
  const plain = `${firstName}.${lastName}`.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return {
    userData: {
      name: { firstName, lastName },
      paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: '014027000005555558' } },
    },
    contact: { phone: `+1512555${number}`, email: `${plain}@example.com`, pushTokens: [`token-${number}`] },
  }
}

function picturesOf(places: Places): Picture[] {
  return [
    { name: 'console-list', at: places.list, screen: 'desktop', scheme: 'light' },
    { name: 'console-list', at: places.list, screen: 'phone', scheme: 'dark' },
    { name: 'console-dispatch', at: places.michael, screen: 'desktop', scheme: 'light' },
    { name: 'console-dispatch', at: places.michael, screen: 'desktop', scheme: 'dark' },
    { name: 'console-dispatch', at: places.michael, screen: 'phone', scheme: 'light' },
    { name: 'console-new', at: places.form, screen: 'desktop', scheme: 'light' },
    { name: 'inbox-push-and-sms', at: places.texts, screen: 'desktop', scheme: 'light' },
    { name: 'inbox-email', at: places.mail, screen: 'desktop', scheme: 'dark' },
    { name: 'inbox-arabic', at: places.arabic, screen: 'phone', scheme: 'light' },
    { name: 'inbox-push', at: places.texts, screen: 'phone', scheme: 'dark' },
    { name: 'widget', at: places.widget, screen: 'phone', scheme: 'light' },
    { name: 'widget', at: places.widget, screen: 'phone', scheme: 'dark' },
  ]
}

function campaignPicturesOf(places: Awaited<ReturnType<typeof tellCampaigns>>): Picture[] {
  const mapping = { name: 'campaign-mapping', at: places.draft, act: (page: Page) => chooseFile(page, places.file) }
  return [
    { name: 'campaign-list', at: places.list, screen: 'desktop', scheme: 'light' },
    { name: 'campaign-list', at: places.list, screen: 'phone', scheme: 'dark' },
    { ...mapping, screen: 'tall', scheme: 'light' },
    { ...mapping, screen: 'phone', scheme: 'light' },
    { name: 'campaign-estimate', at: places.estimate, screen: 'tall', scheme: 'light' },
    { name: 'campaign-estimate', at: places.estimate, screen: 'tall', scheme: 'dark' },
    { name: 'campaign-running', at: places.running, screen: 'tall', scheme: 'light' },
    { name: 'campaign-running', at: places.running, screen: 'tall', scheme: 'dark' },
    { name: 'campaign-running', at: places.running, screen: 'phone', scheme: 'light' },
    { name: 'campaign-finished', at: places.over, screen: 'tall', scheme: 'light' },
  ]
}

async function signIn(app: App, browser: Browser): Promise<Session> {
  const page = await browser.newPage()
  await page.goto(await app.signInLink())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Dispatches' }).waitFor()
  return page.context().storageState()
}

async function take(browser: Browser, storageState: Session, picture: Picture): Promise<void> {
  const { name, at, screen, scheme, act } = picture
  const context = await browser.newContext({ ...SCREENS[screen], storageState, colorScheme: scheme, locale: 'en-US' })
  const page = await context.newPage()
  await page.goto(at)
  if (await page.locator(LIVE).count()) await page.locator(`:is(${LIVE})[data-state=on]`).waitFor()
  await act?.(page)
  const path = join(FOLDER, `${name}-${screen === 'phone' ? screen : 'desktop'}-${scheme}.png`)
  await page.screenshot({ path, animations: 'disabled' })
  await context.close()
  console.log(`took ${path}`)
}
