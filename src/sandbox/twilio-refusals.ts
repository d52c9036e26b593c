import type { Form } from './twilio-message.ts'

export interface Refusal {
  status: number
  code: number
  message: string
}

/** What Twilio answers and in which words; codes that a fault arms and this table lacks are answered plainly. */
const WORDS: Record<number, string> = {
  20003: 'Authenticate',
  20404: 'The requested resource was not found',
  20429: 'Too Many Requests',
  20500: 'An internal server error has occurred',
  20503: 'Service Unavailable',
  21211: "Invalid 'To' Phone Number",
  21212: "Invalid 'From' Phone Number",
  21408: 'Permission to send an SMS has not been enabled for the region indicated by the To number',
  21602: 'Message body is required',
  21603: "A 'From' phone number is required",
  21604: "A 'To' phone number is required",
  21606: "The 'From' phone number provided is not a valid message-capable Twilio phone number",
  21609: "The 'StatusCallback' URL is not a valid URL",
  21610: 'Attempt to send to unsubscribed recipient',
  21611: "This 'From' number has exceeded the maximum number of queued messages",
  21612: "Message cannot be sent with the current combination of 'To' and 'From' parameters",
  21614: "'To' number is not a valid mobile number",
  21617: 'The concatenated message body exceeds the 1600 character limit',
  90007: "The 'ValidityPeriod' parameter is out of range",
}

/** Twilio's own test numbers, so that every answer can be provoked without arming a fault. */
const MAGIC_TO: Record<string, number> = {
  '+15005550001': 21211,
  '+15005550002': 21612,
  '+15005550003': 21408,
  '+15005550004': 21610,
  '+15005550009': 21614,
}
const MAGIC_FROM: Record<string, number> = { '+15005550001': 21212, '+15005550007': 21606, '+15005550008': 21611 }

export const refusal = (code: number, status = 400): Refusal => ({
  status,
  code,
  message: WORDS[code] ?? `Error ${code}`,
})

/** Why Twilio would not take this order, in the order in which Twilio looks. */
export function refusalOf(form: Form, optedOut: ReadonlySet<string>): Refusal | undefined {
  const { To: to = '', From: from = '' } = form
  const formal = CHECKS.find(([, fails]) => fails(form))?.[0]
  const code = formal ?? MAGIC_TO[to] ?? MAGIC_FROM[from] ?? (optedOut.has(to) ? 21610 : undefined)
  return code === undefined ? undefined : refusal(code)
}

const CHECKS: [number, (form: Form) => boolean][] = [
  [21604, ({ To }) => !To],
  [21603, ({ From, MessagingServiceSid }) => !From && !MessagingServiceSid],
  [21602, ({ Body }) => !Body],
  [21617, ({ Body = '' }) => Body.length > 1600],
  [21211, ({ To = '' }) => !/^\+[1-9]\d{7,14}$/.test(To)],
  [90007, ({ ValidityPeriod: seconds = '1' }) => !/^\d+$/.test(seconds) || !isWithin(Number(seconds), 1, 36_000)],
  [21609, ({ StatusCallback: url }) => Boolean(url) && !URL.canParse(url ?? '')],
]

const isWithin = (value: number, least: number, most: number) => value >= least && value <= most
