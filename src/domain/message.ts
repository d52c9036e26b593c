/** A rendered message with its address: what a provider is handed. Never logged. */
export type Message = SmsMessage | EmailMessage | PushMessage

export interface SmsMessage {
  channel: 'sms' /** E.164 */
  to: string
  text: string
}
export interface EmailMessage {
  channel: 'email'
  to: { name?: string; address: string }
  subject: string
  html: string
  text: string
  /** Becomes List-Unsubscribe with one click (RFC 8058). */
  unsubscribeUrl?: string
}
/** One device: each token is its own attempt. */
export interface PushMessage {
  channel: 'push'
  token: string
  title: string
  body: string /** opened by a tap */
  url: string
}

/** The words of a message before it has an address. */
export type Words =
  | { channel: 'sms'; text: string }
  | { channel: 'email'; subject: string; html: string; text: string }
  | { channel: 'push'; title: string; body: string }
