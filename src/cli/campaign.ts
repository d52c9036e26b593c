import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { bodyOf, type CreateOptions } from './campaign-body.ts'
import { tellEstimate } from './estimate.ts'
import { EXIT, Refused, type ServiceOptions, serviceAt, withService } from './service.ts'
import { follow, tellStatus } from './status.ts'
import { terminal } from './terminal.ts'
import { tellUpload, upload } from './upload.ts'

const LISTS = ['not_opened', 'opened_no_operation', 'failed', 'opted_out'] as const

const EXAMPLES = `
Examples:
  $ export DISPATCHER_URL=https://links.example.com DISPATCHER_API_KEY=…
  $ id=$(dispatcher campaign create --name "December" --category commercial --local-start 2026-12-01T10:00)
  $ dispatcher campaign upload $id people.csv --map Móvil=contact.phone --refused refused.csv
  $ dispatcher campaign estimate $id
  $ dispatcher campaign start $id --watch
  $ dispatcher campaign export $id --list not_opened --output call.csv

Exit codes: 0 done · 1 refused or not reachable · 2 wrong usage · 3 done, but not all of it: rows were refused, or there
are warnings · 4 not possible in the state the campaign is in`

/** For campaign managers and their scripts: what is to be read by a program goes to standard output, and nothing else. */
export function addCampaign(program: Command): void {
  const campaign = program
    .command('campaign')
    .description('make, fill, estimate, run and follow up campaigns of a running service')
    .addHelpText('after', EXAMPLES)
  const command = (name: string, description: string) => withService(campaign.command(name).description(description))

  withPlan(command('create', 'make a draft; prints its id'))
    .addHelpText(
      'after',
      '\nExample:\n  $ dispatcher campaign create --name "December" --category commercial --per-hour 3000 --window 10:00-19:00 --days 1,2,3,4,5',
    )
    .action((options: CreateOptions & ServiceOptions) =>
      act(options, async (service) => {
        const { id } = await service.call<{ id: string }>('POST', '/v1/campaigns', bodyOf(options))
        terminal.out(id)
      }),
    )
  command('upload', 'take people from a CSV or NDJSON file into the audience; safe to repeat')
    .argument('<id>')
    .argument('<file>', '- for standard input')
    .option('--map <column=path...>', 'what a column is, such as Móvil=contact.phone; an empty path leaves it out')
    .addOption(new Option('--format <format>', 'by the name of the file, if left out').choices(['csv', 'ndjson']))
    .option('--delimiter <char>', 'guessed, if left out')
    .option('--refused <file>', 'where to write the rows that were refused, with their lines and reasons')
    .addHelpText(
      'after',
      '\nExample:\n  $ gunzip -c people.csv.gz | dispatcher campaign upload cmp_… - --format csv --refused refused.csv',
    )
    .action((id: string, file: string, options: UploadCommand) =>
      act(options, async (service) => {
        const { map, ...rest } = options
        const answer = await upload(service, terminal, { id, file, ...rest, ...(map && { map: mappingOf(map) }) })
        if (options.refused && answer.refused > 0) await save(await service.read(answer.refusals), options.refused)
        return tellUpload(answer, options.refused, terminal.err)
      }),
    )
  command('estimate', 'what would be sent, to whom, and when it would end; sends nothing')
    .argument('<id>')
    .option('--json', 'as the service answers it')
    .action((id: string, options: ServiceOptions & { json?: true }) =>
      act(options, async (service) =>
        tellEstimate(await service.call('POST', `/v1/campaigns/${id}/estimate`, {}), options, terminal),
      ),
    )
  command('start', 'start a draft')
    .argument('<id>')
    .option('--refuse-late', 'refuse where the end would lie after validUntil')
    .option('--watch', 'stay until it has ended')
    .action((id: string, options: ServiceOptions & { refuseLate?: true; watch?: true }) =>
      act(options, async (service) => {
        await service.call('POST', `/v1/campaigns/${id}/start`, { refuseLate: options.refuseLate ?? false })
        return options.watch ? follow(service, id, terminal) : tellStatus(service, id, {}, terminal)
      }),
    )
  command('pause', 'stop at once; nothing starts after the answer')
    .argument('<id>')
    .option('--reason <reason>')
    .action((id: string, options: ServiceOptions & { reason?: string }) =>
      change(id, 'pause', options, reasonOf(options)),
    )
  command('resume', 'go on')
    .argument('<id>')
    .action((id: string, options: ServiceOptions) => change(id, 'resume', options))
  command('cancel', 'end it for good; nothing starts after the answer')
    .argument('<id>')
    .option('--reason <reason>')
    .option('--revoke-links', 'revoke the links that are out, where nobody has used them for a transfer')
    .action((id: string, options: ServiceOptions & { reason?: string; revokeLinks?: true }) =>
      change(id, 'cancel', options, { ...reasonOf(options), revokeLinks: options.revokeLinks ?? false }),
    )
  command('status', 'how far it is')
    .argument('<id>')
    .option('--watch', 'stay until it has ended')
    .option('--json', 'as the service answers it')
    .action((id: string, options: ServiceOptions & { watch?: true; json?: true }) =>
      act(options, (service) =>
        options.watch ? follow(service, id, terminal) : tellStatus(service, id, options, terminal),
      ),
    )
  command('export', 'whom to call: people of a list, as CSV or NDJSON')
    .argument('<id>')
    .addOption(new Option('--list <list>', 'which people').choices(LISTS).makeOptionMandatory())
    .addOption(new Option('--format <format>').choices(['csv', 'ndjson']).default('csv'))
    .option('--output <file>', 'standard output, if left out')
    .action((id: string, options: ServiceOptions & { list: string; format: string; output?: string }) =>
      act(options, async (service) =>
        save(
          await service.read(`/v1/campaigns/${id}/follow-up.${options.format}?list=${options.list}`),
          options.output,
        ),
      ),
    )
}

type UploadCommand = ServiceOptions & {
  map?: string[]
  format?: 'csv' | 'ndjson'
  delimiter?: string
  refused?: string
}

function withPlan(command: Command): Command {
  return command
    .requiredOption('--name <name>')
    .addOption(new Option('--category <category>').choices(['transactional', 'commercial']).makeOptionMandatory())
    .option('--template <name>')
    .option('--channels <list>', 'in order of preference, such as sms,email')
    .option('--start-at <moment>', 'such as 2026-12-01T16:00:00Z; when it is started, if left out')
    .option('--local-start <time>', 'such as 2026-12-01T10:00, on the clock of each person')
    .option('--valid-until <moment>', 'nothing leaves after it')
    .option('--per-hour <n>', 'messages an hour, reminders included')
    .option('--window <from-to>', 'such as 10:00-19:00, within the legal hours')
    .option('--days <list>', '1 (Monday) to 7, such as 1,2,3,4,5')
    .option('--reminders <list>', 'after the first message, such as PT24H,PT72H')
    .option('--no-reminders')
    .option('--holdout <share>', 'who gets nothing, to compare with: 0 to 0.9')
    .option('--file <plan.json>', 'the rest, as POST /v1/campaigns takes it: variants, link, brake')
}

const reasonOf = ({ reason }: { reason?: string }) => (reason === undefined ? {} : { reason })

function mappingOf(given: string[]): Record<string, string | null> {
  return Object.fromEntries(
    given.map((text) => {
      const [, column = '', path = ''] = /^(.+?)=(.*)$/.exec(text) ?? []
      if (column === '') throw new Refused(`${text}: write it as column=path.`, EXIT.usage)
      return [column, path === '' ? null : path]
    }),
  )
}

const change = (id: string, verb: string, options: ServiceOptions, body: object = {}) =>
  act(options, async (service) => {
    await service.call('POST', `/v1/campaigns/${id}/${verb}`, body)
    return tellStatus(service, id, {}, terminal)
  })

async function save(body: ReadableStream<Uint8Array>, file: string | undefined): Promise<void> {
  await pipeline(Readable.fromWeb(body as never), file === undefined ? process.stdout : createWriteStream(file), {
    end: file !== undefined,
  })
}

/** The exit code of the work, or the one of its refusal. */
async function act(
  options: ServiceOptions,
  // biome-ignore lint/suspicious/noConfusingVoidType: most commands have nothing to tell apart.
  work: (service: ReturnType<typeof serviceAt>) => Promise<number | void>,
): Promise<void> {
  try {
    process.exitCode = (await work(serviceAt(options))) ?? EXIT.done
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    terminal.err(error.message)
    process.exitCode = error.exitCode
  }
}
