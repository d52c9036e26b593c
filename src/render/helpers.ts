import { type DateForm, formatDate, formatMessage, formatMoney, formatRelative, type Style } from './formats.ts'

/** What one rendering knows beside its values: whose it is, when and where. */
export interface Frame {
  locale: string
  timeZone: string
  now: Date
  firstName: string
  /** Checked against the list of hosts before it comes here. */
  url: string
}

/** The fixed list (see `grammar.ts`): each turns checked values into words and touches nothing. */
export const helpers: Handlebars.HelperDeclareSpec = {
  name: helper(({ firstName }, [neutral]) => firstName || String(neutral)),
  link: helper(({ url }, [other]) => (other === undefined ? url : String(other))),
  date: helper(dated('date')),
  time: helper(dated('time')),
  dateTime: helper(dated('dateTime')),
  relative: helper(({ locale, now }, [value]) => formatRelative(toDate(value), now, locale)),
  money: helper(({ locale }, [amount, currency]) =>
    formatMoney(Number(amount), String(currency).toUpperCase(), locale),
  ),
  plural: helper(({ locale }, [message], counts) => formatMessage(String(message), counts, locale)),
}

type Help = (frame: Frame, values: unknown[], named: Record<string, number>) => string

function helper(help: Help): Handlebars.HelperDelegate {
  return (...args: unknown[]) => {
    const { data, hash } = args.at(-1) as { data: { frame: Frame }; hash: Record<string, unknown> }
    const counts = Object.fromEntries(Object.entries(hash).map(([key, value]) => [key, Number(value)]))
    return help(data.frame, args.slice(0, -1), counts)
  }
}

function dated(form: DateForm): Help {
  return (frame, [value, style]) => formatDate(toDate(value), form, (style ?? 'long') as Style, frame)
}

const toDate = (value: unknown) => (value instanceof Date ? value : new Date(value as string | number))
