import { collectorUrl, headers, isLoopbackUrl, share, type Table, text, type Values } from './env.ts'

const COLLECTOR = 'Set the address of an OpenTelemetry collector, such as http://localhost:4318.'

/** The variables of tracing, by their OpenTelemetry names. */
export const TRACING = {
  OTEL_EXPORTER_OTLP_ENDPOINT: [collectorUrl().optional(), COLLECTOR],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: [collectorUrl().optional(), COLLECTOR],
  OTEL_EXPORTER_OTLP_HEADERS: [headers().optional(), 'Set name=value,name=value, values URL-encoded.'],
  OTEL_SERVICE_NAME: [text().default('link-dispatcher'), 'Set the name this service has among your traces.'],
  OTEL_TRACES_SAMPLER_ARG: [share().default(1), 'Set 1 for every trace, 0.1 for every tenth.'],
} satisfies Table

/** Without a collector nothing is traced. */
export function tracingOf(values: Values<typeof TRACING>) {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exact } = values
  const { OTEL_EXPORTER_OTLP_HEADERS: headers = {}, OTEL_SERVICE_NAME: service } = values
  const url = exact ?? (base && `${base}/v1/traces`)
  return url ? { url, headers, service, ratio: values.OTEL_TRACES_SAMPLER_ARG } : undefined
}

export const isPlainAbroad = (url: string | undefined) => /^http:/.test(url ?? '') && !isLoopbackUrl(url)
