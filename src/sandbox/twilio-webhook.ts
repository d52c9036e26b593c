import { createHmac, randomUUID } from 'node:crypto'

/** Posts a form the way Twilio does: signed, 15 s at most, once more when that fails. */
export type PostSigned = (url: string, form: Record<string, string>) => Promise<WebhookAnswer | undefined>

export interface WebhookAnswer {
  type: string
  body: string
}

export function makePostSigned(authToken: string, closed: AbortSignal): PostSigned {
  return async (url, form) => {
    const token = randomUUID()
    return (await post(url, form, token)) ?? (closed.aborted ? undefined : await post(url, form, token))
  }

  async function post(url: string, form: Record<string, string>, token: string): Promise<WebhookAnswer | undefined> {
    const headers = { 'X-Twilio-Signature': signature(authToken, url, form), 'I-Twilio-Idempotency-Token': token }
    const signal = AbortSignal.any([closed, AbortSignal.timeout(15_000)])
    return fetch(url, { method: 'POST', headers, body: new URLSearchParams(form), signal, redirect: 'manual' }).then(
      async (answer) => {
        const body = await answer.text()
        return answer.ok ? { type: answer.headers.get('content-type') ?? '', body } : undefined
      },
      () => undefined,
    )
  }
}

/** Base64 HMAC-SHA1 over the URL and every parameter, sorted by name, without separators. */
function signature(authToken: string, url: string, form: Record<string, string>): string {
  const text = Object.keys(form)
    .sort()
    .reduce((all, name) => all + name + form[name], url)
  return createHmac('sha1', authToken).update(text, 'utf8').digest('base64')
}
