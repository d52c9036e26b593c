import { type Command, Option } from 'commander'
import { readConfig } from '../config.ts'
import { isLoopbackUrl } from '../lib/env.ts'
import { apiKeyOf, keptBy } from '../wiring/settings.ts'

/** What a script can tell apart. */
export const EXIT = { done: 0, failed: 1, usage: 2, partly: 3, state: 4 } as const

/** Ends the command with a sentence on standard error. */
export class Refused extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message)
    this.exitCode = exitCode
  }
}

/** The running service, over its API. */
export interface Service {
  /** The answer's JSON; a refusal is thrown with the words of the service. */
  call<Body>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Body>
  /** The answer as it streams. */
  read(path: string): Promise<ReadableStream<Uint8Array>>
  send<Body>(path: string, body: ReadableStream<Uint8Array>, type: string): Promise<Body>
}

export interface ServiceOptions {
  url: string
  key?: string
}

/** From any machine: where the service is, and with which key. */
export function withService(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'where the service is').env('DISPATCHER_URL').default('http://127.0.0.1:3000'))
    .addOption(
      new Option(
        '--key <key>',
        'an API key with the scopes campaign and read; others see what stands on a command line',
      ).env('DISPATCHER_API_KEY'),
    )
}

export function serviceAt({ url, key }: ServiceOptions): Service {
  if (!URL.canParse(url)) throw new Refused(`${url} is no URL. Set DISPATCHER_URL to where the service is.`, EXIT.usage)
  if (!url.startsWith('https:') && !isLoopbackUrl(url))
    throw new Refused('A key is sent over https only. Set DISPATCHER_URL to an https address.', EXIT.usage)
  const authorization = `Bearer ${key ?? ownKey()}`

  async function ask(path: string, init: RequestInit): Promise<Response> {
    const asked = fetch(new URL(path, url), { ...init, headers: { ...init.headers, authorization } })
    const answer = await asked.catch((error: Error) => {
      throw new Refused(
        `${new URL(url).origin} could not be asked (${causeOf(error)}). Is the service running, and DISPATCHER_URL right?`,
      )
    })
    if (answer.ok) return answer
    throw await refusal(answer)
  }
  return {
    async call(method, path, body) {
      const json =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      return (await (await ask(path, { method, ...json })).json()) as never
    },
    async read(path) {
      const { body } = await ask(path, { method: 'GET' })
      return body ?? new ReadableStream({ start: (controller) => controller.close() })
    },
    async send(path, body, type) {
      const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': type } }
      return (await (await ask(path, init as RequestInit)).json()) as never
    },
  }
}

/** Beside the service's own configuration, as in the sandbox, no key needs to be named. */
function ownKey(): string {
  const config = readConfig()
  return apiKeyOf(config, keptBy(config))
}

interface Problem extends Record<string, unknown> {
  title?: string
  detail?: string
  errors?: { path: string; message: string }[]
}

/** What stands beside the sentence, such as the state that forbids it. */
const detailsOf = ({
  type: _type,
  title: _title,
  status: _status,
  code: _code,
  detail: _detail,
  errors: _errors,
  ...rest
}: Problem) =>
  Object.entries(rest).flatMap(([name, value]) => (typeof value === 'string' ? [`  ${name}: ${value}`] : []))

async function refusal(answer: Response): Promise<Refused> {
  const problem = (await answer.json().catch(() => ({}))) as Problem
  const lines = (problem.errors ?? []).map(({ path, message }) => `  ${path} ${message}`)
  const sentence = `${problem.title ?? `The service answered ${answer.status}`}. ${problem.detail ?? ''}`.trim()
  const said = [sentence, ...lines, ...detailsOf(problem)]
  return new Refused(said.join('\n'), answer.status === 409 ? EXIT.state : EXIT.failed)
}

const causeOf = (error: Error): string => (error.cause as { code?: string } | undefined)?.code ?? error.message
