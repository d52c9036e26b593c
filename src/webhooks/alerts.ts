import type { Http } from '../lib/http.ts'

export interface Alert {
  type: 'hold_placed' | 'hold_lifted' | 'attention'
  /** Words and names of ours only: no address, no link, nothing a person typed. */
  [word: string]: string
}

const TRIES = 3

/** Tells `ALERT_WEBHOOK_URL` of holds and of what a person must look at. Never fails its caller: what is lost stands in the log. */
export function makeAlerts({
  http,
  url,
  onError,
}: {
  http: Http
  url: string | undefined
  onError: (reason: string) => void
}) {
  const deliver = async (body: string): Promise<string | undefined> => {
    const headers = { 'content-type': 'application/json' }
    const result = await http.request({ method: 'POST', url: url ?? '', headers, body, deadlineMs: 5_000 })
    if (result.kind === 'answer') return result.status < 300 ? undefined : `answered ${result.status}`
    return result.reason
  }
  return async (alert: Alert): Promise<void> => {
    if (!url) return
    let problem: string | undefined = 'untried'
    for (let round = 0; problem && round < TRIES; round++) problem = await deliver(JSON.stringify(alert))
    if (problem) onError(problem)
  }
}
