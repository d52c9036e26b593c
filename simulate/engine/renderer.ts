import type { Renderer } from '../../src/flow/ports.ts'

/** Words with the link in them: what a message says is proved elsewhere. */
export const renderer: Renderer = {
  render({ channel, link }) {
    const text = `Your link: ${link.url}`
    const words = {
      sms: { channel: 'sms' as const, text },
      email: { channel: 'email' as const, subject: 'Your link', html: text, text },
      push: { channel: 'push' as const, title: 'Your link', body: 'Tap' },
    }[channel]
    return { ok: true, words, locale: 'en', version: '1', direction: 'ltr' }
  },
  has: () => true,
  list: () => [],
}
