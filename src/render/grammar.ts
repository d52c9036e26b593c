/** What a template may say: the helpers, what each takes, and the places it may read from. Anything else is refused at start. */

/** What a value is read as; `style` and `message` are written in the template, never taken from data. */
export type Kind = 'text' | 'date' | 'number' | 'currency' | 'link' | 'condition' | 'style' | 'message'

/** How a part is written: `html` is escaped; `text` is not; `line` is text without line ends (subject, title, body). */
export type Format = 'html' | 'text' | 'line'

export interface HelperRule {
  takes: Kind[]
  needs: number
  named?: Kind
}

export const HELPERS: Record<string, HelperRule> = {
  name: { takes: ['text'], needs: 0 },
  date: { takes: ['date', 'style'], needs: 1 },
  time: { takes: ['date', 'style'], needs: 1 },
  dateTime: { takes: ['date', 'style'], needs: 1 },
  relative: { takes: ['date'], needs: 1 },
  money: { takes: ['number', 'currency'], needs: 2 },
  plural: { takes: ['message'], needs: 1, named: 'number' },
  link: { takes: ['link'], needs: 0 },
}

export const BLOCKS = ['if', 'unless']

/** What can be read beside `variables.…`; the address of the link comes through the helper alone. */
export const PATHS = ['name.first', 'name.last', 'name.full', 'link.expiresAt', 'now']

/** Instants: they become words through a helper only. */
export const INSTANTS = ['link.expiresAt', 'now']

/** The kind of literal that may be written where a value is taken; the rest must come from data. */
export const LITERALS: Partial<Record<Kind, 'StringLiteral' | 'NumberLiteral'>> = {
  text: 'StringLiteral',
  currency: 'StringLiteral',
  style: 'StringLiteral',
  message: 'StringLiteral',
  number: 'NumberLiteral',
}

/** One reading of one place. It counts when every guard around it holds: `{{#if a}}` makes what is inside optional. */
export interface Use {
  path: string
  kind: Kind
  guards: Guard[]
}
export interface Guard {
  path: string
  holds: boolean
}

/** The flat record a template runs on: `variables.a.b` is one key, nothing is ever looked up in foreign objects. */
export type Values = Record<string, Value>
export type Value = string | number | boolean | Date | undefined

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T|$)/

export const isCurrency = (value: Value) => typeof value === 'string' && /^[A-Z]{3}$/i.test(value)
export const isDate = (value: Value) =>
  value instanceof Date ||
  typeof value === 'number' ||
  (typeof value === 'string' && ISO_DATE.test(value) && !Number.isNaN(Date.parse(value)))
export const isNumber = (value: Value) =>
  typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)
