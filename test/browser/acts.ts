import type { Locator, Page } from 'playwright-core'

/** What is chosen in the form of a new dispatch; the rest stays as the form suggests it. */
interface Order {
  phone?: string
  /** A tag such as es-MX. */
  locale: string
  channels: string[]
  /** As the form words them, such as `20 s and 40 s`. */
  reminders: string
}

export async function fillOrder(page: Page, { phone, locale, channels, reminders }: Order): Promise<void> {
  if (phone) await page.getByLabel('Phone').fill(phone)
  for (const [i, place] of ['1st channel', '2nd', '3rd', '4th'].entries())
    await page.getByLabel(place, { exact: true }).selectOption(channels[i] ?? '')
  await page.getByLabel('Language').selectOption(locale)
  await page.getByLabel('Reminders').selectOption({ label: `After ${reminders}` })
}

/** The badge beside the reference of a dispatch. */
export const statusBadge = (page: Page, word: string): Locator => page.locator('.badge', { hasText: word })

/** What the plan says of each step. */
export const stepStates = (page: Page): Promise<string[]> => page.locator('.step-state').allInnerTexts()

/** A page that was loaded again has lost its mark. */
export const markPage = (page: Page): Promise<unknown> => page.evaluate('window.marked = true')
export const isMarked = (page: Page): Promise<boolean> => page.evaluate<boolean>('window.marked === true')

/** Clicks, and answers the tab that opens. */
export async function openTab(page: Page, link: Locator): Promise<Page> {
  const [tab] = await Promise.all([page.waitForEvent('popup'), link.click()])
  return tab
}

/** The page's event stream opens when it is released, and then says nothing. */
export async function holdStream(page: Page): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const silence = { contentType: 'text/event-stream', body: 'retry: 600000\n\n' }
  await page.route('**/stream', (route) => promise.then(() => route.fulfill(silence)))
  return resolve
}

/** The elements that reach over the right or left edge of the screen and make it scroll; none is as it should be. */
export const overflowOf = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    const wide = [...document.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > clientWidth)
    return [scrollWidth + ' pixels', ...wide.map((one) => one.tagName.toLowerCase() + '.' + one.className)]
  })()`)

/** Presses the tab key until the focus is there. */
export async function tabTo(page: Page, element: Locator): Promise<void> {
  await element.waitFor()
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press('Tab')
    if (await isFocused(page, element)) return
  }
  throw new Error(`The tab key does not lead to ${element}.`)
}

const isFocused = async (page: Page, element: Locator) => (await element.and(page.locator(':focus')).count()) > 0
