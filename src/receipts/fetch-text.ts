import type { FetchText } from '../flow/ports-receipts.ts'
import type { Http } from '../lib/http.ts'

/** GET over https, no redirects, 64 KiB at most; anything but 200 is nothing. */
export const makeFetchText =
  (http: Http, deadlineMs = 5_000): FetchText =>
  async (url) => {
    const result = await http.request({ method: 'GET', url, deadlineMs, maxBytes: 64 * 1_024 })
    return result.kind === 'answer' && result.status === 200 ? result.body : undefined
  }
