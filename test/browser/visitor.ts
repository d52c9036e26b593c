import type { BrowserContext, Page } from 'playwright-core'
import { afterAll } from 'vitest'
import type { House } from '../support/house.ts'
import { launchChromium } from './chromium.ts'

/** A person with a browser, and what it complained of on any page. */
export interface Visitor {
  context: BrowserContext
  /** The console, signed in by the printed link. */
  desk: Page
  /** Errors of scripts, refusals of a content policy, answers of 400 and above, requests that failed. */
  complaints: string[]
}

export interface VisitorOptions {
  width?: number
  height?: number
}

/** One browser for a test file; each visitor has their own cookies. */
export async function openBrowser(): Promise<(house: House, options?: VisitorOptions) => Promise<Visitor>> {
  const browser = await launchChromium()
  afterAll(() => browser.close())
  return async (house, { width = 1280, height = 800 } = {}) => {
    const context = await browser.newContext({ viewport: { width, height }, locale: 'en-US' })
    const complaints = listen(context)
    const desk = await context.newPage()
    await desk.goto(await house.app.signInLink())
    await desk.getByRole('button', { name: 'Open the console' }).click()
    await desk.getByRole('heading', { name: 'Dispatches' }).waitFor()
    return { context, desk, complaints }
  }
}

function listen(context: BrowserContext): string[] {
  const complaints: string[] = []
  const pathOf = (url: string) => (URL.canParse(url) ? new URL(url).pathname : url)
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('response', (answer) => {
    if (answer.status() >= 400) complaints.push(`${answer.status()} ${pathOf(answer.url())}`)
  })
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // A page that is left lets go of its stream.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${reason} ${pathOf(request.url())}`)
  })
  return complaints
}
