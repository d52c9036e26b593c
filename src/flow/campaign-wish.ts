import { earliestOf, USUAL_BRAKE } from '../domain/campaign.ts'
import { type Failure, failure } from '../domain/failure.ts'
import type { Renderer } from './ports.ts'
import type { CampaignPlan, CampaignWish, NewCampaign } from './ports-campaign.ts'

/** What a wish decides; the rest of a campaign is who made it and when. */
export type Wished = Omit<NewCampaign, 'id' | 'recurrence' | 'madeBy'>

export interface WishPorts {
  render: Pick<Renderer, 'has'>
  /** Where codes of ours lead; null: nowhere. */
  codesBase: string | null
  defaults: { linkMaxMinutes: number }
  now(): Date
}

/** The wish over what was there before, or over what is usual; a failure names every field that is wrong. */
export function settleWish(
  ports: WishPorts,
  wish: CampaignWish,
  before: Wished | null,
): { wished: Wished } | { failure: Failure } {
  const wished = wishedFrom(wish, before)
  const unknown = unknownTemplates(ports, wished.plan)
  if (unknown.length > 0) return { failure: failure('template_unknown', unknown) }
  const errors = [...times(wish, wished, ports.now()), ...linkErrors(ports, wished.plan)]
  return errors.length > 0 ? { failure: failure('invalid_request', errors) } : { wished }
}

/** What it comes to, right or wrong. */
export function wishedFrom(wish: CampaignWish, given: Wished | null): Wished {
  const before = given ?? usual()
  const { name, category, startAt, localStart, validUntil, ownWindow, perHour, brake, ...plan } = wish
  return {
    ...before,
    ...said({ name, category, startAt, localStart, validUntil, ownWindow, perHour }),
    plan: { ...before.plan, ...said(plan) },
    brake: { ...before.brake, ...said(brake ?? {}) },
  }
}

const usual = (): Wished => ({
  name: '',
  category: 'commercial',
  plan: {
    template: 'magic-link',
    channels: null,
    link: {},
    ifActive: 'supersede',
    suspectOpens: 'stop',
    fallBackMs: null,
    variants: [],
    holdout: 0,
    variables: {},
  },
  startAt: null,
  localStart: null,
  validUntil: null,
  ownWindow: null,
  perHour: null,
  brake: USUAL_BRAKE,
})

type Said<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> }

const said = <T extends object>(fields: T): Said<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Said<T>

type Errors = Failure['errors']

function unknownTemplates({ render }: Pick<WishPorts, 'render'>, plan: CampaignPlan): Errors {
  const named: [path: string, template: string | null | undefined][] = [
    ['template', plan.template],
    ['reminders.template', plan.reminders?.template],
    ...plan.variants.map(({ template }, i): [string, string | undefined] => [`variants[${i}].template`, template]),
  ]
  return named
    .filter(([, template]) => typeof template === 'string' && !render.has(template))
    .map(([path]) => ({ path, message: 'no template of this name' }))
}

/** Of a draft that waited, only what is said anew may not lie in the past. */
function times(wish: CampaignWish, { startAt, localStart, validUntil }: Wished, now: Date): Errors {
  const errors: Errors = []
  const add = (path: string, message: string) => errors.push({ path, message })
  if (startAt && localStart) add('localStart', 'must be absent beside startAt')
  if (wish.startAt && wish.startAt < now) add('startAt', 'lies in the past')
  if (wish.validUntil && wish.validUntil <= now) add('validUntil', 'lies in the past')
  const start = startAt ?? (localStart === null ? null : earliestOf(localStart))
  if (start && validUntil && validUntil <= start) add('validUntil', 'must lie after the start')
  return errors
}

function linkErrors({ codesBase, defaults }: WishPorts, { link }: CampaignPlan): Errors {
  const errors: Errors = []
  const most = defaults.linkMaxMinutes
  if ((link.expiresInMinutes ?? 0) > most)
    errors.push({ path: 'link.expiresInMinutes', message: `may be ${most} at most (LINK_MAX_MINUTES)` })
  if (link.mode === 'evergreen' && codesBase === null)
    errors.push({ path: 'link.mode', message: 'needs an https address of this service (PUBLIC_URL)' })
  return errors
}
