import type { ChannelName } from '../domain/channel.ts'
import type { Renderer } from './ports.ts'

export interface MissingOrder {
  template: string
  channels: readonly ChannelName[]
  locale: string
  variables: Record<string, unknown>
}

/** Link and person of a trial rendering: never sent, never shown. */
const TRIAL = { name: { first: 'A', last: 'B', full: 'A B' }, timeZone: 'UTC' }
const REMEMBERED = 1_000

/**
 * The variables a template needs and the request does not have. What is missing depends on which names are there and
 * say something, so that one trial serves all requests of the same shape.
 */
export function makeMissingVariables({
  render,
  sampleUrl,
  now,
}: {
  render: Renderer
  sampleUrl: string
  now: () => Date
}) {
  const known = new Map<string, string[]>()

  function trial({ template, channels, locale, variables }: MissingOrder): string[] {
    const missing = new Set<string>()
    for (const channel of channels) {
      if (channel === 'in_app') continue
      const at = now()
      const link = { url: sampleUrl, expiresAt: at }
      const rendering = render.render({ template, channel, locale, variables, now: at, link, ...TRIAL })
      if (!rendering.ok) for (const name of rendering.missing) missing.add(name)
    }
    return [...missing]
  }

  return (order: MissingOrder): string[] => {
    const key = `${order.template}|${order.channels}|${order.locale}|${shapeOf(order.variables)}`
    const found = known.get(key) ?? trial(order)
    if (known.size < REMEMBERED) known.set(key, found)
    return found
  }
}

function shapeOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value ? typeof value : `no ${typeof value}`
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${shapeOf((value as Record<string, unknown>)[key])}`)
    .join()}}`
}
