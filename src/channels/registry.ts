import type { Provider } from '../flow/ports.ts'
import type { Http } from '../lib/http.ts'
import { makeSmtp, type SmtpOptions } from './email-smtp.ts'
import { type FcmOptions, makeFcm } from './push-fcm.ts'
import { makeTwilio, type TwilioOptions } from './sms-twilio.ts'
import { makeVonage, type VonageOptions } from './sms-vonage.ts'

/** What is configured: a provider without its settings does not exist. */
export interface ChannelSettings {
  http: Http
  now: () => Date
  publicUrl?: string
  twilio?: Omit<TwilioOptions, 'http' | 'publicUrl'>
  vonage?: Omit<VonageOptions, 'http'>
  smtp?: Omit<SmtpOptions, 'now'>
  fcm?: Omit<FcmOptions, 'http' | 'now'>
}

/** One line a provider; where several carry one channel, the first is preferred. */
export function makeProviders({ http, now, publicUrl, twilio, vonage, smtp, fcm }: ChannelSettings): Provider[] {
  return [
    twilio && makeTwilio({ ...twilio, ...(publicUrl && { publicUrl }), http }),
    vonage && makeVonage({ ...vonage, http }),
    smtp && makeSmtp({ ...smtp, now }),
    fcm && makeFcm({ ...fcm, http, now }),
  ].filter((provider) => provider !== undefined)
}
