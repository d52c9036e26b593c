import { Router } from 'express'
import type { Faults } from './faults.ts'
import { makeFcm } from './fcm.ts'
import { makeIds } from './ids.ts'
import { makeInbox } from './inbox.ts'
import { type Mailbox, makeMailbox } from './mailbox.ts'
import { makeSmtp } from './smtp.ts'
import { makeTwilio, type TwilioStandIn } from './twilio.ts'
import { makeVonage } from './vonage.ts'

export interface ProviderStandInOptions {
  /** Where the SMTP stand-in listens; loopback. */
  host: string
  twilio: { accountSid: string; authToken: string }
  /** Left out: Vonage's stand-in takes any key and secret. */
  vonage?: { apiKey: string; apiSecret: string } | undefined
  now: () => Date
  random: () => number
  smtpPort?: number | undefined
  /** Where a person's reply is posted, as configured at Twilio. */
  inboundUrl?: string | undefined
  faults: Faults
  /** Moves the clock to the next step of any plan; resolves with the ms it moved, 0 when nothing is planned. */
  skip: () => Promise<number>
  /** Whose link this is; the inbox calls the person so. */
  nameOf?: ((linkId: string) => string | undefined) | undefined
  /** The command the empty inbox shows. */
  example?: string | undefined
}

export interface ProviderStandIns {
  router: Router
  smtpUrl: string
  mailbox: Mailbox
  twilio: Omit<TwilioStandIn, 'router' | 'close'>
  close(): Promise<void>
}

/** Twilio, Vonage, FCM and a mail relay that deliver into one mailbox, and the inbox page that shows it. */
export async function makeProviderStandIns(options: ProviderStandInOptions): Promise<ProviderStandIns> {
  const { host, faults, now, skip, smtpPort: port } = options
  const mailbox = makeMailbox({ now })
  const parts = { faults, mailbox, now, ids: makeIds(options.random) }
  const smtp = await makeSmtp({ host, port, ...parts })
  const twilio = makeTwilio({ account: options.twilio, inboundUrl: options.inboundUrl, ...parts })
  const vonage = makeVonage({ account: options.vonage, ...parts })
  const fcm = makeFcm(parts)
  const inbox = makeInbox({ mailbox, now, skip, reply: twilio.reply, nameOf: options.nameOf, example: options.example })

  return {
    router: Router().use(twilio.router, vonage.router, fcm.router, inbox.router),
    smtpUrl: smtp.url,
    mailbox,
    twilio: { reply: twilio.reply, receipt: twilio.receipt, messages: twilio.messages },
    async close() {
      twilio.close()
      vonage.close()
      inbox.close()
      await smtp.close()
    },
  }
}
