import { readFileSync } from 'node:fs'
import { EXIT, Refused } from './service.ts'

export interface CreateOptions {
  name: string
  category: string
  template?: string
  channels?: string
  startAt?: string
  localStart?: string
  validUntil?: string
  perHour?: string
  window?: string
  days?: string
  /** false: `--no-reminders`; true: neither was given. */
  reminders?: string | boolean
  holdout?: string
  file?: string
}

/** The body of `POST /v1/campaigns`: what stands in the file, and over it what stands on the command line. */
export function bodyOf({ file, channels, perHour, window, days, reminders, holdout, ...given }: CreateOptions): object {
  const { name, category, template, startAt, localStart, validUntil } = given
  return {
    ...(file && planIn(file)),
    name,
    category,
    ...(template && { template }),
    ...(startAt && { startAt }),
    ...(localStart && { localStart }),
    ...(validUntil && { validUntil }),
    ...(channels && { channels: channels.split(',') }),
    ...(perHour && { perHour: Number(perHour) }),
    ...(holdout && { holdout: Number(holdout) }),
    ...(window && { window: windowOf(window, days) }),
    ...remindersOf(reminders),
  }
}

function planIn(file: string): object {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Refused(`${file} cannot be read as JSON: ${(error as Error).message}`, EXIT.usage)
  }
}

function windowOf(text: string, days: string | undefined): object {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? []
  if (!from) throw new Refused('--window is written as 10:00-19:00.', EXIT.usage)
  return { from, to, ...(days && { days: days.split(',').map(Number) }) }
}

function remindersOf(reminders: CreateOptions['reminders']): object {
  if (reminders === false) return { reminders: null }
  return typeof reminders === 'string' ? { reminders: { after: reminders.split(',') } } : {}
}
