import { SegmentedMessage } from 'sms-segments-calculator'

/** The fields of a form body, or of a query. */
export type Form = Record<string, string | undefined>

/** A message as the stand-in remembers it. */
export interface TwilioMessage {
  sid: string
  to: string
  from: string | null
  messagingServiceSid: string | null
  body: string
  status: string
  errorCode: number | null
  createdAt: Date
  updatedAt: Date
  sentAt: Date | null
  statusCallback: string | null
  /** The same message in the mailbox. */
  inboxId: string
}

export const newMessage = (form: Form, { sid, at }: { sid: string; at: Date }): Omit<TwilioMessage, 'inboxId'> => ({
  sid,
  to: form['To'] ?? '',
  from: form['From'] ?? null,
  messagingServiceSid: form['MessagingServiceSid'] ?? null,
  body: form['Body'] ?? '',
  status: form['MessagingServiceSid'] ? 'accepted' : 'queued',
  errorCode: null,
  createdAt: at,
  updatedAt: at,
  sentAt: null,
  statusCallback: form['StatusCallback'] ?? null,
})

/** The Message resource as Twilio writes it. */
export const shown = (message: TwilioMessage, accountSid: string) => {
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: message.body,
    date_created: rfc2822(message.createdAt),
    date_sent: message.sentAt ? rfc2822(message.sentAt) : null,
    date_updated: rfc2822(message.updatedAt),
    direction: 'outbound-api',
    error_code: message.errorCode,
    error_message: null,
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_media: '0',
    num_segments: String(segmentsOf(message.body)),
    price: null,
    price_unit: 'USD',
    sid: message.sid,
    status: message.status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  }
}

/** One page of the list, newest first, filtered as Twilio filters: `To`, `From` and `DateSent` with its `<` and `>`. */
export function listed(messages: TwilioMessage[], query: Form, accountSid: string) {
  const size = within(Number(query['PageSize'] ?? 50), 1, 1000)
  const page = within(Number(query['Page'] ?? 0), 0, 1_000_000)
  const found = messages.filter((message) => fits(message, query)).reverse()
  const slice = found.slice(page * size, (page + 1) * size)
  const uriOf = (number: number) => {
    const asked = new URLSearchParams({ ...filters(query), PageSize: String(size), Page: String(number) })
    return `/2010-04-01/Accounts/${accountSid}/Messages.json?${asked}`
  }
  return {
    end: page * size + Math.max(slice.length - 1, 0),
    first_page_uri: uriOf(0),
    messages: slice.map((message) => shown(message, accountSid)),
    next_page_uri: found.length > (page + 1) * size ? uriOf(page + 1) : null,
    page,
    page_size: size,
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
    start: page * size,
    uri: uriOf(page),
  }
}

export const segmentsOf = (body: string): number => new SegmentedMessage(body).segmentsCount

const rfc2822 = (date: Date) => date.toUTCString().replace('GMT', '+0000')

const within = (value: number, least: number, most: number) =>
  Number.isInteger(value) ? Math.min(Math.max(value, least), most) : least

const filters = (query: Form) =>
  Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (value && !name.startsWith('Page') ? [[name, value]] : [])),
  )

/** A message that has not left the queue is found by the time it was made. */
function fits(message: TwilioMessage, query: Form): boolean {
  const at = message.sentAt ?? message.createdAt
  const { To, From, DateSent } = query
  if (To && message.to !== To) return false
  if (From && message.from !== From) return false
  if (DateSent && at.toISOString().slice(0, 10) !== DateSent.slice(0, 10)) return false
  if (query['DateSent>'] && at < new Date(query['DateSent>'])) return false
  if (query['DateSent<'] && at > new Date(query['DateSent<'])) return false
  return true
}
