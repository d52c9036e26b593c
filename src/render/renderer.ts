import { isTimeZone } from '../domain/zone.ts'
import type { Renderer, Rendering, RenderOrder } from '../flow/ports.ts'
import { type Edition, findEdition, readCatalog, type Template } from './catalog.ts'
import { fallbackChain, formatLocale } from './locale.ts'
import { memo } from './memo.ts'
import { collectValues, faultsIn, personOf } from './values.ts'

export interface RendererOptions {
  dir: string
  defaultLocale: string
  /** Whether a link in a message may lead to the host of this address; asked for `https` and for `http` on loopback only. */
  linkHostAllowed: (url: string) => boolean
}

/** Reads the folder once, now: throws a `TemplateError` that names every file that cannot be used. */
export function loadTemplates({ dir, defaultLocale, linkHostAllowed }: RendererOptions): Renderer {
  const catalog = readCatalog(dir, defaultLocale)
  const choices = memo<Choice | undefined>(2000)

  return {
    has: (name) => catalog.has(name),
    list: () =>
      [...catalog.values()].map(({ name, version, locales, channels }) => ({ name, version, locales, channels })),
    render: (order) => {
      const template = catalog.get(order.template)
      if (!template) return refuse('template_unknown', `there is no template "${order.template}"`)
      const key = `${order.template}|${order.channel}|${order.locale}`
      const choice = choices(key, () => choose(template, order, defaultLocale))
      if (!choice) return refuse('template_unknown', `template "${order.template}" has no words for ${order.channel}`)
      return write(choice, order, linkHostAllowed)
    },
  }
}

interface Choice extends Edition {
  version: string
  paths: string[]
  formatLocale: string
}

function choose(template: Template, { channel, locale }: RenderOrder, defaultLocale: string): Choice | undefined {
  const edition = findEdition(template, channel, fallbackChain(locale, defaultLocale))
  if (!edition) return undefined
  const paths = [...new Set(edition.uses.map(({ path }) => path))]
  return { ...edition, version: template.version, paths, formatLocale: formatLocale(locale, edition.locale) }
}

function write(choice: Choice, order: RenderOrder, linkHostAllowed: (url: string) => boolean): Rendering {
  if (!isTimeZone(order.timeZone)) return refuse('render_failed', 'the time zone is not one of the IANA database')
  const mayLink = (url: string) => isLink(url, linkHostAllowed)
  if (!mayLink(order.link.url)) return refuse('render_failed', 'the address of the link is not allowed')
  const person = personOf(order.name)
  const values = collectValues(choice.paths, order, person, mayLink)
  const { missing, wrong } = faultsIn(choice.uses, values, mayLink)
  if (missing.length > 0) return refuse('variable_missing', `without a value: ${missing.join(', ')}`, missing)
  if (wrong.length > 0) return refuse('render_failed', wrong.join('; '))
  const { timeZone, now, link } = order
  const words = choice.write(values, {
    locale: choice.formatLocale,
    timeZone,
    now,
    firstName: person.first,
    url: link.url,
  })
  return { ok: true, words, locale: choice.locale, version: choice.version, direction: choice.direction }
}

type Refusal = Extract<Rendering, { ok: false }>

const refuse = (code: Refusal['code'], detail: string, missing: string[] = []): Refusal => ({
  ok: false,
  code,
  detail,
  missing,
})

const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?=[:/?#]|$)/
/** No user info, no blanks, nothing beyond ASCII, no letter that could break out of a text or an attribute. */
const ADDRESS = /^https?:\/\/[^\s/?#@"'<>\\^`{|}]+(?:[/?#][^\s"'<>\\^`{|}]*)?$/

/** `https`, or `http` on loopback (the sandbox), and on the list of hosts. */
function isLink(url: string, linkHostAllowed: (url: string) => boolean): boolean {
  if (!url.startsWith('https://') && !LOOPBACK.test(url)) return false
  return ADDRESS.test(url) && /^[\x21-\x7e]+$/.test(url) && URL.canParse(url) && linkHostAllowed(url)
}
