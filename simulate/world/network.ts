import type { Http, HttpRequest, HttpResult } from '../../src/lib/http.ts'
import type { Chance } from '../engine/chance.ts'
import type { Process } from '../engine/process.ts'
import type { Place, Weather } from './weather.ts'

export interface Answer {
  status: number
  headers?: Record<string, string>
  body: unknown
  delayMs: number
}

/** HTTP as src/lib/http.ts promises it: what was not written, what was answered, and what nobody can know. */
export function makeHttp(
  proc: Process,
  { place, chance, weather }: { place: Place; chance: Chance; weather: Weather },
  serve: (request: HttpRequest) => Answer,
): Http {
  const badly = (probability: number) => chance.happens(weather.storm() * probability)
  const connectMs = () => (badly(0.03) ? chance.int(500, 4_000) : chance.int(3, 40))
  async function request(asked: HttpRequest): Promise<HttpResult> {
    await proc.wait(connectMs())
    if (asked.startBy !== undefined && proc.monotonic() > asked.startBy)
      return { kind: 'not_written', reason: 'late', late: true }
    const trouble = weather.trouble(place)
    if (trouble === 'refuses' || badly(0.02)) return { kind: 'not_written', reason: 'connection_refused', late: false }
    if (trouble === 'silent' || badly(0.04)) return lost(asked)
    const answer = serve(asked)
    return answer.delayMs >= asked.deadlineMs ? silence(asked) : heard(answer)
  }
  /** What is lost on the way there is never served; what is lost on the way back was. */
  function lost(asked: HttpRequest): Promise<HttpResult> {
    if (chance.happens(0.5)) serve(asked)
    return silence(asked)
  }
  async function heard({ status, headers = {}, body, delayMs }: Answer): Promise<HttpResult> {
    await proc.wait(delayMs)
    return { kind: 'answer', status, headers, body: JSON.stringify(body) }
  }
  async function silence({ deadlineMs }: HttpRequest): Promise<HttpResult> {
    const reset = chance.happens(0.5)
    await proc.wait(reset ? chance.int(10, 3_000) : deadlineMs)
    return { kind: 'unclear', reason: reset ? 'connection_reset' : 'timeout' }
  }
  return { request, close: () => Promise.resolve() }
}
