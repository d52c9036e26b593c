import { expect, it } from 'vitest'
import { ConfigError, readConfig } from '../../src/config.ts'

it('traces nothing unless a collector is named', () => {
  expect(readConfig({ OTEL_SERVICE_NAME: 'mine', OTEL_TRACES_SAMPLER_ARG: '0.5' }).tracing).toBeUndefined()
})

it('reads the variables as OpenTelemetry names them', () => {
  const { tracing } = readConfig({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example.com/otlp/',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc=,x-team=links',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
  })

  expect(tracing).toEqual({
    url: 'https://collector.example.com/otlp/v1/traces',
    headers: { authorization: 'Bearer abc=', 'x-team': 'links' },
    service: 'link-dispatcher',
    ratio: 0.25,
  })
})

it('takes the whole URL before the base', () => {
  const { tracing } = readConfig({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:9999/in?token=a',
  })

  expect(tracing?.url).toBe('http://localhost:9999/in?token=a')
})

it('allows plain http to another machine, and says so', () => {
  const warningsFor = (collector: string) =>
    readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collector }).warnings.filter((line) => line.includes('plain http'))

  expect(warningsFor('http://collector:4318')).toHaveLength(1)
  expect(warningsFor('http://127.0.0.1:4318')).toEqual([])
  expect(warningsFor('https://collector:4318')).toEqual([])
})

it.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:password@collector:4318'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=%ff'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ['OTEL_TRACES_SAMPLER_ARG', 'always'],
])('refuses %s=%s without repeating it', (name, value) => {
  const reading = () => readConfig({ [name]: value })

  expect(reading).toThrow(ConfigError)
  expect(reading).toThrow(name)
  expect(reading).not.toThrow(value)
})
