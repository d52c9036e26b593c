/** Everything a span may say: ids of ours, names, kinds, codes and counts; never what a person or the CRM gave us. */
export const FACTS = [
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'dispatch.id',
  'step.id',
  'step.turn',
  'step.kind',
  'step.end',
  'channel',
  'provider',
  'outcome',
  'reason',
  'answer',
  'notice.type',
  'notice.fresh',
  'steps',
  'dispatches',
  'error.type',
  'bullmq.queue.name',
  'bullmq.queue.operation',
  'bullmq.job.id',
  'bullmq.job.bulk.count',
] as const
export type Facts = Partial<Record<(typeof FACTS)[number], string | number | boolean | null>>

/** Follows work from place to place. It never rejects by itself, and what it cannot export is lost. */
export interface Tracer {
  /** Runs `work` as a span. What it throws is passed on and marks the span, by the error's name only. */
  span<T>(name: string, work: () => Promise<T>, options?: SpanOptions<T>): Promise<T>
  /** Adds to the innermost span under way, and may name it better. */
  learn(facts: Facts, name?: string): void
  /** Sends what is left, for 2 s at most. */
  close(): Promise<void>
}

export interface SpanOptions<T> {
  facts?: Facts
  /** A request that came in, or one that goes out. */
  kind?: 'server' | 'client'
  place?: Place
  /** Whether it is worth telling about, now that it is over. */
  keep?: (result: T) => boolean
}

/** Where a span belongs; by default below the one under way. */
export type Place =
  /** A trace of its own, whoever woke it. */
  | { alone: true }
  /** Below the caller's span, as its `traceparent` header says. */
  | { caller: string | undefined }
  /** In the trace of a dispatch (docs/adr/0016), linked with the span under way. `begins`: as its first span. */
  | { dispatch: string; begins?: true }

export interface TracerOptions {
  /** Where an OpenTelemetry collector takes traces: OTLP over HTTP, as JSON. */
  url: string
  headers: Record<string, string>
  service: string
  world: string
  /** The share of traces that is kept, 0 to 1. */
  ratio: number
  /** Told once when spans cannot be delivered, and once when they can again. */
  onDelivery(problem: string | null): void
}
